//! `tools/proof/mutants.toml`: whether the tests are there that should notice its edits.

use std::collections::BTreeSet;

use crate::{root, sources, text};

/// Returns what each edit of `list` names as its killer.
fn killers(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.strip_prefix("killer = \"")?.strip_suffix('"'))
}

/// Returns the killers of `list` that are none of `tests`, and whether an edit has none.
fn problems(list: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let (edits, named) = (list.matches("[[mutant]]").count(), killers(list).count());
    let mut problems = vec![];
    if edits != named {
        problems.push(format!("{edits} edits name {named} killers"));
    }
    let unknown = killers(list).filter(|killer| !tests.contains(*killer));
    problems.extend(unknown.map(|killer| format!("{killer} is no test")));
    problems
}

#[test]
fn every_edit_names_a_test_that_its_run_has() {
    let programs = ["rules", "model"];
    let tests = programs
        .iter()
        .flat_map(|program| {
            sources::tests(&root().join(format!("harness/tests/{program}/main.rs")))
        })
        .collect();
    let problems = problems(&text("tools/proof/mutants.toml"), &tests);
    assert!(problems.is_empty(), "tools/proof/mutants.toml:\n{}", problems.join("\n"));
}

#[test]
fn a_killer_that_is_no_test_or_is_not_there_is_wrong() {
    let tests = BTreeSet::from(["a::b".to_owned()]);
    assert_eq!(problems("[[mutant]]\nkiller = \"a::b\"\n", &tests), [""; 0]);
    assert_eq!(
        problems("[[mutant]]\nkiller = \"nobody::nothing\"\n", &tests),
        ["nobody::nothing is no test"]
    );
    assert_eq!(problems("[[mutant]]\nrule = \"E-2\"\n", &tests), ["1 edits name 0 killers"]);
}
