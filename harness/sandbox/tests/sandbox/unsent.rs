//! What is refused before it is sent is on the page too, told apart from what was sent.

use reqwest::Client;
use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::token::{STRK, transfer};
use session_client::{Owner, SignedOutsideExecution};
use session_devnet::Bounds;
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::accounts::Account as _;
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

use super::client::{END, Session, hex, node, post, register, state};

const TO: Felt = Felt::from_hex_unchecked("0xbeef");
const LATEST: &str = "pre_confirmed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_before_it_is_sent_is_a_row() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let session = register(&info, &info.accounts[0], 1, 2).await.remove(0);

    plain(&info, &session).await;
    outside(&info, &session).await;
    built(&info, &session).await;
    prepared(&info, &session).await;
    several(&info, &session).await;
    submitters_own(&info, &session).await;
    deployed(&info, &session).await;

    // The registration alone was sent.
    let state = state(&info).await;
    assert_eq!((&state["transaction_count"], &state["unsent_count"]), (&json!(1), &json!(14)));
    let page = reqwest::get(&info.page_url).await.unwrap().text().await.unwrap();
    for told in [
        "1 transaction and 14 that were refused before they were sent, the latest first",
        "refused at the estimate",
        "refused at the simulation",
        "refused before signing",
        "not signed yet, asked through Chipi's endpoints, never sent",
        "<span class=\"times\">, 3 times</span>",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    sandbox.stop().await;
}

async fn plain(info: &Info, session: &Session) {
    let right = transaction(session.plain(vec![transfer(STRK, TO, 1)], Felt::ONE).await);
    ask(info, "starknet_estimateFee", json!([[right], [], LATEST])).await.unwrap();
    ask(info, "starknet_simulateTransactions", json!([LATEST, [right], []])).await.unwrap();
    // The account refuses this, but the request is wrong before that.
    let mut wrong = right.clone();
    wrong["signature"][3] = json!(hex(Felt::from(END + 1)));
    let late = ask(info, "starknet_estimateFee", json!([[wrong], [], { "block_number": 9_999 }]));
    assert_eq!(late.await.unwrap_err()["code"], 24);
    assert_eq!(state(info).await["unsent_count"], 0, "none of these is a refusal");

    for _ in 0..3 {
        let refused = ask(info, "starknet_estimateFee", json!([[wrong], [], LATEST])).await;
        assert_eq!(refused.unwrap_err()["code"], 41);
    }
    let row = &latest(info, 1).await;
    assert_eq!((&row["step"], &row["status"]), (&json!("estimate"), &json!("refused")));
    assert_eq!((&row["times"], &row["via"]), (&json!(3), &json!("rpc")));
    assert_eq!(row["rule"], "Session: wrong valid_until");
    assert_eq!((&row["account"], &row["payer"]), (&json!(hex(session.account)), &Value::Null));
    assert_eq!((&row["signer"], &row["calls"]), (&signer(session), &json!(["transfer"])));
    let whole = whole(info, row).await;
    assert!(whole.contains(&format!("{}, registered is {END}", END + 1)), "{whole}");
    assert!(whole.contains("What the chain said") && whole.contains("nothing: it was never sent"));
    assert!(whole.contains("starknet_estimateFee"), "a line repeats it: {whole}");

    let refused = ask(info, "starknet_simulateTransactions", json!([LATEST, [wrong], []])).await;
    assert_eq!(refused.unwrap_err()["code"], 41);
    let row = latest(info, 2).await;
    assert_eq!((&row["step"], &row["times"]), (&json!("simulate"), &json!(1)));
}

/// An account refuses its outside execution while the submitter's transaction is executed. An estimate of that
/// is an error, and a simulation succeeds with the reason in its trace.
async fn outside(info: &Info, session: &Session) {
    let mut signed = session.payment(TO);
    signed.signature[3] = Felt::from(END + 1);
    let submission = submission(info, &signed).await;
    let refused = ask(info, "starknet_estimateFee", json!([[submission], [], LATEST])).await;
    assert_eq!(refused.unwrap_err()["code"], 41);
    for (count, flags) in [(4, json!([])), (5, json!(["RETURN_INITIAL_READS"]))] {
        let asked = json!([LATEST, [submission], flags]);
        ask(info, "starknet_simulateTransactions", asked).await.unwrap();
        let row = latest(info, count).await;
        assert_eq!((&row["step"], &row["status"]), (&json!("simulate"), &json!("refused")));
        assert_eq!(row["rule"], "Session: wrong valid_until", "{flags}");
        assert_eq!(
            (&row["account"], &row["signer"]),
            (&json!(hex(session.account)), &signer(session))
        );
    }
    let row = latest(info, 5).await;
    assert!(whole(info, &row).await.contains("OutsideExecution"), "the typed data is shown");
}

/// If the submitter's own signature is wrong, the row is the submitter's, whose transaction it is. The outside
/// execution in it is right.
async fn submitters_own(info: &Info, session: &Session) {
    let mut submission = submission(info, &session.payment(TO)).await;
    ask(info, "starknet_estimateFee", json!([[submission], [], LATEST])).await.unwrap();
    submission["signature"][1] = json!("0x7");
    let refused = ask(info, "starknet_estimateFee", json!([[submission], [], LATEST])).await;
    let told = refused.unwrap_err()["data"]["explanation"].as_str().unwrap().to_owned();
    assert!(told.starts_with("Account: invalid signature: "), "{told}");
    assert!(!told.contains("the signature fits the hash"), "{told}");
    let row = latest(info, 13).await;
    assert_eq!(row["account"], json!(hex(info.submitter.address)));
    assert_eq!(row["calls"], json!(["execute_from_outside_v2"]));
    assert_eq!(row["signature"][1], "0x7");
}

/// A deployment alone has no calls of a user.
async fn deployed(info: &Info, session: &Session) {
    let invoke = json!({ "user_address": hex(session.account), "calls": [] });
    let deployment = json!({
        "address": "0x5", "class_hash": "0x6", "salt": "0x0", "calldata": [], "version": 1,
    });
    let params = json!({
        "transaction": { "type": "deploy", "deployment": deployment, "invoke": invoke },
        "parameters": { "version": "0x1", "fee_mode": { "mode": "sponsored" } },
    });
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "paymaster_buildTransaction", "params": params,
    });
    let (_, answer) = post(&Client::new(), &info.paymaster_url, &body).await;
    assert!(answer.get("error").is_some(), "{answer}");
    assert_eq!(latest(info, 14).await["account"], "0x5");
}

async fn built(info: &Info, session: &Session) {
    let build = async |selector: &str, high: &str, before: u64| {
        let call =
            json!({ "to": hex(STRK), "selector": selector, "calldata": [hex(TO), "0x1", high] });
        let invoke = json!({ "user_address": hex(session.account), "calls": [call] });
        let params = json!({
            "transaction": { "type": "invoke", "invoke": invoke },
            "parameters": {
                "version": "0x1", "fee_mode": { "mode": "sponsored" },
                "time_bounds": { "execute_after": "1", "execute_before": before.to_string() },
            },
        });
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "paymaster_buildTransaction", "params": params,
        });
        post(&Client::new(), &info.paymaster_url, &body).await.1
    };
    let pay = hex(selector("transfer"));
    assert_eq!(build(&pay, "0x0", END).await.get("error"), None);
    // Nobody has that much.
    assert_eq!(build(&pay, "0x1", END).await["error"]["code"], 156);
    let row = latest(info, 6).await;
    assert_eq!((&row["step"], &row["via"]), (&json!("build"), &json!("paymaster")));
    assert_eq!((&row["account"], &row["payer"]), (&json!(hex(session.account)), &Value::Null));
    assert_eq!((&row["calls"], &row["signature"]), (&json!(["transfer"]), &json!([])));
    let told = row["explanation"].as_str().unwrap();
    assert!(told.starts_with("the calls revert with '") && !told.contains('\n'), "{told}");
    let whole = whole(info, &row).await;
    assert!(whole.contains("What the chain said") && whole.contains("paymaster_buildTransaction"));
    assert!(!whole.contains("<h3>Signature</h3>"), "nobody has signed it: {whole}");

    // Nothing of it needs the chain: the end is in milliseconds, and a name is where a selector belongs.
    build(&pay, "0x0", END * 1_000).await;
    let row = latest(info, 7).await;
    assert!(row["explanation"].as_str().unwrap().contains("is in milliseconds"), "{row}");
    assert_eq!(row["calls"], json!(["transfer"]));
    build("transfer", "0x0", END).await;
    let row = latest(info, 8).await;
    assert!(row["explanation"].as_str().unwrap().contains("is the name transfer"), "{row}");
    assert_eq!((&row["step"], &row["calls"]), (&json!("build"), &json!([])));
}

async fn prepared(info: &Info, session: &Session) {
    let call = json!({ "contractAddress": STRK, "entrypoint": hex(selector("transfer")) });
    let url = format!("{}/v1/transactions/prepare-typed-data", info.chipi_url);
    let body = |account: &str| json!({ "publicKey": account, "calls": [call] });
    post(&Client::new(), &url, &body(&hex(session.account))).await;
    // Neither of these can be read, but they are two.
    let mut other = body(&hex(session.account));
    other["calls"][0]["contractAddress"] = json!("0x7");
    post(&Client::new(), &url, &other).await;
    assert_eq!(latest(info, 10).await["times"], 1);
    // A request that names no account is no row.
    post(&Client::new(), &url, &body("nobody")).await;
    let row = latest(info, 10).await;
    assert_eq!((&row["step"], &row["via"]), (&json!("build"), &json!("chipi")));
    assert_eq!((&row["account"], &row["calls"]), (&json!(hex(session.account)), &json!([])));
    let told = row["explanation"].as_str().unwrap();
    assert!(told.starts_with("calls[0].entrypoint is a selector, transfer: "), "{told}");
}

/// The first of several transactions that is refused is explained, and its row says which it is.
async fn several(info: &Info, session: &Session) {
    let right = transaction(session.plain(vec![transfer(STRK, TO, 1)], Felt::ONE).await);
    let mut wrong = transaction(session.plain(vec![transfer(STRK, TO, 1)], Felt::TWO).await);
    wrong["signature"][3] = json!(hex(Felt::from(END + 1)));
    let asked = json!([[right, wrong], [], LATEST]);
    let refused = ask(info, "starknet_estimateFee", asked).await.unwrap_err();
    let told = refused["data"]["explanation"].as_str().unwrap();
    let second = "this is transaction 2 of 2; the explanation goes by the chain's state before";
    assert!(told.starts_with("Session: wrong valid_until: "), "{refused}");
    assert!(told.lines().nth(1).is_some_and(|it| it.starts_with(second)), "{refused}");
    let row = latest(info, 11).await;
    assert_eq!(
        (&row["rule"], &row["explanation"]),
        (&json!("Session: wrong valid_until"), &json!(told))
    );

    // A simulation tells a revert in the trace. Nobody has that much.
    let most = transaction(session.plain(vec![transfer(STRK, TO, u128::MAX)], Felt::ONE).await);
    wrong["signature"][3] = json!(hex(Felt::from(END)));
    let asked = json!([LATEST, [most, wrong], ["SKIP_VALIDATE"]]);
    ask(info, "starknet_simulateTransactions", asked).await.unwrap();
    let row = latest(info, 12).await;
    let told = row["explanation"].as_str().unwrap();
    assert!(told.starts_with("the calls revert with '"), "{told}");
    assert_eq!(told.lines().nth(1), Some("this is transaction 1 of 2"));
}

/// Returns the latest row, after `count` refusals of what was not sent.
async fn latest(info: &Info, count: u64) -> Value {
    let state = state(info).await;
    assert_eq!(state["unsent_count"], count, "{state}");
    state["transactions"][0].clone()
}

async fn whole(info: &Info, row: &Value) -> String {
    let url = format!("{}transactions/{}", info.page_url, row["number"]);
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

fn signer(session: &Session) -> Value {
    json!({ "kind": "session", "session_key": hex(session.key.public_key()) })
}

async fn ask(info: &Info, method: &str, params: Value) -> Result<Value, Value> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (_, mut answer) = post(&Client::new(), &info.rpc_url, &body).await;
    match answer.get_mut("error") {
        Some(error) => Err(error.take()),
        None => Ok(answer["result"].take()),
    }
}

/// Returns the transaction of a request that sends it.
fn transaction(mut request: Value) -> Value {
    request["params"]["invoke_transaction"].take()
}

/// Returns the transaction with which the sandbox's submitter would submit `signed`.
async fn submission(info: &Info, signed: &SignedOutsideExecution) -> Value {
    let key = SigningKey::from_secret_scalar(info.submitter.private_key);
    let submitter = Owner::new(node(info).await, info.submitter.address, key);
    let execution = submitter.execute_v3(vec![signed.call()]);
    let prepared = Bounds::EMBEDDED.execution(execution).nonce(Felt::ZERO).prepared().unwrap();
    json!(prepared.get_invoke_request(false, false).await.unwrap())
}
