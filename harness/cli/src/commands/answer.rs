//! What a command answers: a line and its details for people, or one JSON object.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use session_client::Fri;
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

/// What happened, for scripts: JSON has it in `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What was asked for was done.
    Done,
    /// It was so already: nothing was sent.
    Unchanged,
    /// It was estimated, and nothing was sent.
    DryRun,
    /// It was only looked.
    Shown,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::DryRun => "dry_run",
            Self::Shown => "shown",
        }
    }
}

/// An answer in the making. What JSON has of it is told in `docs/json.md`.
pub struct Answer {
    said: String,
    outcome: Outcome,
    fields: Vec<Field>,
}

/// A detail, as people read it and as scripts do.
struct Field {
    name: &'static str,
    words: Value,
    data: Option<Value>,
}

impl Answer {
    /// Answers in a few words, the same in JSON: by now it was only looked.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), outcome: Outcome::Shown, fields: Vec::new() }
    }

    /// Says what happened.
    #[must_use]
    pub fn was(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let words = value.into();
        self.fields.push(Field { name, data: Some(words.clone()), words });
        self
    }

    /// Adds several details.
    #[must_use]
    pub fn with_all(self, fields: Vec<(&'static str, Value)>) -> Self {
        fields.into_iter().fold(self, |answer, (name, value)| answer.with(name, value))
    }

    /// Adds a detail for people alone: JSON has it in another form.
    #[must_use]
    pub fn told(mut self, name: &'static str, words: impl Into<Value>) -> Self {
        self.fields.push(Field { name, words: words.into(), data: None });
        self
    }

    /// Adds a detail for JSON alone.
    #[must_use]
    pub fn data(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push(Field { name, words: Value::Null, data: Some(value.into()) });
        self
    }

    /// Adds an amount: in STRK for people, in FRI for scripts, as a text of digits.
    #[must_use]
    pub fn fri(self, name: &'static str, amount: Fri) -> Self {
        self.told(name, amount.to_string()).data(name, amount.0.to_string())
    }

    /// Adds a hash, a key or an address.
    #[must_use]
    pub fn felt(self, name: &'static str, felt: Felt) -> Self {
        self.with(name, hex(felt))
    }

    fn write_json(self, out: &mut dyn Write) -> io::Result<()> {
        let mut object = Map::new();
        object.insert("result".to_owned(), self.said.into());
        object.insert("outcome".to_owned(), self.outcome.name().into());
        let fields = self.fields.into_iter();
        object.extend(fields.filter_map(|field| Some((field.name.to_owned(), field.data?))));
        writeln!(out, "{}", Value::Object(object))
    }

    fn write_text(self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", printable(&self.said))?;
        for Field { name, words, .. } in self.fields {
            show(out, 1, &name.replace('_', " "), &words)?;
        }
        Ok(())
    }
}

/// Writes a felt as everything here prints it: `0x` and 64 digits.
pub fn hex(felt: Felt) -> String {
    format!("{felt:#066x}")
}
