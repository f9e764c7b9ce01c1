//! Contracts that call the account back: whatever a session may do once, it can do only once.

use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{END, calls_used, deploy, key, session};
use crate::support::mocks::reentrant::{IReentrantDispatcher, IReentrantDispatcherTrait};
use crate::support::outside::{
    RELAYER, assert_allowed_both_ways, assert_refused_both_ways, call_from_itself, deploy_mock,
    outside, relay, sign_outside_as_owner, sign_outside_as_session, submit, transact_as_owner,
    transact_as_session,
};
use crate::support::payments::{paid, pay, payment};

/// Deploys a contract that calls `selector` of `account` back.
fn armed(account: ContractAddress, selector: felt252, calldata: Array<felt252>) -> ContractAddress {
    let contract = deploy_mock("Reentrant");
    arm(contract, account, selector, calldata);
    contract
}

fn arm(
    contract: ContractAddress,
    account: ContractAddress,
    selector: felt252,
    calldata: Array<felt252>,
) {
    IReentrantDispatcher { contract_address: contract }.arm(account, selector, calldata);
}

/// Returns the error of the call that `contract` made back, or 0 if it succeeded.
fn answer_to(contract: ContractAddress) -> felt252 {
    IReentrantDispatcher { contract_address: contract }.answer()
}

fn fire(contract: ContractAddress) -> Call {
    Call { to: contract, selector: selector!("fire"), calldata: array![].span() }
}

#[test]
fn the_nonce_is_spent_before_anything_is_called() {
    let account = deploy(10, array![]);
    let selector = selector!("execute_from_outside_v2");
    for by_session in array![false, true] {
        let contract = deploy_mock("Reentrant");
        let signed = outside(array![fire(contract)].span());
        let signature = if by_session {
            sign_outside_as_session(account, signed)
        } else {
            sign_outside_as_owner(account, signed)
        };
        arm(contract, account, selector, submit(signed, signature.clone()));
        let results = relay(account, signed, signature).unwrap();
        assert_eq!(results, array![array!['SRC9: duplicated nonce'].span()]);
    }
    assert_eq!(calls_used(account, session()), 1);
}

/// The contract submits a second valid outside execution while the first one runs. If only one
/// transaction is left, the second is refused.
#[test]
fn the_use_is_counted_before_anything_is_called() {
    for (max_calls, answer) in array![(1, 'Session: no calls left'), (2, 0)] {
        let account = deploy(max_calls, array![]);
        let token = deploy_mock("FreeToken");
        let inner = outside(array![payment(token)].span());
        let calldata = submit(inner, sign_outside_as_session(account, inner));
        let contract = armed(account, selector!("execute_from_outside_v2"), calldata);
        let signed = outside(array![fire(contract)].span());
        let results = relay(account, signed, sign_outside_as_session(account, signed)).unwrap();
        assert_eq!(results, array![array![answer].span()]);
        assert_eq!(calls_used(account, session()), max_calls);
    }
}

#[test]
fn what_is_spent_is_counted_before_anything_is_called() {
    for (maximum, answer) in array![(15, 'Spending: over window maximum'), (16, 0)] {
        for plain in array![true, false] {
            let account = deploy(10, array![]);
            let token = deploy_mock("FreeToken");
            call_from_itself(account);
            ISessionSpendingPolicyDispatcher { contract_address: account }
                .set_spending_policy(session().public_key, token, 8, maximum, 3_600);
            let inner = outside(array![pay(token, 8)].span());
            let calldata = submit(inner, sign_outside_as_session(account, inner));
            let contract = armed(account, selector!("execute_from_outside_v2"), calldata);
            // The contract calls back before the batch's own payment is made.
            let calls = array![fire(contract), pay(token, 8)].span();
            if plain {
                transact_as_session(account, calls).unwrap().unwrap();
            } else {
                let signed = outside(calls);
                relay(account, signed, sign_outside_as_session(account, signed)).unwrap();
            }
            assert_eq!(answer_to(contract), answer);
            let expected = if answer == 0 {
                16
            } else {
                8
            };
            assert_eq!(paid(token), expected);
        }
    }
}

#[test]
fn what_is_called_manages_nothing_and_executes_nothing() {
    let key = key('a thief').public_key;
    for (selector, calldata, error) in array![
        (selector!("add_session"), array![key, END.into(), 10, 0], 'Account: unauthorized'),
        (
            selector!("add_or_update_session_key"),
            array![key, END.into(), 10, 0],
            'Account: unauthorized',
        ),
        (selector!("revoke_all_sessions"), array![], 'Account: unauthorized'),
        (selector!("revoke_session"), array![session().public_key], 'Account: unauthorized'),
        (selector!("upgrade"), array![1], 'Account: unauthorized'),
        (selector!("set_public_key"), array![key, 2, 1, 1], 'Account: unauthorized'),
        (selector!("remove_spending_policy"), array![key, 1], 'Account: unauthorized'),
        (selector!("remove_session_fee_limit"), array![key], 'Account: unauthorized'),
        (selector!("__validate__"), array![0], 'Account: invalid caller'),
        (selector!("__execute__"), array![0], 'Account: invalid caller'),
    ] {
        let account = deploy(10, array![]);
        for by_owner in array![true, false] {
            let contract = armed(account, selector, calldata.clone());
            let calls = array![fire(contract)].span();
            let outcome = if by_owner {
                transact_as_owner(account, calls)
            } else {
                transact_as_session(account, calls)
            };
            outcome.unwrap().unwrap();
            assert_eq!(answer_to(contract), error);
        }
    }
}

/// The inner outside execution has a valid signature, and a session may still not submit it.
#[test]
fn a3_3_no_session_nests_an_outside_execution() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let inner = outside(array![payment(token)].span());
    let signature = sign_outside_as_session(account, inner);
    let nested = Call {
        to: account,
        selector: selector!("execute_from_outside_v2"),
        calldata: submit(inner, signature.clone()).span(),
    };
    assert_refused_both_ways(
        account, session(), array![nested].span(), 'Session: call to the account',
    );
    let elsewhere = Call { to: RELAYER, ..nested };
    assert_refused_both_ways(
        account, session(), array![elsewhere].span(), 'Session: blocked selector',
    );
    assert_eq!((paid(token), calls_used(account, session())), (0, 0));

    relay(account, inner, signature).unwrap();
    assert_eq!((paid(token), calls_used(account, session())), (1, 1));
    assert_allowed_both_ways(account, session(), array![payment(token)].span());
}
