//! Stores the policy of a session key for a token. Inlining the functions that each counted call
//! runs saves the call 9,300 gas.

use starknet::ContractAddress;
use starknet::storage::{
    Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
};
use crate::slot;
use super::interface::SpendingPolicy;

/// All of a policy but the length of its window, which has a slot of its own (see `window`).
#[derive(Copy, Drop, starknet::Store)]
struct Spending {
    max_per_call: u256,
    max_per_window: u256,
    spent_in_window: u256,
    window_start: u64,
}

/// Returns how long the window of a policy lasts, in seconds; 0 if there is no policy.
#[inline(always)]
pub fn window_seconds(session_key: felt252, token: ContractAddress) -> u64 {
    window(session_key, token).read()
}

/// Reads a policy, whose `window_seconds` the caller has read already.
#[inline(always)]
pub fn read(session_key: felt252, token: ContractAddress, window_seconds: u64) -> SpendingPolicy {
    let Spending {
        max_per_call, max_per_window, spent_in_window, window_start,
    } = spending(session_key, token).read();
    SpendingPolicy { max_per_call, max_per_window, window_seconds, spent_in_window, window_start }
}

/// Writes the limits of a policy. What was spent and when the window began stay as they are.
pub fn write_limits(
    session_key: felt252,
    token: ContractAddress,
    max_per_call: u256,
    max_per_window: u256,
    window_seconds: u64,
) {
    window(session_key, token).write(window_seconds);
    let slot = spending(session_key, token);
    slot.max_per_call.write(max_per_call);
    slot.max_per_window.write(max_per_window);
}

/// Writes what was spent under `policy`. `former` is the policy as it was read before; the start of
/// the window is written only if it differs.
#[inline(always)]
pub fn write_spent(
    session_key: felt252, token: ContractAddress, former: SpendingPolicy, policy: SpendingPolicy,
) {
    let slot = spending(session_key, token);
    slot.spent_in_window.write(policy.spent_in_window);
    if policy.window_start != former.window_start {
        slot.window_start.write(policy.window_start);
    }
}

/// Removes the policy and what was counted under it.
pub fn clear(session_key: felt252, token: ContractAddress) {
    window(session_key, token).write(0);
    spending(session_key, token)
        .write(
            Spending { max_per_call: 0, max_per_window: 0, spent_in_window: 0, window_start: 0 },
        );
}

/// Returns the slot of a policy's `window_seconds`. It holds 0 if there is no policy, so that a
/// call to a contract without one reads this slot only.
fn window(session_key: felt252, token: ContractAddress) -> StoragePointer0Offset<Mutable<u64>> {
    slot::pointer(session_key, token.into(), selector!("Sessions_v2_windows"))
}

/// Returns the slots of all of a policy but the length of its window.
fn spending(
    session_key: felt252, token: ContractAddress,
) -> StoragePointer0Offset<Mutable<Spending>> {
    slot::pointer(session_key, token.into(), selector!("Sessions_v2_spending"))
}
