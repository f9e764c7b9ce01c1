//! An approval of a batch is subtracted from what leaves in the batch, but only as far as its
//! spender used it up.

use session_account_mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::deploy;
use crate::support::caps::{
    HELD, OVER_WINDOW, act, allow, approve, balance, bridge_of, by_anybody, cap, capped, funded,
    held_by, increase, pull, spent, swap, withdraw,
};
use crate::support::outside::{PAYEE, assert_reverts, deploy_mock};
use crate::support::payments::pay;

fn allowance(token: ContractAddress, owner: ContractAddress, spender: ContractAddress) -> u256 {
    ITokenDispatcher { contract_address: token }.allowance(owner, spender)
}

/// Asserts that the batch counts `counted`: it is refused under a maximum that is lower by one.
fn assert_counts(
    plain: bool,
    calls: @Array<Call>,
    account: ContractAddress,
    token: ContractAddress,
    counted: u256,
) {
    cap(account, token, counted - 1);
    assert_reverts(act(account, plain, calls.clone()), OVER_WINDOW);
    assert_eq!((spent(account, token), balance(token, account)), (0, HELD));
    cap(account, token, counted);
    act(account, plain, calls.clone()).unwrap();
    assert_eq!(spent(account, token), counted);
}

#[test]
fn an_approve_and_the_swap_that_uses_it_count_once() {
    for plain in array![true, false] {
        for approval in array![selector!("approve"), selector!("increase_allowance")] {
            let (account, sold) = capped(100);
            let bought = deploy_mock("Token");
            let exchange = funded("Exchange", bought);
            let approved = Call { selector: approval, ..approve(sold, exchange, 5) };
            let swapped = swap(exchange, sold, 5, bought);
            let calls = array![approved, swapped, approved, swapped];
            assert_counts(plain, @calls, account, sold, 10);
            assert_eq!((balance(sold, account), balance(bought, account)), (HELD - 10, 10));
            assert_reverts(act(account, plain, array![approved, swapped]), OVER_WINDOW);
        }
    }
}

/// An approval that was not used counts in full, since the spender may still pull it.
#[test]
fn h_10_an_approval_left_unused_beside_a_bridge_is_not_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        let calls = array![approve(token, router, 10), withdraw(bridge, token, 10)];
        assert_counts(plain, @calls, account, token, 20);
        by_anybody(pull(router, token, account, 10));
        assert_eq!(balance(token, account), HELD - 20);
    }
}

#[test]
fn h_10_an_approval_after_the_bridge_is_not_set_off_either() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        let calls = array![withdraw(bridge, token, 10), approve(token, router, 10)];
        assert_counts(plain, @calls, account, token, 20);
    }
}

#[test]
fn an_approval_is_set_off_as_far_as_it_was_used_up() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        // The batch names 10, of which 4 are used up. 11 leave, of which 7 were not named. So 17
        // count.
        let calls = array![
            approve(token, router, 10), pull(router, token, account, 4), withdraw(bridge, token, 7),
        ];
        assert_counts(plain, @calls, account, token, 17);
        assert_eq!(allowance(token, account, router), 6);
    }
}

#[test]
fn approvals_are_set_off_spender_by_spender() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (one, two) = (deploy_mock("Router"), deploy_mock("Router"));
        let bridge = bridge_of(token);
        allow(account, token, two, 50);
        // `two` may still pull more than the batch named for it. That does not reduce what is set
        // off for `one`, which used its approval up.
        let calls = array![
            approve(token, one, 5), increase(token, two, 7), pull(one, token, account, 5),
            withdraw(bridge, token, 7),
        ];
        assert_counts(plain, @calls, account, token, 19);
    }
}

#[test]
fn the_approvals_for_one_spender_add_up() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (router, other) = (deploy_mock("Router"), deploy_mock("Router"));
        let calls = array![
            approve(token, router, 4), pull(router, token, account, 4), approve(token, other, 3),
            increase(token, router, 5), pull(router, token, account, 5), increase(token, other, 2),
            pull(other, token, account, 5),
        ];
        assert_counts(plain, @calls, account, token, 14);
        assert_eq!(balance(token, account), HELD - 14);
    }
}

/// Nobody can pull by an approval that the batch itself took back, so that its amount is set off.
#[test]
fn an_approval_that_is_taken_back_is_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        let calls = array![
            approve(token, router, 6), increase(token, router, 4), approve(token, router, 0),
            withdraw(bridge, token, 10),
        ];
        assert_counts(plain, @calls, account, token, 10);
        assert_eq!(balance(token, account), HELD - 10);
    }
}

/// A new approval that is added to an old allowance cannot be told from the old one by the
/// allowance that remains. So nothing is set off, which errs on the owner's side.
#[test]
fn what_is_added_to_an_old_allowance_counts_twice() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let router = deploy_mock("Router");
        allow(account, token, router, 10);
        let calls = array![increase(token, router, 10), pull(router, token, account, 10)];
        assert_counts(plain, @calls, account, token, 20);
        assert_eq!(allowance(token, account, router), 10);
    }
}

#[test]
fn an_old_allowance_is_never_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let (old, new) = (deploy_mock("Router"), deploy_mock("Router"));
        allow(account, token, old, 10);
        let calls = array![
            approve(token, new, 3), pull(old, token, account, 10), pull(new, token, account, 3),
        ];
        assert_counts(plain, @calls, account, token, 13);
    }
}

#[test]
fn an_approval_of_one_batch_that_is_used_in_another_counts_twice() {
    for plain in array![true, false] {
        let (account, token) = capped(20);
        let router = deploy_mock("Router");
        act(account, plain, array![approve(token, router, 10)]).unwrap();
        assert_eq!(spent(account, token), 10);
        act(account, plain, array![pull(router, token, account, 10)]).unwrap();
        assert_eq!((spent(account, token), balance(token, account)), (20, HELD - 10));
    }
}

#[test]
fn an_approval_is_set_off_for_its_own_token_alone() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let (other, free) = (held_by(account), held_by(account));
        cap(account, other, 10);
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        let calls = array![
            approve(other, router, 10), approve(free, router, 10), pull(router, other, account, 10),
            pull(router, free, account, 10), withdraw(bridge, token, 10),
        ];
        act(account, plain, calls).unwrap();
        for capped in array![token, other] {
            assert_eq!(spent(account, capped), 10);
        }
        assert_reverts(act(account, plain, array![withdraw(bridge, token, 1)]), OVER_WINDOW);
    }
}

/// P-31 and P-30 in one batch: transfers count in full, and approvals are set off as far as they
/// were used up.
#[test]
fn transfers_count_beside_approvals_that_were_used_up() {
    for plain in array![true, false] {
        let account = deploy(100, array![]);
        let token = held_by(account);
        let router = deploy_mock("Router");
        let calls = array![
            pay(token, 5), approve(token, router, 10), pull(router, token, account, 10),
            pay(token, 5),
        ];
        assert_counts(plain, @calls, account, token, 20);
        assert_eq!((balance(token, account), balance(token, PAYEE)), (HELD - 20, 10));
    }
}
