//! Tests that each error of the contracts has a [`Rule`], and is recognised in a node's text.

use session_client::{Cause, Refusal, Rule};

const ERRORS: &str = include_str!("../../../contracts/src/errors.cairo");

/// Returns the errors of the contracts in their order, each with the name of its [`Rule`].
fn of_the_contracts() -> Vec<(String, String)> {
    let mut prefix = "";
    let mut errors = vec![];
    for line in ERRORS.lines().map(str::trim_start) {
        if let Some(module) = line.strip_prefix("pub mod ") {
            prefix = match module.trim_end_matches(" {") {
                "account" => "Account",
                "outside_execution" => "Outside",
                "session" => "",
                "spending" => "Spending",
                other => panic!("errors of {other} have no prefix"),
            };
        } else if let Some(constant) = line.strip_prefix("pub const ") {
            let (name, _) = constant.split_once(':').expect("a name");
            let (_, rest) = constant.split_once('\'').expect("an error in quotes");
            let (error, _) = rest.rsplit_once('\'').expect("an end of it");
            errors.push((format!("{prefix}{}", camel_case(name)), error.replace("\\'", "'")));
        }
    }
    errors
}

fn camel_case(name: &str) -> String {
    let word = |word: &str| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase());
    name.split('_').map(word).collect()
}

#[test]
fn every_error_of_the_contracts_is_a_rule_of_its_name_and_no_other_is() {
    let rules: Vec<_> =
        Rule::ALL.iter().map(|it| (format!("{it:?}"), it.error().to_owned())).collect();
    assert!(rules.len() > 40);
    assert_eq!(of_the_contracts(), rules);
}

#[test]
fn a_rule_is_found_in_a_nodes_words_by_text_and_by_felt_and_in_a_gateways() {
    for rule in Rule::ALL {
        let error = rule.error();
        let hex: String = error.bytes().map(|byte| format!("{byte:02x}")).collect();
        let words =
            format!("Execution failed. Failure reason:\n(0x{hex} ('{error}'), 0x454e ('E')).");
        let text_alone = format!("reason: \"{error}\".");
        for words in [&words, &gateway(&words), &format!("[\"0x{hex}\"]"), &gateway(&text_alone)] {
            assert_eq!(Refusal::read(words).rule(), Some(*rule), "{words}");
        }
    }
    assert_eq!(Refusal::read("ERC20: transfer amount exceeds balance").rule(), None);
}

#[test]
fn a_refusal_in_validation_reads_the_same_from_a_node_and_from_a_gateway() {
    let node = "The `validate` entry point should return `VALID`. Got Retdata([0x0]).";
    for words in [node.to_owned(), gateway(node)] {
        assert_eq!(Refusal::read(words).cause(), Cause::NotValid);
    }
}

#[test]
fn bounds_that_the_gas_exceeds_are_told_apart_from_calls_that_revert() {
    let words = "Insufficient max L2Gas: max amount: 1736775, actual used: 2761134";
    assert_eq!(Refusal::read(words).cause(), Cause::OverBounds);
    // A contract may say the same words.
    let called = format!("Error in the called contract (0x5): Execution failed: '{words}'");
    assert_eq!(Refusal::read(called).cause(), Cause::Other);
}

/// Changes `words` as a gateway does: by the rule of the sequencer's HTTP server.
fn gateway(words: &str) -> String {
    let kept = |sign: char| sign.is_ascii_alphanumeric() || " :.,[](){}'_".contains(sign);
    let quote = |sign| if "\"`".contains(sign) { '\'' } else { sign };
    words.chars().map(quote).map(|sign| if kept(sign) { sign } else { ' ' }).collect()
}

#[test]
fn a_foretold_refusal_says_in_one_line_what_it_means_and_what_to_do() {
    for rule in Rule::ALL {
        let told = Refusal::foretold(*rule).to_string();
        let (meaning, remedy) = (rule.meaning(), rule.remedy());
        assert!(told.ends_with(&format!("{rule}: {meaning}; {remedy}")), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}
