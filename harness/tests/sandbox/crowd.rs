//! Many clients at once: nothing is lost, nothing is done twice, and everybody is answered.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use session_harness::sandbox::{Info, Sandbox, Settings};
use session_harness::token::{STRK, balance, transfer};
use session_harness::{SignedOutsideExecution, name::selector};
use starknet_rust_core::types::{Call, Felt};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::{self, Session, hex, paymaster_body, post, raw_body, raw_url, register};

const RECIPIENT: Felt = Felt::from_hex_unchecked("0xc0ffee");
const ACCOUNTS: u8 = 5;
const SESSIONS: usize = 2;
const REQUESTS: usize = 500;
/// Of each round of requests: one of these is forged, one calls what is not whitelisted, one is sent
/// twice.
const ROUND: usize = 10;
/// How long the service may keep somebody waiting who only asks how it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent, and what must come of it.
enum Kind {
    Good,
    Forged,
    NotAllowed,
    /// The same as the one before.
    Again,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_500_in_flight_none_is_lost_none_done_twice_and_the_service_answers_throughout() {
    let settings = Settings { accounts: ACCOUNTS, ..Settings::default() };
    let sandbox = Sandbox::open(settings).await.unwrap();
    let info = sandbox.info().clone();
    let mut sessions = Vec::new();
    for account in &info.accounts {
        sessions.extend(register(&info, account, SESSIONS, REQUESTS as u32).await);
    }
    let client = reqwest::Client::new();

    let done = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(longest_wait(client.clone(), info.clone(), done.clone()));
    let started = Instant::now();
    let mut answers = JoinSet::new();
    let mut last = sessions[0].payment(RECIPIENT);
    let (mut good, mut again) = (0_usize, 0_usize);
    for index in 0..REQUESTS {
        let session = &sessions[index % sessions.len()];
        let kind = match index % ROUND {
            3 => Kind::Forged,
            6 => Kind::NotAllowed,
            9 => Kind::Again,
            _ => Kind::Good,
        };
        let signed = make(session, &kind, &last);
        match kind {
            Kind::Good => {
                good += 1;
                last = signed.clone();
            }
            Kind::Again => again += 1,
            Kind::Forged | Kind::NotAllowed => {}
        }
        let (client, info) = (client.clone(), info.clone());
        answers.spawn(async move { (kind, submit(&client, &info, index, &signed).await) });
    }
    let answers = answers.join_all().await;
    let taken = started.elapsed();
    done.store(true, Ordering::Relaxed);
    let (asked, longest) = watch.await.unwrap();

    assert_eq!(answers.len(), REQUESTS, "everybody is answered");
    let mut hashes = HashSet::new();
    let (mut doubled, mut forged, mut not_allowed) = (0, 0, 0);
    for (kind, outcome) in &answers {
        match (kind, outcome) {
            (Kind::Good | Kind::Again, Ok(hash)) => {
                assert!(hashes.insert(hash), "{hash} told twice")
            }
            (Kind::Good | Kind::Again, Err(told)) => {
                assert!(told.contains("SRC9: duplicated nonce"), "{told}");
                doubled += 1;
            }
            (Kind::Forged, outcome) => {
                let told = outcome.as_ref().unwrap_err();
                assert!(told.contains("Session: invalid signature"), "{told}");
                forged += 1;
            }
            (Kind::NotAllowed, outcome) => {
                let told = outcome.as_ref().unwrap_err();
                assert!(told.contains("approve of") && told.contains("not whitelisted"), "{told}");
                not_allowed += 1;
            }
        }
    }
    assert_eq!((hashes.len(), doubled), (good, again), "each one once, each double refused");
    let moved = balance(&client::node(&info), STRK, RECIPIENT).await.unwrap();
    assert_eq!(moved, good as u128, "as many transfers as were told");
    let mut used = 0;
    for session in &sessions {
        used += session.calls_used().await;
    }
    assert_eq!(used as usize, good, "as many uses as were told");
    assert!(asked > 0);
    assert!(longest < PATIENCE, "somebody waited {longest:?}");
    println!(
        "{REQUESTS} in flight: {good} done, {doubled} doubles, {forged} forged and {not_allowed} not \
         allowed refused, in {taken:.1?}; asked {asked} times meanwhile, the longest wait {longest:.1?}"
    );
    sandbox.stop().await;
}

fn make(session: &Session, kind: &Kind, last: &SignedOutsideExecution) -> SignedOutsideExecution {
    match kind {
        Kind::Good => session.payment(RECIPIENT),
        Kind::Again => last.clone(),
        Kind::NotAllowed => {
            let call = transfer(STRK, RECIPIENT, 1);
            session.sign(vec![Call { selector: selector("approve"), ..call }])
        }
        Kind::Forged => {
            let mut signed = session.payment(RECIPIENT);
            signed.outside_execution.nonce += Felt::ONE;
            signed
        }
    }
}

/// The transaction's hash, or what the refusal told.
async fn submit(
    client: &reqwest::Client,
    info: &Info,
    index: usize,
    signed: &SignedOutsideExecution,
) -> Result<String, String> {
    let (hash, told) = if index.is_multiple_of(2) {
        let (_, body) = post(client, &raw_url(info), &raw_body(signed)).await;
        (body["transactionHash"].clone(), body["message"].clone())
    } else {
        let body = paymaster_body(signed, info.chain_id);
        let (_, body) = post(client, &info.paymaster_url, &body).await;
        (body["result"]["transaction_hash"].clone(), body["error"]["data"].clone())
    };
    match (hash, told) {
        (Value::String(hash), _) => Ok(hash),
        (_, told) => Err(told.as_str().unwrap_or("nothing was told").to_owned()),
    }
}

/// Asks the service how it is until `done`: how often, and the longest wait.
async fn longest_wait(
    client: reqwest::Client,
    info: Info,
    done: Arc<AtomicBool>,
) -> (u32, Duration) {
    let (mut asked, mut longest) = (0, Duration::ZERO);
    let health = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "paymaster_health" });
    while !done.load(Ordering::Relaxed) {
        let started = Instant::now();
        let (_, body) = post(&client, &info.paymaster_url, &health).await;
        assert_eq!(body["result"], true);
        let page = client.get(&info.page_url).send().await.unwrap();
        assert!(page.text().await.unwrap().contains(&hex(info.accounts[0].address)));
        longest = longest.max(started.elapsed());
        asked += 1;
        sleep(Duration::from_millis(200)).await;
    }
    (asked, longest)
}
