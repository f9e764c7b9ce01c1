//! Whether the documents and the tests of both runners agree: what `docs/` names exists, and what
//! exists is named. `cargo test --test documents -- --nocapture` says which rule has no test with
//! which runner.

mod check;
mod document;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use check::Suites;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> Vec<document::Entry> {
    let path = root().join("docs").join(name);
    document::entries(&fs::read_to_string(path).expect("the document is there"))
}

fn suites() -> Suites {
    Suites {
        rust: sources::tests(&root().join("harness/tests/rules/main.rs")),
        snforge: sources::tests(&root().join("tests/src/lib.cairo")),
    }
}

#[test]
fn every_rule_names_its_tests_and_every_test_a_rule() {
    let (rules, suites) = (document("rules.md"), suites());
    println!("{}", check::summary(&rules, &suites));
    let mut problems = check::entries(&rules, &suites);
    problems.extend(check::orphans(&rules, &suites));
    assert!(problems.is_empty(), "docs/rules.md:\n{}", problems.join("\n"));
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let text = fs::read_to_string(root().join("SECURITY.md")).expect("the page is there");
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(|it| it.contains("::")).collect();
    assert!(named.len() > 10, "it names {named:?}");
    let rust = suites().rust;
    let unknown: Vec<_> = named.into_iter().filter(|it| !rust.contains(*it)).collect();
    assert!(unknown.is_empty(), "SECURITY.md names what is no Rust test: {unknown:?}");
}

#[test]
fn every_clause_of_the_snips_names_its_tests() {
    let problems = check::entries(&document("conformance.md"), &suites());
    assert!(problems.is_empty(), "docs/conformance.md:\n{}", problems.join("\n"));
}
