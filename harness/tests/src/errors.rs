//! Errors of the account that tests of several subjects expect, as its class writes them.

/// No entry of the session's list is this call.
pub const NOT_LISTED: &str = "Session: call not allowed";
/// A call of the account itself that is not the session's own ending.
pub const SELF_CALL: &str = "Session: call to the account";
/// More would be spent in the window than the policy allows.
pub const OVER_WINDOW: &str = "Spending: over window maximum";
/// A token with a policy does not say what the account holds of it.
pub const NO_BALANCE: &str = "Spending: no balance";
