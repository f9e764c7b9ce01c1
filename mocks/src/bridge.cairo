//! A bridge that burns what its callers withdraw. It needs no allowance for this, as StarkGate's
//! bridges do not.

use starknet::{ContractAddress, EthAddress};

#[starknet::interface]
pub trait IBridge<TState> {
    /// Burns `amount` of the `token` that the caller holds. A real bridge would pay it to
    /// `l1_recipient` on L1. StarkGate names the token by its address on L1 instead.
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
