//! Tests that spending policies count what leaves while any other contract is called.

use session_client::felt::selector;
use session_e2e::mocks::*;
use session_e2e::*;
use starknet_rust::core::types::Call;

/// A bridge burns without an allowance: under the first version's policies it could empty the account.
#[tokio::test]
async fn h_1_what_a_bridge_burns_counts() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    // The amount is more than one call may name, but the calls name nothing.
    let withdraw = |amount| vec![withdraw(bridge, token, amount)];
    assert_succeeds(send(&chain.session(&key, END), withdraw(60)).await);
    assert_eq!(chain.spent_of(&key, token).await, 60_u8.into());
    chain.assert_reverts_both_ways(&key, withdraw(41), OVER_WINDOW).await;
    chain.assert_reverts_both_ways(&key, withdraw(HELD - 60), OVER_WINDOW).await;
    assert_eq!((chain.held(token).await, chain.spent_of(&key, token).await), (940, 60_u8.into()));
    assert_succeeds(chain.relay(&chain.outside(withdraw(40), &key, END)).await);
    chain.assert_reverts_both_ways(&key, withdraw(1), OVER_WINDOW).await;
    assert_eq!((chain.held(token).await, chain.spent_of(&key, token).await), (900, 100_u8.into()));
}

/// If only the larger of what is named and what leaves counted, twice the maximum could go: the thief would
/// pull the approved amount after the batch.
#[tokio::test]
async fn h_10_an_approval_left_unused_beside_a_bridge_counts_beside_it() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let beside = |named, left| vec![approve(token, THIEF, named), withdraw(bridge, token, left)];
    chain.assert_counted_both_ways(&key, beside(20, 20), token, 40).await;
    chain.assert_reverts_both_ways(&key, beside(20, 20), OVER_WINDOW).await;
    // If an approval is used up in part, the rest counts as if it had left.
    let router = chain.deploy_mock("Router").await;
    let calls = vec![
        approve(token, router, 10),
        pull(router, token, chain.account(), 4),
        withdraw(bridge, token, 10),
    ];
    assert_succeeds(send(&chain.session(&key, END), calls).await);
    assert_eq!(chain.spent_of(&key, token).await, 100_u8.into());
}

/// If what comes in were subtracted, it would hide what goes out.
#[tokio::test]
async fn h_10_what_a_vault_pays_hides_nothing_that_is_bridged() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let vault = chain.deploy_mock("Vault").await;
    let calls = vec![approve(token, vault, 500), deposit(vault, token, 500)];
    assert_succeeds(send(&chain.owner, calls).await);
    let through = |amount| {
        vec![redeem(vault, token, amount, chain.account()), withdraw(bridge, token, amount)]
    };
    chain.assert_counted_both_ways(&key, through(30), token, 30).await;
    chain.assert_reverts_both_ways(&key, through(41), OVER_WINDOW).await;
    assert_eq!(chain.held(token).await, 500);
}

#[tokio::test]
async fn a_payout_that_anybody_can_trigger_is_never_set_off() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let payout = chain.deploy_mock("Payout").await;
    chain.as_stranger(mint(token, payout, HELD)).await;
    let paid = |amount| pay_out(payout, token, chain.account(), amount);
    let bridged = |amount| withdraw(bridge, token, amount);
    chain.assert_counted_both_ways(&key, vec![paid(50)], token, 0).await;
    chain.assert_counted_both_ways(&key, vec![paid(50), bridged(20)], token, 20).await;
    chain.assert_counted_both_ways(&key, vec![bridged(10), paid(50), bridged(10)], token, 20).await;
    chain.assert_reverts_both_ways(&key, vec![paid(50), bridged(21)], OVER_WINDOW).await;
}

#[tokio::test]
async fn what_a_router_pulls_by_an_old_allowance_counts() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let router = chain.deploy_mock("Router").await;
    chain.as_owner(approve(token, router, HELD)).await;
    let pull = |amount| pull(router, token, chain.account(), amount);
    chain.assert_counted_both_ways(&key, vec![pull(30)], token, 30).await;
    chain.assert_reverts_both_ways(&key, vec![pull(41)], OVER_WINDOW).await;
    // A new allowance was not used up if the old one was used instead and as much is still allowed.
    let increase = Call { selector: selector("increase_allowance"), ..approve(token, router, 10) };
    chain.assert_counted_both_ways(&key, vec![increase, pull(10)], token, 20).await;
}

#[tokio::test]
async fn an_approval_and_the_swap_that_uses_it_count_once() {
    let (Capped { chain, token, other: bought, key }, bridge) = Capped::start_with_bridge().await;
    let exchange = chain.deploy_mock("Exchange").await;
    chain.as_stranger(mint(bought, exchange, HELD)).await;
    let approve = |amount| approve(token, exchange, amount);
    let increase = |amount| Call { selector: selector("increase_allowance"), ..approve(amount) };
    let swap = |amount| swap(exchange, token, amount, bought);
    chain.assert_counted_both_ways(&key, vec![approve(20), swap(20)], token, 20).await;
    // What can still be pulled counts as if it had been pulled.
    chain.assert_counted_both_ways(&key, vec![approve(15), swap(10)], token, 15).await;
    // Several approvals for one spender are one allowance, which is subtracted once.
    let parts = vec![approve(5), increase(5), swap(10), withdraw(bridge, token, 5)];
    chain.assert_counted_both_ways(&key, parts, token, 15).await;
    assert_eq!(chain.held(bought).await, HELD + 80);
    chain.assert_reverts_both_ways(&key, vec![approve(1), swap(1)], OVER_WINDOW).await;
}

/// The thief's allowance is not used up by what another spender pulled.
#[tokio::test]
async fn approvals_are_set_off_by_spender() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let router = chain.deploy_mock("Router").await;
    chain.as_owner(approve(token, router, HELD)).await;
    let pull = pull(router, token, chain.account(), 10);
    let calls = vec![approve(token, THIEF, 10), pull.clone()];
    chain.assert_counted_both_ways(&key, calls, token, 20).await;
    let bridged = withdraw(bridge, token, 5);
    let calls = vec![approve(token, THIEF, 10), approve(token, router, 10), pull, bridged];
    chain.assert_counted_both_ways(&key, calls, token, 25).await;
}

/// Calls of the token itself are not measured, so what they name is never subtracted from what other calls
/// move.
#[tokio::test]
async fn named_transfers_are_never_set_off() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let bridged = withdraw(bridge, token, 10);
    let calls = vec![transfer(token, 10), bridged.clone()];
    chain.assert_counted_both_ways(&key, calls, token, 20).await;
    let between = vec![bridged.clone(), transfer(token, 10), bridged];
    chain.assert_counted_both_ways(&key, between.clone(), token, 30).await;
    chain.assert_reverts_both_ways(&key, between, OVER_WINDOW).await;
    assert_eq!(chain.held(token).await, HELD - 100);
}

#[tokio::test]
async fn a_swap_of_one_capped_token_for_another_counts_what_is_sold_and_refills_nothing() {
    let (Capped { chain, token, other, key }, bridge) = Capped::start_with_bridge().await;
    let exchange = chain.deploy_mock("Exchange").await;
    assert_succeeds(
        send(&chain.stranger, [token, other].map(|it| mint(it, exchange, HELD)).to_vec()).await,
    );
    chain.cap(&key, other, &maxima(50, 100)).await;
    let swap = |sold, bought| vec![approve(sold, exchange, 30), swap(exchange, sold, 30, bought)];
    chain.assert_counted_both_ways(&key, swap(token, other), token, 30).await;
    assert_eq!(chain.spent_of(&key, other).await, 0_u8.into());
    chain.assert_counted_both_ways(&key, swap(other, token), other, 30).await;
    assert_eq!(chain.spent_of(&key, token).await, 60_u8.into());
    // An approval of one token is not subtracted from what leaves of the other.
    let both = [swap(token, other), vec![withdraw(bridge, other, 30)]].concat();
    assert_succeeds(send(&chain.session(&key, END), both).await);
    for sold in [token, other] {
        assert_eq!(chain.spent_of(&key, sold).await, 90_u8.into());
        chain.assert_reverts_both_ways(&key, vec![transfer(sold, 11)], OVER_WINDOW).await;
    }
}

#[tokio::test]
async fn a_deposit_counts_once_and_its_redemption_refills_nothing() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let vault = chain.deploy_mock("Vault").await;
    let deposit = |amount| vec![approve(token, vault, amount), deposit(vault, token, amount)];
    chain.assert_counted_both_ways(&key, deposit(50), token, 50).await;
    let redeem = vec![redeem(vault, token, 50, chain.account())];
    chain.assert_counted_both_ways(&key, redeem, token, 0).await;
    assert_eq!(chain.held(token).await, HELD);
    chain.assert_reverts_both_ways(&key, deposit(1), OVER_WINDOW).await;
}

#[tokio::test]
async fn what_left_begins_a_window_and_fits_it_as_it_stands() {
    let (Capped { chain, token, key, .. }, bridge) = Capped::start_with_bridge().await;
    let withdraw = |amount| vec![withdraw(bridge, token, amount)];
    let outside = |amount| chain.outside(withdraw(amount), &key, END);
    let policy = async || {
        let policy = chain.contract.spending_policy(key.public_key(), token).await.unwrap();
        (policy.window_start, policy.spent_in_window)
    };
    let first = START + 100;
    chain.set_time(first).await;
    assert_succeeds(send(&chain.session(&key, END), withdraw(70)).await);
    assert_eq!(policy().await, (first, 70_u8.into()));
    let (early, in_time) = (outside(31), outside(100));
    chain.set_time(first + HOUR - 1).await;
    assert_reverts(chain.relay(&early).await, OVER_WINDOW);
    chain.set_time(first + HOUR).await;
    assert_succeeds(chain.relay(&in_time).await);
    assert_eq!(policy().await, (first + HOUR, 100_u8.into()));
    // If the owner lowers a maximum below what is spent, no room is left.
    chain.cap(&key, token, &maxima(50, 60)).await;
    chain.assert_reverts_both_ways(&key, withdraw(1), OVER_WINDOW).await;
}

/// The token would panic if its `balance_of` were called.
#[tokio::test]
async fn a_batch_that_calls_tokens_with_a_policy_alone_asks_nothing() {
    let Capped { chain, token, key, .. } = Capped::start().await;
    let liar = chain.deploy_mock("Liar").await;
    chain.as_stranger(tell(liar, "balance_of", &[1_u8, 0].map(Into::into))).await;
    chain.cap(&key, liar, &maxima(50, 100)).await;
    chain.as_stranger(silence(liar, "balance_of")).await;
    let calls = vec![transfer(token, 10), approve(token, THIEF, 10), transfer(liar, 10)];
    chain.assert_counted_both_ways(&key, calls, token, 20).await;
    let with_another = vec![transfer(token, 10), free()];
    chain.assert_reverts_both_ways(&key, with_another, "Spending: no balance").await;
}
