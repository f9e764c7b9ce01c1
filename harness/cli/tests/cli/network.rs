//! Tests the commands on a network that behaves like a real one: blocks take time, the gateway does not see
//! yet what was done a moment ago, and answers are lost.

use std::io::{BufRead, BufReader};

use starknet_rust::core::types::Felt;

use crate::dir::{Dir, text};
use crate::node::Node;

/// The recipient of the payments.
const PAYEE: Felt = Felt::from_hex_unchecked("0xbeef");

/// Scenarios 1 to 5: as for a person, each command begins as soon as the one before it says that it is done,
/// without a wait between.
#[test]
fn a_first_evening_goes_as_on_a_devnet_though_blocks_are_dropped_and_answers_lost() {
    let (node, url) = Node::network(
        12.0,
        "dropped=0.2,lost-answer=0.04,504=0.02,429-seconds=0.02,html=0.02,stale=0.03,hang-up=0.02",
    );
    let account = node.funded();
    let dir = Dir::of(&url, &account);
    assert_eq!(dir.done("declare")["outcome"], "done");
    let deployed = dir.done("deploy --same-key");
    assert_eq!(deployed["outcome"], "done");
    let record = dir.json("deployments/devnet.json");
    assert_eq!(record["accounts"][text(&deployed, "address")]["is_deployed"], true);

    // The account that has paid so far is upgraded to the class, and its session pays.
    dir.done("upgrade --yes");
    dir.done("session create");
    dir.done("session register --without-caps --allow STRK:transfer --max-calls 5 --fee-limit 1");
    let paid = dir.done("session execute --call STRK:transfer:0xbeef,u256:7");
    assert_eq!(paid["remaining_calls"], 4, "{paid}");
    assert_eq!(node.balance(PAYEE), 7);
    dir.done("session revoke");
    assert_ne!(dir.done("session status")["is_active"], true);
    assert_eq!(node.balance(PAYEE), 7);
}

/// Scenarios 10 and 27: the command is killed as soon as it has shown the hash, and run again with the same
/// arguments.
#[test]
fn a_payment_that_was_killed_and_run_again_is_made_once() {
    let (node, url) = Node::network(3.0, "");
    let account = node.funded();
    let dir = Dir::of(&url, &account);
    dir.done("declare");
    dir.done("upgrade --yes");
    dir.done("session create");
    dir.done("session register --without-caps --allow STRK:transfer --max-calls 5 --fee-limit 1");
    let pay = "session execute --call STRK:transfer:0xbeef,u256:7";
    let mut child = dir.start(pay);
    let told = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = told.map_while(Result::ok).find(|it| it.contains("0x") && it.contains("sending"));
    let line = line.unwrap();
    let hash = line.split(['"', ' ', ':', ',']).find(|it| it.starts_with("0x")).unwrap();
    node.wait_until_known(hash);
    child.kill().unwrap();
    child.wait().unwrap();

    let again = dir.done(pay);
    assert_eq!(text(&again, "transaction"), hash, "{again}");
    assert_eq!(node.balance(PAYEE), 7);
    // The first payment has ended, so the same command makes another payment.
    let other = dir.done(pay);
    assert_ne!(text(&other, "transaction"), hash);
    assert_eq!(node.balance(PAYEE), 14);
}
