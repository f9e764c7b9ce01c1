//! Tests the faults between a client and a node, as a client sees them.

#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use session_client::token::{STRK, transfer};
use session_devnet::faults::{Fault, RetryAfter};
use session_devnet::network::{Pace, Settings};
use session_devnet::{Network, Stage};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;
use url::Url;

const BLOCK: Duration = Duration::from_secs(3);

/// A network whose time tests advance, and a URL where the next request has the fault that is set.
struct Bed {
    stage: Stage,
    network: Network,
    url: Url,
    next: Arc<Mutex<Option<Fault>>>,
}

impl Bed {
    async fn open() -> Self {
        let mut stage = Stage::start(session_devnet::Settings::default()).await.unwrap();
        let settings = Settings::default().at_pace(Pace::ByHand).with_still_prices();
        let network = stage.become_network(settings).await.unwrap();
        let next: Arc<Mutex<Option<Fault>>> = Arc::default();
        let taken = next.clone();
        let decide = move |_: &str, _: &Value| taken.lock().unwrap().take();
        let (url, _) = stage.behind(decide).await.unwrap();
        Self { stage, network, url, next }
    }

    async fn ask(&self, fault: Fault, method: &str, params: Value) -> reqwest::Result<Response> {
        *self.next.lock().unwrap() = Some(fault);
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        Client::new().post(self.url.clone()).json(&body).send().await
    }

    async fn answer(&self, fault: Fault, method: &str, params: Value) -> Value {
        self.ask(fault, method, params).await.unwrap().json().await.unwrap()
    }

    /// Sends a payment with `fault`, and says whether the network has received it.
    async fn pays(&self, fault: Fault, nonce: u64) -> (reqwest::Result<Response>, bool) {
        let calls = vec![transfer(STRK, Felt::TWO, 5)];
        let execution = self.stage.payer().execute_v3(calls).nonce(nonce.into());
        let prepared = self.stage.bounded(execution).prepared().unwrap();
        let hash = prepared.transaction_hash(false);
        let request = prepared.get_invoke_request(false, false).await.unwrap();
        let params = json!({ "invoke_transaction": request });
        let answer = self.ask(fault, "starknet_addInvokeTransaction", params).await;
        let answer = match answer {
            Ok(answer) if answer.status().is_success() && answer.content_length() == Some(100) => {
                Err(answer.bytes().await.unwrap_err())
            }
            answer => answer,
        };
        (answer, self.network.status(hash).await.is_some())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_after_it_arrived_is_in_the_network_and_what_did_not_arrive_is_not() {
    let bed = Bed::open().await;
    for (nonce, fault, arrives) in [
        (0, Fault::LostAnswer, true),
        (1, Fault::HangUp, false),
        (1, Fault::GatewayTimeout, true),
        (2, Fault::NodeTimeout, true),
        (3, Fault::Unavailable, false),
        (3, Fault::Html, false),
        (3, Fault::TooMany(RetryAfter::Unsaid), false),
        (3, Fault::Limited, false),
    ] {
        let (answer, is_there) = bed.pays(fault, nonce).await;
        assert_eq!(is_there, arrives, "{fault:?}");
        let is_broken = matches!(fault, Fault::LostAnswer | Fault::HangUp);
        assert_eq!(answer.is_err(), is_broken, "{fault:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_ask_for_patience_in_seconds_by_a_date_or_within_json() {
    let bed = Bed::open().await;
    let asked = async |retry_after| {
        let fault = Fault::TooMany(retry_after);
        let answer = bed.ask(fault, "starknet_chainId", json!([])).await.unwrap();
        assert_eq!(answer.status(), 429);
        answer.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned())
    };
    assert_eq!(asked(RetryAfter::Unsaid).await, None);
    assert_eq!(asked(RetryAfter::Seconds(2)).await.unwrap(), "2");
    assert!(asked(RetryAfter::Date(2)).await.unwrap().ends_with(" GMT"));
    let limited = bed.answer(Fault::Limited, "starknet_chainId", json!([])).await;
    assert_eq!(limited["error"]["code"], -32_005);
    assert_eq!(limited["error"]["data"]["backoff_seconds"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_has_fallen_behind_knows_less_than_one_that_has_not() {
    let bed = Bed::open().await;
    let number = async |fault| bed.answer(fault, "starknet_blockNumber", json!([])).await;
    // A backend that is behind answers as the others do until the chain moves on.
    let before = number(Fault::Stale).await["result"].as_u64().unwrap();
    bed.network.pass(BLOCK * 2).await;
    assert_eq!(number(Fault::Stale).await["result"], before);
    assert_eq!(number(Fault::TooWide).await["result"], before + 2, "TooWide is for events alone");
    // The requests are texts, since no Rust type keeps all of these ids.
    for id in ["1.5", "1180591620717411303424", "\"a\"", "null"] {
        let one = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"starknet_blockNumber"}}"#);
        for body in [one.clone(), format!("[{one}]")] {
            *bed.next.lock().unwrap() = Some(Fault::Stale);
            let told = Client::new().post(bed.url.clone()).body(body).send().await.unwrap();
            let told = told.text().await.unwrap();
            assert!(told.contains(&format!("\"id\":{id},\"result\":{before}")), "{id}: {told}");
        }
    }
    *bed.next.lock().unwrap() = Some(Fault::Stale);
    let wrong = Client::new().post(bed.url.clone()).body("{").send().await.unwrap();
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"]["code"], -32_700);
}

/// Any program of this machine can reach the devnet's own port.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_is_not_read_to_its_end() {
    let stage = Stage::start(session_devnet::Settings::default()).await.unwrap();
    let endless = format!("\"{}\"", "x".repeat(17 * 1_024 * 1_024));
    let asked = Client::new().post(stage.url().clone()).header("content-type", "application/json");
    // The devnet may break the connection before all is sent.
    if let Ok(answer) = asked.body(endless).send().await {
        let told = answer.text().await.unwrap();
        assert!(told.contains("length limit exceeded"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_events_are_empty_unknown_or_too_wide_and_an_empty_one_loses_none() {
    let bed = Bed::open().await;
    let filter = json!({ "from_block": "latest", "to_block": "latest", "chunk_size": 10 });
    let params = json!({ "filter": filter });
    let events = async |fault| bed.answer(fault, "starknet_getEvents", params.clone()).await;
    let empty = events(Fault::EmptyPage).await;
    assert_eq!(empty["result"]["events"], json!([]));
    let token = &empty["result"]["continuation_token"];
    let mut next = filter.clone();
    next["continuation_token"] = token.clone();
    let next = json!({ "filter": next });
    let page = bed.answer(Fault::NoPreConfirmed, "starknet_getEvents", next).await;
    assert!(page["result"]["events"].is_array(), "{page}");
    assert_eq!(events(Fault::UnknownPage).await["error"]["code"], 33);
    let wide = bed.ask(Fault::TooWide, "starknet_getEvents", params.clone()).await.unwrap();
    assert_eq!(wide.status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_node_knows_no_pre_confirmed_block_and_says_which_version_it_speaks() {
    let bed = Bed::open().await;
    let version = bed.answer(Fault::OldNode, "starknet_specVersion", json!([])).await;
    assert_eq!(version["result"], "0.8.1");
    let block = json!({ "block_id": "pre_confirmed" });
    let asked = async |fault| {
        bed.answer(fault, "starknet_getBlockWithTxHashes", block.clone()).await["error"].clone()
    };
    assert_eq!(asked(Fault::OldNode).await["code"], -32_602);
    assert_eq!(asked(Fault::NoPreConfirmed).await["code"], 24);
    let (answer, _) = bed.pays(Fault::OldNode, 300).await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert_eq!(answer["error"]["code"], 52);
    assert!(answer["error"].get("data").is_none());
}
