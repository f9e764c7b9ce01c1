//! Errors of the account that tests of several subjects expect, as the contract writes them.

/// The error for a call that the session's list does not allow.
pub const NOT_LISTED: &str = "Session: call not allowed";
/// The error for a call of the account itself that does not end the session.
pub const SELF_CALL: &str = "Session: call to the account";
/// The error for spending more in a window than the policy allows.
pub const OVER_WINDOW: &str = "Spending: over window maximum";
/// The error for a token with a policy whose `balance_of` does not answer.
pub const NO_BALANCE: &str = "Spending: no balance";
