//! A document's entries: `**ID** text`, then a line for each runner with the tests that show it. An entry is
//! a paragraph or an item of a list.
//!
//! ```text
//! **S-6** The batch is not empty.
//! - both: `session/validation::an_empty_batch_is_refused`
//! - Rust: `session::another`
//! - snforge: none: why there is none
//! ```
//!
//! Under `both` stand tests of one name: `a/b+c::test` is `a::test` of the Rust tests, and `b::test` and
//! `c::test` of snforge's; `a::test` is a test of that module with either runner.

use std::collections::BTreeSet;

#[derive(Debug, Default, PartialEq)]
pub struct Entry {
    pub id: String,
    /// What follows the id.
    pub text: String,
    pub rust: Shown,
    pub snforge: Shown,
    /// The names of the tests that stand under `both`, without their modules.
    pub twins: Vec<String>,
}

/// What an entry says of one runner.
#[derive(Debug, Default, PartialEq)]
pub struct Shown {
    /// As the runner knows them, without the crate: `module::test`.
    pub tests: Vec<String>,
    /// Why there are none.
    pub reason: Option<String>,
}

impl Shown {
    fn add(&mut self, other: Self) {
        self.tests.extend(other.tests);
        self.reason = other.reason.or(self.reason.take());
    }
}

/// Returns the entries of `text`, in their order.
pub fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::<Entry>::new();
    let mut starts = true;
    for line in unwrapped(text) {
        let item = line.strip_prefix("- ").or(starts.then_some(&*line));
        let id = item.and_then(|item| item.strip_prefix("**")?.split_once("**"));
        if let Some((id, text)) = id {
            let (id, text) = (id.to_owned(), text.trim().to_owned());
            entries.push(Entry { id, text, ..Entry::default() });
        } else if let Some(entry) = entries.last_mut() {
            let line = line.trim_start();
            if let Some(both) = line.strip_prefix("- both:") {
                for (rust, snforge, name) in code(both).filter_map(twin) {
                    entry.rust.tests.extend(rust);
                    entry.snforge.tests.extend(snforge);
                    entry.twins.push(name);
                }
            } else if let Some(tests) = line.strip_prefix("- Rust:") {
                entry.rust.add(shown(tests));
            } else if let Some(tests) = line.strip_prefix("- snforge:") {
                entry.snforge.add(shown(tests));
            }
        }
        starts = line.is_empty();
    }
    entries
}

/// Returns the lines of `text`, those that go on indented joined to the one before.
fn unwrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with("  ") && !line.trim_start().starts_with("- ") => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn shown(text: &str) -> Shown {
    let reason = text.trim().strip_prefix("none:").map(str::trim).filter(|it| !it.is_empty());
    if reason.is_some() {
        return Shown { tests: vec![], reason: reason.map(str::to_owned) };
    }
    Shown { tests: code(text).map(str::to_owned).collect(), reason: None }
}

/// Returns what stands between backticks in `text`.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the rows of the table below the line `head`, by their cells. Panics if `text` has no such table, since a
/// check of no rows finds nothing wrong.
pub fn table<'a>(text: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().skip_while(|line| *line != head).skip(2);
    let cells =
        |line: &'a str| line.strip_prefix("| ")?.strip_suffix(" |").map(|it| it.split(" | "));
    let rows: Vec<_> = lines.map_while(cells).map(Iterator::collect).collect();
    assert!(!rows.is_empty(), "there is no table {head}");
    rows
}

/// Returns `text` as one line, so that a sentence is found wherever it is wrapped.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns what of `there` is not in `named`, and what is in `named` twice or is not there.
pub fn once<'a>(
    named: impl IntoIterator<Item = &'a str>,
    there: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let (mut found, mut problems) = (BTreeSet::new(), vec![]);
    let there: BTreeSet<_> = there.into_iter().collect();
    for name in named {
        if !there.contains(name) {
            problems.push(format!("{name} is not there"));
        }
        if !found.insert(name) {
            problems.push(format!("{name} stands twice"));
        }
    }
    problems.extend(there.difference(&found).map(|name| format!("{name} is missing")));
    problems
}

/// Returns the Rust tests and the snforge tests of one name that `path` stands for, and their name.
fn twin(path: &str) -> Option<(Vec<String>, Vec<String>, String)> {
    let (modules, name) = path.rsplit_once("::")?;
    let (rust, snforge) = modules.split_once('/').unwrap_or((modules, modules));
    let tests = |modules: &str| modules.split('+').map(|it| format!("{it}::{name}")).collect();
    Some((tests(rust), tests(snforge), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn an_entry_has_an_id_a_text_and_what_each_runner_shows() {
        let text = "# Title\n\n**S-6** Not `empty`,\n**really** not.\n- Rust: `a::b`,\n  `c::d`\n\
                    - snforge: none: there is\n  a reason\n\nProse.\n\n**S-7** Another.\n";
        let rust = Shown { tests: owned(["a::b", "c::d"]), reason: None };
        let snforge = Shown { tests: vec![], reason: Some("there is a reason".to_owned()) };
        let (id, text_of) = ("S-6".to_owned(), "Not `empty`,".to_owned());
        let first = Entry { id, text: text_of, rust, snforge, twins: vec![] };
        let (id, text_of) = ("S-7".to_owned(), "Another.".to_owned());
        let second = Entry { id, text: text_of, ..Entry::default() };
        assert_eq!(entries(text), [first, second]);
    }

    #[test]
    fn an_item_of_a_list_is_an_entry_and_its_tests_stand_below_it() {
        let text = "- **S-6** Not\n  empty.\n- **S-7**\n  - Rust: `a::b`,\n    `c::d`\n  - snforge: `e::f`\n";
        let [first, second] = &entries(text)[..] else { panic!("there are two") };
        assert_eq!((&*first.id, &*first.text), ("S-6", "Not empty."));
        assert_eq!((&*second.id, &*second.text), ("S-7", ""));
        assert_eq!(second.rust.tests, ["a::b", "c::d"]);
        assert_eq!(second.snforge.tests, ["e::f"]);
    }

    #[test]
    fn twins_are_tests_of_both_runners() {
        let text = "**S-6** So.\n- both: `a::b`, `c/d::e+f::g`\n- Rust: `h::i`";
        let [entry] = &entries(text)[..] else { panic!("there is one") };
        assert_eq!(entry.rust.tests, ["a::b", "c::g", "h::i"]);
        assert_eq!(entry.snforge.tests, ["a::b", "d::e::g", "f::g"]);
        assert_eq!(entry.twins, ["b", "g"]);
    }

    #[test]
    fn a_table_has_rows_of_cells() {
        let text = "| a | b |\n| --- | --- |\n| c | d |\n| e | f |\n\n| g | h |";
        assert_eq!(table(text, "| a | b |"), [["c", "d"], ["e", "f"]]);
    }

    #[test]
    #[should_panic(expected = "there is no table | a | c |")]
    fn a_table_that_is_not_there_is_wrong() {
        table("| a | b |\n| --- | --- |\n| c | d |", "| a | c |");
    }

    #[test]
    fn what_is_there_stands_once() {
        assert_eq!(once(["a", "b"], ["b", "a"]), [""; 0]);
        let problems = once(["a", "b", "b"], ["a", "c"]);
        assert_eq!(problems[..2], ["b is not there", "b is not there"]);
        assert_eq!(problems[2..], ["b stands twice", "c is missing"]);
    }

    #[test]
    fn none_without_a_reason_is_none() {
        assert_eq!(shown(" none: "), Shown::default());
    }
}
