//! Tests of the events that show a session's list.

use session_client::felt::selector;
use session_client::{Allowed, AllowedCall, SessionKey};
use session_e2e::*;
use starknet_rust::core::types::Felt;

/// The number of selectors and of calls in one event: the chain allows 300 felts of data, for 200 selectors
/// or for 50 calls of at most 5 felts.
const SELECTORS: usize = 200;
const CALLS: usize = 50;

type Events = Vec<(Vec<Felt>, Vec<Felt>)>;

fn added(key: Felt) -> (Vec<Felt>, Vec<Felt>) {
    (vec![selector("SessionKeyAdded"), key], vec![END.into(), Felt::from(10)])
}

/// Returns the events `name` that show `entries` in parts of at most `most`.
fn parts<T>(
    name: &str,
    key: Felt,
    entries: &[T],
    most: usize,
    felts: fn(&T) -> Vec<Felt>,
) -> Events {
    let part = |(nth, part): (usize, &[T])| {
        let mut data = vec![Felt::from(nth * most), part.len().into()];
        data.extend(part.iter().flat_map(felts));
        (vec![selector(name), key], data)
    };
    entries.chunks(most).enumerate().map(part).collect()
}

/// Serializes a call as Cairo does: an option begins with 0 for `Some` and with 1 for `None`.
fn felts_of(call: &AllowedCall) -> Vec<Felt> {
    let argument = match call.argument {
        Some(it) => vec![Felt::ZERO, it.index.into(), it.value],
        None => vec![Felt::ONE],
    };
    [vec![call.to, call.selector], argument].concat()
}

#[tokio::test]
async fn a_list_of_selectors_is_shown_in_parts_of_200_after_its_registration() {
    let chain = Chain::start().await;
    for length in [1, 199, 200, 201, 400, 401_u64] {
        let selectors: Vec<_> = (1..=length).map(Felt::from).collect();
        let key = SessionKey::generate().public_key();
        let limits = allowing(selectors.clone());
        // Both functions register the key.
        let add = match length % 2 {
            0 => chain.contract.add_session(key, &limits),
            _ => chain.contract.add_or_update_session_key(key, &limits),
        };
        let outcome = assert_succeeds(send_large(&chain.owner, vec![add]).await);
        let shown = parts("SessionSelectorsAllowed", key, &selectors, SELECTORS, |it| vec![*it]);
        assert_eq!(chain.events(&outcome).await, [vec![added(key)], shown].concat());
        let allowed = chain.contract.allowed(key).await.unwrap();
        assert_eq!(allowed, Some(Allowed::Selectors(selectors)));
        let status = chain.contract.session_status(key).await.unwrap();
        assert_eq!(u64::from(status.allowed_len), length);
    }
}

/// Every second entry has a pinned argument.
#[tokio::test]
async fn a_list_of_calls_is_shown_in_parts_of_50_after_its_registration() {
    let chain = Chain::start().await;
    let entry = |nth: u64| {
        let call = transfer_of(Felt::from(0x100 + nth));
        if nth.is_multiple_of(2) { call } else { call.with_argument(255, Felt::MAX) }
    };
    for length in [1, 49, 50, 51, 60, 100, 101] {
        let calls: Vec<_> = (0..length).map(entry).collect();
        let key = SessionKey::generate().public_key();
        let fees = chain.contract.set_session_fee_limit(key, 7);
        let add = chain.contract.add_session_for_calls(key, &listed(calls.clone()));
        let outcome = assert_succeeds(send_large(&chain.owner, vec![fees, add]).await);
        let shown = parts("SessionCallsAllowed", key, &calls, CALLS, felts_of);
        let set = (vec![selector("SessionFeeLimitSet"), key], vec![Felt::from(7)]);
        let expected = [vec![set, added(key)], shown].concat();
        assert_eq!(chain.events(&outcome).await, expected, "{length}");
        let allowed = chain.contract.allowed(key).await.unwrap();
        assert_eq!(allowed, Some(Allowed::Calls(calls)));
    }
    // All entries have a pinned argument, which makes the events largest.
    let calls: Vec<_> = (0..CALLS as u64).map(|nth| entry(2 * nth + 1)).collect();
    let key = chain.register_for(&listed(calls.clone())).await.public_key();
    assert_eq!(chain.contract.allowed(key).await.unwrap(), Some(Allowed::Calls(calls)));
}

#[tokio::test]
async fn a_registration_that_no_list_follows_is_a_session_for_any_call() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let allowed = async || chain.contract.allowed(key).await.unwrap();
    assert_eq!(allowed().await, None, "before any");
    let outcome = chain.as_owner(chain.contract.add_session(key, &limits())).await;
    assert_eq!(chain.events(&outcome).await, [added(key)]);
    assert_eq!(allowed().await, Some(Allowed::AnyCall));

    // Only the key's last registration counts, and no list is shown after its end.
    let transfer = selector("transfer");
    let update = chain.contract.add_or_update_session_key(key, &allowing([transfer]));
    chain.as_owner(update).await;
    assert_eq!(allowed().await, Some(Allowed::Selectors(vec![transfer])));
    chain.as_owner(chain.contract.add_or_update_session_key(key, &limits())).await;
    assert_eq!(allowed().await, Some(Allowed::AnyCall));
    chain.as_owner(chain.contract.revoke_session(key)).await;
    assert_eq!(allowed().await, None);
    chain.as_owner(chain.contract.add_or_update_session_key(key, &limits())).await;
    assert_eq!(allowed().await, Some(Allowed::AnyCall));
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    assert_eq!(allowed().await, None);
}
