//! A proxy before the devnet, which counts requests and causes faults.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use url::Url;

/// What the proxy does with a request.
pub enum Fate {
    /// It passes the request on, and answers with the devnet's answer.
    Pass,
    /// It passes the request on and answers neither this request nor any later one.
    Swallow,
    /// It passes the request on and does not answer.
    Lose,
    /// It does not pass the request on and does not answer.
    Gone,
    /// It passes the request on and leaves the connection open without an answer.
    Hang,
    /// It answers this result.
    Result(Value),
    /// It answers this error of the specification.
    Error(i64, &'static str),
    /// It answers these bytes.
    Raw(&'static str),
}

type Rule = dyn Fn(&str, &Value) -> Fate + Send + Sync;

pub struct Proxy {
    url: Url,
    asked: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy before the devnet at `to`. `rule` chooses by the method what it does.
    pub fn new(to: &Url, rule: impl Fn(&str) -> Fate + Send + Sync + 'static) -> Self {
        Self::of_calls(to, move |method, _| rule(method))
    }

    /// Starts a proxy whose `rule` chooses by the method and its parameters.
    pub fn of_calls(to: &Url, rule: impl Fn(&str, &Value) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rpc", listener.local_addr().unwrap()).parse().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let bodies: Arc<Mutex<Vec<String>>> = Arc::default();
        let (to, rule): (_, Arc<Rule>) = (to.clone(), Arc::new(rule));
        let (noted, kept) = (asked.clone(), bodies.clone());
        let is_gone = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (to, rule) = (to.clone(), rule.clone());
                let (noted, kept, is_gone) = (noted.clone(), kept.clone(), is_gone.clone());
                thread::spawn(move || {
                    if let Some(body) = request(&mut stream) {
                        kept.lock().unwrap().push(String::from_utf8_lossy(&body).to_lowercase());
                        serve(stream, &body, &to, &*rule, &noted, &is_gone);
                    }
                });
            }
        });
        Self { url, asked, bodies }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the number of transactions that it received.
    pub fn sent(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|method| method.starts_with("starknet_add")).count()
    }

    /// Says whether any request contained `text`.
    pub fn heard(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.bodies.lock().unwrap().iter().any(|body| body.contains(&text))
    }

    pub fn was_asked(&self, method: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|asked| asked == method)
    }
}

fn serve(
    mut stream: TcpStream,
    body: &[u8],
    to: &Url,
    rule: &Rule,
    asked: &Mutex<Vec<String>>,
    is_gone: &AtomicBool,
) {
    let call: Value = serde_json::from_slice(body).unwrap_or_default();
    let method = call["method"].as_str().unwrap_or_default().to_owned();
    if is_gone.load(Ordering::SeqCst) {
        return;
    }
    asked.lock().unwrap().push(method.clone());
    let answer = match rule(&method, &call["params"]) {
        Fate::Pass => forward(to, body),
        Fate::Swallow => {
            forward(to, body);
            is_gone.store(true, Ordering::SeqCst);
            return;
        }
        Fate::Lose => {
            forward(to, body);
            return;
        }
        Fate::Gone => {
            is_gone.store(true, Ordering::SeqCst);
            return;
        }
        Fate::Hang => {
            forward(to, body);
            asked.lock().unwrap().push("hanging".to_owned());
            let _ = stream.read(&mut [0]);
            return;
        }
        Fate::Result(result) => {
            http(&json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }).to_string())
        }
        Fate::Error(code, message) => {
            let error = json!({ "code": code, "message": message });
            http(&json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }).to_string())
        }
        Fate::Raw(text) => text.as_bytes().to_vec(),
    };
    let _ = stream.write_all(&answer);
}

/// Makes an HTTP answer with this body.
fn http(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads the body of a request.
fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse::<usize>().ok())?;
        if bytes.len() >= end + 4 + length {
            return Some(bytes[end + 4..end + 4 + length].to_vec());
        }
    }
}

/// Passes a request on and returns the devnet's complete answer.
fn forward(to: &Url, body: &[u8]) -> Vec<u8> {
    let place = (to.host_str().unwrap(), to.port().unwrap());
    let mut stream = TcpStream::connect(place).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: devnet\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        to.path(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
