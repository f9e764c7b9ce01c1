//! Writes commands that users may paste: with the flags that choose the node and the account, as this
//! command was given them. Variables of the environment stay set, so they are not repeated.

use std::env;

use starknet_rust::core::types::Felt;
use url::Url;

/// The flags that are repeated. All commands that hints name have them.
const REPEATED: [&str; 7] =
    ["--network", "--rpc", "--account", "--profile", "--config", "--deployments", "--sessions"];
/// The longest part of a URL's path that is taken for no key of a node's provider.
const LONGEST_PART: usize = 12;

/// Returns the command `session-harness {words}`, with this command's flags.
pub fn command(words: &str) -> String {
    // What is not Unicode is no flag of these.
    let arguments = env::args_os().filter_map(|it| it.into_string().ok());
    format!("session-harness {words}{}", repeated(arguments))
}

/// Returns the command that waits for the transaction `hash`.
pub fn wait(hash: Felt) -> String {
    command(&format!("wait {hash:#066x}"))
}

/// Returns those of `arguments` that are repeated, each after a space.
fn repeated(arguments: impl IntoIterator<Item = String>) -> String {
    let mut repeated = String::new();
    let mut arguments = arguments.into_iter().skip(1).take_while(|it| it != "--");
    while let Some(argument) = arguments.next() {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if !REPEATED.contains(&flag.as_str()) {
            continue;
        }
        let Some(value) = value.or_else(|| arguments.next()) else { break };
        let value = if flag == "--rpc" && !is_public(&value) { "URL".to_owned() } else { value };
        repeated.push_str(&format!(" {flag} {}", quoted(&value)));
    }
    repeated
}

/// Says whether a node's URL can hold no key: it has no password and no query, and no long part in its path.
fn is_public(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_bare = url.query().is_none() && url.fragment().is_none();
    is_plain && is_bare && url.path().split('/').all(|part| part.len() <= LONGEST_PART)
}

/// Quotes `value` for a shell, if it needs quotes.
fn quoted(value: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./:,@%+".contains(it);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &[&str]) -> String {
        repeated(line.iter().map(|it| (*it).to_owned()))
    }

    #[test]
    fn a_hint_repeats_the_flags_for_node_and_account_and_no_others() {
        let line =
            ["harness", "session", "end", "--network=devnet", "--yes", "--account", "devnet-1"];
        assert_eq!(of(&line), " --network devnet --account devnet-1");
        assert_eq!(
            of(&["harness", "--rpc", "http://127.0.0.1:5050/rpc", "declare"]),
            " --rpc http://127.0.0.1:5050/rpc"
        );
        assert_eq!(
            of(&["harness", "--keystore", "a", "--password-file", "b", "--", "--network", "x"]),
            ""
        );
        assert_eq!(of(&["harness", "--config", "a b'c;d", "--profile"]), r" --config 'a b'\''c;d'");
        assert_eq!(of(&["--network", "x"]), "");
    }

    #[test]
    fn a_hint_does_not_show_a_url_that_may_hold_a_key() {
        for url in [
            "https://user:word@node.example/rpc",
            "https://node.example/rpc?key=secret",
            "https://node.example/v3/0123456789abcdef0123456789abcdef",
            "no url",
        ] {
            assert_eq!(of(&["harness", "--rpc", url]), " --rpc URL", "{url}");
        }
    }
}
