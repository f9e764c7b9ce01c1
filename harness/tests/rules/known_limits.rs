//! Tests that show what spending policies do not count, and that it is no more than the documents say.

use session_e2e::mocks::*;
use session_e2e::*;

/// Limit (a).
#[tokio::test]
async fn what_the_account_is_owed_is_paid_elsewhere_without_being_counted() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let vault = chain.deploy_mock("Vault").await;
    let deposit = vec![approve(token, vault, 500), deposit(vault, token, 500)];
    assert_succeeds(send(&chain.owner, deposit).await);
    let calls = vec![redeem(vault, token, 200, THIEF)];
    chain.assert_counted_both_ways(&key, calls, token, 0).await;
    let owed = ask(vault, "shares_of", [token, chain.account()]);
    assert_eq!(chain.returned(owed).await, [100_u8, 0].map(Into::into));
    assert_eq!(chain.held(token).await, 500);
}

/// Limit (a): of each call only the net change of the balance counts.
#[tokio::test]
async fn what_is_paid_in_and_out_within_one_call_is_not_counted() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let payout = chain.deploy_mock("Payout").await;
    let router = chain.deploy_mock("Router").await;
    let caller = chain.deploy_mock("Caller").await;
    chain.as_stranger(mint(token, payout, HELD)).await;
    chain.as_owner(approve(token, router, HELD)).await;
    let through =
        [pay_out(payout, token, chain.account(), 200), pull(router, token, chain.account(), 200)];
    chain.assert_counted_both_ways(&key, vec![make(caller, &through)], token, 0).await;
    // If the same happens in two calls, it counts.
    chain.assert_reverts_both_ways(&key, through.to_vec(), OVER_WINDOW).await;
}

/// Limit (b): approvals count in the window in which they are given, but those of several windows can be
/// pulled together.
#[tokio::test]
async fn approvals_that_stay_unused_add_up_over_windows_and_old_ones_are_others_to_use() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let [first, second, old] = chain.deploy_mocks("Router").await;
    for (spender, time) in [(first, START + 100), (second, START + 100 + HOUR)] {
        let calls = vec![approve(token, spender, 50)];
        let signed = chain.outside(calls.clone(), &key, END);
        chain.set_time(time).await;
        assert_succeeds(chain.relay(&signed).await);
        assert_eq!(chain.spent_of(&key, token).await, 50_u8.into());
    }
    chain.as_owner(approve(token, old, 300)).await;
    let pulls = [(first, 50), (second, 50), (old, 300)]
        .map(|(router, amount)| pull(router, token, chain.account(), amount));
    assert_succeeds(send(&chain.stranger, pulls.to_vec()).await);
    assert_eq!(chain.held(token).await, HELD - 400);
    assert_eq!(chain.spent_of(&key, token).await, 50_u8.into());
}

/// Limit (c): fees do not count; the fee limit bounds them.
#[tokio::test]
async fn fees_are_not_counted() {
    let Capped { chain, key, .. } = Capped::start().await;
    chain.cap(&key, STRK, &maxima(1, 1)).await;
    let before = chain.held(STRK).await;
    assert_succeeds(send(&chain.session(&key, END), vec![free()]).await);
    assert!(chain.held(STRK).await < before);
    assert_eq!(chain.spent_of(&key, STRK).await, 0_u8.into());
}

/// Limit (d).
#[tokio::test]
async fn a_key_without_a_policy_has_no_cap_and_two_keys_have_two() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let withdraw = |amount| vec![withdraw(bridge, token, amount)];
    let free = chain.register(&limits()).await;
    chain.assert_counted_both_ways(&free, withdraw(200), token, 0).await;
    let second = chain.register(&limits()).await;
    chain.cap(&second, token, &maxima(50, 100)).await;
    for key in [&key, &second] {
        chain.assert_counted_both_ways(key, withdraw(50), token, 50).await;
        chain.assert_reverts_both_ways(key, withdraw(1), OVER_WINDOW).await;
    }
    assert_eq!(chain.held(token).await, HELD - 600);
}
