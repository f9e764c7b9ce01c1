//! Tests of how a session ends: by its own key, or by the owner.

use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use session_client::felt::selector;

use crate::dir::{Dir, text, with_a_key};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const ACCOUNT: i32 = 5;

#[test]
fn a_session_ends_itself_without_the_owners_key() {
    let (dir, _) = with_a_key();
    // Either the key was never registered, or the node is behind: nothing shows which.
    let unknown = dir.fails("session end", 3);
    assert!(text(&unknown, "error").contains("no registration of it"), "{unknown}");
    dir.done("session register --without-caps --allow STRK:transfer:0xbeef --fee-limit 0.5");

    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url()).without("STARKNET_PRIVATE_KEY");
    let dry = dir.done("session end --dry-run");
    assert_eq!(dry["outcome"], "dry_run", "{dry}");
    assert_eq!(proxy.sent(), 0);
    assert_eq!(dir.done("session end")["outcome"], "done");
    assert_eq!(dir.done("session status")["exists"], false);
    let again = dir.done("session end");
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!(proxy.sent(), 1);
    let failure = dir.fails("session execute --call STRK:transfer:0xbeef,u256:1", ACCOUNT);
    assert!(text(&failure, "error").contains("no such session"), "{failure}");
}

#[test]
fn under_the_fee_limit_0_a_session_ends_itself_through_a_relayer_only() {
    let node = Node::shared();
    let (account, payer) = (node.funded(), node.funded());
    let mut dir = Dir::of(node.url(), &account);
    dir.done("upgrade");
    dir.done("session create");
    let registered = dir.done("session register --without-caps --allow STRK:transfer");
    assert_eq!(registered["fee_limit"], "0");

    let proxy = Proxy::new(node.url(), |_| Fate::Pass);
    dir = dir.at(proxy.url()).without("STARKNET_PRIVATE_KEY");
    for command in ["session end", "session execute --call STRK:transfer:0xbeef,u256:1"] {
        let refused = dir.fails(command, ACCOUNT);
        assert!(text(&refused, "error").contains("relayers only"), "{refused}");
        assert!(text(&refused, "remedy").contains("--payer"), "{refused}");
    }
    assert_eq!(proxy.sent(), 0);

    dir.keep_secret(&format!("{:x}", payer.private_key));
    let dir = dir
        .with("STARKNET_PAYER", format!("{:#x}", payer.address))
        .with("STARKNET_PAYER_PRIVATE_KEY", format!("{:#x}", payer.private_key));
    let nonce = node.nonce(account.address);
    let ended = dir.done("session end");
    let paid_by = |address| json!(format!("{address:#066x}"));
    assert_eq!((text(&ended, "outcome"), &ended["payer"]), ("done", &paid_by(payer.address)));
    assert_eq!(node.nonce(account.address), nonce);
    assert_eq!(dir.done("session status")["exists"], false);

    // A payer has the same names as an account, and a devnet's needs no key.
    let dir = dir.without("STARKNET_PAYER").without("STARKNET_PAYER_PRIVATE_KEY");
    let dir = dir.with_key(account.private_key);
    let devnets = dir.done("session revoke --dry-run --payer devnet-1");
    assert_ne!(devnets["payer"], devnets["account"], "{devnets}");
    assert!(devnets["payer"].is_string(), "{devnets}");
}

#[test]
fn a_session_calls_its_account_for_its_own_end_alone() {
    let (dir, account) = with_a_key();
    let key = text(&dir.done("session list --all")["sessions"][0], "session_key").to_owned();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let end = format!("--call {account}:revoke_session:{key}");
    for calls in [
        format!("{end} --call STRK:transfer:0xbeef,u256:1"),
        format!("--call {account}:revoke_session:0x5"),
        format!("--call {account}:revoke_session:{key},0x5"),
        format!("--call {account}:revoke_session_key:{key}"),
        format!("--call {account}:revoke_all_sessions"),
    ] {
        let refused = dir.fails(&format!("session execute {calls}"), ACCOUNT);
        assert!(text(&refused, "error").contains("nothing on its own account"), "{refused}");
    }
    assert_eq!(dir.done(&format!("session execute {end}"))["outcome"], "done");
    assert_eq!(dir.done("session status")["exists"], false);
}

#[test]
fn a_session_that_can_do_nothing_more_needs_no_end() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5 --max-calls 1");
    dir.done("session execute --call STRK:transfer:0xbeef,u256:1");
    let spent = dir.done("session end");
    assert_eq!((&spent["outcome"], &spent["state"]), (&json!("unchanged"), &json!("used_up")));

    let key = text(&dir.done("session create"), "session_key").to_owned();
    dir.done(&format!("session register {key} --without-caps --allow STRK:transfer --duration 2s"));
    thread::sleep(Duration::from_secs(4));
    Node::shared().tick();
    let expired = dir.done(&format!("session end {key}"));
    assert_eq!((&expired["outcome"], &expired["state"]), (&json!("unchanged"), &json!("expired")));
    // The owner can still revoke it.
    assert_eq!(dir.done(&format!("session revoke {key}"))["outcome"], "done");
}

/// Network scenarios 23 and 25: the node is behind, limits requests, or does not keep old events.
#[test]
fn what_a_node_shows_neither_stops_nor_satisfies_the_end_of_a_session() {
    let node = Node::shared();
    let session_data = format!("{:#x}", selector("get_session_data"));
    let nothing = json!(["0x0", "0x0", "0x0", "0x0"]);
    let no_events = json!({ "events": [] });
    type Lie = Box<dyn Fn(&str, &Value) -> Fate + Send + Sync>;
    let view = session_data.clone();
    let lies: [(&str, Option<u64>, Lie); 5] = [
        (
            "revoke",
            Some(0),
            Box::new(move |method, params| match method {
                "starknet_call" if params.to_string().contains(&view) => {
                    Fate::Result(nothing.clone())
                }
                _ => Fate::Pass,
            }),
        ),
        (
            "revoke",
            None,
            Box::new(move |method, params| match method {
                "starknet_call" if params.to_string().contains(&session_data) => {
                    Fate::Raw("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                }
                // The node answers as one that does not know the account yet.
                "starknet_getClassHashAt" => Fate::Error(20, "Contract not found"),
                _ => Fate::Pass,
            }),
        ),
        (
            "revoke-all",
            Some(0),
            Box::new(move |method, _| match method {
                "starknet_getEvents" => Fate::Result(no_events.clone()),
                _ => Fate::Pass,
            }),
        ),
        (
            "revoke-all",
            None,
            Box::new(|method, _| match method {
                "starknet_getEvents" => {
                    Fate::Error(33, "The supplied continuation token is invalid")
                }
                _ => Fate::Pass,
            }),
        ),
        (
            "revoke-all",
            None,
            Box::new(|method, _| match method {
                "starknet_getEvents" => Fate::Raw(
                    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n",
                ),
                "starknet_getClassHashAt" => Fate::Error(20, "Contract not found"),
                _ => Fate::Pass,
            }),
        ),
    ];
    let account = node.funded();
    let upgraded = Dir::of(node.url(), &account);
    upgraded.done("upgrade");
    for (command, before, lie) in lies {
        let dir = Dir::of(node.url(), &account);
        dir.done("session create");
        dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
        let proxy = Proxy::of_calls(node.url(), lie);
        let dir = dir.at(proxy.url());
        let ended = dir.done(&format!("session {command}"));
        assert_eq!(ended["sessions_before"], json!(before), "{command}: {ended}");
        assert_eq!(proxy.sent(), 1, "{command}: {ended}");
        let dir = dir.at(node.url());
        assert_eq!(dir.done("session status")["exists"], false, "{command}: {ended}");
    }
}

/// The gateway takes `held` transactions, and they wait there: their price is too low. `before_next` gets them
/// when another one is sent; if it returns `true`, that one waits too.
fn holding(held: usize, before_next: impl Fn(&[Value]) -> bool + Send + Sync + 'static) -> Proxy {
    let waiting: Mutex<Vec<Value>> = Mutex::default();
    Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_addInvokeTransaction" => {
            let mut waiting = waiting.lock().unwrap();
            if waiting.len() >= held && !before_next(&waiting) {
                return Fate::Pass;
            }
            waiting.push(params.clone());
            Fate::Result(json!({ "transaction_hash": "0x1" }))
        }
        "starknet_getTransactionStatus" if Node::shared().is_unknown(params) => {
            Fate::Result(json!({ "finality_status": "RECEIVED" }))
        }
        _ => Fate::Pass,
    })
}

const PENDING: i32 = 6;
const END: &str = "session revoke-all --timeout 20";
const PAY: &str = "owner execute --timeout 1 --call STRK:transfer:0xbeef,u256";

/// Returns the price of L2 gas of a transaction in the journal.
fn price(dir: &Dir, hash: &str) -> u128 {
    let entry = dir.json(&format!("deployments/journal/devnet/{hash}.json"));
    let price = text(&entry["transaction"]["resource_bounds"]["l2_gas"], "max_price_per_unit");
    u128::from_str_radix(price.trim_start_matches("0x"), 16).unwrap()
}

/// Of several payments that wait, the end of sessions replaces the first one: it waits behind none.
#[test]
fn an_end_takes_the_place_of_the_first_payment_that_waits() {
    let dir = registered();
    let proxy = holding(3, |_| false);
    let dir = dir.at(proxy.url());
    let [first, second, _] = [7, 8, 9].map(|amount| {
        let waits = dir.fails(&format!("{PAY}:{amount}"), PENDING);
        (text(&waits, "transaction").to_owned(), text(&waits, "remedy").to_owned())
    });
    // Only the first one can help the others.
    let ((first, its_own), (second, remedy)) = (first, second);
    assert!(its_own.contains(&format!("wait {first} --replace")), "{its_own}");
    assert!(remedy.contains(&format!("wait {first} --replace")), "{remedy}");
    assert!(!remedy.contains(&second), "{remedy}");
    let price = price(&dir, &first);
    let dry = dir.done("session revoke-all --dry-run");
    assert_eq!((text(&dry, "replaces"), proxy.sent()), (&*first, 3));
    // Another fee is needed for it than the user allows.
    let refused = dir.fails("session revoke-all --max-fee 0.000001", 2);
    assert!(text(&refused, "remedy").contains("--payer"), "{refused}");
    assert_eq!(proxy.sent(), 3);

    let ended = dir.done(END);
    assert_eq!((text(&ended, "replaces"), proxy.sent()), (&*first, 4));
    assert!(Node::shared().price(text(&ended, "transaction")) >= price + price / 10, "{ended}");
    assert_eq!(dir.done("session status")["exists"], false);
    // The payment that was replaced is told not to be paid, and the others wait.
    let rows = ended["earlier"].as_array().unwrap();
    let became = |hash: &str| {
        let row = rows.iter().find(|it| it["transaction"] == hash).unwrap();
        text(row, "became").to_owned()
    };
    assert_eq!((&*became(&first), &*became(&second)), ("overtaken", "on_its_way"));
    assert_eq!(rows.len(), 3, "{ended}");
    let lost = dir.fails(&format!("wait {first}"), PENDING);
    let error = text(&lost, "error");
    assert!(error.contains("not paid") && error.contains(text(&ended, "transaction")), "{lost}");
    assert_eq!(proxy.sent(), 4);
}

#[test]
fn a_relayer_s_transaction_that_waits_does_not_hold_up_an_end() {
    let (payer, mut dir) = (Node::shared().funded(), registered());
    dir.keep_secret(&format!("{:x}", payer.private_key));
    let proxy = holding(1, |_| false);
    let dir = dir
        .at(proxy.url())
        .with("STARKNET_PAYER", format!("{:#x}", payer.address))
        .with("STARKNET_PAYER_PRIVATE_KEY", format!("{:#x}", payer.private_key));
    let waits = dir.fails(&format!("{PAY}:7"), PENDING);
    let ended = dir.done(END);
    assert_eq!(ended["replaces"], waits["transaction"], "{ended}");
    assert_eq!((Node::shared().nonce(payer.address), proxy.sent()), (1.into(), 2));
    assert_eq!(dir.done("session status")["exists"], false);
}

#[test]
fn an_end_follows_a_payment_that_is_included_after_all() {
    let dir = registered();
    // The payment is executed while the end, which was to replace it, is on its way.
    let proxy = holding(1, |waiting| {
        if let [payment] = waiting {
            Node::shared().execute(payment);
        }
        waiting.len() == 1
    });
    let dir = dir.at(proxy.url());
    let waits = dir.fails(&format!("{PAY}:7"), PENDING);
    let ended = dir.done(END);
    assert_eq!((ended.get("replaces"), proxy.sent()), (None, 3), "{ended}");
    assert_eq!(dir.done("session status")["exists"], false);
    let rows = ended["earlier"].as_array().unwrap();
    let paid = rows.iter().find(|it| it["transaction"] == waits["transaction"]).unwrap();
    assert_eq!(paid["became"], "executed", "{ended}");
}

/// An end that waits is the same as the next one if nothing holds it up, and is not sent twice.
#[test]
fn an_end_that_waits_is_waited_for_unless_something_holds_it_up() {
    let dir = registered();
    let proxy = holding(1, |_| false);
    let dir = dir.at(proxy.url());
    let end = "session revoke-all --timeout 1";
    let waits = dir.fails(end, PENDING);
    let again = dir.fails(end, PENDING);
    assert_eq!((&again["transaction"], proxy.sent()), (&waits["transaction"], 1));

    // Its price is too low by now.
    let price = json!({ "price_in_fri": "0xffffffffffffffffffff", "price_in_wei": "0x1" });
    let dear = Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_getBlockWithTxHashes" => Fate::Result(json!({
            "block_number": 5, "l1_da_mode": "BLOB", "l1_data_gas_price": price,
            "l1_gas_price": price, "l2_gas_price": price, "sequencer_address": "0x1",
            "starknet_version": "0.14.0", "timestamp": 1, "transactions": [],
        })),
        "starknet_getTransactionStatus" if Node::shared().is_unknown(params) => {
            Fate::Result(json!({ "finality_status": "RECEIVED" }))
        }
        _ => Fate::Pass,
    });
    let dir = dir.at(dear.url());
    let ended = dir.done(END);
    assert_eq!((&ended["replaces"], dear.sent()), (&waits["transaction"], 1), "{ended}");
    assert_eq!(dir.done("session status")["exists"], false);
}

#[test]
fn an_end_that_waits_behind_a_payment_is_not_waited_for() {
    let (dir, account) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let proxy = holding(2, |_| false);
    let dir = dir.at(proxy.url());
    let payment = dir.fails(&format!("{PAY}:7"), PENDING);
    let end = "owner execute --timeout 1 --call";
    let behind = dir.fails(&format!("{end} {account}:revoke_all_sessions"), PENDING);
    let ended = dir.done(END);
    assert_eq!((&ended["replaces"], proxy.sent()), (&payment["transaction"], 3), "{ended}");
    assert_ne!(ended["transaction"], behind["transaction"]);
    assert_eq!(dir.done("session status")["exists"], false);
}

/// A payment that an earlier run could not send must not delay the end of a session.
#[test]
fn what_may_still_land_does_not_hold_up_the_end_of_a_session() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    let gone = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Gone,
        _ => Fate::Pass,
    });
    let dir = dir.at(gone.url());
    let lost = dir.fails("session execute --call STRK:transfer:0xbeef,u256:7", 3);
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let ended = dir.done("session revoke");
    assert_eq!((&ended["replaces"], proxy.sent()), (&lost["transaction"], 1), "{ended}");
    assert_eq!(dir.done("session status")["exists"], false);
}

#[test]
fn a_key_that_was_never_registered_is_refused_and_not_taken_for_an_end() {
    let (dir, _) = with_a_key();
    let refused = dir.fails("session revoke", ACCOUNT);
    assert!(text(&refused, "error").contains("Session: not found"), "{refused}");
}

#[test]
fn a_session_that_ends_while_it_is_revoked_makes_no_failure() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    // The owner's command reads a state from before the session's end.
    let data = dir.done("session status");
    let valid_until = data["valid_until"].as_u64().unwrap();
    dir.done("session end");
    let stale = Proxy::new(Node::shared().url(), {
        let asked = std::sync::atomic::AtomicU32::new(0);
        move |method| match method {
            "starknet_call" if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => {
                let felts = [valid_until, 10, 0, 1].map(|it| format!("{it:#x}"));
                Fate::Result(serde_json::json!(felts))
            }
            _ => Fate::Pass,
        }
    });
    let dir = dir.at(stale.url());
    assert_eq!(dir.done("session revoke")["outcome"], "done");
    assert_eq!(stale.sent(), 1);
}

/// The node fails before it gets the transaction.
fn gone() -> Proxy {
    Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Gone,
        _ => Fate::Pass,
    })
}

/// The gateway accepts no transaction for which `is_it` is true.
fn refusing(is_it: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Proxy {
    Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_addInvokeTransaction" if is_it(params) => {
            Fate::Error(55, "Account validation failed")
        }
        _ => Fate::Pass,
    })
}

fn signed_by_a_session(params: &Value) -> bool {
    let found = params.pointer("/invoke_transaction/signature");
    let found = found.or_else(|| params.pointer("/0/signature"));
    found.and_then(Value::as_array).is_some_and(|it| it.len() == 4)
}

fn registered() -> Dir {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    dir
}

#[test]
fn the_end_takes_the_place_of_what_the_network_does_not_take_any_more() {
    // These two are a payment, and the end that the session signed. The owner's end is another transaction.
    for lost in ["session execute --call STRK:transfer:0xbeef,u256:7", "session end"] {
        let gone = gone();
        let dir = registered().at(gone.url());
        dir.fails(lost, 3);
        let proxy = refusing(signed_by_a_session);
        let dir = dir.at(proxy.url());
        assert_eq!(dir.done("session revoke")["outcome"], "done", "{lost}");
        assert_eq!(dir.done("session status")["exists"], false, "{lost}");
    }
}

#[test]
fn an_end_whose_bytes_the_network_does_not_take_any_more_is_made_anew() {
    let gone = gone();
    let dir = registered().at(gone.url());
    let lost = dir.fails("session revoke-all", 3);
    let first: OnceLock<Value> = OnceLock::new();
    let proxy = refusing(move |params| first.get_or_init(|| params.clone()) == params);
    let dir = dir.at(proxy.url());
    let ended = dir.done("session revoke-all");
    assert_ne!(ended["transaction"], lost["transaction"]);
    assert_eq!(dir.done("session status")["exists"], false);
}

#[test]
fn an_end_that_landed_before_is_not_taken_for_the_next_one() {
    let account = Node::shared().funded();
    let dir = Dir::of(Node::shared().url(), &account);
    dir.done("upgrade");
    let lossy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Swallow,
        _ => Fate::Pass,
    });
    let dir = dir.at(lossy.url());
    let lost = dir.fails("session revoke-all", 3);
    let dir = dir.at(Node::shared().url());
    // It was sent from elsewhere, so the journal does not have it.
    let elsewhere = Dir::of(Node::shared().url(), &account);
    elsewhere.done("session create");
    elsewhere.done("session register --without-caps --allow STRK:transfer");
    let ended = dir.done("session revoke-all");
    assert_ne!(ended["transaction"], lost["transaction"]);
    assert_eq!(elsewhere.done("session status")["exists"], false);
}

#[test]
fn a_damaged_journal_does_not_stop_the_end_of_sessions() {
    let dir = registered();
    dir.write("deployments/journal/devnet/0x5.json", "{");
    dir.write(&format!("deployments/journal/devnet/{:#066x}.json", 7), "{");
    let stopped = dir.fails("session execute --call STRK:transfer:0xbeef,u256:7", 1);
    assert!(text(&stopped, "error").contains(".json"), "{stopped}");
    let said = dir.run("session revoke-all");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("is passed over"), "{}", said.stderr);
    assert_eq!(dir.done("session status")["exists"], false);
}

/// Network scenario 23: a node that is behind shows neither the session nor its registration.
#[test]
fn a_node_that_is_behind_does_not_satisfy_a_session_s_own_end() {
    let view = format!("{:#x}", selector("get_session_data"));
    let behind = Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_call" if params.to_string().contains(&view) => {
            Fate::Result(json!(["0x0", "0x0", "0x0", "0x0"]))
        }
        "starknet_getEvents" => Fate::Result(json!({ "events": [] })),
        _ => Fate::Pass,
    });
    let dir = registered().at(behind.url());
    let unknown = dir.fails("session end", 3);
    assert!(text(&unknown, "error").contains("it may be behind"), "{unknown}");
}
