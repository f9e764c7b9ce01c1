//! What a command answers: a line and details for people, or one JSON object for scripts.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use session_client::Fri;
use starknet_rust::core::types::Felt;

use super::exit::Failure;
use super::table::Table;
use super::terminal::{columns, printable, say};

/// The width of the names' column; longer names do not widen it.
const LONGEST_NAME: usize = 20;

/// What the lines of a table begin with.
const INDENT: &str = "  ";

/// How answers are printed.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// Whether stdout gets one JSON object and nothing else.
    pub json: bool,
}

impl Printer {
    /// Reports progress on stderr.
    pub fn note(self, text: impl AsRef<str>) {
        if !self.json {
            say(printable(text.as_ref()));
        }
    }

    /// Reports on stderr, with JSON too, the hash of the transaction that is about to be sent.
    pub fn sending(self, hash: Felt) {
        let hash = hex(hash);
        if self.json { say(json!({ "sending": hash })) } else { say(format!("sending: {hash}")) }
    }

    /// Reports on stderr, with JSON too, the hash of an earlier run's transaction that is waited for.
    pub fn resuming(self, hash: Felt) {
        let hash = hex(hash);
        if self.json {
            say(json!({ "resuming": hash }));
        } else {
            say(format!("an earlier run sent this, and nothing else is sent: {hash}"));
        }
    }

    /// Warns on stderr, with JSON too.
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

/// What happened; JSON has it as `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The command did what was asked for.
    Done,
    /// Everything was so already, and nothing was sent.
    Unchanged,
    /// Another transaction at the same nonce was in a block before this one, which was to replace it.
    CameFirst,
    /// The transaction was only estimated, and nothing was sent.
    DryRun,
    /// The command only read.
    Shown,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::CameFirst => "came_first",
            Self::DryRun => "dry_run",
            Self::Shown => "shown",
        }
    }
}

/// An answer that is being put together. For JSON it has data and no prose; `docs/json.md` lists the fields.
pub struct Answer {
    said: String,
    outcome: Outcome,
    fields: Vec<Field>,
}

/// A detail, in the form for people and in the form for scripts.
struct Field {
    name: &'static str,
    words: Words,
    data: Option<Value>,
}

/// The form of a detail for people.
pub enum Words {
    /// Nothing: the detail is for scripts only.
    None,
    /// Lines, one below the other.
    Lines(Vec<String>),
    /// A table.
    Table(Table),
}

impl From<String> for Words {
    fn from(line: String) -> Self {
        Self::Lines(vec![line])
    }
}

impl From<&str> for Words {
    fn from(line: &str) -> Self {
        line.to_owned().into()
    }
}

impl From<Vec<String>> for Words {
    fn from(lines: Vec<String>) -> Self {
        Self::Lines(lines)
    }
}

impl From<Table> for Words {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<&Value> for Words {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(is_so) => Self::from(if *is_so { "yes" } else { "no" }),
            Value::String(text) => Self::from(text.as_str()),
            other => Self::from(other.to_string()),
        }
    }
}

impl Answer {
    /// Starts an answer with a few words for people. Its outcome is [`Outcome::Shown`] until another one is
    /// set.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), outcome: Outcome::Shown, fields: Vec::new() }
    }

    /// Sets the outcome.
    #[must_use]
    pub fn was(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// Adds a detail that people and scripts read in the same form.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let words = Words::from(&value);
        self.field(name, words, Some(value))
    }

    /// Adds details for scripts only.
    #[must_use]
    pub fn with_all(self, fields: Vec<(&'static str, Value)>) -> Self {
        fields.into_iter().fold(self, |answer, (name, value)| answer.data(name, value))
    }

    /// Adds a detail for people only; scripts get the same information in another form.
    #[must_use]
    pub fn told(self, name: &'static str, words: impl Into<Words>) -> Self {
        self.field(name, words.into(), None)
    }

    /// Adds a detail for scripts only.
    #[must_use]
    pub fn data(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.field(name, Words::None, Some(value.into()))
    }

    fn field(mut self, name: &'static str, words: Words, data: Option<Value>) -> Self {
        self.fields.push(Field { name, words, data });
        self
    }

    /// Adds an amount: in STRK for people, and for scripts in FRI as a text of digits.
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
        object.insert("outcome".to_owned(), self.outcome.name().into());
        let fields = self.fields.into_iter();
        object.extend(fields.filter_map(|field| Some((field.name.to_owned(), field.data?))));
        writeln!(out, "{}", Value::Object(object))
    }

    fn write_text(self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", printable(&self.said))?;
        let is_read = |field: &&Field| matches!(field.words, Words::Lines(_));
        let lengths = self.fields.iter().filter(is_read).map(|field| field.name.len());
        let width = lengths.filter(|it| *it <= LONGEST_NAME).max().unwrap_or_default() + 1;
        for Field { name, words, .. } in self.fields {
            let name = format!("{}:", name.replace('_', " "));
            match words {
                Words::None => {}
                Words::Lines(lines) => {
                    for (nth, line) in lines.iter().enumerate() {
                        let name = if nth == 0 { name.as_str() } else { "" };
                        writeln!(out, "  {name:<width$} {}", printable(line))?;
                    }
                }
                Words::Table(table) => {
                    let columns = columns().map(|it| it.saturating_sub(INDENT.len()));
                    for line in table.within(columns) {
                        writeln!(out, "{}", format!("{INDENT}{line}").trim_end())?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Writes a felt in the form of all answers: `0x` and 64 digits.
pub fn hex(felt: Felt) -> String {
    format!("{felt:#066x}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        let mut table = Table::new(&["token"]);
        table.push([vec!["STRK".to_owned()]]);
        Answer::new("done")
            .was(Outcome::Done)
            .fri("fee", Fri(5 * 10_u128.pow(17)))
            .told("may_call", vec!["STRK.transfer".to_owned(), "ETH.transfer".to_owned()])
            .with("is_set", true)
            .with("nothing", Value::Null)
            .told("if_this_key_is_stolen", "all")
            .told("caps", table)
    }

    #[test]
    fn people_read_lines_that_are_aligned_and_tables() {
        let mut text = Vec::new();
        answer().write_text(&mut text).unwrap();
        let lines = "done\n  fee:      0.5 STRK\n  may call: STRK.transfer\n            ETH.transfer\n  \
                     is set:   yes\n  if this key is stolen: all\n  TOKEN\n  STRK\n";
        assert_eq!(String::from_utf8(text).unwrap(), lines);
    }

    #[test]
    fn scripts_read_data_and_no_words() {
        let mut text = Vec::new();
        answer().write_json(&mut text).unwrap();
        let read: Value = serde_json::from_slice(&text).unwrap();
        let fee = "500000000000000000";
        let data = json!({ "outcome": "done", "fee": fee, "is_set": true, "nothing": null });
        assert_eq!(read, data);
    }
}
