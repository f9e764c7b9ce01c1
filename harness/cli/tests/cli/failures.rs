//! Tests of how commands fail: they say what happened and what to do about it, and have an exit code for each
//! kind of failure.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use serde_json::json;
use session_client::keystore;
use starknet_rust::signers::SigningKey;

use crate::dir::{Dir, PASSWORD, text};
use crate::hostile::{ESTIMATE, lying};
use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

const USAGE: i32 = 2;
const NETWORK: i32 = 3;
const CHAIN: i32 = 4;
const ACCOUNT: i32 = 5;
const PENDING: i32 = 6;

#[test]
fn a_wrong_password_is_said_to_be_wrong_and_nothing_is_sent() {
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let account = Node::shared().funded();
    let mut dir = Dir::of(proxy.url(), &account).without("STARKNET_PRIVATE_KEY");
    dir.keep_secret("not the password");
    let key = SigningKey::from_secret_scalar(account.private_key);
    keystore::write(&dir.path("owner.json"), &key, PASSWORD).unwrap();
    dir.write("password.txt", "not the password");

    let failure = dir.fails("upgrade --keystore owner.json --password-file password.txt", USAGE);
    assert!(text(&failure, "error").contains("the password is wrong"), "{failure}");
    let nobody = dir.fails("upgrade --keystore owner.json", USAGE);
    assert!(text(&nobody, "error").contains("nobody to ask"), "{nobody}");
    let nowhere = dir.fails("upgrade --keystore nowhere.json", USAGE);
    assert!(text(&nowhere, "error").contains("there is no keystore"), "{nowhere}");
    assert_eq!(proxy.sent(), 0);

    dir.write("password.txt", PASSWORD);
    dir.done("upgrade --keystore owner.json --password-file password.txt");
}

#[test]
fn a_key_that_does_not_own_the_account_is_refused_before_anything_is_sent() {
    let node = Node::shared();
    let (account, other) = (node.funded(), node.funded());
    let dir = Dir::of(node.url(), &account).with_key(other.private_key);
    let failure = dir.fails("upgrade", USAGE);
    assert!(text(&failure, "error").contains("does not own"), "{failure}");
}

#[test]
fn a_node_of_another_network_is_refused() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    let failure = dir.fails("declare --network mainnet", USAGE);
    assert!(text(&failure, "error").contains("SN_SEPOLIA, not of mainnet"), "{failure}");
    // A devnet has Sepolia's chain id, and so passes for Sepolia unless --network says otherwise.
    dir.done("declare --network devnet");

    let hostile = json!("0x2e2e2f2e2e2f6574632f706173737764");
    let proxy = Proxy::new(Node::shared().url(), move |method| match method {
        "starknet_chainId" => Fate::Result(hostile.clone()),
        "devnet_getConfig" => Fate::Error(-32601, "no such method"),
        _ => Fate::Pass,
    });
    let dir = dir.at(proxy.url());
    dir.done("declare");
    let record = "deployments/0x2e2e2f2e2e2f6574632f706173737764.json";
    assert!(dir.path(record).is_file(), "a chain id is no path");
}

#[test]
fn mainnet_is_asked_about_before_it_is_spent_on() {
    let proxy = lying(&[("starknet_chainId", "\"0x534e5f4d41494e\""), ESTIMATE]);
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let failure = dir.fails("upgrade", USAGE);
    assert!(text(&failure, "error").contains("on mainnet, 0x"), "{failure}");
    assert_eq!(text(&failure, "remedy"), "if you mean it, give --yes");
    assert_eq!(proxy.sent(), 0);
    // With --yes the command sends the transaction, and tries again for a moment. This chain is not mainnet,
    // so it refuses the signature, which the estimate did not check.
    let failure = dir.fails("upgrade --yes --timeout 1", ACCOUNT);
    assert!(text(&failure, "error").contains("what the node's estimate lets pass"), "{failure}");
    assert!(proxy.sent() > 1);
}

#[test]
fn a_fee_above_the_limit_is_not_paid() {
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let failure = dir.fails("upgrade --max-fee 0.000000001", USAGE);
    assert!(text(&failure, "error").contains("above the limit of 0.000000001 STRK"), "{failure}");
    assert_eq!(proxy.sent(), 0);

    // With the smallest limit that is enough, the signed bounds stay within it.
    let estimate = dir.done("upgrade --dry-run");
    let limit: u128 = text(&estimate, "estimated_fee").parse().unwrap();
    let limit = session_client::units::show(limit, 18);
    let done = dir.done(&format!("upgrade --max-fee {limit}"));
    let most = Node::shared().most_fee(text(&done, "transaction"));
    assert_eq!(strk(most), limit);
    assert!(!proxy.heard("skip_validate"), "validation is counted");
}

fn strk(fri: u128) -> String {
    let unit = 10_u128.pow(18);
    format!("{}.{:018}", fri / unit, fri % unit).trim_end_matches('0').to_owned()
}

#[test]
fn a_balance_that_is_too_low_is_said_with_what_is_missing() {
    let node = Node::shared();
    let key = SigningKey::from_random();
    let owned = format!("deploy --public-key {:#x}", key.verifying_key().scalar());
    let deployed = Dir::of(node.url(), &node.funded()).done(&owned);
    let address = text(&deployed, "address").to_owned();

    let proxy = Proxy::new(node.url(), |_| Fate::Pass);
    let dir = Dir::empty().at(proxy.url()).with_key(key.secret_scalar());
    let dir = dir.with("STARKNET_ACCOUNT", &address);
    let failure = dir.fails("session revoke-all", CHAIN);
    assert!(text(&failure, "error").contains("has 0 STRK"), "{failure}");
    assert!(text(&failure, "remedy").contains(&address), "{failure}");
    assert_eq!(proxy.sent(), 0);
}

#[test]
fn a_node_that_is_not_there_is_a_failure_of_the_network() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dir = Dir::empty().with("STARKNET_RPC_URL", format!("http://{free}/v1/a-providers-key"));
    let mut dir = dir.with("STARKNET_ACCOUNT", "0x1");
    dir.keep_secret("a-providers-key");
    for command in ["doctor", "declare", "session status 0x1", "verify", "wait 0x1"] {
        let failure = dir.fails(&format!("{command} --timeout 1"), NETWORK);
        assert!(text(&failure, "error").contains("Connection refused"), "{failure}");
    }
}

/// The client speaks HTTPS, and no other scheme than HTTP and HTTPS.
#[test]
fn a_node_is_reached_by_https_and_by_nothing_stranger() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in plain.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for (url, reason) in [
        (format!("https://{address}/rpc"), "corrupt message"),
        (format!("ftp://{address}/rpc"), "scheme is not allowed"),
    ] {
        let failure =
            Dir::empty().with("STARKNET_RPC_URL", url).fails("doctor --timeout 1", NETWORK);
        assert!(text(&failure, "error").contains(reason), "{failure}");
    }
}

#[test]
fn a_node_on_this_machine_is_reached_past_the_proxies_and_another_by_one_that_is_named() {
    let account = Node::shared().funded();
    let proxied = |dir: Dir| {
        let mut dir = dir;
        dir.keep_secret("hunter2");
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            dir = dir.with(variable, "http://me:hunter2@127.0.0.1:9");
        }
        dir
    };
    proxied(Dir::of(Node::shared().url(), &account)).done("upgrade");
    let elsewhere = Dir::empty().with("STARKNET_RPC_URL", "http://node.invalid/a-providers-key");
    let mut elsewhere = proxied(elsewhere);
    elsewhere.keep_secret("a-providers-key");
    let failure = elsewhere.fails("doctor --timeout 0", NETWORK);
    let told = text(&failure, "error");
    assert!(told.ends_with("(asked through the proxy 127.0.0.1:9)"), "{failure}");
    assert!(told.contains("no connection to node.invalid"), "{failure}");
}

/// Network scenarios 21 and 26: a node that asks to wait is reported as such; its URL is not called wrong.
#[test]
fn a_provider_that_limits_or_is_away_is_named_with_its_status_and_no_address_is_doubted() {
    const AWAY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    const LIMITED: &str =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n";
    for (answer, says) in [(AWAY, "HTTP status 503"), (LIMITED, "fewer requests, for 3600 s")] {
        let proxy = Proxy::new(Node::shared().url(), move |_| Fate::Raw(answer));
        let failure = Dir::empty().at(proxy.url()).fails("doctor --timeout 1", NETWORK);
        let told = text(&failure, "error");
        assert!(told.contains(says) && told.contains("127.0.0.1:"), "{failure}");
        assert!(!text(&failure, "remedy").contains("--rpc"), "{failure}");
    }
}

#[test]
fn an_output_that_is_closed_or_full_is_an_error_and_ends_nothing_half_way() {
    let dir = Dir::of(Node::shared().url(), &Node::shared().funded());
    for (line, code) in [
        ("session-harness session create > /dev/full", 1),
        ("session-harness completions bash > /dev/full", 1),
        ("session-harness doctor --rpc http://127.0.0.1:1 2> /dev/full", NETWORK),
        ("session-harness upgrade 2> /dev/full", 0),
    ] {
        let said = dir.shell(line);
        assert_eq!(said.code, code, "{line}: {}{}", said.stdout, said.stderr);
    }
    let again = dir.done("upgrade");
    assert_eq!(again["outcome"], "unchanged", "{again}");
}

#[test]
fn a_node_that_goes_away_at_any_step_is_a_failure_of_the_network() {
    let account = Node::shared().funded();
    let steps = [
        "starknet_chainId",
        "starknet_getClassHashAt",
        "starknet_getClass",
        "starknet_call",
        "starknet_getNonce",
        "starknet_estimateFee",
        "starknet_addInvokeTransaction",
    ];
    for step in steps {
        let proxy =
            Proxy::new(
                Node::shared().url(),
                move |method| {
                    if method == step { Fate::Gone } else { Fate::Pass }
                },
            );
        let failure = Dir::of(proxy.url(), &account).fails("upgrade --timeout 1", NETWORK);
        assert!(proxy.was_asked(step), "{step} is no step of it");
        assert_eq!(failure["kind"], "network", "{step}");
    }
    Dir::of(Node::shared().url(), &account).done("upgrade");
}

#[test]
fn a_node_that_answers_rubbish_is_a_failure_of_the_network() {
    let answers = [
        "",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"jsonrpc\":",
        "HTTP/1.1 200 OK\r\ncontent-length: 43\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0xzzzzzz\"}",
        "HTTP/1.1 200 OK\r\ncontent-length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}",
    ];
    let account = Node::shared().funded();
    for answer in answers {
        for step in ["starknet_chainId", "starknet_getClass", "starknet_estimateFee"] {
            let proxy = Proxy::new(Node::shared().url(), move |method| match method {
                _ if method == step => Fate::Raw(answer),
                _ => Fate::Pass,
            });
            let dir = Dir::of(proxy.url(), &account);
            let failure = dir.fails("upgrade --timeout 0", NETWORK);
            assert_eq!(failure["kind"], "network", "{answer}");
        }
    }
}

#[test]
fn what_a_node_says_cannot_command_a_terminal() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_chainId" => Fate::Error(-32000, "\u{1b}]0;owned\u{7}\u{1b}[2J"),
        _ => Fate::Pass,
    });
    let said = Dir::empty().at(proxy.url()).run("doctor");
    assert_eq!(said.code, NETWORK);
    assert!(!said.stderr.contains('\u{1b}') && !said.stderr.contains('\u{7}'), "{}", said.stderr);
}

#[test]
fn a_transaction_that_is_in_no_block_in_time_is_named_with_how_to_look_again() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getTransactionReceipt" => Fate::Error(29, "Transaction hash not found"),
        _ => Fate::Pass,
    });
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    let failure = dir.fails("upgrade --timeout 1", PENDING);
    let hash = text(&failure, "transaction").to_owned();
    assert!(text(&failure, "remedy").contains(&format!("session-harness wait {hash}")));

    let dir = dir.at(Node::shared().url());
    assert_eq!(dir.done(&format!("wait {hash}"))["transaction"], json!(hash));
}

#[test]
fn what_is_waited_for_is_told_every_ten_seconds() {
    let proxy = Proxy::new(Node::shared().url(), |method| match method {
        "starknet_getTransactionReceipt" => Fate::Error(29, "Transaction hash not found"),
        _ => Fate::Pass,
    });
    let said = Dir::empty().at(proxy.url()).run("wait 0x1 --timeout 11");
    assert_eq!(said.code, PENDING);
    assert!(said.stderr.contains(" s: the transaction is unknown"), "{}", said.stderr);
}

#[test]
fn what_is_typed_wrong_is_a_usage_error() {
    let dir = Dir::empty().at(Node::shared().url());
    for line in [
        "frobnicate",
        "declare --max-fee lots",
        "declare --private-key 0x1",
        "declare --network moonnet",
        "declare --rpc nowhere",
        "session register --allow transfer",
        "session register",
        "session execute",
        "session register --allow STRK:transfer --allow-any",
        "session register --allow STRK:transfer --max-calls 0",
        "session register --allow STRK:transfer@0",
        "session register --allow STRK:transfer@256=0x5",
        "session register --allow STRK:transfer:recipient=",
        "session register --allow STRK:transfer:0xbeef,u256:1",
        "session register --allow-on-any transfer:0xbeef",
        "session register --spend STRK=1strk/5strk/1d",
        "session register --allow STRK:transfer --spend STRK",
        "session register --allow STRK:transfer --spend STRK=1strk/5strk",
        "session register --allow STRK:transfer --spend STRK=1strk/5strk/1",
        "session register --allow STRK:transfer --spend STRK=1.5/5strk/1d",
        "session register --allow STRK:transfer --spend STRK=-1/5/1d",
        "session register --allow STRK:transfer --spend dollar=1raw/5raw/1d",
        "policy set 0x1 --token STRK --max-per-call 1.5 --max-per-window 2raw --window 1d",
    ] {
        assert_eq!(dir.run(line).code, USAGE, "{line}");
    }
    let nobody = dir.fails("session status 0x1", USAGE);
    assert_eq!(text(&nobody, "error"), "no account is named");
    let nothing = dir.with("STARKNET_ACCOUNT", "0x1").fails("session status", USAGE);
    assert!(text(&nothing, "error").contains("there is no session key"), "{nothing}");
}
