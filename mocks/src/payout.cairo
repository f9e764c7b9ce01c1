//! A payout, such as of rewards, that anybody can trigger for anybody.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IPayout<TState> {
    /// Pays `recipient` `amount` of what the payout holds of `token`. Anyone may call it.
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
