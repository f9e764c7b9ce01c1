#![allow(clippy::unwrap_used)]

use serde_json::json;
use starknet_rust::core::types::requests::{BlockNumberRequest, ChainIdRequest};
use starknet_rust::core::types::{BlockId, BlockTag, Felt};
use starknet_rust::providers::jsonrpc::JsonRpcClient;
use starknet_rust::providers::{Provider, ProviderError};

use super::*;
use crate::server::{Asked, Reply, Server};

fn rpc(server: &Server, patience: Patience) -> JsonRpcClient<Transport> {
    JsonRpcClient::new(Transport::new(server.url.parse().unwrap(), patience).unwrap())
}

async fn trouble(answer: &str) -> Trouble {
    let answer = answer.to_owned();
    let server = Server::new(move |_: &Asked| Reply::Raw(answer.clone())).await;
    let error = rpc(&server, Patience::default().without_retries()).chain_id().await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("secret-path") && told.contains("127.0.0.1"), "{told}");
    TransportError::of(&error).unwrap().trouble().clone()
}

fn http(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn an_answer_of_another_request_is_not_believed() {
    let other = r#"{"jsonrpc":"2.0","id":9,"result":"0x1"}"#;
    assert!(matches!(trouble(&http("200 OK", other)).await, Trouble::Unexpected(_)));
    let nobodys = r#"{"jsonrpc":"2.0","id":null,"result":"0x1"}"#;
    assert!(matches!(trouble(&http("200 OK", nobodys)).await, Trouble::Unexpected(_)));
}

/// A rate limiter that has not read the request does not know its id.
#[tokio::test]
async fn a_limiter_is_recognised_by_its_code_alone() {
    let limited = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"limit"}}"#;
    for head in ["200 OK", "429 Too Many Requests"] {
        assert_eq!(trouble(&http(head, limited)).await, Trouble::RateLimited);
    }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_within_json_is_heeded_and_told() {
    let limited = r#"{"error":{"code":-32005,"message":"limit","data":{"backoff_seconds":3600}}}"#;
    let limited = http("429 Too Many Requests", limited);
    let server = Server::new(move |_: &Asked| Reply::Raw(limited.clone())).await;
    // The pause is longer than the client's patience, so there is no retry and no wait.
    let error = rpc(&server, Patience::default()).chain_id().await.unwrap_err();
    let error = TransportError::of(&error).unwrap();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)));
    assert!(error.to_string().ends_with("asks for fewer requests, for 3600 s"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_so() {
    let answer = r#"{"jsonrpc":"2.0","id":0,"result":"0x1"}"#;
    let moved = http("302 Found\r\nlocation: http://127.0.0.1:9/", answer);
    assert_eq!(trouble(&moved).await, Trouble::Status(302));
    let told = failed(&"http://a.example/key".parse().unwrap(), Trouble::Status(302)).to_string();
    assert_eq!(
        told,
        "a.example answers with HTTP status 302 (Found), which sends elsewhere and is not followed"
    );
}

#[tokio::test]
async fn an_answer_that_is_compressed_unasked_is_named() {
    let zstd = http("200 OK\r\ncontent-encoding: zstd", "....");
    assert_eq!(trouble(&zstd).await, Trouble::Compressed("zstd".to_owned()));
}

/// A gzip-compressed answer: a client that asks for none still has to read it.
const GZIP: &str = "1f8b0800000000000203ab56ca2acecf2b2a4856b25232d23350d251ca4c51b2\
         32d0512a4a2d2ecd29018a1a54981a9ba49aa6014953530393349364134b1343\
         a55a00548fc7eb3a000000";

#[tokio::test]
async fn an_answer_that_is_compressed_is_read() {
    let server = Server::new(|_: &Asked| {
        let body = (0..GZIP.len()).step_by(2).map(|at| u8::from_str_radix(&GZIP[at..at + 2], 16));
        let body: Vec<_> = body.map(Result::unwrap).collect();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Reply::Bytes([head.as_bytes(), &body].concat())
    })
    .await;
    let chain_id = rpc(&server, Patience::default().without_retries()).chain_id().await.unwrap();
    assert_eq!(chain_id, Felt::from_bytes_be_slice(b"SN_SEPOLIA"));
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let endless = |head: &str, length: usize| {
        format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{}", " ".repeat(length))
    };
    assert_eq!(trouble(&endless("200 OK", LONGEST_ANSWER + 1)).await, Trouble::TooLong);
    assert_eq!(trouble(&endless("502 Bad", LONGEST_FAILURE + 1)).await, Trouble::TooLong);
}

fn batch() -> [ProviderRequestData; 2] {
    [
        ProviderRequestData::ChainId(ChainIdRequest),
        ProviderRequestData::BlockNumber(BlockNumberRequest),
    ]
}

#[tokio::test]
async fn a_batch_is_answered_in_any_order_and_in_full() {
    let (first, second) = (json!({ "id": 0, "result": "0x5" }), json!({ "id": 1, "result": 7 }));
    for (answer, is_whole) in [
        (json!([second, first]), true),
        (json!([first]), false),
        (json!([first, first]), false),
        (json!([first, second, { "id": 2, "result": 7 }]), false),
        (json!({ "id": 0, "result": "0x5" }), false),
    ] {
        let said = http("200 OK", &answer.to_string());
        let server = Server::new(move |_: &Asked| Reply::Raw(said.clone())).await;
        let answers = rpc(&server, Patience::default()).batch_requests(batch()).await;
        assert_eq!(answers.is_ok(), is_whole, "{answer}: {answers:?}");
    }
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_each_request_s_refusal() {
    let said = http("200 OK", r#"{"id":null,"error":{"code":-32600,"message":"no batches"}}"#);
    let server = Server::new(move |_: &Asked| Reply::Raw(said.clone())).await;
    let answers = rpc(&server, Patience::default()).batch_requests(batch()).await;
    assert!(matches!(&answers, Err(ProviderError::Other(_))), "{answers:?}");
    assert!(answers.unwrap_err().to_string().contains("no batches"));
}

/// A node whose pre-confirmed block does not follow its last one answers 24 (block not found), or for the
/// last block: both are accepted.
#[tokio::test]
async fn a_node_without_a_pre_confirmed_block_is_asked_of_the_last_one() {
    let server = Server::new(|asked: &Asked| {
        if asked.params.to_string().contains("pre_confirmed") {
            return Reply::Error(json!({ "code": 24, "message": "Block not found" }));
        }
        Reply::Result(json!("0x7"))
    })
    .await;
    let next = BlockId::Tag(BlockTag::PreConfirmed);
    let rpc = rpc(&server, Patience::default());
    assert_eq!(rpc.get_nonce(next, Felt::ONE).await.unwrap(), Felt::from(7));
    assert_eq!(server.asked().len(), 2);
}

/// Without this rule, `Retry-After: 0` or a date in the past would cause a hundred requests a second.
#[test]
fn a_time_that_is_up_already_is_no_leave_to_ask_without_a_pause() {
    let usual = Duration::from_millis(500);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(asked_for(None, usual), usual);
    assert_eq!(asked_for(seconds(0), usual), usual);
    assert_eq!(asked_for(Some(Duration::from_millis(700)), usual), Duration::from_millis(700));
    assert_eq!(asked_for(seconds(30), usual), Duration::from_secs(30));
}
