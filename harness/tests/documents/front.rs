//! Whether the front page's three numbers are those that its commands show.

use serde_json::Value;

use crate::{document, text};

/// Returns the two numbers of the row of docs/gas.md that begins with `what`.
fn measured(what: &str) -> [f64; 2] {
    let page = text("docs/gas.md");
    let (_, row) = page.split_once(&format!("\n| {what} | ")).expect("gas.md has the row");
    let mut cells = row.split(" | ").map(|cell| cell.replace(',', "").parse().expect("a number"));
    [cells.next().expect("what it takes"), cells.next().expect("what the other takes")]
}

#[test]
fn the_front_page_says_what_a_sessions_transfer_takes() {
    let [session, _] = measured("a session's listed transfer, to the owner's");
    let [_, openzeppelin] = measured("the owner's transfer, to OpenZeppelin's");
    let [again, reference] = measured("... to the fork's");
    assert_eq!(session, again, "the second row is of the same transfer");
    for ratio in [session / openzeppelin, session / reference] {
        assert!(text("README.md").contains(&format!("**{ratio:.2}**")), "README lacks {ratio:.2}");
    }
}

#[test]
fn the_front_page_counts_rules_and_mutants() {
    let (rules, mutants) = (text("docs/rules.md"), text("tools/proof/mutants.toml"));
    let (_, tests) = rules.split_once("\n## The tests\n").expect("it has two halves");
    let rules = document::entries(tests);
    let alone = rules.iter().filter(|rule| rule.rust.reason.is_some()).count();
    let rules = rules.len();
    let mutants = mutants.matches("\n[[mutant]]\n").count();
    let record: Value = serde_json::from_str(&text("docs/record.json")).expect("a record");
    let tried = &record["mutants"]["counts"];
    let noticed = format!("a test noticed {} of {}", tried["caught"], tried["tried"]);
    for said in [
        format!("**{rules} rules**"),
        format!("**{mutants} edits**"),
        noticed,
        format!("; {alone} rules are shown by `snforge test` alone"),
    ] {
        assert!(text("README.md").contains(&said), "README does not say {said}");
    }
}
