//! Every error of the contracts has a sentence.

use std::collections::BTreeSet;

use session_harness::explain::{EXPLANATIONS, explain};

const ERRORS: &str = include_str!("../../../contracts/src/errors.cairo");

fn of_the_contracts() -> BTreeSet<String> {
    let lines = ERRORS.lines().filter(|line| line.trim_start().starts_with("pub const"));
    let quoted = |line: &str| {
        let (_, rest) = line.split_once('\'').expect("an error in quotes");
        let (error, _) = rest.rsplit_once('\'').expect("an end of it");
        error.replace("\\'", "'")
    };
    lines.map(quoted).collect()
}

#[test]
fn every_error_of_the_contracts_is_explained_and_no_other() {
    let explained: BTreeSet<_> = EXPLANATIONS.iter().map(|it| it.error.to_owned()).collect();
    assert!(of_the_contracts().len() > 40);
    assert_eq!(of_the_contracts(), explained);
    assert_eq!(EXPLANATIONS.len(), explained.len(), "one stands twice");
}

#[test]
fn an_error_is_found_in_a_nodes_words_by_text_and_by_felt() {
    for error in of_the_contracts() {
        let hex: String = error.bytes().map(|byte| format!("{byte:02x}")).collect();
        for words in [
            format!("Execution failed. Failure reason:\n(0x{hex} ('{error}'), 0x454e ('E'))."),
            format!("[\"0x{hex}\"]"),
        ] {
            assert_eq!(explain(&words).map(|it| it.error), Some(&*error), "{words}");
        }
    }
    assert_eq!(explain("ERC20: transfer amount exceeds balance"), None);
}
