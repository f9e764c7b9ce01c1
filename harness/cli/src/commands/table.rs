//! Lays out a table for people. Each column is as wide as its widest cell, and a cell may have several lines.
//! In a terminal that is narrower than the table, each row is a block of lines.

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

    /// Returns the lines of the table, or of a block for each row if the table is wider than `columns`.
    pub fn within(&self, columns: Option<usize>) -> Vec<String> {
        let lines = self.lines();
        let widest = lines.iter().map(|it| it.chars().count()).max().unwrap_or_default();
        if columns.is_none_or(|columns| widest <= columns) { lines } else { self.blocks() }
    }

    /// Returns a block for each row, with a line for each line of a cell.
    fn blocks(&self) -> Vec<String> {
        let [headings, rows @ ..] = &self.rows[..] else { return Vec::new() };
        let width = headings.iter().flatten().map(String::len).max().unwrap_or_default();
        let mut lines = Vec::new();
        for row in rows {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for (heading, cell) in headings.iter().zip(row) {
                for (nth, line) in cell.iter().enumerate() {
                    let name = if nth == 0 { heading.concat() } else { String::new() };
                    lines.push(format!("{name:<width$}{GAP}{line}"));
                }
            }
        }
        lines
    }

    /// Returns the table's lines.
    fn lines(&self) -> Vec<String> {
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

        let widest = lines.iter().map(|it| it.chars().count()).max();
        assert_eq!((table.within(None), table.within(widest)), (lines.clone(), lines));
        let blocks = table.within(widest.map(|it| it - 1));
        assert_eq!(blocks[..2], ["LEFT      4 of 5", "MAY CALL  STRK.transfer"]);
        assert!(blocks[2].starts_with("          a") && blocks[3] == "KEY       0x5", "{blocks:?}");
        assert_eq!(blocks[4..], ["", "LEFT      1", "KEY       0x6"]);
    }
}
