//! A batch of calls.

use starknet::SyscallResultTrait;
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;

/// The call of a batch of one, as most are: it need not pay for a loop.
#[inline(always)]
pub fn only(calls: Span<Call>) -> Option<Call> {
    let calls: @Box<[Call; 1]> = calls.try_into()?;
    let [call] = (*calls).unbox();
    Option::Some(call)
}

/// Makes `calls` in their order and returns what each returned. One failing call reverts them all.
#[inline(always)]
pub fn execute(calls: Span<Call>) -> Array<Span<felt252>> {
    match only(calls) {
        Option::Some(call) => array![make(call)],
        Option::None => {
            let mut results = array![];
            execute_into(calls, ref results);
            results
        },
    }
}

fn execute_into(mut calls: Span<Call>, ref results: Array<Span<felt252>>) {
    while let Option::Some(call) = calls.pop_front() {
        results.append(make(*call));
    }
}

#[inline(always)]
fn make(call: Call) -> Span<felt252> {
    let Call { to, selector, calldata } = call;
    call_contract_syscall(to, selector, calldata).unwrap_syscall()
}
