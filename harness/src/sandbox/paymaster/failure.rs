//! The paymaster's errors.

use serde_json::{Value, json};

/// An error of SNIP-29's, or of JSON-RPC's.
#[derive(Debug)]
pub struct Failure {
    code: i32,
    message: &'static str,
    data: Value,
}

impl Failure {
    /// With SNIP-29's code and message, and what to do about it.
    pub const fn new(code: i32, message: &'static str, data: Value) -> Self {
        Self { code, message, data }
    }

    /// Parameters that are not what the method takes.
    pub fn params(reason: impl Into<String>) -> Self {
        Self::new(-32_602, "Invalid params", Value::String(reason.into()))
    }

    /// An address that is none, or that has no account.
    pub fn address(reason: impl Into<String>) -> Self {
        Self::snip29(150, "An error occurred (INVALID_ADDRESS)", reason)
    }

    /// A token that the paymaster does not take.
    pub fn token(reason: impl Into<String>) -> Self {
        Self::snip29(151, "An error occurred (TOKEN_NOT_SUPPORTED)", reason)
    }

    /// A signature that the account does not accept.
    pub fn signature(reason: impl Into<String>) -> Self {
        Self::snip29(153, "An error occurred (INVALID_SIGNATURE)", reason)
    }

    /// A payment below what the transaction costs.
    pub fn amount(reason: impl Into<String>) -> Self {
        Self::snip29(154, "An error occurred (MAX_AMOUNT_TOO_LOW)", reason)
    }

    /// A refusal of the account's, or of a call.
    pub fn execution(reason: impl Into<String>) -> Self {
        Self::snip29(156, "An error occurred (TRANSACTION_EXECUTION_ERROR)", reason)
    }

    /// Times between which nothing can be executed.
    pub fn time(reason: impl Into<String>) -> Self {
        Self::snip29(157, "An error occurred (INVALID_TIME_BOUNDS)", reason)
    }

    /// Deployment data that does not lead to its address.
    pub fn deployment(reason: impl Into<String>) -> Self {
        Self::snip29(158, "An error occurred (INVALID_DEPLOYMENT_DATA)", reason)
    }

    /// Whatever else.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::snip29(163, "An error occurred (UNKNOWN_ERROR)", reason)
    }

    fn snip29(code: i32, message: &'static str, reason: impl Into<String>) -> Self {
        Self::new(code, message, Value::String(reason.into()))
    }

    /// As JSON-RPC has it.
    pub fn json(&self) -> Value {
        json!({ "code": self.code, "message": self.message, "data": self.data })
    }
}
