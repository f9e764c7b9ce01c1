//! The parameters of registrations and of spending policies, as the contract takes them.

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

/// The functions of a token whose amounts a spending policy counts. Under a policy a session can call no
/// other function of the token.
pub const COUNTED_FUNCTIONS: [&str; 4] =
    ["transfer", "approve", "increase_allowance", "increaseAllowance"];

/// Says whether `function` is the selector of one of the [`COUNTED_FUNCTIONS`].
///
/// ```
/// use session_client::{felt::selector, is_counted};
///
/// assert!(is_counted(selector("approve")) && !is_counted(selector("transfer_from")));
/// ```
#[must_use]
pub fn is_counted(function: Felt) -> bool {
    COUNTED_FUNCTIONS.iter().any(|name| selector(name) == function)
}

/// Says whether `function` is the selector of one of the [`BLOCKED_FUNCTIONS`].
#[must_use]
pub fn is_blocked(function: Felt) -> bool {
    BLOCKED_FUNCTIONS.iter().any(|name| selector(name) == function)
}

/// Says whether `call` ends the session of `session_key` on `account`, if it is the only call of its batch.
/// It is the one call to its own account that a session may make.
#[must_use]
pub fn is_self_ending(call: &Call, account: Felt, session_key: Felt) -> bool {
    call.to == account
        && call.selector == selector("revoke_session")
        && call.calldata == [session_key]
}

/// SNIP-163's limits of a session, which hold on any contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// The session's end in Unix seconds: it is usable up to and including that second. It must be in the
    /// future when the session is registered; 1 to 6 hours from now is advised.
    pub valid_until: u64,
    /// The number of transactions granted, at least 1. Each transaction uses up one, however many calls it
    /// batches.
    pub max_calls: u32,
    /// The selectors that the session may call, on any contract but the account. An empty list allows all
    /// but the blocked ones. No selector may be 0 or occur twice.
    pub allowed_entrypoints: Vec<Felt>,
}

/// The limits of a session that may only make listed calls; prefer them to [`SessionLimits`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedLimits {
    /// As in [`SessionLimits`].
    pub valid_until: u64,
    /// As in [`SessionLimits`].
    pub max_calls: u32,
    /// The calls that the session may make, at least one, and none to the account. A function of a contract
    /// occurs once, or several times with different values of the same argument.
    pub allowed_calls: Vec<AllowedCall>,
}

/// An entry of a session's list: a call that the session may make.
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
    /// The contract's address.
    pub to: Felt,
    /// The function's selector.
    pub selector: Felt,
    /// The pinned argument; with `None` any calldata is allowed.
    pub argument: Option<AllowedArgument>,
}

/// A pinned argument: a felt that the calldata of an allowed call must have at one place.
///
/// It pins a *parameter* only if everything before it has a fixed length and the parameter is one felt; a
/// `u256` is two felts. It restricts the session no more than the called contract's use of the value does.
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
    /// The place in the calldata, counted in felts from 0.
    pub index: u8,
    /// The felt that the calldata must have at that place.
    pub value: Felt,
}

/// The most tokens for which a session key can have spending policies.
pub const MOST_TOKENS: usize = 8;

/// The limits of a spending policy: how much of one token may leave the account in a session's batches,
/// whichever contracts they call.
///
/// ```
/// use session_client::SpendingLimits;
///
/// let limits = SpendingLimits::per_day(5_u8.into(), 20_u8.into());
/// assert_eq!(limits.window_seconds, 86_400);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendingLimits {
    /// The most that one call may transfer or approve, in the token's smallest unit; not 0.
    #[serde(with = "decimal")]
    pub max_per_call: U256,
    /// The most that may leave the account in one window, in the token's smallest unit; at least
    /// `max_per_call`. Up to twice as much can leave within a short time, around the end of a window.
    #[serde(with = "decimal")]
    pub max_per_window: U256,
    /// The length of a window in seconds, from its first spend on; not 0.
    pub window_seconds: u64,
}

impl SessionLimits {
    /// Returns the felts that follow the session key in the calldata.
    pub(crate) fn calldata(&self) -> Vec<Felt> {
        let Self { valid_until, max_calls, allowed_entrypoints } = self;
        let mut felts =
            vec![(*valid_until).into(), (*max_calls).into(), allowed_entrypoints.len().into()];
        felts.extend(allowed_entrypoints);
        felts
    }
}

impl ScopedLimits {
    /// Returns the felts that follow the session key in the calldata.
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

    /// Pins `value` at the place `index` of the calldata, counted in felts from 0.
    #[must_use]
    pub const fn with_argument(self, index: u8, value: Felt) -> Self {
        Self { argument: Some(AllowedArgument { index, value }), ..self }
    }

    /// Says whether this entry allows `call`.
    #[must_use]
    pub fn allows(&self, call: &Call) -> bool {
        let fits =
            |it: AllowedArgument| call.calldata.get(usize::from(it.index)) == Some(&it.value);
        self.to == call.to && self.selector == call.selector && self.argument.is_none_or(fits)
    }

    /// Returns the entry as Cairo serializes it: an option begins with 0 for `Some` and with 1 for `None`.
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
    /// Limits one call to `max_per_call` and a window of 24 hours to `max_per_day`, both in the token's
    /// smallest unit.
    #[must_use]
    pub const fn per_day(max_per_call: U256, max_per_day: U256) -> Self {
        Self { max_per_call, max_per_window: max_per_day, window_seconds: 86_400 }
    }

    /// Returns the first rule that a spending policy for `token` with these limits would break.
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

    /// Returns the felts that follow key and token in the calldata; a u256 is two felts, low half first.
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
