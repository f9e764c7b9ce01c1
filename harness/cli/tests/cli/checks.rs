//! Tests of `doctor` and `verify`: which problems they find, and what they say about them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use session_client::class;
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, another_class, text};
use crate::hostile::lying;
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const CHECK: i32 = 1;
const NETWORK: i32 = 3;
const CHAIN: i32 = 4;

/// Returns what the doctor says to do about `check`.
#[track_caller]
fn remedy(dir: &Dir, check: &str) -> String {
    let failure = dir.fails("doctor", CHECK);
    let remedies = text(&failure, "remedy").split(" | ").filter(|it| it.starts_with(check));
    remedies.last().unwrap_or_else(|| panic!("{check} is in order: {failure}")).to_owned()
}

#[test]
fn the_doctor_says_what_to_do_about_each_thing() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    assert!(remedy(&dir, "account").contains("`upgrade` it"));
    // Its events show no session, and it does not answer what is asked about them.
    for line in ["session list", "session register 0x5 --allow-any --without-caps"] {
        let failure = dir.fails(line, CHAIN);
        assert!(text(&failure, "error").ends_with(" has no sessions"), "{failure}");
        assert!(text(&failure, "remedy").contains("`upgrade`"), "{failure}");
    }
    let old = lying(&[("starknet_specVersion", "\"0.7.1\"")]);
    let dir = dir.at(old.url());
    assert!(remedy(&dir, "specification").contains("0.10"));
    let dir = dir.at(node.url()).with("STARKNET_ACCOUNT", "0x1");
    assert!(remedy(&dir, "account").contains("`deploy`"));
    assert!(remedy(&dir.without("STARKNET_ACCOUNT"), "account").contains("--account"));

    let owner = SigningKey::from_random().verifying_key().scalar();
    let deployed =
        Dir::of(node.url(), &node.funded()).done(&format!("deploy --public-key {owner:#x}"));
    let address = text(&deployed, "address");
    let poor = Dir::empty().at(node.url()).with("STARKNET_ACCOUNT", address);
    assert!(remedy(&poor, "balance").ends_with(&format!("to {address}")));
}

/// Network scenario 26: the node speaks an old specification, is hours behind, has no pre-confirmed block, or
/// answers one request badly. The doctor never says that all is in order, and always shows every line.
#[test]
fn the_doctor_says_what_is_wrong_with_a_node_and_tells_every_line_that_it_can() {
    const CHECKS: [&str; 8] = [
        "node",
        "chain_id",
        "specification",
        "last_block",
        "next_block",
        "class",
        "account",
        "owner",
    ];
    let old = |method: &str, params: &Value| match method {
        "starknet_specVersion" => Fate::Result(json!("0.8.1")),
        _ if params.to_string().contains("pre_confirmed") => Fate::Error(-32602, "Invalid params"),
        _ => Fate::Pass,
    };
    let behind = |method: &str, params: &Value| match method {
        "starknet_getBlockWithTxHashes" if params.to_string().contains("latest") => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let price = json!({ "price_in_fri": "0x1", "price_in_wei": "0x1" });
            Fate::Result(json!({
                "status": "ACCEPTED_ON_L2", "block_hash": "0x1", "parent_hash": "0x1",
                "block_number": 1, "new_root": "0x1", "timestamp": now - 4 * 3_600,
                "sequencer_address": "0x1", "l1_gas_price": price, "l2_gas_price": price,
                "l1_data_gas_price": price, "l1_da_mode": "BLOB", "starknet_version": "0.14.1",
                "transactions": [], "event_commitment": "0x1", "transaction_commitment": "0x1",
                "receipt_commitment": "0x1", "state_diff_commitment": "0x1", "event_count": 0,
                "transaction_count": 0, "state_diff_length": 0,
            }))
        }
        _ => Fate::Pass,
    };
    let without = |_: &str, params: &Value| match params.to_string().contains("pre_confirmed") {
        true => Fate::Error(24, "Block not found"),
        false => Fate::Pass,
    };
    let odd = |method: &str, _: &Value| match method {
        "starknet_call" => Fate::Error(-32603, "Internal error"),
        _ => Fate::Pass,
    };
    let (node, account) = (Node::shared(), Node::shared().funded());
    Dir::of(node.url(), &account).done("upgrade");
    for (proxy, wrong, says) in [
        (sepolia(old), "specification", "no pre-confirmed blocks"),
        (sepolia(old), "account", "not known"),
        (sepolia(behind), "last_block", "4 hours behind"),
        (sepolia(without), "next_block", "no pre-confirmed block"),
        (sepolia(odd), "owner", "not known"),
    ] {
        let said =
            Dir::of(proxy.url(), &account).run("doctor --network sepolia --timeout 1 --json");
        assert_eq!(said.code, CHECK, "{}{}", said.stdout, said.stderr);
        let checkup: Value = serde_json::from_str(&said.stdout).unwrap();
        let lines = checkup["checks"].as_array().unwrap();
        let found = |check: &str| lines.iter().find(|line| line["check"] == check);
        let line = found(wrong).unwrap_or_else(|| panic!("{checkup}"));
        assert_eq!(line["ok"], false, "{line}");
        assert!(said.stderr.contains(says), "{}", said.stderr);
        let told = CHECKS.iter().filter(|check| found(check).is_some()).count();
        // If the account is not known, there is no line about its owner.
        assert!(told >= CHECKS.len() - 1, "{checkup}");
    }
}

/// Starts a node that passes for one of Sepolia, because it hides that it is a devnet.
fn sepolia(rule: impl Fn(&str, &Value) -> Fate + Send + Sync + 'static) -> Proxy {
    Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "devnet_getConfig" => Fate::Error(-32601, "Method not found"),
        _ => rule(method, params),
    })
}

#[test]
fn the_doctor_judges_for_a_purpose_and_names_where_the_url_is_from() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    dir.fails("doctor", CHECK);
    dir.done("doctor --for declare");
    let told = dir.told("doctor --for deploy");
    assert!(told.contains("its URL is from --rpc or STARKNET_RPC_URL"), "{told}");
    let undeclared = another_class(&dir, "purpose");
    dir.done(&format!("doctor --for declare {undeclared}"));
    let failure = dir.fails(&format!("doctor --for deploy {undeclared}"), CHECK);
    assert!(text(&failure, "remedy").contains("run `declare`"), "{failure}");
    let profile = format!("[sncast.default]\nurl = \"{}\"\n", node.url());
    let path = dir.write("snfoundry.toml", &profile);
    let told = dir.without("STARKNET_RPC_URL").told("doctor --for declare");
    assert!(told.contains(&format!("its URL is from {}", path.display())), "{told}");
}

#[test]
fn the_doctor_does_not_wait_long_for_a_node_that_does_not_answer() {
    let silent = Proxy::new(Node::shared().url(), |_| Fate::Hang);
    let said = Dir::empty().at(silent.url()).run("doctor --timeout 3");
    assert_eq!(said.code, NETWORK, "{}", said.stderr);
    assert!(
        said.stderr.contains("does not answer yet: it is waited for until 3 s"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("did not answer within 3 s"), "{}", said.stderr);
}

#[test]
fn the_doctor_waits_once_for_all_its_questions() {
    let account = Node::shared().funded();
    // It says which chain it is of, and nothing else.
    let silent = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_chainId" => Fate::Pass,
        _ if method.starts_with("starknet_") => Fate::Hang,
        _ => Fate::Pass,
    });
    let start = Instant::now();
    let said = Dir::of(silent.url(), &account).run("doctor --timeout 1 --json");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(said.code, CHECK, "{}", said.stderr);
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let is_ok = |check: &Value| check["ok"] == true;
    assert_eq!(answer["checks"].as_array().unwrap().iter().filter(|it| is_ok(it)).count(), 2);
    assert!(said.stderr.contains("did not answer all within 3 s"), "{}", said.stderr);
}

#[test]
fn an_account_of_another_class_is_not_verified() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    let failure = dir.fails("verify", CHECK);
    assert!(text(&failure, "remedy").contains("do not trust the account"), "{failure}");
    dir.done("upgrade");
    dir.done("verify");
    let other = format!("verify {}", another_class(&dir, "other"));
    assert!(text(&dir.fails(&other, CHECK), "error").contains("is of the class"));
}

#[test]
fn a_class_that_a_devnet_meters_in_steps_is_warned_of_and_is_the_same_class() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    let class = another_class(&dir, "steps");
    // A node of Sepolia's chain id that hides that it is a devnet gets the class in the form for networks.
    let hidden = sepolia(|_, _| Fate::Pass);
    let sepolia = format!("--network sepolia --rpc {}", hidden.url());
    let declared = dir.done(&format!("declare {sepolia} {class}"));
    assert_eq!(declared.get("metered_in"), None);
    let declare = format!("declare --network devnet {class}");
    let again = dir.done(&declare);
    assert_eq!(text(&again, "metered_in"), "cairo_steps");
    let said = dir.run(&declare);
    assert!(said.stderr.contains("a fresh devnet"), "{}", said.stderr);
    for network in [sepolia.as_str(), "--network devnet"] {
        let class_hash = text(&declared, "class_hash");
        dir.done(&format!("verify {network} {class} --class-hash {class_hash}"));
    }
}

#[test]
fn a_devnet_is_not_taken_for_sepolia_and_nothing_is_recorded() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    for line in ["declare", "upgrade", "doctor", "session status 0x5"] {
        let failure = dir.fails(&format!("{line} --network sepolia"), 2);
        assert!(text(&failure, "error").contains("is a devnet, and not of sepolia"), "{failure}");
    }
    assert!(!dir.path("deployments").exists());
}

#[test]
fn a_class_that_the_node_gives_under_another_ones_hash_is_not_verified() {
    let artifact = class::session_account().unwrap();
    let mut class = serde_json::to_value(&*artifact.class).unwrap();
    let last = class["sierra_program"].as_array_mut().unwrap().last_mut().unwrap();
    *last = json!("0x5");
    let proxy = Proxy::new(Node::shared().url(), move |method| match method {
        "starknet_getClass" => Fate::Result(class.clone()),
        _ => Fate::Pass,
    });
    let verify = format!("verify --class-hash {:#x}", artifact.class_hash);
    let failure = Dir::empty().at(proxy.url()).fails(&verify, NETWORK);
    assert!(text(&failure, "remedy").contains("do not trust this node"), "{failure}");
    Dir::empty().at(Node::shared().url()).done(&verify);
}
