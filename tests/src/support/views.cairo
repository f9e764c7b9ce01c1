//! Reads the views of a session as felts.

use starknet::syscalls::call_contract_syscall;
use starknet::{ContractAddress, SyscallResultTrait};

/// Returns `[valid_until, max_calls, calls_used, allowed_entrypoints_len]`.
pub fn data(account: ContractAddress, session_key: felt252) -> Span<felt252> {
    read(account, selector!("get_session_data"), session_key)
}

/// Returns `[is_active, valid_until, remaining_calls, allowed_len]`.
pub fn status(account: ContractAddress, session_key: felt252) -> Span<felt252> {
    read(account, selector!("get_session_status"), session_key)
}

fn read(account: ContractAddress, selector: felt252, session_key: felt252) -> Span<felt252> {
    call_contract_syscall(account, selector, array![session_key].span()).unwrap_syscall()
}
