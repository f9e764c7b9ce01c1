//! The results of measurements.

use std::fmt;

use session_client::Outcome;
use starknet_rust::core::types::Felt;

/// The gas that a transaction used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gas {
    pub l2: u64,
    pub l1_data: u64,
}

impl From<&Outcome> for Gas {
    fn from(outcome: &Outcome) -> Self {
        Self { l2: outcome.l2_gas, l1_data: outcome.l1_data_gas }
    }
}

/// The gas of a transaction with one call, and of one with four calls if that was measured.
pub struct Row {
    pub name: String,
    pub one: Gas,
    pub four: Option<Gas>,
}

/// A table of rows.
pub struct Table {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// All measurements of one class.
pub struct Report {
    pub class_hash: Felt,
    pub tables: Vec<Table>,
}

impl Row {
    /// Returns a row with what the transaction `outcome`, with one call, used.
    pub fn new(name: impl Into<String>, outcome: &Outcome) -> Self {
        Self { name: name.into(), one: outcome.into(), four: None }
    }

    /// Adds what the transaction `outcome`, with four calls, used.
    pub fn with_four(self, outcome: &Outcome) -> Self {
        Self { four: Some(outcome.into()), ..self }
    }
}

impl Report {
    /// Returns the row `name` of the table `title`.
    pub fn row(&self, title: &str, name: &str) -> Option<&Row> {
        let table = self.tables.iter().find(|table| table.title == title)?;
        table.rows.iter().find(|row| row.name == name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(formatter, "{table}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, rows } = self;
        let with_four = rows.iter().any(|row| row.four.is_some());
        if with_four {
            writeln!(
                formatter,
                "| {title} | L2 gas, 1 call | L1 data gas | L2 gas, 4 calls | L1 data gas |"
            )?;
            writeln!(formatter, "| --- | ---: | ---: | ---: | ---: |")?;
        } else {
            writeln!(formatter, "| {title} | L2 gas | L1 data gas |")?;
            writeln!(formatter, "| --- | ---: | ---: |")?;
        }
        for Row { name, one, four } in rows {
            write!(formatter, "| {name} | {one} |")?;
            match four {
                Some(four) => write!(formatter, " {four} |")?,
                None if with_four => write!(formatter, " | |")?,
                None => {}
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for Gas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} | {}", grouped(self.l2), grouped(self.l1_data))
    }
}

/// Writes `number` with a comma after every three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> =
        digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(",")
}
