//! What leaves the account while another contract is called counts, and what comes in is never set
//! off against it.

use session_account::spending::interface::ISessionSpendingPolicyDispatcherTrait;
use session_account_mocks::liar::ILiarDispatcherTrait;
use session_account_mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use snforge_std::start_cheat_block_timestamp_global;
use snforge_std::trace::{CallTrace, get_call_trace};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{NOW, deploy, session};
use crate::support::caps::{
    HELD, NO_BALANCE, OVER_WINDOW, WINDOW, act, allow, approve, balance, bridge_of, call, cap,
    capped, deposit, funded, held_by, policies, pull, redeem, spent, swap, through, trigger,
    truthful, uncap, withdraw,
};
use crate::support::outside::{
    PAYEE, assert_reverts, call_from_itself, deploy_mock, relay_as_owner, relay_as_session,
};
use crate::support::payments::pay;

/// H-1. The first version counted only calls to the token, so that a bridge which may burn could
/// empty the account. For this finding policies measure balances.
#[test]
fn h_1_a_bridge_that_may_burn_takes_the_cap_and_no_more() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let bridge = bridge_of(token);
        for amount in array![HELD, 11] {
            let over = act(account, plain, array![withdraw(bridge, token, amount)]);
            assert_reverts(over, OVER_WINDOW);
            assert_eq!((balance(token, account), spent(account, token)), (HELD, 0));
        }
        act(account, plain, array![withdraw(bridge, token, 4)]).unwrap();
        act(account, plain, array![withdraw(bridge, token, 6)]).unwrap();
        for calls in array![array![withdraw(bridge, token, 1)], array![pay(token, 1)]] {
            assert_reverts(act(account, plain, calls), OVER_WINDOW);
        }
        assert_eq!((balance(token, account), spent(account, token)), (HELD - 10, 10));
    }
}

/// H-1 with a contract that the owner once allowed to pull.
#[test]
fn h_1_a_router_with_an_old_allowance_pulls_the_cap_and_no_more() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let router = deploy_mock("Router");
        allow(account, token, router, HELD);
        let over = act(account, plain, array![pull(router, token, account, 11)]);
        assert_reverts(over, OVER_WINDOW);
        act(account, plain, array![pull(router, token, account, 10)]).unwrap();
        let over = act(account, plain, array![pull(router, token, account, 1)]);
        assert_reverts(over, OVER_WINDOW);
        assert_eq!((balance(token, router), spent(account, token)), (10, 10));
    }
}

#[test]
fn what_leaves_counts_in_whichever_call_of_a_batch() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let (bridge, other) = (bridge_of(token), deploy_mock("FreeToken"));
        for calls in array![
            array![withdraw(bridge, token, 11), pay(other, 1), pay(other, 1)],
            array![pay(other, 1), withdraw(bridge, token, 11), pay(other, 1)],
            array![pay(other, 1), pay(other, 1), withdraw(bridge, token, 11)],
            array![withdraw(bridge, token, 5), pay(other, 1), withdraw(bridge, token, 6)],
            array![withdraw(bridge, token, 5), withdraw(bridge, token, 6)],
            array![pay(token, 0), withdraw(bridge, token, 11), pay(token, 0)],
        ] {
            assert_reverts(act(account, plain, calls), OVER_WINDOW);
        }
        let calls = array![
            withdraw(bridge, token, 1), pay(other, 1), withdraw(bridge, token, 2),
            withdraw(bridge, token, 3), pay(token, 0), withdraw(bridge, token, 4), pay(other, 1),
        ];
        act(account, plain, calls).unwrap();
        assert_eq!((balance(token, account), spent(account, token)), (HELD - 10, 10));
    }
}

/// Measuring does not change the results that an outside execution returns.
#[test]
fn what_is_measured_returns_what_was_called() {
    let (account, token) = capped(10);
    let echo = |values: Array<felt252>| {
        call(deploy_mock("Echo"), selector!("echo"), (values,))
    };
    let results = relay_as_session(
        account, array![echo(array![1, 2]), pay(token, 1), echo(array![]), echo(array![3])].span(),
    );
    let expected = array![
        array![2, 1, 2].span(), array![1].span(), array![0].span(), array![1, 3].span(),
    ];
    assert_eq!(results.unwrap(), expected);
}

#[test]
fn one_call_counts_for_each_token_that_leaves() {
    for plain in array![true, false] {
        let (account, one) = capped(10);
        let two = held_by(account);
        cap(account, two, 20);
        let router = deploy_mock("Router");
        let both = |
            first, second,
        | through(array![pull(router, one, account, first), pull(router, two, account, second)]);
        for token in array![one, two] {
            allow(account, token, router, HELD);
        }
        for (first, second) in array![(11, 1), (1, 21), (11, 21)] {
            assert_reverts(act(account, plain, array![both(first, second)]), OVER_WINDOW);
        }
        act(account, plain, array![both(10, 20)]).unwrap();
        assert_eq!((spent(account, one), spent(account, two)), (10, 20));
    }
}

/// P-31: the balance is not measured around a call to the token itself, and the amount that the
/// call names is not set off against what leaves in others.
#[test]
fn named_transfers_are_counted_once_and_never_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let bridge = bridge_of(token);
        for calls in array![
            array![pay(token, 5), withdraw(bridge, token, 6)],
            array![withdraw(bridge, token, 6), pay(token, 5)],
            array![pay(token, 10), withdraw(bridge, token, 1)],
            array![pay(token, 5), pay(token, 1), withdraw(bridge, token, 5)],
        ] {
            assert_reverts(act(account, plain, calls), OVER_WINDOW);
        }
        let calls = array![
            withdraw(bridge, token, 2), pay(token, 3), withdraw(bridge, token, 1), pay(token, 4),
        ];
        act(account, plain, calls).unwrap();
        assert_eq!((balance(token, account), balance(token, PAYEE)), (HELD - 10, 7));
        assert_eq!(spent(account, token), 10);
    }
}

/// P-29: of two calls, the first pays the account what the second takes. The balance has not fallen
/// at the end, and what the second took counts.
#[test]
fn h_10_what_a_vault_pays_is_not_set_off_against_what_a_bridge_burns() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let (bridge, vault) = (bridge_of(token), deploy_mock("Vault"));
        let calls = array![approve(token, vault, 100), deposit(vault, token, 100)];
        relay_as_owner(account, calls.span()).unwrap();
        for calls in array![
            array![redeem(vault, token, 100, account), withdraw(bridge, token, 100)],
            array![redeem(vault, token, 11, account), withdraw(bridge, token, 11)],
            array![withdraw(bridge, token, 11), redeem(vault, token, 11, account)],
        ] {
            assert_reverts(act(account, plain, calls), OVER_WINDOW);
        }
        let calls = array![redeem(vault, token, 100, account), withdraw(bridge, token, 10)];
        act(account, plain, calls).unwrap();
        assert_eq!((balance(token, account), spent(account, token)), (HELD - 10, 10));
    }
}

#[test]
fn h_10_what_a_payout_brings_is_not_set_off() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let (bridge, payout) = (bridge_of(token), funded("Payout", token));
        let paid = trigger(payout, token, account, 50);
        for calls in array![
            array![paid, withdraw(bridge, token, 11)], array![withdraw(bridge, token, 11), paid],
            array![withdraw(bridge, token, 6), paid, withdraw(bridge, token, 5)],
            array![paid, pay(token, 1), paid, withdraw(bridge, token, 10)],
        ] {
            assert_reverts(act(account, plain, calls), OVER_WINDOW);
        }
        act(account, plain, array![paid, withdraw(bridge, token, 10), paid]).unwrap();
        assert_eq!((balance(token, account), spent(account, token)), (HELD + 90, 10));
        // What comes in does not free any room in the window either.
        act(account, plain, array![paid]).unwrap();
        let over = act(account, plain, array![paid, withdraw(bridge, token, 1)]);
        assert_reverts(over, OVER_WINDOW);
    }
}

#[test]
fn a_swap_of_one_capped_token_for_another_counts_what_is_sold() {
    for plain in array![true, false] {
        let (account, sold) = capped(10);
        let bought = held_by(account);
        cap(account, bought, 5);
        let exchange = funded("Exchange", bought);
        let calls = array![approve(sold, exchange, 10), swap(exchange, sold, 10, bought)];
        act(account, plain, calls).unwrap();
        assert_eq!((spent(account, sold), spent(account, bought)), (10, 0));
        assert_eq!((balance(sold, account), balance(bought, account)), (HELD - 10, HELD + 10));
        // The bought token is limited by its own policy, to which what came in adds nothing.
        assert_reverts(act(account, plain, array![pay(bought, 6)]), 'Spending: over call maximum');
        act(account, plain, array![pay(bought, 5)]).unwrap();
    }
}

#[test]
fn a_deposit_in_a_vault_counts() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let vault = deploy_mock("Vault");
        let calls = array![approve(token, vault, 10), deposit(vault, token, 10)];
        act(account, plain, calls).unwrap();
        assert_eq!((spent(account, token), balance(token, vault)), (10, 10));
        // A deposit by an allowance that the owner gave counts too.
        allow(account, token, vault, 100);
        assert_reverts(act(account, plain, array![deposit(vault, token, 1)]), OVER_WINDOW);
    }
}

/// P-32: a window begins with the first amount that leaves in a call to another contract, as it
/// does with the first named amount.
#[test]
fn an_excess_begins_a_window_if_none_is_open() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let bridge = bridge_of(token);
        let window = || {
            let policy = policies(account).get_spending_policy(session().public_key, token);
            (policy.window_start, policy.spent_in_window)
        };
        // A call in which nothing leaves begins no window.
        act(account, plain, array![withdraw(bridge, token, 0)]).unwrap();
        assert_eq!(window(), (0, 0));
        let first = NOW + 100;
        start_cheat_block_timestamp_global(first);
        act(account, plain, array![withdraw(bridge, token, 4)]).unwrap();
        assert_eq!(window(), (first, 4));
        start_cheat_block_timestamp_global(first + WINDOW - 1);
        assert_reverts(act(account, plain, array![withdraw(bridge, token, 7)]), OVER_WINDOW);
        act(account, plain, array![pay(token, 1), withdraw(bridge, token, 5)]).unwrap();
        assert_eq!(window(), (first, 10));
        start_cheat_block_timestamp_global(first + WINDOW);
        assert_reverts(act(account, plain, array![withdraw(bridge, token, 11)]), OVER_WINDOW);
        act(account, plain, array![withdraw(bridge, token, 10)]).unwrap();
        assert_eq!(window(), (first + WINDOW, 10));
    }
}

/// P-32: the named amounts revert too, and so do those of other tokens.
#[test]
fn an_excess_that_does_not_fit_reverts_everything() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let other = held_by(account);
        cap(account, other, 10);
        let bridge = bridge_of(token);
        let calls = array![
            pay(other, 5), pay(token, 5), approve(other, PAYEE, 5), withdraw(bridge, token, 6),
        ];
        assert_reverts(act(account, plain, calls), OVER_WINDOW);
        for token in array![token, other] {
            assert_eq!((balance(token, account), balance(token, PAYEE)), (HELD, 0));
            let policy = policies(account).get_spending_policy(session().public_key, token);
            assert_eq!((policy.window_start, policy.spent_in_window), (0, 0));
        }
        assert_eq!(ITokenDispatcher { contract_address: other }.allowance(account, PAYEE), 0);
    }
}

/// `max_per_call` limits named amounts only.
#[test]
fn what_leaves_unnamed_is_limited_by_the_window_alone() {
    for plain in array![true, false] {
        let account = deploy(10, array![]);
        let token = held_by(account);
        let bridge = bridge_of(token);
        call_from_itself(account);
        policies(account).set_spending_policy(session().public_key, token, 1, 10, WINDOW);
        assert_reverts(act(account, plain, array![pay(token, 2)]), 'Spending: over call maximum');
        act(account, plain, array![withdraw(bridge, token, 10)]).unwrap();
        assert_eq!(spent(account, token), 10);
    }
}

#[test]
fn what_has_no_policy_is_not_measured() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let free = held_by(account);
        let bridge = bridge_of(free);
        act(account, plain, array![withdraw(bridge, free, 500), pay(free, 500)]).unwrap();
        assert_eq!((balance(free, account), spent(account, token)), (0, 0));
        uncap(account, token);
        let bridge = bridge_of(token);
        act(account, plain, array![withdraw(bridge, token, HELD)]).unwrap();
        assert_eq!(balance(token, account), 0);
    }
}

/// Has the session make `calls`. Returns how often `balance_of` was called meanwhile.
fn asks(account: ContractAddress, plain: bool, calls: Array<Call>) -> u32 {
    let before = balances_in(@get_call_trace());
    act(account, plain, calls).unwrap();
    balances_in(@get_call_trace()) - before
}

fn balances_in(trace: @CallTrace) -> u32 {
    let mut number = 0;
    if *trace.entry_point.entry_point_selector == selector!("balance_of") {
        number += 1;
    }
    for nested in trace.nested_calls.span() {
        number += balances_in(nested);
    }
    number
}

/// P-33. The test counts the calls of `balance_of` in the call trace.
#[test]
fn tokens_are_asked_around_calls_of_others_alone() {
    for plain in array![true, false] {
        let (account, token) = capped(100);
        let bridge = bridge_of(token);
        let (paid, taken) = (pay(token, 1), withdraw(bridge, token, 1));
        for (calls, expected) in array![
            (array![paid], 0), (array![paid, approve(token, PAYEE, 1), paid], 0),
            (array![taken], 2), (array![taken, taken, taken], 4), (array![paid, taken, taken], 3),
            (array![taken, paid, taken], 4), (array![taken, taken, paid, paid, taken], 5),
        ] {
            assert_eq!(asks(account, plain, calls), expected);
        }
        cap(account, held_by(account), 10);
        assert_eq!(asks(account, plain, array![paid]), 0);
        assert_eq!(asks(account, plain, array![taken, taken]), 6);
        uncap(account, token);
        assert_eq!(asks(account, plain, array![taken]), 2);
    }
}

/// P-33: a token whose `balance_of` panics does not block payments of tokens with a policy.
#[test]
fn a_batch_of_tokens_with_a_policy_asks_for_nothing() {
    for plain in array![true, false] {
        let (account, token) = capped(10);
        let liar = truthful(100);
        cap(account, liar.contract_address, 10);
        liar.fall_silent(selector!("balance_of"));
        liar.fall_silent(selector!("allowance"));
        let paid = pay(token, 1);
        act(account, plain, array![paid, approve(token, PAYEE, 1), paid]).unwrap();
        act(account, plain, array![pay(liar.contract_address, 1)]).unwrap();
        let elsewhere = pay(deploy_mock("FreeToken"), 1);
        assert_reverts(act(account, plain, array![paid, elsewhere]), NO_BALANCE);
        assert_eq!((spent(account, token), spent(account, liar.contract_address)), (3, 1));
    }
}
