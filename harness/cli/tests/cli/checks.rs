//! `doctor` and `verify`: what they find wrong, and what they say about it.

use serde_json::{Value, json};
use session_client::class;
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, another_class, text};
use crate::hostile::lying;
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const CHECK: i32 = 1;
const NETWORK: i32 = 3;

/// What the doctor says to do about `check`.
#[track_caller]
fn remedy(dir: &Dir, check: &str) -> String {
    let said = dir.run("doctor --json");
    assert_eq!(said.code, CHECK, "{}{}", said.stdout, said.stderr);
    let checkup: Value = serde_json::from_str(&said.stdout).unwrap();
    let lines = checkup["checks"].as_array().unwrap();
    let line = lines.iter().find(|line| line["check"] == check).unwrap();
    text(line, "remedy").to_owned()
}

#[test]
fn the_doctor_says_what_to_do_about_each_thing() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    assert!(remedy(&dir, "account").contains("`upgrade` it"));
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
    // Under Sepolia's name the devnet is given what Sepolia would be.
    let declared = dir.done(&format!("declare --network sepolia {class}"));
    assert_eq!(declared.get("metered_in"), None);
    let declare = format!("declare --network devnet {class}");
    let again = dir.done(&declare);
    assert_eq!(text(&again, "metered_in"), "Cairo steps, which networks do not");
    let said = dir.run(&declare);
    assert!(said.stderr.contains("a fresh devnet"), "{}", said.stderr);
    for network in ["sepolia", "devnet"] {
        let class_hash = text(&declared, "class_hash");
        dir.done(&format!("verify --network {network} {class} --class-hash {class_hash}"));
    }
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
