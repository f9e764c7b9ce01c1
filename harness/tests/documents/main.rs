//! Whether the documents and the tests of both runners agree: what `docs/` names exists, and what
//! exists is named. What they say of the class, its files, versions and counts is compared with where
//! it comes from. `cargo test --test documents -- --nocapture` says which rule has no test with
//! which runner.

mod audit;
mod check;
mod clients;
mod document;
mod findings;
mod front;
mod mutants;
mod privilege;
mod record;
mod release;
mod security;
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
fn the_audit_page_says_what_there_is() {
    let json = |path| serde_json::from_str(&text(path)).expect("it is JSON");
    let (page, contracts, suites) =
        (text("docs/audit.md"), root().join("contracts/src"), all_suites());
    let files = audit::cairo_files(&contracts);
    assert!(files.len() > 30, "{files:?}");
    let own = files.iter().flat_map(|it| privilege::asking(&text(&format!("contracts/src/{it}"))));
    let rules = document::entries(&text("docs/rules.md")).into_iter().map(|rule| rule.id);
    let problems = [
        audit::class(&page, &json("artifacts/manifest.json")),
        audit::scope(&page, &files),
        audit::invariants(&page, &rules.collect()),
        audit::counts(&page, &text("docs/findings.md")),
        audit::unknown_tests(&page, &suites),
        privilege::problems(&page, &json("artifacts/SessionAccount.abi.json"), &own.collect()),
    ]
    .concat();
    assert!(problems.is_empty(), "docs/audit.md:\n{}", problems.join("\n"));
}
