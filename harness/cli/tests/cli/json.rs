//! The one schema of all answers, as `docs/json.md` has it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md");

/// The types of each field.
pub struct Schema(BTreeMap<String, Vec<String>>);

impl Schema {
    /// Reads the page's table of fields.
    pub fn read() -> Self {
        let page = fs::read_to_string(PAGE).unwrap();
        let (_, table) = page.split_once("| field | type | what |").unwrap();
        let rows = table.lines().filter_map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let field = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
            Some((field.to_owned(), cells[2].split('/').map(str::to_owned).collect()))
        });
        let schema = Self(rows.collect());
        assert!(schema.0.len() > 50, "{:?}", schema.0.keys());
        schema
    }

    /// Holds `answer`, which `line` got, to it.
    #[track_caller]
    pub fn check(&self, answer: &Value, line: &str) {
        let outcome = answer["outcome"].as_str().unwrap_or_default();
        assert!(["done", "unchanged", "dry_run", "shown"].contains(&outcome), "{line}: {answer}");
        self.hold(answer, line);
    }

    #[track_caller]
    fn hold(&self, object: &Value, line: &str) {
        for (name, value) in object.as_object().unwrap() {
            let types =
                self.0.get(name).unwrap_or_else(|| panic!("{line}: `{name}` is in no page"));
            let is_it = value.is_null() || types.iter().any(|it| self.is_of(value, it, line));
            assert!(is_it, "{line}: `{name}` is {value}, and of none of {types:?}");
        }
    }

    #[track_caller]
    fn is_of(&self, value: &Value, kind: &str, line: &str) -> bool {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let is_felt = |text: &str| {
            text.len() == 66
                && text.starts_with("0x")
                && text[2..].bytes().all(|it| it.is_ascii_hexdigit())
        };
        match kind {
            "felt" => value.as_str().is_some_and(is_felt),
            "fri" | "amount" => value.as_str().is_some_and(is_digits),
            "number" | "time" => value.is_u64(),
            "bool" => value.is_boolean(),
            "text" | "words" => value.is_string(),
            "list" => value.as_array().is_some_and(|rows| rows.iter().all(Value::is_string)),
            "rows" => value.as_array().is_some_and(|rows| {
                rows.iter().filter(|row| row.is_object()).for_each(|row| self.hold(row, line));
                rows.iter().all(Value::is_object)
            }),
            other => panic!("`{other}` is no type"),
        }
    }
}
