//! A batch of calls.

use starknet::SyscallResultTrait;
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;

/// Makes `calls` in their order and returns what each returned. One failing call reverts them all.
pub fn execute(calls: Span<Call>) -> Array<Span<felt252>> {
    let mut results = array![];
    execute_into(calls, ref results);
    results
}

fn execute_into(mut calls: Span<Call>, ref results: Array<Span<felt252>>) {
    if let Option::Some(call) = calls.pop_front() {
        let Call { to, selector, calldata } = *call;
        results.append(call_contract_syscall(to, selector, calldata).unwrap_syscall());
        if !calls.is_empty() {
            execute_into(calls, ref results);
        }
    }
}
