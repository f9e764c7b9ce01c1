//! Tests of what a session may do, in plain transactions and in outside executions.

use session_client::felt::selector;
use session_client::{SessionLimits, token};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};

#[tokio::test]
async fn a_session_transacts_alone_and_each_transaction_counts_once() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (1, 1));
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment(); 5]).await);
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (6, 2));
    let signed = chain.outside(vec![chain.payment(); 3], &key, END);
    assert_succeeds(chain.relay(&signed).await);
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (9, 3));
}

#[tokio::test]
async fn an_exhausted_session_is_refused() {
    let chain = Chain::start().await;
    let key = chain.register(&SessionLimits { max_calls: 2, ..limits() }).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: no calls left").await;
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (2, 2));
}

#[tokio::test]
async fn a_whitelist_lets_through_what_it_lists_and_nothing_else() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer"), selector("approve")])).await;
    let approval = Call { selector: selector("approve"), ..chain.payment() };
    chain.assert_allowed_both_ways(&key, vec![chain.payment(), approval]).await;

    let error = "Session: call not allowed";
    for selector in [selector("transfer_from"), Felt::ZERO, Felt::ONE, Felt::MAX] {
        let calls = vec![chain.payment(), call(selector, &[])];
        chain.assert_refused_both_ways(&key, calls, error).await;
    }
    assert_eq!(chain.calls_used(&key).await, 2, "what is refused is not counted");
}

#[tokio::test]
async fn one_sessions_whitelist_is_not_anothers() {
    let chain = Chain::start().await;
    let transfers = chain.register(&allowing([selector("transfer")])).await;
    let approvals = chain.register(&allowing([selector("approve")])).await;
    chain.assert_allowed_both_ways(&transfers, vec![chain.payment()]).await;
    let error = "Session: call not allowed";
    chain.assert_refused_both_ways(&approvals, vec![chain.payment()], error).await;
}

#[tokio::test]
async fn no_session_calls_the_account_whatever_its_whitelist() {
    let chain = Chain::start().await;
    let selectors = ["transfer", "get_public_key", "add_session", "revoke_session"].map(selector);
    for limits in [limits(), allowing(selectors)] {
        let key = chain.register(&limits).await;
        let calls = [
            Call { to: chain.account(), ..call(selector("get_public_key"), &[]) },
            chain.contract.add_session(Felt::ONE, &limits),
        ];
        for call in calls {
            let calls = vec![chain.payment(), call];
            chain.assert_refused_both_ways(&key, calls, "Session: call to the account").await;
        }
    }
}

#[tokio::test]
async fn no_session_calls_a_blocked_selector_on_any_contract() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for blocked in BLOCKED.map(selector) {
        let calls = vec![chain.payment(), call(blocked, &[])];
        chain.assert_refused_both_ways(&key, calls, "Session: blocked selector").await;
    }
    assert_eq!(chain.calls_used(&key).await, 0);
}

#[tokio::test]
async fn an_empty_batch_is_refused() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.assert_refused_both_ways(&key, vec![], "Session: empty batch").await;
}

#[tokio::test]
async fn a_batch_of_fifty_is_one_transaction_and_its_last_call_is_checked_too() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer")])).await;
    let mut calls = vec![chain.payment(); 50];
    chain.assert_allowed_both_ways(&key, calls.clone()).await;
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (100, 2));
    calls[49] = call(selector("approve"), &[1, 1, 0]);
    chain.assert_refused_both_ways(&key, calls, "Session: call not allowed").await;
}

#[tokio::test]
async fn the_signature_must_be_the_session_keys_over_this_very_message() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let other = chain.register(&limits()).await;
    let mut signed = chain.outside(vec![chain.payment()], &key, END);
    signed.outside_execution.calls[0].calldata[1] = Felt::TWO;
    assert_reverts(chain.relay(&signed).await, "Session: invalid signature");

    let mut signed = chain.outside(vec![chain.payment()], &key, END);
    signed.signature[0] = other.public_key();
    assert_reverts(chain.relay(&signed).await, "Session: invalid signature");
    assert_eq!(chain.calls_used(&key).await + chain.calls_used(&other).await, 0);
}

#[tokio::test]
async fn a_reverted_transaction_stays_counted_and_a_reverted_outside_execution_does_not() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let too_much = token::transfer(token::STRK, Felt::ONE, u128::MAX);
    let calls = vec![chain.payment(), too_much];
    let sent = send(&chain.session(&key, END), calls.clone()).await;
    assert_reverts(sent, "ERC20: insufficient balance");
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (0, 1));

    let signed = chain.outside(calls, &key, END);
    assert_reverts(chain.relay(&signed).await, "ERC20: insufficient balance");
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (0, 1));
    let nonce = signed.outside_execution.nonce;
    assert!(chain.contract.is_valid_outside_execution_nonce(nonce).await.unwrap());
}

#[tokio::test]
async fn a_session_signs_no_declaration() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let thief = Forged::new(&chain, {
        let key = key.clone();
        move |hash| key.sign(&hash, END).unwrap()
    });
    let (class, compiled_class_hash) = undeclared_class();
    let declaration = thief.declare_v3(class, compiled_class_hash);
    let error = format!("{:?}", declaration.estimate_fee().await.unwrap_err());
    assert!(error.contains("Got Retdata([0x0])"), "{error}");
}

#[tokio::test]
async fn a_session_transaction_writes_one_slot() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer")])).await;
    let slot = slots::record_of(key.public_key());
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_eq!(chain.written().await, [slot]);
}

/// An approval can be used by a later call of the same batch, and not by an earlier one.
#[tokio::test]
async fn a_batch_is_made_in_its_order() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let mut take = Call { selector: selector("transfer_from"), ..chain.payment() };
    take.calldata.insert(0, chain.account());
    let mut approve = Call { selector: selector("approve"), ..chain.payment() };
    approve.calldata[0] = chain.account();
    chain.assert_allowed_both_ways(&key, vec![approve.clone(), take.clone()]).await;
    assert_eq!(chain.paid().await, 2);
    let reversed = send(&chain.session(&key, END), vec![take, approve]).await;
    assert_reverts(reversed, "ERC20: insufficient allowance");
}

#[tokio::test]
async fn an_allowance_outlives_the_session_that_granted_it() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let spender = chain.relayer.address();
    let approve = Call {
        selector: selector("approve"),
        calldata: vec![spender, Felt::from(5), Felt::ZERO],
        ..chain.payment()
    };
    assert_succeeds(send(&chain.session(&key, END), vec![approve]).await);
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    let mut take = Call { selector: selector("transfer_from"), ..chain.payment() };
    take.calldata.insert(0, chain.account());
    assert_succeeds(send(&chain.relayer, vec![take]).await);
    assert_eq!(chain.paid().await, 1);
}
