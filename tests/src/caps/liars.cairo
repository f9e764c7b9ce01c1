//! A token that lies, or whose functions panic, makes its own policy useless and no other.

use core::num::traits::Bounded;
use session_account_mocks::liar::{ILiarDispatcher, ILiarDispatcherTrait};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::deploy;
use crate::support::caps::{
    HELD, NO_BALANCE, OVER_WINDOW, act, approve, balance, bridge_of, call, cap, capped, pull, spent,
    through, truthful, uncap, withdraw,
};
use crate::support::outside::{PAYEE, assert_reverts, deploy_mock};
use crate::support::payments::pay;

/// Deploys an account whose session has a policy of 10 for a token and of 10 for a liar, the token
/// that lies.
fn with_liar() -> (ContractAddress, ContractAddress, ILiarDispatcher) {
    let (account, token) = capped(10);
    let liar = truthful(100);
    cap(account, liar.contract_address, 10);
    (account, token, liar)
}

/// Returns a call to another contract, which tells the liar what to answer to `selector` from then
/// on.
fn telling(liar: ILiarDispatcher, selector: felt252, felts: Array<felt252>) -> Call {
    through(array![call(liar.contract_address, selector!("answer"), (selector, felts))])
}

fn falling_to(liar: ILiarDispatcher, amount: u256) -> Call {
    telling(liar, selector!("balance_of"), array![amount.low.into(), amount.high.into()])
}

#[test]
fn a_balance_that_is_none_reverts_the_batch() {
    let too_wide = 0x100000000000000000000000000000000;
    for plain in array![true, false] {
        let (account, token, liar) = with_liar();
        for felts in array![
            array![], array![1], array![1, 0, 0], array![too_wide, 0], array![0, too_wide],
            array![-1, -1],
        ] {
            // The answer is first wrong after the call, and then already before it.
            let told = telling(liar, selector!("balance_of"), felts.clone());
            assert_reverts(act(account, plain, array![pay(token, 1), told]), NO_BALANCE);
            liar.answer(selector!("balance_of"), felts);
            let elsewhere = pay(deploy_mock("FreeToken"), 1);
            assert_reverts(act(account, plain, array![pay(token, 1), elsewhere]), NO_BALANCE);
            liar.answer(selector!("balance_of"), array![100, 0]);
        }
        let silence = through(
            array![
                call(liar.contract_address, selector!("fall_silent"), (selector!("balance_of"),)),
            ],
        );
        assert_reverts(act(account, plain, array![pay(token, 1), silence]), NO_BALANCE);
        assert_eq!((spent(account, token), balance(token, PAYEE)), (0, 0));
    }
}

/// The policy of a token that went silent can be lowered and removed. Then the key can call other
/// contracts again.
#[test]
fn a_token_that_went_silent_is_lowered_and_removed() {
    for plain in array![true, false] {
        let (account, token, liar) = with_liar();
        liar.fall_silent(selector!("balance_of"));
        let taken = withdraw(bridge_of(token), token, 10);
        assert_reverts(act(account, plain, array![taken]), NO_BALANCE);
        act(account, plain, array![pay(token, 3)]).unwrap();
        cap(account, liar.contract_address, 1);
        assert_reverts(
            act(account, plain, array![pay(liar.contract_address, 2)]),
            'Spending: over call maximum',
        );
        uncap(account, liar.contract_address);
        act(account, plain, array![withdraw(bridge_of(token), token, 7)]).unwrap();
        assert_eq!(spent(account, token), 10);
    }
}

#[test]
fn an_allowance_that_is_none_sets_nothing_off() {
    let too_wide = 0x100000000000000000000000000000000;
    let spender = PAYEE;
    for plain in array![true, false] {
        for (felts, set_off) in array![
            (array![], 0), (array![0], 0), (array![0, 0, 0], 0), (array![too_wide, 0], 0),
            (array![0, too_wide], 0), (array![-1, -1], 0), (array!['silent'], 0), (array![4, 0], 0),
            (array![5, 0], 0), (array![0, 1], 0), (array![3, 0], 1), (array![0, 0], 4),
        ] {
            let (account, _, liar) = with_liar();
            if felts == array!['silent'] {
                liar.fall_silent(selector!("allowance"));
            } else {
                liar.answer(selector!("allowance"), felts);
            }
            let approved = approve(liar.contract_address, spender, 4);
            // The balance falls by 6, and the approval named 4.
            act(account, plain, array![approved, falling_to(liar, 94)]).unwrap();
            assert_eq!(spent(account, liar.contract_address), 10 - set_off);
        }
    }
}

/// Whatever the liar answers, the other token's policy holds.
#[test]
fn a_token_that_lies_harms_its_own_cap_alone() {
    for plain in array![true, false] {
        let (account, token, liar) = with_liar();
        let (bridge, router) = (bridge_of(token), deploy_mock("Router"));
        let own = pay(liar.contract_address, 0);
        // The batch approves the liar's tokens for the same spender, and the liar answers that the
        // approval was used up, that it was not, or nonsense.
        for allowed in array![array![0, 0], array![100, 0], array![]] {
            liar.answer(selector!("allowance"), allowed);
            for calls in array![
                array![approve(liar.contract_address, router, 10), withdraw(bridge, token, 11)],
                array![
                    approve(liar.contract_address, router, 5), approve(token, router, 5),
                    withdraw(bridge, token, 6),
                ],
                array![own, withdraw(bridge, token, 11), falling_to(liar, 1_000)],
                array![
                    withdraw(bridge, token, 6), falling_to(liar, 90), withdraw(bridge, token, 5),
                ],
            ] {
                assert_reverts(act(account, plain, calls), OVER_WINDOW);
            }
        }
        // The fall of the liar's own balance counts for the liar's policy, and for no other.
        act(account, plain, array![withdraw(bridge, token, 10), falling_to(liar, 95)]).unwrap();
        assert_eq!((spent(account, token), spent(account, liar.contract_address)), (10, 5));
        assert_eq!(balance(token, account), HELD - 10);
        assert_reverts(act(account, plain, array![falling_to(liar, 89)]), OVER_WINDOW);
    }
}

/// If the liar answers an allowance that is too low, no more is set off than the approvals named.
#[test]
fn no_more_is_set_off_than_was_named() {
    for plain in array![true, false] {
        let (account, _, liar) = with_liar();
        let approved = |amount| approve(liar.contract_address, PAYEE, amount);
        let calls = array![approved(3), approved(2), falling_to(liar, 89)];
        assert_reverts(act(account, plain, calls), OVER_WINDOW);
        let calls = array![approved(3), approved(2), falling_to(liar, 90)];
        act(account, plain, calls).unwrap();
        assert_eq!(spent(account, liar.contract_address), 10);
    }
}

#[test]
fn falls_beyond_a_u256_are_over_every_window() {
    let most = Bounded::<u256>::MAX;
    for plain in array![true, false] {
        let (account, _, liar) = with_liar();
        cap(account, liar.contract_address, most);
        let calls = array![
            falling_to(liar, most), falling_to(liar, 0), falling_to(liar, most),
            falling_to(liar, 0),
        ];
        assert_reverts(act(account, plain, calls), OVER_WINDOW);
        act(account, plain, array![falling_to(liar, most), falling_to(liar, 0)]).unwrap();
        assert_eq!(spent(account, liar.contract_address), most);
        assert_reverts(
            act(account, plain, array![falling_to(liar, 1), falling_to(liar, 0)]), OVER_WINDOW,
        );
    }
}

/// For any two balances and any allowance, what counts is what the rule says, and nothing
/// overflows.
#[test]
#[fuzzer(runs: 64)]
fn any_answers_are_counted_as_the_rule_says(
    before: u256, after: u256, approved: u256, allowed: u256, maximum: u256,
) {
    let maximum = if maximum == 0 {
        1
    } else {
        maximum
    };
    let account = deploy(10, array![]);
    let liar = truthful(0);
    let felts = |amount: u256| array![amount.low.into(), amount.high.into()];
    liar.answer(selector!("balance_of"), felts(before));
    liar.answer(selector!("allowance"), felts(allowed));
    cap(account, liar.contract_address, maximum);
    let calls = array![approve(liar.contract_address, PAYEE, approved), falling_to(liar, after)];
    let outcome = act(account, true, calls);
    if approved > maximum {
        assert_reverts(outcome, 'Spending: over call maximum');
        return;
    }
    let left = if before > after {
        before - after
    } else {
        0
    };
    let used_up = if allowed < approved {
        approved - allowed
    } else {
        0
    };
    let excess = if left > used_up {
        left - used_up
    } else {
        0
    };
    if excess > maximum - approved {
        assert_reverts(outcome, OVER_WINDOW);
        assert_eq!(spent(account, liar.contract_address), 0);
    } else {
        outcome.unwrap();
        assert_eq!(spent(account, liar.contract_address), approved + excess);
    }
}

/// The `allowance` of a token is not called for an approval of another token, so that it does no
/// harm if it panics.
#[test]
fn an_allowance_is_asked_of_the_token_that_was_approved_alone() {
    for plain in array![true, false] {
        let (account, token, liar) = with_liar();
        liar.fall_silent(selector!("allowance"));
        let router = deploy_mock("Router");
        let calls = array![approve(token, router, 10), pull(router, token, account, 10)];
        act(account, plain, calls).unwrap();
        assert_eq!((spent(account, token), spent(account, liar.contract_address)), (10, 0));
    }
}
