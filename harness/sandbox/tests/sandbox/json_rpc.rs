//! Tests that JSON-RPC follows its specification, even where the devnet's own reader does not; and the reset
//! of a chain.

use std::collections::BTreeMap;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::token::{ETH, STRK, balance};
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::Felt;

use super::client::{answer, hex, node, order, post, state};

const START: u64 = 1_900_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_rpc_is_whole_and_a_reset_brings_everything_back() {
    let settings = Settings { accounts: 1, start_time: Some(START), ..Settings::default() };
    let sandbox = Sandbox::open(settings).await.unwrap();
    let info = sandbox.info().clone();

    the_clock_goes_on(&info).await;
    ids_of_any_kind(&info).await;
    positions_and_names(&info).await;
    notifications(&info).await;
    integers_of_any_size(&info).await;
    what_else_clients_ask(&info).await;
    every_account_has_every_token(&info).await;
    a_reset(&info).await;
    sandbox.stop().await;
}

fn request(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

async fn ids_of_any_kind(info: &Info) {
    let client = Client::new();
    for (url, method) in
        [(&info.rpc_url, "starknet_chainId"), (&info.paymaster_url, "paymaster_isAvailable")]
    {
        // The requests are texts, since no Rust type keeps all of these ids.
        for id in ["\"a\"", "7", "-1", "1.5", "null", "1180591620717411303424"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
            let told = client.post(url).body(body).send().await.unwrap().text().await.unwrap();
            assert!(told.contains(&format!("\"id\":{id},\"result\"")), "{id}: {told}");
        }
        let body = json!({ "jsonrpc": "2.0", "id": {}, "method": method });
        let (_, told) = post(&client, url, &body).await;
        assert_eq!((&told["id"], &told["error"]["code"]), (&Value::Null, &json!(-32_600)));
        let batch = json!([request(method, &json!([])), 7]);
        let (_, told) = post(&client, url, &batch).await;
        assert!(told[0].get("result").is_some(), "{told}");
        assert_eq!(told[1]["error"]["code"], -32_600, "{told}");
    }
}

async fn positions_and_names(info: &Info) {
    let client = Client::new();
    let address = info.accounts[0].address;
    for params in
        [json!(["latest", address]), json!({ "block_id": "latest", "contract_address": address })]
    {
        let body = request("starknet_getClassHashAt", &params);
        let (_, told) = post(&client, &info.rpc_url, &body).await;
        assert_eq!(told["result"], hex(info.class_hash), "{told}");
    }
}

/// Such a request is executed and gets no answer.
async fn notifications(info: &Info) {
    let (client, node) = (Client::new(), node(info).await);
    let params = json!({ "address": "0x77", "amount": 5, "unit": "FRI" });
    let mint = json!({ "jsonrpc": "2.0", "method": "devnet_mint", "params": params });
    for body in [mint.clone(), json!([mint, mint])] {
        let told = client.post(&info.rpc_url).json(&body).send().await.unwrap();
        assert_eq!(told.status(), StatusCode::NO_CONTENT);
        assert_eq!(told.text().await.unwrap(), "");
    }
    let (_, told) =
        post(&client, &info.rpc_url, &json!([mint, request("starknet_chainId", &Value::Null)]))
            .await;
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!(balance(&node, STRK, Felt::from(0x77)).await.unwrap(), 20);
}

/// 20 STRK are more FRI than 64 bits can hold.
async fn integers_of_any_size(info: &Info) {
    let amount = 20_000_000_000_000_000_000_u128;
    let body =
        request("devnet_mint", &json!({ "address": "0x78", "amount": amount, "unit": "FRI" }));
    let (_, told) = post(&Client::new(), &info.rpc_url, &body).await;
    assert!(told.get("result").is_some(), "{told}");
    assert_eq!(balance(&node(info).await, STRK, Felt::from(0x78)).await.unwrap(), amount);
}

async fn what_else_clients_ask(info: &Info) {
    let client = Client::new();
    let told = client.get(format!("{}is_alive", info.page_url)).send().await.unwrap();
    assert_eq!(told.text().await.unwrap(), "Alive!!!");

    let asked = client
        .request(Method::OPTIONS, &info.rpc_url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,authorization")
        .header("access-control-request-private-network", "true");
    let allowed = asked.send().await.unwrap();
    assert_eq!(allowed.headers()["access-control-allow-private-network"], "true");
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
    assert_eq!(allowed.headers()["access-control-allow-headers"], "content-type,authorization");

    let told = client.get(info.ws_url.replace("ws://", "http://")).send().await.unwrap();
    let (status, told) = answer(told).await;
    assert_eq!((status.as_u16(), &told["code"]), (400, &json!("NO_WEBSOCKET")), "{told}");
}

/// The chain makes a block when a client asks what time it is, if there was none for a while: otherwise an end that
/// is counted from the answer may be past when the next transaction comes. This comes first, while nothing else
/// asked for a block.
async fn the_clock_goes_on(info: &Info) {
    let ask = async |method: &str, params: Value| {
        post(&Client::new(), &info.rpc_url, &request(method, &params)).await.1["result"].take()
    };
    let height = async || ask("starknet_blockNumber", json!([])).await.as_u64().unwrap();
    let before = height().await;
    ask("starknet_getBlockWithTxHashes", json!({ "block_id": "latest" })).await;
    assert_eq!(height().await, before, "no time was asked for");
    let block = ask("starknet_getBlockWithTxHashes", json!({ "block_id": "pre_confirmed" })).await;
    let after = height().await;
    assert_eq!(after, before + 1, "{block}");
    let latest = ask("starknet_getBlockWithTxHashes", json!({ "block_id": "latest" })).await;
    let time = |block: &Value| block["timestamp"].as_u64().unwrap();
    assert!(time(&block) >= time(&latest), "{block}");
}

async fn every_account_has_every_token(info: &Info) {
    assert_eq!(info.tokens, BTreeMap::from([("ETH", ETH), ("STRK", STRK)]));
    let node = node(info).await;
    for token in info.tokens.values() {
        assert!(balance(&node, *token, info.accounts[0].address).await.unwrap() > 0);
    }
}

/// Asks Chipi's endpoint for the typed data of a call of `entrypoint`, and returns the answer.
async fn prepare(info: &Info, entrypoint: &str) -> Value {
    let call = json!({ "contractAddress": "0x78", "entrypoint": entrypoint });
    let body = json!({ "publicKey": hex(info.accounts[0].address), "calls": [call] });
    let url = format!("{}/v1/transactions/prepare-typed-data", info.chipi_url);
    post(&Client::new(), &url, &body).await.1
}

async fn a_reset(info: &Info) {
    let client = Client::new();
    let url = format!("{}reset", info.page_url);
    let before = node(info).await;
    order(info, &info.accounts[0], Vec::new()).await;
    let old = state(info).await;
    let ahead = request("devnet_setTime", &json!({ "time": START + 86_400 }));
    post(&client, &info.rpc_url, &ahead).await;
    assert!(before.now().await.unwrap() >= START + 86_400);
    prepare(info, "play_a_move").await;
    let move_selector = hex(selector("play_a_move"));
    let shown =
        |told: &Value| told["message"].as_str().unwrap().contains("is a selector, play_a_move:");
    assert!(shown(&prepare(info, &move_selector).await));

    let asked = client.post(&url).header("origin", "https://evil.example");
    let (status, told) = answer(asked.send().await.unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    assert!(before.now().await.unwrap() >= START + 86_400);

    let asked = client.post(&url).header("origin", "http://localhost:5173");
    let (status, told) = answer(asked.send().await.unwrap()).await;
    assert_eq!(
        (status, told),
        (StatusCode::OK, json!(info)),
        "the same accounts at the same places"
    );
    let node = node(info).await;
    assert!((START..START + 600).contains(&node.now().await.unwrap()));
    assert_eq!(balance(&node, STRK, Felt::from(0x78)).await.unwrap(), 0);
    let new = state(info).await;
    assert_eq!((&old["transaction_count"], &new["transaction_count"]), (&json!(1), &json!(0)));
    // A page that is open sees by the opening that its transactions are another chain's.
    assert_ne!(old["opening"], new["opening"]);
    let page = client.get(&info.page_url).send().await.unwrap().text().await.unwrap();
    let opening = new["opening"].as_str().unwrap();
    assert!(page.contains(&format!("data-opening=\"{opening}\"")), "{page}");
    // The names that clients used were for the old chain.
    assert!(!shown(&prepare(info, &move_selector).await));
    // The accounts work as before the reset.
    order(info, &info.accounts[0], Vec::new()).await;
}
