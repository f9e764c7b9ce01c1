//! The paymaster's errors: JSON-RPC's own, and those that SNIP-29 adds.

use serde_json::{Value, json};
use starknet_devnet_server::rpc_core::error::{ErrorCode, RpcError};

use super::super::dialect::Dialect;

/// An error of the paymaster. Its data says what to do about it.
pub type Failure = RpcError;

const EXECUTION: i64 = 156;
const UNKNOWN: i64 = 163;

/// Makes one of the errors that JSON-RPC itself defines.
pub fn json_rpc(code: ErrorCode, reason: impl Into<String>) -> Failure {
    Failure { data: Some(Value::String(reason.into())), ..Failure::new(code) }
}

/// Refuses parameters that the method does not take.
pub fn params(reason: impl Into<String>) -> Failure {
    json_rpc(ErrorCode::InvalidParams, reason)
}

/// Refuses a text that is no address, or an address without an account.
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

/// Refuses a payment of less than the transaction costs, which is `cost` in the token's smallest unit.
pub fn amount(cost: u128, amount: u128) -> Failure {
    let reason = format!(
        "max amount of gas token too low. Expected at least {cost:#x}: the transaction costs {cost}, and the \
         signed transfer pays {amount}. Build the transaction again, and sign the new typed data"
    );
    snip29(154, "MAX_AMOUNT_TOO_LOW", reason)
}

/// Refuses accounts of a class that has no outside executions, or that is not declared.
pub fn class(reason: impl Into<String>) -> Failure {
    snip29(155, "CLASS_HASH_NOT_SUPPORTED", reason)
}

/// Says that the account, or a call, refuses the transaction.
pub fn execution(reason: impl Into<String>) -> Failure {
    let failure = snip29(EXECUTION, "TRANSACTION_EXECUTION_ERROR", "");
    Failure { data: Some(json!({ "execution_error": reason.into() })), ..failure }
}

/// Refuses time bounds between which nothing can be executed.
pub fn time(reason: impl Into<String>) -> Failure {
    snip29(157, "INVALID_TIME_BOUNDS", reason)
}

/// Refuses deployment data that does not lead to its address.
pub fn deployment(reason: impl Into<String>) -> Failure {
    snip29(158, "INVALID_DEPLOYMENT_DATA", reason)
}

/// Refuses an id under which nothing was submitted.
pub fn id(reason: impl Into<String>) -> Failure {
    snip29(160, "INVALID_ID", reason)
}

/// Makes the error for everything else.
pub fn unknown(reason: impl Into<String>) -> Failure {
    snip29(UNKNOWN, "UNKNOWN_ERROR", reason)
}

/// Returns `failure` in the form of `dialect`. AVNU's paymaster uses the code 156 for everything that it
/// finds out by simulating.
pub fn spoken(dialect: Dialect, failure: Failure) -> Failure {
    let tried = matches!(failure.code, ErrorCode::ServerError(150 | 153..=155 | 157 | 158));
    match (dialect, &failure.data) {
        (Dialect::Avnu, Some(Value::String(reason))) if tried => execution(reason.clone()),
        _ => failure,
    }
}

/// Returns what `failure` says, unless only the node failed, and nothing was refused.
pub fn reason(failure: &Failure) -> Option<&str> {
    let data = failure.data.as_ref()?;
    let told = data.get("execution_error").unwrap_or(data).as_str();
    told.filter(|_| failure.code != ErrorCode::ServerError(UNKNOWN))
}

fn snip29(code: i64, name: &str, reason: impl Into<String>) -> Failure {
    let message = format!("An error occurred ({name})").into();
    Failure { message, ..json_rpc(ErrorCode::ServerError(code), reason) }
}
