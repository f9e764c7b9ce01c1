//! Tests of commands that are interrupted anywhere and run again: they go on from what is on chain, and do
//! nothing twice.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use session_client::class;
use starknet_rust::core::types::Felt;

use crate::dir::{Dir, another_class, text, with_a_key};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const PENDING: i32 = 6;

/// The node takes one transaction of this method, its answer is lost, and the node fails.
fn losing(method: &'static str) -> Proxy {
    Proxy::new(
        Node::shared().url(),
        move |asked| {
            if asked == method { Fate::Swallow } else { Fate::Pass }
        },
    )
}

/// The node takes one transaction of this method and never answers.
fn hanging(method: &'static str) -> Proxy {
    Proxy::new(
        Node::shared().url(),
        move |asked| {
            if asked == method { Fate::Hang } else { Fate::Pass }
        },
    )
}

fn until_hanging(proxy: &Proxy) {
    while !proxy.was_asked("hanging") {
        thread::yield_now();
    }
}

fn kill_while_hanging(child: &mut Child, proxy: &Proxy) {
    until_hanging(proxy);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_declaration_whose_answer_is_lost_is_not_sent_twice() {
    let lossy = losing("starknet_addDeclareTransaction");
    let dir = Dir::of(lossy.url(), &Node::shared().funded());
    let declare = format!("declare {}", another_class(&dir, "lost"));
    dir.fails(&declare, NETWORK);

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let again = dir.at(proxy.url()).done(&declare);
    assert_eq!(again["outcome"], "unchanged", "{again}");
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

    // In the second run the node does not show the class yet, but it shows the transaction that the first run
    // recorded.
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getClass" => Fate::Error(28, "Class hash not found"),
        _ => Fate::Pass,
    });
    let again = dir.at(proxy.url()).done(&declare);
    assert_eq!((&again["outcome"], &again["transaction"]), (&json!("done"), &sent["transaction"]));
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_declaration_killed_while_it_is_sent_is_known_by_the_hash_that_was_recorded_before() {
    let hanging = hanging("starknet_addDeclareTransaction");
    let dir = Dir::of(hanging.url(), &Node::shared().funded());
    let declare = format!("declare {}", another_class(&dir, "killed"));
    kill_while_hanging(&mut dir.start(&declare), &hanging);

    // The node does not show the class yet.
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getClass" => Fate::Error(28, "Class hash not found"),
        _ => Fate::Pass,
    });
    assert_eq!(dir.at(proxy.url()).done(&declare)["outcome"], "done");
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_transaction_whose_answer_is_lost_is_named_and_nobody_is_told_to_send_it_again() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails("session execute --call STRK:transfer:0xbeef,u256:1", NETWORK);
    let hash = text(&lost, "transaction");
    assert!(text(&lost, "error").contains("may have been sent"), "{lost}");
    assert!(text(&lost, "remedy").contains(&format!("session-harness wait {hash}")), "{lost}");
    let found = dir.at(Node::shared().url()).done(&format!("wait {hash}"));
    assert_eq!(text(&found, "transaction"), hash);
}

#[test]
fn of_two_commands_at_once_the_second_waits_and_finds_it_done() {
    let node = Node::shared();
    let held = hanging("starknet_addInvokeTransaction");
    let free = Proxy::new(node.url(), |_| Fate::Pass);
    let dir = Dir::of(held.url(), &node.funded());
    let mut first = dir.start("deploy --same-key");
    until_hanging(&held);
    let dir = dir.at(free.url());
    let mut second = dir.start("deploy --same-key");
    let mut told = BufReader::new(second.stderr.take().unwrap()).lines();
    let waits = told.by_ref().map_while(Result::ok).any(|line| line.contains("another command"));
    assert!(waits, "it does not wait");
    first.kill().unwrap();
    first.wait().unwrap();
    told.for_each(drop);
    let output = second.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("already deployed"), "{said}");
    assert_eq!((held.sent(), free.sent()), (1, 0));
}

#[test]
fn an_account_that_moved_to_a_class_that_does_not_tell_its_owner_is_deployed_all_the_same() {
    let node = Node::shared();
    let dir = Dir::of(node.url(), &node.funded());
    dir.done("deploy --same-key");
    let proxy = Proxy::new(node.url(), |method| match method {
        "starknet_call" => Fate::Error(21, "Requested entrypoint does not exist in the contract"),
        _ => Fate::Pass,
    });
    let again = dir.at(proxy.url()).done("deploy --same-key");
    assert_eq!(again["outcome"], "unchanged", "{again}");
}

#[test]
fn a_deployment_killed_right_after_it_was_sent_is_found_on_chain() {
    let hanging = hanging("starknet_addInvokeTransaction");
    let dir = Dir::of(hanging.url(), &Node::shared().funded());
    kill_while_hanging(&mut dir.start("deploy --same-key"), &hanging);

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let again = dir.at(proxy.url()).done("deploy --same-key");
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn an_account_that_deploys_itself_goes_on_after_its_answer_is_lost() {
    let lossy = losing("starknet_addDeployAccountTransaction");
    let key = session_client::SessionKey::generate();
    let secret = Felt::from_hex(&key.reveal()).unwrap();
    let dir = Dir::empty().at(lossy.url()).with_key(secret);
    let address = class::session_account()
        .map(|it| session_client::deploy::address(it.class_hash, key.public_key(), Felt::ZERO))
        .unwrap();
    Node::shared().mint(&format!("{address:#x}"), 10_000_000_000_000_000_000);
    dir.fails("deploy --counterfactual", NETWORK);

    let again = dir.at(Node::shared().url()).done("deploy --counterfactual");
    assert_eq!(again["outcome"], "unchanged", "{again}");
}

#[test]
fn what_the_owner_does_is_found_on_chain_after_its_answer_is_lost() {
    let account = Node::shared().funded();
    let mut dir = Dir::of(Node::shared().url(), &account);
    let steps = [
        "upgrade",
        "session register --without-caps --allow STRK:transfer",
        "policy set --token STRK --max-per-call 1raw --max-per-window 1raw --window 1h",
        "policy remove --token STRK",
    ];
    dir.done("session create");
    for command in steps {
        let lossy = losing("starknet_addInvokeTransaction");
        dir = dir.at(lossy.url());
        dir.fails(command, NETWORK);

        let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
        dir = dir.at(proxy.url());
        let again = dir.done(command);
        assert_eq!(again["outcome"], "unchanged", "{command}: {again}");
        assert_eq!((lossy.sent(), proxy.sent()), (1, 0), "{command}");
    }
}

#[test]
fn a_session_s_end_by_itself_is_found_on_chain_after_its_answer_is_lost() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    dir.fails("session end", NETWORK);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let again = dir.at(proxy.url()).done("session end");
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!((lossy.sent(), proxy.sent()), (1, 0));
}

#[test]
fn a_transaction_is_named_before_it_is_sent_with_json_too() {
    for json in ["", " --json"] {
        let (dir, _) = with_a_key();
        dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
        let hanging = hanging("starknet_addInvokeTransaction");
        let dir = dir.at(hanging.url());
        let pay = format!("session execute --call STRK:transfer:0xbeef,u256:1{json}");
        let mut child = dir.start(&pay);
        kill_while_hanging(&mut child, &hanging);
        let told = BufReader::new(child.stderr.take().unwrap()).lines();
        let told: Vec<_> = told.map_while(Result::ok).collect();
        let line = told.iter().find(|it| it.contains("sending")).unwrap();
        let hash = line.split(['"', ' ']).find(|it| it.starts_with("0x")).unwrap();
        let found = dir.at(Node::shared().url()).done(&format!("wait {hash}"));
        assert_eq!(text(&found, "transaction"), hash);
    }
}

/// A session's payment.
const PAY: &str = "session execute --call STRK:transfer:0xbeef,u256:7";

/// Makes a folder in which a session has paid, and nobody saw the answer. Returns how the command failed too.
fn with_a_lost_payment() -> (Dir, Value) {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails(PAY, NETWORK);
    (dir, lost)
}

/// Network scenario 27: nothing on chain distinguishes this payment from two payments that were meant.
#[test]
fn a_payment_whose_end_nobody_saw_is_gone_on_with_and_not_made_again() {
    let (dir, lost) = with_a_lost_payment();

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let said = dir.run(&format!("{PAY} --json"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("\"resuming\""), "{}", said.stderr);
    let resumed: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(resumed["transaction"], lost["transaction"]);
    assert_eq!(resumed["resumed"], true);
    assert_eq!((resumed["remaining_calls"].clone(), proxy.sent()), (json!(9), 0));
    // The command has seen the first payment's result, so the next one is another payment.
    let next = dir.done(PAY);
    assert_ne!(next["transaction"], lost["transaction"]);
    assert_eq!((next["remaining_calls"].clone(), proxy.sent()), (json!(8), 1));
}

#[test]
fn a_payment_beside_one_that_may_still_land_is_made_if_it_is_asked_for() {
    let (dir, lost) = with_a_lost_payment();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let beside = dir.done(&format!("{PAY} --beside"));
    assert_eq!((beside["remaining_calls"].clone(), proxy.sent()), (json!(8), 1));
    assert_eq!(beside["earlier"][0]["transaction"], lost["transaction"], "{beside}");
}

/// The first run ended before the node had its transaction. The second run sends the same bytes, which pay
/// once.
#[test]
fn a_payment_that_the_node_lost_is_sent_again_with_the_same_bytes() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let pay = "session execute --call STRK:transfer:0xbeef,u256:7";
    let gone = gone();
    let dir = dir.at(gone.url());
    let lost = dir.fails(pay, NETWORK);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let resumed = dir.done(pay);
    assert_eq!(resumed["transaction"], lost["transaction"]);
    assert_eq!((resumed["remaining_calls"].clone(), proxy.sent()), (json!(9), 1));
}

/// Another payment starts from the same state as the lost one. Which of the two was included first decides
/// the result.
#[test]
fn what_became_of_an_earlier_payment_is_told_and_not_forgotten() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails("session execute --call STRK:transfer:0xbeef,u256:7", NETWORK);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    // The lost payment does not delay another one, which reports what became of the first.
    let other = dir.done("session execute --call STRK:transfer:0xbeef,u256:8");
    assert_eq!(other["earlier"][0]["transaction"], lost["transaction"], "{other}");
    assert_eq!((lossy.sent(), proxy.sent()), (1, 1));
}

/// Network scenario 27: the payment is made, and the run ends before it has reported it.
#[test]
fn a_payment_that_landed_and_was_not_told_is_told_by_the_next_run_and_not_made_again() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let is_included = AtomicBool::new(false);
    let proxy = Proxy::new(Node::shared().url(), move |method| match method {
        "starknet_getTransactionReceipt" => {
            is_included.store(true, Ordering::SeqCst);
            Fate::Pass
        }
        // This request asks how many calls are left.
        "starknet_call" if is_included.load(Ordering::SeqCst) => Fate::Hang,
        _ => Fate::Pass,
    });
    let dir = dir.at(proxy.url());
    let pay = "session execute --call STRK:transfer:0xbeef,u256:7";
    kill_while_hanging(&mut dir.start(pay), &proxy);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let told = dir.done(pay);
    assert_eq!(told["resumed"], true);
    assert_eq!((told["remaining_calls"].clone(), proxy.sent()), (json!(9), 0));
    assert_eq!(dir.done(pay)["remaining_calls"], 8);
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
    assert_eq!(dir.fails("deploy --same-key", 1)["remedy"], "put it right, or move it away");
    dir.write("deployments/devnet.json", "{ \"chain_id\": \"0x1\" }");
    assert!(text(&dir.fails("deploy --same-key", 2), "error").contains("another chain"));
    assert_eq!(proxy.sent(), 0);
}

/// The node failed before it got the transaction, which may be included all the same.
fn lost_upgrade() -> (Dir, String) {
    let gone = gone();
    let dir = Dir::of(gone.url(), &Node::shared().funded());
    let lost = dir.fails("upgrade", NETWORK);
    let hash = text(&lost, "transaction").to_owned();
    (dir, hash)
}

#[test]
fn what_may_still_land_stops_the_next_command_until_it_is_sent_again() {
    let (dir, hash) = lost_upgrade();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let stopped = dir.fails("deploy --same-key --salt 5", 6);
    assert_eq!(text(&stopped, "transaction"), hash);
    assert!(
        text(&stopped, "remedy").contains(&format!("session-harness wait {hash}")),
        "{stopped}"
    );
    assert_eq!(proxy.sent(), 0);

    let done = dir.done(&format!("wait {hash}"));
    assert_eq!((text(&done, "transaction"), proxy.sent()), (&*hash, 1));
    let again = dir.done("upgrade");
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn what_is_given_up_leaves_its_place_to_the_next_command() {
    let (dir, hash) = lost_upgrade();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    dir.done(&format!("wait {hash} --give-up"));
    dir.done("upgrade");
    let unknown = dir.fails(&format!("wait {hash} --give-up"), 2);
    assert!(text(&unknown, "error").contains("is not open"), "{unknown}");
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn what_is_in_a_block_is_not_given_up_and_its_result_is_told() {
    let (dir, _) = with_a_key();
    let lossy = losing("starknet_addInvokeTransaction");
    let pay = "owner execute --network devnet --timeout 0 --call STRK:transfer:0xbeef,u256:7";
    let dir = dir.at(lossy.url());
    let lost = dir.fails(pay, NETWORK);
    let hash = text(&lost, "transaction").to_owned();
    // The hint has the flags of the command that failed.
    let hint = format!("session-harness wait {hash} --network devnet`");
    assert!(text(&lost, "remedy").contains(&hint), "{lost}");
    let dir = dir.at(Node::shared().url());
    let done = dir.done(&format!("wait {hash} --give-up"));
    assert_eq!((text(&done, "outcome"), text(&done, "transaction")), ("done", &*hash));
    assert!(done["block"].is_u64(), "{done}");
}

/// Network scenario 12: each of two commands gets its own nonce and its own result.
#[test]
fn two_payments_at_once_are_both_made_and_the_same_one_twice_is_made_once() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let pays = |amounts: [u64; 2]| {
        let pay =
            |amount| format!("session execute --call STRK:transfer:0xbeef,u256:{amount} --json");
        let children = amounts.map(|amount| dir.start(&pay(amount)));
        children.map(|child| {
            let output = child.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{told}");
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            text(&answer, "transaction").to_owned()
        })
    };
    let [first, second] = pays([7, 8]);
    assert_ne!(first, second);
    assert_eq!(dir.done("session status")["remaining_calls"], 8);
    // Two results are right. The second command finds the first one's transaction in the journal and goes on
    // with it. Or the first command has already seen its result, and the second makes another payment.
    let [first, second] = pays([9, 9]);
    let left = if first == second { 7 } else { 6 };
    assert_eq!(dir.done("session status")["remaining_calls"], left);
}

/// Network scenarios 13 and 16: a transaction that is stuck is replaced, with the key that signed it.
#[test]
fn a_stuck_payment_is_replaced_at_its_nonce_if_that_is_asked_for() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let gone = gone();
    let dir = dir.at(gone.url());
    let pay = "session execute --call STRK:transfer:0xbeef,u256:7";
    let lost = dir.fails(pay, NETWORK);
    let lost = text(&lost, "transaction");
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url()).without("STARKNET_PRIVATE_KEY");
    let replaced = dir.done(&format!("wait {lost} --replace"));
    assert_eq!(replaced["replaced"], lost);
    assert_ne!(replaced["transaction"], lost);
    assert_eq!(
        (dir.done("session status")["remaining_calls"].clone(), proxy.sent()),
        (json!(9), 1)
    );
    // The next run does not wait for the transaction that was replaced.
    let next = dir.done(pay);
    assert_eq!(next["remaining_calls"], 8);
    assert_eq!(next.get("earlier"), None, "both are over: {next}");
}

/// A payment is made once, whichever of its transactions is asked for after its replacement has landed.
#[test]
fn what_was_replaced_is_paid_and_never_said_not_to_be() {
    // Each waits for a node that is gone, so all do so at once.
    thread::scope(|scope| {
        for again in ["wait LOST", "wait LOST --replace", PAY_AS_OWNER] {
            scope.spawn(move || is_paid_once_by(again));
        }
    });
}

const PAY_AS_OWNER: &str = "owner execute --call STRK:transfer:0xbeef,u256:7";

/// The answer to a replacement is lost; `again` is what is run then.
fn is_paid_once_by(again: &str) {
    let (dir, lost) = lost_by(&gone());
    // The replacement lands, and its command does not hear of it.
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let replacement = dir.fails(&format!("wait {lost} --replace"), NETWORK);
    let replacement = text(&replacement, "transaction");
    assert_ne!(replacement, lost);
    let proxy = passing();
    let dir = dir.at(proxy.url());
    let said = dir.done(&again.replace("LOST", lost.as_str()));
    assert_eq!((text(&said, "transaction"), proxy.sent()), (replacement, 0), "{again}: {said}");
    if again.starts_with("wait") {
        assert_eq!(text(&said, "replaced"), lost);
    }
    // Now that it was told, nothing is open, and what took its place is still found.
    for line in ["wait LOST", "wait LOST --replace", "wait LOST --give-up"] {
        let later = dir.done(&format!("{} --timeout 20", line.replace("LOST", lost.as_str())));
        assert_eq!(
            (text(&later, "transaction"), text(&later, "replaced")),
            (replacement, lost.as_str())
        );
    }
    assert_eq!(proxy.sent(), 0);
    // What was never here is not said to be open, and no remedy of those that are open is given.
    let never = dir.fails("wait 0x5e --timeout 1", PENDING);
    assert!(text(&never, "error").contains("not open in this journal"), "{never}");
    let remedy = text(&never, "remedy");
    assert!(remedy.contains("before you pay again") && !remedy.contains("--replace"), "{never}");
}

/// Makes a folder whose owner has paid by way of `proxy`, without an answer. Returns it with the payment's hash.
fn lost_by(proxy: &Proxy) -> (Dir, String) {
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let lost = dir.fails(PAY_AS_OWNER, NETWORK);
    let hash = text(&lost, "transaction").to_owned();
    (dir, hash)
}

/// A node that is gone before it gets a transaction.
fn gone() -> Proxy {
    Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Gone,
        _ => Fate::Pass,
    })
}

#[test]
fn a_dry_run_of_a_wait_sends_nothing_and_forgets_nothing() {
    let (dir, lost) = lost_by(&gone());
    let proxy = passing();
    let dir = dir.at(proxy.url());
    for line in [format!("wait {lost} --dry-run"), format!("wait {lost} --give-up --dry-run")] {
        dir.fails(&line, USAGE);
        assert_eq!(proxy.sent(), 0);
        assert!(dir.path(&format!("deployments/journal/devnet/{lost}.json")).exists());
    }
    // Nor does a nonce, which the end of sessions has none of, get anything sent on the way to a refusal.
    let refused = dir.fails("session revoke-all --nonce 5", USAGE);
    assert!(text(&refused, "error").contains("--nonce does not go with this"), "{refused}");
    assert_eq!(proxy.sent(), 0);
}

/// What is in a block already needs no replacement, and a dry run answers as the command itself would.
#[test]
fn a_dry_run_of_a_replacement_tells_what_came_first_and_keeps_it() {
    let (dir, lost) = lost_by(&losing("starknet_addInvokeTransaction"));
    let proxy = passing();
    let dir = dir.at(proxy.url());
    for line in [format!("wait {lost} --replace --dry-run"), format!("wait {lost} --replace")] {
        assert!(dir.path(&format!("deployments/journal/devnet/{lost}.json")).exists());
        let first = dir.done(&line);
        assert_eq!((text(&first, "outcome"), text(&first, "transaction")), ("came_first", &*lost));
    }
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_payers_transaction_is_replaced_with_the_payers_key() {
    let (mut dir, _) = with_a_key();
    let payer = Node::shared().funded();
    dir.keep_secret(&format!("{:x}", payer.private_key));
    let gone = gone();
    let address = format!("{:#066x}", payer.address);
    let dir =
        dir.at(gone.url()).with("STARKNET_PAYER_PRIVATE_KEY", format!("{:#x}", payer.private_key));
    let pay = format!("owner execute --call STRK:transfer:0xbeef,u256:7 --payer {address}");
    let lost = dir.fails(&pay, NETWORK);
    let lost = text(&lost, "transaction");
    let proxy = passing();
    let dir = dir.at(proxy.url());
    let refused = dir.fails(&format!("wait {lost} --replace"), USAGE);
    assert!(text(&refused, "remedy").contains(&format!("--payer {address}")), "{refused}");
    // The end of all sessions takes its place if it must, and a dry run says so too.
    assert_eq!(
        dir.done(&format!("session revoke-all --dry-run --payer {address}"))["outcome"],
        "dry_run"
    );
    assert_eq!(proxy.sent(), 0);
    let replaced = dir.done(&format!("wait {lost} --replace --payer {address}"));
    assert_eq!(text(&replaced, "replaced"), lost);
}

/// Of a transaction and its replacement either may land, and neither may be taken for the other.
#[test]
fn what_was_to_be_replaced_and_came_first_is_told_as_itself() {
    thread::scope(|scope| {
        for (says, code) in [("nothing", PENDING), ("SUCCEEDED", 0), ("REVERTED", 4)] {
            scope.spawn(move || is_told_as(says, code));
        }
    });
}

/// After the replacement was sent, the node says `says` of what it was to replace.
fn is_told_as(says: &'static str, code: i32) {
    let (dir, lost) = lost_by(&gone());
    // The replacement is taken and dropped, and then the node says so of the other.
    let (old, is_sent) =
        (lost.trim_start_matches("0x").trim_start_matches('0').to_owned(), AtomicBool::new(false));
    let proxy = Proxy::of_calls(Node::shared().url(), move |method, params| {
        let is_sent_now = is_sent.load(Ordering::SeqCst);
        let is_old = params.to_string().contains(&old);
        match method {
            "starknet_addInvokeTransaction" => {
                is_sent.store(true, Ordering::SeqCst);
                Fate::Result(json!({ "transaction_hash": "0x1" }))
            }
            "starknet_getTransactionStatus" if is_old && is_sent_now && says == "nothing" => {
                Fate::Error(-32603, "away")
            }
            "starknet_getTransactionStatus" if is_old && is_sent_now => {
                let mut status =
                    json!({ "finality_status": "ACCEPTED_ON_L2", "execution_status": says });
                if says == "REVERTED" {
                    status["failure_reason"] = json!("0x616263 ('abc')");
                }
                Fate::Result(status)
            }
            "starknet_getTransactionReceipt" if is_old && is_sent_now => {
                let mut receipt = json!({
                    "type": "INVOKE", "transaction_hash": format!("0x{old}"),
                    "actual_fee": { "amount": "0x1", "unit": "FRI" }, "messages_sent": [],
                    "events": [], "finality_status": "ACCEPTED_ON_L2", "execution_status": says,
                    "block_hash": "0x1", "block_number": 1,
                    "execution_resources": { "l1_gas": 0, "l1_data_gas": 0, "l2_gas": 0 },
                });
                if says == "REVERTED" {
                    receipt["revert_reason"] = json!("0x616263 ('abc')");
                }
                Fate::Result(receipt)
            }
            _ => Fate::Pass,
        }
    });
    let dir = dir.at(proxy.url());
    let dry = dir.told(&format!("wait {lost} --replace --dry-run"));
    assert!(dry.starts_with("would be replaced: nothing was sent\n"), "{dry}");
    let line = format!("wait {lost} --replace --timeout 1");
    if code == 0 {
        let first = dir.done(&line);
        assert_eq!((text(&first, "outcome"), text(&first, "transaction")), ("came_first", &*lost));
        assert_eq!(first.get("replaced"), None, "{first}");
        return;
    }
    let failed = dir.fails(&line, code);
    match says {
        "REVERTED" => {
            assert_eq!(text(&failed, "transaction"), lost);
            let error = text(&failed, "error");
            assert!(error.contains("came first") && error.contains("reverted"), "{failed}");
        }
        // Whatever the node does not say of the one, the other may be on its way.
        _ => assert_ne!(text(&failed, "transaction"), lost),
    }
    assert_eq!(proxy.sent(), 1);
}

fn registered() -> Dir {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    dir
}

fn passing() -> Proxy {
    Proxy::new(Node::shared().url(), |_| Fate::Pass)
}

#[test]
fn what_is_refused_after_the_estimate_is_tried_again_and_waits_for_no_turn_of_its_own() {
    let asked = AtomicUsize::new(0);
    let refusing = Proxy::new(Node::shared().url(), move |method| match method {
        "starknet_addInvokeTransaction" if asked.fetch_add(1, Ordering::SeqCst) < 2 => {
            Fate::Error(53, "The transaction's resources don't cover validation")
        }
        _ => Fate::Pass,
    });
    let dir = registered().at(refusing.url());
    let paid = dir.done(PAY);
    assert_eq!((paid["remaining_calls"].clone(), refusing.sent()), (json!(9), 3));
}

#[test]
fn a_turn_that_another_has_is_waited_for_within_the_time_limit() {
    let dir = registered();
    let folder = dir.path("deployments/journal/devnet");
    let held: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "lock"))
        .map(|path| fs::File::create(path).unwrap())
        .collect();
    held.iter().for_each(|it| it.lock().unwrap());
    assert_eq!(held.len(), 1);
    let refused = dir.fails(&format!("{PAY} --timeout 1"), 6);
    assert!(text(&refused, "error").contains("another command sends"), "{refused}");
    // A command that ends sessions goes on without its turn.
    assert_eq!(dir.done("session revoke")["outcome"], "done");
}

#[test]
fn a_registration_that_another_run_made_while_this_one_waited_is_found() {
    let (dir, account) = with_a_key();
    let folder = dir.path("deployments/journal/devnet");
    fs::create_dir_all(&folder).unwrap();
    let turn = fs::File::create(folder.join(format!("{account}.lock"))).unwrap();
    let register = "session register --without-caps --allow STRK:transfer";
    let start = |line: &str| {
        turn.lock().unwrap();
        let mut waiting = dir.start(line);
        let mut told = BufReader::new(waiting.stderr.take().unwrap()).lines();
        let waits = told.by_ref().map_while(Result::ok).any(|it| it.contains("for its turn"));
        assert!(waits, "it does not wait");
        (waiting, told)
    };
    let (second, told) = start(register);
    dir.done(&format!("{register} --deployments elsewhere"));
    turn.unlock().unwrap();
    told.for_each(drop);
    let output = second.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.starts_with("already registered"), "{output:?}");

    // One that is asked for otherwise is not passed over.
    let key = text(&dir.done("session create"), "session_key").to_owned();
    let register = format!("session register {key} --without-caps --allow STRK:transfer");
    let (second, told) = start(&format!("{register} --max-calls 3"));
    dir.done(&format!("{register} --deployments elsewhere"));
    turn.unlock().unwrap();
    let says = "it has 10 calls, and not 3";
    assert!(told.map_while(Result::ok).any(|it| it.contains(says)), "it is not told");
    assert_eq!(second.wait_with_output().unwrap().status.code(), Some(5));
}

#[test]
fn a_dry_run_tells_of_a_payment_and_does_not_forget_it() {
    let dir = registered();
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails(PAY, NETWORK);
    let proxy = passing();
    let dir = dir.at(proxy.url());
    let dry = dir.done("session execute --call STRK:transfer:0xbeef,u256:8 --dry-run");
    assert_eq!(dry["earlier"][0]["transaction"], lost["transaction"], "{dry}");
    assert_eq!(dir.done(PAY)["transaction"], lost["transaction"]);
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_payment_that_landed_is_told_to_its_own_command_though_others_ran_between() {
    let dir = registered();
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails(PAY, NETWORK);
    let proxy = passing();
    let dir = dir.at(proxy.url());
    dir.done("session execute --call STRK:transfer:0xbeef,u256:8");
    let again = dir.done(PAY);
    assert_eq!((&again["transaction"], proxy.sent()), (&lost["transaction"], 1));
    // The result is reported once.
    let next = dir.done(PAY);
    assert_ne!(next["transaction"], lost["transaction"]);
    assert!(next["earlier"].is_null(), "{next}");
}

#[test]
fn what_another_session_pays_is_another_payment() {
    let dir = registered();
    let first = text(&dir.done("session list")["sessions"][0], "session_key").to_owned();
    let second = text(&dir.done("session create"), "session_key").to_owned();
    dir.done(&format!(
        "session register {second} --without-caps --allow STRK:transfer --fee-limit 0.5"
    ));
    let pay = |key: &str| PAY.replace("execute", &format!("execute {key}"));
    let lossy = losing("starknet_addInvokeTransaction");
    let dir = dir.at(lossy.url());
    let lost = dir.fails(&pay(&first), NETWORK);
    let proxy = passing();
    let dir = dir.at(proxy.url());
    let paid = dir.done(&pay(&second));
    assert_ne!(paid["transaction"], lost["transaction"]);
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn the_owner_s_payment_is_found_whoever_pays_the_fee_and_made_beside_if_that_is_asked_for() {
    let (dir, _) = with_a_key();
    let payer = Node::shared().funded();
    let mut dir = dir;
    dir.keep_secret(&format!("{:x}", payer.private_key));
    let lossy = losing("starknet_addInvokeTransaction");
    let pay = "owner execute --call STRK:transfer:0xbeef,u256:7";
    let dir =
        dir.at(lossy.url()).with("STARKNET_PAYER_PRIVATE_KEY", format!("{:#x}", payer.private_key));
    let lost = dir.fails(&format!("{pay} --payer {:#x}", payer.address), NETWORK);
    let proxy = passing();
    let dir = dir.at(proxy.url()).without("STARKNET_PAYER_PRIVATE_KEY");
    let beside = dir.done(&format!("{pay} --beside"));
    assert_eq!(proxy.sent(), 1, "{beside}");
    assert_ne!(beside["transaction"], lost["transaction"]);
    let resumed = dir.done(pay);
    assert_eq!((&resumed["transaction"], proxy.sent()), (&lost["transaction"], 1));
    // The answer names who paid, and not who was to pay this time.
    assert_eq!(text(&resumed, "payer"), format!("{:#066x}", payer.address));
    assert!(beside["payer"].is_null(), "{beside}");
}

/// The network held back an earlier run's deployment; it is included while another run makes one.
#[test]
fn an_account_that_another_transaction_deployed_meanwhile_is_told_as_it_is() {
    let account = Node::shared().funded();
    let dir = Dir::of(Node::shared().url(), &account);
    dir.done("deploy --same-key");
    // Other journals do not have it, and it shows only when the next deployment is estimated.
    let is_estimated = AtomicBool::new(false);
    let address = text(&dir.done("deploy --same-key"), "address").to_owned();
    let hidden = format!("0x{}", address.trim_start_matches("0x").trim_start_matches('0'));
    let proxy = Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_estimateFee" => {
            is_estimated.store(true, Ordering::SeqCst);
            Fate::Pass
        }
        "starknet_getClassHashAt"
            if params.to_string().contains(&hidden) && !is_estimated.load(Ordering::SeqCst) =>
        {
            Fate::Error(20, "Contract not found")
        }
        _ => Fate::Pass,
    });
    let elsewhere = Dir::of(proxy.url(), &account);
    let found = elsewhere.done("deploy --same-key");
    assert_eq!(found["outcome"], "unchanged");
    assert_eq!((text(&found, "address"), proxy.sent()), (&*address, 0));
}

#[test]
fn a_nonce_that_is_chosen_is_the_next_one_or_nothing_is_signed() {
    let (dir, account) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let next = Node::shared().nonce(Felt::from_hex(&account).unwrap());
    let numbered = |amount: u8, ahead: i8| {
        let nonce = next + Felt::from(ahead);
        format!("session execute --call STRK:transfer:0xbeef,u256:{amount} --nonce {nonce}")
    };
    let proxy = passing();
    let dir = dir.at(proxy.url());
    for (ahead, says) in [(-1, "which is used"), (1, "would leave a gap"), (40, "leave a gap")] {
        for line in [numbered(7, ahead), format!("{} --dry-run", numbered(7, ahead))] {
            let refused = dir.fails(&line, USAGE);
            assert!(text(&refused, "error").contains(says), "{refused}");
            assert!(text(&refused, "remedy").contains(&format!("--nonce {next}")), "{refused}");
        }
    }
    let replacing = dir.fails(&format!("wait {account} --replace --nonce 5"), USAGE);
    assert!(text(&replacing, "error").contains("has the nonce of what it replaces"), "{replacing}");
    assert_eq!(proxy.sent(), 0);
    // With --nonce a command that is run twice by mistake pays once, even though the first run reported its
    // result.
    dir.done(&numbered(7, 0));
    assert!(text(&dir.fails(&numbered(7, 0), USAGE), "error").contains("is used"));
    assert_eq!(proxy.sent(), 1);

    let gone = gone();
    let dir = dir.at(gone.url());
    let lost = text(&dir.fails(&numbered(8, 1), NETWORK), "transaction").to_owned();
    let proxy = passing();
    let dir = dir.at(proxy.url());
    for (line, says) in [(numbered(9, 1), "has the nonce"), (numbered(8, 2), "sent the same")] {
        let refused = dir.fails(&line, PENDING);
        assert_eq!(refused["transaction"], json!(lost));
        assert!(text(&refused, "error").contains(says), "{refused}");
    }
    let refused = dir.fails(&numbered(9, 1), PENDING);
    assert!(text(&refused, "remedy").contains(&format!("wait {lost}`; with --replace")));
    assert_eq!(proxy.sent(), 0);
    assert_eq!(dir.done(&numbered(8, 1))["transaction"], json!(lost), "the same goes on");
}
