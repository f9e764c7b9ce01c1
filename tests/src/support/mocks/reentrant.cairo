//! A contract that makes one call when `fire` is called, to what `arm` named, and keeps the result.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IReentrant<TState> {
    /// Has the next `fire` call `selector` on `target`.
    fn arm(ref self: TState, target: ContractAddress, selector: felt252, calldata: Array<felt252>);
    /// Makes the call. Returns 0 if it succeeded, its error if it failed, and `'unarmed'` if there
    /// was none to make.
    fn fire(ref self: TState) -> felt252;
    /// Returns what the last `fire` returned, or 0 before the first.
    fn answer(self: @TState) -> felt252;
}

#[starknet::contract]
pub mod Reentrant {
    use starknet::ContractAddress;
    use starknet::storage::{
        MutableVecTrait, StoragePointerReadAccess, StoragePointerWriteAccess, Vec,
    };
    use starknet::syscalls::call_contract_syscall;

    #[storage]
    struct Storage {
        armed: bool,
        target: ContractAddress,
        selector: felt252,
        calldata: Vec<felt252>,
        answer: felt252,
    }

    #[abi(embed_v0)]
    impl ReentrantImpl of super::IReentrant<ContractState> {
        fn arm(
            ref self: ContractState,
            target: ContractAddress,
            selector: felt252,
            calldata: Array<felt252>,
        ) {
            self.armed.write(true);
            self.target.write(target);
            self.selector.write(selector);
            for felt in calldata {
                self.calldata.push(felt);
            }
        }

        fn fire(ref self: ContractState) -> felt252 {
            let answer = if self.armed.read() {
                self.armed.write(false);
                self.call_back()
            } else {
                'unarmed'
            };
            self.answer.write(answer);
            answer
        }

        fn answer(self: @ContractState) -> felt252 {
            self.answer.read()
        }
    }

    #[generate_trait]
    impl Internal of InternalTrait {
        fn call_back(ref self: ContractState) -> felt252 {
            let mut calldata = array![];
            for i in 0..self.calldata.len() {
                calldata.append(self.calldata.at(i).read());
            }
            match call_contract_syscall(self.target.read(), self.selector.read(), calldata.span()) {
                Ok(_) => 0,
                Err(errors) => *errors[0],
            }
        }
    }
}
