use starknet_rust_core::codec::Decode;
use starknet_rust_core::types::{Felt, U256};

/// SNIP-163's functions that no session may call, on any contract.
pub const BLOCKED_FUNCTIONS: [&str; 9] = [
    "upgrade",
    "add_or_update_session_key",
    "revoke_session_key",
    "__execute__",
    "set_public_key",
    "setPublicKey",
    "execute_from_outside_v2",
    "set_spending_policy",
    "remove_spending_policy",
];

/// What the owner grants a session, on any contract: SNIP-163's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Unix time in seconds; the session is usable up to and including that second. Must be in the
    /// future when it is registered; 1 to 6 hours from now is advised.
    pub valid_until: u64,
    /// Transactions granted, at least 1. Each uses up one, however many calls it batches.
    pub max_calls: u32,
    /// Selectors that the session may call, on any contract but the account; none means any but
    /// those that SNIP-163 blocks. No selector may be 0 or stand twice.
    pub allowed_entrypoints: Vec<Felt>,
}

/// What the owner grants a session, on listed contracts alone: the safe way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedLimits {
    /// As in [`SessionLimits`].
    pub valid_until: u64,
    /// As in [`SessionLimits`].
    pub max_calls: u32,
    /// Calls that the session may make, at least one. None may be to the account or stand twice.
    pub allowed_calls: Vec<AllowedCall>,
}

/// A call that a session may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Decode)]
#[starknet(core = "starknet_rust_core")]
pub struct AllowedCall {
    /// The contract; 0, in what the account answers, means any.
    pub to: Felt,
    /// The function.
    pub selector: Felt,
}

/// How much of one token a session may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendingLimits {
    /// The most that one call may move, in the token's smallest unit; not 0.
    pub max_per_call: U256,
    /// The most that all calls of a window may move; at least `max_per_call`. Around a window's edge
    /// up to twice as much can pass.
    pub max_per_window: U256,
    /// How long a window lasts from its first spend on, in seconds; not 0.
    pub window_seconds: u64,
}

impl SessionLimits {
    /// As the contract takes them, after the key.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { valid_until, max_calls, allowed_entrypoints } = self;
        let mut felts =
            vec![(*valid_until).into(), (*max_calls).into(), allowed_entrypoints.len().into()];
        felts.extend(allowed_entrypoints);
        felts
    }
}

impl ScopedLimits {
    /// As the contract takes them, after the key.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { valid_until, max_calls, allowed_calls } = self;
        let mut felts =
            vec![(*valid_until).into(), (*max_calls).into(), allowed_calls.len().into()];
        felts.extend(allowed_calls.iter().flat_map(|call| [call.to, call.selector]));
        felts
    }
}

impl SpendingLimits {
    /// As the contract takes them, after key and token: a u256 is two felts, low first.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { max_per_call, max_per_window, window_seconds } = self;
        vec![
            max_per_call.low().into(),
            max_per_call.high().into(),
            max_per_window.low().into(),
            max_per_window.high().into(),
            (*window_seconds).into(),
        ]
    }
}
