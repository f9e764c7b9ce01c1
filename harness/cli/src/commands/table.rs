//! Lays out a table for people. Each column is as wide as its widest cell, and a cell may have several lines.

use super::terminal::printable;

/// The space between two columns.
const GAP: &str = "  ";

/// A table. Its last column may be of any width, since no other column follows.
pub struct Table {
    rows: Vec<Vec<Vec<String>>>,
}

impl Table {
    /// Makes a table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|it| vec![it.to_uppercase()]).collect()] }
    }

    /// Adds a row; each cell is a list of lines.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Vec<String>>) {
        let printable = |cell: Vec<String>| cell.iter().map(|line| printable(line)).collect();
        self.rows.push(cells.into_iter().map(printable).collect());
    }

    /// Says whether the table has no rows below its headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// Returns the table's lines.
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
