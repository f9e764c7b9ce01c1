use std::io;

use starknet_rust::accounts::{AccountError, AccountFactoryError};
use starknet_rust::core::types::Felt;
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::{HttpTransportError, JsonRpcClientError};

use crate::fri::Fri;
use crate::node::{TransportError, causes};
use crate::refusal::{Cause, Refusal};
use crate::wait::Status;

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
    /// The transaction was sent, and is not as final yet as was asked for.
    #[error("transaction {hash:#x} {}: look again with its hash", .status.words())]
    Pending {
        /// The transaction's hash.
        hash: Felt,
        /// What the node knows of it.
        status: Status,
    },
    /// Nobody says whether the network took the transaction: it may still land.
    #[error(
        "whether transaction {hash:#x} was taken is not known: look for it before anything is sent again ({why})"
    )]
    Uncertain {
        /// The transaction's hash.
        hash: Felt,
        /// What went wrong.
        why: Box<Error>,
    },
    /// An earlier process wrote down a transaction of this account of which the node knows nothing.
    #[error(
        "transaction {hash:#x} of an earlier run, with nonce {nonce}, may still land: send it again or give it up first"
    )]
    Unsettled {
        /// The transaction's hash.
        hash: Felt,
        /// The account's nonce that it uses.
        nonce: Felt,
    },
    /// The journal has no bytes of the transaction that could be sent again.
    #[error("transaction {0:#x} is not kept in the journal: it cannot be sent again")]
    NotKept(Felt),
    /// The journal cannot be read or written: nothing was sent.
    #[error("the journal of transactions fails: {0}")]
    Journal(String),
    /// The fee is estimated above what it may be.
    #[error(
        "the fee may come to {needs}, above the limit of {limit}: raise the limit, or wait for lower prices"
    )]
    OverLimit {
        /// What the transaction may cost without any margin.
        needs: Fri,
        /// What it may cost at most.
        limit: Fri,
    },
    /// The account holds less STRK than the transaction may cost.
    #[error("{account:#x} holds {has}, and the transaction may cost {needs}")]
    CannotPay {
        /// The account that would pay.
        account: Felt,
        /// What it holds.
        has: Fri,
        /// What the transaction may cost.
        needs: Fri,
    },
    /// The node gives no answer.
    #[error("the node failed: {0}")]
    Unreachable(#[from] TransportError),
    /// The node answers with an error of its own.
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

impl Error {
    /// Says that the journal failed.
    pub(crate) fn journal(error: &io::Error) -> Self {
        Self::Journal(error.to_string())
    }
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        if let Some(error) = TransportError::of(&error) {
            return Self::Unreachable(error.clone());
        }
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
