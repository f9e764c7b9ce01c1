//! A small JSON-RPC server for tests. A test decides its answers, and can read the requests that it
//! received.
#![allow(clippy::unwrap_used, reason = "a test's server that cannot start fails the test")]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
pub enum Reply {
    /// It answers with this result.
    Result(Value),
    /// It answers with this error.
    Error(Value),
    /// It writes this text to the connection, HTTP head included.
    Raw(String),
    /// It writes these bytes to the connection, HTTP head included.
    Bytes(Vec<u8>),
    /// It closes the connection without an answer.
    HangUp,
}

/// A request that the server received.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub method: String,
    pub params: Value,
}

pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub async fn new(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (kept, reply) = (asked.clone(), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, reply) = (kept.clone(), reply.clone());
                tokio::spawn(async move { serve(stream, &kept, &*reply).await });
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns how often `method` was called.
    pub fn count(&self, method: &str) -> usize {
        self.asked().iter().filter(|it| it.method == method).count()
    }
}

async fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Asked>>, reply: &impl Fn(&Asked) -> Reply) {
    let Some((asked, id)) = request(&mut stream).await else { return };
    kept.lock().unwrap().push(asked.clone());
    let body = match reply(&asked) {
        Reply::Result(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Reply::Error(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        Reply::Raw(text) => return drop(stream.write_all(text.as_bytes()).await),
        Reply::Bytes(bytes) => return drop(stream.write_all(&bytes).await),
        Reply::HangUp => return,
    };
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    drop(stream.write_all(answer.as_bytes()).await);
}

async fn request(stream: &mut TcpStream) -> Option<(Asked, Value)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok())?;
        if let Some(body) = bytes.get(end + 4..end + 4 + length) {
            let body: Value = serde_json::from_slice(body).ok()?;
            let method = body["method"].as_str().unwrap_or("batch").to_owned();
            return Some((
                Asked { head, method, params: body["params"].clone() },
                body["id"].clone(),
            ));
        }
    }
}
