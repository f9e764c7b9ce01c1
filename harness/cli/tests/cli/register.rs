//! Tests of `session register` and `policy`: they compare what is registered with what is asked for, and
//! question what is typed.

use serde_json::{Value, json};

use crate::dir::{Dir, text, with_a_key};
use crate::hostile::{IN_2100, lying};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const ACCOUNT: i32 = 5;

#[track_caller]
fn differs(dir: &Dir, line: &str, says: &[&str]) {
    let failure = dir.fails(line, ACCOUNT);
    let error = text(&failure, "error");
    assert!(error.starts_with("the key is already registered, and otherwise: "), "{error}");
    assert!(error.ends_with("Nothing was sent"), "{error}");
    for says in says {
        assert!(error.contains(says), "{line}: {says} is not in: {error}");
    }
}

#[test]
fn a_registered_key_is_compared_with_what_is_asked_for() {
    let (dir, _) = with_a_key();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = dir.at(proxy.url());
    let register = "session register --without-caps --allow STRK:transfer:0xbeef --allow STRK:approve:0xf00 \
                    --fee-limit 0.5 --max-calls 3 --duration 2h";
    dir.done(register);
    let sent = proxy.sent();
    assert_eq!(dir.done(register)["outcome"], "unchanged");
    // The list is in another order, and the duration counts from now on, so the registered session ends
    // sooner than asked for. Neither is a difference.
    let same = "session register --without-caps --allow STRK:approve:0xf00 --allow STRK:transfer:0xbeef \
                --fee-limit 0.5strk --max-calls 3 --duration 3h";
    let there = dir.done(same);
    assert_eq!(there["outcome"], "unchanged");
    let said = dir.run(same).stdout;
    assert!(
        said.contains("\n  ends: ") && said.contains(" (in ") && !said.contains("valid until"),
        "{said}"
    );

    let with = |from: &str, to: &str| {
        assert!(register.contains(from));
        register.replace(from, to)
    };
    let allow = "--allow STRK:transfer:0xbeef --allow STRK:approve:0xf00";
    let transfer = "STRK.transfer(recipient@0 = 0x";
    for (line, says) in [
        (with("--max-calls 3", "--max-calls 4"), vec!["it has 3 calls, and not 4"]),
        (with("--fee-limit 0.5", ""), vec!["its fee limit is 0.5 STRK a transaction, and 0 STRK"]),
        (with("0.5", "none"), vec!["its fee limit is 0.5 STRK a transaction, and no limit"]),
        (with("2h", "1h"), vec!["it ends at ", " UTC ", "and not at"]),
        (
            with("0xbeef", "0xbad"),
            vec!["it may call STRK.transfer(", "it may not call STRK.transfer("],
        ),
        (with("--allow STRK:transfer:0xbeef", ""), vec!["it may call ", transfer]),
        (with(allow, "--allow STRK:transfer"), vec!["it may not call STRK.transfer"]),
        (with(allow, "--allow-any"), vec!["it may not call any call"]),
        (
            with("--max-calls 3", "--spend STRK=1raw/5raw/1d"),
            vec!["it has no cap on STRK", "not 10"],
        ),
    ] {
        differs(&dir, &line, &says);
    }
    assert_eq!(proxy.sent(), sent);

    // If the node does not show the list, it cannot be compared.
    let pruned = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getEvents" => Fate::Result(json!({ "events": [] })),
        _ => Fate::Pass,
    });
    let dir = dir.at(pruned.url());
    let failure = dir.fails(register, NETWORK);
    assert!(text(&failure, "error").contains("cannot be compared"), "{failure}");
    // The account itself says that a session has no list.
    let any = with(allow, "--allow-any");
    assert!(text(&dir.fails(&any, NETWORK), "error").contains("show 0 of its 2"), "{any}");
}

#[test]
fn a_session_that_has_ended_is_not_called_registered() {
    let (dir, _) = with_a_key();
    let register =
        "session register --without-caps --allow STRK:transfer --fee-limit 0.5 --max-calls 1";
    dir.done(register);
    dir.done("session execute --call STRK:transfer:0xbeef,u256:1");
    differs(&dir, register, &["it has no calls left"]);
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer --duration 1h");
    let later = lying(&[("starknet_getBlockWithTxHashes", IN_2100)]);
    let dir = dir.at(later.url());
    differs(
        &dir,
        "session register --without-caps --allow STRK:transfer --duration 1h",
        &["it ended at", " ago)"],
    );
}

#[test]
fn every_session_starts_with_the_fee_limit_0_unless_told_otherwise() {
    let (dir, _) = with_a_key();
    for (limits, limit) in [
        ("--without-caps --allow STRK:transfer", json!("0")),
        ("--allow-any --without-caps", json!("0")),
        ("--allow-on-any transfer --without-caps", json!("0")),
        ("--without-caps --allow STRK:transfer --fee-limit none", Value::Null),
        ("--allow-any --without-caps --fee-limit none", Value::Null),
        ("--allow-any --without-caps --fee-limit 0.1", json!("100000000000000000")),
    ] {
        let key = text(&dir.done("session create"), "session_key").to_owned();
        let register = format!("session register {key} {limits}");
        for line in [format!("{register} --dry-run"), register] {
            assert_eq!(dir.done(&line)["fee_limit"], limit, "{line}");
        }
    }
}

#[test]
fn a_function_that_the_contract_lacks_is_questioned() {
    let (dir, _) = with_a_key();
    let register = "session register --allow STRK:aprove";
    let asked = dir.fails(register, USAGE);
    let says = "the ABI of STRK has no function `aprove`; did you mean `approve`?";
    assert!(text(&asked, "error").starts_with(says), "{asked}");
    let pinned = dir.fails("session register --allow STRK:aprove:0x5", USAGE);
    assert!(text(&pinned, "error").contains("did you mean `approve`?"), "{pinned}");
    let dry = dir.run(&format!("{register} --dry-run"));
    assert!(dry.code == 0 && dry.stderr.contains(&format!("warning: {says}")), "{}", dry.stderr);
    let other = dir.fails("session register --allow STRK:launch_rocket", USAGE);
    assert!(!text(&other, "error").contains("did you mean"), "{other}");
    dir.done(&format!("{register} --yes"));
}

#[test]
fn what_a_cap_forbids_is_told_when_it_is_listed() {
    let (dir, _) = with_a_key();
    let register = "session register --dry-run --without-caps --allow STRK:transfer --allow STRK:transfer_from";
    let said = dir.run(&format!("{register} --spend STRK=1raw/5raw/1d"));
    let says = "warning: STRK.transfer_from is listed, and will be refused";
    assert!(said.stderr.contains(says), "{}", said.stderr);
    assert!(!said.stderr.contains("warning: STRK.transfer is"), "{}", said.stderr);
    assert!(!dir.run(register).stderr.contains("will be refused"));
}

#[test]
fn a_policy_is_shown_as_it_would_be_and_its_end_with_the_worst() {
    let (dir, _) = with_a_key();
    let set = "policy set --token STRK --max-per-window 5strk --window 1d --max-per-call";
    let said = dir.run(&format!("{set} 1strk"));
    assert!(
        said.stderr.contains("warning: the account has no session of the key"),
        "{}",
        said.stderr
    );
    dir.done("session register --without-caps --allow STRK:transfer --fee-limit 0.5");
    assert!(!dir.run(&format!("{set} 2strk")).stderr.contains("no session of the key"));
    dir.done("session execute --call STRK:transfer:0xbeef,u256:7");

    let dry = dir.done(&format!("{set} 3strk --dry-run"));
    assert_eq!(
        (text(&dry, "max_per_call"), text(&dry, "spent_in_window")),
        ("3000000000000000000", "7")
    );
    let there = dir.done("policy get --token STRK");
    assert_eq!(text(&there, "spent_in_window"), "7");
    let row = dir.done("session list")["sessions"][0].clone();
    assert_eq!(row["policies"], dir.done("session status")["policies"]);
    assert_eq!(row["fee_limit"], "500000000000000000");

    for line in ["policy remove --token STRK --dry-run", "policy remove --token STRK"] {
        let removed = dir.told(line);
        let token = |it: &str| it.split_whitespace().eq(["token:", "STRK"]);
        assert!(removed.lines().any(token), "{removed}");
        let worst = "stolen: what STRK.transfer can move, in any amount";
        assert!(removed.contains(worst), "{line}: {removed}");
    }
    assert_eq!(dir.done("session list")["sessions"][0]["policies"], json!([]));
}

#[test]
fn what_is_typed_for_a_token_or_an_amount_says_how_to_write_it() {
    let dir = Dir::empty();
    for (line, says) in [
        ("session register --allow-any --spend USDC=1usdc/5usdc/1d", "write its address, 0x…"),
        ("policy get --token USDC", "STRK and ETH alone are known by name"),
        ("declare --max-fee 50000000000000000", "more than there is"),
        ("session execute --call STRK:transfer:0xbeef,", "an empty argument"),
        (
            "session register --without-caps --allow STRK:transfer --fee-limit 19",
            "the most that fits",
        ),
    ] {
        let said = dir.run(line);
        assert_eq!(said.code, USAGE, "{line}");
        assert!(said.stderr.contains(says), "{line}: {}", said.stderr);
    }
}

#[test]
fn a_registration_that_an_earlier_run_sent_is_compared_with_what_is_asked_for() {
    let (dir, _) = with_a_key();
    let gone = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_addInvokeTransaction" => Fate::Gone,
        _ => Fate::Pass,
    });
    let dir = dir.at(gone.url());
    dir.fails("session register --without-caps --allow STRK:transfer --duration 7d", 3);
    let dir = dir.at(Node::shared().url());
    let otherwise =
        dir.fails("session register --without-caps --allow STRK:transfer --duration 1h", 5);
    assert!(text(&otherwise, "error").contains("it ends at"), "{otherwise}");
    assert_eq!(dir.done("session status")["exists"], true);
}

#[test]
fn what_is_pre_confirmed_and_in_no_block_is_not_called_done() {
    let (dir, _) = with_a_key();
    dir.done("session register --without-caps --allow STRK:transfer");
    let set = "policy set --token STRK --max-per-call 1raw --max-per-window 1raw --window 1h";
    dir.done(set);
    // The last block does not have the change yet.
    let proxy = Proxy::of_calls(Node::shared().url(), move |method, params| match method {
        "starknet_call" if params.to_string().contains("\"latest\"") => {
            Fate::Error(20, "Contract not found")
        }
        _ => Fate::Pass,
    });
    let dir = dir.at(proxy.url());
    for command in ["session register --without-caps --allow STRK:transfer", set] {
        let open = dir.fails(&format!("{command} --timeout 1"), 6);
        assert!(text(&open, "error").contains("in no block yet"), "{command}: {open}");
    }
    assert_eq!(proxy.sent(), 0);
}
