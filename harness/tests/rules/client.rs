//! Tests of the harness itself.

use std::sync::Arc;

use session_client::{
    Error, OutsideExecution, Owner, Relayer, SessionKey, SessionLimits, SpendingLimits, deploy,
};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

#[test]
fn a_session_key_never_shows_its_secret() {
    let secret = Felt::from_hex_unchecked(
        "0x1c9053c053edf324aec366a34c6901b1095b07af69495bffec7d7fe21effb1b",
    );
    let key = Arc::new(SessionKey::from_private_key(secret).unwrap());
    let shown = format!("{key:?} {key:#?}");
    assert!(!shown.contains("1c9053c0") && !shown.contains("[28, 144"), "{shown}");
    assert!(shown.contains("0x4c339f18b9d1b95b64a6d378abd1480b2e0d5d5bd33cd0828cbce4d65c27284"));
}

#[tokio::test]
async fn an_owners_account_never_shows_its_key() {
    let chain = Chain::start().await;
    let secret = format!("{:x}", chain.owner_key.secret_scalar());
    assert!(format!("{:?}", chain.owner_key).contains(&secret), "what must not be shown");
    let shown = format!("{:?} {:#?}", chain.owner, chain.owner);
    assert!(!shown.contains(&secret), "{shown}");
}

#[test]
fn a_private_key_out_of_range_is_refused() {
    for key in [Felt::ZERO, ORDER, ORDER + Felt::ONE, Felt::MAX] {
        assert!(matches!(SessionKey::from_private_key(key), Err(Error::PrivateKey)));
    }
    for key in [Felt::ONE, ORDER - Felt::ONE] {
        SessionKey::from_private_key(key).unwrap();
    }
}

#[test]
fn every_generated_key_and_every_nonce_is_another() {
    assert_ne!(SessionKey::generate().public_key(), SessionKey::generate().public_key());
    let nonce = || OutsideExecution::new(vec![], END).nonce;
    assert_ne!(nonce(), nonce());
}

/// Checking lists and signatures costs gas that an estimate without validation would not show.
#[tokio::test]
async fn an_estimated_session_transaction_has_gas_enough() {
    let chain = Chain::start().await;
    let selectors = (1..40_u64).map(Felt::from).chain([chain.payment().selector]);
    let key = chain.register(&allowing(selectors)).await;
    let session = chain.session(&key, END);
    let estimate = session.execute_v3(vec![chain.payment()]).estimate_fee().await.unwrap();
    let outcome = session.send([chain.payment()]).await;
    let used = outcome.unwrap().l2_gas;
    assert!(estimate.l2_gas_consumed >= used, "{} < {used}", estimate.l2_gas_consumed);

    let relayer = Relayer::new(chain.relayer.clone());
    relayer.submit(&[chain.outside(vec![chain.payment()], &key, END)]).await.unwrap();
    assert_eq!(chain.paid().await, 2);
}

/// The estimate covers the use whoever pays, and whether the payer's class is measured in Cairo steps (the
/// devnet's own accounts) or in Sierra gas (ours).
#[tokio::test]
async fn an_estimate_covers_what_is_then_used() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let payer_key = SigningKey::from_random();
    let public_key = payer_key.verifying_key().scalar();
    let class_hash = chain.class_hash().await;
    let (payer, _) =
        deploy::deploy(&chain.relayer, class_hash, public_key, Felt::ZERO).await.unwrap();
    chain.devnet.mint(payer, 1_000_000_000_000_000_000).await.unwrap();
    let payer = Owner::new(chain.node.clone(), payer, payer_key);

    let relayed = || vec![chain.outside(vec![chain.payment()], &key, END).call()];
    let cases = [
        ("owner", &chain.owner, vec![chain.payment()]),
        ("relayed in steps", &chain.relayer, relayed()),
        ("relayed in Sierra gas", &payer, relayed()),
    ];
    for (case, account, calls) in cases {
        let estimate = account.execute_v3(calls.clone()).estimate_fee().await.unwrap();
        let used = account.send(calls).await.unwrap().l2_gas;
        let estimated = estimate.l2_gas_consumed;
        assert!(estimated >= used, "{case}: {estimated} < {used}");
        assert!(estimated <= used + used / 10, "{case}: {estimated} for {used}");
    }
    assert_eq!(chain.paid().await, 3);
}

#[tokio::test]
async fn a_refusal_is_an_error_that_says_why() {
    let chain = Chain::start().await;
    let key = chain.register(&SessionLimits { max_calls: 1, ..limits() }).await;
    let session = chain.session(&key, END + 1);
    let error = session.send([chain.payment()]).await;
    assert!(matches!(error, Err(Error::Refused(_))), "{error:?}");

    let relayer = Relayer::new(chain.relayer.clone());
    let error = relayer.submit(&[chain.outside(vec![chain.payment()], &key, END + 1)]).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("Session: wrong valid_until"), "{error}");
}

#[tokio::test]
async fn all_policies_of_a_key_are_read_with_what_is_spent_in_the_open_window() {
    let chain = Chain::start().await;
    let (key, contract) = (chain.register(&limits()).await, &chain.contract);
    assert_eq!(contract.spending_policies(key.public_key()).await.unwrap(), []);
    let policy = |token, most: u8, window_seconds| {
        let (max_per_call, max_per_window) = (most.into(), most.into());
        let limits = SpendingLimits { max_per_call, max_per_window, window_seconds };
        contract.set_spending_policy(key.public_key(), token, &limits)
    };
    chain.as_owner(policy(STRK, 7, 60)).await;
    chain.as_owner(policy(ETH, 9, u64::MAX)).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;

    assert_eq!(contract.spending_tokens(key.public_key()).await.unwrap(), [STRK, ETH]);
    let policies = contract.spending_policies(key.public_key()).await.unwrap();
    let [(_, strk), (_, eth)] = policies[..] else { panic!("{policies:?}") };
    assert_eq!((strk.max_per_window, eth.max_per_window), (7_u8.into(), 9_u8.into()));
    let (start, spent) = (strk.window_start, strk.spent_in_window);
    assert_eq!(spent, 2_u8.into());
    // A window is open until its last second, and does not end when the clock goes back.
    for now in [start, start + 59, start - 1] {
        assert_eq!((strk.window_end_at(now), strk.spent_at(now)), (Some(start + 60), spent));
    }
    assert_eq!((strk.window_end_at(start + 60), strk.spent_at(start + 60)), (None, 0_u8.into()));
    assert_eq!((eth.window_end_at(start), eth.spent_at(start)), (None, 0_u8.into()));

    chain.as_owner(contract.remove_spending_policy(key.public_key(), STRK)).await;
    assert_eq!(contract.spending_tokens(key.public_key()).await.unwrap(), [ETH]);
}

#[tokio::test]
async fn a_counterfactual_account_deploys_itself_once_it_is_funded() {
    let chain = Chain::start().await;
    let key = SigningKey::from_random();
    let class_hash = chain.class_hash().await;
    let (node, salt) = (&chain.node, Felt::from(7));
    let future = deploy::Counterfactual::new(node, class_hash, key.clone(), salt).await;
    assert!(future.deploy().await.is_err(), "nobody has paid for it yet");
    chain.devnet.mint(future.address(), 1_000_000_000_000_000_000).await.unwrap();
    future.deploy().await.unwrap();
    let owner = Owner::new(chain.node.clone(), future.address(), key);
    assert_succeeds(send(&owner, vec![chain.payment()]).await);
}
