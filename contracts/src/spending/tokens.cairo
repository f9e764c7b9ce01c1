//! Keeps the tokens for which a session key has policies, in order.

use core::num::traits::Zero;
use starknet::ContractAddress;
use starknet::storage::{
    Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
};
use crate::errors::spending as errors;
use crate::slot;

/// The most tokens for which a key can have policies. It bounds what a measured call costs, since
/// every token is asked around it.
const MOST: u32 = 8;
const COUNT: felt252 = selector!("Sessions_v2_token_count");
const TOKENS: felt252 = selector!("Sessions_v2_tokens");

/// Returns the stored count of tokens for which `session_key` has policies, as `length` reads it. A
/// key without policies has the count 0, and its transactions pay for this read only.
pub fn count(session_key: felt252) -> felt252 {
    count_of(session_key).read()
}

/// Returns the tokens of `session_key`, whose stored count is `count`. It never panics: felts that
/// are no contract's address, which only another class can have written, are passed over.
pub fn all(session_key: felt252, count: felt252) -> Array<ContractAddress> {
    let mut tokens = array![];
    for index in 0..length(count) {
        let token: Option<ContractAddress> = token_at(session_key, index).read().try_into();
        if let Option::Some(token) = token {
            if token.is_non_zero() {
                tokens.append(token);
            }
        }
    }
    tokens
}

/// Says whether `token` is one of `session_key`.
pub fn contains(session_key: felt252, token: ContractAddress) -> bool {
    index_of(session_key, token, length(count(session_key))).is_some()
}

/// Adds `token` to those of `session_key`, and says whether it was new. Panics with `Spending: too
/// many tokens` if it would be the ninth.
pub fn add(session_key: felt252, token: ContractAddress) -> bool {
    let length = length(count(session_key));
    if index_of(session_key, token, length).is_some() {
        return false;
    }
    assert(length < MOST, errors::TOO_MANY_TOKENS); // P-25
    token_at(session_key, length).write(token.into());
    count_of(session_key).write((length + 1).into());
    true
}

/// Removes `token` from those of `session_key`, if it is one of them: the last takes its place.
pub fn remove(session_key: felt252, token: ContractAddress) {
    let length = length(count(session_key));
    if let Option::Some(index) = index_of(session_key, token, length) {
        let last = token_at(session_key, length - 1);
        token_at(session_key, index).write(last.read());
        last.write(0);
        count_of(session_key).write((length - 1).into());
    }
}

fn index_of(session_key: felt252, token: ContractAddress, length: u32) -> Option<u32> {
    let token = token.into();
    let mut index = 0;
    loop {
        if index == length {
            break Option::None;
        }
        if token_at(session_key, index).read() == token {
            break Option::Some(index);
        }
        index += 1;
    }
}

/// Returns how many tokens the stored `count` stands for. This class stores no count above 8; one
/// that another class left there stands for 8 (P-25).
fn length(count: felt252) -> u32 {
    match count.try_into() {
        Option::Some(length) => core::cmp::min(length, MOST),
        Option::None => MOST,
    }
}

/// Returns the slot of how many tokens `session_key` has.
fn count_of(session_key: felt252) -> StoragePointer0Offset<Mutable<felt252>> {
    slot::pointer(session_key, session_key, COUNT)
}

/// Returns the slot of a token of `session_key`.
fn token_at(session_key: felt252, index: u32) -> StoragePointer0Offset<Mutable<felt252>> {
    slot::pointer(session_key, index.into(), TOKENS)
}
