//! A router: it pulls what it was allowed to, on anybody's behalf.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IRouter<TState> {
    /// Moves `amount` of `token` from `sender` to the router, which `sender` allowed it to. Anyone
    /// may call it.
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
