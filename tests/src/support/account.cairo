//! Deploys the account under test, and makes the keys, the signatures and the transactions that
//! tests use.

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
/// The largest `valid_until` that the account accepts.
pub const LATEST: u64 = 0xffffffffff;
pub const HASH: felt252 = 'a transaction';
pub const PROTOCOL: ContractAddress = 0.try_into().unwrap();
pub const STRANGER: ContractAddress = 'stranger'.try_into().unwrap();
pub const TOKEN: ContractAddress = 'token'.try_into().unwrap();
pub const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// Declares and returns the class under test.
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

/// Returns the key pair of `secret`.
pub fn key(secret: felt252) -> StarkCurveKeyPair {
    KeyPairTrait::from_secret_key(secret)
}

pub fn owner() -> StarkCurveKeyPair {
    key('owner')
}

pub fn session() -> StarkCurveKeyPair {
    key('session')
}

/// Deploys an account of the owner's, and sets the cheats for a transaction of version 3 that
/// commits to no fee. The protocol is the caller from now on.
pub fn deploy_without_session() -> ContractAddress {
    start_cheat_block_timestamp_global(NOW);
    set_bounds(array![]);
    start_cheat_transaction_version_global(3);
    start_cheat_transaction_hash_global(HASH);
    let (account, _) = class().deploy(@array![owner().public_key]).unwrap();
    act_as(account, PROTOCOL);
    account
}

/// Deploys an account as `deploy_without_session` does, and registers a session of `max_calls`
/// transactions for `selectors`.
pub fn deploy(max_calls: u32, selectors: Array<felt252>) -> ContractAddress {
    let account = deploy_without_session();
    register(account, session(), max_calls, selectors);
    account
}

pub fn bounds(resource: felt252, max_amount: u64, max_price_per_unit: u128) -> ResourcesBounds {
    ResourcesBounds { resource, max_amount, max_price_per_unit }
}

/// Sets the bounds of the transaction: `resources` in their order, and after them, with amount 0,
/// those of the protocol's three resources that are missing.
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

/// Makes the account its own caller from now on. Only its owner's signature can do that on chain.
pub fn act_as_itself(account: ContractAddress) {
    act_as(account, account);
}

pub fn sessions(account: ContractAddress) -> ISessionsDispatcher {
    ISessionsDispatcher { contract_address: account }
}

pub fn session_keys(account: ContractAddress) -> ISessionKeyManagerDispatcher {
    ISessionKeyManagerDispatcher { contract_address: account }
}

/// Registers `key` until `END`. The protocol is the caller afterwards.
pub fn register(
    account: ContractAddress, key: StarkCurveKeyPair, max_calls: u32, selectors: Array<felt252>,
) {
    act_as_itself(account);
    sessions(account).add_session(key.public_key, END, max_calls, selectors);
    act_as(account, PROTOCOL);
}

/// Returns how many transactions `key` has made.
pub fn calls_used(account: ContractAddress, key: StarkCurveKeyPair) -> u32 {
    session_keys(account).get_session_data(key.public_key).calls_used
}

/// Returns the signature of `HASH` by `key` in an owner's form.
pub fn sign(key: StarkCurveKeyPair) -> Array<felt252> {
    let (r, s) = key.sign(HASH).unwrap();
    array![r, s]
}

/// Returns the signature of `hash` by `key` in a session's form, with `valid_until` as its end.
pub fn sign_for(key: StarkCurveKeyPair, hash: felt252, valid_until: felt252) -> Array<felt252> {
    let (r, s) = key.sign(hash).unwrap();
    array![key.public_key, r, s, valid_until]
}

pub fn sign_as_session() -> Array<felt252> {
    sign_for(session(), HASH, END.into())
}

/// Returns a call to `TOKEN` with the calldata of a transfer of 1 to the address 1.
pub fn call(selector: felt252) -> Call {
    Call { to: TOKEN, selector, calldata: array![1, 1, 0].span() }
}

pub fn transfer() -> Array<Call> {
    array![call(selector!("transfer"))]
}

/// Returns what `__validate__` answers for a transfer.
pub fn validate(account: ContractAddress, signature: Array<felt252>) -> felt252 {
    validate_calls(account, signature, transfer())
}

/// Returns what `__validate__` answers for `calls`.
pub fn validate_calls(
    account: ContractAddress, signature: Array<felt252>, calls: Array<Call>,
) -> felt252 {
    act_as(account, PROTOCOL);
    start_cheat_signature_global(signature.span());
    ISRC6Dispatcher { contract_address: account }.__validate__(calls)
}

/// Has the protocol execute `calls`.
#[feature("safe_dispatcher")]
pub fn execute(
    account: ContractAddress, signature: Array<felt252>, calls: Array<Call>,
) -> Result<(), Array<felt252>> {
    act_as(account, PROTOCOL);
    start_cheat_signature_global(signature.span());
    ISRC6SafeDispatcher { contract_address: account }.__execute__(calls)
}

/// Returns the error of `result`, or 0 if it is `Ok`.
pub fn error<T, +Drop<T>>(result: Result<T, Array<felt252>>) -> felt252 {
    match result {
        Result::Ok(_) => 0,
        Result::Err(data) => *data[0],
    }
}
