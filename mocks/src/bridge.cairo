//! A bridge that burns what is withdrawn, for which it needs no allowance, as StarkGate's does.

use starknet::{ContractAddress, EthAddress};

#[starknet::interface]
pub trait IBridge<TState> {
    /// Burns `amount` of what the caller holds of `token`, which `l1_recipient` would then get.
    /// StarkGate names the token by its address on L1.
    fn initiate_token_withdraw(
        ref self: TState, token: ContractAddress, l1_recipient: EthAddress, amount: u256,
    );
}

#[starknet::contract]
pub mod Bridge {
    use starknet::{ContractAddress, EthAddress, get_caller_address};
    use crate::token::{ITokenDispatcher, ITokenDispatcherTrait};

    #[storage]
    struct Storage {}

    #[abi(embed_v0)]
    impl BridgeImpl of super::IBridge<ContractState> {
        fn initiate_token_withdraw(
            ref self: ContractState, token: ContractAddress, l1_recipient: EthAddress, amount: u256,
        ) {
            ITokenDispatcher { contract_address: token }
                .permissioned_burn(get_caller_address(), amount);
        }
    }
}
