//! Lists that pin arguments, and sessions that end themselves: what refusals and the page say about them.

use reqwest::StatusCode;
use serde_json::{Value, json};
use session_client::AllowedCall;
use session_client::felt::selector;
use session_client::token::{STRK, balance, transfer};
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::{Call, Felt};

use super::client::{
    Session, hex, node, order, post, raw_body, raw_url, register, register_for_calls, state,
};

const MERCHANT: Felt = Felt::from_hex_unchecked("0xbeef");
const THIEF: Felt = Felt::from_hex_unchecked("0xbad");
/// 1 STRK, in FRI.
const ENOUGH: u64 = 1_000_000_000_000_000_000;

fn transfers_to_the_merchant() -> Vec<AllowedCall> {
    vec![AllowedCall::new(STRK, selector("transfer")).with_argument(0, MERCHANT)]
}

async fn open() -> (Sandbox, Info) {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    (sandbox, info)
}

/// Sends `calls`, signed by `session`, to Chipi's endpoint, and returns the answer.
async fn relay(info: &Info, session: &Session, calls: Vec<Call>) -> (StatusCode, Value) {
    post(&reqwest::Client::new(), &raw_url(info), &raw_body(&session.sign(calls))).await
}

/// Returns the rule that refuses `calls` through a relayer, and the explanation.
async fn refused(info: &Info, session: &Session, calls: Vec<Call>) -> (Value, String) {
    let (status, body) = relay(info, session, calls).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    (body["rule"].clone(), body["message"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_argument_is_shown_and_its_refusal_names_place_and_values() {
    let (sandbox, info) = open().await;
    let account = &info.accounts[0];
    let session = register_for_calls(&info, account, transfers_to_the_merchant(), 9, ENOUGH).await;

    let (status, body) = relay(&info, &session, vec![transfer(STRK, MERCHANT, 3)]).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    let (rule, told) = refused(&info, &session, vec![transfer(STRK, THIEF, 3)]).await;
    assert_eq!(rule, json!("Session: call not allowed"));
    let place = "place 0 of its calldata must be 0xbeef, found is 0xbad";
    assert!(told.contains(&format!("transfer of {}: {place}", hex(STRK))), "{told}");

    let short = Call { calldata: vec![], ..transfer(STRK, MERCHANT, 3) };
    let (rule, told) = refused(&info, &session, vec![short]).await;
    assert_eq!(rule, json!("Session: call not allowed"));
    assert!(told.contains("must be 0xbeef, but its calldata has 0 felts"), "{told}");

    // The refusal of a plain transaction says the same.
    let nonce = Felt::ONE;
    let plain = session.plain(vec![transfer(STRK, THIEF, 3)], nonce).await;
    let (_, answer) = post(&reqwest::Client::new(), &info.rpc_url, &plain).await;
    assert!(answer["error"].to_string().contains(place), "{answer}");
    assert_eq!(balance(&node(&info).await, STRK, MERCHANT).await.unwrap(), 3);
    assert_eq!(balance(&node(&info).await, STRK, THIEF).await.unwrap(), 0);

    let state = state(&info).await;
    let shown = &state["sessions"][0];
    let entry = format!("transfer of {} with 0xbeef at place 0 of its calldata", hex(STRK));
    assert_eq!((&shown["allowed"], &shown["allowed_len"]), (&json!([entry]), &json!(1)), "{shown}");
    assert_eq!(shown["state"], "active");
    let page = reqwest::get(&info.page_url).await.unwrap().text().await.unwrap();
    assert!(page.contains("transfer of STRK with 0xbeef at place 0 of its calldata"), "{page}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_itself_and_of_any_other_call_to_the_account_it_is_told_why_not() {
    let (sandbox, info) = open().await;
    let account = &info.accounts[0];
    // With the fee limit 0 the session's ending must go through a relayer too.
    let session = register_for_calls(&info, account, transfers_to_the_merchant(), 9, 0).await;
    let key = session.key.public_key();
    let end = || session.contract.revoke_session(key);

    for (calls, why) in [
        (vec![end(), transfer(STRK, MERCHANT, 1)], "must be alone in its batch".to_owned()),
        (
            vec![session.contract.revoke_session(THIEF)],
            format!("must have the session's own key {} as its calldata", hex(key)),
        ),
        (
            vec![Call { selector: selector("revoke_session_key"), ..end() }],
            "a session ends itself by revoke_session:".to_owned(),
        ),
        (
            vec![session.contract.revoke_all_sessions()],
            "revoke_all_sessions of the account is the owner's alone".to_owned(),
        ),
    ] {
        let (rule, told) = refused(&info, &session, calls).await;
        assert_eq!(rule, json!("Session: call to the account"));
        assert!(told.contains(&why), "{told}");
    }

    let plain = session.plain(vec![end()], Felt::ONE).await;
    let (_, answer) = post(&reqwest::Client::new(), &info.rpc_url, &plain).await;
    let told = answer["error"].to_string();
    assert!(told.contains("Session: fee over limit"), "{told}");
    assert!(told.contains("the session's limit is 0: it works through a relayer only"), "{told}");

    let (status, body) = relay(&info, &session, vec![end()]).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (rule, _) = refused(&info, &session, vec![transfer(STRK, MERCHANT, 1)]).await;
    assert_eq!(rule, json!("Session: not found"));

    let state = state(&info).await;
    let shown = &state["sessions"][0];
    assert_eq!((&shown["state"], &shown["is_active"]), (&json!("revoked"), &json!(false)));
    assert_eq!((&shown["allowed"], &shown["valid_until"]), (&json!([]), &json!(0)), "{shown}");
    let page = reqwest::get(&info.page_url).await.unwrap().text().await.unwrap();
    assert!(
        page.contains("It can do nothing any more.") && !page.contains("<dt>Until</dt>"),
        "{page}"
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_used_up_or_ended_with_all_others_are_shown_as_such() {
    let (sandbox, info) = open().await;
    let account = &info.accounts[0];
    let session = register_for_calls(&info, account, transfers_to_the_merchant(), 1, ENOUGH).await;
    let (status, body) = relay(&info, &session, vec![transfer(STRK, MERCHANT, 3)]).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let shown = &state(&info).await["sessions"][0];
    assert_eq!((&shown["state"], &shown["allowed_len"]), (&json!("used_up"), &json!(1)), "{shown}");

    let more = register(&info, account, 2, 5).await;
    order(&info, account, vec![more[0].contract.revoke_all_sessions()]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let state = state(&info).await;
    let shown = state["sessions"].as_array().unwrap();
    assert_eq!(shown.len(), 3, "{state}");
    assert!(
        shown.iter().all(|it| it["state"] == "revoked" && it["allowed"] == json!([])),
        "{state}"
    );
    sandbox.stop().await;
}

/// Up to the limit a plain transaction succeeds. Above it, the refusal names both amounts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_over_the_limit_is_told_with_both_amounts() {
    let (sandbox, info) = open().await;
    let account = &info.accounts[0];
    let session = register_for_calls(&info, account, transfers_to_the_merchant(), 9, 1_000).await;
    let plain = session.plain(vec![transfer(STRK, THIEF, 1)], Felt::ONE).await;
    let (_, answer) = post(&reqwest::Client::new(), &info.rpc_url, &plain).await;
    let told = answer["error"].to_string();
    // The account checks the fee limit before the list, which this call breaks too.
    assert!(told.contains("may cost 0.06005 STRK, and the session's limit is 1000 FRI"), "{told}");
    sandbox.stop().await;
}
