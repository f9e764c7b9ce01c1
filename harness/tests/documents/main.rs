//! Whether the documents and the tests of both runners agree: what `docs/` names exists, and what
//! exists is named. `cargo test --test documents -- --nocapture` says which rule has no test with
//! which runner.

mod audit;
mod check;
mod document;
mod findings;
mod front;
mod release;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use check::Suites;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{path} is there"))
}

fn suites() -> Suites {
    Suites {
        rust: sources::tests(&root().join("harness/tests/rules/main.rs")),
        snforge: sources::tests(&root().join("tests/src/lib.cairo")),
    }
}

/// The tests of both runners and of the tools, by the names that pages give them.
fn all_suites() -> findings::Suites {
    let tests = |path| sources::tests(&root().join(path));
    let Suites { rust, snforge } = suites();
    findings::Suites::from([
        ("rules", rust),
        ("snforge", snforge),
        ("client", tests("harness/tests/client/main.rs")),
        ("network", tests("harness/tests/network/main.rs")),
        ("cli", tests("harness/cli/tests/cli/main.rs")),
        ("sandbox", tests("harness/sandbox/tests/sandbox/main.rs")),
        ("javascript", sources::node_tests(&root().join("tests/clients/javascript"))),
    ])
}

#[test]
fn every_rule_names_its_tests_and_every_test_a_rule() {
    let (text, suites) = (text("docs/rules.md"), suites());
    let (rules, tests) = text.split_once("\n## The tests\n").expect("it has two halves");
    let (rules, tests) = (document::entries(rules), document::entries(tests));
    println!("{}", check::summary(&tests, &suites));
    let mut problems = check::halves(&rules, &tests);
    problems.extend(check::entries(&tests, &suites));
    problems.extend(check::orphans(&tests, &suites));
    assert!(problems.is_empty(), "docs/rules.md:\n{}", problems.join("\n"));
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let text = text("SECURITY.md");
    let named: Vec<_> = document::code(&text).filter(|it| it.contains("::")).collect();
    assert!(named.len() > 10, "it names {named:?}");
    let rust = suites().rust;
    let unknown: Vec<_> = named.into_iter().filter(|it| !rust.contains(*it)).collect();
    assert!(unknown.is_empty(), "SECURITY.md names what is no Rust test: {unknown:?}");
}

#[test]
fn every_clause_of_the_snips_names_its_tests() {
    let clauses = document::entries(&text("docs/conformance.md"));
    let problems = check::entries(&clauses, &suites());
    assert!(problems.is_empty(), "docs/conformance.md:\n{}", problems.join("\n"));
}

#[test]
fn every_finding_names_the_tests_that_show_it_closed() {
    let suites = all_suites();
    let rules = text("docs/rules.md");
    let rules = rules.split_once("\n### Findings\n").expect("it lists findings").1;
    let rules = document::entries(rules.split_once("\n### ").expect("more follows").0);
    let expected = rules.iter().map(|rule| &*rule.id).collect::<Vec<_>>();
    assert!(expected.len() > 20 && expected.iter().all(|id| findings::is_finding(id)));
    let problems = findings::problems(&text("docs/findings.md"), &suites, &expected);
    assert!(problems.is_empty(), "docs/findings.md:\n{}", problems.join("\n"));
}

#[test]
fn the_audit_page_names_this_class_its_files_and_its_entry_points() {
    let json = |path| serde_json::from_str(&text(path)).expect("it is JSON");
    let files = audit::cairo_files(&root().join("contracts/src"));
    assert!(files.len() > 30, "{files:?}");
    let (manifest, abi) =
        (json("artifacts/manifest.json"), json("artifacts/SessionAccount.abi.json"));
    let problems = audit::problems(&text("docs/audit.md"), &manifest, &files, &abi, &all_suites());
    assert!(problems.is_empty(), "docs/audit.md:\n{}", problems.join("\n"));
}
