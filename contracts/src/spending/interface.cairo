use starknet::ContractAddress;

/// The XOR of the selectors of `ISessionSpendingPolicy`'s three functions, by SNIP-163's own rule.
pub const ISESSION_SPENDING_POLICY_ID: felt252 =
    0x175c5a63101d6e9755147d50c97009d115f8b786e0e04416926d5d019c104b9;

/// This project's id of `ISessionSpendingTokens`: the selector of its one function.
pub const ISESSION_SPENDING_TOKENS_ID: felt252 =
    0x3ba46b2315241a4de0f6521a84045918f97718703777ce645e83f753d828bfe;

/// How much a session may spend of one token, and how much it has spent. All fields are 0 if there
/// is no policy.
#[derive(Copy, Drop, Serde)]
pub struct SpendingPolicy {
    /// The most that one call may name, in the token's smallest unit.
    pub max_per_call: u256,
    /// The most that may leave the account in one window.
    pub max_per_window: u256,
    /// How long a window lasts, in seconds; 0 when there is no policy.
    pub window_seconds: u64,
    /// What has been counted in the current window. After the window's end it stays unchanged until
    /// the next amount is counted.
    pub spent_in_window: u256,
    /// Unix time in seconds of the first amount that was counted in the current window; 0 before
    /// any.
    pub window_start: u64,
}

/// SNIP-163's interface of spending policies, which its clients call.
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

/// This project's interface that shows for which tokens a session key has policies.
#[starknet::interface]
pub trait ISessionSpendingTokens<TState> {
    fn get_spending_tokens(self: @TState, session_key: felt252) -> Array<ContractAddress>;
}
