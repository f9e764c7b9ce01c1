//! The paymaster's errors: JSON-RPC's own, and those that SNIP-29 adds.

use serde_json::Value;
use starknet_devnet_server::rpc_core::error::{ErrorCode, RpcError};

/// An error whose data says what to do about it.
pub type Failure = RpcError;

/// Makes an error of JSON-RPC's own.
pub fn json_rpc(code: ErrorCode, reason: impl Into<String>) -> Failure {
    Failure { data: Some(Value::String(reason.into())), ..Failure::new(code) }
}

/// Refuses parameters that are not what the method takes.
pub fn params(reason: impl Into<String>) -> Failure {
    json_rpc(ErrorCode::InvalidParams, reason)
}

/// Refuses an address that is none, or that has no account.
pub fn address(reason: impl Into<String>) -> Failure {
    snip29(150, "INVALID_ADDRESS", reason)
}

/// Refuses a token that the paymaster does not take.
pub fn token(reason: impl Into<String>) -> Failure {
    snip29(151, "TOKEN_NOT_SUPPORTED", reason)
}

/// Says that the account does not accept the signature.
pub fn signature(reason: impl Into<String>) -> Failure {
    snip29(153, "INVALID_SIGNATURE", reason)
}

/// Refuses a payment below what the transaction costs.
pub fn amount(reason: impl Into<String>) -> Failure {
    snip29(154, "MAX_AMOUNT_TOO_LOW", reason)
}

/// Says that the account, or a call, refuses the transaction.
pub fn execution(reason: impl Into<String>) -> Failure {
    snip29(156, "TRANSACTION_EXECUTION_ERROR", reason)
}

/// Refuses times between which nothing can be executed.
pub fn time(reason: impl Into<String>) -> Failure {
    snip29(157, "INVALID_TIME_BOUNDS", reason)
}

/// Refuses deployment data that does not lead to its address.
pub fn deployment(reason: impl Into<String>) -> Failure {
    snip29(158, "INVALID_DEPLOYMENT_DATA", reason)
}

/// Says whatever else is wrong.
pub fn unknown(reason: impl Into<String>) -> Failure {
    snip29(163, "UNKNOWN_ERROR", reason)
}

fn snip29(code: i64, name: &str, reason: impl Into<String>) -> Failure {
    let message = format!("An error occurred ({name})").into();
    Failure { message, ..json_rpc(ErrorCode::ServerError(code), reason) }
}
