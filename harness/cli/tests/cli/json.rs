//! Checks all answers against one schema, the table of fields in `docs/json.md`.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md");

/// The schema of each field.
pub struct Schema(BTreeMap<String, Kind>);

/// The type of a field, and its possible texts if it has only some.
#[derive(Debug)]
struct Kind {
    name: String,
    texts: Vec<String>,
}

impl Schema {
    /// Reads the page's table of fields.
    pub fn read() -> Self {
        let page = fs::read_to_string(PAGE).unwrap();
        let (_, table) = page.split_once("| field | type | what |").unwrap();
        let rows = table.lines().filter_map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let field = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
            let texts = cells[3].split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Some((field.to_owned(), Kind { name: cells[2].to_owned(), texts }))
        });
        let schema = Self(rows.collect());
        assert!(schema.0.len() > 50, "{:?}", schema.0.keys());
        schema
    }

    /// Checks `answer`, the answer to `line`, against the schema.
    #[track_caller]
    pub fn check(&self, answer: &Value, line: &str) {
        assert!(answer["outcome"].is_string(), "{line}: {answer}");
        self.hold(answer, line);
    }

    #[track_caller]
    fn hold(&self, object: &Value, line: &str) {
        for (name, value) in object.as_object().unwrap() {
            let kind = self.0.get(name).unwrap_or_else(|| panic!("{line}: `{name}` is in no page"));
            let is_it = value.is_null() || self.is_of(value, kind, line);
            assert!(is_it, "{line}: `{name}` is {value}, and not {kind:?}");
        }
    }

    #[track_caller]
    fn is_of(&self, value: &Value, kind: &Kind, line: &str) -> bool {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let is_felt = |text: &str| {
            text.len() == 66
                && text.starts_with("0x")
                && text[2..].bytes().all(|it| it.is_ascii_hexdigit())
        };
        match kind.name.as_str() {
            "felt" => value.as_str().is_some_and(is_felt),
            "fri" | "amount" => value.as_str().is_some_and(is_digits),
            "number" | "time" => value.is_u64(),
            "bool" => value.is_boolean(),
            "text" => value.is_string(),
            "enum" => value.as_str().is_some_and(|text| kind.texts.iter().any(|it| it == text)),
            "rows" => value.as_array().is_some_and(|rows| {
                rows.iter().filter(|row| row.is_object()).for_each(|row| self.hold(row, line));
                rows.iter().all(Value::is_object)
            }),
            other => panic!("`{other}` is no type"),
        }
    }
}
