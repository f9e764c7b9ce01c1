//! A vault: it owes depositors what they deposit, and pays it to whomever they name.

use starknet::ContractAddress;

#[starknet::interface]
pub trait IVault<TState> {
    /// Pulls `amount` of `token` from the caller, by the caller's allowance, and owes the caller as
    /// much.
    fn deposit(ref self: TState, token: ContractAddress, amount: u256);
    /// Pays `receiver` `amount` of the `token` that the vault owes the caller.
    fn redeem(ref self: TState, token: ContractAddress, amount: u256, receiver: ContractAddress);
    /// Returns how much of `token` the vault owes `owner`.
    fn shares_of(self: @TState, token: ContractAddress, owner: ContractAddress) -> u256;
}

#[starknet::contract]
pub mod Vault {
    use starknet::storage::{
        Map, StoragePathEntry, StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use starknet::{ContractAddress, get_caller_address, get_contract_address};
    use crate::token::{ITokenDispatcher, ITokenDispatcherTrait};

    #[storage]
    struct Storage {
        shares: Map<ContractAddress, Map<ContractAddress, u256>>,
    }

    #[abi(embed_v0)]
    impl VaultImpl of super::IVault<ContractState> {
        fn deposit(ref self: ContractState, token: ContractAddress, amount: u256) {
            let caller = get_caller_address();
            let shares = self.shares.entry(token).entry(caller);
            shares.write(shares.read() + amount);
            ITokenDispatcher { contract_address: token }
                .transfer_from(caller, get_contract_address(), amount);
        }

        fn redeem(
            ref self: ContractState,
            token: ContractAddress,
            amount: u256,
            receiver: ContractAddress,
        ) {
            let shares = self.shares.entry(token).entry(get_caller_address());
            let owed = shares.read();
            assert(amount <= owed, 'Vault: not owed');
            shares.write(owed - amount);
            ITokenDispatcher { contract_address: token }.transfer(receiver, amount);
        }

        fn shares_of(self: @ContractState, token: ContractAddress, owner: ContractAddress) -> u256 {
            self.shares.entry(token).entry(owner).read()
        }
    }
}
