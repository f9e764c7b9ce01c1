//! Tests the command `serve` as a process: how much memory clients can make it use, and how it ends.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The most resident memory, in MiB. The devnet uses 400 MiB of it before any client comes.
const BOUND: u64 = 1_280;
const MIB: usize = 1_024 * 1_024;
/// The file that a sandbox left when it was killed.
const LEFT: &str = r#"{ "page_url": "http://127.0.0.1:9/", "paymaster_url": "", "chipi_url": "",
                        "submitter": {}, "relayers": [] }"#;

struct Served {
    process: Child,
    file: PathBuf,
    info: Value,
}

impl Served {
    async fn start(name: &str) -> Self {
        let file = env::temp_dir().join(format!("{name}-{}.json", std::process::id()));
        // The file is as a killed sandbox leaves it: nobody listens on port 9.
        fs::write(&file, LEFT).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_session-harness"))
            .args(["serve", "--accounts", "1", "--port", "0", "--info"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let started = Instant::now();
        let mut was_gone = false;
        let text = loop {
            match fs::read_to_string(&file) {
                Ok(text) if text != LEFT => break text,
                Ok(_) => {}
                Err(_) => was_gone = true,
            }
            assert!(started.elapsed() < Duration::from_secs(120), "the sandbox does not open");
            sleep(Duration::from_millis(100)).await;
        };
        assert!(was_gone, "who waited for the file found another sandbox's");
        Self { process, file, info: serde_json::from_str(&text).unwrap() }
    }

    fn url(&self, name: &str) -> String {
        self.info[name].as_str().unwrap().to_owned()
    }

    fn chipi(&self, name: &str) -> String {
        format!("{}/v1/transactions/{name}", self.url("chipi_url"))
    }

    fn address(&self) -> String {
        self.url("page_url").trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    /// Returns the most memory that was ever resident, in MiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap()));
        let status = status.unwrap();
        let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
    }

    /// Returns how long the process took to end after `signal`.
    async fn end(mut self, signal: &str) -> Duration {
        let started = Instant::now();
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().await.unwrap().success());
        let status = timeout(Duration::from_secs(60), self.process.wait()).await;
        assert!(status.expect("it stops").unwrap().success());
        assert!(!self.file.exists(), "the stopped sandbox left its file behind");
        started.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_clients_send_takes_bounded_memory() {
    let served = Served::start("memory").await;
    // Large bodies wait for their turn.
    let client = Client::builder().tcp_user_timeout(None).build().unwrap();
    let mut told = vec![("opened", served.peak())];
    let mut note = |what| told.push((what, served.peak()));

    // The tests that need the least memory come first, so that each shows its own peak.
    messages_to_remember(&served, &client).await;
    note("prepared messages");
    refused_requests(&served, &client).await;
    note("refused requests");
    batches_of_large_answers(&served, &client).await;
    note("batches");
    batches_that_wait(&served, &client).await;
    note("waiting batches");
    let slow = slow_clients(&served).await;
    note("slow clients");
    huge_bodies(&served, &client).await;
    note("huge bodies");
    bodies_that_hide_behind_an_upgrade(&served).await;
    note("an endless body");

    // It answers other clients while the slow ones are still connected.
    let page = client.get(served.url("page_url")).send().await.unwrap();
    assert!(page.status().is_success());
    drop(slow);
    println!("MiB at most, after {told:?}");
    assert!(served.peak() < BOUND, "{told:?}");
    served.end("TERM").await;
}

/// Returns a body that is as large as the sandbox accepts, and as expensive to read as JSON can be.
async fn huge_bodies(served: &Served, client: &Client) {
    let urls =
        [served.url("rpc_url"), served.url("paymaster_url"), served.chipi("execute-sponsored-raw")];
    let numbers: Arc<str> = format!("[0{}]", ",0".repeat(2 * MIB - 2)).into();
    let objects: Arc<str> = format!("[0{}]", ",{\"\":0}".repeat(MIB / 2)).into();
    let mut answers = JoinSet::new();
    for index in 0..6 {
        let (client, url) = (client.clone(), urls[index % urls.len()].clone());
        let body = if index % 3 == 0 { &objects } else { &numbers };
        let body = body.to_string();
        answers.spawn(async move { client.post(url).body(body).send().await.unwrap().status() });
    }
    for status in answers.join_all().await {
        assert!(matches!(status.as_u16(), 200 | 400 | 408), "{status}");
    }
}

async fn bodies_that_hide_behind_an_upgrade(served: &Served) {
    let mut stream = TcpStream::connect(served.address()).await.unwrap();
    let head = "POST /paymaster HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\
                transfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("{MIB:x}\r\n{}\r\n", "x".repeat(MIB));
    for _ in 0..BOUND {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            return;
        }
    }
    panic!("an endless body is read");
}

async fn messages_to_remember(served: &Served, client: &Client) {
    let calldata = vec!["1"; 14_000];
    let call = json!({ "contractAddress": "0x1", "entrypoint": "transfer", "calldata": calldata });
    let body = json!({ "publicKey": "0x2", "calls": [call] });
    for _ in 0..520 {
        let answer = client.post(served.chipi("prepare-typed-data")).json(&body).send().await;
        assert!(answer.unwrap().status().is_success());
    }
}

async fn batches_of_large_answers(served: &Served, client: &Client) {
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "starknet_getClass",
        "params": { "block_id": "latest", "class_hash": served.info["class_hash"] },
    });
    let body = json!(vec![request; 50]);
    let mut answers = JoinSet::new();
    for _ in 0..4 {
        let asked = client.post(served.url("rpc_url")).json(&body).send();
        answers.spawn(async move { asked.await.unwrap().bytes().await.unwrap().len() });
    }
    assert!(answers.join_all().await.iter().all(|length| *length > MIB));
}

/// Parsed, each of these would take some 40 times its size. The sandbox lets 64 wait, and tells the others to
/// try again.
async fn batches_that_wait(served: &Served, client: &Client) {
    let params = format!("[0{}]", ",0".repeat(600));
    let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{params}}}"#);
    let body: Arc<str> = format!("[{request}{}]", format!(",{request}").repeat(49)).into();
    assert!(body.len() <= 64 * 1_024, "a large body waits for another turn");
    let mut answers = JoinSet::new();
    for _ in 0..400 {
        let asked = client.post(served.url("rpc_url")).body(body.to_string()).send();
        answers.spawn(async move { asked.await.unwrap().status().as_u16() });
    }
    let answers = answers.join_all().await;
    assert!(answers.iter().all(|status| matches!(status, 200 | 503)), "{answers:?}");
    assert!(answers.iter().filter(|status| **status == 200).count() >= 64, "{answers:?}");
}

async fn refused_requests(served: &Served, client: &Client) {
    let garbage = json!({
        "accountAddress": served.info["accounts"][0]["address"],
        "calldata": ["0x1", "0x2", "0x0", "0xffffffff", "0x0", "0x2", "0x3", "0x4"],
    });
    let mut answers = JoinSet::new();
    for index in 0..2_000 {
        let request = match index % 20 {
            0 => client.post(served.chipi("execute-sponsored-raw")).json(&garbage),
            1..7 => client
                .post(served.url("rpc_url"))
                .json(&json!({ "jsonrpc": "2.0", "id": index, "method": index.to_string() })),
            7..14 => client.post(served.url("paymaster_url")).body("{"),
            // Each is refused for another account, so each is a row of the page.
            14 => client.post(served.chipi("prepare-typed-data")).json(&json!({
                "publicKey": format!("{:#x}", index + 1),
                "calls": [{ "contractAddress": "0x1", "entrypoint": "0x2" }],
            })),
            _ => client.get(format!("{}{index}", served.url("page_url"))),
        };
        if answers.len() == 200 {
            answers.join_next().await;
        }
        answers.spawn(async move { request.send().await.unwrap().bytes().await.unwrap().len() });
    }
    assert!(answers.join_all().await.iter().all(|length| *length > 0));
}

/// Each connection has sent as much of a head, or of a body, as it may.
async fn slow_clients(served: &Served) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    let head = format!("POST /paymaster HTTP/1.1\r\nx: {}", "x".repeat(31_000));
    let body =
        format!("POST /paymaster HTTP/1.1\r\ncontent-length: 65536\r\n\r\n{}", "x".repeat(65_000));
    for index in 0..800 {
        let mut stream = TcpStream::connect(served.address()).await.unwrap();
        let part = if index % 2 == 0 { &head } else { &body };
        stream.write_all(part.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    streams
}

#[tokio::test]
async fn it_says_where_everything_is_and_listens_on_the_loopback_interface_alone() {
    let mut served = Served::start("says").await;
    let mut lines = BufReader::new(served.process.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while said.last().is_none_or(|it: &String| !it.ends_with("Ctrl-C stops.")) {
        said.push(lines.next_line().await.unwrap().expect("it ends with how to stop it"));
    }
    let account = &served.info["accounts"][0];
    let mut facts = vec![served.file.to_str().unwrap().to_owned()];
    for fact in [&account["address"], &account["private_key"], &served.info["class_hash"]] {
        facts.push(fact.as_str().unwrap().to_owned());
    }
    assert_eq!(served.info["meter"], "sierra_gas");
    facts.push("meter  Sierra gas, as networks do".to_owned());
    let port = served.address().rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    for name in ["page_url", "rpc_url", "ws_url", "paymaster_url", "chipi_url"] {
        let url = served.url(name);
        assert!(url.contains(&format!("://127.0.0.1:{port}")), "{url}");
        facts.push(url);
    }
    for fact in facts {
        assert!(said.iter().any(|line| line.contains(&fact)), "{fact} is not said: {said:#?}");
    }

    another_does_not_take_its_file(&served.file).await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    // `localhost` may be the IPv6 address.
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert!(TcpStream::connect(("::1", port)).await.is_ok());
    }
    // A sandbox on every interface also answers here.
    assert!(TcpStream::connect(("127.0.0.2", port)).await.is_err());
    served.end("TERM").await;
}

/// Phones and containers can reach such a sandbox; its user is warned that others can too.
#[tokio::test]
async fn on_every_interface_it_serves_with_a_warning_and_says_where_this_machine_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_session-harness"))
        .args(["serve", "--accounts", "1", "--port", "0", "--host", "0.0.0.0", "--json"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serve.stderr.take().unwrap()).lines();
    let warned = timeout(Duration::from_secs(60), lines.next_line()).await.unwrap().unwrap();
    let warned = warned.unwrap();
    assert!(
        warned.starts_with("warning: the sandbox listens at 0.0.0.0: whoever reaches"),
        "{warned}"
    );
    let port = warned.rsplit(' ').next().unwrap().parse::<u16>().unwrap();
    assert!(TcpStream::connect(("127.0.0.2", port)).await.is_ok());
    let mut out = BufReader::new(serve.stdout.take().unwrap()).lines();
    let mut said = String::new();
    while !said.ends_with('}') || serde_json::from_str::<Value>(&said).is_err() {
        said.push_str(&out.next_line().await.unwrap().unwrap());
    }
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["page_url"], format!("http://127.0.0.1:{port}/"));
}

/// `serve` refuses these before it starts a chain. Each refusal gives its reason, and no other program's file
/// changes.
#[tokio::test]
async fn a_port_that_browsers_refuse_another_s_file_and_a_node_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("package.json");
    fs::write(&file, "{}").unwrap();
    for (args, told) in [
        (vec!["--info", file.to_str().unwrap()], "no sandbox wrote it: it stays"),
        (vec!["--info", "~/package.json"], "no sandbox wrote it: it stays"),
        (vec!["--port", "5060"], "bad port"),
        (vec!["--rpc", "http://127.0.0.1:9/"], "takes no --rpc"),
    ] {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_session-harness"));
        serve.arg("serve").args(&args).current_dir(folder.path()).kill_on_drop(true);
        serve.env("HOME", folder.path());
        let refused = timeout(Duration::from_secs(60), serve.output()).await.expect("it gives up");
        let refused = refused.unwrap();
        assert!(!refused.status.success(), "{args:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(told), "{args:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

async fn another_does_not_take_its_file(file: &Path) {
    let another = Command::new(env!("CARGO_BIN_EXE_session-harness"))
        .args(["serve", "--port", "0", "--info"])
        .arg(file)
        .kill_on_drop(true)
        .output();
    let another = timeout(Duration::from_secs(60), another).await.expect("it gives up").unwrap();
    assert!(!another.status.success());
    let told = String::from_utf8(another.stderr).unwrap();
    assert!(told.contains("choose another --info"), "{told}");
    assert!(file.exists(), "the first lost its file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_in_the_middle_of_work_answers_it_or_gives_it_up_and_ends() {
    let served = Served::start("ctrl-c").await;
    let body = json!({
        "accountAddress": served.info["accounts"][0]["address"],
        "calldata": ["0x1", "0x2", "0x0", "0xffffffff", "0x0", "0x2", "0x3", "0x4"],
    });
    let body = body.to_string();
    let url = "/v1/transactions/execute-sponsored-raw";
    let request = format!("POST {url} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut streams = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(served.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    // One request is answered, so the others run by then.
    let mut told = [0; 12];
    streams[0].read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 400");

    assert!(served.end("INT").await < Duration::from_secs(20));
    for mut stream in streams {
        let mut rest = Vec::new();
        // Each request is answered or its connection is closed; none waits on.
        let _ = timeout(Duration::from_secs(1), stream.read_to_end(&mut rest)).await.unwrap();
    }
}
