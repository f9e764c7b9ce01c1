//! Common mistakes are explained wherever they are made: first comes a sentence with the numbers, then what
//! the chain said.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::token::{STRK, transfer};
use session_client::{AllowedCall, OutsideExecution, SessionKey, SpendingLimits};
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::{Call, Felt};

use super::client::{END, Session, hex, order, post, raw_body, raw_url, register_for_calls, state};

/// 1 STRK, in FRI.
const ONE: u128 = 1_000_000_000_000_000_000;
const TO: Felt = Felt::from_hex_unchecked("0xbeef");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commonest_mistakes_are_named() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let account = &info.accounts[0];
    let twice = Call { selector: selector(&hex(selector("transfer"))), ..transfer(STRK, TO, 1) };
    let entries = [selector("transfer"), selector("approve")];
    let entries = entries.map(|it| AllowedCall::new(STRK, it)).to_vec();
    let limit = u64::try_from(ONE).unwrap();
    let session = register_for_calls(&info, account, entries, 9, limit).await;
    let key = session.key.public_key();
    let policy = SpendingLimits {
        max_per_call: (2 * ONE).into(),
        max_per_window: (3 * ONE).into(),
        window_seconds: 5_400,
    };
    order(&info, account, vec![session.contract.set_spending_policy(key, STRK, &policy)]).await;

    spending(&info, &session).await;
    signatures(&info, &session).await;

    // Somebody hashed a selector as if it were a name.
    let (rule, told) =
        refused(&info, &raw_body(&session.sign_unchecked(&info, vec![twice.clone()]))).await;
    assert_eq!(rule, json!("Session: call not allowed"));
    assert!(told.contains("which is the selector of transfer already"), "{told}");
    names_and_selectors(&info, &twice).await;
    requests(&info).await;
    transactions(&info, &session).await;
    sandbox.stop().await;
}

async fn refused(info: &Info, body: &Value) -> (Value, String) {
    let (status, body) = post(&Client::new(), &raw_url(info), body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    (body["rule"].clone(), body["message"].as_str().unwrap().to_owned())
}

async fn spending(info: &Info, session: &Session) {
    let pay = |amount| raw_body(&session.sign_unchecked(info, vec![transfer(STRK, TO, amount)]));
    let (rule, told) = refused(info, &pay(5 * ONE / 2)).await;
    assert_eq!(rule, json!("Spending: over call maximum"));
    assert!(told.starts_with("Spending: over call maximum: "), "{told}");
    let numbers = "transfer names 2.5 STRK, the maximum for one call is 2 STRK";
    let (sentence, trace) = told.split_once("\n\n").unwrap();
    assert!(sentence.contains(numbers), "{told}");
    assert!(!trace.is_empty(), "what the chain said is behind: {told}");

    let (status, _) = post(&Client::new(), &raw_url(info), &pay(2 * ONE)).await;
    assert_eq!(status, StatusCode::OK);
    let (rule, told) = refused(info, &pay(2 * ONE)).await;
    assert_eq!(rule, json!("Spending: over window maximum"));
    let numbers = "the calls name 2 STRK; 2 STRK of 3 STRK are spent in this window; the window reopens in 1 h";
    assert!(told.contains(numbers), "{told}");
}

/// The session's key signs in the owner's form. Each kind of message gets its own explanation.
async fn signatures(info: &Info, session: &Session) {
    let pair =
        format!("the session key {} signed this, and gave [r, s]", hex(session.key.public_key()));
    let mut signed = session.sign_unchecked(info, vec![transfer(STRK, TO, 1)]);
    signed.signature = signed.signature[1..3].to_vec();
    let (_, told) = refused(info, &raw_body(&signed)).await;
    assert!(told.starts_with(&format!("SRC9: invalid signature: {pair}")), "{told}");
    assert_eq!(told.split("\n\n").next().unwrap().lines().count(), 1, "it is told alone: {told}");
    // The page says who signed, and not whom two felts would name.
    let state = Client::new().get(format!("{}state.json", info.page_url)).send().await.unwrap();
    let state: Value = state.json().await.unwrap();
    let by = json!({ "kind": "session", "session_key": hex(session.key.public_key()) });
    assert_eq!(state["transactions"][0]["signer"], by);

    // Three felts are neither's.
    signed.signature.push(Felt::ONE);
    let (_, told) = refused(info, &raw_body(&signed)).await;
    assert!(
        told.starts_with("SRC9: invalid signature: a signature has 2 felts, [r, s] of"),
        "{told}"
    );
    assert!(!told.contains("the signature fits neither"), "{told}");

    // The owner's key for the session's, as its signer writes it.
    let owner = SessionKey::from_private_key(info.accounts[0].private_key).unwrap();
    let execution = OutsideExecution::new(vec![transfer(STRK, TO, 1)], END);
    let signed = execution.sign_as_session(session.account, info.chain_id, &owner, END).unwrap();
    let (_, told) = refused(info, &raw_body(&signed)).await;
    assert!(told.starts_with("Session: not found: the key in the signature, "), "{told}");
    assert!(told.contains("is the owner's, and no session's"), "{told}");

    // Another order.
    let mut signed = session.sign_unchecked(info, vec![transfer(STRK, TO, 1)]);
    signed.signature.rotate_right(1);
    let (_, told) = refused(info, &raw_body(&signed)).await;
    let order = "Session: not found: the signature is [valid_until, session_key, r, s]: ";
    assert!(told.starts_with(order), "{told}");

    let mut plain = session.plain(vec![transfer(STRK, TO, 1)], Felt::TWO).await;
    let signature = &mut plain["params"]["invoke_transaction"]["signature"];
    *signature = json!(signature.as_array().unwrap()[1..3]);
    let (_, answer) = post(&Client::new(), &info.rpc_url, &plain).await;
    let told = answer["error"]["data"].as_str().unwrap();
    assert!(told.starts_with(&format!("Account: invalid signature: {pair}")), "{told}");

    // A fee estimate gets the same explanation, before the node's own message.
    let mut wrong = session.plain(vec![transfer(STRK, TO, 1)], Felt::TWO).await;
    let transaction = wrong["params"]["invoke_transaction"].take();
    wrong["method"] = json!("starknet_estimateFee");
    wrong["params"] = json!([[transaction], [], "pre_confirmed"]);
    wrong["params"][0][0]["signature"][3] = json!(hex(Felt::from(END + 1)));
    let (_, answer) = post(&Client::new(), &info.rpc_url, &wrong).await;
    let data = answer["error"]["data"].as_object().unwrap();
    let (name, told) = data.iter().next().unwrap();
    assert_eq!(name, "explanation", "{answer}");
    assert!(told.as_str().unwrap().starts_with("Session: wrong valid_until: "), "{told}");
    assert!(data.contains_key("execution_error"), "{answer}");

    // The `valid_until` in the signature is in milliseconds.
    let mut signed = session.sign_unchecked(info, vec![transfer(STRK, TO, 1)]);
    signed.signature[3] = Felt::from(END * 1_000);
    let (_, told) = refused(info, &raw_body(&signed)).await;
    assert!(
        told.contains(&format!("is in milliseconds: times are Unix seconds, such as {END}")),
        "{told}"
    );
}

async fn names_and_selectors(info: &Info, twice: &Call) {
    let client = Client::new();
    let user = info.accounts[0].address;
    // Chipi's endpoint hashes names.
    let call =
        json!({ "contractAddress": STRK, "entrypoint": hex(selector("transfer")), "calldata": [] });
    let url = format!("{}/v1/transactions/prepare-typed-data", info.chipi_url);
    let (status, body) =
        post(&client, &url, &json!({ "publicKey": hex(user), "calls": [call] })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let told = body["message"].as_str().unwrap();
    assert!(told.starts_with("calls[0].entrypoint is a selector, transfer: "), "{told}");

    // SNIP-29's paymaster does not hash names.
    let build = |selector: &str, before: u64| {
        let call =
            json!({ "to": hex(STRK), "selector": selector, "calldata": ["0x1", "0x1", "0x0"] });
        let invoke = json!({ "user_address": hex(user), "calls": [call] });
        json!({
            "jsonrpc": "2.0", "id": 1, "method": "paymaster_buildTransaction",
            "params": {
                "transaction": { "type": "invoke", "invoke": invoke },
                "parameters": {
                    "version": "0x1", "fee_mode": { "mode": "sponsored" },
                    "time_bounds": { "execute_after": "1", "execute_before": before.to_string() },
                },
            },
        })
    };
    for (body, told) in [
        (build("transfer", END), "invoke.calls[0].selector is the name transfer"),
        (build(&hex(twice.selector), END), "a contract that is called has no such function"),
        (build(&hex(twice.selector), END), "which is the selector of transfer already"),
        (build(&hex(selector("transfer")), END * 1_000), "is in milliseconds"),
    ] {
        let (_, answer) = post(&client, &info.paymaster_url, &body).await;
        assert!(answer["error"]["data"].to_string().contains(told), "{told}: {answer}");
    }
}

async fn requests(info: &Info) {
    let client = Client::new();
    let pending =
        json!({ "block_id": "pending", "contract_address": hex(info.accounts[0].address) });
    let old = json!({ "invoke_transaction": { "type": "INVOKE", "version": "0x1" } });
    let name =
        json!({ "contract_address": hex(STRK), "entry_point_selector": "name", "calldata": [] });
    for (method, params, told) in [
        ("starknet_getNonce", pending, "pending is no block any more"),
        ("starknet_addInvokeTransaction", old, "version 1 is taken no more"),
        ("starknet_call", json!({ "request": name, "block_id": "latest" }), "is the name name"),
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (_, answer) = post(&client, &info.rpc_url, &body).await;
        assert!(answer["error"]["data"].to_string().contains(told), "{answer}");
    }
}

/// A refusal that lies in the request or in the transaction itself is not told as one of the calls. Only what the
/// chain refused is a transaction that was sent.
async fn transactions(info: &Info, session: &Session) {
    let client = Client::new();
    let right = session.plain(vec![transfer(STRK, TO, 1)], Felt::TWO).await;
    let right = &right["params"]["invoke_transaction"];
    let wrong = |place: &str, value: Value| {
        let mut wrong = right.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        wrong
    };
    let mut incomplete = right.clone();
    incomplete.as_object_mut().unwrap().remove("fee_data_availability_mode");
    let mut undeployed = wrong("/sender_address", json!("0x5"));
    undeployed["nonce"] = json!("0x0");
    let bounds = wrong("/resource_bounds/l2_gas/max_amount", json!("0x1"));
    let balance =
        wrong("/resource_bounds/l2_gas/max_price_per_unit", json!("0xffffffffffffffffffff"));
    let send = |it: Value| ("starknet_addInvokeTransaction", json!({ "invoke_transaction": it }));
    let estimate = |it: &Value, block: Value| ("starknet_estimateFee", json!([[it], [], block]));
    let simulate = |block: Value, flags: Value| {
        ("starknet_simulateTransactions", json!([block, [right], flags]))
    };
    let latest = || json!("latest");
    for ((method, params), code, told, is_row) in [
        (send(bounds), 53, Some("the transaction's resource bounds, or the prices"), true),
        (send(balance), 54, Some("the account that pays holds less STRK than"), true),
        (send(wrong("/nonce", json!("0x0"))), 52, Some("the transaction's nonce is not"), true),
        (send(incomplete), -32_602, None, false),
        (
            send(wrong("/version", json!("0x1"))),
            -32_602,
            Some("a transaction of version 1 is"),
            false,
        ),
        (estimate(&undeployed, latest()), 41, Some("there is no contract at an address"), false),
        (estimate(right, json!({ "block_number": 9_999 })), 24, None, false),
        (estimate(right, json!("pending")), -32_602, Some("pending is no block any more"), false),
        (simulate(json!("pending"), json!([])), -32_602, Some("pending is no block"), false),
        (simulate(latest(), json!(["UNKNOWN"])), -32_602, None, false),
    ] {
        let before = state(info).await["transaction_count"].as_u64().unwrap();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let error = post(&client, &info.rpc_url, &body).await.1["error"].take();
        assert_eq!(error["code"], code, "{error}");
        let data = error["data"].get("explanation").unwrap_or(&error["data"]);
        let data = data.as_str().unwrap_or_default();
        assert!(told.is_none_or(|it| data.starts_with(it)), "{error}");
        assert!(!error.to_string().contains("the calls"), "{error}");
        let after = state(info).await;
        assert_eq!(after["transaction_count"], before + u64::from(is_row), "{error}");
        if is_row {
            let row = after["transactions"][0]["explanation"].as_str().unwrap();
            assert!(told.is_some_and(|it| row.starts_with(it)), "{row}");
        }
    }
}

impl Session {
    /// Returns `calls` as an outside execution that anyone may submit, whatever the session may do.
    fn sign_unchecked(
        &self,
        info: &Info,
        calls: Vec<Call>,
    ) -> session_client::SignedOutsideExecution {
        let execution = OutsideExecution::new(calls, END);
        execution.sign_as_session(self.account, info.chain_id, &self.key, END).unwrap()
    }
}
