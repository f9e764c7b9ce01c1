/// # Introspection Component (SNIP-5)
///
/// Says which interfaces the account supports: those of its class, and those that have a flag in
/// storage. The flags have OpenZeppelin's storage name, so that an upgrade to or from its accounts
/// keeps them.
#[starknet::component]
pub mod IntrospectionComponent {
    use starknet::storage::{Map, StorageMapReadAccess, StorageMapWriteAccess};
    use super::super::interface::{ClassInterfaces, ISRC5, ISRC5_ID};

    #[storage]
    pub struct Storage {
        pub SRC5_supported_interfaces: Map<felt252, bool>,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {}

    #[embeddable_as(SRC5Impl)]
    impl SRC5<
        TContractState,
        +HasComponent<TContractState>,
        +ClassInterfaces<TContractState>,
        +Drop<TContractState>,
    > of ISRC5<ComponentState<TContractState>> {
        /// Says whether the account supports `interface_id` (SNIP-5). Anyone may call it.
        fn supports_interface(
            self: @ComponentState<TContractState>, interface_id: felt252,
        ) -> bool {
            interface_id == ISRC5_ID
                || ClassInterfaces::<TContractState>::has_interface(interface_id)
                || self.SRC5_supported_interfaces.read(interface_id)
        }
    }

    #[generate_trait]
    pub impl InternalImpl<
        TContractState, +HasComponent<TContractState>,
    > of InternalTrait<TContractState> {
        /// Writes the flag of `interface_id`. This class does not need it; a class to which the
        /// account may move later can know the interface from this flag alone.
        fn register_interface(ref self: ComponentState<TContractState>, interface_id: felt252) {
            self.SRC5_supported_interfaces.write(interface_id, true);
        }
    }
}
