//! What a command answers: a line and its details for people, or one JSON object.

use serde_json::{Map, Value};
use starknet_rust_core::types::Felt;

use super::exit::printable;

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
            eprintln!("{}", printable(text.as_ref()));
        }
    }

    /// Says on stderr what its reader should know, JSON or not.
    pub fn warn(self, text: impl AsRef<str>) {
        eprintln!("warning: {}", printable(text.as_ref()));
    }

    /// Prints `answer` on stdout.
    pub fn print(self, answer: Answer) {
        let Answer { said, fields } = answer;
        if self.json {
            let mut object = Map::new();
            object.insert("result".to_owned(), said.into());
            object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
            println!("{}", Value::Object(object));
        } else {
            println!("{}", printable(&said));
            for (name, value) in fields {
                show(1, &name.replace('_', " "), &value);
            }
        }
    }
}

fn show(depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null => {}
        Value::String(text) => println!("{indent}{name}: {}", printable(text)),
        Value::Array(rows) if rows.is_empty() => println!("{indent}{name}: none"),
        Value::Array(rows) => {
            println!("{indent}{name}:");
            for row in rows {
                match row {
                    Value::Object(fields) => {
                        let mut fields = fields.iter();
                        if let Some((name, value)) = fields.next() {
                            show(depth + 1, &format!("- {}", name.replace('_', " ")), value);
                        }
                        for (name, value) in fields {
                            show(depth + 2, &name.replace('_', " "), value);
                        }
                    }
                    Value::String(text) => println!("{indent}  - {}", printable(text)),
                    other => println!("{indent}  - {other}"),
                }
            }
        }
        other => println!("{indent}{name}: {other}"),
    }
}

/// An answer in the making.
pub struct Answer {
    said: String,
    fields: Vec<(&'static str, Value)>,
}

impl Answer {
    /// In a few words, the same in JSON.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), fields: Vec::new() }
    }

    /// With a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// With a hash, a key or an address.
    #[must_use]
    pub fn felt(self, name: &'static str, felt: Felt) -> Self {
        self.with(name, hex(felt))
    }
}

/// A felt as everything here prints it: `0x` and 64 digits.
pub fn hex(felt: Felt) -> String {
    format!("{felt:#066x}")
}
