//! An account to try, the keys that sign for it, and transactions for it.

use session_account::account::interface::{
    ISRC6Dispatcher, ISRC6DispatcherTrait, ISRC6SafeDispatcher, ISRC6SafeDispatcherTrait,
};
use session_account::session::interface::{
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait,
};
use snforge_std::signature::KeyPairTrait;
use snforge_std::signature::stark_curve::{
    StarkCurveKeyPair, StarkCurveKeyPairImpl, StarkCurveSignerImpl,
};
use snforge_std::{
    ContractClass, ContractClassTrait, DeclareResultTrait, declare,
    start_cheat_block_timestamp_global, start_cheat_caller_address,
    start_cheat_resource_bounds_global, start_cheat_signature_global,
    start_cheat_transaction_hash_global, start_cheat_transaction_version_global,
};
use starknet::account::Call;
use starknet::{ContractAddress, ResourcesBounds};

pub const NOW: u64 = 1_800_001_500;
pub const END: u64 = NOW + 3_600;
/// The last second at which a session can end.
pub const LATEST: u64 = 0xffffffffff;
pub const HASH: felt252 = 'a transaction';
pub const PROTOCOL: ContractAddress = 0.try_into().unwrap();
pub const STRANGER: ContractAddress = 'stranger'.try_into().unwrap();
pub const TOKEN: ContractAddress = 'token'.try_into().unwrap();
pub const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// The class under test.
pub fn class() -> ContractClass {
    *declare(class_name()).unwrap().contract_class()
}

#[cfg(not(feature: 'openzeppelin'))]
fn class_name() -> ByteArray {
    "SessionAccount"
}

#[cfg(feature: 'openzeppelin')]
fn class_name() -> ByteArray {
    "OpenZeppelinSessionAccount"
}

/// A key pair of a secret of its own.
pub fn key(secret: felt252) -> StarkCurveKeyPair {
    KeyPairTrait::from_secret_key(secret)
}

pub fn owner() -> StarkCurveKeyPair {
    key('owner')
}

pub fn session() -> StarkCurveKeyPair {
    key('session')
}

/// An account that its owner has just deployed, with a transaction of version 3 going on that
/// commits to no fee.
pub fn deploy_without_session() -> ContractAddress {
    start_cheat_block_timestamp_global(NOW);
    set_bounds(array![]);
    start_cheat_transaction_version_global(3);
    start_cheat_transaction_hash_global(HASH);
    let (account, _) = class().deploy(@array![owner().public_key]).unwrap();
    act_as(account, PROTOCOL);
    account
}

/// The same, with a session of `max_calls` transactions for `selectors`.
pub fn deploy(max_calls: u32, selectors: Array<felt252>) -> ContractAddress {
    let account = deploy_without_session();
    register(account, session(), max_calls, selectors);
    account
}

pub fn bounds(resource: felt252, max_amount: u64, max_price_per_unit: u128) -> ResourcesBounds {
    ResourcesBounds { resource, max_amount, max_price_per_unit }
}

/// Has the transaction commit to `resources`, and to nothing of those of the protocol's three that
/// are not among them. They stand in this order, and the others after them.
pub fn set_bounds(mut resources: Array<ResourcesBounds>) {
    for resource in array!['L1_GAS', 'L2_GAS', 'L1_DATA'] {
        let mut is_there = false;
        for given in resources.span() {
            if *given.resource == resource {
                is_there = true;
            }
        }
        if !is_there {
            resources.append(bounds(resource, 0, 0));
        }
    }
    start_cheat_resource_bounds_global(resources.span());
}

/// Makes `caller` the caller of `account` from now on.
pub fn act_as(account: ContractAddress, caller: ContractAddress) {
    start_cheat_caller_address(account, caller);
}

/// The account calls itself from now on, as only its owner can have it do.
pub fn act_as_itself(account: ContractAddress) {
    act_as(account, account);
}

pub fn sessions(account: ContractAddress) -> ISessionsDispatcher {
    ISessionsDispatcher { contract_address: account }
}

pub fn session_keys(account: ContractAddress) -> ISessionKeyManagerDispatcher {
    ISessionKeyManagerDispatcher { contract_address: account }
}

/// Registers `key` until `END`; the protocol calls afterwards.
pub fn register(
    account: ContractAddress, key: StarkCurveKeyPair, max_calls: u32, selectors: Array<felt252>,
) {
    act_as_itself(account);
    sessions(account).add_session(key.public_key, END, max_calls, selectors);
    act_as(account, PROTOCOL);
}

/// The transactions that `key` has made.
pub fn calls_used(account: ContractAddress, key: StarkCurveKeyPair) -> u32 {
    session_keys(account).get_session_data(key.public_key).calls_used
}

/// `key`'s signature of `HASH`, as an owner gives it.
pub fn sign(key: StarkCurveKeyPair) -> Array<felt252> {
    let (r, s) = key.sign(HASH).unwrap();
    array![r, s]
}

/// `key`'s signature of `hash`, as a session that ends with `valid_until` gives it.
pub fn sign_for(key: StarkCurveKeyPair, hash: felt252, valid_until: felt252) -> Array<felt252> {
    let (r, s) = key.sign(hash).unwrap();
    array![key.public_key, r, s, valid_until]
}

pub fn sign_as_session() -> Array<felt252> {
    sign_for(session(), HASH, END.into())
}

/// A call of `selector` on `TOKEN`.
pub fn call(selector: felt252) -> Call {
    Call { to: TOKEN, selector, calldata: array![1, 1, 0].span() }
}

pub fn transfer() -> Array<Call> {
    array![call(selector!("transfer"))]
}

/// What the protocol is answered when it asks for a transfer.
pub fn validate(account: ContractAddress, signature: Array<felt252>) -> felt252 {
    validate_calls(account, signature, transfer())
}

/// What the protocol is answered when it asks for `calls`.
pub fn validate_calls(
    account: ContractAddress, signature: Array<felt252>, calls: Array<Call>,
) -> felt252 {
    act_as(account, PROTOCOL);
    start_cheat_signature_global(signature.span());
    ISRC6Dispatcher { contract_address: account }.__validate__(calls)
}

/// What comes of it when the protocol executes `calls`.
#[feature("safe_dispatcher")]
pub fn execute(
    account: ContractAddress, signature: Array<felt252>, calls: Array<Call>,
) -> Result<(), Array<felt252>> {
    act_as(account, PROTOCOL);
    start_cheat_signature_global(signature.span());
    ISRC6SafeDispatcher { contract_address: account }.__execute__(calls)
}

/// The error that `result` names; 0 if it is none.
pub fn error<T, +Drop<T>>(result: Result<T, Array<felt252>>) -> felt252 {
    match result {
        Result::Ok(_) => 0,
        Result::Err(data) => *data[0],
    }
}
