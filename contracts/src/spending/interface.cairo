use starknet::ContractAddress;

/// The XOR of the selectors of `ISessionSpendingPolicy`'s three functions, by SNIP-163's own rule.
pub const ISESSION_SPENDING_POLICY_ID: felt252 =
    0x175c5a63101d6e9755147d50c97009d115f8b786e0e04416926d5d019c104b9;

/// This project's id of `ISessionSpendingTokens`: the selector of its one function.
pub const ISESSION_SPENDING_TOKENS_ID: felt252 =
    0x3ba46b2315241a4de0f6521a84045918f97718703777ce645e83f753d828bfe;

/// What a session may spend of one token, and what it has. All zero when there is no policy.
#[derive(Copy, Drop, Serde)]
pub struct SpendingPolicy {
    /// The most that one call may name, in the token's smallest unit.
    pub max_per_call: u256,
    /// The most that may leave the account in one window.
    pub max_per_window: u256,
    /// How long a window lasts, in seconds; 0 when there is no policy.
    pub window_seconds: u64,
    /// What left in the current window; stale once it has ended, until the next spend.
    pub spent_in_window: u256,
    /// Unix time in seconds of the first spend of the current window; 0 before any.
    pub window_start: u64,
}

/// SNIP-163's interface of spending policies; what its clients call.
#[starknet::interface]
pub trait ISessionSpendingPolicy<TState> {
    fn set_spending_policy(
        ref self: TState,
        session_key: felt252,
        token: ContractAddress,
        max_per_call: u256,
        max_per_window: u256,
        window_seconds: u64,
    );
    fn get_spending_policy(
        self: @TState, session_key: felt252, token: ContractAddress,
    ) -> SpendingPolicy;
    fn remove_spending_policy(ref self: TState, session_key: felt252, token: ContractAddress);
}

/// Which tokens a session key has policies for.
#[starknet::interface]
pub trait ISessionSpendingTokens<TState> {
    fn get_spending_tokens(self: @TState, session_key: felt252) -> Array<ContractAddress>;
}
