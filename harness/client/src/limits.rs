//! What a registration and a spending policy say, as the contract takes it.

use serde::{Deserialize, Serialize};
use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{Call, Felt, U256};

use crate::decimal;
use crate::felt::selector;
use crate::rule::Rule;

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

/// Says whether no session may call the function of this selector, on any contract:
/// [`BLOCKED_FUNCTIONS`] has it.
#[must_use]
pub fn is_blocked(function: Felt) -> bool {
    BLOCKED_FUNCTIONS.iter().any(|name| selector(name) == function)
}

/// Says whether `call`, alone in its batch, ends the session of `session_key` on `account` and does
/// nothing else: the one call to its own account that a session may make.
#[must_use]
pub fn is_self_ending(call: &Call, account: Felt, session_key: Felt) -> bool {
    call.to == account
        && call.selector == selector("revoke_session")
        && call.calldata == [session_key]
}

/// What the owner grants a session, on any contract: SNIP-163's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedLimits {
    /// As in [`SessionLimits`].
    pub valid_until: u64,
    /// As in [`SessionLimits`].
    pub max_calls: u32,
    /// Calls that the session may make, at least one. None may be to the account. The same function of
    /// the same contract stands once, or several times with different values of one argument.
    pub allowed_calls: Vec<AllowedCall>,
}

/// A call that a session may make.
///
/// ```
/// use session_client::felt::selector;
/// use session_client::token::{STRK, transfer};
/// use session_client::AllowedCall;
///
/// let to_merchant = AllowedCall::new(STRK, selector("transfer")).with_argument(0, 0x1234.into());
/// assert!(to_merchant.allows(&transfer(STRK, 0x1234.into(), 7)));
/// assert!(!to_merchant.allows(&transfer(STRK, 0x5678.into(), 7)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Decode, Serialize, Deserialize)]
#[starknet(core = "starknet_rust::core")]
pub struct AllowedCall {
    /// The contract.
    pub to: Felt,
    /// The function.
    pub selector: Felt,
    /// What the calldata must hold; any calldata will do if `None`.
    pub argument: Option<AllowedArgument>,
}

/// What the calldata of an allowed call must hold: a felt at a place.
///
/// It binds a *parameter* only if everything before it has a fixed length and the parameter is one
/// felt: a `u256` is two. It is as narrow as what the contract that is called does with the value.
///
/// ```
/// use session_client::felt::selector;
/// use session_client::{AllowedArgument, AllowedCall, token};
///
/// let entry = AllowedCall::new(token::STRK, selector("approve")).with_argument(0, 0x1234.into());
/// assert_eq!(entry.argument, Some(AllowedArgument { index: 0, value: 0x1234.into() }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Decode, Serialize, Deserialize)]
#[starknet(core = "starknet_rust::core")]
pub struct AllowedArgument {
    /// The place in the calldata, in felts from 0.
    pub index: u8,
    /// The felt that must stand there.
    pub value: Felt,
}

/// For how many tokens a session key can have spending policies.
pub const MOST_TOKENS: usize = 8;

/// How much of one token may leave the account in the batches of a session, whichever contracts they
/// call.
///
/// ```
/// use session_client::SpendingLimits;
///
/// let limits = SpendingLimits::per_day(5_u8.into(), 20_u8.into());
/// assert_eq!(limits.window_seconds, 86_400);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendingLimits {
    /// The most that one call may name, in the token's smallest unit; not 0.
    #[serde(with = "decimal")]
    pub max_per_call: U256,
    /// The most that may leave in a window; at least `max_per_call`. Around a window's edge up to twice
    /// as much can.
    #[serde(with = "decimal")]
    pub max_per_window: U256,
    /// How long a window lasts from its first spend on, in seconds; not 0.
    pub window_seconds: u64,
}

impl SessionLimits {
    /// Writes them as the contract takes them, after the key.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { valid_until, max_calls, allowed_entrypoints } = self;
        let mut felts =
            vec![(*valid_until).into(), (*max_calls).into(), allowed_entrypoints.len().into()];
        felts.extend(allowed_entrypoints);
        felts
    }
}

impl ScopedLimits {
    /// Writes them as the contract takes them, after the key.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { valid_until, max_calls, allowed_calls } = self;
        let mut felts =
            vec![(*valid_until).into(), (*max_calls).into(), allowed_calls.len().into()];
        felts.extend(allowed_calls.iter().flat_map(AllowedCall::calldata));
        felts
    }
}

impl AllowedCall {
    /// Allows the function `selector` of the contract `to`, with any calldata.
    #[must_use]
    pub const fn new(to: Felt, selector: Felt) -> Self {
        Self { to, selector, argument: None }
    }

    /// Allows the same call, with `value` at the place `index` of its calldata, counted in felts from 0.
    #[must_use]
    pub const fn with_argument(self, index: u8, value: Felt) -> Self {
        Self { argument: Some(AllowedArgument { index, value }), ..self }
    }

    /// Says whether a call passes this entry.
    #[must_use]
    pub fn allows(&self, call: &Call) -> bool {
        let fits =
            |it: AllowedArgument| call.calldata.get(usize::from(it.index)) == Some(&it.value);
        self.to == call.to && self.selector == call.selector && self.argument.is_none_or(fits)
    }

    /// Writes it as the contract takes it: Cairo writes 0 for `Some` and 1 for `None`.
    fn calldata(&self) -> Vec<Felt> {
        let mut felts = vec![self.to, self.selector];
        match self.argument {
            Some(AllowedArgument { index, value }) => {
                felts.extend([Felt::ZERO, index.into(), value]);
            }
            None => felts.push(Felt::ONE),
        }
        felts
    }
}

impl SpendingLimits {
    /// Lets at most `max_per_call` leave in one call, and `max_per_day` in a window of a day, both in the
    /// token's smallest unit.
    #[must_use]
    pub const fn per_day(max_per_call: U256, max_per_day: U256) -> Self {
        Self { max_per_call, max_per_window: max_per_day, window_seconds: 86_400 }
    }

    /// Returns the first of the account's rules that a policy of `token` with these limits breaks.
    pub(crate) fn broken(&self, token: Felt) -> Option<Rule> {
        if token == Felt::ZERO {
            Some(Rule::SpendingZeroToken)
        } else if self.window_seconds == 0 {
            Some(Rule::SpendingZeroWindow)
        } else if self.max_per_call == U256::from(0_u8) {
            Some(Rule::SpendingZeroMaximum)
        } else if self.max_per_call > self.max_per_window {
            Some(Rule::SpendingInvertedMaxima)
        } else {
            None
        }
    }

    /// Writes them as the contract takes them, after key and token: a u256 is two felts, low first.
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
