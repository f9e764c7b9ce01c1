//! An exchange that gives one token for another.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IExchange<TState> {
    /// Pulls `amount` of `sold` from the caller, by the caller's allowance, and pays the same
    /// amount of `bought`.
    fn swap(ref self: TState, sold: ContractAddress, amount: u256, bought: ContractAddress);
}

#[starknet::contract]
pub mod Exchange {
    use starknet::{ContractAddress, get_caller_address, get_contract_address};
    use crate::token::{ITokenDispatcher, ITokenDispatcherTrait};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl ExchangeImpl of super::IExchange<ContractState> {
        fn swap(
            ref self: ContractState, sold: ContractAddress, amount: u256, bought: ContractAddress,
        ) {
            let caller = get_caller_address();
            ITokenDispatcher { contract_address: sold }
                .transfer_from(caller, get_contract_address(), amount);
            ITokenDispatcher { contract_address: bought }.transfer(caller, amount);
        }
    }
}
