//! Tests with clients that hang up, and with clients that use the accounts and methods on which the sandbox
//! itself depends.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_client::Owner;
use session_client::token::{STRK, balance, transfer};
use session_devnet::network;
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::client::{hex, node, paymaster_body, post, raw_body, raw_url, register};

const RECIPIENT: Felt = Felt::from_hex_unchecked("0xbeef");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_sent_is_done_and_shown_though_it_hung_up() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let session = register(&info, &info.accounts[0], 1, 100).await.remove(0);
    let payment = || transfer(STRK, RECIPIENT, 1);

    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(ask(&raw_url(&info), &raw_body(&session.payment(RECIPIENT))).await);
        let body = paymaster_body(&session.payment(RECIPIENT), info.chain_id);
        connections.push(ask(&info.paymaster_url, &body).await);
    }
    let first = session.plain(vec![payment()], Felt::ONE).await;
    let second = session.plain(vec![payment()], Felt::TWO).await;
    connections.push(ask(&info.rpc_url, &json!([first, second])).await);
    // The first request is being executed, and the others wait for it.
    while session.calls_used().await == 0 {}
    drop(connections);

    let shown = transactions(&info, 1 + 10).await;
    assert!(shown.iter().all(|it| it["status"] == "accepted"), "{shown:?}");
    assert_eq!(session.calls_used().await, 10);
    assert_eq!(balance(&node(&info).await, STRK, RECIPIENT).await.unwrap(), 10);
    sandbox.stop().await;
}

/// Posts `body` to `url`, and does not read the answer.
async fn ask(url: &str, body: &Value) -> TcpStream {
    let (address, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let body = body.to_string();
    let head =
        format!("POST /{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Waits until the page counts `count` transactions, and returns what it shows.
async fn transactions(info: &Info, count: u64) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let state = reqwest::get(format!("{}state.json", info.page_url)).await.unwrap();
        let state: Value = state.json().await.unwrap();
        if state["transaction_count"] == count {
            return state["transactions"].as_array().unwrap().clone();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{}", state["transaction_count"]);
        sleep(Duration::from_millis(100)).await;
    }
}

/// The devnet tells everybody the keys of its own accounts, and clients use the first one, also as
/// `devnet-1`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_that_clients_are_told_is_a_relayer_s_and_both_send_at_once() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let session = register(&info, &info.accounts[0], 1, 100).await.remove(0);
    let (client, node) = (reqwest::Client::new(), node(&info).await);
    let told = rpc(&info, "devnet_getPredeployedAccounts", json!({})).await;
    let felt = |value: &Value| Felt::from_hex(value.as_str().unwrap()).unwrap();
    let mut keys: Vec<_> = told["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (felt(&it["address"]), felt(&it["private_key"])))
        .collect();
    assert_eq!(*keys.last().unwrap(), (info.submitter.address, info.submitter.private_key));
    keys.extend(info.accounts.iter().map(|it| (it.address, it.private_key)));
    assert!(keys.iter().all(|(address, _)| !info.relayers.contains(address)), "{keys:?}");
    assert!(info.relayers.len() > 1);

    let relay = async {
        for _ in 0..2 * info.relayers.len() {
            let (status, body) =
                post(&client, &raw_url(&info), &raw_body(&session.payment(RECIPIENT))).await;
            assert!(status.is_success(), "{body}");
        }
    };
    let send = async {
        for (address, key) in keys {
            let key = SigningKey::from_secret_scalar(key);
            Owner::new(node.clone(), address, key)
                .send([transfer(STRK, RECIPIENT, 1)])
                .await
                .unwrap();
        }
    };
    tokio::join!(relay, send);

    // The page shows which relayer paid, and every relayer had a turn.
    let state: Value = client
        .get(format!("{}state.json", info.page_url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let paid = |relayer: &Felt| {
        let payer = json!({ "kind": "other", "address": hex(*relayer) });
        state["transactions"].as_array().unwrap().iter().any(|it| it["payer"] == payer)
    };
    assert!(info.relayers.iter().all(paid), "{state}");
    let page = client.get(&info.page_url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("paid by relayer 1") && page.contains("paid by account 1"));
    assert!(page.contains("paid by the submitter"));
    let numbers = state["transactions"].as_array().unwrap();
    let relayed = numbers.iter().find(|it| it["payer"]["kind"] == "other").unwrap();
    let whole = client.get(format!("{}transactions/{}", info.page_url, relayed["number"]));
    let whole = whole.send().await.unwrap().text().await.unwrap();
    assert!(whole.contains(relayed["payer"]["address"].as_str().unwrap()), "{whole}");
    sandbox.stop().await;
}

/// Any page in a browser can post here, but it cannot reach files or other nodes, or end the chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_client_ends_the_chain_or_reaches_for_files_and_other_nodes() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    for (method, params) in [
        ("devnet_restart", json!({})),
        ("devnet_load", json!({ "path": "Cargo.toml" })),
        ("devnet_dump", json!({ "path": "dump.json" })),
        ("devnet_postmanLoad", json!({ "network_url": "http://127.0.0.1:1/" })),
    ] {
        let told = rpc(&info, method, params).await;
        assert!(told["error"].to_string().contains("forbidden"), "{method}: {told}");
    }
    let class = json!({ "block_id": "latest", "contract_address": hex(info.accounts[0].address) });
    let told = rpc(&info, "starknet_getClassHashAt", class).await;
    assert_eq!(told["result"], hex(info.class_hash));
    sandbox.stop().await;
}

async fn rpc(info: &Info, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    post(&reqwest::Client::new(), &info.rpc_url, &body).await.1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_accounts_have_funds() {
    let sandbox = Sandbox::open(Settings { accounts: 100, ..Settings::default() }).await.unwrap();
    let node = node(sandbox.info()).await;
    assert_eq!(sandbox.info().accounts.len(), 100);
    for account in &sandbox.info().accounts {
        assert!(balance(&node, STRK, account.address).await.unwrap() > 0);
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seed_makes_the_accounts_and_the_time_is_the_one_that_was_asked_for() {
    let start = 2_000_000_000;
    let mut accounts = Vec::new();
    for seed in [7, 7, 8] {
        let settings =
            Settings { accounts: 2, seed, start_time: Some(start), ..Settings::default() };
        let sandbox = Sandbox::open(settings).await.unwrap();
        let latest = json!({ "block_id": "latest" });
        let block = rpc(sandbox.info(), "starknet_getBlockWithTxHashes", latest).await;
        let time = block["result"]["timestamp"].as_u64().unwrap();
        assert!((start..start + 600).contains(&time), "{time}");
        accounts.push(sandbox.info().accounts.clone());
        sandbox.stop().await;
    }
    assert_eq!(accounts[0], accounts[1]);
    assert!(accounts[1].iter().zip(&accounts[2]).all(|(one, other)| one.address != other.address));
}

/// Drops and closings happen to blocks, and not to requests; whoever opens the sandbox names them once. The faults
/// of requests happen at both paths of the chain's JSON-RPC.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_happen_to_blocks_and_to_requests_at_both_paths() {
    let settings = network::Settings::default().with_blocks_of(Duration::from_millis(60));
    let network = Some((settings, "closed=1,429=0.4".parse().unwrap()));
    let sandbox =
        Sandbox::open(Settings { accounts: 1, network, ..Settings::default() }).await.unwrap();
    let info = sandbox.info();
    let none = json!({ "max_amount": "0x0", "max_price_per_unit": "0x0" });
    let transaction = json!({
        "type": "INVOKE", "version": "0x3", "sender_address": hex(info.accounts[0].address),
        "calldata": [], "signature": [], "nonce": "0x0", "tip": "0x0",
        "resource_bounds": { "l1_gas": none, "l2_gas": none, "l1_data_gas": none },
        "paymaster_data": [], "account_deployment_data": [],
        "nonce_data_availability_mode": "L1", "fee_data_availability_mode": "L1",
    });
    let params = json!({ "invoke_transaction": transaction });
    let method = "starknet_addInvokeTransaction";
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (client, started) = (reqwest::Client::new(), Instant::now());
    let (mut is_closed, mut limited) = (false, [false; 2]);
    while !is_closed || limited != [true; 2] {
        for (url, limited) in [&info.rpc_url, &info.page_url].into_iter().zip(&mut limited) {
            let told = client.post(url).json(&body).send().await.unwrap();
            if told.status() == 429 {
                *limited = true;
                continue;
            }
            let told: Value = told.json().await.unwrap();
            if told["error"].to_string().contains("Server unavailable") {
                is_closed = true;
            } else {
                // Until the first block ends, the gateway refuses the bounds.
                assert_eq!(told["error"]["code"], 53, "{told}");
            }
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{is_closed}, {limited:?}");
    }
    sandbox.stop().await;
}
