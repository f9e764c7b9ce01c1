use std::error::Error as _;

use starknet_rust_accounts::{AccountError, AccountFactoryError};
use starknet_rust_core::types::Felt;
use starknet_rust_providers::ProviderError;
use starknet_rust_providers::jsonrpc::{HttpTransportError, JsonRpcClientError};

use crate::refusal::{Cause, Refusal};

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
    Refused(Refusal),
    /// The transaction is in a block, and reverted.
    #[error("transaction {hash:#x} reverted: {refusal}")]
    Reverted {
        /// The transaction's hash.
        hash: Felt,
        /// What the chain says of it.
        refusal: Refusal,
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
            ProviderError::StarknetError(error) => match Refusal::of(&error) {
                Some(refusal) => Self::Refused(refusal),
                None => Self::Node(format!("{error:?}")),
            },
            ProviderError::Other(other) => match other.as_any().downcast_ref() {
                Some(JsonRpcClientError::TransportError(error)) => transport(error),
                _ => in_words(other.to_string()),
            },
            other => in_words(other.to_string()),
        }
    }
}

/// The devnet says that `__validate__` refused with no code of the specification's.
fn in_words(said: String) -> Error {
    let refusal = Refusal::read(said);
    match refusal.cause() {
        Cause::NotValid => Error::Refused(refusal),
        _ => Error::Node(refusal.said().to_owned()),
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
            other => Self::Refused(Refusal::read(other.to_string())),
        }
    }
}

impl<S: std::fmt::Display> From<AccountFactoryError<S>> for Error {
    fn from(error: AccountFactoryError<S>) -> Self {
        match error {
            AccountFactoryError::Signing(error) => Self::Signing(error.to_string()),
            AccountFactoryError::Provider(error) => error.into(),
            other => Self::Refused(Refusal::read(other.to_string())),
        }
    }
}
