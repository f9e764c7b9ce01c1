//! O-4: a contract that uses the `meta_tx_v0` syscall calls `__execute__` with caller 0, version 0
//! and a signature of its choice, without validation, and the account refuses it. (The chain lets
//! this syscall call no other entry point.)

use snforge_std::{ContractClassTrait, DeclareResultTrait, declare, stop_cheat_caller_address};
use starknet::ContractAddress;
use crate::support::account::{deploy, sign_as_session};

#[starknet::interface]
trait IThief<TState> {
    fn enter(
        ref self: TState,
        account: ContractAddress,
        selector: felt252,
        calldata: Span<felt252>,
        signature: Span<felt252>,
    );
}

#[starknet::contract]
mod Thief {
    use starknet::syscalls::meta_tx_v0_syscall;
    use starknet::{ContractAddress, SyscallResultTrait};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl ThiefImpl of super::IThief<ContractState> {
        fn enter(
            ref self: ContractState,
            account: ContractAddress,
            selector: felt252,
            calldata: Span<felt252>,
            signature: Span<felt252>,
        ) {
            meta_tx_v0_syscall(account, selector, calldata, signature).unwrap_syscall();
        }
    }
}

fn enter(selector: felt252, calldata: Span<felt252>, signature: Span<felt252>) {
    let account = deploy(10, array![]);
    stop_cheat_caller_address(account);
    snforge_std::stop_cheat_transaction_version_global();
    let (thief, _) = declare("Thief").unwrap().contract_class().deploy(@array![]).unwrap();
    IThiefDispatcher { contract_address: thief }.enter(account, selector, calldata, signature);
}

#[test]
#[should_panic(expected: 'Account: invalid tx version')]
fn o_4_no_contract_enters_execute_unsigned() {
    enter(selector!("__execute__"), array![0].span(), array![].span());
}

#[test]
#[should_panic(expected: 'Account: invalid tx version')]
fn o_4_no_contract_enters_execute_as_a_session() {
    enter(selector!("__execute__"), array![0].span(), sign_as_session().span());
}
