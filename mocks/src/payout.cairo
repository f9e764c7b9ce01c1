//! A contract that pays tokens out, such as rewards. Anyone can have it pay anyone.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IPayout<TState> {
    /// Pays `recipient` `amount` of `token` from this contract's balance. Anyone may call it.
    fn pay(ref self: TState, token: ContractAddress, recipient: ContractAddress, amount: u256);
}

#[starknet::contract]
pub mod Payout {
    use starknet::ContractAddress;
    use crate::token::{ITokenDispatcher, ITokenDispatcherTrait};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl PayoutImpl of super::IPayout<ContractState> {
        fn pay(
            ref self: ContractState,
            token: ContractAddress,
            recipient: ContractAddress,
            amount: u256,
        ) {
            ITokenDispatcher { contract_address: token }.transfer(recipient, amount);
        }
    }
}
