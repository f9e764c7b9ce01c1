/// # Spending Component (SNIP-163, part H)
///
/// Counts what sessions spend of tokens with a policy. To be asked where the real clock shows and
/// where a revert undoes it, before anything is called: in `__execute__`, and in
/// `execute_from_outside_v2` once the session is authorized.
#[starknet::component]
pub mod SpendingComponent {
    use starknet::ContractAddress;
    use starknet::account::Call;
    use starknet::storage::{
        Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use crate::session::rules::ensure;
    use crate::slot;
    use crate::transaction::assert_self;
    use super::super::interface::{ISessionSpendingPolicy, SpendingPolicy};
    use super::super::policy;

    const HAD_POLICY: felt252 = selector!("Sessions_v1_had_policy");

    #[storage]
    pub struct Storage { // Policies have slots of their own: see `had_policy`, `window`, `spending`.
    }

    /// The rest of a policy.
    #[derive(Copy, Drop, starknet::Store)]
    pub struct Spending {
        pub max_per_call: u256,
        pub max_per_window: u256,
        pub spent_in_window: u256,
        pub window_start: u64,
    }

    #[event]
    #[derive(Drop, starknet::Event)]
    pub enum Event {
        SpendingPolicySet: SpendingPolicySet,
        SpendingPolicyRemoved: SpendingPolicyRemoved,
    }

    #[derive(Drop, starknet::Event)]
    pub struct SpendingPolicySet {
        #[key]
        pub session_key: felt252,
        #[key]
        pub token: ContractAddress,
        pub max_per_call: u256,
        pub max_per_window: u256,
        pub window_seconds: u64,
    }

    #[derive(Drop, starknet::Event)]
    pub struct SpendingPolicyRemoved {
        #[key]
        pub session_key: felt252,
        #[key]
        pub token: ContractAddress,
    }

    #[embeddable_as(SessionSpendingPolicyImpl)]
    impl SessionSpendingPolicy<
        TContractState, +HasComponent<TContractState>, +Drop<TContractState>,
    > of ISessionSpendingPolicy<ComponentState<TContractState>> {
        /// Limits what `session_key` may move of `token`, in its smallest unit, per call and per
        /// window. The policy belongs to the key: it may come before the session, and stays until
        /// it is removed. Setting it again keeps what was spent and when the window began.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - `token` is not 0, else `Spending: zero token`.
        /// - `window_seconds` is not 0, else `Spending: zero window`.
        /// - The maxima are not 0 (`Spending: zero maximum`), and `max_per_call` is at most
        ///   `max_per_window` (`Spending: inverted maxima`).
        ///
        /// Emits `SpendingPolicySet`.
        fn set_spending_policy(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            token: ContractAddress,
            max_per_call: u256,
            max_per_window: u256,
            window_seconds: u64,
        ) {
            assert_self();
            ensure(policy::check_policy(token, max_per_call, max_per_window, window_seconds));
            had_policy(session_key).write(1);
            window(session_key, token).write(window_seconds);
            let slot = spending(session_key, token);
            slot.max_per_call.write(max_per_call);
            slot.max_per_window.write(max_per_window);
            self
                .emit(
                    SpendingPolicySet {
                        session_key, token, max_per_call, max_per_window, window_seconds,
                    },
                );
        }

        /// The policy for `session_key` and `token`, all zero when there is none. Anyone may call
        /// it.
        fn get_spending_policy(
            self: @ComponentState<TContractState>, session_key: felt252, token: ContractAddress,
        ) -> SpendingPolicy {
            read(session_key, token, window(session_key, token).read())
        }

        /// Removes the policy, if there is one, and what it counted: the session may then move any
        /// amount of `token`. Never refused for want of a policy, so that a batch which also
        /// revokes the session is not either.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        ///
        /// Emits `SpendingPolicyRemoved`.
        fn remove_spending_policy(
            ref self: ComponentState<TContractState>, session_key: felt252, token: ContractAddress,
        ) {
            assert_self();
            window(session_key, token).write(0);
            spending(session_key, token)
                .write(
                    Spending {
                        max_per_call: 0, max_per_window: 0, spent_in_window: 0, window_start: 0,
                    },
                );
            self.emit(SpendingPolicyRemoved { session_key, token });
        }
    }

    #[generate_trait]
    pub impl InternalImpl<
        TContractState, +HasComponent<TContractState>, +Drop<TContractState>,
    > of InternalTrait<TContractState> {
        /// Counts what `calls` move for `session_key` at the time `now`.
        ///
        /// Requirements, for each call of a token with a policy:
        ///
        /// - It is one of the four that are counted, else `Spending: selector not counted`.
        /// - It names an amount, else `Spending: invalid amount`.
        /// - The amount is within both maxima, else `Spending: over call maximum` or
        ///   `Spending: over window maximum`.
        #[inline(always)]
        fn spend(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            calls: Span<Call>,
            now: u64,
        ) {
            // None is met once in 2^55 keys: such a key may have had one.
            let may_be_limited = match slot::read(session_key, session_key, HAD_POLICY) {
                Option::Some(had_policy) => had_policy != 0,
                Option::None => true,
            };
            if may_be_limited {
                count(session_key, calls, now);
            }
        }
    }

    fn count(session_key: felt252, mut calls: Span<Call>, now: u64) {
        while let Option::Some(call) = calls.pop_front() {
            let token = *call.to;
            let window_seconds = window(session_key, token).read();
            if window_seconds != 0 {
                let former = read(session_key, token, window_seconds);
                let policy = policy::spend(former, call, now);
                let slot = spending(session_key, token);
                slot.spent_in_window.write(policy.spent_in_window);
                if policy.window_start != former.window_start {
                    slot.window_start.write(policy.window_start);
                }
            }
        }
    }

    fn read(session_key: felt252, token: ContractAddress, window_seconds: u64) -> SpendingPolicy {
        let Spending {
            max_per_call, max_per_window, spent_in_window, window_start,
        } = spending(session_key, token).read();
        SpendingPolicy {
            max_per_call, max_per_window, window_seconds, spent_in_window, window_start,
        }
    }

    /// 1 for a key that ever had a policy: for any other this one read settles it.
    #[inline(always)]
    fn had_policy(session_key: felt252) -> StoragePointer0Offset<Mutable<felt252>> {
        slot::pointer(session_key, session_key, HAD_POLICY)
    }

    /// A policy's `window_seconds`: not 0 where there is one, so that a call of a token without a
    /// policy reads this slot alone.
    fn window(session_key: felt252, token: ContractAddress) -> StoragePointer0Offset<Mutable<u64>> {
        slot::pointer(session_key, token.into(), selector!("Sessions_v1_windows"))
    }

    /// The rest of a policy.
    fn spending(
        session_key: felt252, token: ContractAddress,
    ) -> StoragePointer0Offset<Mutable<Spending>> {
        slot::pointer(session_key, token.into(), selector!("Sessions_v1_spending"))
    }
}
