//! What an account may move to.

use starknet::ClassHash;
use starknet::syscalls::library_call_syscall;
use crate::introspection::interface::ISRC6_ID;

/// Says whether `class_hash`, asked by library call in the account's own storage and name, is an
/// account. It must say that it supports SNIP-6, and that no signature at all is not valid: a class
/// which merely reads the account's interface flags from storage says yes to the first. An
/// undeclared class reverts with the chain's error.
///
/// The class that is asked runs as the account. Callers panic if the answer is `false`, which
/// undoes what it did, and use nothing that they read before (U-11). The questions guard against
/// mistakes, not malice.
pub fn is_account(class_hash: ClassHash) -> bool {
    let hash = 0;
    let no_signature = 0;
    answers(class_hash, selector!("supports_interface"), array![ISRC6_ID], 1) // U-6
        && answers(
            class_hash, selector!("is_valid_signature"), array![hash, no_signature], 0,
        ) // U-10
}

/// Says whether `class_hash` answers with exactly one felt, which is `expected`.
fn answers(
    class_hash: ClassHash, selector: felt252, calldata: Array<felt252>, expected: felt252,
) -> bool {
    match library_call_syscall(class_hash, selector, calldata.span()) {
        Result::Ok(answer) => answer.len() == 1 && *answer[0] == expected,
        Result::Err(_) => false,
    }
}
