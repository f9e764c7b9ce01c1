use starknet::ContractAddress;
use starknet::account::Call;

/// SNIP-163's id of `ISessionKeyManager`: the XOR of the selectors of its three functions.
pub const ISESSION_KEY_MANAGER_ID: felt252 =
    0x37ab4f01106526662a612eaa2926df2aa314c4144b964f183805880bbcfa55d;

/// This project's id of `ISessions`: the XOR of the selectors of its six functions.
pub const ISESSIONS_ID: felt252 = 0x136641fa3e1eb2e2db6395528ad76bae058c13cef340249f31b5d5e47526260;

/// This project's id of `ISessionFeeLimit`: the XOR of the selectors of its three functions.
pub const ISESSION_FEE_LIMIT_ID: felt252 =
    0x3d33be85974addb895be00a5368a31b88783162f1728657acae48b5c3d2348c;

/// A session in SNIP-163's form. All fields are 0 if the key has no living session.
#[derive(Copy, Drop, Serde)]
pub struct SessionData {
    /// Unix time in seconds; the session is usable up to and including that second.
    pub valid_until: u64,
    /// How many transactions were granted.
    pub max_calls: u32,
    /// How many transactions were made. Each counts once, however many calls it batches.
    pub calls_used: u32,
    /// How many entries the list has; 0 means that any call is allowed.
    pub allowed_entrypoints_len: u32,
}

/// A session's state for apps and wallets. All fields are 0 if the key has no living session.
#[derive(Drop, Serde)]
pub struct SessionStatus {
    /// Whether the session lives, has not expired and has a transaction left.
    pub is_active: bool,
    /// Unix time in seconds; the session is usable up to and including that second.
    pub valid_until: u64,
    /// How many transactions are left.
    pub remaining_calls: u32,
    /// How many entries the list has; 0 means that any call is allowed. Events contain the entries,
    /// and `is_call_allowed` says whether one call is allowed.
    pub allowed_len: u32,
}

/// An entry of a list of calls: a call that a session may make.
#[derive(Copy, Drop, Serde)]
pub struct AllowedCall {
    pub to: ContractAddress,
    pub selector: felt252,
    /// The argument that the calldata must have; `None` allows any calldata.
    pub argument: Option<AllowedArgument>,
}

/// An argument that the calldata of an allowed call must have.
#[derive(Copy, Drop, Serde)]
pub struct AllowedArgument {
    /// The index of a felt in the calldata, from 0.
    pub index: u8,
    /// The value that this felt must have.
    pub value: felt252,
}

/// SNIP-163's interface, which its clients call.
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

/// This project's own interface of sessions: what SNIP-163 lacks, and stricter registration.
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
    fn is_call_allowed(self: @TState, session_key: felt252, call: Call) -> bool;
}

/// Fee limits: the most that one plain transaction of a session may commit to pay.
#[starknet::interface]
pub trait ISessionFeeLimit<TState> {
    fn set_session_fee_limit(ref self: TState, session_key: felt252, max_fee: u128);
    fn remove_session_fee_limit(ref self: TState, session_key: felt252);
    fn get_session_fee_limit(self: @TState, session_key: felt252) -> Option<u128>;
}

/// What an account must provide to embed the session component.
pub trait SessionHost<TContractState> {
    /// Returns the owner's public key, which is never registered as a session's.
    fn owner_key(self: @TContractState) -> felt252;
    /// Says whether `signature` is the owner's signature of `hash`. It must not panic, whatever the
    /// signature's length. The owner's signatures must not have 4 elements, since those are checked
    /// as a session's.
    fn is_owner_signed(self: @TContractState, hash: felt252, signature: Span<felt252>) -> bool;
}
