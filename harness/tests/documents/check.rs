//! What a document may not say, and what it may not leave out.

use std::collections::BTreeSet;

use crate::document::{Entry, Shown};

/// The tests that there are, by runner.
pub struct Suites {
    pub rust: BTreeSet<String>,
    pub snforge: BTreeSet<String>,
}

/// Every entry has an id of its own, names tests that there are, and says why a runner has none;
/// one of the two has some.
pub fn entries(entries: &[Entry], suites: &Suites) -> Vec<String> {
    let mut problems = vec![];
    let mut ids = BTreeSet::new();
    if entries.is_empty() {
        problems.push("no entry was found".to_owned());
    }
    for entry in entries {
        let Entry { id, rust, snforge } = entry;
        if !ids.insert(id) {
            problems.push(format!("{id} stands twice"));
        }
        if rust.tests.is_empty() && snforge.tests.is_empty() {
            problems.push(format!("{id} has no test with either runner"));
        }
        for (runner, shown, tests) in
            [("Rust", rust, &suites.rust), ("snforge", snforge, &suites.snforge)]
        {
            if *shown == Shown::default() {
                problems.push(format!("{id} names no {runner} test and gives no reason"));
            }
            for test in shown.tests.iter().filter(|test| !tests.contains(*test)) {
                problems.push(format!("{id} names {test}, which is no {runner} test"));
            }
        }
    }
    problems
}

/// Tests that no entry names.
pub fn orphans(entries: &[Entry], suites: &Suites) -> Vec<String> {
    let named = |shown: fn(&Entry) -> &Shown| -> BTreeSet<_> {
        entries.iter().flat_map(|entry| &shown(entry).tests).cloned().collect()
    };
    let rust = suites.rust.difference(&named(|entry| &entry.rust)).cloned().collect::<Vec<_>>();
    let snforge =
        suites.snforge.difference(&named(|entry| &entry.snforge)).cloned().collect::<Vec<_>>();
    let orphan = |runner, tests: Vec<String>| {
        tests.into_iter().map(move |test| format!("no rule names the {runner} test {test}"))
    };
    orphan("Rust", rust).chain(orphan("snforge", snforge)).collect()
}

/// How many there are, and which rules one runner alone shows.
pub fn summary(rules: &[Entry], suites: &Suites) -> String {
    let mut lines = vec![format!(
        "{} rules, {} Rust tests, {} snforge tests",
        rules.len(),
        suites.rust.len(),
        suites.snforge.len()
    )];
    for Entry { id, rust, snforge } in rules {
        for (runner, shown) in [("Rust", rust), ("snforge", snforge)] {
            if let Some(reason) = &shown.reason {
                lines.push(format!("{id} has no {runner} test: {reason}"));
            }
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    fn problems(text: &str) -> Vec<String> {
        let tests = |name: &str| BTreeSet::from([name.to_owned()]);
        let suites = Suites { rust: tests("a::b"), snforge: tests("c::d") };
        let rules = document::entries(text);
        [entries(&rules, &suites), orphans(&rules, &suites)].concat()
    }

    #[test]
    fn a_rule_that_both_runners_show_is_right() {
        assert_eq!(problems("**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`"), [""; 0]);
    }

    #[test]
    fn a_document_without_entries_is_wrong() {
        assert_eq!(problems("X-1 So.\n- Rust: `a::b`\n- snforge: `c::d`")[0], "no entry was found");
    }

    #[test]
    fn a_test_that_does_not_exist_is_wrong() {
        assert_eq!(
            problems("**X-1** So.\n- Rust: `a::b`, `c::d`\n- snforge: `c::d`, `c::e`"),
            ["X-1 names c::d, which is no Rust test", "X-1 names c::e, which is no snforge test"]
        );
    }

    #[test]
    fn a_test_that_no_rule_names_is_wrong() {
        assert_eq!(
            problems("**X-1** So.\n- Rust: `a::b`\n- snforge: none: it cannot."),
            ["no rule names the snforge test c::d"]
        );
    }

    #[test]
    fn a_runner_without_a_test_needs_a_reason() {
        let whole = "**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`\n\n";
        let error = "X-2 names no snforge test and gives no reason";
        assert_eq!(problems(&format!("{whole}**X-2** So.\n- Rust: `a::b`")), [error]);
        assert_eq!(problems(&format!("{whole}**X-2** So.\n- Rust: `a::b`\n- snforge: –")), [error]);
    }

    #[test]
    fn a_rule_with_no_test_at_all_is_wrong_whatever_the_reasons() {
        let whole = "**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`\n\n";
        assert_eq!(
            problems(&format!("{whole}**X-2** So.\n- Rust: none: hard.\n- snforge: none: hard.")),
            ["X-2 has no test with either runner"]
        );
    }

    #[test]
    fn an_id_that_stands_twice_is_wrong() {
        let whole = "**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`\n\n";
        assert_eq!(problems(&format!("{whole}{whole}")), ["X-1 stands twice"]);
    }
}
