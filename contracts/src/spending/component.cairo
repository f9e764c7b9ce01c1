/// # Spending Component (SNIP-163, part H)
///
/// Counts what sessions spend of tokens with a policy. Accounts ask it where the real clock shows
/// and where a revert undoes it, before anything is called: in `__execute__`, and in
/// `execute_from_outside_v2` once the session is authorized.
#[starknet::component]
pub mod SpendingComponent {
    use core::poseidon::hades_permutation;
    use starknet::ContractAddress;
    use starknet::account::Call;
    use starknet::storage::{
        Mutable, StoragePointer0Offset, StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use crate::errors::ensure;
    use crate::slot;
    use crate::transaction::assert_self;
    use super::super::interface::{ISessionSpendingPolicy, SpendingPolicy};
    use super::super::policy;

    const HAD_POLICY: felt252 = selector!("Sessions_v2_had_policy");

    #[storage]
    pub struct Storage { // Policies have slots of their own: see `had_policy`, `window`, `spending`.
    }

    /// Holds all of a policy but the length of its window.
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

        /// Returns the policy for `session_key` and `token`, all zero when there is none. Anyone
        /// may call it.
        fn get_spending_policy(
            self: @ComponentState<TContractState>, session_key: felt252, token: ContractAddress,
        ) -> SpendingPolicy {
            read(session_key, token, window(session_key, token).read())
        }

        /// Removes the policy and what it counted: the session may then move any amount of `token`.
        /// Removing a policy that does not exist succeeds, so that a batch [remove policy, revoke]
        /// cannot fail halfway.
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
        /// Counts what `calls` move for `session_key` at the time `now`. Of `account` itself, which
        /// is no token, it counts nothing (P-24).
        ///
        /// Requirements, for each call of a token with a policy:
        ///
        /// - It is one of the four that are counted, else `Spending: selector not counted`.
        /// - It names an amount, else `Spending: invalid amount`.
        /// - The amount is within both maxima, else `Spending: over call maximum` or
        ///   `Spending: over window maximum`.
        ///
        /// Inlined, which saves 2,300 gas.
        #[inline(always)]
        fn spend(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            calls: Span<Call>,
            account: ContractAddress,
            now: u64,
        ) {
            let (hash, _, _) = hades_permutation(session_key, session_key, HAD_POLICY);
            let may_be_limited = match slot::raw(hash) {
                Option::Some(address) => slot::read(address) != 0,
                Option::None => true,
            };
            if may_be_limited {
                count(session_key, calls, account, now);
            }
        }
    }

    /// Counts what `calls` move for `session_key`, which had a policy once, at the time `now`.
    fn count(session_key: felt252, mut calls: Span<Call>, account: ContractAddress, now: u64) {
        while let Option::Some(call) = calls.pop_front() {
            let token = *call.to;
            if token == account { // P-24: the one call of it that a session makes ends that session.
                continue;
            }
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

    /// Reads the policy of which the window lasts `window_seconds`.
    fn read(session_key: felt252, token: ContractAddress, window_seconds: u64) -> SpendingPolicy {
        let Spending {
            max_per_call, max_per_window, spent_in_window, window_start,
        } = spending(session_key, token).read();
        SpendingPolicy {
            max_per_call, max_per_window, window_seconds, spent_in_window, window_start,
        }
    }

    /// Returns the slot that holds 1 for a key that ever had a policy: for any other key a
    /// transaction reads this slot alone.
    fn had_policy(session_key: felt252) -> StoragePointer0Offset<Mutable<felt252>> {
        slot::pointer(session_key, session_key, HAD_POLICY)
    }

    /// Returns the slot of a policy's `window_seconds`: it holds 0 where there is no policy, so
    /// that a call of a token without one reads this slot alone.
    fn window(session_key: felt252, token: ContractAddress) -> StoragePointer0Offset<Mutable<u64>> {
        slot::pointer(session_key, token.into(), selector!("Sessions_v2_windows"))
    }

    /// Returns the slots of all of a policy but the length of its window.
    fn spending(
        session_key: felt252, token: ContractAddress,
    ) -> StoragePointer0Offset<Mutable<Spending>> {
        slot::pointer(session_key, token.into(), selector!("Sessions_v2_spending"))
    }
}
