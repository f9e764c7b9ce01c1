use starknet::ContractAddress;

/// SNIP-163's id of `ISessionKeyManager`: the XOR of the selectors of its three functions.
pub const ISESSION_KEY_MANAGER_ID: felt252 =
    0x37ab4f01106526662a612eaa2926df2aa314c4144b964f183805880bbcfa55d;

/// A session as SNIP-163 shows it. All zero when there is none.
#[derive(Copy, Drop, Serde)]
pub struct SessionData {
    /// Unix time in seconds; the session is usable up to and including that second.
    pub valid_until: u64,
    /// Transactions granted.
    pub max_calls: u32,
    /// Transactions made; each counts once, however many calls it batches.
    pub calls_used: u32,
    /// How many entries the whitelist has; 0 means any call.
    pub allowed_entrypoints_len: u32,
}

/// A session as its user wants to see it.
#[derive(Drop, Serde)]
pub struct SessionStatus {
    /// Whether the session could sign a transaction now.
    pub is_active: bool,
    /// Unix time in seconds; the session is usable up to and including that second.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// Selectors that may be called; empty means any. They may hold on listed contracts alone:
    /// `get_session_allowed_calls` says on which.
    pub allowed_entrypoints: Array<felt252>,
}

/// A call that a session may make.
#[derive(Copy, Drop, Serde)]
pub struct AllowedCall {
    /// The contract; 0 means any.
    pub to: ContractAddress,
    pub selector: felt252,
}

/// SNIP-163's interface; what its clients call.
#[starknet::interface]
pub trait ISessionKeyManager<TState> {
    fn add_or_update_session_key(
        ref self: TState,
        session_key: felt252,
        valid_until: u64,
        max_calls: u32,
        allowed_entrypoints: Array<felt252>,
    );
    fn revoke_session_key(ref self: TState, session_key: felt252);
    fn get_session_data(self: @TState, session_key: felt252) -> SessionData;
}

/// The project's own names, and what SNIP-163 lacks.
#[starknet::interface]
pub trait ISessions<TState> {
    fn add_session(
        ref self: TState,
        session_key: felt252,
        valid_until: u64,
        max_calls: u32,
        allowed_entrypoints: Array<felt252>,
    );
    fn add_session_for_calls(
        ref self: TState,
        session_key: felt252,
        valid_until: u64,
        max_calls: u32,
        allowed_calls: Array<AllowedCall>,
    );
    fn revoke_session(ref self: TState, session_key: felt252);
    fn revoke_all_sessions(ref self: TState);
    fn get_session_status(self: @TState, session_key: felt252) -> SessionStatus;
    fn get_session_allowed_calls(self: @TState, session_key: felt252) -> Array<AllowedCall>;
}

/// The most that one plain transaction of a session may commit to pay.
#[starknet::interface]
pub trait ISessionFeeLimit<TState> {
    fn set_session_fee_limit(ref self: TState, session_key: felt252, max_fee: u128);
    fn remove_session_fee_limit(ref self: TState, session_key: felt252);
    fn get_session_fee_limit(self: @TState, session_key: felt252) -> Option<u128>;
}

/// What sessions must know of the account that embeds them.
pub trait SessionHost<TContractState> {
    /// The owner's public key, which can be no session's.
    fn owner_key(self: @TContractState) -> felt252;
    /// Whether `signature` is the owner's, of `hash`. Never panics, whatever its length. The
    /// owner's has not 4 elements: those are a session's.
    fn is_owner_signed(self: @TContractState, hash: felt252, signature: Span<felt252>) -> bool;
}
