//! `max_calls`: how many transactions a session may make, however many calls each batches.

use snforge_std::start_mock_call;
use starknet::VALIDATED;
use starknet::account::Call;
use crate::support::account::{
    END, HASH, TOKEN, call, calls_used, deploy, deploy_without_session, error, execute, key, owner,
    register, session, sign, sign_as_session, sign_for, transfer, validate, validate_calls,
};
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked, relay_as};
use crate::support::views::status;

const EXHAUSTED: felt252 = 'Session: no calls left';

#[test]
fn a2_3_a_session_of_one_call_works_exactly_once() {
    let plain = deploy(1, array![selector!("transfer")]);
    assert_eq!(validate(plain, sign_as_session()), VALIDATED);
    assert_refused_both_ways(plain, session(), transfer().span(), EXHAUSTED);
    assert_eq!(calls_used(plain, session()), 1);

    let outside = deploy(1, array![selector!("transfer")]);
    start_mock_call(TOKEN, selector!("transfer"), true);
    assert_eq!(error(relay_as(outside, session(), transfer().span())), 0);
    assert_refused_both_ways(outside, session(), transfer().span(), EXHAUSTED);
    assert_eq!(calls_used(outside, session()), 1);
}

#[test]
fn an_exhausted_session_is_refused() {
    let account = deploy(2, array![]);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
    assert_refused_both_ways(account, session(), transfer().span(), EXHAUSTED);
    assert_eq!(calls_used(account, session()), 2);
}

#[test]
fn a_session_transacts_alone_and_each_transaction_counts_once() {
    let account = deploy(10, array![]);
    let payment = call(selector!("transfer"));
    assert_allowed_both_ways(account, session(), mocked(array![payment]));
    assert_eq!(calls_used(account, session()), 2);
    let five = array![payment, payment, payment, payment, payment];
    assert_allowed_both_ways(account, session(), mocked(five));
    assert_eq!(calls_used(account, session()), 4);
    assert_eq!(*status(account, session().public_key)[2], 6);
}

#[test]
fn what_executes_is_not_counted_again() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), true);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert!(execute(account, sign_as_session(), transfer()).is_ok());
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn a_reverted_transaction_stays_counted_and_a_reverted_outside_execution_does_not() {
    let account = deploy(10, array![]);
    let no_token = deploy_without_session();
    let failing = array![Call { to: no_token, ..call(selector!("transfer")) }];
    assert_eq!(validate_calls(account, sign_as_session(), failing.clone()), VALIDATED);
    let executed = execute(account, sign_as_session(), failing.clone());
    assert_eq!(error(executed), 'ENTRYPOINT_NOT_FOUND');
    assert_eq!(calls_used(account, session()), 1);
    let relayed = relay_as(account, session(), failing.span());
    assert_eq!(error(relayed), 'ENTRYPOINT_NOT_FOUND');
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn what_is_refused_is_not_counted() {
    let account = deploy(1, array![selector!("transfer")]);
    let end = END.into();
    for refused in array![
        sign_for(session(), HASH + 1, end), sign_for(session(), HASH, end + 1),
        sign_for(key('another'), HASH, end), sign(session()),
    ] {
        assert_eq!(validate(account, refused), 0);
    }
    let unlisted = array![call(selector!("approve"))];
    assert_eq!(validate_calls(account, sign_as_session(), unlisted), 0);
    assert_eq!(calls_used(account, session()), 0);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
fn each_session_is_counted_for_itself_and_the_owner_never() {
    let account = deploy(2, array![]);
    register(account, key('another'), 1, array![]);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert_eq!(validate(account, sign_for(key('another'), HASH, END.into())), VALIDATED);
    assert_eq!((calls_used(account, session()), calls_used(account, key('another'))), (0, 1));
    assert_refused_both_ways(account, key('another'), transfer().span(), EXHAUSTED);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
}

#[test]
#[fuzzer(runs: 64)]
fn a_session_makes_max_calls_transactions_and_no_more(max_calls: u8, batched: u8) {
    let mut calls = array![];
    for _ in 0..(1 + batched % 4) {
        calls.append(call(selector!("transfer")));
    }
    let max_calls: u32 = (1 + max_calls % 8).into();
    let account = deploy(max_calls, array![]);
    for made in 0..max_calls {
        assert_eq!(calls_used(account, session()), made);
        assert_eq!(validate_calls(account, sign_as_session(), calls.clone()), VALIDATED);
    }
    for _ in 0..2_u8 {
        assert_eq!(validate_calls(account, sign_as_session(), calls.clone()), 0);
    }
    assert_eq!(calls_used(account, session()), max_calls);
}

#[test]
#[fuzzer]
fn what_is_left_is_what_was_granted_less_what_was_made(max_calls: u32) {
    let max_calls = if max_calls == 0 {
        1
    } else {
        max_calls
    };
    let account = deploy(max_calls, array![]);
    assert_eq!(*status(account, session().public_key)[2], max_calls.into());
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(*status(account, session().public_key)[2], (max_calls - 1).into());
}
