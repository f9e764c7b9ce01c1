//! Tests of what a session may call: pinned arguments, and lists that only events show.

use serde_json::{Value, json};

use crate::dir::{text, with_a_key};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const CHAIN: i32 = 4;
const ACCOUNT: i32 = 5;

fn felt(value: u64) -> String {
    format!("{value:#066x}")
}

#[test]
fn who_is_paid_and_who_may_spend_are_pinned_by_name_and_by_place() {
    let (dir, _) = with_a_key();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let register = "session register --fee-limit 0.5 --without-caps --allow STRK:transfer:recipient=0xbeef \
                    --allow STRK:transfer:0xcafe --allow STRK:approve@0=0xf00";
    let words = json!([
        format!("STRK.transfer(recipient@0 = {})", felt(0xbeef)),
        format!("STRK.transfer(recipient@0 = {})", felt(0xcafe)),
        format!("STRK.approve(spender@0 = {})", felt(0xf00)),
    ]);
    let pins = |answer: &Value| -> Vec<Value> {
        let rows = answer["allowed_calls"].as_array().unwrap();
        let of = |row: &Value| {
            json!([row["function"], row["argument"], row["argument_index"], row["argument_value"]])
        };
        rows.iter().map(of).collect()
    };
    let pinned = [
        json!(["transfer", "recipient", 0, felt(0xbeef)]),
        json!(["transfer", "recipient", 0, felt(0xcafe)]),
        json!(["approve", "spender", 0, felt(0xf00)]),
    ];
    let said = dir.run(&format!("{register} --dry-run"));
    for word in words.as_array().unwrap() {
        let line = format!("it may call {}", word.as_str().unwrap());
        assert!(said.stderr.contains(&line), "before it is signed: {}", said.stderr);
    }
    assert_eq!(pins(&dir.done(&format!("{register} --dry-run"))), pinned);
    assert_eq!(proxy.sent(), 0);

    let registered = dir.done(register);
    assert_eq!(pins(&registered), pinned);
    assert_eq!(pins(&dir.done("session status")), pinned);
    assert_eq!(pins(&dir.done("session list")["sessions"][0]), pinned);
    let told = dir.told("session status");
    assert!(
        words.as_array().unwrap().iter().all(|it| told.contains(it.as_str().unwrap())),
        "{told}"
    );
    let listed = dir.told("session list");
    assert!(listed.contains("  STRK.transfer(recipient@0 = 0xcafe)\n"), "{listed}");

    for call in ["transfer:0xbeef,u256:1", "transfer:0xcafe,u256:1", "approve:0xf00,u256:1"] {
        dir.done(&format!("session execute --call STRK:{call}"));
    }
    let sent = proxy.sent();
    for (call, only) in [
        ("transfer:0x7415f,u256:1", [felt(0xbeef), felt(0xcafe)]),
        ("transfer", [felt(0xbeef), felt(0xcafe)]),
        ("approve:0xbeef,u256:1", [felt(0xf00), felt(0xf00)]),
    ] {
        let refused = dir.fails(&format!("session execute --call STRK:{call}"), ACCOUNT);
        let error = text(&refused, "error");
        assert!(error.contains("may only call"), "{error}");
        assert!(only.iter().all(|value| error.contains(value)), "{error}");
    }
    assert_eq!(proxy.sent(), sent);
}

#[test]
fn what_cannot_be_pinned_is_refused_before_anything_is_sent() {
    let (dir, account) = with_a_key();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    for (allow, code, says) in [
        ("STRK:transfer:amount=5", USAGE, "`amount` is a core::integer::u256"),
        ("STRK:transfer:amount.low=5", USAGE, "one pinned felt does not bind it"),
        ("STRK:transfer@1=5", USAGE, "one pinned felt does not bind it"),
        ("STRK:transfer@3=5", USAGE, "has 3 felts, and none at place 3"),
        ("STRK:transfer:payee=5", USAGE, "it has `recipient`, `amount`"),
        ("STRK:fly:5", USAGE, "has no function"),
        (
            "STRK:transfer:0x800000000000000000000000000000000000000000000000000000000000000",
            USAGE,
            "is no core::starknet::contract_address::ContractAddress",
        ),
        ("ACCOUNT:add_session:allowed_entrypoints=5", USAGE, "is not fixed"),
        ("ACCOUNT:execute_from_outside_v2:signature=5", USAGE, "`outside_execution.calls`"),
        ("ACCOUNT:execute_from_outside_v2@9=5", USAGE, "`outside_execution.calls`"),
        ("ACCOUNT:execute_from_outside_v2:outside_execution=5", USAGE, "is several felts"),
        ("0x1:transfer:5", CHAIN, "there is no contract at"),
    ] {
        let allow = allow.replace("ACCOUNT", &account);
        let refused = dir.fails(&format!("session register --allow {allow}"), code);
        assert!(text(&refused, "error").contains(says), "{allow}: {refused}");
    }
    assert_eq!(proxy.sent(), 0);

    let silent = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getClassAt" => Fate::Result(json!({
            "sierra_program": [], "contract_class_version": "0.1.0", "abi": "",
            "entry_points_by_type": { "EXTERNAL": [], "L1_HANDLER": [], "CONSTRUCTOR": [] }
        })),
        _ => Fate::Pass,
    });
    let dir = dir.at(silent.url());
    let refused = dir.fails("session register --without-caps --allow STRK:transfer:0xbeef", CHAIN);
    assert!(text(&refused, "error").contains("ABI cannot be read"), "{refused}");
    // An entry without a pin needs no ABI.
    dir.done("session register --without-caps --allow STRK:transfer --dry-run");
    assert_eq!(silent.sent(), 0);
}

#[test]
fn an_entry_that_undoes_a_pinned_one_is_warned_of() {
    let (dir, _) = with_a_key();
    let said = dir
        .run("session register --dry-run --spend STRK=1raw/5raw/1d --allow STRK:transfer:0xbeef --allow STRK:transfer_from");
    assert!(
        said.stderr.contains("warning: STRK.transfer_from is listed without"),
        "{}",
        said.stderr
    );
    let said = dir
        .run("session register --dry-run --spend STRK=1raw/5raw/1d --allow STRK:transfer:0xbeef --allow STRK:approve:0xbeef");
    assert!(!said.stderr.contains("warning"), "{}", said.stderr);
    // The account itself refuses a call that is listed both with and without an argument.
    let twice = dir.fails(
        "session register --without-caps --allow STRK:transfer:0xbeef --allow STRK:transfer",
        ACCOUNT,
    );
    assert!(text(&twice, "error").contains("with and without an argument"), "{twice}");
}

#[test]
fn a_list_that_the_nodes_events_do_not_show_is_called_unknown() {
    let (dir, _) = with_a_key();
    let key = text(&dir.done("session list --all")["sessions"][0], "session_key").to_owned();
    dir.done("session register --without-caps --allow STRK:transfer --allow STRK:approve:0xbeef --fee-limit 0.5");

    // The node keeps no events of old blocks.
    let pruned = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getEvents" => Fate::Result(json!({ "events": [] })),
        _ => Fate::Pass,
    });
    let dir = dir.at(pruned.url());
    let listed = dir.done("session list");
    let row = &listed["sessions"][0];
    assert_eq!(row["session_key"], json!(key), "its key is here");
    assert_eq!((&row["allows"], &row["allowed_calls"]), (&json!("unknown"), &Value::Null));
    assert_eq!(listed["is_complete"], false);
    let said = dir.run("session list");
    assert!(said.stderr.contains("does not keep all of the account's events"), "{}", said.stderr);
    assert!(said.stdout.contains("show 0 of its 2 entries"), "{}", said.stdout);
    let status = dir.done("session status");
    assert_eq!(status["allowed_len"], 2);
    assert_eq!(status["allows"], "unknown");

    // The node gives no events at all.
    let silent = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getEvents" => Fate::Error(-32601, "Method not found"),
        _ => Fate::Pass,
    });
    let dir = dir.at(silent.url());
    let said = dir.run("session list --json");
    assert_eq!(said.code, NETWORK, "{}", said.stderr);
    assert!(said.stderr.contains("only the sessions whose keys are here"), "{}", said.stderr);
    let listed: Value = serde_json::from_str(&said.stdout).unwrap();
    let row = &listed["sessions"][0];
    assert_eq!(row["allows"], "unknown");
    assert_eq!((&row["session_key"], &listed["is_complete"]), (&json!(key), &json!(false)));
    // `session execute` asks the account itself what a session may call, so it works all the same.
    dir.done("session execute --call STRK:approve:0xbeef,u256:1");
    let refused = dir.fails("session execute --call STRK:approve:0xbad,u256:1", ACCOUNT);
    assert!(text(&refused, "error").contains("may not call STRK.approve"), "{refused}");
}

#[test]
fn a_node_whose_events_have_no_end_is_not_believed() {
    let endless = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getEvents" => Fate::Result(json!({ "events": [], "continuation_token": "more" })),
        _ => Fate::Pass,
    });
    let (dir, _) = with_a_key();
    let dir = dir.at(endless.url());
    let failure = dir.fails("session list", NETWORK);
    assert!(text(&failure, "error").contains("has no end"), "{failure}");
}

#[test]
fn lists_of_selectors_and_sessions_without_a_list_are_told() {
    let (dir, _) = with_a_key();
    let key = text(&dir.done("session list --all")["sessions"][0], "session_key").to_owned();
    dir.done("session register --allow-on-any transfer --allow-on-any 0x5 --fee-limit 0.5 --without-caps");
    let told = dir.told("session status");
    assert!(told.contains("  may call:    transfer on any contract but the account\n"), "{told}");
    dir.done("session execute --call STRK:transfer:0xbeef,u256:1");
    dir.fails("session execute --call STRK:approve:0xbeef,u256:1", ACCOUNT);

    let other = text(&dir.done("session create"), "session_key").to_owned();
    // Several keys are listed with their states, and none is taken.
    let several = dir.fails("session end", USAGE);
    for told in [format!("{key} (active)"), format!("{other} (never registered)")] {
        assert!(text(&several, "remedy").contains(&told), "{several}");
    }
    dir.done(&format!("session register {other} --allow-any --without-caps"));
    let listed = dir.done("session list");
    let of = |key: &str| {
        let rows = listed["sessions"].as_array().unwrap();
        rows.iter().find(|row| row["session_key"] == key).unwrap().clone()
    };
    let row = of(&other);
    assert_eq!((&row["allows"], &row["allowed_calls"]), (&json!("any_call"), &Value::Null));
    let row = of(&key);
    assert_eq!(
        (&row["allows"], &row["allowed_calls"][0]["contract"]),
        (&json!("selectors"), &Value::Null)
    );
    assert_eq!(row["allowed_calls"][0]["function"], "transfer");
    assert_eq!(row["allowed_calls"][1]["selector"], json!(felt(5)));
}

#[test]
fn a_list_that_takes_two_events_is_shown_whole() {
    let (dir, _) = with_a_key();
    let allow: String =
        (1..=51).map(|merchant| format!(" --allow STRK:transfer:{merchant:#x}")).collect();
    dir.done(&format!("session register --without-caps --fee-limit 0.5{allow}"));
    let listed = dir.done("session list");
    let row = &listed["sessions"][0];
    let calls = row["allowed_calls"].as_array().unwrap();
    assert_eq!((calls.len(), &listed["is_complete"]), (51, &json!(true)));
    assert_eq!(calls[50]["argument_value"], json!(felt(51)));
    dir.done("session execute --call STRK:transfer:0x33,u256:1");
    dir.fails("session execute --call STRK:transfer:0x34,u256:1", ACCOUNT);
}
