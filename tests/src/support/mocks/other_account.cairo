//! Another project's account class, with OpenZeppelin's storage names: it reads the owner, the
//! spent nonces and the interfaces that this project's account wrote.

use starknet::ClassHash;

#[starknet::interface]
pub trait IOtherAccount<TState> {
    fn owner(self: @TState) -> felt252;
    fn is_spent(self: @TState, nonce: felt252) -> bool;
    fn spend(ref self: TState, nonce: felt252);
    fn move_to(ref self: TState, class_hash: ClassHash);
    fn supports_interface(self: @TState, interface_id: felt252) -> bool;
    fn is_valid_signature(self: @TState, hash: felt252, signature: Span<felt252>) -> felt252;
}

#[starknet::contract]
pub mod OtherAccount {
    use core::ecdsa::check_ecdsa_signature;
    use starknet::storage::{
        Map, StorageMapReadAccess, StorageMapWriteAccess, StoragePointerReadAccess,
    };
    use starknet::syscalls::replace_class_syscall;
    use starknet::{ClassHash, SyscallResultTrait, VALIDATED};

    #[storage]
    struct Storage {
        Account_public_key: felt252,
        SRC9_nonces: Map<felt252, bool>,
        SRC5_supported_interfaces: Map<felt252, bool>,
    }

    #[abi(embed_v0)]
    impl OtherAccountImpl of super::IOtherAccount<ContractState> {
        fn owner(self: @ContractState) -> felt252 {
            self.Account_public_key.read()
        }

        fn is_spent(self: @ContractState, nonce: felt252) -> bool {
            self.SRC9_nonces.read(nonce)
        }

        fn spend(ref self: ContractState, nonce: felt252) {
            self.SRC9_nonces.write(nonce, true);
        }

        fn move_to(ref self: ContractState, class_hash: ClassHash) {
            replace_class_syscall(class_hash).unwrap_syscall();
        }

        fn supports_interface(self: @ContractState, interface_id: felt252) -> bool {
            self.SRC5_supported_interfaces.read(interface_id)
        }

        fn is_valid_signature(
            self: @ContractState, hash: felt252, signature: Span<felt252>,
        ) -> felt252 {
            let owner = self.Account_public_key.read();
            if signature.len() == 2
                && check_ecdsa_signature(hash, owner, *signature[0], *signature[1]) {
                VALIDATED
            } else {
                0
            }
        }
    }
}
