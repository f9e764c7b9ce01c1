/// # OpenZeppelin Session Account
///
/// Composes OpenZeppelin's account, introspection and upgrade components with this project's
/// sessions, spending policies and outside execution. The account keeps every rule of
/// `SessionAccount`: where OpenZeppelin's embeddable impl would break one, the entry point is
/// written here.
#[starknet::contract(account)]
pub mod OpenZeppelinSessionAccount {
    use openzeppelin_account::AccountComponent;
    use openzeppelin_interfaces::accounts::IPublicKey;
    use openzeppelin_interfaces::introspection::ISRC5;
    use openzeppelin_interfaces::upgrades::IUpgradeable;
    use openzeppelin_introspection::src5::SRC5Component;
    use openzeppelin_upgrades::UpgradeableComponent;
    use session_account::account::entry_points;
    use session_account::account::entry_points::OutsideAuthorityImpl;
    use session_account::errors::account as errors;
    use session_account::outside_execution::component::OutsideExecutionComponent;
    use session_account::outside_execution::interface::ISRC9_V2_ID;
    use session_account::session::component::SessionComponent;
    use session_account::session::interface::SessionHost;
    use session_account::signature::is_public_key;
    use session_account::spending::component::SpendingComponent;
    use session_account::upgrade::class::is_account;
    use starknet::ClassHash;

    component!(path: AccountComponent, storage: account, event: AccountEvent);
    component!(path: SRC5Component, storage: src5, event: SRC5Event);
    component!(path: UpgradeableComponent, storage: upgradeable, event: UpgradeableEvent);
    component!(path: OutsideExecutionComponent, storage: outside, event: OutsideEvent);
    component!(path: SessionComponent, storage: sessions, event: SessionEvent);
    component!(path: SpendingComponent, storage: spending, event: SpendingEvent);

    impl AccountInternalImpl = AccountComponent::InternalImpl<ContractState>;
    impl SRC5InternalImpl = SRC5Component::InternalImpl<ContractState>;
    impl UpgradeableInternalImpl = UpgradeableComponent::InternalImpl<ContractState>;
    impl SessionInternalImpl = SessionComponent::InternalImpl<ContractState>;

    #[abi(embed_v0)]
    impl SRC6Impl = entry_points::SRC6Impl<ContractState>;
    #[abi(embed_v0)]
    impl DeployableImpl = entry_points::DeployableImpl<ContractState>;
    #[abi(embed_v0)]
    impl OutsideImpl =
        OutsideExecutionComponent::OutsideExecutionV2Impl<ContractState>;
    #[abi(embed_v0)]
    impl ManagerImpl = SessionComponent::SessionKeyManagerImpl<ContractState>;
    #[abi(embed_v0)]
    impl SessionsImpl = SessionComponent::SessionsImpl<ContractState>;
    #[abi(embed_v0)]
    impl FeeLimitImpl = SessionComponent::SessionFeeLimitImpl<ContractState>;
    #[abi(embed_v0)]
    impl PolicyImpl = SpendingComponent::SessionSpendingPolicyImpl<ContractState>;
    #[abi(embed_v0)]
    impl TokensImpl = SpendingComponent::SessionSpendingTokensImpl<ContractState>;

    #[storage]
    struct Storage {
        #[substorage(v0)]
        account: AccountComponent::Storage,
        #[substorage(v0)]
        src5: SRC5Component::Storage,
        #[substorage(v0)]
        upgradeable: UpgradeableComponent::Storage,
        #[substorage(v0)]
        outside: OutsideExecutionComponent::Storage,
        #[substorage(v0)]
        sessions: SessionComponent::Storage,
        #[substorage(v0)]
        spending: SpendingComponent::Storage,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    enum Event {
        #[flat]
        AccountEvent: AccountComponent::Event,
        #[flat]
        SRC5Event: SRC5Component::Event,
        #[flat]
        UpgradeableEvent: UpgradeableComponent::Event,
        #[flat]
        OutsideEvent: OutsideExecutionComponent::Event,
        #[flat]
        SessionEvent: SessionComponent::Event,
        #[flat]
        SpendingEvent: SpendingComponent::Event,
    }

    /// Makes `public_key` the owner. Checks first that it is not 0 and is the x coordinate of a
    /// point on the Stark curve, which OpenZeppelin's initializer does not.
    #[constructor]
    fn constructor(ref self: ContractState, public_key: felt252) {
        assert(is_public_key(public_key), errors::INVALID_KEY);
        self.account.initializer(public_key);
        self.src5.register_interface(ISRC9_V2_ID);
    }

    impl SessionHostImpl of SessionHost<ContractState> {
        fn owner_key(self: @ContractState) -> felt252 {
            self.account.get_public_key()
        }

        fn is_owner_signed(self: @ContractState, hash: felt252, signature: Span<felt252>) -> bool {
            self.account._is_valid_signature(hash, signature)
        }
    }

    #[abi(embed_v0)]
    impl PublicKeyImpl of IPublicKey<ContractState> {
        fn get_public_key(self: @ContractState) -> felt252 {
            self.account.get_public_key()
        }

        /// Changes the owner as OpenZeppelin's account does, and ends every session. Refuses a key
        /// that was ever registered as a session's, since all that it signed as such would become
        /// valid as the owner's.
        fn set_public_key(
            ref self: ContractState, new_public_key: felt252, signature: Span<felt252>,
        ) {
            self.account.assert_only_self();
            assert(is_public_key(new_public_key), errors::INVALID_KEY);
            assert(!self.sessions.was_registered(new_public_key), errors::KEY_WAS_A_SESSIONS);
            self.account.set_public_key(new_public_key, signature);
            self.sessions.end_all();
        }
    }

    #[abi(embed_v0)]
    impl UpgradeableImpl of IUpgradeable<ContractState> {
        /// Upgrades the account to `new_class_hash` and ends every session. Asks the class whether
        /// it is an account's before anything is read or written, since it runs as the account
        /// while it is asked.
        fn upgrade(ref self: ContractState, new_class_hash: ClassHash) {
            self.account.assert_only_self();
            assert(is_account(new_class_hash), errors::INVALID_CLASS);
            self.sessions.end_all();
            self.upgradeable.upgrade(new_class_hash);
        }
    }

    #[abi(embed_v0)]
    impl SRC5Impl of ISRC5<ContractState> {
        /// Says whether the account supports `interface_id`. OpenZeppelin's component answers from
        /// storage only, where an account that came here by upgrade has no flags for sessions.
        fn supports_interface(self: @ContractState, interface_id: felt252) -> bool {
            entry_points::has_interface(interface_id) || self.src5.supports_interface(interface_id)
        }
    }
}
