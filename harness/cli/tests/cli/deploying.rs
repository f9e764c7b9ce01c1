//! Runs every block of `docs/deploying.md` as it is printed, in order, in one empty folder, on a network that
//! behaves like a real one.

use std::fs;

use crate::dir::{Dir, PASSWORD};
use crate::node::Node;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploying.md");
/// The only line that is changed: the node's URL.
const URL: &str = "http://127.0.0.1:5050/rpc";

/// A block, and the last line of text before it.
struct Block<'a> {
    language: &'a str,
    text: String,
    before: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut lines, mut before) = (Vec::new(), page.lines(), "");
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|it| *it != "```");
            let text = text.map(|it| format!("{it}\n")).collect();
            blocks.push(Block { language, text, before });
        } else if !line.is_empty() {
            before = line;
        }
    }
    blocks
}

/// What is another number in each run: which block, and what the network asks for it.
const MEASURED: [&str; 4] = ["block:", "l2 gas:", "fee:", "transaction:"];

/// Returns `line` with every hash and every time of day made alike, without how far away a time is, and
/// without what is measured.
fn alike(line: &str) -> String {
    let line = line.trim();
    if let Some(name) = MEASURED.iter().find(|name| line.starts_with(**name)) {
        return (*name).to_owned();
    }
    let line = match line.split_once(" (in ") {
        Some((line, rest)) => line.to_owned() + rest.split_once(')').map_or("", |(_, rest)| rest),
        None => line.to_owned(),
    };
    let words = line.replace("tomorrow", "today");
    let words = words.split_whitespace().map(|word| {
        let is_time = |word: &str| word.len() == 5 && word.as_bytes()[2] == b':';
        if word.contains("0x") {
            "0x"
        } else if is_time(word) {
            "hh:mm"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Says which line of `shown` does not stand in `said`, in the order of `shown`.
fn missing<'a>(shown: &'a str, said: &str) -> Option<&'a str> {
    let mut said = said.lines().map(alike);
    shown.lines().find(|line| !said.any(|it| it == alike(line)))
}

#[test]
fn amounts_and_the_order_of_lines_are_part_of_what_is_printed() {
    let shown =
        "ends: 03:39 UTC today (in 1 h)\nmay spend: 1 STRK a call\nblock: 68\nto end it: 0x5…";
    let said =
        "ends: 11:12 UTC tomorrow (in 59 min)\nmay spend: 1 STRK a call\nblock: 7\nto end it: 0x17";
    assert_eq!(missing(shown, said), None);
    for (from, to) in [("1 STRK", "900 STRK"), ("may spend", "may call")] {
        assert_eq!(missing(shown, &said.replace(from, to)), Some("may spend: 1 STRK a call"));
    }
    let (first, rest) = said.split_once('\n').unwrap();
    assert!(missing(shown, &format!("{rest}\n{first}")).is_some());
}

#[test]
fn every_block_of_the_page_works_as_printed_in_an_empty_folder() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (_node, url) = Node::network(40.0, "");
    let dir = Dir::empty()
        .with("STARKNET_KEYSTORE_PASSWORD", PASSWORD)
        .with("STARKNET_NEW_KEYSTORE_PASSWORD", PASSWORD)
        .with("SESSION_KEYSTORE_PASSWORD", PASSWORD);
    let (mut script, mut shown, mut count) = (String::from("set -e\n"), Vec::new(), 0);
    for Block { language, text, before } in blocks(&page) {
        count += 1;
        let text = text.replace(URL, url.as_str());
        match language {
            "sh" => script.push_str(&text),
            // The line before it names its file.
            "toml" => {
                let name = before.trim_matches(['`', ':']);
                script.push_str(&format!("cat >{name} <<'FILE'\n{text}FILE\n"));
            }
            "text" => shown.push(text),
            other => panic!("a block of `{other}` is neither run nor a file: {text}"),
        }
    }
    assert!(count > 6 && page.contains(URL) && !shown.is_empty());
    let said = dir.shell(&script);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    for word in [
        "declared",
        "deployed",
        "created",
        "registered",
        "executed",
        "ended",
        "signed",
        "handed over",
        "from now on:",
    ] {
        assert!(said.stdout.contains(word), "{word}: {}", said.stdout);
    }
    for shown in &shown {
        let missing = missing(shown, &said.stdout);
        assert_eq!(missing, None, "it does not say this, or not in this order: {}", said.stdout);
    }
}
