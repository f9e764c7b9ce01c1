//! Tests of what the owner does: calls, another key, fee limits, and signing the end of all sessions in
//! advance.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use starknet_rust::signers::SigningKey;

use crate::caps::answering;
use crate::dir::{Dir, text, watched, with_a_key};
use crate::hostile::{IN_2100, lying};
use crate::node::Node;

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const CHAIN: i32 = 4;
const ACCOUNT: i32 = 5;

#[track_caller]
fn refused(dir: &Dir, line: &str, says: &str) {
    let failure = dir.fails(line, USAGE);
    assert!(text(&failure, "error").contains(says), "{line}: {failure}");
    assert!(text(&failure, "error").ends_with("nothing was sent"), "{line}: {failure}");
}

#[test]
fn the_owner_makes_calls_all_or_none() {
    let (dir, account, proxy) = watched();
    let calls =
        "owner execute --call STRK:transfer:0xbeef,u256:0x7 --call ETH:transfer:0xbeef,u256:1";
    let dry = dir.run(&format!("{calls} --dry-run"));
    let beef = format!("{:#066x}", 0xbeef);
    for told in [
        "STRK.transfer, with 3 felts: 0.000000000000000007 STRK",
        "felts: 0.000000000000000001 ETH",
    ] {
        assert!(dry.stderr.contains(&format!("{told} to {beef}\n")), "{}", dry.stderr);
    }
    let poor = "owner execute --call STRK:transfer:0xbeef,u256:0x1000000000000000000000";
    let refused = dir.fails(poor, CHAIN);
    let told = text(&refused, "error");
    assert!(told.ends_with(": 'ERC20: insufficient balance'"), "{refused}");
    let all = dir.fails(&format!("{poor} --verbose"), CHAIN);
    assert!(text(&all, "said").contains("ERC20: insufficient balance"), "{all}");
    assert_eq!(proxy.sent(), 0);
    let done = dir.done(calls);
    assert_eq!((text(&done, "outcome"), text(&done, "account")), ("done", &*account));
    assert_eq!(proxy.sent(), 1);
    let wrong = format!("{calls} --call STRK:fly:1");
    dir.fails(&wrong, 4);
    let mistyped = dir.run("owner execute --call STRK:transfr:0xbeef,u256:1000");
    assert_eq!(mistyped.code, 4, "{}", mistyped.stderr);
    assert!(mistyped.stderr.contains("`transfr`; did you mean `transfer`?"), "{}", mistyped.stderr);
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn a_fee_limit_is_set_changed_and_lifted() {
    let (dir, _, proxy) = watched();
    let limit = |limit: &str| format!("session fee-limit --limit {limit}");
    let said = dir.run(&limit("0.3"));
    assert!(
        said.stderr.contains("warning: the account has no session of the key"),
        "{}",
        said.stderr
    );
    dir.done("session register --without-caps --allow STRK:transfer");
    assert_eq!(dir.done("session status")["fee_limit"], "0");
    assert_eq!(dir.done(&limit("0"))["outcome"], "unchanged");

    let dry = dir.told(&format!("{} --dry-run", limit("0.3")));
    assert!(dry.contains("if this key is stolen: ") && dry.contains("0.3 STRK in fees"), "{dry}");
    assert_eq!(proxy.sent(), 2);
    let set = dir.done(&limit("0.5strk"));
    assert_eq!((text(&set, "outcome"), &set["fee_limit"]), ("done", &json!("500000000000000000")));
    dir.done("session execute --call STRK:transfer:0xbeef,u256:1");
    assert_eq!(dir.done(&limit("0.4"))["fee_limit_before"], "500000000000000000");
    let lifted = dir.done(&limit("none"));
    assert_eq!((text(&lifted, "outcome"), &lifted["fee_limit"]), ("done", &Value::Null));
    assert_eq!(dir.done(&limit("none"))["outcome"], "unchanged");
    let worst = dir.told(&limit("none"));
    assert!(
        worst.contains("  fee limit:   no limit\n") && worst.contains("all STRK in fees"),
        "{worst}"
    );
}

#[test]
fn the_account_is_handed_over_when_both_keys_sign_and_its_sessions_end() {
    let (mut dir, account, proxy) = watched();
    dir.done("session register --without-caps --allow STRK:transfer");
    let (new, other) = (SigningKey::from_random(), SigningKey::from_random());
    let secret = new.secret_scalar();
    dir.keep_secret(&format!("{secret:x}"));
    let accepting = dir.with("STARKNET_NEW_PRIVATE_KEY", format!("{secret:#x}"));
    let accepted = accepting.done("owner accept --out acceptance.json");
    let new_public_key = format!("{:#066x}", new.verifying_key().scalar());
    // What is only accepted changes no owner.
    assert_eq!(text(&accepted, "new_public_key"), new_public_key);
    let owner_now = text(&accepted, "owner_now").to_owned();
    assert_ne!(owner_now, new_public_key);
    let dir = accepting.without("STARKNET_NEW_PRIVATE_KEY");

    let hand_over = "owner hand-over --acceptance";
    let good = dir.json("acceptance.json");
    let changed = |field: &str, value: Value| {
        let mut acceptance = good.clone();
        acceptance[field] = value;
        dir.write("wrong.json", &acceptance.to_string());
        format!("{hand_over} wrong.json --yes")
    };
    refused(&dir, &changed("account", json!("0x5")), "the acceptance is for 0x");
    refused(&dir, &changed("owner_now", json!("0x5")), "another key owned the account");
    refused(&dir, &changed("signature", json!(["0x1", "0x2"])), "did not sign");
    let others = format!("{:#x}", other.verifying_key().scalar());
    refused(&dir, &changed("new_public_key", json!(others)), "did not sign");
    dir.write("wrong.json", "{}");
    let none = dir.fails(&format!("{hand_over} wrong.json --yes"), USAGE);
    assert!(text(&none, "error").contains("it is no acceptance"), "{none}");
    let dry = dir.run(&format!("{hand_over} acceptance.json --yes --dry-run"));
    let warning =
        format!("warning: nothing here shows that the key {new_public_key} can be opened");
    assert!(dry.stderr.contains(&warning), "{}", dry.stderr);
    let asked = dir.fails(&format!("{hand_over} acceptance.json"), USAGE);
    assert!(text(&asked, "error").contains("1 session ends. Go on?"), "{asked}");
    assert_eq!(proxy.sent(), 1);

    let dry = dir.done(&format!("{hand_over} acceptance.json --dry-run"));
    assert_eq!(text(&dry, "owner_now"), owner_now);
    assert_eq!(text(&dry, "new_public_key"), new_public_key);
    let done = dir.done(&format!("{hand_over} acceptance.json --yes"));
    assert_eq!(text(&done, "owner_before"), owner_now);
    assert_eq!((text(&done, "owner_now"), &done["sessions_ended"]), (&*new_public_key, &json!(1)));
    assert_eq!(dir.done("session list")["sessions"], json!([]));
    refused_key(&dir, "owner execute --call STRK:transfer:0xbeef,u256:1");
    let dir = dir.with("STARKNET_PRIVATE_KEY", format!("{secret:#x}"));
    let executed = dir.done("owner execute --call STRK:transfer:0xbeef,u256:1");
    assert_eq!(text(&executed, "account"), account);
    let again = dir.done(&format!("{hand_over} acceptance.json"));
    assert_eq!(again["outcome"], "unchanged", "{again}");
}

#[test]
fn an_acceptance_is_written_over_no_file() {
    let (dir, _) = with_a_key();
    let mine = |dir: &Dir| {
        assert_eq!(fs::read_to_string(dir.path("new.json")).unwrap(), "mine");
        assert!(dir.path("new.json").is_file());
    };
    dir.write("new.json", "mine");
    // Nobody is asked for a key or its password first.
    for line in
        ["owner accept --out new.json", "owner accept --new-keystore new.json --out new.json"]
    {
        let there = dir.fails(line, USAGE);
        assert!(text(&there, "error").contains("new.json: there is a file"), "{there}");
    }
    let dir = dir.with("STARKNET_NEW_PRIVATE_KEY", "0x1234567");
    dir.fails("owner accept --out new.json", USAGE);
    mine(&dir);
}

#[track_caller]
fn refused_key(dir: &Dir, line: &str) {
    let failure = dir.fails(line, USAGE);
    assert!(text(&failure, "error").contains("does not own"), "{failure}");
}

#[test]
fn a_key_that_was_a_sessions_does_not_take_the_account_over() {
    let (dir, _, proxy) = watched();
    let key = text(&dir.done("session list --all")["sessions"][0], "session_key").to_owned();
    dir.done("session register --without-caps --allow STRK:transfer");
    let line = format!(
        "owner hand-over --yes --new-keystore sessions/{key}.json --new-password-file password.txt"
    );
    dir.write("password.txt", crate::dir::PASSWORD);
    let failure = dir.fails(&line, ACCOUNT);
    assert!(text(&failure, "error").contains("session"), "{failure}");
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn the_end_of_all_sessions_is_signed_ahead_and_sent_by_anybody_once() {
    let (dir, account, proxy) = watched();
    let key = text(&dir.done("session list --all")["sessions"][0], "session_key").to_owned();
    dir.done("session register --without-caps --allow STRK:transfer");
    let signed = dir.done("session panic --out panic.json");
    assert!(signed["execute_before"].as_u64() > Some(31_536_000), "{signed}");
    assert_eq!(proxy.sent(), 1, "nothing is sent");
    let mode = fs::metadata(dir.path("panic.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let there = dir.fails("session panic --out panic.json", USAGE);
    assert!(text(&there, "error").contains("panic.json: there is a file"), "{there}");
    assert!(text(&there, "remedy").contains("another one after --out"), "{there}");

    // The account itself cannot send it: whoever lost the owner's key could not either.
    refused(&dir, "session panic --submit panic.json", "cannot send its own");
    let friend = Node::shared().funded();
    let good = dir.json("panic.json");
    let friends = Dir::of(proxy.url(), &friend);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut prepared = good.clone();
        change(&mut prepared);
        friends.write("panic.json", &prepared.to_string());
    };
    for (change, says) in [
        (&(|it: &mut Value| it["chain_id"] = json!("0x5")) as &dyn Fn(&mut Value), "another chain"),
        (&|it: &mut Value| it["account"] = json!("0x5"), "not the end of all sessions"),
        (&|it: &mut Value| it["outside_execution"]["calls"] = json!([]), "not the end of all"),
        (
            &|it: &mut Value| it["outside_execution"]["execute_before"] = json!(1),
            "window is closed",
        ),
    ] {
        changed(change);
        refused(&friends, "session panic --submit panic.json", says);
    }
    friends.write("panic.json", "[]");
    friends.fails("session panic --submit panic.json", USAGE);
    // The signature covers the nonce.
    changed(&|it| it["outside_execution"]["nonce"] = json!("0x5"));
    let stale = friends.fails("session panic --submit panic.json", ACCOUNT);
    assert!(text(&stale, "remedy").contains("ask the owner for a new file"), "{stale}");
    assert_eq!(proxy.sent(), 1);

    friends.write("panic.json", &good.to_string());
    assert_eq!(dir.done(&format!("session status {key}"))["is_active"], true);
    let sent = friends.done("session panic --submit panic.json");
    assert_eq!((text(&sent, "outcome"), text(&sent, "account")), ("done", &*account));
    assert_eq!(text(&sent, "payer"), format!("{:#066x}", friend.address));
    let ended = dir.done(&format!("session status {key}"));
    assert_eq!((&ended["exists"], text(&ended, "state")), (&json!(false), "ended"));
    let never = dir.done("session status 0x5");
    assert_eq!((&never["exists"], text(&never, "state")), (&json!(false), "never_registered"));
    let told = dir.told("session status 0x5");
    assert!(told.contains("never registered") && !told.contains("fee limit"), "{told}");
    let again = friends.done("session panic --submit panic.json");
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!(proxy.sent(), 2);

    // It ends no session that came after it, and does not say so.
    let key = text(&dir.done("session create"), "session_key").to_owned();
    dir.done(&format!("session register {key} --without-caps --allow STRK:transfer"));
    let used = friends.fails("session panic --submit panic.json", ACCOUNT);
    assert!(text(&used, "error").contains("and 1 session is active: nothing was sent"), "{used}");
    assert!(text(&used, "remedy").contains("revoke-all"), "{used}");
    for events in ["null", "{ \"events\": [] }"] {
        let silent = lying(&[("starknet_getEvents", events)]);
        let unknown = Dir::of(silent.url(), &friend);
        unknown.write("panic.json", &good.to_string());
        let unknown = unknown.fails("session panic --submit panic.json", NETWORK);
        assert!(
            text(&unknown, "error").contains("does not show whether a session is active"),
            "{unknown}"
        );
    }

    let late = lying(&[("starknet_getBlockWithTxHashes", IN_2100)]);
    refused(&friends.at(late.url()), "session panic --submit panic.json", "window is closed");
}

#[test]
fn what_signs_ahead_takes_no_flag_in_vain_and_no_end_without_a_date() {
    let (dir, _) = with_a_key();
    for (flag, says) in [
        ("--dry-run", "--dry-run"),
        ("--nonce 99", "--nonce"),
        ("--max-fee 1", "--max-fee"),
        ("--tip 1", "--tip"),
        ("--window 99999999999d", "longer than 36500d"),
    ] {
        let said = dir.run(&format!("session panic --out panic.json {flag}"));
        assert_eq!(said.code, USAGE, "{flag}: {}", said.stderr);
        assert!(said.stderr.contains(says), "{flag}: {}", said.stderr);
    }
    // Of an account that does not take it, nothing is kept for the day on which it must work.
    let refusing = answering("is_valid_outside_execution_nonce", json!(["0x0"]));
    let refused = dir.at(refusing.url());
    let failure = refused.fails("session panic --out panic.json", ACCOUNT);
    assert!(text(&failure, "error").contains("nothing was signed"), "{failure}");
    assert!(!refused.path("panic.json").exists());
}
