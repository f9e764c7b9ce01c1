//! Callers, versions and signatures of every kind.

use session_account::account::interface::{
    ISRC6Dispatcher, ISRC6DispatcherTrait, ISRC6SafeDispatcher, ISRC6SafeDispatcherTrait,
};
use session_account::session::interface::{
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait,
};
use snforge_std::{
    start_cheat_block_timestamp_global, start_cheat_caller_address, start_cheat_signature_global,
    start_cheat_transaction_version_global,
};
use starknet::{ContractAddress, VALIDATED};
use super::account::{
    END, QUERY_VERSION, deploy, owner, session, sign, sign_as_session, transfer, validate,
};

fn calls_used(account: ContractAddress) -> u32 {
    ISessionKeyManagerDispatcher { contract_address: account }
        .get_session_data(session().public_key)
        .calls_used
}

#[test]
fn owner_and_session_are_told_apart_by_length_alone() {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert_eq!(calls_used(account), 0);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(calls_used(account), 1);
    assert_eq!(validate(account, sign(session())), 0);
}

#[test]
#[feature("safe_dispatcher")]
fn a1_1_the_protocols_entry_points_refuse_every_other_caller() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    let safe = ISRC6SafeDispatcher { contract_address: account };
    for caller in array!['stranger'.try_into().unwrap(), account] {
        start_cheat_caller_address(account, caller);
        assert_eq!(*safe.__validate__(array![]).unwrap_err()[0], 'Account: invalid caller');
        assert_eq!(*safe.__execute__(array![]).unwrap_err()[0], 'Account: invalid caller');
    }
}

#[test]
#[feature("safe_dispatcher")]
fn o_4_the_protocols_entry_points_refuse_every_other_version() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    let safe = ISRC6SafeDispatcher { contract_address: account };
    for version in array![0, 1, 2, 4, QUERY_VERSION - 1, QUERY_VERSION + 1, -1] {
        start_cheat_transaction_version_global(version);
        assert_eq!(*safe.__validate__(array![]).unwrap_err()[0], 'Account: invalid tx version');
        assert_eq!(*safe.__execute__(array![]).unwrap_err()[0], 'Account: invalid tx version');
    }
    for version in array![3, QUERY_VERSION] {
        start_cheat_transaction_version_global(version);
        assert_eq!(safe.__validate__(array![]).unwrap(), VALIDATED);
        safe.__execute__(array![]).unwrap();
    }
}

#[test]
fn o_1_execution_expires_to_the_second_whatever_validation_saw() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign_as_session().span());
    start_cheat_block_timestamp_global(END);
    ISRC6Dispatcher { contract_address: account }.__execute__(array![]);
}

#[test]
#[should_panic(expected: 'Session: expired')]
fn o_1_execution_is_refused_one_second_later() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign_as_session().span());
    start_cheat_block_timestamp_global(END + 1);
    ISRC6Dispatcher { contract_address: account }.__execute__(array![]);
}

#[test]
fn a2_3_a_session_of_one_call_works_exactly_once() {
    let account = deploy(1, array![selector!("transfer")]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(calls_used(account), 1);
}

#[test]
#[fuzzer]
fn no_two_felts_are_the_owners_signature(r: felt252, s: felt252) {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, array![r, s]), 0);
}

#[test]
#[fuzzer]
fn no_four_felts_are_a_sessions_signature(key: felt252, r: felt252, s: felt252, end: felt252) {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, array![key, r, s, end]), 0);
    assert_eq!(validate(account, array![session().public_key, r, s, END.into()]), 0);
    assert_eq!(calls_used(account), 0);
}

#[test]
#[fuzzer]
fn a_whitelist_lets_through_what_it_lists_and_nothing_else(selector: felt252) {
    let account = deploy(10, array![selector!("approve"), selector!("mint")]);
    start_cheat_signature_global(sign_as_session().span());
    let dispatcher = ISRC6Dispatcher { contract_address: account };
    let mut call = *transfer()[0];
    call.selector = selector;
    assert_eq!(dispatcher.__validate__(array![call]), 0);
    call.selector = selector!("mint");
    assert_eq!(dispatcher.__validate__(array![call]), VALIDATED);
}
