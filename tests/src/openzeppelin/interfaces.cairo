//! The account under test, called by OpenZeppelin's own dispatchers and helpers.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;
use openzeppelin_interfaces::accounts::{
    AccountABIDispatcher, AccountABIDispatcherTrait, IDeclarerDispatcher, IDeclarerDispatcherTrait,
    IDeployableDispatcher, IDeployableDispatcherTrait, IPublicKeyDispatcher,
    IPublicKeyDispatcherTrait, ISRC6Dispatcher, ISRC6DispatcherTrait, ISRC6_ID,
};
use openzeppelin_interfaces::erc20::{IERC20Dispatcher, IERC20DispatcherTrait};
use openzeppelin_interfaces::introspection::{ISRC5Dispatcher, ISRC5DispatcherTrait, ISRC5_ID};
use openzeppelin_interfaces::src9::{ISRC9_V2Dispatcher, ISRC9_V2DispatcherTrait, ISRC9_V2_ID};
use openzeppelin_interfaces::upgrades::{IUpgradeableDispatcher, IUpgradeableDispatcherTrait};
use openzeppelin_presets::interfaces::{
    MetaTransactionV0ABIDispatcher, MetaTransactionV0ABIDispatcherTrait,
};
use openzeppelin_utils::execution::assert_valid_signature;
use snforge_std::signature::stark_curve::{StarkCurveKeyPairImpl, StarkCurveSignerImpl};
use snforge_std::{
    ContractClassTrait, DeclareResultTrait, declare, get_class_hash, start_cheat_caller_address,
    start_cheat_signature_global, stop_cheat_caller_address, stop_cheat_transaction_version_global,
};
use starknet::VALIDATED;
use crate::support::account::{
    HASH, PROTOCOL, deploy, owner, session, sign, sign_as_session, transfer,
};
use crate::support::openzeppelin::{
    ANY_CALLER, PAYEE, erc20, openzeppelins, outside, payment, sign_outside,
};

#[test]
fn account_abi_transacts() {
    let account = deploy(10, array![]);
    let token = erc20(account);
    let abi = AccountABIDispatcher { contract_address: account };
    start_cheat_signature_global(sign(owner()).span());
    assert_eq!(abi.__validate__(array![payment(token)]), VALIDATED);
    abi.__execute__(array![payment(token)]);
    start_cheat_signature_global(sign_as_session().span());
    assert_eq!(abi.__validate__(array![payment(token)]), VALIDATED);
    abi.__execute__(array![payment(token)]);
    assert_eq!(IERC20Dispatcher { contract_address: token }.balance_of(PAYEE), 20);
}

#[test]
fn account_abi_answers() {
    let account = deploy(10, array![]);
    let abi = AccountABIDispatcher { contract_address: account };
    assert_eq!(abi.get_public_key(), owner().public_key);
    assert_eq!(abi.is_valid_signature(HASH, sign(owner())), VALIDATED);
    assert_eq!(abi.is_valid_signature(HASH, sign_as_session()), 0);
    assert!(abi.supports_interface(ISRC6_ID));
    start_cheat_signature_global(sign(owner()).span());
    assert_eq!(abi.__validate_declare__('class'), VALIDATED);
    assert_eq!(abi.__validate_deploy__('class', 'salt', owner().public_key), VALIDATED);
}

#[test]
fn src6_validates_what_the_owner_signed() {
    let account = ISRC6Dispatcher { contract_address: deploy(10, array![]) };
    for (signature, expected) in array![
        (sign(owner()), VALIDATED), (sign(session()), 0), (array![], 0),
    ] {
        start_cheat_signature_global(signature.span());
        assert_eq!(account.__validate__(transfer()), expected);
        assert_eq!(account.is_valid_signature(HASH, signature), expected);
    }
}

#[test]
fn the_owners_alone_are_valid_signatures_for_openzeppelins_helper() {
    assert_valid_signature(deploy(10, array![]), HASH, sign(owner()).span(), 'refused');
}

#[test]
#[should_panic(expected: 'refused')]
fn a_sessions_are_not_for_openzeppelins_helper() {
    assert_valid_signature(deploy(10, array![]), HASH, sign_as_session().span(), 'refused');
}

#[test]
fn declarer_and_deployable_take_the_owners_signature_alone() {
    let account = deploy(10, array![]);
    let declarer = IDeclarerDispatcher { contract_address: account };
    let deployable = IDeployableDispatcher { contract_address: account };
    for (signature, expected) in array![(sign(owner()), VALIDATED), (sign_as_session(), 0)] {
        start_cheat_signature_global(signature.span());
        assert_eq!(declarer.__validate_declare__('class'), expected);
        assert_eq!(deployable.__validate_deploy__('class', 'salt', 'key'), expected);
    }
}

#[test]
fn src5_announces_the_standards() {
    let account = ISRC5Dispatcher { contract_address: deploy(10, array![]) };
    for id in array![ISRC5_ID, ISRC6_ID, ISRC9_V2_ID] {
        assert!(account.supports_interface(id));
    }
    assert!(!account.supports_interface(0xffffffff));
}

/// The test signs the hash that OpenZeppelin's SNIP-12 code computes, and the account accepts it.
#[test]
fn src9_submits_what_the_owner_signed() {
    let account = deploy(10, array![]);
    let token = erc20(account);
    let execution = outside(ANY_CALLER, 'nonce', array![payment(token)].span());
    let signature = sign_outside(owner(), account, execution);
    let dispatcher = ISRC9_V2Dispatcher { contract_address: account };
    assert!(dispatcher.is_valid_outside_execution_nonce('nonce'));
    let results = dispatcher.execute_from_outside_v2(execution, signature.span());
    assert_eq!(results, array![array![1].span()]);
    assert!(!dispatcher.is_valid_outside_execution_nonce('nonce'));
    assert_eq!(IERC20Dispatcher { contract_address: token }.balance_of(PAYEE), 10);
}

#[test]
fn public_key_hands_over() {
    let account = deploy(10, array![]);
    let heir = StarkCurveKeyPairImpl::from_secret_key('heir');
    let accepted = PoseidonTrait::new()
        .update('StarkNet Message')
        .update('accept_ownership')
        .update(account.into())
        .update(owner().public_key)
        .finalize();
    let (r, s) = heir.sign(accepted).unwrap();
    let dispatcher = IPublicKeyDispatcher { contract_address: account };
    start_cheat_caller_address(account, account);
    dispatcher.set_public_key(heir.public_key, array![r, s].span());
    assert_eq!(dispatcher.get_public_key(), heir.public_key);
}

#[test]
fn upgradeable_upgrades() {
    let account = deploy(10, array![]);
    let class_hash = openzeppelins().class_hash;
    start_cheat_caller_address(account, account);
    IUpgradeableDispatcher { contract_address: account }.upgrade(class_hash);
    assert_eq!(get_class_hash(account), class_hash);
    start_cheat_caller_address(account, PROTOCOL);
}

/// O-4, tried with the contract that OpenZeppelin made for the `meta_tx_v0` syscall.
#[test]
fn o_4_openzeppelins_meta_transactions_do_not_enter() {
    let account = deploy(10, array![]);
    stop_cheat_caller_address(account);
    stop_cheat_transaction_version_global();
    let class = declare("MetaTransactionV0").unwrap().contract_class();
    let (contract_address, _) = class.deploy(@array![]).unwrap();
    let meta_transactions = MetaTransactionV0ABIDispatcher { contract_address };
    for signature in array![array![], sign(owner()), sign_as_session()] {
        let refused = meta_transactions
            .execute_meta_tx_v0(
                account, selector!("__execute__"), array![0].span(), signature.span(),
            );
        assert_eq!(*refused.unwrap_err()[0], 'Account: invalid tx version');
    }
}
