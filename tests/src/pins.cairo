//! Listed calls with a pinned argument: the felt at one index of the calldata must have a listed
//! value.

use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionsDispatcherTrait, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, STRANGER, TOKEN, act_as_itself, call, deploy, deploy_without_session, error, key, register,
    session, sessions, sign_as_session, validate_calls,
};
use crate::support::boundaries::boundaries;
use crate::support::cost::gas_of_validation;
use crate::support::lists::{deploy_for, register_for};
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};

const NOT_ALLOWED: felt252 = 'Session: call not allowed';
const DUPLICATE: felt252 = 'Session: duplicate call';

/// Returns the entry that allows transfers of `TOKEN` with any calldata.
fn free() -> AllowedCall {
    AllowedCall { to: TOKEN, selector: selector!("transfer"), argument: Option::None }
}

/// Returns the entry that allows transfers of `TOKEN` with `value` at `index` of the calldata.
fn pinned(index: u8, value: felt252) -> AllowedCall {
    AllowedCall { argument: Option::Some(AllowedArgument { index, value }), ..free() }
}

fn transfer_with(calldata: Array<felt252>) -> Call {
    Call { calldata: calldata.span(), ..call(selector!("transfer")) }
}

fn is_allowed(account: ContractAddress, call: Call) -> bool {
    sessions(account).is_call_allowed(session().public_key, call)
}

fn is_valid(account: ContractAddress, call: Call) -> bool {
    validate_calls(account, sign_as_session(), array![call]) == VALIDATED
}

/// Has the account register the session for `calls`. Returns the error, or 0 if it succeeds.
#[feature("safe_dispatcher")]
fn attempt(account: ContractAddress, calls: Array<AllowedCall>) -> felt252 {
    act_as_itself(account);
    error(
        ISessionsSafeDispatcher { contract_address: account }
            .add_session_for_calls(session().public_key, END, 10, calls),
    )
}

#[test]
fn an_entry_without_an_argument_allows_any_calldata() {
    let account = deploy_for(array![free()]);
    for calldata in array![array![], array![0], array![1, 2, 3], array![-1, -1]] {
        assert_allowed_both_ways(account, session(), mocked(array![transfer_with(calldata)]));
    }
}

#[test]
fn a_pinned_call_is_allowed_with_that_argument_alone() {
    let account = deploy_for(array![pinned(0, STRANGER.into())]);
    let paying = |to: felt252| transfer_with(array![to, 1, 0]);
    assert_allowed_both_ways(account, session(), mocked(array![paying(STRANGER.into())]));
    let many = array![
        transfer_with(array![STRANGER.into()]), transfer_with(array![STRANGER.into(), -1, -1, 5]),
    ];
    assert_allowed_both_ways(account, session(), mocked(many));
    for wrong in array![
        paying(TOKEN.into()), paying(0), paying(-1), paying(STRANGER.into() + 1),
        transfer_with(array![1, STRANGER.into(), 0]), transfer_with(array![]),
        Call { to: STRANGER, ..paying(STRANGER.into()) },
        Call { selector: selector!("approve"), ..paying(STRANGER.into()) },
    ] {
        assert_refused_both_ways(account, session(), array![wrong].span(), NOT_ALLOWED);
        let batch = array![paying(STRANGER.into()), wrong];
        assert_refused_both_ways(account, session(), batch.span(), NOT_ALLOWED);
    }
}

/// Calldata that ends before the pinned index is refused. A panic in validation would fail the
/// test.
#[test]
fn calldata_too_short_for_its_argument_is_refused_without_a_panic() {
    for index in array![0_u8, 1, 2, 30, 254, 255] {
        let account = deploy_for(array![pinned(index, 7)]);
        let mut calldata = array![];
        let length: u32 = index.into();
        for _ in 0..length {
            calldata.append(7);
        }
        assert_refused_both_ways(
            account, session(), array![transfer_with(array![])].span(), NOT_ALLOWED,
        );
        let short = transfer_with(calldata.clone());
        assert_refused_both_ways(account, session(), array![short].span(), NOT_ALLOWED);
        calldata.append(8);
        let wrong = transfer_with(calldata.clone());
        assert_refused_both_ways(account, session(), array![wrong].span(), NOT_ALLOWED);

        let mut right: Array<felt252> = calldata.span().slice(0, length).into();
        right.append(7);
        assert_allowed_both_ways(account, session(), mocked(array![transfer_with(right.clone())]));
        right.append(8);
        assert_allowed_both_ways(account, session(), mocked(array![transfer_with(right)]));
    }
}

#[test]
fn an_argument_may_be_any_felt() {
    let mut values = boundaries();
    values.append_span(array![2, 3, 256, 257, 258, STRANGER.into(), selector!("transfer")].span());
    let mut listed = array![];
    // The boundaries overlap, so that each value is listed only once.
    for value in values.span() {
        if !contains(listed.span(), *value) {
            listed.append(*value);
        }
    }
    for index in array![0_u8, 3] {
        let before: Span<felt252> = if index == 0 {
            array![].span()
        } else {
            array![9, 9, 9].span()
        };
        let with = |value: felt252| {
            let mut calldata: Array<felt252> = before.into();
            calldata.append(value);
            transfer_with(calldata)
        };
        let mut entries = array![];
        for value in listed.span() {
            entries.append(pinned(index, *value));
        }
        let all = deploy_for(entries);
        for value in listed.span() {
            assert!(is_allowed(all, with(*value)));
            let one = deploy_for(array![pinned(index, *value)]);
            assert!(is_valid(one, with(*value)));
            for other in array![0, 1, -1, *value + 1, *value - 1, -*value] {
                assert_eq!(is_allowed(one, with(other)), other == *value);
            }
        }
        assert!(!is_allowed(all, with('not listed')));
    }
}

fn contains(mut felts: Span<felt252>, felt: felt252) -> bool {
    for other in felts {
        if *other == felt {
            return true;
        }
    }
    false
}

#[test]
fn fifty_recipients_are_paid_and_no_other() {
    let mut entries = array![];
    for recipient in 1..51_u8 {
        entries.append(pinned(0, 'recipient' + recipient.into()));
    }
    let account = deploy_for(entries);
    let paying = |recipient: u8| transfer_with(array!['recipient' + recipient.into(), 1, 0]);
    for recipient in 1..51_u8 {
        assert!(is_allowed(account, paying(recipient)));
    }
    let all = array![paying(1), paying(50), paying(25), paying(1)];
    assert_allowed_both_ways(account, session(), mocked(all));
    for nobody in array![0_u8, 51, 255] {
        assert_refused_both_ways(account, session(), array![paying(nobody)].span(), NOT_ALLOWED);
        let batch = array![paying(1), paying(50), paying(nobody)];
        assert_refused_both_ways(account, session(), batch.span(), NOT_ALLOWED);
    }
}

#[test]
fn each_call_of_a_list_has_its_own_arguments() {
    let approve = AllowedCall { selector: selector!("approve"), ..pinned(1, 'a') };
    let elsewhere = AllowedCall { to: STRANGER, ..pinned(2, 'a') };
    let account = deploy_for(array![pinned(0, 'a'), pinned(0, 'b'), approve, elsewhere]);
    let with = |to, selector, calldata: Array<felt252>| {
        is_allowed(account, Call { to, selector, calldata: calldata.span() })
    };
    let (transfer, approve) = (selector!("transfer"), selector!("approve"));
    assert!(with(TOKEN, transfer, array!['a', 0, 0]) && with(TOKEN, transfer, array!['b', 0, 0]));
    assert!(with(TOKEN, approve, array![0, 'a', 0]) && with(STRANGER, transfer, array![0, 0, 'a']));
    assert!(!with(TOKEN, transfer, array![0, 'a', 'a']), "another call's place");
    assert!(!with(TOKEN, approve, array!['a', 'b', 'a']), "another call's value");
    assert!(!with(TOKEN, approve, array!['a', 0, 'a']) && !with(STRANGER, approve, array![0, 'a']));
    assert!(!with(STRANGER, transfer, array!['a', 'a', 'b']));
}

/// A list may not have a pinned argument and a second condition for the same call: the wider entry
/// would make the narrower one meaningless.
#[test]
fn two_conditions_of_one_call_are_refused_in_either_order() {
    let account = deploy_without_session();
    let other = AllowedCall { selector: selector!("approve"), ..free() };
    for wrong in array![
        array![free(), pinned(0, 1)], array![pinned(0, 1), free()],
        array![pinned(0, 1), pinned(1, 1)], array![pinned(1, 1), pinned(0, 1)],
        array![pinned(0, 1), pinned(1, 2)], array![pinned(255, 1), pinned(0, 1)],
        array![pinned(0, 1), pinned(0, 1)], array![free(), free()],
        array![pinned(0, 1), other, pinned(0, 2), pinned(0, 1)],
        array![pinned(0, 1), pinned(0, 2), other, free()], array![free(), other, pinned(7, 2)],
        array![pinned(0, 0), pinned(0, 0)],
        array![pinned(0, 1), pinned(0, 2), pinned(0, 3), pinned(2, 4)],
    ] {
        assert_eq!(attempt(account, wrong), DUPLICATE);
    }
    let right = array![
        pinned(0, 1), other, pinned(0, 2), pinned(0, 0),
        AllowedCall { selector: selector!("mint"), ..pinned(1, 1) },
        AllowedCall { to: STRANGER, ..free() },
    ];
    assert_eq!(attempt(account, right), 0);
}

#[test]
#[fuzzer]
fn a_list_of_one_call_has_one_condition_at_one_place(
    first: u8, second: u8, value: felt252, other: felt252,
) {
    let account = deploy_without_session();
    // Random felts are never equal, so equal ones are tried too.
    for (first, second, value, other) in array![
        (first, second, value, other), (first, first, value, other), (first, second, value, value),
        (first, first, value, value),
    ] {
        let entries = array![pinned(first, value), pinned(second, other)];
        if first == second && value != other {
            let account = deploy_without_session();
            assert_eq!(attempt(account, entries), 0);
        } else {
            assert_eq!(attempt(account, entries), DUPLICATE);
        }
        assert_eq!(attempt(account, array![free(), pinned(first, value)]), DUPLICATE);
        assert_eq!(attempt(account, array![pinned(first, value), free()]), DUPLICATE);
    }
}

/// The expected answer is computed as the rule is written: the calldata has a felt at the index,
/// and it equals the pinned value.
#[test]
#[fuzzer]
fn a_pinned_call_passes_if_and_only_if_the_felt_is_there_and_equal(
    index: u8, length: u8, value: felt252, at: u8,
) {
    let account = deploy_for(array![pinned(index, value)]);
    let right_at = at % 16;
    // Tries any length, and lengths around the pinned index.
    for (index, account, length) in array![
        (index, account, length), (index, account, index), (index % 8, account, length % 16),
    ] {
        let account = if index < 8 {
            deploy_for(array![pinned(index, value)])
        } else {
            account
        };
        for right_at in array![index, right_at, 0] {
            let mut calldata = array![];
            let (length, right_at): (u32, u32) = (length.into() + 1, right_at.into());
            for place in 0..length {
                calldata.append(if place == right_at {
                    value
                } else {
                    value + 1 + place.into()
                });
            }
            let place: u32 = index.into();
            let expected = place < length && *calldata[place] == value;
            assert_eq!(is_allowed(account, transfer_with(calldata.clone())), expected);
            assert_eq!(is_valid(account, transfer_with(calldata)), expected);
        }
    }
}

/// A list of selectors, on any contract, pins no argument.
#[test]
fn a_list_of_selectors_pins_nothing() {
    let account = deploy(10, array![selector!("transfer")]);
    register_for(account, key('pinned'), array![pinned(0, 1)]);
    for calldata in array![array![], array![1], array![2]] {
        assert!(is_allowed(account, transfer_with(calldata)));
    }
    let pinned = key('pinned').public_key;
    assert!(!sessions(account).is_call_allowed(pinned, transfer_with(array![2])));
}

/// The gas is measured for lists of 1 and of 1,000 entries, of selectors, of calls and of pinned
/// calls. The transfer that is measured has 1 at the start of its calldata.
#[test]
fn a_lookup_costs_the_same_for_1_entry_and_for_1000() {
    let (mut selectors, mut calls, mut values) = (array![], array![], array![]);
    for i in 0..999_u32 {
        let other = 'other' + i.into();
        selectors.append(other);
        calls.append(AllowedCall { selector: other, ..free() });
        values.append(pinned(0, other));
    }
    selectors.append(selector!("transfer"));
    calls.append(free());
    values.append(pinned(0, 1));

    let one = deploy_without_session();
    register(one, session(), 10, array![selector!("transfer")]);
    let thousand = deploy_without_session();
    register(thousand, session(), 10, selectors);
    assert_eq!(gas_of_validation(thousand), gas_of_validation(one));

    let of_one_call = gas_of_validation(deploy_for(array![free()]));
    assert_eq!(gas_of_validation(deploy_for(calls)), of_one_call);

    let of_one_value = gas_of_validation(deploy_for(array![pinned(0, 1)]));
    assert_eq!(gas_of_validation(deploy_for(values)), of_one_value);
    assert!(of_one_call < of_one_value, "an argument is seen to cost");
}

/// A pinned call says nothing about fees, so the session gets the fee limit 0. `fees` tests limits.
#[test]
fn a_pinned_session_pays_nothing_until_the_owner_says_otherwise() {
    let account = deploy_without_session();
    assert_eq!(attempt(account, array![pinned(0, 1)]), 0);
    let limit = ISessionFeeLimitDispatcher { contract_address: account }
        .get_session_fee_limit(session().public_key);
    assert_eq!(limit, Option::Some(0));
}
