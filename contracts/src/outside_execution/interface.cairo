use starknet::ContractAddress;
use starknet::account::Call;

/// The id of SNIP-9's interface, version 2.
pub const ISRC9_V2_ID: felt252 = 0x1d1144bb2138366ff28d8e9ab57456b1d332ac42196230c3a602003c89872;

/// What the owner or a session signs for somebody else to submit.
#[derive(Copy, Drop, Serde)]
pub struct OutsideExecution {
    /// The address that may submit it; `'ANY_CALLER'` or 0 means anyone.
    pub caller: ContractAddress,
    /// Any felt that this account has not yet spent. Nonces need no order.
    pub nonce: felt252,
    /// Unix time in seconds; may be submitted after this second, and not in it.
    pub execute_after: u64,
    /// Unix time in seconds; may be submitted before this second, and not in it.
    pub execute_before: u64,
    pub calls: Span<Call>,
}

/// SNIP-9's interface, version 2.
#[starknet::interface]
pub trait ISRC9_V2<TState> {
    fn execute_from_outside_v2(
        ref self: TState, outside_execution: OutsideExecution, signature: Span<felt252>,
    ) -> Array<Span<felt252>>;
    fn is_valid_outside_execution_nonce(self: @TState, nonce: felt252) -> bool;
}

/// What an account must provide to embed outside execution. One function both checks the signature
/// and makes the calls, since what a session spends is known only after they were made.
pub trait OutsideAuthority<TContractState> {
    /// Makes `calls` for `account` at the time `now` and returns what each returned. Panics unless
    /// `signature`, of `message_hash`, allows them. If it is a session's, counts the transaction,
    /// and what is spent under the key's policies.
    fn execute(
        ref self: TContractState,
        message_hash: felt252,
        signature: Span<felt252>,
        calls: Span<Call>,
        account: ContractAddress,
        now: u64,
    ) -> Array<Span<felt252>>;
}
