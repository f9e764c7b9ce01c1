//! Lays out a table for people. Each column is as wide as its widest cell, and a cell may have several lines.
//! In a terminal that is narrower than the table, the last column is wrapped; if that leaves it too little room,
//! each row is a block of lines.

use super::terminal::printable;

/// The space between two columns.
const GAP: &str = "  ";

/// How many characters a line of the last column must have room for, or the column is not wrapped.
const NARROWEST: usize = 40;

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

    /// Returns the lines of the table. If it is wider than `columns`, its last column is wrapped at spaces; if
    /// that is not possible, this returns a block of lines for each row.
    pub fn within(&self, columns: Option<usize>) -> Vec<String> {
        let Some(columns) = columns else { return lines(&self.rows) };
        let fits = |lines: &[String]| lines.iter().all(|it| it.chars().count() <= columns);
        let whole = lines(&self.rows);
        if fits(&whole) {
            return whole;
        }
        let wrapped = self.wrapped(columns).map(|rows| lines(&rows));
        wrapped.filter(|it| fits(it)).unwrap_or_else(|| self.blocks())
    }

    /// Returns the rows with the last column wrapped, so that the table is at most `columns` wide as far as the
    /// words allow; `None` if this leaves the column too little room.
    fn wrapped(&self, columns: usize) -> Option<Vec<Vec<Vec<String>>>> {
        let last = self.rows[0].len().checked_sub(1)?;
        let before: usize = (0..last).map(|it| width(&self.rows, it) + GAP.len()).sum();
        let room = columns.checked_sub(before).filter(|it| *it >= NARROWEST)?;
        let mut rows = self.rows.clone();
        for cell in rows.iter_mut().filter_map(|row| row.get_mut(last)) {
            *cell = cell.iter().flat_map(|line| wrap(line, room)).collect();
        }
        Some(rows)
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
}

/// Returns the lines of a table of `rows`.
fn lines(rows: &[Vec<Vec<String>>]) -> Vec<String> {
    let widths: Vec<_> = (0..rows[0].len()).map(|column| width(rows, column)).collect();
    let mut lines = Vec::new();
    for row in rows {
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

fn width(rows: &[Vec<Vec<String>>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column)).flatten();
    cells.map(|line| line.chars().count()).max().unwrap_or_default()
}

/// Splits `line` at spaces into lines of at most `room` characters; a longer word has a line of its own.
fn wrap(line: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.chars().count() + 1 + word.chars().count() <= room => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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
        let lines = lines(&table.rows);
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

    #[test]
    fn a_last_column_that_is_too_long_is_wrapped_and_no_word_is_lost() {
        let mut table = Table::new(&["check", "found"]);
        let hash = format!("0x{}", "a".repeat(40));
        let found = format!("{hash} is of the class of an account whose name is long");
        table
            .push([vec!["account".to_owned()], vec![found.clone(), "what to do: wait".to_owned()]]);
        let widest = table.within(None).iter().map(String::len).max().unwrap_or_default();
        assert_eq!(table.within(Some(widest)), table.within(None));
        for columns in 9 + hash.len()..widest {
            let lines = table.within(Some(columns));
            assert!(lines.iter().all(|it| it.len() <= columns), "{columns}: {lines:?}");
            assert_eq!(lines[0], "CHECK    FOUND");
            assert!(lines[1].starts_with(&format!("account  {hash}")), "{lines:?}");
            let words = lines[1..].iter().flat_map(|it| it.split_whitespace());
            let all = found.split(' ').chain("what to do: wait".split(' '));
            assert!(words.eq(["account"].into_iter().chain(all)), "{columns}: {lines:?}");
        }
        // A hash is not cut: it could not be copied.
        let blocks = table.within(Some(8 + hash.len()));
        assert_eq!(blocks[0], "CHECK  account");
        assert!(blocks[1].contains(&found), "{blocks:?}");
    }
}
