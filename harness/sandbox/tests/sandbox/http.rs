//! Requests that are not valid get an answer that says so, and cost the service little.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use session_sandbox::{Info, Sandbox, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::client::{answer, hex, post};

/// The server cuts off such clients after 30 s; they themselves would wait longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_and_unread_answers_are_cut_off_while_others_are_answered() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let started = Instant::now();
    let mut slow = JoinSet::new();
    for _ in 0..100 {
        let stream = TcpStream::connect(address(&info)).await.unwrap();
        slow.spawn(drip(stream));
    }
    let silent = tokio::spawn(say_nothing(info.clone()));
    let unread = tokio::spawn(leave_unread(info.clone()));
    let client = reqwest::Client::new();
    let mut answered = 0;
    while slow.try_join_next().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "slow heads are let be");
        let page = client.get(&info.page_url).timeout(Duration::from_secs(5)).send().await;
        assert!(page.unwrap().status().is_success());
        answered += 1;
    }
    slow.join_all().await;
    silent.await.unwrap();
    unread.await.unwrap();
    assert!(answered > 100, "{answered}");
    assert!(started.elapsed() > Duration::from_secs(20), "an honest client has time");
    sandbox.stop().await;
}

/// Sends a head of a request, one byte each second, until the server closes the connection.
async fn drip(mut stream: TcpStream) {
    let _ = stream.write_all(b"POST /rpc HTTP/1.1\r\nx: ").await;
    let mut told = [0; 100];
    loop {
        match timeout(Duration::from_secs(1), stream.read(&mut told)).await {
            // The connection is closed. HTTP asks for no answer to an unfinished head.
            Ok(Ok(0) | Err(_)) => return,
            Ok(Ok(length)) => panic!("{}", String::from_utf8_lossy(&told[..length])),
            Err(_) => drop(stream.write_all(b"x").await),
        }
    }
}

/// Connects, sends nothing, and waits until the server closes the connection.
async fn say_nothing(info: Info) {
    let mut stream = TcpStream::connect(address(&info)).await.unwrap();
    let told = timeout(Duration::from_secs(60), stream.read(&mut [0])).await;
    assert!(matches!(told, Ok(Ok(0) | Err(_))), "{told:?}");
}

/// Asks for more than the buffers hold, and reads nothing of it, until the server closes the connection.
async fn leave_unread(info: Info) {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "starknet_getClass",
        "params": { "block_id": "latest", "class_hash": info.class_hash },
    });
    let body = body.to_string();
    let head = "POST /rpc HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address(&info)).await.unwrap();
    stream.write_all(request.repeat(100).as_bytes()).await.unwrap();
    let reset = timeout(Duration::from_secs(60), stream.ready(Interest::ERROR)).await;
    assert!(reset.expect("unread answers are given up").unwrap().is_error());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_get_a_proper_error() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();

    malformed_json(&info).await;
    unknown_methods_and_paths(&info).await;
    wrong_fields(&info).await;
    batches(&info).await;
    huge_bodies(&info).await;
    a_slow_body(&info).await;
    a_taken_port(&info).await;

    sandbox.stop().await;
    let refused = reqwest::Client::new().get(&info.page_url).send().await;
    assert!(refused.unwrap_err().is_connect(), "what is stopped listens no more");
}

async fn malformed_json(info: &Info) {
    let client = reqwest::Client::new();
    for url in [&info.rpc_url, &info.paymaster_url] {
        let (_, body) = answer(client.post(url).body("{\"jsonrpc\"").send().await.unwrap()).await;
        assert_eq!(body["error"]["code"], -32_700, "{url}: {body}");
    }
    let url = format!("{}/v1/transactions/prepare-typed-data", info.chipi_url);
    let (status, body) = answer(client.post(url).body("[").send().await.unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["message"].as_str().unwrap().starts_with("the body is no JSON"), "{body}");
}

async fn unknown_methods_and_paths(info: &Info) {
    let client = reqwest::Client::new();
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": "paymaster_nothing" });
    for url in [&info.rpc_url, &info.paymaster_url] {
        let (_, body) = post(&client, url, &request).await;
        assert_eq!((&body["error"]["code"], &body["id"]), (&json!(-32_601), &json!(7)), "{url}");
    }
    let (status, body) =
        answer(client.get(format!("{}nothing", info.page_url)).send().await.unwrap()).await;
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    let (status, body) = answer(client.get(&info.paymaster_url).send().await.unwrap()).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("METHOD_NOT_ALLOWED"))
    );
}

async fn wrong_fields(info: &Info) {
    let client = reqwest::Client::new();
    let url = format!("{}/v1/transactions/prepare-typed-data", info.chipi_url);
    let call = json!({ "contractAddress": "0x1", "entrypoint": "transfer", "calldata": ["-1"] });
    let body = json!({ "publicKey": "0x2", "calls": [call] });
    let (status, body) = post(&client, &url, &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["message"], "calls[0].calldata must be a list of felts");

    let parameters =
        json!({ "version": "0x1", "fee_mode": { "mode": "default", "gas_token": "0x5" } });
    let call = json!({ "to": "0x1", "selector": "0x2", "calldata": [] });
    let invoke = json!({ "user_address": "0x7", "calls": [call] });
    let transaction = json!({ "type": "invoke", "invoke": invoke });
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "paymaster_buildTransaction",
        "params": { "transaction": transaction, "parameters": parameters },
    });
    let (_, body) = post(&client, &info.paymaster_url, &request).await;
    assert_eq!(body["error"]["code"], 150, "{body}");
}

async fn batches(info: &Info) {
    let client = reqwest::Client::new();
    let chain = json!({ "jsonrpc": "2.0", "id": 7, "method": "starknet_chainId" });
    let unknown = json!({ "jsonrpc": "2.0", "id": 8, "method": "starknet_nothing" });
    let (_, body) = post(&client, &info.rpc_url, &json!([chain, unknown])).await;
    assert_eq!((&body[0]["id"], &body[0]["result"]), (&json!(7), &json!(hex(info.chain_id))));
    assert_eq!((&body[1]["id"], &body[1]["error"]["code"]), (&json!(8), &json!(-32_601)));

    for many in [json!([]), json!(vec![chain.clone(); 51]), json!([vec![chain; 51]])] {
        let (_, body) = post(&client, &info.rpc_url, &many).await;
        let told = body.get("error").unwrap_or(&body[0]["error"]);
        assert_eq!(told["code"], -32_600, "{body}");
    }
}

async fn huge_bodies(info: &Info) {
    for length in [5_000_000_usize, 400_000_000_000] {
        let head =
            format!("POST /paymaster HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        let told = converse(info, &head).await;
        assert!(told.starts_with("HTTP/1.1 413"), "{told}");
        assert!(told.contains("BODY_TOO_LARGE"), "{told}");
    }
    // A body without a length is read only up to the small limit, whatever else the head says.
    let client = reqwest::Client::new();
    let chunk = "x".repeat(1_000_000);
    for more in ["", "connection: upgrade\r\nupgrade: websocket\r\n"] {
        let head = "POST /paymaster HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked";
        let told = converse(info, &format!("{head}\r\n{more}\r\nf4240\r\n{chunk}\r\n")).await;
        assert!(told.starts_with("HTTP/1.1 413"), "{more}: {told}");
    }
    // A head cannot carry data without a limit either.
    let field = &chunk[..100_000];
    let told = converse(info, &format!("GET / HTTP/1.1\r\nx: {field}\r\n\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 431"), "{told}");
    assert!(client.get(&info.page_url).send().await.unwrap().status().is_success());
}

async fn a_slow_body(info: &Info) {
    let started = Instant::now();
    let told =
        converse(info, "POST /rpc HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await;
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(told.contains("BODY_TOO_SLOW"), "{told}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

async fn a_taken_port(info: &Info) {
    let port = info.page_url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    let error = Sandbox::open(Settings { port, ..Settings::default() }).await.unwrap_err();
    assert!(error.to_string().contains("Choose another one"), "{error}");
}

/// Sends `text` as it is, and reads what comes.
async fn converse(info: &Info, text: &str) -> String {
    let mut stream = TcpStream::connect(address(info)).await.unwrap();
    // The server may answer and close the connection before it has read everything.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut told = vec![0; 2_000];
    let mut length = 0;
    while let Ok(count @ 1..) = stream.read(&mut told[length..]).await {
        length += count;
        if String::from_utf8_lossy(&told[..length]).contains("statusCode") {
            break;
        }
    }
    String::from_utf8_lossy(&told[..length]).into_owned()
}

fn address(info: &Info) -> &str {
    info.page_url.trim_start_matches("http://").trim_end_matches('/')
}
