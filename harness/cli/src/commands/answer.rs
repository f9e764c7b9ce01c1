//! What a command answers: a line and its details for people, or one JSON object.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use starknet_rust::core::types::Felt;

use super::exit::Failure;
use super::terminal::{printable, say};

/// How answers are printed.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// One JSON object on stdout, and nothing else there.
    pub json: bool,
}

impl Printer {
    /// Says on stderr how it goes.
    pub fn note(self, text: impl AsRef<str>) {
        if !self.json {
            say(printable(text.as_ref()));
        }
    }

    /// Says on stderr which transaction is about to be sent, JSON or not.
    pub fn sending(self, hash: Felt) {
        let hash = hex(hash);
        if self.json { say(json!({ "sending": hash })) } else { say(format!("sending: {hash}")) }
    }

    /// Says on stderr which transaction of an earlier run is waited for, JSON or not.
    pub fn resuming(self, hash: Felt) {
        let hash = hex(hash);
        if self.json {
            say(json!({ "resuming": hash }));
        } else {
            say(format!("an earlier run sent this, and nothing else is sent: {hash}"));
        }
    }

    /// Says on stderr what its reader should know, JSON or not.
    pub fn warn(self, text: impl AsRef<str>) {
        say(format!("warning: {}", printable(text.as_ref())));
    }

    /// Prints `answer` on stdout.
    ///
    /// # Errors
    /// If stdout is closed or full.
    pub fn print(self, answer: Answer) -> Result<(), Failure> {
        let mut text = Vec::new();
        let written =
            if self.json { answer.write_json(&mut text) } else { answer.write_text(&mut text) };
        written
            .and_then(|()| io::stdout().write_all(&text))
            .and_then(|()| io::stdout().flush())
            .map_err(|error| Failure::file(Path::new("stdout"), error))
    }
}

fn show(out: &mut dyn Write, depth: usize, name: &str, value: &Value) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null => {}
        Value::String(text) => writeln!(out, "{indent}{name}: {}", printable(text))?,
        Value::Array(rows) if rows.is_empty() => writeln!(out, "{indent}{name}: none")?,
        Value::Array(rows) => {
            writeln!(out, "{indent}{name}:")?;
            for row in rows {
                match row {
                    Value::Object(fields) => {
                        let mut fields = fields.iter();
                        if let Some((name, value)) = fields.next() {
                            show(out, depth + 1, &format!("- {}", name.replace('_', " ")), value)?;
                        }
                        for (name, value) in fields {
                            show(out, depth + 2, &name.replace('_', " "), value)?;
                        }
                    }
                    Value::String(text) => writeln!(out, "{indent}  - {}", printable(text))?,
                    other => writeln!(out, "{indent}  - {other}")?,
                }
            }
        }
        other => writeln!(out, "{indent}{name}: {other}")?,
    }
    Ok(())
}

/// An answer in the making.
pub struct Answer {
    said: String,
    fields: Vec<(&'static str, Value)>,
}

impl Answer {
    /// Answers in a few words, the same in JSON.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), fields: Vec::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Adds several details.
    #[must_use]
    pub fn with_all(mut self, fields: Vec<(&'static str, Value)>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// Adds a hash, a key or an address.
    #[must_use]
    pub fn felt(self, name: &'static str, felt: Felt) -> Self {
        self.with(name, hex(felt))
    }

    fn write_json(self, out: &mut dyn Write) -> io::Result<()> {
        let mut object = Map::new();
        object.insert("result".to_owned(), self.said.into());
        object.extend(self.fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        writeln!(out, "{}", Value::Object(object))
    }

    fn write_text(self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", printable(&self.said))?;
        for (name, value) in self.fields {
            show(out, 1, &name.replace('_', " "), &value)?;
        }
        Ok(())
    }
}

/// Writes a felt as everything here prints it: `0x` and 64 digits.
pub fn hex(felt: Felt) -> String {
    format!("{felt:#066x}")
}
