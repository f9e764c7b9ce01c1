/// # Spending Component (SNIP-163, part H)
///
/// Sets, shows and removes policies. `batch` counts what they limit, in execution and not in
/// validation: only there the real time is known, and a revert undoes what was counted.
#[starknet::component]
pub mod SpendingComponent {
    use starknet::ContractAddress;
    use crate::errors::ensure;
    use crate::transaction::assert_self;
    use super::super::interface::{ISessionSpendingPolicy, ISessionSpendingTokens, SpendingPolicy};
    use super::super::{ask, policy, storage, tokens};

    #[storage]
    pub struct Storage { // Policies are not stored here: see `storage` and `tokens`.
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

    const NO_POLICY: SpendingPolicy = SpendingPolicy {
        max_per_call: 0, max_per_window: 0, window_seconds: 0, spent_in_window: 0, window_start: 0,
    };

    #[embeddable_as(SessionSpendingPolicyImpl)]
    impl SessionSpendingPolicy<
        TContractState, +HasComponent<TContractState>, +Drop<TContractState>,
    > of ISessionSpendingPolicy<ComponentState<TContractState>> {
        /// Limits how much of `token` may leave the account in the batches that `session_key`
        /// signs: `max_per_call` in one named amount, and `max_per_window` in a window, both in the
        /// token's smallest unit. The policy belongs to the key: it may be set before the key is
        /// registered, and stays until it is removed. Setting it again keeps what was spent and
        /// when the window began.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - `token` is not 0, else `Spending: zero token`.
        /// - `window_seconds` is not 0, else `Spending: zero window`.
        /// - The maxima are not 0 (`Spending: zero maximum`), and `max_per_call` is at most
        ///   `max_per_window` (`Spending: inverted maxima`).
        /// - The key has policies for at most 8 tokens, else `Spending: too many tokens`.
        /// - If the key has no policy for `token` yet, the token answers `balance_of` for the
        ///   account, else `Spending: no balance`.
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
            let account = assert_self().contract_address;
            ensure(policy::check_policy(token, max_per_call, max_per_window, window_seconds));
            let is_first = tokens::add(session_key, token);
            storage::write_limits(session_key, token, max_per_call, max_per_window, window_seconds);
            self
                .emit(
                    SpendingPolicySet {
                        session_key, token, max_per_call, max_per_window, window_seconds,
                    },
                );
            // The token is asked last, so that all is written when it runs. It is asked only for
            // its first policy, so that the owner can lower the policy of a token that no longer
            // answers (P-26).
            if is_first {
                ask::balance(token, account);
            }
        }

        /// Returns the policy for `session_key` and `token`. All fields are 0 if there is none.
        /// Anyone may call it.
        fn get_spending_policy(
            self: @ComponentState<TContractState>, session_key: felt252, token: ContractAddress,
        ) -> SpendingPolicy {
            // A policy that another class wrote without adding its token to the key's tokens is not
            // shown, since what leaves of that token would not be measured.
            if tokens::contains(session_key, token) {
                storage::read(session_key, token, storage::window_seconds(session_key, token))
            } else {
                NO_POLICY
            }
        }

        /// Removes the policy and what it counted: any amount of `token` may then leave the
        /// account. Removing a policy that does not exist succeeds, so that a batch [remove policy,
        /// revoke] cannot fail halfway. The token is not called.
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
            tokens::remove(session_key, token);
            storage::clear(session_key, token);
            self.emit(SpendingPolicyRemoved { session_key, token });
        }
    }

    #[embeddable_as(SessionSpendingTokensImpl)]
    impl SessionSpendingTokens<
        TContractState, +HasComponent<TContractState>, +Drop<TContractState>,
    > of ISessionSpendingTokens<ComponentState<TContractState>> {
        /// Returns the tokens for which `session_key` has policies. Anyone may call it.
        fn get_spending_tokens(
            self: @ComponentState<TContractState>, session_key: felt252,
        ) -> Array<ContractAddress> {
            tokens::all(session_key, tokens::count(session_key))
        }
    }
}
