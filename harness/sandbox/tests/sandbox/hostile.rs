//! Clients that mean harm, or are broken, at one sandbox.

use std::time::Duration;

use serde_json::json;
use session_sandbox::{Info, Sandbox, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{answer, hex};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_announces_too_much_is_cut_off_and_who_asks_for_nothing_valid_gets_json() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    a_websocket_answers(&info).await;
    a_frame_is_refused_by_its_head(&info).await;
    a_path_that_is_no_text(&info).await;
    sandbox.stop().await;
}

async fn open_websocket(info: &Info) -> TcpStream {
    let address = info.page_url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    while !told.ends_with(b"\r\n\r\n") {
        told.push(stream.read_u8().await.unwrap());
    }
    assert!(told.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&told));
    stream
}

/// The mask of these frames is 0, so that their text stays as it is.
async fn a_websocket_answers(info: &Info) {
    let mut stream = open_websocket(info).await;
    let text = json!({ "jsonrpc": "2.0", "id": 1, "method": "starknet_chainId" }).to_string();
    let length = 0x80 | u8::try_from(text.len()).unwrap();
    stream.write_all(&[0x81, length, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.unwrap();
    let mut told = vec![0; usize::from(head[1])];
    stream.read_exact(&mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains(&hex(info.chain_id)), "{told}");
}

/// Checks that a frame which is too long is refused once its length is known. If the server waited for the
/// rest, each client that sends no more would have it keep almost a whole frame.
async fn a_frame_is_refused_by_its_head(info: &Info) {
    let mut stream = open_websocket(info).await;
    let length = (300 * 1_024_u64).to_be_bytes();
    stream.write_all(&[&[0x82, 0xff], &length[..], &[0; 4]].concat()).await.unwrap();
    let mut told = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut told)).await;
    assert!(ended.is_ok(), "a frame that is too long is waited for");
}

async fn a_path_that_is_no_text(info: &Info) {
    let told = reqwest::get(format!("{}transactions/%ff", info.page_url)).await.unwrap();
    let (status, told) = answer(told).await;
    assert_eq!((status.as_u16(), &told["code"]), (404, &json!("NOT_FOUND")), "{told}");
}
