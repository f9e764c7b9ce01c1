//! Runs every example of `--help` as it is printed, but for `0xHASH`.

use std::fs;

use serde_json::Value;
use starknet_rust::core::types::Felt;

use crate::dir::{Dir, PASSWORD, text};
use crate::json::Schema;
use crate::node::Node;

/// The commands, in an order in which the examples of each find what they need.
const COMMANDS: [&str; 22] = [
    "declare",
    "upgrade",
    "deploy",
    "session create",
    "session register",
    "session status",
    "session list",
    "session fee-limit",
    "session execute",
    "policy set",
    "policy get",
    "policy remove",
    "session end",
    "session revoke",
    "session revoke-all",
    "session panic",
    "owner create",
    "owner execute",
    "verify",
    "doctor",
    // After this another key owns the account.
    "owner accept",
    "owner hand-over",
];

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploying.md");

fn examples(dir: &Dir, command: &str) -> Vec<String> {
    let help = dir.run(&format!("{command} --help")).stdout;
    let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{command}: none"));
    examples
        .lines()
        .take_while(|line| line.starts_with("  session-harness"))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn every_example_works_when_pasted() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded())
        // It stands for what a person types when the command asks.
        .with("STARKNET_NEW_KEYSTORE_PASSWORD", PASSWORD)
        .with("STARKNET_KEYSTORE_PASSWORD", PASSWORD);
    let schema = Schema::read();
    let mut transaction = String::new();
    for command in COMMANDS {
        let lines = examples(&dir, command);
        assert!(!lines.is_empty(), "{command}");
        for line in lines {
            let said = dir.shell(&format!("{line} --json"));
            assert_eq!(said.code, 0, "{line}: {}{}", said.stdout, said.stderr);
            let answer: Value = serde_json::from_str(&said.stdout).unwrap();
            schema.check(&answer, &line);
            if answer.get("transaction").is_some() {
                transaction = text(&answer, "transaction").to_owned();
            }
        }
    }
    for command in ["wait", "completions"] {
        for line in examples(&dir, command) {
            let line = line.replace("0xHASH", &transaction);
            assert_eq!(dir.shell(&line).code, 0, "{line}");
        }
    }
    assert!(dir.path("session-harness.bash").is_file());
}

#[test]
fn help_names_variables_that_the_page_has_and_not_what_they_hold() {
    let mut dir = Dir::empty()
        .with("STARKNET_RPC_URL", "https://node/a-providers-key")
        .with("STARKNET_KEYSTORE_PASSWORD", PASSWORD)
        .with("SESSION_KEYSTORE_PASSWORD", PASSWORD)
        .with_key(Felt::from_hex_unchecked("0x5ec4e7"));
    dir.keep_secret("a-providers-key");
    let page = fs::read_to_string(PAGE).unwrap();
    let on_the_page: Vec<_> = variables(&page).collect();
    for command in COMMANDS.into_iter().chain(["", "wait", "session", "policy", "completions"]) {
        let said = dir.run(&format!("{command} --help"));
        assert_eq!(said.code, 0, "{command}");
        for name in variables(&said.stdout) {
            assert!(on_the_page.contains(&name), "{command}: {name} is not on the page");
        }
    }
}

/// Returns the names of our environment variables in `text`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|it: char| !it.is_ascii_uppercase() && it != '_');
    words.filter(|it| it.starts_with("STARKNET_") || it.ends_with("_PASSWORD"))
}

#[test]
fn every_command_has_an_example() {
    let dir = Dir::empty();
    let help = dir.run("--help").stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let names = commands
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next());
    let grouped = ["session", "policy", "owner"];
    for name in names.filter(|name| !["help", "demo"].contains(name)) {
        if !grouped.contains(&name) {
            assert!(!examples(&dir, name).is_empty(), "{name}");
        }
    }
}
