//! A token that lies: it answers `balance_of` and `allowance` with what a test told it, and makes
//! calls while it answers.

use starknet::ContractAddress;
use starknet::account::Call;
use crate::impostor::Answer;

#[starknet::interface]
pub trait ILiar<TState> {
    /// Returns `true`, but moves nothing.
    fn transfer(self: @TState, recipient: ContractAddress, amount: u256) -> bool;
    /// Returns `true`, but allows nothing.
    fn approve(self: @TState, spender: ContractAddress, amount: u256) -> bool;
    fn balance_of(ref self: TState, account: ContractAddress) -> Answer;
    fn allowance(self: @TState, owner: ContractAddress, spender: ContractAddress) -> Answer;
    /// Has the entry point `selector`, which is `balance_of` or `allowance`, answer `felts` from
    /// now on. Anyone may call this function and all that follow.
    fn answer(ref self: TState, selector: felt252, felts: Array<felt252>);
    /// Has the entry point `selector` panic until `answer` is called for it.
    fn fall_silent(ref self: TState, selector: felt252);
    /// Has the next `balance_of` make `calls` before it answers.
    fn arm(ref self: TState, calls: Array<Call>);
}

#[starknet::contract]
pub mod Liar {
    use starknet::ContractAddress;
    use starknet::account::Call;
    use starknet::storage::{
        Map, MutableVecTrait, StorageMapReadAccess, StorageMapWriteAccess, StoragePathEntry,
        StoragePointerReadAccess, Vec, VecTrait,
    };
    use crate::caller;
    use crate::impostor::Answer;

    #[storage]
    struct Storage {
        /// By selector: the answers of `balance_of` and `allowance`, and under `arm` the serialized
        /// calls to make.
        told: Map<felt252, Vec<felt252>>,
        is_silent: Map<felt252, bool>,
    }

    #[abi(embed_v0)]
    impl LiarImpl of super::ILiar<ContractState> {
        fn transfer(self: @ContractState, recipient: ContractAddress, amount: u256) -> bool {
            true
        }

        fn approve(self: @ContractState, spender: ContractAddress, amount: u256) -> bool {
            true
        }

        fn balance_of(ref self: ContractState, account: ContractAddress) -> Answer {
            let mut armed = self.read(selector!("arm"));
            self.write(selector!("arm"), array![].span());
            if let Option::Some(calls) = Serde::<Array<Call>>::deserialize(ref armed) {
                caller::make(calls.span());
            }
            self.answered(selector!("balance_of"))
        }

        fn allowance(
            self: @ContractState, owner: ContractAddress, spender: ContractAddress,
        ) -> Answer {
            self.answered(selector!("allowance"))
        }

        fn answer(ref self: ContractState, selector: felt252, felts: Array<felt252>) {
            self.is_silent.write(selector, false);
            self.write(selector, felts.span());
        }

        fn fall_silent(ref self: ContractState, selector: felt252) {
            self.is_silent.write(selector, true);
        }

        fn arm(ref self: ContractState, calls: Array<Call>) {
            let mut felts = array![];
            calls.serialize(ref felts);
            self.write(selector!("arm"), felts.span());
        }
    }

    #[generate_trait]
    impl Internal of InternalTrait {
        /// Returns the answer of the entry point `selector`. Panics if it is silent.
        fn answered(self: @ContractState, selector: felt252) -> Answer {
            assert(!self.is_silent.read(selector), 'Liar: silent');
            Answer { felts: self.read(selector) }
        }

        fn read(self: @ContractState, selector: felt252) -> Span<felt252> {
            let told = self.told.entry(selector);
            let mut felts = array![];
            for index in 0..told.len() {
                felts.append(told.at(index).read());
            }
            felts.span()
        }

        fn write(ref self: ContractState, selector: felt252, felts: Span<felt252>) {
            let told = self.told.entry(selector);
            while told.pop().is_some() {}
            for felt in felts {
                told.push(*felt);
            }
        }
    }
}
