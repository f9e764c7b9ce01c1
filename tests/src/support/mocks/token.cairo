//! A token for tests of named amounts: `transfer` mints to the recipient, and no allowance is kept.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IToken<TState> {
    fn transfer(ref self: TState, recipient: ContractAddress, amount: u256) -> bool;
    fn approve(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn increase_allowance(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn increaseAllowance(ref self: TState, spender: ContractAddress, amount: u256) -> bool;
    fn burn(ref self: TState, account: ContractAddress, amount: u256);
    fn balance_of(self: @TState, account: ContractAddress) -> u256;
}

#[starknet::contract]
pub mod FreeToken {
    use starknet::ContractAddress;
    use starknet::storage::{Map, StorageMapReadAccess, StorageMapWriteAccess};

    #[storage]
    struct Storage {
        balances: Map<ContractAddress, u256>,
    }

    #[abi(embed_v0)]
    impl TokenImpl of super::IToken<ContractState> {
        fn transfer(ref self: ContractState, recipient: ContractAddress, amount: u256) -> bool {
            self.balances.write(recipient, self.balances.read(recipient) + amount);
            true
        }

        fn approve(ref self: ContractState, spender: ContractAddress, amount: u256) -> bool {
            true
        }

        fn increase_allowance(
            ref self: ContractState, spender: ContractAddress, amount: u256,
        ) -> bool {
            true
        }

        fn increaseAllowance(
            ref self: ContractState, spender: ContractAddress, amount: u256,
        ) -> bool {
            true
        }

        fn burn(ref self: ContractState, account: ContractAddress, amount: u256) {}

        fn balance_of(self: @ContractState, account: ContractAddress) -> u256 {
            self.balances.read(account)
        }
    }
}
