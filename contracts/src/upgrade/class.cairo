//! Checks the class to which an account is to be upgraded.

use starknet::ClassHash;
use starknet::syscalls::library_call_syscall;
use crate::introspection::interface::ISRC6_ID;

/// Says whether `class_hash` is the class of an account. It makes two library calls of the class:
///
/// - `supports_interface` must answer that it supports SNIP-6 (U-6). This alone is not enough: a
///   class that is no account answers so too, if it looks the answer up in the account's storage,
///   where a constructor once registered SNIP-6.
/// - `is_valid_signature` must answer 0 to an empty signature (U-10). A class that is no account
///   has no such function.
///
/// The two calls guard against mistakes and not against malice. If the class is not declared, the
/// transaction reverts with the chain's error.
///
/// While it is asked, the class runs as the account, in its storage. Callers must panic if the
/// answer is `false`, which undoes what the class did, and must not use what they read before
/// (U-11).
pub fn is_account(class_hash: ClassHash) -> bool {
    let hash = 0;
    let no_signature = 0;
    answers(class_hash, selector!("supports_interface"), array![ISRC6_ID], 1) // U-6
        && answers(
            class_hash, selector!("is_valid_signature"), array![hash, no_signature], 0,
        ) // U-10
}

/// Says whether `class_hash` answers a call of `selector` with exactly one felt, `expected`.
fn answers(
    class_hash: ClassHash, selector: felt252, calldata: Array<felt252>, expected: felt252,
) -> bool {
    match library_call_syscall(class_hash, selector, calldata.span()) {
        Result::Ok(answer) => answer.len() == 1 && *answer[0] == expected,
        Result::Err(_) => false,
    }
}
