//! `__validate__` returns 0 for what breaks a rule for sessions, and never panics on what a
//! stranger can send.

use session_account::session::interface::ISessionsDispatcherTrait;
use snforge_std::{
    EventSpyTrait, spy_events, start_cheat_account_deployment_data_global,
    start_cheat_paymaster_data_global, start_cheat_signature_global, start_mock_call,
};
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, TOKEN, act_as_itself, call, calls_used, deploy, deploy_without_session, error,
    execute, key, register, session, sessions, sign_as_session, sign_for, transfer, validate,
    validate_calls,
};
use crate::support::boundaries::boundaries;
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};

#[test]
fn a3_5_valid_until_must_equal_the_stored_one() {
    let account = deploy(10, array![]);
    let end: felt252 = END.into();
    for wrong in array![end - 1, end + 1, 0, 0xffffffffffffffff, -end] {
        assert_eq!(validate(account, sign_for(session(), HASH, wrong)), 0);
    }
    assert_eq!(calls_used(account, session()), 0);
    assert_eq!(validate(account, sign_for(session(), HASH, end)), VALIDATED);
}

#[test]
fn a1_9_a_huge_valid_until_is_refused_without_a_panic() {
    let account = deploy(10, array![]);
    let two_pow_64 = 0x10000000000000000;
    for huge in array![-1, two_pow_64, two_pow_64 + END.into()] {
        assert_eq!(validate(account, sign_for(session(), HASH, huge)), 0);
    }
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
fn a_key_that_was_never_registered_is_refused() {
    let account = deploy(10, array![]);
    assert_refused_both_ways(account, key('another'), transfer().span(), 'Session: not found');
    register(account, key('another'), 1, array![]);
    assert_eq!(validate(account, sign_for(key('another'), HASH, END.into())), VALIDATED);
}

#[test]
fn a_session_of_another_account_is_none_here() {
    let (account, other) = (deploy(10, array![]), deploy_without_session());
    assert_refused_both_ways(other, session(), transfer().span(), 'Session: not found');
    assert_allowed_both_ways(account, session(), mocked(transfer()));
}

#[test]
fn a_session_transaction_with_a_paymaster_or_a_deployment_is_refused() {
    let account = deploy(10, array![]);
    start_cheat_paymaster_data_global(array![1].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    start_cheat_paymaster_data_global(array![].span());
    start_cheat_account_deployment_data_global(array![1].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(calls_used(account, session()), 0);
    start_cheat_account_deployment_data_global(array![].span());
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
fn an_empty_batch_is_refused() {
    for listed in array![array![], array![selector!("transfer")]] {
        let account = deploy(10, listed);
        assert_refused_both_ways(account, session(), array![].span(), 'Session: empty batch');
        assert_allowed_both_ways(account, session(), mocked(transfer()));
    }
}

#[test]
fn the_signature_must_be_the_session_keys_over_this_very_message() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![]);
    let end = END.into();
    assert_eq!(validate(account, sign_for(session(), HASH + 1, end)), 0);

    let mine = sign_as_session();
    let swapped = array![key('another').public_key, *mine[1], *mine[2], end];
    assert_eq!(validate(account, swapped), 0);
    let reversed = array![session().public_key, *mine[2], *mine[1], end];
    assert_eq!(validate(account, reversed), 0);

    assert_eq!(calls_used(account, session()) + calls_used(account, key('another')), 0);
    assert_eq!(validate(account, mine), VALIDATED);
    assert_eq!(validate(account, sign_for(key('another'), HASH, end)), VALIDATED);
}

#[test]
fn validation_emits_nothing_and_calls_nothing() {
    let account = deploy(10, array![]);
    let mut spy = spy_events();
    // No contract is deployed at TOKEN, so that a call to it would fail.
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(validate(account, sign_for(session(), HASH, 0)), 0);
    assert!(spy.get_events().events.is_empty());
}

#[test]
fn targets_and_selectors_at_every_boundary_do_not_panic_in_validation() {
    let account = deploy(100, array![selector!("transfer")]);
    for felt in boundaries() {
        let target: Option<ContractAddress> = felt.try_into();
        // A felt that is no address cannot be decoded as a call's target.
        if let Option::Some(to) = target {
            let odd = Call { to, selector: felt, calldata: array![felt].span() };
            assert_refused_both_ways(
                account, session(), array![odd].span(), 'Session: call not allowed',
            );
        }
        let odd = Call { selector: felt, ..call(0) };
        assert_refused_both_ways(
            account, session(), array![odd].span(), 'Session: call not allowed',
        );
    }
    assert_allowed_both_ways(account, session(), mocked(transfer()));
}

#[test]
#[fuzzer(runs: 64)]
fn whatever_is_called_validation_answers(
    to: ContractAddress, selector: felt252, datum: felt252, len: u8,
) {
    let account = deploy(10, array![]);
    let mut calldata = array![];
    for _ in 0..len {
        calldata.append(datum);
    }
    let odd = Call { to, selector, calldata: calldata.span() };
    assert_eq!(validate_calls(account, sign_as_session(), array![odd]), VALIDATED);
    act_as_itself(account);
    sessions(account).revoke_session(session().public_key);
    register(account, key('listed'), 10, array![selector!("transfer")]);
    let signature = sign_for(key('listed'), HASH, END.into());
    assert_eq!(validate_calls(account, signature, array![odd]), 0);
}

/// Calldata that cannot be decoded as calls is refused before the account's own code runs.
#[test]
fn malformed_calldata_moves_nothing() {
    let account = deploy(10, array![]);
    let whole = array![1, TOKEN.into(), selector!("transfer"), 3, 1, 1, 0].span();
    start_cheat_signature_global(sign_as_session().span());
    let mut extra: Array<felt252> = whole.into();
    extra.append(0);
    let mut long = array![2];
    long.append_span(whole.slice(1, 6));
    let mut huge: Array<felt252> = whole.slice(0, 3).into();
    huge.append(-1);
    huge.append_span(whole.slice(4, 3));
    for malformed in array![
        array![].span(), array![-1].span(), whole.slice(0, 6), extra.span(), long.span(),
        huge.span(),
    ] {
        for selector in array![selector!("__validate__"), selector!("__execute__")] {
            assert!(call_contract_syscall(account, selector, malformed).is_err());
        }
    }
    assert_eq!(calls_used(account, session()), 0);
    let answer = call_contract_syscall(account, selector!("__validate__"), whole).unwrap();
    assert_eq!(answer, array![VALIDATED].span());
}

#[test]
fn what_is_validated_is_executed_and_nothing_is_asked_twice() {
    let account = deploy(1, array![]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(calls_used(account, session()), 1);
    // The session has no transaction left now. Its last one, which was validated, executes all the
    // same.
    start_mock_call(TOKEN, selector!("transfer"), 'done');
    assert_eq!(error(execute(account, sign_as_session(), transfer())), 0);
    assert_eq!(calls_used(account, session()), 1);
}
