//! `docs/findings.md`: rows of tables, `| ids | ... | tests |`, in which a test is `suite::module::test`.

use std::collections::{BTreeMap, BTreeSet};

use crate::document;

/// The tests that there are, by the name of their suite.
pub type Suites = BTreeMap<&'static str, BTreeSet<String>>;

/// Returns what is wrong with `text`: a finding that has no test, a test that is in no suite, an id that stands
/// twice, and an id of `expected` that is missing.
pub fn problems(text: &str, suites: &Suites, expected: &[&str]) -> Vec<String> {
    let mut problems = vec![];
    let mut found = BTreeSet::new();
    for (ids, tests) in text.lines().filter_map(row) {
        for id in &ids {
            if !found.insert(*id) {
                problems.push(format!("{id} stands twice"));
            }
        }
        let ids = ids.join(", ");
        if tests.is_empty() {
            problems.push(format!("{ids} has no test"));
        }
        for test in tests.iter().filter(|test| !is_test(test, suites)) {
            problems.push(format!("{ids} names {test}, which is no test"));
        }
    }
    let missing = expected.iter().filter(|id| !found.contains(**id));
    problems.extend(missing.map(|id| format!("{id} is a rule and no finding")));
    problems
}

/// Says whether `test` names one of `suites` and a test of it.
pub fn is_test(test: &str, suites: &Suites) -> bool {
    let Some((suite, name)) = test.split_once("::") else { return false };
    suites.get(suite).is_some_and(|tests| tests.contains(name))
}

/// Returns how many findings `text` lists whose id begins with `source`.
pub fn count(text: &str, source: char) -> usize {
    let ids = text.lines().filter_map(row).flat_map(|(ids, _)| ids);
    ids.filter(|id| id.starts_with(source)).count()
}

/// Returns the ids of a row and the tests in its last column, if `line` is a finding's row.
fn row(line: &str) -> Option<(Vec<&str>, Vec<&str>)> {
    let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect::<Vec<_>>();
    let [ids, _, _, _, tests] = cells[..] else { return None };
    let ids = ids.split(", ").collect::<Vec<_>>();
    ids.iter().all(|id| is_finding(id)).then(|| (ids, document::code(tests).collect()))
}

/// Says whether `id` is a finding's: of a report (A), our own (O), of readers (H, N).
pub fn is_finding(id: &str) -> bool {
    id.starts_with(['A', 'O', 'H', 'N'])
        && id.contains('-')
        && id.ends_with(|it: char| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let tests = BTreeSet::from(["a::b".to_owned()]);
        problems(text, &Suites::from([("cli", tests)]), &["A1-1"])
    }

    #[test]
    fn a_finding_has_a_test_that_there_is() {
        assert_eq!(of("| A1-1, N-2 | Low | `x` | y | `cli::a::b` |"), [""; 0]);
        assert_eq!(of("| A1-1 | Low | `cli::a::b` | y | none |"), ["A1-1 has no test"]);
        for test in ["cli::a::c", "sandbox::a::b", "b"] {
            let row = format!("| A1-1 | Low | x | y | `cli::a::b`, `{test}` |");
            assert_eq!(of(&row), [format!("A1-1 names {test}, which is no test")]);
        }
    }

    #[test]
    fn findings_are_counted_by_who_made_them() {
        let text = "| A1-1, A1-2 | Low | x | y | `a` |\n| N-1 | Low | x | y | `a` |";
        assert_eq!(['A', 'N', 'O'].map(|source| count(text, source)), [2, 1, 0]);
    }

    #[test]
    fn every_finding_stands_once() {
        let row = "| A1-1 | Low | x | y | `cli::a::b` |";
        assert_eq!(of(&[row, row].join("\n")), ["A1-1 stands twice"]);
        assert_eq!(of("| H-1 | Low | x | y | `cli::a::b` |"), ["A1-1 is a rule and no finding"]);
    }
}
