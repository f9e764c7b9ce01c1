/// # Outside Execution Component (SNIP-9, version 2)
///
/// Submits what the account signed, once. The embedding contract says whose signatures count. Spent
/// nonces live under OpenZeppelin's name, so that an upgrade to or from its accounts replays
/// nothing.
#[starknet::component]
pub mod OutsideExecutionComponent {
    use starknet::storage::{
        Map, StorageAsPointer, StorageMapReadAccess, StoragePathEntry, StoragePointerReadAccess,
        StoragePointerWriteAccess,
    };
    use crate::errors::outside_execution as errors;
    use crate::transaction::execution_info;
    use super::super::interface::{ISRC9_V2, OutsideAuthority, OutsideExecution};
    use super::super::message;

    #[storage]
    pub struct Storage {
        pub SRC9_nonces: Map<felt252, bool>,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {}

    #[embeddable_as(OutsideExecutionV2Impl)]
    impl OutsideExecutionV2<
        TContractState,
        +HasComponent<TContractState>,
        impl Authority: OutsideAuthority<TContractState>,
        +Drop<TContractState>,
    > of ISRC9_V2<ComponentState<TContractState>> {
        /// Makes the calls of `outside_execution`, which the account has signed, and returns what
        /// each returned. All are made or none.
        ///
        /// Requirements:
        ///
        /// - The caller is the one named, unless `'ANY_CALLER'` or 0 is, else `SRC9: invalid
        ///   caller`.
        /// - `execute_after < now`, else `SRC9: now <= execute_after`.
        /// - `now < execute_before`, else `SRC9: now >= execute_before`.
        /// - The nonce is unspent, else `SRC9: duplicated nonce`.
        /// - The signature allows the calls, else the error of the authority that it names, and
        ///   `SRC9: invalid signature` if it names none.
        fn execute_from_outside_v2(
            ref self: ComponentState<TContractState>,
            outside_execution: OutsideExecution,
            signature: Span<felt252>,
        ) -> Array<Span<felt252>> {
            let (info, tx_info) = execution_info();
            let now = info.block_info.unbox().block_timestamp;
            let OutsideExecution {
                caller, nonce, execute_after, execute_before, calls,
            } = outside_execution;

            let named: felt252 = caller.into();
            assert(
                named == 'ANY_CALLER' || named == 0 || caller == info.caller_address,
                errors::INVALID_CALLER,
            );
            assert(execute_after < now, errors::TOO_EARLY);
            assert(now < execute_before, errors::TOO_LATE);
            let spent = self.SRC9_nonces.entry(nonce).as_ptr();
            assert(!spent.read(), errors::NONCE_USED);

            let message_hash = message::hash(
                @outside_execution, info.contract_address, tx_info.chain_id,
            );
            let mut contract = self.get_contract_mut();
            spent.write(true);
            Authority::execute(
                ref contract, message_hash, signature, calls, info.contract_address, now,
            )
        }

        /// Says whether `nonce` is still unspent. Anyone may call it.
        fn is_valid_outside_execution_nonce(
            self: @ComponentState<TContractState>, nonce: felt252,
        ) -> bool {
            !self.SRC9_nonces.read(nonce)
        }
    }
}
