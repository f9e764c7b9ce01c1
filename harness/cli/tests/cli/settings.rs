//! Flags over environment over profile.

use crate::dir::{Dir, text};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

fn proxy() -> Proxy {
    Proxy::new(Node::shared().url(), |_| Fate::Pass)
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_profile() {
    let (of_flag, of_environment, of_profile) = (proxy(), proxy(), proxy());
    let dir = Dir::empty();
    dir.write(
        "snfoundry.toml",
        &format!("[sncast.default]\nurl = \"{}\"\naccount = \"0x1\"\n", of_profile.url()),
    );
    let asked = |proxy: &Proxy| proxy.was_asked("starknet_chainId");

    // There is no account at 0x1.
    dir.fails("session status 0x5", 4);
    assert!(asked(&of_profile));
    let dir = dir.at(of_environment.url());
    dir.fails("session status 0x5", 4);
    assert!(asked(&of_environment) && !asked(&of_flag));
    dir.fails(&format!("session status 0x5 --rpc {}", of_flag.url()), 4);
    assert!(asked(&of_flag));
}

#[test]
fn a_profile_has_what_sncasts_has() {
    let node = Node::shared();
    let account = node.funded();
    let dir = Dir::empty().with_key(account.private_key).with("NODE", node.url().as_str());
    dir.write(
        "accounts.json",
        &format!(
            "{{ \"devnet\": {{ \"me\": {{ \"address\": \"{:#x}\", \"public_key\": \"0x1\" }} }} }}",
            account.address
        ),
    );
    dir.write(
        "snfoundry.toml",
        "[sncast.mine]\nnetwork = \"devnet\"\naccount = \"me\"\naccounts-file = \"accounts.json\"\n\
         wait-params = { timeout = 60, retry-interval = 2 }\nblock-explorer = \"Voyager\"\n\
         [sncast.mine.networks]\ndevnet = \"$NODE\"\n",
    );
    assert_eq!(dir.done("upgrade --profile mine")["result"], "upgraded");
    let unknown = dir.fails("upgrade --profile yours", 2);
    assert!(text(&unknown, "remedy").contains("mine"), "{unknown}");
    let nameless = dir.fails("upgrade", 2);
    assert_eq!(text(&nameless, "error"), "no node is named");
}

#[test]
fn starklis_account_file_names_the_account() {
    let node = Node::shared();
    let account = node.funded();
    let dir = Dir::of(node.url(), &account).with("STARKNET_ACCOUNT", "account.json");
    let deployment = format!(
        "\"deployment\": {{ \"status\": \"deployed\", \"address\": \"{:#x}\" }}",
        account.address
    );
    dir.write("account.json", &format!("{{ \"version\": 1, {deployment} }}"));
    assert_eq!(dir.done("upgrade")["result"], "upgraded");
    dir.write("account.json", "{ \"version\": 1, \"deployment\": { \"status\": \"undeployed\" } }");
    assert!(text(&dir.fails("upgrade", 2), "error").contains("not deployed"));
}

#[test]
fn a_public_network_without_a_node_says_how_to_name_one() {
    let dir = Dir::empty();
    let failure = dir.fails("declare --network sepolia", 2);
    assert!(text(&failure, "remedy").contains("snfoundry.toml"), "{failure}");
}

#[test]
fn a_profile_that_does_not_parse_is_not_quoted() {
    let mut dir = Dir::empty();
    dir.keep_secret("a-providers-key");
    dir.write("snfoundry.toml", "[sncast.default]\nurl = https://node/a-providers-key\n");
    dir.fails("doctor", 2);
    dir.write("snfoundry.toml", "[sncast.default]\nurl = \"node/a-providers-key\"\n");
    dir.fails("doctor", 2);
}
