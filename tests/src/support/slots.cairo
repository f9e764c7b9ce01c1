//! Computes where the account keeps sessions, from what `docs/architecture.md` says and not from
//! the account's code.

use core::poseidon::hades_permutation;
use snforge_std::{load, store};
use starknet::ContractAddress;
use super::account::END;

/// The slot of the account's epoch.
pub const EPOCH: felt252 = selector!("Sessions_v2_epoch");

/// The value of 1 in each field of a record.
pub const KIND: felt252 = 0x10000000000;
pub const ENTRIES: felt252 = 0x40000000000;
pub const MAX_CALLS: felt252 = 0x10000000000000000;
pub const CALLS_LEFT: felt252 = 0x1000000000000000000000000;
pub const IN_EPOCH: felt252 = 0x100000000000000000000000000000000;
pub const GENERATION: felt252 = 0x100000000 * IN_EPOCH;
pub const FEE_LIMIT: felt252 = 0x400000000000000 * IN_EPOCH;
/// The lowest bit above all fields.
pub const ABOVE: felt252 = 0x20000000000000000 * FEE_LIMIT;

/// Returns the hashes `r0`, which is the slot of the record of `key`, and `r1`, to which a
/// generation is added for the identity of a list.
pub fn hashes_of(key: felt252) -> (felt252, felt252) {
    let (r0, r1, _) = hades_permutation(key, key, selector!("Sessions_v2_records"));
    (r0, r1)
}

/// Returns the slot of the record of `key`.
pub fn record_of(key: felt252) -> felt252 {
    let (r0, _) = hashes_of(key);
    r0
}

/// Returns the hashes of a call on the list of the registration `generation` of `key`. The first is
/// the slot of the call's cell.
pub fn call_of(
    key: felt252, generation: felt252, to: felt252, selector: felt252,
) -> (felt252, felt252, felt252) {
    let (_, r1) = hashes_of(key);
    hades_permutation(to, selector, r1 + generation)
}

/// Returns the slot of the cell of a call.
pub fn cell_of(key: felt252, generation: felt252, to: felt252, selector: felt252) -> felt252 {
    let (c0, _, _) = call_of(key, generation, to, selector);
    c0
}

/// Returns the slot of the cell that allows `value` as an argument of a call.
pub fn argument_of(
    key: felt252, generation: felt252, to: felt252, selector: felt252, value: felt252,
) -> felt252 {
    let (_, c1, c2) = call_of(key, generation, to, selector);
    let (p0, _, _) = hades_permutation(c1, value, c2);
    p0
}

/// Returns the slot that counts the tokens for which `key` has policies.
pub fn token_count_of(key: felt252) -> felt252 {
    first_hash(key, key, selector!("Sessions_v2_token_count"))
}

/// Returns the slot of the token at `index` of those for which `key` has policies.
pub fn token_of(key: felt252, index: felt252) -> felt252 {
    first_hash(key, index, selector!("Sessions_v2_tokens"))
}

/// Returns the slot of `window_seconds` of the policy of `key` for `token`.
pub fn window_of(key: felt252, token: ContractAddress) -> felt252 {
    first_hash(key, token.into(), selector!("Sessions_v2_windows"))
}

/// Returns the first output of the Poseidon permutation.
pub fn first_hash(first: felt252, second: felt252, domain: felt252) -> felt252 {
    let (hash, _, _) = hades_permutation(first, second, domain);
    hash
}

/// Writes `felt` to `slot`, as an earlier class of the account could have done.
pub fn plant(account: ContractAddress, slot: felt252, felt: felt252) {
    store(account, slot, array![felt].span());
}

/// Returns the felt in `slot`.
pub fn read(account: ContractAddress, slot: felt252) -> felt252 {
    *load(account, slot, 1)[0]
}

/// Returns the packed record of a session of 9 transactions until `END`, without a list.
pub fn record(generation: felt252, epoch: felt252) -> felt252 {
    END.into() + generation * GENERATION + 9 * MAX_CALLS + 9 * CALLS_LEFT + epoch * IN_EPOCH
}
