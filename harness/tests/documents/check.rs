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
        let Entry { id, rust, snforge, twins, .. } = entry;
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
            if shown.reason.is_some() && !shown.tests.is_empty() {
                problems.push(format!("{id} names a {runner} test and says why there is none"));
            }
            let once = shown.tests.iter().collect::<BTreeSet<_>>();
            if once.len() < shown.tests.len() {
                problems.push(format!("{id} names a {runner} test twice"));
            }
        }
        for name in names(rust).intersection(&names(snforge)) {
            if !twins.iter().any(|twin| twin == name) {
                problems
                    .push(format!("{id} names {name} for either runner, and not once for both"));
            }
        }
    }
    problems
}

/// Returns the names of the tests of `shown`, without their modules.
fn names(shown: &Shown) -> BTreeSet<&str> {
    shown.tests.iter().filter_map(|test| test.rsplit("::").next()).collect()
}

/// Every rule says something, names no test itself, and has its tests in the other half of the page, under
/// its id and in its order.
pub fn halves(rules: &[Entry], tests: &[Entry]) -> Vec<String> {
    let mut problems = vec![];
    let ids = |entries: &[Entry]| entries.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let (rule_ids, test_ids) = (ids(rules), ids(tests));
    let missing = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|id| !those.contains(id)).cloned().collect()
    };
    problems.extend(missing(&rule_ids, &test_ids).iter().map(|id| format!("{id} has no tests")));
    problems.extend(missing(&test_ids, &rule_ids).iter().map(|id| format!("{id} is no rule")));
    if problems.is_empty() && rule_ids != test_ids {
        problems.push("rules and tests have not one order".to_owned());
    }
    for Entry { id, text, rust, snforge, .. } in rules {
        if text.is_empty() {
            problems.push(format!("{id} says nothing"));
        }
        if [rust, snforge].iter().any(|shown| **shown != Shown::default()) {
            problems.push(format!("{id} names tests among the rules"));
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
    for Entry { id, rust, snforge, .. } in rules {
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
            problems("**X-1** So.\n- Rust: `a::b`, `c::x`\n- snforge: `c::d`, `c::e`"),
            ["X-1 names c::x, which is no Rust test", "X-1 names c::e, which is no snforge test"]
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
    fn twins_that_are_listed_twice_are_wrong() {
        let tests = |name: &str| BTreeSet::from([name.to_owned()]);
        let suites = Suites { rust: tests("a::b"), snforge: tests("c::b") };
        let problems = |text| entries(&document::entries(text), &suites);
        assert_eq!(problems("**X-1** So.\n- both: `a/c::b`"), [""; 0]);
        assert_eq!(
            problems("**X-1** So.\n- Rust: `a::b`\n- snforge: `c::b`"),
            ["X-1 names b for either runner, and not once for both"]
        );
        assert_eq!(
            problems("**X-1** So.\n- both: `a::b`"),
            ["X-1 names a::b, which is no snforge test"]
        );
    }

    #[test]
    fn a_test_that_an_entry_names_twice_or_excuses_is_wrong() {
        assert_eq!(
            problems("**X-1** So.\n- Rust: `a::b`, `a::b`\n- snforge: `c::d`"),
            ["X-1 names a Rust test twice"]
        );
        assert_eq!(
            problems("**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`\n- snforge: none: hard."),
            ["X-1 names a snforge test and says why there is none"]
        );
    }

    #[test]
    fn rules_and_tests_stand_apart_under_the_same_ids() {
        let halves = |rules, tests| halves(&document::entries(rules), &document::entries(tests));
        let tests = "- **X-1**\n  - Rust: `a::b`\n- **X-2**\n  - Rust: `a::b`";
        assert_eq!(halves("- **X-1** So.\n- **X-2** So.", tests), [""; 0]);
        assert_eq!(halves("- **X-1** So.", tests), ["X-2 is no rule"]);
        assert_eq!(halves("- **X-1** A.\n- **X-2** B.\n- **X-3** C.", tests), ["X-3 has no tests"]);
        let order = "rules and tests have not one order";
        assert_eq!(halves("- **X-2** So.\n- **X-1** So.", tests), [order]);
        assert_eq!(halves("- **X-1**\n- **X-2** So.", tests), ["X-1 says nothing"]);
        assert_eq!(
            halves("- **X-1** So.\n  - Rust: `a::b`\n- **X-2** So.", tests),
            ["X-1 names tests among the rules"]
        );
    }

    #[test]
    fn an_id_that_stands_twice_is_wrong() {
        let whole = "**X-1** So.\n- Rust: `a::b`\n- snforge: `c::d`\n\n";
        assert_eq!(problems(&format!("{whole}{whole}")), ["X-1 stands twice"]);
    }
}
