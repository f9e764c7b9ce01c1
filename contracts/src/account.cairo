pub mod interface;

/// # Session Account
///
/// The deployed class: an account with an owner, sessions and outside execution. It composes the
/// components and holds SNIP-6's entry points; a signature's length says who signed.
#[starknet::contract(account)]
pub mod SessionAccount {
    use starknet::ContractAddress;
    use starknet::account::Call;
    use crate::introspection::component::IntrospectionComponent;
    use crate::introspection::interface::ClassInterfaces;
    use crate::outside_execution::component::OutsideExecutionComponent;
    use crate::outside_execution::interface::{ISRC9_V2_ID, OutsideAuthority};
    use crate::owner::component::OwnerComponent;
    use crate::owner::interface::AuthorityChange;
    use crate::session::component::SessionComponent;
    use crate::session::interface::{ISESSION_KEY_MANAGER_ID, SessionHost};
    use crate::session::rules::has_expired;
    use crate::signature::{Signature, parse};
    use crate::spending::component::SpendingComponent;
    use crate::spending::interface::ISESSION_SPENDING_POLICY_ID;
    use crate::transaction::{assert_protocol, execution_info};
    use crate::upgrade::component::UpgradeComponent;
    use crate::{batch, errors, session};
    use super::interface::{IDeployable, ISRC6, ISRC6_ID};

    component!(path: IntrospectionComponent, storage: introspection, event: IntrospectionEvent);
    component!(path: OwnerComponent, storage: owner, event: OwnerEvent);
    component!(
        path: OutsideExecutionComponent, storage: outside_execution, event: OutsideExecutionEvent,
    );
    component!(path: SessionComponent, storage: sessions, event: SessionEvent);
    component!(path: SpendingComponent, storage: spending, event: SpendingEvent);
    component!(path: UpgradeComponent, storage: upgrade, event: UpgradeEvent);

    #[abi(embed_v0)]
    impl SRC5Impl = IntrospectionComponent::SRC5Impl<ContractState>;
    #[abi(embed_v0)]
    impl PublicKeyImpl = OwnerComponent::PublicKeyImpl<ContractState>;
    #[abi(embed_v0)]
    impl OutsideExecutionV2Impl =
        OutsideExecutionComponent::OutsideExecutionV2Impl<ContractState>;
    #[abi(embed_v0)]
    impl SessionKeyManagerImpl =
        SessionComponent::SessionKeyManagerImpl<ContractState>;
    #[abi(embed_v0)]
    impl SessionsImpl = SessionComponent::SessionsImpl<ContractState>;
    #[abi(embed_v0)]
    impl SessionFeeLimitImpl = SessionComponent::SessionFeeLimitImpl<ContractState>;
    #[abi(embed_v0)]
    impl SessionSpendingPolicyImpl =
        SpendingComponent::SessionSpendingPolicyImpl<ContractState>;
    #[abi(embed_v0)]
    impl UpgradeableImpl = UpgradeComponent::UpgradeableImpl<ContractState>;

    impl IntrospectionInternalImpl = IntrospectionComponent::InternalImpl<ContractState>;
    impl OwnerInternalImpl = OwnerComponent::InternalImpl<ContractState>;
    impl SessionInternalImpl = SessionComponent::InternalImpl<ContractState>;
    impl SpendingInternalImpl = SpendingComponent::InternalImpl<ContractState>;

    #[storage]
    struct Storage {
        #[substorage(v0)]
        introspection: IntrospectionComponent::Storage,
        #[substorage(v0)]
        owner: OwnerComponent::Storage,
        #[substorage(v0)]
        outside_execution: OutsideExecutionComponent::Storage,
        #[substorage(v0)]
        sessions: SessionComponent::Storage,
        #[substorage(v0)]
        spending: SpendingComponent::Storage,
        #[substorage(v0)]
        upgrade: UpgradeComponent::Storage,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        #[flat]
        IntrospectionEvent: IntrospectionComponent::Event,
        #[flat]
        OwnerEvent: OwnerComponent::Event,
        #[flat]
        OutsideExecutionEvent: OutsideExecutionComponent::Event,
        #[flat]
        SessionEvent: SessionComponent::Event,
        #[flat]
        SpendingEvent: SpendingComponent::Event,
        #[flat]
        UpgradeEvent: UpgradeComponent::Event,
    }

    /// Makes `public_key` the owner.
    ///
    /// Requirements:
    ///
    /// - `public_key` is the x of a point and not 0, else `Account: invalid public key`.
    ///
    /// Emits `OwnerAdded`.
    #[constructor]
    fn constructor(ref self: ContractState, public_key: felt252) {
        self.owner.initializer(public_key);
        // OpenZeppelin's classes look in storage alone: as its own constructor does, so that they
        // answer for the account after an upgrade.
        self.introspection.register_interface(ISRC6_ID);
        self.introspection.register_interface(ISRC9_V2_ID);
    }

    #[abi(embed_v0)]
    impl SRC6Impl of ISRC6<ContractState> {
        /// Returns `'VALID'` if the transaction's signature allows `calls`, else 0. A session's use
        /// is counted here, and stays counted if the calls revert.
        ///
        /// Requirements:
        ///
        /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
        ///   (`Account: invalid tx version`). It panics for nothing else.
        #[inline(always)]
        fn __validate__(ref self: ContractState, calls: Array<Call>) -> felt252 {
            let (info, tx_info) = execution_info();
            assert_protocol(info.caller_address, tx_info.version);

            match parse(tx_info.signature) {
                Signature::Owner((
                    r, s,
                )) => validity(self.owner.has_signed(tx_info.transaction_hash, r, s)),
                Signature::Session(signature) => match self
                    .sessions
                    .authorize(
                        signature,
                        tx_info.transaction_hash,
                        calls.span(),
                        info.contract_address,
                        info.block_info.unbox().block_timestamp,
                        Option::Some(info.tx_info),
                    ) {
                    Result::Ok(()) => starknet::VALIDATED,
                    Result::Err(_) => 0,
                },
                Signature::Unknown => 0,
            }
        }

        /// Makes `calls` and returns what each returned. All are made or none.
        ///
        /// Requirements:
        ///
        /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
        ///   (`Account: invalid tx version`).
        /// - The session that signed, if one did, has not expired, to the second: else `Session:
        ///   expired`. `__validate__` has just found `valid_until` equal to the stored one.
        /// - That session spends within its policies, else the error of `SpendingComponent::spend`.
        #[inline(always)]
        fn __execute__(ref self: ContractState, calls: Array<Call>) -> Array<Span<felt252>> {
            let (info, tx_info) = execution_info();
            assert_protocol(info.caller_address, tx_info.version);

            // Clients estimate fees with an empty signature: no other length may panic here.
            if let Signature::Session(signature) = parse(tx_info.signature) {
                let now = info.block_info.unbox().block_timestamp;
                assert(!has_expired(signature.valid_until, now), errors::session::EXPIRED);
                self.spending.spend(signature.session_key, calls.span(), now);
            }
            batch::execute(calls.span())
        }

        /// Returns `'VALID'` if the owner has signed `hash`, else 0. Anyone may call it. A
        /// session's signature is never valid here: with no calls at hand, none of its limits could
        /// hold.
        fn is_valid_signature(
            self: @ContractState, hash: felt252, signature: Array<felt252>,
        ) -> felt252 {
            validity(self.is_owner_signed(hash, signature.span()))
        }
    }

    #[abi(embed_v0)]
    impl DeployableImpl of IDeployable<ContractState> {
        /// Returns `'VALID'` if the owner has signed the declaration, else 0.
        ///
        /// Requirements:
        ///
        /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
        ///   (`Account: invalid tx version`).
        fn __validate_declare__(self: @ContractState, class_hash: felt252) -> felt252 {
            self.validate_as_owner()
        }

        /// Returns `'VALID'` if the owner has signed the account's deployment, else 0.
        ///
        /// Requirements:
        ///
        /// - The protocol calls it (`Account: invalid caller`) in a transaction of version 3
        ///   (`Account: invalid tx version`).
        fn __validate_deploy__(
            self: @ContractState,
            class_hash: felt252,
            contract_address_salt: felt252,
            public_key: felt252,
        ) -> felt252 {
            self.validate_as_owner()
        }
    }

    impl OutsideAuthorityImpl of OutsideAuthority<ContractState> {
        fn authorize(
            ref self: ContractState,
            message_hash: felt252,
            signature: Span<felt252>,
            calls: Span<Call>,
            account: ContractAddress,
            now: u64,
        ) {
            match parse(signature) {
                Signature::Owner((
                    r, s,
                )) => assert(
                    self.owner.has_signed(message_hash, r, s),
                    errors::outside_execution::INVALID_SIGNATURE,
                ),
                Signature::Session(signature) => {
                    session::rules::ensure(
                        self
                            .sessions
                            .authorize(signature, message_hash, calls, account, now, Option::None),
                    );
                    self.spending.spend(signature.session_key, calls, now);
                },
                Signature::Unknown => core::panic_with_felt252(
                    errors::outside_execution::INVALID_SIGNATURE,
                ),
            }
        }
    }

    impl AuthorityChangeImpl of AuthorityChange<ContractState> {
        fn authority_changes(ref self: ContractState) {
            self.sessions.end_all();
        }
    }

    impl SessionHostImpl of SessionHost<ContractState> {
        fn owner_key(self: @ContractState) -> felt252 {
            self.owner.key()
        }
    }

    impl ClassInterfacesImpl of ClassInterfaces<ContractState> {
        fn has_interface(interface_id: felt252) -> bool {
            interface_id == ISRC6_ID
                || interface_id == ISRC9_V2_ID
                || interface_id == ISESSION_KEY_MANAGER_ID
                || interface_id == ISESSION_SPENDING_POLICY_ID
        }
    }

    #[generate_trait]
    impl PrivateImpl of PrivateTrait {
        fn validate_as_owner(self: @ContractState) -> felt252 {
            let (info, tx_info) = execution_info();
            assert_protocol(info.caller_address, tx_info.version);
            validity(self.is_owner_signed(tx_info.transaction_hash, tx_info.signature))
        }

        fn is_owner_signed(self: @ContractState, hash: felt252, signature: Span<felt252>) -> bool {
            match parse(signature) {
                Signature::Owner((r, s)) => self.owner.has_signed(hash, r, s),
                _ => false,
            }
        }
    }

    fn validity(is_valid: bool) -> felt252 {
        if is_valid {
            starknet::VALIDATED
        } else {
            0
        }
    }
}
