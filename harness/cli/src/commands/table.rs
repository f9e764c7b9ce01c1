//! A table for people: columns as wide as their widest cell, and cells of several lines.

use super::terminal::printable;

/// What stands between two columns.
const GAP: &str = "  ";

/// A table: its last column may be of any width, since nothing stands after it.
pub struct Table {
    rows: Vec<Vec<Vec<String>>>,
}

impl Table {
    /// Makes one with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|it| vec![it.to_uppercase()]).collect()] }
    }

    /// Adds a row, each of whose cells has some lines.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Vec<String>>) {
        let printable = |cell: Vec<String>| cell.iter().map(|line| printable(line)).collect();
        self.rows.push(cells.into_iter().map(printable).collect());
    }

    /// Says whether it has no row but its headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// Returns its lines.
    pub fn lines(&self) -> Vec<String> {
        let widths: Vec<_> = (0..self.rows[0].len()).map(|column| self.width(column)).collect();
        let mut lines = Vec::new();
        for row in &self.rows {
            let height = row.iter().map(Vec::len).max().unwrap_or_default();
            for nth in 0..height {
                let cells = row.iter().zip(&widths).map(|(cell, width)| {
                    let line = cell.get(nth).map_or("", String::as_str);
                    format!("{line:<width$}")
                });
                lines.push(cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned());
            }
        }
        lines
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).flatten();
        cells.map(|line| line.chars().count()).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_a_cell_may_have_several_lines() {
        let mut table = Table::new(&["left", "may call", "key"]);
        assert!(table.is_empty());
        let cell = |lines: &[&str]| lines.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        table.push([cell(&["4 of 5"]), cell(&["STRK.transfer", "a\u{1b}[2Jb"]), cell(&["0x5"])]);
        table.push([cell(&["1"]), cell(&[]), cell(&["0x6"])]);
        let lines = table.lines();
        assert_eq!(lines[0], "LEFT    MAY CALL       KEY");
        assert_eq!(lines[1], "4 of 5  STRK.transfer  0x5");
        assert!(lines[2].starts_with("        a") && !lines[2].contains('\u{1b}'), "{lines:?}");
        assert_eq!(lines[3], "1                      0x6");
        assert!(!table.is_empty());
    }
}
