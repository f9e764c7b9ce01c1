//! `is_valid_signature`: anyone may ask whether an off-chain signature is valid for the account.

use session_account::account::interface::{ISRC6Dispatcher, ISRC6DispatcherTrait};
use snforge_std::signature::stark_curve::StarkCurveSignerImpl;
use snforge_std::{EventSpyTrait, load, spy_events, start_cheat_caller_address};
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, calls_used, deploy, owner, session, sign, sign_as_session, transfer,
};
use crate::support::boundaries::boundaries;
use crate::support::outside::{as_session, is_validated};
use crate::support::slots::record_of;

fn ask(account: ContractAddress, hash: felt252, signature: Array<felt252>) -> felt252 {
    ISRC6Dispatcher { contract_address: account }.is_valid_signature(hash, signature)
}

#[test]
fn is_valid_signature_knows_the_owners_signatures_alone() {
    let account = deploy(10, array![]);
    let signature = sign(owner());
    let (r, s) = (*signature[0], *signature[1]);
    assert_eq!(ask(account, HASH, array![r, s]), VALIDATED);
    assert_eq!(ask(account, HASH + 1, array![r, s]), 0);
    for signature in array![
        array![s, r], array![], array![r], array![r, s, 0], array![r, s, 0, 0],
        array![r, s, 0, 0, 0], sign(session()),
    ] {
        assert_eq!(ask(account, HASH, signature), 0);
    }
}

#[test]
fn anyone_may_ask_whether_a_signature_is_valid() {
    let account = deploy(10, array![]);
    for caller in array![0, 'stranger', account.into()] {
        start_cheat_caller_address(account, caller.try_into().unwrap());
        assert_eq!(ask(account, HASH, sign(owner())), VALIDATED);
        assert_eq!(ask(account, HASH, sign(session())), 0);
    }
}

/// Even a living session's signature, which would be valid for a transaction, is not valid
/// off-chain.
#[test]
fn a1_2_and_a1_5_no_session_signature_is_valid_off_chain() {
    for selectors in array![array![], array![selector!("transfer")]] {
        let account = deploy(10, selectors);
        assert_eq!(ask(account, HASH, sign_as_session()), 0);
        let by_owner = as_session(sign(owner()), END.into());
        assert_eq!(ask(account, HASH, by_owner), 0);
        assert_eq!(ask(account, HASH, sign(session())), 0);
    }
}

#[test]
fn the_signature_that_is_not_valid_off_chain_is_the_one_that_validates_a_transaction() {
    let account = deploy(10, array![]);
    assert_eq!(ask(account, HASH, sign_as_session()), 0);
    assert!(is_validated(account, transfer().span(), sign_as_session()));
}

#[test]
fn a1_6_is_valid_signature_is_a_view() {
    let account = deploy(1, array![]);
    let record = record_of(session().public_key);
    let before = load(account, record, 1);
    assert!(*before[0] != 0, "the record is elsewhere");
    let mut spy = spy_events();
    for signature in array![sign_as_session(), sign(owner()), array![1, 1], array![]] {
        ask(account, HASH, signature);
    }
    assert_eq!(load(account, record, 1), before);
    assert_eq!(calls_used(account, session()), 0);
    assert!(spy.get_events().events.is_empty());
    // The session's only transaction is still left.
    assert!(is_validated(account, transfer().span(), sign_as_session()));
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn felts_at_every_boundary_in_a_signature_are_not_valid_and_no_panic() {
    let account = deploy(10, array![]);
    let right = sign(owner());
    let (r, s) = (*right[0], *right[1]);
    for felt in boundaries() {
        assert_eq!(ask(account, HASH, array![felt, s]), 0);
        assert_eq!(ask(account, HASH, array![r, felt]), 0);
        assert_eq!(ask(account, felt, array![felt, felt]), 0);
        assert_eq!(ask(account, felt, array![felt, felt, felt, felt]), 0);
    }
    assert_eq!(ask(account, HASH, right), VALIDATED);
}

#[test]
#[fuzzer]
fn the_owner_alone_signs_for_every_hash(hash: felt252, r: felt252, s: felt252) {
    let account = deploy(10, array![]);
    assert_eq!(ask(account, hash, array![r, s]), 0);
    let (r, s) = owner().sign(hash).unwrap();
    assert_eq!(ask(account, hash, array![r, s]), VALIDATED);
    assert_eq!(ask(account, hash + 1, array![r, s]), 0);
    let (r, s) = session().sign(hash).unwrap();
    assert_eq!(ask(account, hash, as_session(array![r, s], END.into())), 0);
}
