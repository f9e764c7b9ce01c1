//! Tests that flags count before the environment, and the environment before the profile.

use std::fs;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, PASSWORD, text};
use crate::hostile::lying;
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
            "{{ \"alpha-sepolia\": {{ \"me\": {{ \"address\": \"{:#x}\", \"public_key\": \"0x1\" }} }} }}",
            account.address
        ),
    );
    dir.write(
        "snfoundry.toml",
        "[sncast.mine]\nnetwork = \"devnet\"\naccount = \"me\"\naccounts-file = \"accounts.json\"\n\
         wait-params = { timeout = 60, retry-interval = 2 }\nblock-explorer = \"Voyager\"\n\
         [sncast.mine.networks]\ndevnet = \"$NODE\"\n",
    );
    assert_eq!(dir.done("upgrade --profile mine")["outcome"], "done");
    let unknown = dir.fails("upgrade --profile yours", 2);
    assert!(text(&unknown, "remedy").contains("mine"), "{unknown}");
    let nameless = dir.fails("upgrade", 2);
    assert_eq!(text(&nameless, "error"), "no node is named");
}

/// Profiles are laid over one another as sncast does it: the default profile for all projects, the named one
/// for all projects, and then the same two of the file in the folder. Variables of settings that are not used
/// are not read.
#[test]
fn profiles_are_laid_over_one_another_and_their_paths_are_their_own() {
    let (node, of_others) = (Node::shared(), proxy());
    let account = node.funded();
    let dir =
        Dir::empty().with_key(account.private_key).with("SESSION_KEYSTORE_PASSWORD", PASSWORD);
    fs::create_dir_all(dir.path(".config/starknet-foundry")).unwrap();
    fs::create_dir_all(dir.path("project/deep/er")).unwrap();
    let file = |address| {
        format!(
            "{{ \"deployment\": {{ \"status\": \"deployed\", \"address\": \"{address:#x}\" }} }}"
        )
    };
    dir.write(".config/starknet-foundry/account.json", &file(0x1.into()));
    dir.write("project/account.json", &file(account.address));
    dir.write(
        ".config/starknet-foundry/snfoundry.toml",
        &format!(
            "[sncast.default]\nurl = \"$NOBODYS\"\naccount = \"account.json\"\n\
             [sncast.mine]\nurl = \"{}\"\n",
            of_others.url()
        ),
    );
    let harness = |line: &str| {
        let said = dir.shell(&format!("cd project/deep/er && session-harness {line} --json"));
        (said.code, format!("{}{}", said.stdout, said.stderr))
    };
    // The named profile for all projects counts before the default one there.
    let (code, said) = harness("upgrade --profile mine");
    assert!(code == 4 && said.contains("no account at 0x000000"), "{said}");
    assert!(of_others.was_asked("starknet_chainId"));
    let (code, said) = harness("upgrade");
    assert!(code == 2 && said.contains("the environment has no $NOBODYS"), "{said}");

    // The default profile of the folder's file counts before both, and the named one there before that.
    dir.write(
        "project/snfoundry.toml",
        &format!(
            "[sncast.default]\nurl = \"{}\"\n[sncast.mine]\naccount = \"account.json\"\n",
            node.url()
        ),
    );
    let (code, said) = harness("upgrade");
    assert!(code == 4 && said.contains("no account at 0x000000"), "{said}");
    let (code, said) = harness("upgrade --profile mine");
    assert!(code == 0, "{said}");
    let (code, said) = harness("session create");
    assert!(code == 0, "{said}");
    let (code, said) = harness("declare --profile mine");
    assert!(code == 0, "{said}");
    for there in ["project/sessions", "project/deployments/devnet.json"] {
        assert!(dir.path(there).exists(), "{there}");
    }
    for not_there in ["sessions", "project/deep/er/sessions", "project/deep/er/deployments"] {
        assert!(!dir.path(not_there).exists(), "{not_there}");
    }
    let (code, said) = harness("upgrade --profile yours");
    assert!(code == 2 && said.contains("the profiles there are: default, mine"), "{said}");
}

#[test]
fn variables_that_are_empty_are_not_set() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    let dir =
        ["STARKNET_NETWORK", "STARKNET_PAYER", "STARKNET_KEYSTORE", "STARKNET_KEYSTORE_PASSWORD"]
            .into_iter()
            .fold(dir, |dir, name| dir.with(name, ""));
    assert_eq!(dir.done("upgrade")["outcome"], "done");
    let dir = dir.with("STARKNET_RPC_URL", "");
    assert_eq!(dir.fails("upgrade", 2)["error"], "no node is named");
    let dir = dir.with("STARKNET_PRIVATE_KEY", "").at(node.url());
    let failure = dir.fails("upgrade --class-hash 0x5", 4);
    assert!(text(&failure, "error").contains("is not declared"), "{failure}");
}

#[test]
fn the_home_directory_stands_for_a_tilde_wherever_a_path_is_taken() {
    let node = Node::shared();
    let account = node.funded();
    let dir = Dir::empty()
        .at(node.url())
        .with("STARKNET_ACCOUNT", "~/account.json")
        .with("STARKNET_KEYSTORE", "~/owner.json");
    let address = account.address;
    dir.write(
        "account.json",
        &format!("{{ \"deployment\": {{ \"address\": \"{address:#x}\" }} }}"),
    );
    let key = SigningKey::from_secret_scalar(account.private_key);
    key.save_as_keystore(dir.path("owner.json"), PASSWORD).unwrap();
    dir.write("password.txt", PASSWORD);
    dir.done("upgrade --password-file=~/password.txt --deployments=~/records");
    let created =
        dir.done("session create --sessions=~/keys --session-password-file=~/password.txt");
    assert!(dir.path("keys").is_dir() && !dir.path("~").exists(), "{created}");
}

#[test]
fn an_account_that_the_devnet_deployed_is_named_by_its_number_and_brings_its_key() {
    let node = Node::start();
    let account = node.funded();
    let name = format!("devnet-{}", node.number_of(account.address));
    let dir = Dir::empty().at(node.url()).with("STARKNET_ACCOUNT", name);
    dir.done("declare");
    let upgraded = dir.done("upgrade");
    assert_eq!(upgraded["account"], json!(format!("{:#066x}", account.address)));
    for (name, says) in [("devnet-0", "and no devnet-0"), ("devnet-999", "and no devnet-999")] {
        let failure = dir.fails(&format!("upgrade --account {name}"), 2);
        assert!(text(&failure, "error").contains(says), "{failure}");
    }
    // One disturbed answer does not say that the node is no devnet.
    let asked = AtomicUsize::new(0);
    let disturbed = Proxy::new(node.url(), move |method| match method {
        _ if !method.starts_with("devnet_") => Fate::Pass,
        _ if asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) => {
            Fate::Raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>")
        }
        _ => Fate::Pass,
    });
    let dir = dir.at(disturbed.url());
    assert_eq!(dir.done("upgrade")["outcome"], "unchanged");
    // On any other chain a node is not believed if it says that it is a devnet, since what is sent there may
    // cost money.
    let proxy = lying(&[("starknet_chainId", "\"0x50415241\"")]);
    let failure = dir.at(proxy.url()).fails("upgrade", 2);
    assert!(text(&failure, "error").contains("is no devnet"), "{failure}");
}

#[test]
fn the_demo_uses_no_node_that_only_the_environment_names() {
    let dir = Dir::empty().with("STARKNET_RPC_URL", "https://a-network.example/rpc");
    let mut demo = dir.start("");
    let stdout = BufReader::new(demo.stdout.take().unwrap());
    let said: Vec<_> = stdout.lines().take(3).map(Result::unwrap).collect();
    demo.kill().unwrap();
    demo.wait().unwrap();
    assert!(said[2].contains("start a devnet"), "{said:?}");
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
    assert_eq!(dir.done("upgrade")["outcome"], "done");
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
