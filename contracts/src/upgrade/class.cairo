//! What an account may move to.

use starknet::ClassHash;
use starknet::syscalls::library_call_syscall;
use crate::account::interface::ISRC6_ID;

/// Whether `class_hash`, asked by library call, says that it supports SNIP-6. An undeclared class
/// reverts with the chain's error.
pub fn is_account(class_hash: ClassHash) -> bool {
    match library_call_syscall(
        class_hash, selector!("supports_interface"), array![ISRC6_ID].span(),
    ) {
        Result::Ok(answer) => answer.len() == 1 && *answer[0] == 1,
        Result::Err(_) => false,
    }
}
