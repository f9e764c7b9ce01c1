pub mod entry_points;
pub mod interface;

/// # Session Account
///
/// Composes the components into the class that is deployed: an account with an owner, sessions,
/// spending policies, outside execution and upgrade.
#[starknet::contract(account)]
pub mod SessionAccount {
    use crate::authority::AuthorityChange;
    use crate::introspection::component::IntrospectionComponent;
    use crate::introspection::interface::{ClassInterfaces, ISRC6_ID};
    use crate::outside_execution::component::OutsideExecutionComponent;
    use crate::outside_execution::interface::ISRC9_V2_ID;
    use crate::owner::component::OwnerComponent;
    use crate::owner::interface::OwnerHost;
    use crate::session::component::SessionComponent;
    use crate::session::interface::SessionHost;
    use crate::signature::owner_signature;
    use crate::spending::component::SpendingComponent;
    use crate::upgrade::component::UpgradeComponent;
    use super::entry_points;
    use super::entry_points::OutsideAuthorityImpl;

    component!(path: IntrospectionComponent, storage: introspection, event: IntrospectionEvent);
    component!(path: OwnerComponent, storage: owner, event: OwnerEvent);
    component!(
        path: OutsideExecutionComponent, storage: outside_execution, event: OutsideExecutionEvent,
    );
    component!(path: SessionComponent, storage: sessions, event: SessionEvent);
    component!(path: SpendingComponent, storage: spending, event: SpendingEvent);
    component!(path: UpgradeComponent, storage: upgrade, event: UpgradeEvent);

    #[abi(embed_v0)]
    impl SRC6Impl = entry_points::SRC6Impl<ContractState>;
    #[abi(embed_v0)]
    impl DeployableImpl = entry_points::DeployableImpl<ContractState>;
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
    impl SessionSpendingTokensImpl =
        SpendingComponent::SessionSpendingTokensImpl<ContractState>;
    #[abi(embed_v0)]
    impl UpgradeableImpl = UpgradeComponent::UpgradeableImpl<ContractState>;

    impl IntrospectionInternalImpl = IntrospectionComponent::InternalImpl<ContractState>;
    impl OwnerInternalImpl = OwnerComponent::InternalImpl<ContractState>;
    impl SessionInternalImpl = SessionComponent::InternalImpl<ContractState>;

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
    /// - `public_key` is not 0 and is the x coordinate of a point on the Stark curve, else
    ///   `Account: invalid public key`.
    ///
    /// Emits `OwnerAdded`.
    #[constructor]
    fn constructor(ref self: ContractState, public_key: felt252) {
        self.owner.initializer(public_key);
        // OpenZeppelin's classes know an account's interfaces from storage only. These flags let
        // the account still answer for SNIP-6 and SNIP-9 after an upgrade to such a class.
        self.introspection.register_interface(ISRC6_ID);
        self.introspection.register_interface(ISRC9_V2_ID);
    }

    impl OwnerHostImpl of OwnerHost<ContractState> {
        fn may_own(self: @ContractState, public_key: felt252) -> bool {
            !self.sessions.was_registered(public_key)
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

        fn is_owner_signed(self: @ContractState, hash: felt252, signature: Span<felt252>) -> bool {
            match owner_signature(signature) {
                Option::Some((r, s)) => self.owner.has_signed(hash, r, s),
                Option::None => false,
            }
        }
    }

    impl ClassInterfacesImpl of ClassInterfaces<ContractState> {
        fn has_interface(interface_id: felt252) -> bool {
            entry_points::has_interface(interface_id)
        }
    }
}
