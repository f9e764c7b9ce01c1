/// # Owner Component
///
/// Stores the owner's Stark key under OpenZeppelin's storage name, and changes it as OpenZeppelin's
/// account does: its tooling works here, and an upgrade to or from its account keeps the owner.
#[starknet::component]
pub mod OwnerComponent {
    use core::hash::HashStateTrait;
    use core::poseidon::PoseidonTrait;
    use starknet::get_contract_address;
    use starknet::storage::{StoragePointerReadAccess, StoragePointerWriteAccess};
    use crate::authority::AuthorityChange;
    use crate::errors::account as errors;
    use crate::signature::{is_public_key, is_signed, owner_signature};
    use crate::transaction::assert_self;
    use super::super::interface::{IPublicKey, OwnerHost};

    #[storage]
    pub struct Storage {
        pub Account_public_key: felt252,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        OwnerAdded: OwnerAdded,
        OwnerRemoved: OwnerRemoved,
    }

    #[derive(Drop, starknet::Event)]
    pub struct OwnerAdded {
        #[key]
        pub new_owner_guid: felt252,
    }

    #[derive(Drop, starknet::Event)]
    pub struct OwnerRemoved {
        #[key]
        pub removed_owner_guid: felt252,
    }

    #[embeddable_as(PublicKeyImpl)]
    impl PublicKey<
        TContractState,
        +HasComponent<TContractState>,
        impl Host: OwnerHost<TContractState>,
        impl Change: AuthorityChange<TContractState>,
        +Drop<TContractState>,
    > of IPublicKey<ComponentState<TContractState>> {
        /// Returns the owner's public key. Anyone may call it.
        fn get_public_key(self: @ComponentState<TContractState>) -> felt252 {
            self.Account_public_key.read()
        }

        /// Makes `new_public_key` the owner and ends every session. `signature` is the new key's
        /// signature of the hash that OpenZeppelin's account asks for: Poseidon of `'StarkNet
        /// Message'`, `'accept_ownership'`, the account and the current owner. The hash does not
        /// contain the chain.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - The new key is not 0 and is the x coordinate of a point on the Stark curve, else
        ///   `Account: invalid public key`.
        /// - The new key has signed, else `Account: invalid signature`.
        /// - The new key was never registered as a session's, else `Account: key was a session's`.
        ///
        /// Emits `OwnerRemoved`, `OwnerAdded` and `AllSessionsRevoked`.
        fn set_public_key(
            ref self: ComponentState<TContractState>,
            new_public_key: felt252,
            signature: Span<felt252>,
        ) {
            assert_self();
            let current_owner = self.Account_public_key.read();
            assert(is_public_key(new_public_key), errors::INVALID_KEY);
            let accepted = match owner_signature(signature) {
                Option::Some((
                    r, s,
                )) => is_signed(acceptance_hash(current_owner), new_public_key, r, s),
                Option::None => false,
            };
            assert(accepted, errors::INVALID_SIGNATURE);
            let mut contract = self.get_contract_mut();
            // U-9: otherwise all that the key signed as a session's would become valid as the
            // owner's.
            assert(Host::may_own(@contract, new_public_key), errors::KEY_WAS_A_SESSIONS);

            Change::authority_changes(ref contract);
            self.emit(OwnerRemoved { removed_owner_guid: current_owner });
            self.set_owner(new_public_key);
        }
    }

    #[generate_trait]
    pub impl InternalImpl<
        TContractState, +HasComponent<TContractState>,
    > of InternalTrait<TContractState> {
        /// Sets the first owner. Constructors call it.
        ///
        /// Requirements:
        ///
        /// - `public_key` is not 0 and is the x coordinate of a point on the Stark curve, else
        ///   `Account: invalid public key`.
        ///
        /// Emits `OwnerAdded`.
        fn initializer(ref self: ComponentState<TContractState>, public_key: felt252) {
            assert(is_public_key(public_key), errors::INVALID_KEY);
            self.set_owner(public_key);
        }

        /// Returns the owner's public key.
        fn key(self: @ComponentState<TContractState>) -> felt252 {
            self.Account_public_key.read()
        }

        /// Says whether `(r, s)` is the owner's signature of `hash`. It never panics.
        fn has_signed(
            self: @ComponentState<TContractState>, hash: felt252, r: felt252, s: felt252,
        ) -> bool {
            is_signed(hash, self.Account_public_key.read(), r, s)
        }

        /// Writes the owner's key and emits `OwnerAdded`.
        fn set_owner(ref self: ComponentState<TContractState>, public_key: felt252) {
            self.Account_public_key.write(public_key);
            self.emit(OwnerAdded { new_owner_guid: public_key });
        }
    }

    /// Returns the hash that a new owner signs to accept the account from `current_owner`.
    fn acceptance_hash(current_owner: felt252) -> felt252 {
        PoseidonTrait::new()
            .update('StarkNet Message')
            .update('accept_ownership')
            .update(get_contract_address().into())
            .update(current_owner)
            .finalize()
    }
}
