//! Tests of spending policies: the amounts that calls of a token name (SNIP-163, part H).

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{SessionKey, SpendingLimits, SpendingPolicy};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt, U256};

const COUNTED: [&str; 4] = ["transfer", "approve", "increase_allowance", "increaseAllowance"];

fn spend(selector: Felt, low: u128, high: u128) -> Call {
    Call { to: STRK, selector, calldata: vec![Felt::from(0xbeef), low.into(), high.into()] }
}

fn pay(amount: u128) -> Call {
    spend(selector("transfer"), amount, 0)
}

/// Chipi's calldata: a u256 is two felts, low half first.
#[test]
fn the_calldata_is_what_deployed_clients_send() {
    use session_client::SessionContract;

    let contract = SessionContract::new(Felt::from(0xacc), ());
    let limits = SpendingLimits {
        max_per_call: U256::from_words(1, 2),
        max_per_window: U256::from_words(3, 4),
        window_seconds: 5,
    };
    let call = contract.set_spending_policy(Felt::from(0xa), Felt::from(0xb), &limits);
    let name = Felt::from_hex_unchecked(
        "0x27b6399a529753e66438fe0341234566c390277e9c20b0f556016eb33bb698",
    );
    assert_eq!(call.selector, name);
    assert_eq!(call.calldata, [0xa_u64, 0xb, 1, 2, 3, 4, 5].map(Felt::from));
    let call = contract.remove_spending_policy(Felt::from(0xa), Felt::from(0xb));
    let name = Felt::from_hex_unchecked(
        "0x28dac008d849601a4f136c3a869aa4dcb43907ea63ab552ecddfd2281144040",
    );
    assert_eq!((call.selector, call.calldata), (name, vec![Felt::from(0xa), Felt::from(0xb)]));
}

#[tokio::test]
async fn a_policy_reads_as_it_was_set_and_zero_when_there_is_none() {
    let chain = Chain::start().await;
    let key = SessionKey::generate();
    assert_eq!(chain.policy(&key).await, NONE);
    let limits = SpendingLimits {
        max_per_call: U256::from_words(1, 2),
        max_per_window: U256::from_words(u128::MAX, u128::MAX),
        window_seconds: u64::MAX,
    };
    let set = chain.contract.set_spending_policy(key.public_key(), STRK, &limits);
    chain.as_owner(set).await;
    let policy = chain.policy(&key).await;
    assert_eq!(
        (policy.max_per_call, policy.max_per_window),
        (limits.max_per_call, limits.max_per_window)
    );
    assert_eq!((policy.window_seconds, policy.window_start), (u64::MAX, 0));
    let other = chain.contract.spending_policy(key.public_key(), ETH).await.unwrap();
    assert_eq!(other, NONE, "a policy is for one token");
}

const NONE: SpendingPolicy = SpendingPolicy {
    max_per_call: U256::from_words(0, 0),
    max_per_window: U256::from_words(0, 0),
    window_seconds: 0,
    spent_in_window: U256::from_words(0, 0),
    window_start: 0,
};

#[tokio::test]
async fn a_call_may_move_the_maximum_and_no_unit_more() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 1_000)).await;
    chain.assert_allowed_both_ways(&key, vec![pay(10)]).await;
    chain.assert_reverts_both_ways(&key, vec![pay(11)], "Spending: over call maximum").await;
    assert_eq!((chain.paid().await, chain.spent(&key).await), (20, 20_u64.into()));
}

#[tokio::test]
async fn a_window_fills_and_reopens_on_its_second() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 15)).await;
    let error = OVER_WINDOW;
    let first = START + 100;
    chain.set_time(first).await;
    assert_succeeds(send(&chain.session(&key, END), vec![pay(10)]).await);
    assert_eq!(chain.policy(&key).await.window_start, first);
    chain.assert_reverts_both_ways(&key, vec![pay(6)], error).await;
    assert_succeeds(chain.relay(&chain.outside(vec![pay(5)], &key, END)).await);
    chain.assert_reverts_both_ways(&key, vec![pay(1)], error).await;

    let signed = chain.outside(vec![pay(9)], &key, END);
    chain.set_time(first + HOUR - 1).await;
    assert_reverts(chain.relay(&signed).await, error);
    chain.set_time(first + HOUR).await;
    assert_succeeds(chain.relay(&signed).await);
    let policy = chain.policy(&key).await;
    assert_eq!((policy.window_start, policy.spent_in_window), (first + HOUR, 9_u64.into()));
}

#[tokio::test]
async fn a_window_longer_than_the_clock_is_old_begins_with_its_first_spend() {
    let chain = Chain::start().await;
    let key = chain.limited(&SpendingLimits { window_seconds: u64::MAX, ..maxima(10, 15) }).await;
    chain.set_time(START + 100).await;
    assert_succeeds(send(&chain.session(&key, END), vec![pay(10)]).await);
    assert_eq!(chain.policy(&key).await.window_start, START + 100);
    let error = OVER_WINDOW;
    chain.assert_reverts_both_ways(&key, vec![pay(6)], error).await;
}

#[tokio::test]
async fn calls_of_a_batch_add_up() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 15)).await;
    let error = OVER_WINDOW;
    chain.assert_reverts_both_ways(&key, vec![pay(8), pay(8)], error).await;
    assert_eq!(chain.spent(&key).await, 0_u64.into());
    assert_succeeds(send(&chain.session(&key, END), vec![pay(8), pay(7)]).await);
    assert_eq!((chain.paid().await, chain.spent(&key).await), (15, 15_u64.into()));
}

#[tokio::test]
async fn a_limited_token_is_found_wherever_it_stands_in_a_batch() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let free = || Call { to: ETH, ..spend(selector("approve"), 1, 0) };
    for calls in [vec![free(), pay(11)], vec![free(), free(), pay(1), free(), pay(11)]] {
        chain.assert_reverts_both_ways(&key, calls, "Spending: over call maximum").await;
    }
    chain.assert_allowed_both_ways(&key, vec![free(), pay(9), free(), pay(9)]).await;
    assert_eq!(chain.spent(&key).await, 36_u64.into());
}

#[tokio::test]
async fn transfers_approvals_and_allowances_count_alike() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    for selector in COUNTED.map(selector) {
        let error = "Spending: over call maximum";
        chain.assert_reverts_both_ways(&key, vec![spend(selector, 11, 0)], error).await;
    }
    for selector in COUNTED.map(selector) {
        assert_succeeds(send(&chain.session(&key, END), vec![spend(selector, 10, 0)]).await);
    }
    let error = OVER_WINDOW;
    chain.assert_reverts_both_ways(&key, vec![pay(1)], error).await;
}

#[tokio::test]
async fn any_other_selector_on_a_token_with_a_policy_is_refused() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let error = "Spending: selector not counted";
    for selector in [
        selector("transfer_from"),
        selector("transferFrom"),
        selector("burn"),
        selector("balance_of"),
        Felt::ONE,
    ] {
        chain.assert_reverts_both_ways(&key, vec![spend(selector, 1, 0)], error).await;
    }
    let elsewhere = Call { to: ETH, ..spend(selector("approve"), u128::MAX, 0) };
    chain.assert_allowed_both_ways(&key, vec![elsewhere]).await;
}

#[tokio::test]
async fn calldata_without_an_amount_is_refused() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let too_wide = Felt::TWO.pow(128_u128);
    for calldata in [
        vec![],
        vec![Felt::ONE],
        vec![Felt::ONE; 2],
        vec![Felt::ONE, too_wide, Felt::ZERO],
        vec![Felt::ONE, Felt::ONE, too_wide],
        vec![Felt::ONE, Felt::MAX, Felt::MAX],
    ] {
        let calls = vec![Call { to: STRK, selector: selector("transfer"), calldata }];
        chain.assert_reverts_both_ways(&key, calls, "Spending: invalid amount").await;
    }
}

#[tokio::test]
async fn the_high_half_of_an_amount_counts_and_sums_do_not_overflow() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let high = spend(selector("transfer"), 0, 1);
    chain.assert_reverts_both_ways(&key, vec![high], "Spending: over call maximum").await;

    let most = U256::from_words(u128::MAX, u128::MAX);
    let unlimited =
        SpendingLimits { max_per_call: most, max_per_window: most, window_seconds: HOUR };
    let key = chain.limited(&unlimited).await;
    let all = spend(selector("approve"), u128::MAX, u128::MAX);
    assert_succeeds(send(&chain.session(&key, END), vec![all.clone()]).await);
    assert_eq!(chain.spent(&key).await, most);
    chain.assert_reverts_both_ways(&key, vec![all], OVER_WINDOW).await;
}

#[tokio::test]
async fn what_reverts_is_not_spent() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let failing = Call { to: ETH, selector: Felt::ONE, calldata: vec![] };
    let calls = vec![pay(10), failing];
    chain.assert_reverts_both_ways(&key, calls, "ENTRYPOINT_NOT_FOUND").await;
    assert_eq!((chain.paid().await, chain.spent(&key).await), (0, 0_u64.into()));
}

#[tokio::test]
async fn a_policy_is_asked_before_anything_is_called() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    let failing = Call { to: ETH, selector: Felt::ONE, calldata: vec![] };
    let error = "Spending: over call maximum";
    chain.assert_reverts_both_ways(&key, vec![failing, pay(11)], error).await;
}

#[tokio::test]
async fn a_policy_may_come_first_and_stays_through_updates_and_revocations() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let (public_key, contract) = (key.public_key(), &chain.contract);
    let set = contract.set_spending_policy(public_key, STRK, &maxima(10, 40));
    let add = contract.add_session(public_key, &limits());
    assert_succeeds(send(&chain.owner, vec![set, add]).await);
    assert_succeeds(send(&chain.session(&key, END), vec![pay(7)]).await);
    let before = chain.policy(&key).await;
    for call in [
        contract.add_or_update_session_key(public_key, &limits()),
        contract.revoke_session(public_key),
        contract.add_or_update_session_key(public_key, &limits()),
        contract.revoke_all_sessions(),
        contract.add_or_update_session_key(public_key, &limits()),
    ] {
        chain.as_owner(call).await;
        assert_eq!(chain.policy(&key).await, before);
    }
    chain.assert_reverts_both_ways(&key, vec![pay(11)], "Spending: over call maximum").await;
}

#[tokio::test]
async fn setting_a_policy_again_keeps_what_was_spent_and_when() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 40)).await;
    assert_succeeds(send(&chain.session(&key, END), vec![pay(10)]).await);
    let before = chain.policy(&key).await;
    let set = chain.contract.set_spending_policy(key.public_key(), STRK, &maxima(5, 9));
    chain.as_owner(set).await;
    let after = chain.policy(&key).await;
    let expected =
        SpendingPolicy { max_per_call: 5_u64.into(), max_per_window: 9_u64.into(), ..before };
    assert_eq!(after, expected);
    // More than the new maximum is spent already: no room is left, and the subtraction does not underflow.
    chain.assert_reverts_both_ways(&key, vec![pay(1)], OVER_WINDOW).await;
}

#[tokio::test]
async fn a_removed_policy_limits_nothing_and_remembers_nothing() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 10)).await;
    assert_succeeds(send(&chain.session(&key, END), vec![pay(10)]).await);
    let remove = chain.contract.remove_spending_policy(key.public_key(), STRK);
    chain.as_owner(remove.clone()).await;
    assert_eq!(chain.policy(&key).await, NONE);
    chain.assert_allowed_both_ways(&key, vec![pay(100)]).await;
    assert_succeeds(send(&chain.owner, vec![remove]).await);
    chain.cap(&key, STRK, &maxima(10, 10)).await;
    let SpendingPolicy { spent_in_window, window_start, .. } = chain.policy(&key).await;
    assert_eq!((spent_in_window, window_start), (0_u8.into(), 0));
    assert_succeeds(send(&chain.session(&key, END), vec![pay(10)]).await);
}

#[tokio::test]
async fn the_owner_and_other_sessions_spend_freely() {
    let chain = Chain::start().await;
    chain.limited(&maxima(1, 1)).await;
    let other = chain.register(&limits()).await;
    chain.assert_allowed_both_ways(&other, vec![pay(100)]).await;
    assert_succeeds(send(&chain.owner, vec![pay(100)]).await);
    assert_succeeds(chain.relay(&chain.outside_as_owner(vec![pay(100)])).await);
}

#[tokio::test]
async fn each_session_spends_of_its_own_policy() {
    let chain = Chain::start().await;
    let (first, second) = (chain.limited(&maxima(5, 5)).await, chain.limited(&maxima(7, 7)).await);
    assert_succeeds(send(&chain.session(&first, END), vec![pay(5)]).await);
    chain.assert_reverts_both_ways(&second, vec![pay(8)], "Spending: over call maximum").await;
    assert_succeeds(send(&chain.session(&second, END), vec![pay(7)]).await);
    assert_eq!((chain.spent(&first).await, chain.spent(&second).await), (5_u8.into(), 7_u8.into()));
}

#[tokio::test]
async fn setting_a_policy_refuses_each_bad_limit_and_everybody_else() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let set = |token, per_call, per_window, window_seconds| {
        let limits = SpendingLimits { window_seconds, ..maxima(per_call, per_window) };
        chain.contract.set_spending_policy(key, token, &limits)
    };
    for (call, error) in [
        (set(Felt::ZERO, 1, 1, 1), "Spending: zero token"),
        (set(STRK, 1, 1, 0), "Spending: zero window"),
        (set(STRK, 0, 1, 1), "Spending: zero maximum"),
        (set(STRK, 0, 0, 1), "Spending: zero maximum"),
        (set(STRK, 1, 0, 1), "Spending: zero maximum"),
        (set(STRK, 2, 1, 1), "Spending: inverted maxima"),
    ] {
        assert_reverts(send(&chain.owner, vec![call]).await, error);
    }
    for call in [set(STRK, 1, 1, 1), chain.contract.remove_spending_policy(key, STRK)] {
        assert_reverts(send(&chain.stranger, vec![call]).await, "Account: unauthorized");
    }
}

#[tokio::test]
async fn policies_emit_events_with_key_and_token() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let set = chain.contract.set_spending_policy(key, STRK, &maxima(1, 2));
    let outcome = chain.as_owner(set).await;
    let data = [1, 0, 2, 0, HOUR].map(Felt::from).to_vec();
    let expected = (vec![selector("SpendingPolicySet"), key, STRK], data);
    assert_eq!(chain.events(&outcome).await, [expected]);
    let remove = chain.contract.remove_spending_policy(key, STRK);
    let outcome = chain.as_owner(remove).await;
    let expected = (vec![selector("SpendingPolicyRemoved"), key, STRK], vec![]);
    assert_eq!(chain.events(&outcome).await, [expected]);
}

#[tokio::test]
async fn around_a_windows_edge_up_to_twice_the_maximum_passes() {
    let chain = Chain::start().await;
    let key = chain.limited(&maxima(10, 10)).await;
    let first = START + 100;
    for (time, amount) in [(first, 1), (first + HOUR - 1, 9), (first + HOUR, 10)] {
        let signed = chain.outside(vec![pay(amount)], &key, END);
        chain.set_time(time).await;
        assert_succeeds(chain.relay(&signed).await);
    }
    let error = OVER_WINDOW;
    chain.assert_reverts_both_ways(&key, vec![pay(1)], error).await;
    assert_eq!(chain.paid().await, 20);
}
