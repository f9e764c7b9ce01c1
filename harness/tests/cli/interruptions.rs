//! Interrupted anywhere and run again: it goes on from what is on chain, and does nothing twice.

use std::fs;

use serde_json::json;
use session_harness::artifact;
use starknet_rust_core::types::Felt;

use crate::dir::{Dir, another_class, text};
use crate::node::Node;
use crate::proxy::{Fate, Proxy};

const NETWORK: i32 = 3;
/// The answer to one transaction of this method is lost, and the node with it.
fn losing(method: &'static str) -> Proxy {
    Proxy::new(
        Node::shared().url(),
        move |asked| {
            if asked == method { Fate::Swallow } else { Fate::Pass }
        },
    )
}

#[test]
fn a_declaration_whose_answer_is_lost_is_not_sent_twice() {
    let lossy = losing("starknet_addDeclareTransaction");
    let dir = Dir::of(lossy.url(), &Node::shared().funded());
    let declare = format!("declare {}", another_class(&dir, "lost"));
    dir.fails(&declare, NETWORK);

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let again = dir.at(proxy.url()).done(&declare);
    assert!(text(&again, "result").starts_with("already declared"), "{again}");
    assert_eq!((lossy.sent(), proxy.sent()), (1, 0));
}

#[test]
fn a_declaration_that_is_still_on_its_way_is_waited_for_and_not_sent_again() {
    let slow = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getTransactionReceipt" => Fate::Error(29, "Transaction hash not found"),
        _ => Fate::Pass,
    });
    let dir = Dir::of(slow.url(), &Node::shared().funded());
    let declare = format!("declare {}", another_class(&dir, "slow"));
    let sent = dir.fails(&format!("{declare} --timeout 1"), 6);

    // On the second run the class does not show yet, but the transaction that was recorded does.
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getClass" => Fate::Error(28, "Class hash not found"),
        _ => Fate::Pass,
    });
    let again = dir.at(proxy.url()).done(&declare);
    assert_eq!(
        (&again["result"], &again["transaction"]),
        (&json!("declared"), &sent["transaction"])
    );
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_deployment_killed_right_after_it_was_sent_is_found_on_chain() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Hang,
        _ => Fate::Pass,
    });
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let mut child = dir.start("deploy");
    while !proxy.was_asked("hanging") {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let again = dir.at(proxy.url()).done("deploy");
    assert!(text(&again, "result").starts_with("already deployed"), "{again}");
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn an_account_that_deploys_itself_goes_on_after_its_answer_is_lost() {
    let lossy = losing("starknet_addDeployAccountTransaction");
    let key = session_harness::SessionKey::generate();
    let secret = Felt::from_hex(&key.reveal()).unwrap();
    let dir = Dir::empty().at(lossy.url()).with_key(secret);
    let address = artifact::session_account()
        .map(|it| session_harness::deploy::address(it.class_hash, key.public_key(), Felt::ZERO))
        .unwrap();
    Node::shared().mint(&format!("{address:#x}"), 10_000_000_000_000_000_000);
    dir.fails("deploy --counterfactual", NETWORK);

    let again = dir.at(Node::shared().url()).done("deploy --counterfactual");
    assert!(text(&again, "result").starts_with("already deployed"), "{again}");
}

#[test]
fn what_the_owner_does_is_found_on_chain_after_its_answer_is_lost() {
    let account = Node::shared().funded();
    let mut dir = Dir::of(Node::shared().url(), &account);
    let steps = [
        ("upgrade", "already of this class"),
        ("session register --allow STRK:transfer", "already registered"),
        ("policy set --token STRK --max-per-call 1 --max-per-window 1 --window 1h", "already set"),
        ("policy remove --token STRK", "already without"),
        ("session revoke", "already revoked"),
    ];
    dir.done("session create");
    for (command, already) in steps {
        let lossy = losing("starknet_addInvokeTransaction");
        dir = dir.at(lossy.url());
        dir.fails(command, NETWORK);

        let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
        dir = dir.at(proxy.url());
        let again = dir.done(command);
        assert!(text(&again, "result").starts_with(already), "{command}: {again}");
        assert_eq!((lossy.sent(), proxy.sent()), (1, 0), "{command}");
    }
}

#[test]
fn a_node_that_goes_away_while_a_transaction_is_waited_for_leaves_its_hash() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getTransactionReceipt" => Fate::Gone,
        _ => Fate::Pass,
    });
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let failure = dir.fails("upgrade --timeout 1", NETWORK);
    let hash = text(&failure, "transaction");
    assert!(text(&failure, "error").starts_with("the transaction was sent"), "{failure}");
    let looked = dir.at(Node::shared().url());
    assert_eq!(text(&looked.done(&format!("wait {hash}")), "transaction"), hash);
}

#[test]
fn a_record_that_is_damaged_or_of_another_chain_stops_it_before_anything_is_sent() {
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    fs::create_dir(dir.path("deployments")).unwrap();
    dir.write("deployments/devnet.json", "{ \"chain_id\":");
    assert_eq!(dir.fails("deploy", 1)["remedy"], "put it right, or move it away");
    dir.write("deployments/devnet.json", "{ \"chain_id\": \"0x1\" }");
    assert!(text(&dir.fails("deploy", 2), "error").contains("another chain"));
    assert_eq!(proxy.sent(), 0);
}
