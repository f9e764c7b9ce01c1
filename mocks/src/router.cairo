//! A router. Anyone can have it pull what others allowed it to pull.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IRouter<TState> {
    /// Moves `amount` of `token` from `sender`, who has allowed it, to the router. Anyone may call
    /// it.
    fn pull(ref self: TState, token: ContractAddress, sender: ContractAddress, amount: u256);
}

#[starknet::contract]
pub mod Router {
    use starknet::{ContractAddress, get_contract_address};
    use crate::token::{ITokenDispatcher, ITokenDispatcherTrait};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl RouterImpl of super::IRouter<ContractState> {
        fn pull(
            ref self: ContractState, token: ContractAddress, sender: ContractAddress, amount: u256,
        ) {
            ITokenDispatcher { contract_address: token }
                .transfer_from(sender, get_contract_address(), amount);
        }
    }
}
