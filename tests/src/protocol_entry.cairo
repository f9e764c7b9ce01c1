//! The entry points that only the protocol may call, only in transactions of version 3, and whose
//! signature is valid for declarations and deployments.

use session_account::account::interface::{
    IDeployableDispatcher, IDeployableDispatcherTrait, IDeployableSafeDispatcher,
    IDeployableSafeDispatcherTrait, ISRC6SafeDispatcher, ISRC6SafeDispatcherTrait,
};
use snforge_std::{
    start_cheat_signature_global, start_cheat_transaction_hash_global,
    start_cheat_transaction_version_global, start_mock_call,
};
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    HASH, PROTOCOL, QUERY_VERSION, STRANGER, TOKEN, act_as, calls_used, deploy, error, execute, key,
    owner, session, sign, sign_as_session, transfer, validate,
};

/// Returns the error of each of the four entry points for an empty batch, or 0 if it does not
/// panic.
#[feature("safe_dispatcher")]
fn errors(account: ContractAddress) -> Array<felt252> {
    let account_of = ISRC6SafeDispatcher { contract_address: account };
    let deployable = IDeployableSafeDispatcher { contract_address: account };
    array![
        error(account_of.__validate__(array![])), error(account_of.__execute__(array![])),
        error(deployable.__validate_declare__(1)), error(deployable.__validate_deploy__(1, 2, 3)),
    ]
}

fn all(error: felt252) -> Array<felt252> {
    array![error, error, error, error]
}

/// With caller 0 and version 0, as in `starknet_call`, `__execute__` panics. The signature is the
/// owner's, so that nothing but the version is wrong.
#[test]
fn a1_1_and_o_4_nobody_enters_execute_without_validation() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), true);
    start_cheat_transaction_version_global(0);
    let entered = execute(account, sign(owner()), transfer());
    assert_eq!(error(entered), 'Account: invalid tx version');
    start_cheat_transaction_version_global(3);
    assert!(execute(account, sign(owner()), transfer()).is_ok());
}

#[test]
fn the_protocols_entry_points_are_closed_to_a_call() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    start_cheat_transaction_version_global(0);
    assert_eq!(errors(account), all('Account: invalid tx version'));
}

/// A1-1: no contract may call these entry points, and not even the account itself.
#[test]
fn the_protocols_entry_points_are_closed_to_contracts() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    for caller in array![STRANGER, TOKEN, account, 1.try_into().unwrap()] {
        act_as(account, caller);
        assert_eq!(errors(account), all('Account: invalid caller'));
    }
    act_as(account, PROTOCOL);
    assert_eq!(errors(account), all(0));
}

#[test]
fn o_4_the_protocols_entry_points_refuse_every_other_version() {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    for version in array![0, 1, 2, 4, QUERY_VERSION - 1, QUERY_VERSION - 2, QUERY_VERSION + 1, -1] {
        start_cheat_transaction_version_global(version);
        assert_eq!(errors(account), all('Account: invalid tx version'));
    }
    for version in array![3, QUERY_VERSION] {
        start_cheat_transaction_version_global(version);
        assert_eq!(errors(account), all(0));
    }
}

#[test]
#[fuzzer(runs: 64)]
fn a1_1_the_protocols_entry_points_refuse_every_other_caller(caller: ContractAddress) {
    let account = deploy(10, array![]);
    start_cheat_signature_global(sign(owner()).span());
    act_as(account, caller);
    assert_eq!(errors(account), all('Account: invalid caller'));
}

#[test]
fn a_query_version_is_the_protocols_too() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), true);
    start_cheat_transaction_version_global(QUERY_VERSION);
    for signature in array![sign(owner()), sign_as_session()] {
        assert_eq!(validate(account, signature.clone()), VALIDATED);
        assert!(execute(account, signature, transfer()).is_ok());
    }
}

/// Returns what `__validate_declare__` and `__validate_deploy__` answer to `signature`.
fn answers(account: ContractAddress, signature: Array<felt252>) -> (felt252, felt252) {
    start_cheat_signature_global(signature.span());
    let deployable = IDeployableDispatcher { contract_address: account };
    (deployable.__validate_declare__(1), deployable.__validate_deploy__(1, 2, 3))
}

#[test]
fn the_owner_declares_and_a_stranger_does_not() {
    let account = deploy(10, array![]);
    assert_eq!(answers(account, sign(owner())), (VALIDATED, VALIDATED));
    assert_eq!(answers(account, sign(key('stranger'))), (0, 0));
    for signature in array![
        array![], array![1], array![0, 0], array![1, 2, 3], array![1, 2, 3, 4, 5],
    ] {
        assert_eq!(answers(account, signature), (0, 0));
    }
    start_cheat_transaction_hash_global(HASH + 1);
    assert_eq!(answers(account, sign(owner())), (0, 0));
}

#[test]
fn a_session_signs_no_declaration() {
    let account = deploy(10, array![]);
    assert_eq!(answers(account, sign_as_session()), (0, 0));
    assert_eq!(answers(account, sign(session())), (0, 0));
    assert_eq!(calls_used(account, session()), 0);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}
