use std::error::Error as _;

use starknet_rust_accounts::{AccountError, AccountFactoryError};
use starknet_rust_core::types::{Felt, StarknetError};
use starknet_rust_providers::ProviderError;
use starknet_rust_providers::jsonrpc::{HttpTransportError, JsonRpcClientError};

/// How a node says that `__validate__` returned 0.
const VALIDATION_REFUSED: &str = "`validate` entry point should return `VALID`";

/// What can go wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The private key is 0 or not below the order of the Stark curve.
    #[error("the private key is out of range: it must be above 0 and below the curve's order")]
    PrivateKey,
    /// A hash that is no signable one (2^251 or more), or typed data that does not encode.
    #[error("cannot sign: {0}")]
    Signing(String),
    /// The node says that the transaction would fail: its validation, or a call in it.
    #[error("refused: {0}")]
    Refused(String),
    /// The transaction is in a block, and reverted.
    #[error("transaction {hash:#x} reverted: {reason}")]
    Reverted {
        /// The transaction's hash.
        hash: Felt,
        /// What the chain says of it.
        reason: String,
    },
    /// The transaction was sent and nothing is known of it yet: it may still be included.
    #[error("transaction {0:#x} is not in a block yet: look again with its hash")]
    Pending(Felt),
    /// The node cannot be reached, or answers with an error of its own.
    #[error("the node failed: {0}")]
    Node(String),
    /// The node answered something that this client cannot read.
    #[error("unexpected answer: {0}")]
    Answer(String),
    /// The node's events do not show the whole list of a session: the node may not keep them all.
    #[error("the node's events show {shown} of the {of} entries of the session's list")]
    Incomplete {
        /// How many entries they show.
        shown: usize,
        /// How many the account counts.
        of: u32,
    },
    /// The embedded devnet does not start.
    #[error("the devnet does not start: {0}")]
    Devnet(String),
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::StarknetError(error) => refusal(error),
            // The devnet says it in words of its own, with no code of the specification's.
            other if other.to_string().contains(VALIDATION_REFUSED) => {
                Self::Refused(other.to_string())
            }
            ProviderError::Other(other) => match other.as_any().downcast_ref() {
                Some(JsonRpcClientError::TransportError(error)) => transport(error),
                _ => Self::Node(other.to_string()),
            },
            other => Self::Node(other.to_string()),
        }
    }
}

fn transport(error: &HttpTransportError) -> Error {
    match error {
        HttpTransportError::Reqwest(error) => Error::Node(causes(error)),
        HttpTransportError::Json(error) => Error::Answer(format!("no JSON-RPC: {error}")),
        HttpTransportError::UnexpectedResponseId(_) => Error::Answer(error.to_string()),
    }
}

/// What went wrong below HTTP. Without reqwest's own words, which hold the node's address: that may
/// hold a provider's key.
pub fn causes(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() { "it does not answer in time" } else { "the request failed" };
    let mut told = what.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}

impl<S: std::fmt::Display> From<AccountError<S>> for Error {
    fn from(error: AccountError<S>) -> Self {
        match error {
            AccountError::Signing(error) => Self::Signing(error.to_string()),
            AccountError::Provider(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl<S: std::fmt::Display> From<AccountFactoryError<S>> for Error {
    fn from(error: AccountFactoryError<S>) -> Self {
        match error {
            AccountFactoryError::Signing(error) => Self::Signing(error.to_string()),
            AccountFactoryError::Provider(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The node's own words hold the contract's error as text; the variants differ by where it fell.
fn refusal(error: StarknetError) -> Error {
    match &error {
        StarknetError::ContractError(data) => Error::Refused(readable(&data.revert_error)),
        StarknetError::TransactionExecutionError(data) => {
            Error::Refused(readable(&data.execution_error))
        }
        StarknetError::ValidationFailure(reason) => Error::Refused(reason.clone()),
        StarknetError::ContractNotFound
        | StarknetError::ClassHashNotFound
        | StarknetError::InvalidTransactionNonce(_)
        | StarknetError::InsufficientResourcesForValidate
        | StarknetError::InsufficientAccountBalance
        | StarknetError::ClassAlreadyDeclared
        | StarknetError::EntrypointNotFound => Error::Refused(format!("{error:?}")),
        _ => Error::Node(format!("{error:?}")),
    }
}

fn readable(error: &starknet_rust_core::types::ContractExecutionError) -> String {
    use starknet_rust_core::types::ContractExecutionError::{Message, Nested};
    match error {
        Message(message) => message.clone(),
        Nested(inner) => readable(&inner.error),
    }
}
