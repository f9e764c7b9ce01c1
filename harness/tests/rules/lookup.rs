//! Tests of `is_call_allowed`, and of the gas for finding a call in a list.

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{AllowedCall, SessionKey, SessionLimits};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};

/// Asserts that `is_call_allowed` answers `expected` for `call`, and that a batch of exactly `call` by the
/// session of `key` is accepted or refused accordingly.
async fn assert_foretold(chain: &Chain, key: &SessionKey, call: Call, expected: bool) {
    assert_eq!(chain.is_call_allowed(key, &call).await, expected, "{call:?}");
    let signed = chain.outside(vec![call], key, END);
    let reason = match chain.relay(&signed).await {
        Ok(outcome) => outcome.reverted.map_or_else(String::new, |it| it.to_string()),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(!reason.contains("Session: "), expected, "{reason}");
}

#[tokio::test]
async fn what_a_session_may_call_is_foretold() {
    let chain = Chain::start().await;
    let transfer = chain.payment();
    let approve = Call { selector: selector("approve"), ..transfer.clone() };
    let pinned = AllowedCall::new(STRK, selector("approve")).with_argument(0, Felt::ONE);
    let mut approve_one = approve.clone();
    approve_one.calldata[0] = Felt::ONE;

    let any = chain.register(&limits()).await;
    let selectors = chain.register(&allowing([selector("transfer")])).await;
    let calls = chain.register_for(&listed([transfer_of(STRK), pinned])).await;
    let at_eth = Call { to: ETH, ..transfer.clone() };
    for (key, call, expected) in [
        (&any, &transfer, true),
        (&any, &at_eth, true),
        (&selectors, &transfer, true),
        (&selectors, &at_eth, true),
        (&selectors, &approve, false),
        (&calls, &transfer, true),
        (&calls, &at_eth, false),
        (&calls, &approve, false),
        (&calls, &approve_one, true),
    ] {
        assert_foretold(&chain, key, call.clone(), expected).await;
    }
    for key in [&any, &selectors, &calls] {
        let blocked = BLOCKED.map(|name| call(selector(name), &[]));
        for call in blocked {
            assert!(!chain.is_call_allowed(key, &call).await);
        }
        let look = Call { to: chain.account(), ..call(selector("get_public_key"), &[]) };
        assert_foretold(&chain, key, look, false).await;
        let other = chain.contract.revoke_session(chain.owner_key.verifying_key().scalar());
        assert_foretold(&chain, key, other, false).await;
        let by_the_other_name =
            Call { selector: selector("revoke_session_key"), ..chain.ending(key) };
        assert_foretold(&chain, key, by_the_other_name, false).await;
        assert_foretold(&chain, key, chain.ending(key), true).await;
        // All sessions have ended now.
        assert!(!chain.is_call_allowed(key, &transfer).await);
        assert!(!chain.is_call_allowed(key, &chain.ending(key)).await);
    }
}

#[tokio::test]
async fn no_session_may_call_anything_and_no_question_panics() {
    let chain = Chain::start().await;
    let ended = chain.register(&limits()).await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    let fresh = SessionKey::generate();
    for key in [ended.public_key(), fresh.public_key(), Felt::ZERO, Felt::ONE, Felt::MAX] {
        for call in [
            chain.payment(),
            chain.contract.revoke_session(key),
            Call { to: Felt::ZERO, selector: Felt::ZERO, calldata: vec![] },
            Call {
                to: Felt::TWO.pow(251_u128) - Felt::from(257),
                selector: Felt::MAX,
                calldata: vec![Felt::MAX],
            },
        ] {
            assert!(!chain.contract.is_call_allowed(key, &call).await.unwrap());
        }
    }
}

#[tokio::test]
async fn the_end_the_calls_left_fees_and_policies_are_not_asked() {
    let chain = Chain::start().await;
    let key = chain.register(&SessionLimits { max_calls: 1, ..limits() }).await;
    let maxima = session_client::SpendingLimits {
        max_per_call: 1_u64.into(),
        max_per_window: 1_u64.into(),
        window_seconds: 60,
    };
    let set = chain.contract.set_spending_policy(key.public_key(), STRK, &maxima);
    chain.as_owner(set).await;
    let balance_of = call(selector("balance_of"), &[1]);
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), 0)).await;
    chain.set_time(END + 3_600).await;
    for call in [chain.payment(), balance_of, chain.ending(&key)] {
        assert!(chain.is_call_allowed(&key, &call).await);
    }
}

/// The lists have 1 entry, 1,000 entries, and 300 values of one argument; the first and the last entry are
/// looked up.
#[tokio::test]
async fn a_lookup_costs_the_same_however_long_the_list() {
    let chain = Chain::start().await;
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
    let others = |count: u64| (1..count).map(Felt::from);
    let transfer = || [selector("transfer")].into_iter();
    let mut lists = vec![];
    for selectors in [
        transfer().collect::<Vec<_>>(),
        transfer().chain(others(1_000)).collect(),
        others(1_000).chain(transfer()).collect(),
    ] {
        let key = std::sync::Arc::new(SessionKey::generate());
        let add = chain.contract.add_session(key.public_key(), &allowing(selectors));
        assert_succeeds(send_large(&chain.owner, vec![add]).await);
        lists.push(key);
    }
    let plain = costs(&chain, lists).await;
    assert_eq!(plain[0], plain[1]);
    assert_eq!(plain[1], plain[2]);

    let merchant = chain.payment().calldata[0];
    let pinned = |value| transfer_of(STRK).with_argument(0, value);
    let merchant = || [pinned(merchant)].into_iter();
    let mut lists = vec![];
    for calls in [
        merchant().collect::<Vec<_>>(),
        merchant().chain(others(300).map(pinned)).collect(),
        others(300).map(pinned).chain(merchant()).collect(),
    ] {
        let key = std::sync::Arc::new(SessionKey::generate());
        let fees = chain.contract.set_session_fee_limit(key.public_key(), u64::MAX);
        let add = chain.contract.add_session_for_calls(key.public_key(), &listed(calls));
        assert_succeeds(send_large(&chain.owner, vec![fees, add]).await);
        lists.push(key);
    }
    let pinned = costs(&chain, lists).await;
    assert_eq!(pinned[0], pinned[1]);
    assert_eq!(pinned[1], pinned[2]);
}

/// Returns the gas of a payment by the session of each of `keys`.
async fn costs(chain: &Chain, keys: Vec<Arc<SessionKey>>) -> Vec<(u64, u64)> {
    let mut costs = vec![];
    for key in keys {
        let sent = send(&chain.session(&key, END), vec![chain.payment()]).await;
        let outcome = assert_succeeds(sent);
        costs.push((outcome.l2_gas, outcome.l1_data_gas));
    }
    costs
}
