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

/// Returns `line` with the same text for every hash and every number, and without the distances of times.
fn alike(line: &str) -> String {
    let line = match line.split_once(" (in ") {
        Some((line, rest)) => line.to_owned() + rest.split_once(')').map_or("", |(_, rest)| rest),
        None => line.to_owned(),
    };
    let words = line.replace("tomorrow", "today");
    let words = words.split_whitespace().map(|word| {
        if word.contains("0x") {
            return "0x".to_owned();
        }
        let mut alike = String::new();
        for it in word.chars().map(|it| if it.is_ascii_digit() { '#' } else { it }) {
            if it != '#' || !alike.ends_with('#') {
                alike.push(it);
            }
        }
        alike
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_block_of_the_page_works_as_printed_in_an_empty_folder() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (_node, url) = Node::network(40.0, "");
    let dir = Dir::empty()
        .with("STARKNET_KEYSTORE_PASSWORD", PASSWORD)
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
    for word in ["declared", "deployed", "created", "registered", "executed", "ended", "signed"] {
        assert!(said.stdout.contains(word), "{word}: {}", said.stdout);
    }
    let told: Vec<_> = said.stdout.lines().map(alike).collect();
    for line in shown.iter().flat_map(|it| it.lines()) {
        assert!(told.contains(&alike(line)), "it does not say `{line}`: {}", said.stdout);
    }
}
