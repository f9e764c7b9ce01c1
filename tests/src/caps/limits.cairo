//! Shows what a policy does not limit, under the letters of the list in SECURITY.md, and that it is
//! no more than that. (Foundry charges no fees, which are (c). The fee limit bounds them: see
//! `fees`.)

use session_account::spending::interface::ISessionSpendingPolicyDispatcherTrait;
use session_account_mocks::vault::{IVaultDispatcher, IVaultDispatcherTrait};
use snforge_std::start_cheat_block_timestamp_global;
use crate::support::account::{NOW, deploy, key, register};
use crate::support::caps::{
    HELD, OVER_WINDOW, WINDOW, act, allow, approve, as_key, balance, bridge_of, by_anybody, cap_for,
    capped, deposit, funded, held_by, increase, policies, pull, redeem, spent, through, trigger,
    withdraw,
};
use crate::support::outside::{PAYEE, assert_reverts, deploy_mock, relay_as_owner};
use crate::support::payments::pay;

/// (a) The account does not hold what a vault owes it, and can have the vault pay somebody else.
#[test]
fn what_the_account_is_owed_is_not_capped() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let vault = deploy_mock("Vault");
        let calls = array![approve(token, vault, 100), deposit(vault, token, 100)];
        relay_as_owner(account, calls.span()).unwrap();
        act(account, plain, array![redeem(vault, token, 100, PAYEE)]).unwrap();
        assert_eq!((balance(token, PAYEE), spent(account, token)), (100, 0));
        let shares = IVaultDispatcher { contract_address: vault }.shares_of(token, account);
        assert_eq!((shares, balance(token, account)), (0, HELD - 100));
    }
}

/// (a) What comes in and leaves within one call does not count. In two calls it does.
#[test]
fn what_comes_in_and_leaves_within_one_call_is_not_capped() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let (payout, router) = (funded("Payout", token), deploy_mock("Router"));
        allow(account, token, router, HELD);
        let paid = trigger(payout, token, account, 100);
        let pulled = pull(router, token, account, 100);
        assert_reverts(act(account, plain, array![paid, pulled]), OVER_WINDOW);
        act(account, plain, array![through(array![paid, pulled])]).unwrap();
        assert_eq!((balance(token, account), spent(account, token)), (HELD, 0));
        // What leaves beyond what came in counts.
        let more = pull(router, token, account, 111);
        assert_reverts(act(account, plain, array![through(array![paid, more])]), OVER_WINDOW);
    }
}

/// (b) Anyone who may pull by an allowance of the owner's can do so outside of batches.
#[test]
fn what_others_pull_by_old_allowances_is_not_capped() {
    let (account, token) = capped(10);
    let router = deploy_mock("Router");
    allow(account, token, router, 500);
    by_anybody(pull(router, token, account, 500));
    assert_eq!((balance(token, router), spent(account, token)), (500, 0));
}

/// (b) Each approval counts in the window in which it was named, and none counts again when it is
/// used.
#[test]
fn approvals_that_stay_unused_add_up_over_windows() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let router = deploy_mock("Router");
        for window in 0..3_u64 {
            start_cheat_block_timestamp_global(NOW + window * WINDOW);
            act(account, plain, array![increase(token, router, 10)]).unwrap();
            let over = act(account, plain, array![increase(token, router, 1)]);
            assert_reverts(over, OVER_WINDOW);
        }
        by_anybody(pull(router, token, account, 30));
        assert_eq!((balance(token, account), spent(account, token)), (HELD - 30, 10));
    }
}

/// (d) Each key has policies of its own: a key without one is not limited, and two keys may each
/// spend their maximum.
#[test]
fn each_key_has_a_cap_of_its_own() {
    let (account, token) = capped(10);
    let bridge = bridge_of(token);
    let (second, free) = (key('second'), key('free'));
    for key in array![second, free] {
        register(account, key, 10, array![]);
    }
    cap_for(account, second.public_key, token, 10);
    act(account, true, array![withdraw(bridge, token, 10)]).unwrap();
    by_anybody(as_key(account, second, array![withdraw(bridge, token, 10)]));
    let other = policies(account).get_spending_policy(second.public_key, token);
    assert_eq!((spent(account, token), other.spent_in_window), (10, 10));
    by_anybody(as_key(account, free, array![withdraw(bridge, token, 500), pay(token, 400)]));
    assert_eq!((balance(token, account), spent(account, token)), (80, 10));
}

/// Around the edge of two windows, up to twice the maximum can leave, as SECURITY.md says.
#[test]
fn around_a_windows_edge_twice_the_maximum_leaves() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let bridge = bridge_of(token);
        act(account, plain, array![withdraw(bridge, token, 1)]).unwrap();
        start_cheat_block_timestamp_global(NOW + WINDOW - 1);
        act(account, plain, array![withdraw(bridge, token, 9)]).unwrap();
        start_cheat_block_timestamp_global(NOW + WINDOW);
        act(account, plain, array![withdraw(bridge, token, 10)]).unwrap();
        assert_reverts(act(account, plain, array![withdraw(bridge, token, 1)]), OVER_WINDOW);
        assert_eq!(balance(token, account), HELD - 20);
    }
}

/// A policy of another key does not limit this key's batch.
#[test]
fn a_key_without_policies_is_not_measured() {
    let account = deploy(10, array![]);
    for plain in array![true, false] {
        let token = held_by(account);
        cap_for(account, key('another').public_key, token, 1);
        act(account, plain, array![withdraw(bridge_of(token), token, HELD)]).unwrap();
        assert_eq!(balance(token, account), 0);
    }
}
