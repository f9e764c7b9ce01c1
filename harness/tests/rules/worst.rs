//! Tests of the worst that a thief of a session key can do with each setting: the table in SECURITY.md.

use session_client::felt::selector;
use session_client::{AllowedCall, Finality, Fri, SessionLimits};
use session_e2e::mocks::*;
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;

/// The first token leaves by its own call, the second by a bridge.
#[tokio::test]
async fn without_a_list_every_token_leaves_by_every_contract() {
    let (Capped { chain, token, other, .. }, bridge) = Capped::start_with_bridge().await;
    let key = chain.register(&limits()).await;
    let all = vec![transfer(token, HELD), withdraw(bridge, other, HELD)];
    assert_succeeds(send(&chain.session(&key, END), all).await);
    assert_eq!((chain.held(token).await, chain.held(other).await), (0, 0));
}

/// The transaction commits all STRK by its tip: one FRI of tip more would exceed the account's balance.
#[tokio::test]
async fn without_a_fee_limit_one_transaction_may_commit_all_strk() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let held = chain.held(STRK).await;
    let without_tip = u128::from(L2_GAS + L1_DATA_GAS) * GAS_PRICE;
    let tip = u64::try_from((held - without_tip) / u128::from(L2_GAS)).unwrap();
    let session = chain.session(&key, END);
    let bounded = |tip| bounded(session.execute_v3(vec![chain.payment()])).tip(tip);
    assert!(bounded(tip + 1).send().await.is_err(), "it commits to more than there is");
    let sent = bounded(tip).send().await.unwrap();
    let outcome = chain.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await;
    let outcome = assert_succeeds(outcome);
    assert!(outcome.fee >= Fri::of_gas(outcome.l2_gas, tip.into()).unwrap());
    assert!(tip > 1_000_000_000, "a tip of {tip} is no thief's");
}

#[tokio::test]
async fn a_list_of_selectors_moves_every_token_and_makes_no_other_call() {
    let (Capped { chain, token, other, .. }, bridge) = Capped::start_with_bridge().await;
    let key = chain.register(&allowing([selector("transfer")])).await;
    let all = vec![transfer(token, HELD), transfer(other, HELD)];
    assert_succeeds(send(&chain.session(&key, END), all).await);
    assert_eq!((chain.held(token).await, chain.held(other).await), (0, 0));
    chain.assert_refused_both_ways(&key, vec![withdraw(bridge, token, 1)], NOT_LISTED).await;
}

#[tokio::test]
async fn a_list_of_calls_moves_all_of_its_token_and_nothing_of_another() {
    let (Capped { chain, token, other, .. }, bridge) = Capped::start_with_bridge().await;
    let key = chain.register_for(&listed([AllowedCall::new(token, selector("transfer"))])).await;
    assert_succeeds(chain.relay(&chain.outside(vec![transfer(token, HELD)], &key, END)).await);
    assert_eq!((chain.held(token).await, chain.held(other).await), (0, HELD));
    for call in [transfer(other, 1), withdraw(bridge, other, 1), approve(token, THIEF, 1)] {
        chain.assert_refused_both_ways(&key, vec![call], NOT_LISTED).await;
    }
}

#[tokio::test]
async fn a_pinned_recipient_gets_all_and_nobody_else_anything() {
    let Capped { chain, token, other, .. } = Capped::start().await;
    let merchant = Felt::from(0xa11ce);
    let pinned = AllowedCall::new(token, selector("transfer")).with_argument(0, merchant);
    let key = chain.register_for(&listed([pinned])).await;
    chain.assert_refused_both_ways(&key, vec![transfer(token, 1)], NOT_LISTED).await;
    let pay = |amount| session_client::token::transfer(token, merchant, amount);
    assert_succeeds(chain.relay(&chain.outside(vec![pay(HELD)], &key, END)).await);
    assert_eq!((chain.held(token).await, chain.held(other).await), (0, HELD));
}

/// The session can make `max_calls` transactions, each within the fee limit; the limit does not protect
/// tokens.
#[tokio::test]
async fn a_fee_limit_bounds_each_transaction_and_no_token() {
    let Capped { chain, token, .. } = Capped::start().await;
    let key = chain.register(&SessionLimits { max_calls: 2, ..limits() }).await;
    let limit = u64::try_from(u128::from(L2_GAS + L1_DATA_GAS) * GAS_PRICE).unwrap();
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), limit)).await;
    let before = chain.held(STRK).await;
    let session = chain.session(&key, END);
    assert_refused(match bounded(session.execute_v3(vec![free()])).tip(1).send().await {
        Ok(sent) => chain.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await,
        Err(error) => Err(error.into()),
    });
    for _ in 0..2 {
        assert_succeeds(send(&chain.session(&key, END), vec![transfer(token, HELD / 2)]).await);
    }
    assert_refused(send(&chain.session(&key, END), vec![free()]).await);
    assert_eq!(chain.held(token).await, 0);
    assert!(before - chain.held(STRK).await <= 2 * u128::from(limit));
}
