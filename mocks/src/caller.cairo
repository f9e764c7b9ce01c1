//! A contract that makes any calls for anyone. A test has an account call it, and has it call the
//! account back, for instance with an outside execution.

use starknet::SyscallResultTrait;
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;

#[starknet::interface]
pub trait ICaller<TState> {
    /// Makes `calls` in their order. One failing call reverts them all. Anyone may call it.
    fn make(ref self: TState, calls: Array<Call>);
}

/// Makes `calls` in their order. One failing call reverts them all.
pub fn make(calls: Span<Call>) {
    for call in calls {
        call_contract_syscall(*call.to, *call.selector, *call.calldata).unwrap_syscall();
    }
}

#[starknet::contract]
pub mod Caller {
    use starknet::account::Call;

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl CallerImpl of super::ICaller<ContractState> {
        fn make(ref self: ContractState, calls: Array<Call>) {
            super::make(calls.span());
        }
    }
}
