//! Many clients at once: no request is lost, none is executed twice, and each gets an answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::token::{STRK, balance, transfer};
use session_client::{OutsideExecution, SignedOutsideExecution};
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::{BlockId, BlockTag, Call, Felt};
use starknet_rust::providers::Provider;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::{self, Session, hex, paymaster_body, post, raw_body, raw_url, register};

const RECIPIENT: Felt = Felt::from_hex_unchecked("0xc0ffee");
const ACCOUNTS: usize = 10;
const SESSIONS: usize = 2;
/// How many requests go through relayers, half of them by SNIP-29 and half by Chipi's endpoint, and how many
/// plain transactions, which pay for themselves, are sent meanwhile.
const RELAYED: usize = 500;
const PLAIN: usize = 140;
/// In each round of requests, one has a forged signature, one calls what is not on its list, and one is sent
/// twice.
const ROUND: usize = 10;
/// The longest that a client which only asks for the service's state may wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request, and the result that it must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    Forged,
    NotAllowed,
    /// The request before, sent again.
    Again,
}

impl Kind {
    /// Returns the request number `index` of a round.
    const fn of(index: usize) -> Self {
        match index % ROUND {
            3 => Self::Forged,
            6 => Self::NotAllowed,
            9 => Self::Again,
            _ => Self::Good,
        }
    }

    fn calls(self) -> Vec<Call> {
        let call = transfer(STRK, RECIPIENT, 1);
        vec![match self {
            Self::NotAllowed => Call { selector: selector("approve"), ..call },
            _ => call,
        }]
    }
}

/// The transaction's hash, or the refusal's text.
type Told = Result<String, String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_500_in_flight_none_is_lost_none_done_twice_and_the_service_answers_throughout() {
    let settings = Settings { accounts: ACCOUNTS as u8, ..Settings::default() };
    let sandbox = Sandbox::open(settings).await.unwrap();
    let info = sandbox.info().clone();
    let mut accounts = Vec::new();
    for account in &info.accounts {
        accounts.push(register(&info, account, SESSIONS, 500).await);
    }
    let client = reqwest::Client::new();
    let relayed = sign_relayed(&accounts);

    let done = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(longest_wait(client.clone(), info.clone(), done.clone()));
    let started = Instant::now();
    let mut answers = JoinSet::new();
    for (index, (kind, signed)) in relayed.iter().cloned().enumerate() {
        let (client, info) = (client.clone(), info.clone());
        answers.spawn(async move { vec![(kind, submit(&client, &info, index, &signed).await)] });
    }
    for sessions in accounts.clone() {
        answers.spawn(send_plain(client.clone(), info.clone(), sessions));
    }
    let answers = answers.join_all().await.concat();
    let taken = started.elapsed();
    done.store(true, Ordering::Relaxed);
    let (asked, longest) = watch.await.unwrap();

    assert_eq!(answers.len(), RELAYED + PLAIN, "everybody is answered");
    let good = count(&answers, Kind::Good);
    let mut hashes = HashSet::new();
    for (kind, told) in &answers {
        match (kind, told) {
            (Kind::Good | Kind::Again, Ok(hash)) => {
                assert!(hashes.insert(hash), "{hash} told twice");
            }
            (Kind::Good | Kind::Again, Err(told)) => {
                let doubled = ["SRC9: duplicated nonce", "Duplicate transaction"];
                assert!(doubled.iter().any(|it| told.contains(it)), "{told}");
            }
            (Kind::Forged, told) => {
                let told = told.as_ref().unwrap_err();
                assert!(told.contains("Session: invalid signature"), "{told}");
            }
            (Kind::NotAllowed, told) => {
                let told = told.as_ref().unwrap_err();
                assert!(
                    told.contains("approve of") && told.contains("not on the session's list"),
                    "{told}"
                );
            }
        }
    }
    assert_eq!(hashes.len(), good, "each good one is told as done, once");
    exactly_once_on_chain(&info, &accounts, &relayed, good).await;
    everything_is_shown(&client, &info, good).await;
    assert!(asked > 0);
    assert!(longest < PATIENCE, "somebody waited {longest:?}");
    println!(
        "{RELAYED} relayed and {PLAIN} plain in flight: {good} done, {} doubles, {} forged and {} not \
         allowed refused, in {taken:.1?}; asked {asked} times meanwhile, the longest wait {longest:.1?}",
        count(&answers, Kind::Again),
        count(&answers, Kind::Forged),
        count(&answers, Kind::NotAllowed),
    );
    sandbox.stop().await;
}

fn count(answers: &[(Kind, Told)], kind: Kind) -> usize {
    answers.iter().filter(|it| it.0 == kind).count()
}

/// Checks the results by what the chain counts: balances, calls used, the accounts' nonces, and each nonce of
/// an outside execution.
async fn exactly_once_on_chain(
    info: &Info,
    accounts: &[Vec<Session>],
    relayed: &[(Kind, SignedOutsideExecution)],
    good: usize,
) {
    let node = client::node(info).await;
    let moved = balance(&node, STRK, RECIPIENT).await.unwrap();
    assert_eq!(moved, good as u128, "as many transfers as were told");
    let plain = (0..PLAIN / ACCOUNTS).filter(|it| Kind::of(*it) == Kind::Good).count();
    let mut used = 0;
    for sessions in accounts {
        for session in sessions {
            used += session.calls_used().await as usize;
        }
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        let nonce = node.get_nonce(block, sessions[0].account).await.unwrap();
        assert_eq!(nonce, Felt::from(1 + plain), "the registration and the good plain ones");
    }
    assert_eq!(used, good, "as many uses as were told");
    for (kind, signed) in relayed {
        let contract =
            &accounts.iter().flatten().find(|it| it.account == signed.account).unwrap().contract;
        let nonce = signed.outside_execution.nonce;
        let unused = contract.is_valid_outside_execution_nonce(nonce).await.unwrap();
        assert_eq!(unused, !matches!(kind, Kind::Good | Kind::Again), "{nonce:#x}");
    }
}

/// Checks the data that the page shows: each registration and each request is counted once, and all sessions
/// together have as many transactions left as were granted to them, less those that succeeded.
async fn everything_is_shown(client: &reqwest::Client, info: &Info, good: usize) {
    let state = client.get(format!("{}state.json", info.page_url)).send().await.unwrap();
    let state: Value = state.json().await.unwrap();
    assert_eq!(state["transaction_count"], json!(ACCOUNTS + RELAYED + PLAIN));
    let left: u64 = sessions_of(&state).map(|it| it["remaining_calls"].as_u64().unwrap()).sum();
    assert_eq!(left as usize, ACCOUNTS * SESSIONS * 500 - good);
}

fn sessions_of(state: &Value) -> impl Iterator<Item = &Value> {
    state["sessions"].as_array().unwrap().iter()
}

/// Signs the requests that go through relayers, by each session in turn.
fn sign_relayed(accounts: &[Vec<Session>]) -> Vec<(Kind, SignedOutsideExecution)> {
    let sessions: Vec<_> = accounts.iter().flatten().collect();
    let mut all: Vec<(Kind, SignedOutsideExecution)> = Vec::new();
    for index in 0..RELAYED {
        let (kind, session) = (Kind::of(index), sessions[index % sessions.len()]);
        let signed = match (kind, all.last()) {
            (Kind::Again, Some((_, last))) => last.clone(),
            _ => session.sign(kind.calls()),
        };
        all.push((kind, if kind == Kind::Forged { forged(signed) } else { signed }));
    }
    all
}

fn forged(signed: SignedOutsideExecution) -> SignedOutsideExecution {
    let SignedOutsideExecution { account, outside_execution, signature } = signed;
    let nonce = outside_execution.nonce + Felt::ONE;
    OutsideExecution { nonce, ..outside_execution }.with_signature(account, signature)
}

/// Sends the plain transactions of one account by its sessions in turn. The sessions share the account's
/// nonce, so each transaction waits for the one before, while relayed ones run beside them.
async fn send_plain(
    client: reqwest::Client,
    info: Info,
    sessions: Vec<Session>,
) -> Vec<(Kind, Told)> {
    // The registration used the nonce before.
    let mut nonce = Felt::ONE;
    let mut last = Value::Null;
    let mut answers = Vec::new();
    for index in 0..PLAIN / ACCOUNTS {
        let (kind, session) = (Kind::of(index), &sessions[index % sessions.len()]);
        let mut body = match kind {
            Kind::Again => last.clone(),
            _ => session.plain(kind.calls(), nonce).await,
        };
        if kind == Kind::Forged {
            body["params"]["invoke_transaction"]["signature"][1] = json!("0x1");
        }
        let (_, answer) = post(&client, &info.rpc_url, &body).await;
        let told = match answer["result"]["transaction_hash"].as_str() {
            Some(hash) => Ok(hash.to_owned()),
            None => Err(answer["error"].to_string()),
        };
        if told.is_ok() {
            nonce += Felt::ONE;
            last = body;
        }
        answers.push((kind, told));
    }
    answers
}

async fn submit(
    client: &reqwest::Client,
    info: &Info,
    index: usize,
    signed: &SignedOutsideExecution,
) -> Told {
    let (hash, told) = if index.is_multiple_of(2) {
        let (_, body) = post(client, &raw_url(info), &raw_body(signed)).await;
        (body["transactionHash"].clone(), body["message"].clone())
    } else {
        let body = paymaster_body(signed, info.chain_id);
        let (_, body) = post(client, &info.paymaster_url, &body).await;
        let data = &body["error"]["data"];
        let told = data.get("execution_error").unwrap_or(data);
        (body["result"]["transaction_hash"].clone(), told.clone())
    };
    match (hash, told) {
        (Value::String(hash), _) => Ok(hash),
        (_, told) => Err(told.as_str().unwrap_or("nothing was told").to_owned()),
    }
}

/// Asks the service for its state until `done`. Returns how often it asked, and the longest time that an
/// answer took.
async fn longest_wait(
    client: reqwest::Client,
    info: Info,
    done: Arc<AtomicBool>,
) -> (u32, Duration) {
    let (mut asked, mut longest) = (0, Duration::ZERO);
    let health = json!({ "jsonrpc": "2.0", "id": 1, "method": "paymaster_health" });
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
