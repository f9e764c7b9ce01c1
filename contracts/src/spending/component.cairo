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
        Map, StorageMapReadAccess, StorageMapWriteAccess, StoragePathEntry,
        StoragePointerReadAccess, StoragePointerWriteAccess,
    };
    use crate::session::rules::ensure;
    use crate::transaction::assert_self;
    use super::super::interface::{ISessionSpendingPolicy, SpendingPolicy};
    use super::super::policy;

    #[storage]
    pub struct Storage {
        pub Sessions_v1_policies: Map<(felt252, ContractAddress), SpendingPolicy>,
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
            let slot = self.Sessions_v1_policies.entry((session_key, token));
            slot.max_per_call.write(max_per_call);
            slot.max_per_window.write(max_per_window);
            slot.window_seconds.write(window_seconds);
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
            self.Sessions_v1_policies.read((session_key, token))
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
            self
                .Sessions_v1_policies
                .write(
                    (session_key, token),
                    SpendingPolicy {
                        max_per_call: 0,
                        max_per_window: 0,
                        window_seconds: 0,
                        spent_in_window: 0,
                        window_start: 0,
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
        fn spend(
            ref self: ComponentState<TContractState>,
            session_key: felt252,
            mut calls: Span<Call>,
            now: u64,
        ) {
            while let Option::Some(call) = calls.pop_front() {
                let slot = self.Sessions_v1_policies.entry((session_key, *call.to));
                if slot.window_seconds.read() != 0 {
                    let former = slot.read();
                    let spent = match policy::amount(call) {
                        Result::Ok(amount) => policy::spend(former, amount, now),
                        Result::Err(error) => Result::Err(error),
                    };
                    match spent {
                        Result::Ok(policy) => {
                            slot.spent_in_window.write(policy.spent_in_window);
                            if policy.window_start != former.window_start {
                                slot.window_start.write(policy.window_start);
                            }
                        },
                        Result::Err(error) => core::panic_with_felt252(error),
                    }
                }
            }
        }
    }
}
