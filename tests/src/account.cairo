//! An account to try, and transactions for it.

use session_account::account::interface::{ISRC6Dispatcher, ISRC6DispatcherTrait};
use session_account::session::interface::{ISessionsDispatcher, ISessionsDispatcherTrait};
use snforge_std::signature::KeyPairTrait;
use snforge_std::signature::stark_curve::{
    StarkCurveKeyPair, StarkCurveKeyPairImpl, StarkCurveSignerImpl,
};
use snforge_std::{
    ContractClassTrait, DeclareResultTrait, declare, start_cheat_block_timestamp_global,
    start_cheat_caller_address, start_cheat_signature_global, start_cheat_transaction_hash_global,
    start_cheat_transaction_version_global,
};
use starknet::ContractAddress;
use starknet::account::Call;

pub const NOW: u64 = 1_800_001_500;
pub const END: u64 = NOW + 3_600;
pub const HASH: felt252 = 'a transaction';
pub const PROTOCOL: ContractAddress = 0.try_into().unwrap();
pub const TOKEN: ContractAddress = 'token'.try_into().unwrap();
pub const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// The class under test.
#[cfg(not(feature: 'openzeppelin'))]
pub fn class() -> ByteArray {
    "SessionAccount"
}

#[cfg(feature: 'openzeppelin')]
pub fn class() -> ByteArray {
    "OpenZeppelinSessionAccount"
}

pub fn owner() -> StarkCurveKeyPair {
    KeyPairTrait::from_secret_key('owner')
}

pub fn session() -> StarkCurveKeyPair {
    KeyPairTrait::from_secret_key('session')
}

/// An account with a session of `max_calls` transactions for `selectors`, called by the protocol in
/// a transaction of version 3.
pub fn deploy(max_calls: u32, selectors: Array<felt252>) -> ContractAddress {
    start_cheat_block_timestamp_global(NOW);
    let class = declare(class()).unwrap().contract_class();
    let (account, _) = class.deploy(@array![owner().public_key]).unwrap();
    start_cheat_caller_address(account, account);
    ISessionsDispatcher { contract_address: account }
        .add_session(session().public_key, END, max_calls, selectors);
    start_cheat_caller_address(account, PROTOCOL);
    start_cheat_transaction_version_global(3);
    start_cheat_transaction_hash_global(HASH);
    account
}

pub fn sign(key: StarkCurveKeyPair) -> Array<felt252> {
    let (r, s) = key.sign(HASH).unwrap();
    array![r, s]
}

pub fn sign_as_session() -> Array<felt252> {
    let (r, s) = session().sign(HASH).unwrap();
    array![session().public_key, r, s, END.into()]
}

pub fn transfer() -> Array<Call> {
    array![Call { to: TOKEN, selector: selector!("transfer"), calldata: array![1, 1, 0].span() }]
}

pub fn validate(account: ContractAddress, signature: Array<felt252>) -> felt252 {
    start_cheat_signature_global(signature.span());
    ISRC6Dispatcher { contract_address: account }.__validate__(transfer())
}
