/// # Spending Component (SNIP-163, part H)
///
/// Sets, shows and removes policies. What they limit is counted where the real clock shows and
/// where a revert undoes it: see `batch`.
#[starknet::component]
pub mod SpendingComponent {
    use starknet::ContractAddress;
    use crate::errors::ensure;
    use crate::transaction::assert_self;
    use super::super::interface::{ISessionSpendingPolicy, ISessionSpendingTokens, SpendingPolicy};
    use super::super::{ask, policy, storage, tokens};

    #[storage]
    pub struct Storage { // Policies have slots of their own: see `storage` and `tokens`.
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
        /// Limits what may leave of `token`, in its smallest unit, in the batches that
        /// `session_key` signs, per named amount and per window. The policy belongs to the key: it
        /// may come before the session, and stays until it is removed. Setting it again keeps what
        /// was spent and when the window began.
        ///
        /// Requirements:
        ///
        /// - The caller is the account itself, else `Account: unauthorized`.
        /// - `token` is not 0, else `Spending: zero token`.
        /// - `window_seconds` is not 0, else `Spending: zero window`.
        /// - The maxima are not 0 (`Spending: zero maximum`), and `max_per_call` is at most
        ///   `max_per_window` (`Spending: inverted maxima`).
        /// - The key has policies for at most 8 tokens, else `Spending: too many tokens`.
        /// - A token that gets its first policy of the key says what the account holds, else
        ///   `Spending: no balance`.
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
            // Last, so that nothing is half-written while the token runs; and only once, so that a
            // policy of a token that went silent can be lowered (P-26).
            if is_first {
                ask::balance(token, account);
            }
        }

        /// Returns the policy for `session_key` and `token`, all zero when there is none. Anyone
        /// may call it.
        fn get_spending_policy(
            self: @ComponentState<TContractState>, session_key: felt252, token: ContractAddress,
        ) -> SpendingPolicy {
            // What another class left is no policy, unless its token is listed: nothing would be
            // measured for it.
            if tokens::contains(session_key, token) {
                storage::read(session_key, token, storage::window_seconds(session_key, token))
            } else {
                NO_POLICY
            }
        }

        /// Removes the policy and what it counted: any amount of `token` may then leave. Removing a
        /// policy that does not exist succeeds, so that a batch [remove policy, revoke] cannot fail
        /// halfway. It asks the token nothing.
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
