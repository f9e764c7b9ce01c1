//! Tests with nodes that lie, and with a profile that a stranger wrote.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::dir::{Dir, text, with_a_key};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;

/// The answer to an estimate on chains for which the tests have no valid signature.
pub const ESTIMATE: (&str, &str) = (
    "starknet_estimateFee",
    r#"[{
        "l1_gas_consumed": "0x0", "l1_gas_price": "0x174876e800", "l2_gas_consumed": "0x2faf080",
        "l2_gas_price": "0x3b9aca00", "l1_data_gas_consumed": "0x64",
        "l1_data_gas_price": "0x3b9aca00", "overall_fee": "0xe8d4a51000", "unit": "FRI"
    }]"#,
);

/// A block in progress with a time in the year 2100.
pub const IN_2100: &str = r#"{
    "block_number": 1, "timestamp": 4102444800, "sequencer_address": "0x1",
    "l1_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
    "l2_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
    "l1_data_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
    "l1_da_mode": "BLOB", "starknet_version": "0.14.1", "transactions": []
}"#;

/// Starts a node that answers these methods with these results.
pub fn lying(lies: &[(&'static str, &'static str)]) -> Proxy {
    let lies = lies.to_vec();
    Proxy::new(Node::shared().url(), move |asked| {
        let lie = lies.iter().find(|(method, _)| *method == asked);
        lie.map_or(Fate::Pass, |(_, result)| Fate::Result(serde_json::from_str(result).unwrap()))
    })
}

#[test]
fn a_node_that_sends_elsewhere_is_not_followed() {
    let elsewhere = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let moved = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url()
    );
    let moved: &str = moved.leak();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Raw(moved));
    Dir::empty().at(proxy.url()).fails("doctor", NETWORK);
    assert!(proxy.was_asked("starknet_chainId") && !elsewhere.was_asked("starknet_chainId"));
}

#[test]
fn a_node_of_a_chain_without_a_name_cannot_say_that_it_is_a_devnet() {
    let proxy = lying(&[("starknet_chainId", "\"0x50415241\""), ESTIMATE]);
    let failure = Dir::of(proxy.url(), &Node::shared().funded()).fails("upgrade", USAGE);
    assert!(text(&failure, "error").starts_with("on PARA, 0x"), "{failure}");
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_node_whose_clock_is_ahead_makes_no_session_longer() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getBlockWithTxHashes" => Fate::Result(serde_json::from_str(IN_2100).unwrap()),
        // Otherwise the node would not pass for one of Sepolia.
        "devnet_getConfig" => Fate::Error(-32601, "Method not found"),
        _ => Fate::Pass,
    });
    let (dir, _) = with_a_key();
    let dir = dir.at(proxy.url());
    let failure = dir
        .fails("session register --without-caps --allow STRK:transfer --network sepolia", NETWORK);
    assert!(text(&failure, "error").contains("ahead of this machine's"), "{failure}");
    assert_eq!(proxy.sent(), 0);
    // On a devnet the clock may be moved.
    let registered =
        dir.done("session register --without-caps --allow STRK:transfer --network devnet");
    assert!(registered["valid_until"].as_u64() > Some(4_102_444_800), "{registered}");
}

#[test]
fn a_receipt_of_another_transaction_is_not_believed() {
    let receipt = r#"{
        "type": "INVOKE", "transaction_hash": "0x1", "messages_sent": [], "events": [],
        "actual_fee": { "amount": "0x1", "unit": "FRI" },
        "execution_status": "SUCCEEDED", "finality_status": "ACCEPTED_ON_L2",
        "block_hash": "0x1", "block_number": 1,
        "execution_resources": { "l1_gas": 0, "l1_data_gas": 0, "l2_gas": 1 }
    }"#;
    let status = r#"{ "finality_status": "ACCEPTED_ON_L2", "execution_status": "SUCCEEDED" }"#;
    let proxy = lying(&[
        ("starknet_getTransactionReceipt", receipt),
        ("starknet_getTransactionStatus", status),
    ]);
    let dir = Dir::empty().at(proxy.url());
    assert_eq!(dir.done("wait 0x1")["transaction"], json!(format!("{:#066x}", 1)));
    let failure = dir.fails("wait 0x5 --timeout 1", NETWORK);
    assert!(text(&failure, "error").contains("another transaction's"), "{failure}");
}

#[test]
fn a_node_that_falls_silent_is_waited_for_no_longer_than_was_said() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getTransactionReceipt" => Fate::Hang,
        _ => Fate::Pass,
    });
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let start = Instant::now();
    let failure = dir.fails("upgrade --timeout 1", NETWORK);
    assert!(text(&failure, "transaction").starts_with("0x"), "{failure}");
    assert!(start.elapsed() < Duration::from_secs(100), "{:?}", start.elapsed());
}

#[test]
fn a_node_that_goes_away_after_a_transaction_leaves_its_hash() {
    let (dir, _) = with_a_key();
    let is_included = AtomicBool::new(false);
    let proxy = Proxy::new(Node::shared().url(), move |method| match method {
        "starknet_getTransactionReceipt" => {
            is_included.store(true, Ordering::SeqCst);
            Fate::Pass
        }
        "starknet_call" if is_included.load(Ordering::SeqCst) => Fate::Gone,
        _ => Fate::Pass,
    });
    let dir = dir.at(proxy.url());
    let failure =
        dir.fails("session register --without-caps --allow STRK:transfer --timeout 1", NETWORK);
    let hash = text(&failure, "transaction");
    let dir = dir.at(Node::shared().url());
    assert_eq!(text(&dir.done(&format!("wait {hash}")), "transaction"), hash);
}

#[test]
fn a_profile_of_somebody_elses_gets_no_key_from_the_environment() {
    let account = Node::shared().funded();
    let secret = format!("{:x}", account.private_key);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = Dir::empty().with_key(account.private_key).with("NODE", proxy.url().as_str());
    for setting in ["account", "accounts-file", "keystore", "network", "url"] {
        let node = if setting == "url" { "" } else { "url = \"$NODE\"\n" };
        let profile = format!("[sncast.default]\n{node}{setting} = \"$STARKNET_PRIVATE_KEY\"\n");
        dir.write("snfoundry.toml", &profile);
        for command in ["session status 0x1", "upgrade"] {
            dir.fails(command, USAGE);
        }
        assert!(!proxy.heard(&secret), "{setting}");
    }
}
