//! Tests `execute-sponsored-raw`, and what its refusals explain.

use reqwest::StatusCode;
use serde_json::{Value, json};
use session_client::token::{STRK, transfer};
use session_client::{OutsideExecution, SessionKey};
use session_sandbox::{Sandbox, Settings};
use starknet_rust::core::types::Felt;

use super::client::{END, hex, post, raw_body, raw_url, register};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_which_bytes_are_wrong() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let client = reqwest::Client::new();
    let url = raw_url(&info);
    let session = register(&info, &info.accounts[0], 1, 2).await.remove(0);
    let refused = async |body: Value| {
        let (status, body) = post(&client, &url, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        (body["rule"].clone(), body["message"].as_str().unwrap().to_owned())
    };

    let (status, body) = post(&client, &url, &raw_body(&session.payment(Felt::THREE))).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    // The signature has r and s swapped.
    let mut swapped = session.payment(Felt::THREE);
    swapped.signature.swap(1, 2);
    let (rule, told) = refused(raw_body(&swapped)).await;
    assert_eq!(rule, json!("Session: invalid signature"));
    assert!(told.contains("with r and s swapped"), "{told}");

    // The hash is for another chain.
    let execution = OutsideExecution::new(vec![transfer(STRK, Felt::THREE, 1)], END);
    let mainnet = Felt::from_hex_unchecked("0x534e5f4d41494e");
    let own = execution.message_hash(session.account, info.chain_id);
    let signed = execution.sign_as_session(session.account, mainnet, &session.key, END).unwrap();
    let (_, told) = refused(raw_body(&signed)).await;
    assert!(told.contains(&format!("the account computed the hash {}", hex(own))), "{told}");
    assert!(told.contains("the chain id in it is 0x534e5f4d41494e"), "{told}");

    // The `valid_until` differs from the registered one.
    let mut ended = session.payment(Felt::THREE);
    ended.signature[3] = Felt::from(END + 1);
    let (rule, told) = refused(raw_body(&ended)).await;
    assert_eq!(rule, json!("Session: wrong valid_until"));
    assert!(told.contains(&format!("is {}, registered is {END}", END + 1)), "{told}");

    // The key was never registered.
    let stranger = SessionKey::generate();
    let execution = OutsideExecution::new(vec![transfer(STRK, Felt::THREE, 1)], END);
    let signed = execution.sign_as_session(session.account, info.chain_id, &stranger, END).unwrap();
    let (rule, told) = refused(raw_body(&signed)).await;
    assert_eq!(rule, json!("Session: not found"));
    assert!(told.contains(&hex(stranger.public_key())), "{told}");

    // The session has no calls left.
    post(&client, &url, &raw_body(&session.payment(Felt::THREE))).await;
    let (rule, told) = refused(raw_body(&session.payment(Felt::THREE))).await;
    assert_eq!(rule, json!("Session: no calls left"));
    assert!(told.contains("2 of 2 transactions are used"), "{told}");

    // The sandbox still shows these transactions.
    let state = client.get(format!("{}state.json", info.page_url)).send().await.unwrap();
    let state: Value = state.json().await.unwrap();
    // This includes the registration.
    assert_eq!(state["transaction_count"], 8, "{state}");
    let last = &state["transactions"][0];
    assert_eq!(
        (&last["status"], &last["rule"]),
        (&json!("refused"), &json!("Session: no calls left"))
    );
    assert_eq!(last["calls"], json!(["transfer"]));
    assert_eq!(state["sessions"][0]["remaining_calls"], 0);
    sandbox.stop().await;
}
