//! Tests of caps: units belong to their token, sessions are registered with caps, and the owner is told what
//! a thief of a key could take.

use serde_json::{Value, json};
use session_client::felt::selector;

use crate::dir::{Dir, text, watched, with_a_key};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const CHAIN: i32 = 4;
const ACCOUNT: i32 = 5;
const EDGE: &str = "(up to twice that around a window's edge)";
const NOT_CAPPED: &str = "What the account is owed or may borrow, and what others pull later by \
                          allowances or orders, is not capped; another key has caps of its own";
/// The answer has this sentence if the session may approve.
const APPROVALS: &str = "; what it approves until then can be pulled later";

#[track_caller]
fn refused(dir: &Dir, line: &str, says: &str) {
    let failure = dir.fails(line, USAGE);
    assert!(text(&failure, "error").contains(says), "{line}: {failure}");
    assert!(text(&failure, "error").ends_with("nothing was sent"), "{line}: {failure}");
    assert!(!text(&failure, "remedy").is_empty());
}

/// Starts a node that answers every call of `function` with `answer`.
pub fn answering(function: &str, answer: Value) -> Proxy {
    let function = format!("{:#x}", selector(function));
    Proxy::of_calls(Node::shared().url(), move |method, params| {
        if method == "starknet_call" && params["request"]["entry_point_selector"] == json!(function)
        {
            return Fate::Result(answer.clone());
        }
        Fate::Pass
    })
}

/// Returns what the answer says that a thief could take.
#[track_caller]
fn worst(said: &str) -> &str {
    said.lines().find_map(|it| it.strip_prefix("  if this key is stolen: ")).unwrap_or_default()
}

#[test]
fn a_session_and_its_caps_are_registered_in_one_transaction() {
    let (dir, account, proxy) = watched();
    let usdc = Node::shared().token("USDC", 6, &account, 1_000);
    let register = "session register --allow-any --fee-limit 0.2 --spend STRK=1strk/5strk/1d \
                    --spend ETH=0.1eth/0.1eth/6h";
    let dry = dir.told(&format!("{register} --dry-run"));
    assert_eq!(proxy.sent(), 0);
    let registered = dir.told(register);
    assert_eq!(proxy.sent(), 1);
    let status = dir.done("session status");
    let policies = &status["policies"];
    assert_eq!(policies[0]["max_per_window"], "5000000000000000000");
    assert_eq!(policies[1]["window_end"], Value::Null);
    for answer in [&dry, &registered] {
        let words: Vec<_> = answer.split_whitespace().collect();
        let caps =
            "may spend: 1 STRK a call, 5 STRK a day 0.1 ETH a call, 0.1 ETH every 6 hours fee";
        assert!(words.join(" ").contains(caps), "{answer}");
        let told = worst(answer);
        let end = status["valid_until"].as_u64().unwrap().div_ceil(60) * 60;
        let most = format!(
            "at most 5 STRK a day and 0.1 ETH every 6 hours (of each up to twice that around a \
             window's edge), and all of every other token, until {:02}:",
            end % 86_400 / 3_600,
        );
        assert!(told.starts_with(&most), "{told}");
        let fees =
            format!("; and 0.2 STRK in fees for each of 10 transactions{APPROVALS}. {NOT_CAPPED}");
        assert!(told.ends_with(&fees), "{told}");
    }

    // The same command again has nothing to do. One with another cap is refused.
    assert_eq!(dir.done(register)["outcome"], "unchanged");
    for (spend, says) in [
        (
            "STRK=1strk/6strk/1d",
            "its cap on STRK is 1 STRK a call, 5 STRK a day, and not 1 STRK a call, 6",
        ),
        (&*format!("{usdc}=1raw/6raw/1d"), "it has no cap on USDC (0x"),
    ] {
        let line = format!("session register --allow-any --fee-limit 0.2 --spend {spend}");
        let failure = dir.fails(&line, ACCOUNT);
        assert!(text(&failure, "error").contains(says), "{failure}");
    }
    assert_eq!(proxy.sent(), 1);

    // The account enforces the caps.
    let over = dir.fails("session execute --call STRK:transfer:0xbeef,u256:1000000000000000001", 5);
    assert!(text(&over, "error").contains("than one call of the session may"), "{over}");
    dir.done("session execute --call STRK:transfer:0xbeef,u256:1000000000000000000");
    let status = dir.done("session status");
    let told = dir.told("policy get");
    assert!(
        told.contains("  5 STRK a day           1 STRK until ") && told.contains(" (in "),
        "{told}"
    );
    assert_eq!(status["policies"][0]["spent_in_window"], "1000000000000000000");
    let start = status["policies"][0]["window_start"].as_u64().unwrap();
    assert_eq!(status["policies"][0]["window_end"], json!(start + 86_400));
    let told = dir.told("session status");
    assert!(worst(&told).contains("for each of 9 transactions"), "{told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let left = "1 STRK a call, 5 STRK a day left of it: 4 STRK until ";
    assert!(words.contains(left) && words.contains(" 0.1 ETH every 6 hours fee limit: "), "{told}");
    let listed = dir.told("session list");
    assert!(listed.contains("left of it: 4 STRK until "), "{listed}");
    let all = dir.done("policy get");
    assert_eq!(all["policies"], status["policies"]);
    let one = dir.done("policy get --token STRK");
    assert_eq!(one["max_per_window"], all["policies"][0]["max_per_window"]);
}

#[test]
fn the_answer_ends_with_what_a_thief_of_the_key_could_do() {
    let (dir, _, _) = watched();
    let said = dir.run("session register --allow STRK:transfer --spend STRK=1strk/5strk/1d");
    let last = said.stdout.lines().last().unwrap();
    let most = format!("at most 5 STRK a day {EDGE}, until ");
    let begins = format!("  if this key is stolen: only by STRK.transfer, {most}");
    assert!(last.starts_with(&begins) && last.ends_with(NOT_CAPPED), "{last}");
    let day = if last.contains("UTC today") { "today" } else { "tomorrow" };
    assert!(last.contains(&format!(" UTC {day}. What")), "{last}");
}

#[test]
fn the_worst_is_told_by_list_caps_fees_and_end() {
    let (dir, _, _) = watched();
    let beef = format!("{:#066x}", 0xbeef);
    let pinned = format!("STRK.transfer(recipient@0 = {beef})");
    for (limits, begins, holds) in [
        (
            "--allow-any --without-caps --fee-limit none",
            "everything that the account holds, until ".to_owned(),
            "; and all STRK in fees",
        ),
        (
            "--without-caps --allow STRK:transfer:0xbeef",
            format!("what {pinned} can move, in any amount, until "),
            " UTC ",
        ),
        (
            "--without-caps --allow STRK:transfer:0xbeef --fee-limit 0.5 --max-calls 3",
            format!("what {pinned} can move, in any amount, until "),
            "; and 0.5 STRK in fees for each of 3 transactions",
        ),
        (
            "--without-caps --allow STRK:transfer --allow ETH:transfer --spend STRK=1strk/1strk/1h",
            format!(
                "only by STRK.transfer, or ETH.transfer, at most 1 STRK an hour {EDGE}, and any amount of other tokens, until "
            ),
            NOT_CAPPED,
        ),
        (
            "--without-caps --allow STRK:approve",
            "what STRK.approve can move, in any amount, until ".to_owned(),
            APPROVALS,
        ),
        (
            "--without-caps --allow STRK:transfer --allow STRK:approve --allow STRK:transfer_from --allow ETH:transfer",
            "what the 4 calls on its list can move, in any amount, until ".to_owned(),
            " UTC ",
        ),
        (
            "--allow-on-any transfer --without-caps --fee-limit none",
            "what transfer on any contract but the account can move, in any amount, until "
                .to_owned(),
            "; and all STRK in fees",
        ),
        (
            "--allow STRK:transfer --spend STRK=1raw/1raw/1s --duration 7d",
            format!(
                "only by STRK.transfer, at most 0.000000000000000001 STRK a second {EDGE}, until "
            ),
            " UTC on 20",
        ),
    ] {
        let key = text(&dir.done("session create"), "session_key").to_owned();
        let register = format!("session register {key} {limits}");
        let (dry, registered) = (dir.told(&format!("{register} --dry-run")), dir.told(&register));
        for told in [worst(&dry), worst(&registered)] {
            assert!(told.starts_with(&begins) && told.contains(holds), "{limits}: {told}");
        }
    }
    // For a session that has ended the answer says nothing of a thief.
    let key = text(&dir.done("session create"), "session_key").to_owned();
    dir.done(&format!("session register {key} --without-caps --allow STRK:transfer"));
    dir.done(&format!("session revoke {key}"));
    let told = dir.told(&format!("session status {key}"));
    assert_eq!(worst(&told), "");
    assert!(!told.contains("policies:"), "{told}");
    // But for what its key may spend, with or without a session.
    let policy = "--token STRK --max-per-call 1strk --max-per-window 5strk --window 1d";
    dir.done(&format!("policy set {key} {policy}"));
    let told = dir.told(&format!("session status {key}"));
    assert!(told.contains("ended") && told.contains("1 STRK a call, 5 STRK a day"), "{told}");
}

#[test]
fn without_a_list_each_token_that_is_held_has_a_cap_or_it_is_said_aloud() {
    let (dir, _, proxy) = watched();
    for any in ["--allow-any", "--allow-on-any transfer"] {
        let register = format!("session register {any}");
        refused(&dir, &register, " STRK and ");
        refused(&dir, &format!("{register} --spend STRK=1raw/5raw/1d"), " ETH: ");
        refused(&dir, &format!("{register} --spend ETH=1raw/5raw/1d"), " STRK: ");
        let failure = dir.fails(&register, USAGE);
        let remedy = text(&failure, "remedy");
        for way in ["--spend STRK=1strk/5strk/1d", "--allow", "--without-caps"] {
            assert!(remedy.contains(way), "{remedy}");
        }
    }
    assert_eq!(proxy.sent(), 0);
    let said = dir.run("session register --allow-any --without-caps");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: this key will be able to take"), "{}", said.stderr);

    // A cap that the key already has counts, and then the account's holdings do not matter.
    let (dir, _, _) = watched();
    dir.done("policy set --token ETH --max-per-call 1raw --max-per-window 5raw --window 1d");
    dir.done("session register --allow-any --spend STRK=1raw/5raw/1d");
    let poor = Node::shared().funded();
    let nothing = answering("balance_of", json!(["0x0", "0x0"]));
    let dir = Dir::of(Node::shared().url(), &poor);
    dir.done("upgrade");
    dir.done("session create");
    let dir = dir.at(nothing.url());
    refused(&dir, "session register --allow-any", "any token that the account will hold");
}

#[test]
fn a_list_that_moves_a_token_without_a_cap_is_refused_unless_it_is_said_aloud() {
    let (dir, _, proxy) = watched();
    let both = "session register --allow STRK:transfer:0xbeef --allow ETH:approve:0xf00";
    refused(&dir, both, "lets the key move STRK and ETH, in any amount");
    refused(&dir, &format!("{both} --spend STRK=1raw/5raw/1d"), "lets the key move ETH, in any");
    refused(&dir, "session register --dry-run --allow STRK:transfer_from", "move STRK, in any");
    let failure = dir.fails("session register --allow STRK:increaseAllowance", USAGE);
    for way in ["--spend STRK=1strk/5strk/1d,", "--without-caps"] {
        assert!(text(&failure, "remedy").contains(way), "{failure}");
    }
    // A function that does not move tokens by its name needs no cap.
    dir.done("session register --dry-run --allow STRK:total_supply");
    dir.done(&format!("{both} --dry-run --spend STRK=1raw/5raw/1d --spend ETH=1raw/5raw/1d"));
    assert_eq!(proxy.sent(), 0);
    let said = dir.run(&format!("{both} --without-caps"));
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: this key will be able to take"), "{}", said.stderr);
}

#[test]
fn a_unit_belongs_to_its_token() {
    let (dir, account, proxy) = watched();
    let usdc = Node::shared().token("USDC", 6, &account, 1_000_000_000);
    let set = |token: &str, call: &str, window: &str| {
        format!(
            "policy set --token {token} --max-per-call {call} --max-per-window {window} --window 1d"
        )
    };
    // N-6: somebody means 10^18 units, and the token has 6 decimals.
    refused(&dir, &set(&usdc, "1strk", "5strk"), "the token is USDC (0x");
    refused(&dir, &set(&usdc, "1usdc", "5eth"), "the token is USDC (0x");
    refused(&dir, &set("STRK", "1eth", "5eth"), "the token is STRK, and not eth");
    refused(&dir, &set("ETH", "1strk", "5strk"), "the token is ETH, and not strk");
    refused(&dir, &set(&usdc, "0.0000001usdc", "5usdc"), "has 6 decimals");
    refused(&dir, &set(&usdc, "1usdc", &format!("{}usdc", "9".repeat(38))), "less than 2^128");
    refused(&dir, &set("STRK", "0strk", "5strk"), "lets nothing be spent");
    refused(&dir, &set("STRK", "0raw", "0fri"), "lets nothing be spent");
    refused(&dir, &set("STRK", "5strk", "1strk"), "above the maximum for a window");
    let spend =
        |caps: &str| format!("session register --without-caps --allow STRK:transfer {caps}");
    refused(&dir, &spend(&format!("--spend {usdc}=1strk/5strk/1d")), "and not strk");
    refused(&dir, &spend("--spend STRK=0strk/5strk/1d"), "lets nothing be spent");
    refused(&dir, &spend("--spend STRK=5strk/1strk/1d"), "above the maximum for a window");
    refused(&dir, &spend("--spend STRK=1raw/5raw/1d --spend STRK=2raw/5raw/1d"), "caps STRK twice");
    assert_eq!(proxy.sent(), 0);

    // The command shows what it will sign, also in the smallest unit, which does not depend on what the token
    // says.
    let dry = dir.run(&format!("{} --dry-run", set(&usdc, "1usdc", "5.25USDC")));
    let told = format!(
        "it may spend of USDC ({usdc}): 1 USDC a call, 5.25 USDC a day, which is 1000000 and 5250000 of \
         the smallest unit"
    );
    assert!(dry.stderr.contains(&told), "{}", dry.stderr);
    assert_eq!(proxy.sent(), 0);

    let answer = dir.done(&set(&usdc, "1usdc", "5.25USDC"));
    assert_eq!(
        (&answer["max_per_call"], &answer["max_per_window"]),
        (&json!("1000000"), &json!("5250000"))
    );
    let told = dir.told("policy get");
    let cap = "  1 USDC            5.25 USDC a day   nothing";
    assert!(
        told.contains(cap) && told.contains("  1000000 smallest  5250000 smallest\n"),
        "{told}"
    );
    assert_eq!(dir.done(&set(&usdc, "1000000raw", "5250000raw"))["outcome"], "unchanged");
    let registered = dir.told(&format!("session register --allow {usdc}:transfer"));
    let told = format!("at most 5.25 USDC (5250000 of the smallest unit of {usdc}) a day {EDGE}");
    assert!(worst(&registered).contains(&told), "{registered}");
    // Whatever the token says of its decimals later, the smallest units stand beside it.
    let later = answering("decimals", json!(["0x12"]));
    let at_later = dir.at(later.url());
    for line in ["session status", "session list"] {
        let told = at_later.told(line);
        let cap = "0.00000000000525 USDC a day, which is 1000000 and 5250000 of the smallest unit";
        assert!(told.contains(cap), "{line}: {told}");
        assert!(worst(&told).contains("(5250000 of the smallest unit of 0x"), "{line}: {told}");
    }
    let dir = at_later.at(proxy.url());
    dir.done(&format!("policy remove --token {usdc}"));
    assert_eq!(dir.done("policy get")["policies"], json!([]));
}

#[test]
fn a_token_that_does_not_say_what_one_is_has_caps_in_its_smallest_unit() {
    let (dir, account, proxy) = watched();
    let long = "L".repeat(40);
    for symbol in ["STRK", "Eth", "raw", "Fri", "", "1INCH", "A\u{1b}[2J", "US DC", "ЅTRK", &long]
    {
        let token = Node::shared().token(symbol, 18, &account, 1);
        let set = format!("policy set --token {token} --window 1d --max-per-call");
        refused(
            &dir,
            &format!("{set} 1strk --max-per-window 5strk"),
            "does not say what one of it is",
        );
        let told = dir.told(&format!("{set} 7raw --max-per-window 9raw"));
        let cap = "  7 of the smallest unit  9 of the smallest unit a day  ";
        assert!(told.contains(cap), "{symbol}: {told}");
        dir.done(&format!("policy remove --token {token}"));
    }
    // With 255 decimals one whole token is too large a number; a fraction of it fits.
    let fine = Node::shared().token("FINE", 255, &account, 1);
    let set = format!("policy set --token {fine} --window 1d --max-per-call");
    refused(&dir, &format!("{set} 1fine --max-per-window 5fine"), "has 255 decimals");
    let told = dir.told(&format!("{set} 1raw --max-per-window 9raw"));
    assert!(told.contains(&format!("  0.{}1 FINE  ", "0".repeat(254))), "{told}");

    // The account asks for a balance, and so refuses a contract that is no token.
    let sent = proxy.sent();
    for (token, code, says) in [
        (account.as_str(), ACCOUNT, "what the account holds"),
        ("0xdead", CHAIN, "there is no contract at 0x"),
    ] {
        for line in [
            format!(
                "policy set --token {token} --max-per-call 1raw --max-per-window 5raw --window 1d"
            ),
            format!(
                "session register --without-caps --allow STRK:transfer --spend {token}=1raw/5raw/1d"
            ),
        ] {
            let failure = dir.fails(&line, code);
            assert!(text(&failure, "error").contains(says), "{failure}");
            if code == CHAIN {
                assert!(text(&failure, "remedy").contains("the token's address"), "{failure}");
            }
        }
    }
    assert_eq!(proxy.sent(), sent);
}

#[test]
fn a_ninth_token_is_refused_before_anything_is_sent() {
    let (dir, account, proxy) = watched();
    let nine: String = (1..=9).map(|token| format!(" --spend {token:#x}=1raw/5raw/1d")).collect();
    let register = "session register --without-caps --allow STRK:transfer";
    refused(&dir, &format!("{register}{nine}"), "at most 8 tokens, and this one would have 9");
    assert_eq!(proxy.sent(), 0);

    let token = || Node::shared().token("MANY", 2, &account, 100);
    let eight: Vec<_> = (0..8).map(|_| token()).collect();
    let spend: String = eight.iter().map(|it| format!(" --spend {it}=0.5many/1many/1d")).collect();
    let registered = dir.done(&format!("{register}{spend}"));
    assert_eq!(registered["policies"].as_array().unwrap().len(), 8);
    assert_eq!(registered["policies"][7]["max_per_window"], "100");
    let ninth = format!(
        "policy set --token {} --max-per-call 1raw --max-per-window 5raw --window 1d",
        token()
    );
    let failure = dir.fails(&ninth, ACCOUNT);
    assert!(text(&failure, "error").contains("policies for 8 tokens"), "{failure}");
    assert_eq!(proxy.sent(), 1);
}

#[test]
fn a_node_that_makes_up_a_keys_tokens_is_not_believed() {
    let (mut dir, _) = with_a_key();
    let nine: Vec<_> = std::iter::once("0x9").chain(["0x1"; 9]).collect();
    for answer in [json!([]), json!(["0xffffffffffffffff"]), json!(["0x2", "0x1"]), json!(nine)] {
        let proxy = answering("get_spending_tokens", answer);
        dir = dir.at(proxy.url());
        for line in [
            "policy get",
            "session status",
            "session register --without-caps --allow STRK:transfer",
        ] {
            let failure = dir.fails(line, NETWORK);
            assert!(text(&failure, "error").contains("not a list of at most 8"), "{failure}");
        }
        assert_eq!(proxy.sent(), 0);
    }
}
