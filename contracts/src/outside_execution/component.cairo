/// # Outside Execution Component (SNIP-9, version 2)
///
/// Makes the calls that the owner or a session signed and that anyone submits, once for each nonce.
/// The contract that embeds it says which signatures are valid (`OutsideAuthority`). Spent nonces
/// have OpenZeppelin's storage name, so that nothing can be replayed after an upgrade to or from
/// its accounts.
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
        /// Makes all calls of `outside_execution`, or reverts, and returns what each returned.
        ///
        /// Requirements:
        ///
        /// - The caller is the one that `outside_execution` names, or it names `'ANY_CALLER'` or 0,
        ///   else `SRC9: invalid caller`.
        /// - `execute_after < now`, else `SRC9: now <= execute_after`.
        /// - `now < execute_before`, else `SRC9: now >= execute_before`.
        /// - The nonce is unspent, else `SRC9: duplicated nonce`.
        /// - The signature allows the calls. A session's, which has 4 elements, is refused with the
        ///   error of the rule that does not hold, every other with `SRC9: invalid signature`.
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

            // 1. Check who submits, the time, and that the nonce is unspent.
            let named: felt252 = caller.into();
            assert(
                named == 'ANY_CALLER' || named == 0 || caller == info.caller_address,
                errors::INVALID_CALLER,
            );
            assert(execute_after < now, errors::TOO_EARLY);
            assert(now < execute_before, errors::TOO_LATE);
            let spent = self.SRC9_nonces.entry(nonce).as_ptr();
            assert(!spent.read(), errors::NONCE_USED);

            // 2. Compute the hash that must have been signed.
            let message_hash = message::hash(
                @outside_execution, info.contract_address, tx_info.chain_id,
            );
            let mut contract = self.get_contract_mut();
            // 3. Spend the nonce before any call is made: no call can then submit this again.
            spent.write(true);
            // 4. Check the signature, and make the calls.
            Authority::execute(
                ref contract, message_hash, signature, calls, info.contract_address, now,
            )
        }

        /// Says whether no outside execution has spent `nonce` yet. Anyone may call it.
        fn is_valid_outside_execution_nonce(
            self: @ComponentState<TContractState>, nonce: felt252,
        ) -> bool {
            !self.SRC9_nonces.read(nonce)
        }
    }
}
