//! A document's entries, a paragraph each: `**ID** text`, then a line a runner with the tests that
//! show it.
//!
//! ```text
//! **S-6** The batch is not empty.
//! - Rust: `session::an_empty_batch_is_refused`
//! - snforge: none: why there is none
//! ```

#[derive(Debug, Default, PartialEq)]
pub struct Entry {
    pub id: String,
    pub rust: Shown,
    pub snforge: Shown,
}

/// What an entry says of one runner.
#[derive(Debug, Default, PartialEq)]
pub struct Shown {
    /// As the runner knows them, without the crate: `module::test`.
    pub tests: Vec<String>,
    /// Why there are none.
    pub reason: Option<String>,
}

pub fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::<Entry>::new();
    let mut starts = true;
    for line in unwrapped(text) {
        let id = line.strip_prefix("**").and_then(|rest| rest.split_once("**"));
        if let Some((id, _)) = id.filter(|_| starts) {
            entries.push(Entry { id: id.to_owned(), ..Entry::default() });
        } else if let Some(entry) = entries.last_mut() {
            if let Some(shown) = line.strip_prefix("- Rust:") {
                entry.rust = self::shown(shown);
            } else if let Some(shown) = line.strip_prefix("- snforge:") {
                entry.snforge = self::shown(shown);
            }
        }
        starts = line.is_empty();
    }
    entries
}

/// The lines of `text`, those that go on indented joined to the one before.
fn unwrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with("  ") => {
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
    // Between the backticks.
    Shown { tests: text.split('`').skip(1).step_by(2).map(str::to_owned).collect(), reason: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_an_id_and_what_each_runner_shows() {
        let text = "# Title\n\n**S-6** Not `empty`,\n**really** not.\n- Rust: `a::b`,\n  `c::d`\n\
                    - snforge: none: there is\n  a reason\n\nProse.\n\n**S-7** Another.\n";
        let tests = ["a::b", "c::d"].map(str::to_owned).to_vec();
        let rust = Shown { tests, reason: None };
        let snforge = Shown { tests: vec![], reason: Some("there is a reason".to_owned()) };
        let first = Entry { id: "S-6".to_owned(), rust, snforge };
        let second = Entry { id: "S-7".to_owned(), ..Entry::default() };
        assert_eq!(entries(text), [first, second]);
    }

    #[test]
    fn none_without_a_reason_is_none() {
        assert_eq!(shown(" none: "), Shown::default());
    }
}
