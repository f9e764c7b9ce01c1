//! The tokens for which a key has policies: at most 8, in order. Each must have answered
//! `balance_of` for the account.

use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcherTrait, ISessionSpendingPolicySafeDispatcher,
    ISessionSpendingPolicySafeDispatcherTrait,
};
use session_account_mocks::liar::ILiarDispatcherTrait;
use starknet::ContractAddress;
use starknet::syscalls::call_contract_syscall;
use crate::support::account::{STRANGER, act_as, deploy, key, session};
use crate::support::caps::{
    HELD, NO_BALANCE, OVER_WINDOW, WINDOW, act, as_session, balance, bridge_of, cap, cap_for,
    capped, held_by, policies, spent, tokens, truthful, uncap, withdraw,
};
use crate::support::outside::{
    assert_reverts, assert_reverts_both_ways, call_from_itself, deploy_mock,
};
use crate::support::payments::pay;
use crate::support::slots::{read, token_count_of, token_of};

const TOO_MANY: felt252 = 'Spending: too many tokens';

/// Has the account set a policy of 10 in a window.
#[feature("safe_dispatcher")]
fn try_cap(account: ContractAddress, token: ContractAddress) -> Result<(), Array<felt252>> {
    call_from_itself(account);
    ISessionSpendingPolicySafeDispatcher { contract_address: account }
        .set_spending_policy(session().public_key, token, 10, 10, WINDOW)
}

fn own(account: ContractAddress) -> Array<ContractAddress> {
    tokens(account, session().public_key)
}

/// Deploys `number` tokens, sets a policy of 10 in a window for each, and returns them in this
/// order.
fn listed(account: ContractAddress, number: u8) -> Array<ContractAddress> {
    let mut tokens = array![];
    for _ in 0..number {
        let token = held_by(account);
        cap(account, token, 10);
        tokens.append(token);
    }
    tokens
}

#[test]
fn a_key_has_policies_for_eight_tokens_and_no_more() {
    let account = deploy(10, array![]);
    let eight = listed(account, 8);
    let ninth = held_by(account);
    assert_eq!(own(account), eight);
    for _ in 0..2_u8 {
        assert_reverts(try_cap(account, ninth), TOO_MANY);
        assert_eq!(own(account), eight);
        let policy = policies(account).get_spending_policy(session().public_key, ninth);
        assert_eq!((policy.window_seconds, policy.max_per_window), (0, 0));
    }
    // Policies of the eight tokens can still be set again, another key has eight tokens of its own,
    // and a removal makes room for another token.
    for token in eight.span() {
        cap(account, *token, 20);
    }
    cap_for(account, key('another').public_key, ninth, 10);
    uncap(account, *eight[3]);
    try_cap(account, ninth).unwrap();
    assert_reverts(try_cap(account, *eight[3]), TOO_MANY);
    assert_eq!(own(account).len(), 8);
}

#[test]
fn each_of_eight_tokens_is_measured() {
    for plain in array![true, false] {
        let account = deploy(100, array![]);
        let eight = listed(account, 8);
        let mut calls = array![];
        for token in eight.span() {
            let bridge = bridge_of(*token);
            let over = act(account, plain, array![withdraw(bridge, *token, 11)]);
            assert_reverts(over, OVER_WINDOW);
            calls.append(withdraw(bridge, *token, 10));
        }
        act(account, plain, calls).unwrap();
        for token in eight {
            assert_eq!((spent(account, token), balance(token, account)), (10, HELD - 10));
        }
    }
}

/// Returns answers that are no balance: they have not two felts, or one of the felts is no half of
/// a u256.
fn no_balances() -> Array<Array<felt252>> {
    let too_wide = 0x100000000000000000000000000000000;
    array![
        array![], array![1], array![1, 0, 0], array![2, 1, 0], array![too_wide, 0],
        array![0, too_wide], array![-1, 0], array![0, -1], array![-1, -1],
    ]
}

#[test]
fn a_token_gets_its_first_policy_if_it_says_what_the_account_holds() {
    let account = deploy(10, array![]);
    let liar = truthful(0);
    let token = liar.contract_address;
    for felts in no_balances() {
        liar.answer(selector!("balance_of"), felts);
        assert_reverts(try_cap(account, token), NO_BALANCE);
        assert!(own(account).is_empty());
        assert_eq!(read(account, token_count_of(session().public_key)), 0);
    }
    liar.fall_silent(selector!("balance_of"));
    assert_reverts(try_cap(account, token), NO_BALANCE);
    // The two mocks have no `balance_of`, and neither has the account itself.
    for other in array![deploy_mock("Echo"), deploy_mock("Router"), account] {
        assert_reverts(try_cap(account, other), NO_BALANCE);
    }
    let most = 0xffffffffffffffffffffffffffffffff;
    for felts in array![array![0, 0], array![most, 0], array![0, most], array![most, most]] {
        liar.answer(selector!("balance_of"), felts);
        try_cap(account, token).unwrap();
        assert_eq!(own(account), array![token]);
        uncap(account, token);
    }
}

#[test]
fn later_policies_and_removals_ask_the_token_nothing() {
    let account = deploy(10, array![]);
    let liar = truthful(100);
    let token = liar.contract_address;
    cap(account, token, 10);
    for felts in no_balances() {
        liar.answer(selector!("balance_of"), felts);
        cap(account, token, 5);
    }
    liar.fall_silent(selector!("balance_of"));
    cap(account, token, 1);
    let policy = policies(account).get_spending_policy(session().public_key, token);
    assert_eq!(policy.max_per_window, 1);
    uncap(account, token);
    assert!(own(account).is_empty());
    // A policy that is set after the removal is the token's first again, so that the token is
    // asked.
    assert_reverts(try_cap(account, token), NO_BALANCE);
}

/// The policy is written before its token is asked, so that it holds for what the session pays
/// meanwhile.
#[test]
fn a_first_policy_holds_while_its_token_is_asked() {
    for (amount, refused) in array![(10, false), (11, true)] {
        let account = deploy(10, array![]);
        let liar = truthful(100);
        let token = liar.contract_address;
        liar.arm(array![as_session(account, array![pay(token, amount)])]);
        if refused {
            assert_reverts(try_cap(account, token), NO_BALANCE);
            assert!(own(account).is_empty());
        } else {
            try_cap(account, token).unwrap();
            assert_eq!(spent(account, token), 10);
        }
    }
}

#[test]
fn tokens_are_shown_to_anyone_in_the_order_in_which_they_were_set() {
    let account = deploy(10, array![]);
    assert!(own(account).is_empty());
    let three = listed(account, 3);
    act_as(account, STRANGER);
    assert_eq!(own(account), three);
    assert!(tokens(account, key('another').public_key).is_empty());
    let calldata = array![session().public_key].span();
    let answer = call_contract_syscall(account, selector!("get_spending_tokens"), calldata);
    let expected = array![3, (*three[0]).into(), (*three[1]).into(), (*three[2]).into()];
    assert_eq!(answer.unwrap(), expected.span());
}

#[test]
fn setting_again_adds_no_token_and_moves_none() {
    let account = deploy(10, array![]);
    let three = listed(account, 3);
    for token in three.span() {
        cap(account, *token, 20);
        assert_eq!(own(account), three);
    }
}

#[test]
fn a_removed_token_leaves_its_place_to_the_last() {
    for (removed, expected) in array![
        (0, array![3, 1, 2]), (1, array![0, 3, 2]), (2, array![0, 1, 3]), (3, array![0, 1, 2]),
    ] {
        let account = deploy(10, array![]);
        let key = session().public_key;
        let four = listed(account, 4);
        uncap(account, *four[removed]);
        let mut left = array![];
        for index in expected {
            left.append(*four[index]);
        }
        assert_eq!(own(account), left);
        assert_eq!((read(account, token_count_of(key)), read(account, token_of(key, 3))), (3, 0));
        for index in 0..3_u8 {
            let token: felt252 = (*left[index.into()]).into();
            assert_eq!(read(account, token_of(key, index.into())), token);
        }
        // The remaining tokens have their policies as before, and the removed token has none.
        for token in left {
            assert_reverts_both_ways(
                account, session(), array![pay(token, 11)].span(), 'Spending: over call maximum',
            );
        }
        act(account, true, array![pay(*four[removed], 11)]).unwrap();
        // A token that is added again becomes the last.
        cap(account, *four[removed], 10);
        assert_eq!(*own(account)[3], *four[removed]);
    }
}

#[test]
fn removing_what_is_not_there_changes_nothing_and_succeeds() {
    let (account, token) = capped(10);
    let other = held_by(account);
    cap_for(account, key('another').public_key, other, 10);
    act(account, true, array![pay(token, 4)]).unwrap();
    for absent in array![other, account, 0.try_into().unwrap(), deploy_mock("Echo")] {
        uncap(account, absent);
        assert_eq!((own(account), spent(account, token)), (array![token], 4));
    }
    assert_eq!(tokens(account, key('another').public_key), array![other]);
    uncap(account, token);
    uncap(account, token);
    assert!(own(account).is_empty());
}

/// When a key's last policy was removed, its slots are 0 again, as if it never had one.
#[test]
fn the_last_removal_leaves_nothing() {
    let account = deploy(10, array![]);
    let key = session().public_key;
    for token in listed(account, 8) {
        uncap(account, token);
    }
    assert_eq!(read(account, token_count_of(key)), 0);
    for index in 0..8_u8 {
        assert_eq!(read(account, token_of(key, index.into())), 0);
    }
}

/// Makes sixteen random settings and removals of ten tokens, and compares with a model of the list.
#[test]
#[fuzzer(runs: 32)]
fn tokens_follow_a_simple_model(steps: u128) {
    let account = deploy(10, array![]);
    let mut all = array![];
    for _ in 0..10_u8 {
        all.append(deploy_mock("FreeToken"));
    }
    let mut steps = steps;
    let mut model: Array<ContractAddress> = array![];
    for _ in 0..16_u8 {
        let (token, removes) = (*all[(steps % 10).try_into().unwrap()], steps / 10 % 3 == 0);
        steps /= 30;
        if removes {
            uncap(account, token);
            model = without(model.span(), token);
        } else if contains(model.span(), token) {
            try_cap(account, token).unwrap();
        } else if model.len() == 8 {
            assert_reverts(try_cap(account, token), TOO_MANY);
        } else {
            try_cap(account, token).unwrap();
            model.append(token);
        }
        assert_eq!(own(account), model);
        for token in all.span() {
            let policy = policies(account).get_spending_policy(session().public_key, *token);
            assert_eq!(policy.window_seconds != 0, contains(model.span(), *token));
        }
    }
}

fn contains(tokens: Span<ContractAddress>, token: ContractAddress) -> bool {
    for other in tokens {
        if *other == token {
            return true;
        }
    }
    false
}

/// Returns the list after a removal: the last token takes the place of `token`.
fn without(tokens: Span<ContractAddress>, token: ContractAddress) -> Array<ContractAddress> {
    let mut left = array![];
    if !contains(tokens, token) {
        left.append_span(tokens);
        return left;
    }
    let last = *tokens[tokens.len() - 1];
    for other in tokens.slice(0, tokens.len() - 1) {
        left.append(if *other == token {
            last
        } else {
            *other
        });
    }
    left
}
