//! What can go wrong, as types to match.

use std::any::Any;
use std::io;

use starknet_rust::accounts::{AccountError, AccountFactoryError};
use starknet_rust::core::types::{Felt, StarknetError};
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::{HttpTransportError, JsonRpcClientError, JsonRpcError};

use crate::fri::Fri;
use crate::refusal::{Cause, Refusal};
use crate::rule::Rule;
use crate::status::Status;
use crate::transport::{TransportError, causes};
use crate::words::printable;

/// What can go wrong, and what to do about it.
///
/// ```
/// use session_client::{Cause, Error, Fri, Refusal, Rule};
///
/// fn advice(error: &Error) -> &'static str {
///     match error {
///         Error::Refused(_) if error.rule() == Some(Rule::Expired) => "ask for another session",
///         _ if error.cause() == Some(Cause::Balance) => "fund the account",
///         _ if error.transaction().is_some() => "look for the transaction first",
///         _ => "try again",
///     }
/// }
///
/// assert_eq!(advice(&Refusal::foretold(Rule::Expired).into()), "ask for another session");
/// let poor = Error::CannotPay { account: 7_u8.into(), has: Fri(1), needs: Fri(2) };
/// assert_eq!(advice(&poor), "fund the account");
/// ```
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
    /// Nobody says whether the network took the transaction, or what became of it since: it may still
    /// land.
    #[error(
        "what became of transaction {hash:#x} is not known: look for it before anything is sent again ({why})"
    )]
    Uncertain {
        /// The transaction's hash.
        hash: Felt,
        /// What went wrong.
        why: Box<Error>,
    },
    /// A transaction of this account was written down, by this process or an earlier one, of which the
    /// node knows nothing. [`Node::submission`](crate::Node::submission) finds it, to be
    /// [sent again](crate::Submission::resend) or [given up](crate::Submission::give_up).
    #[error(
        "transaction {hash:#x}, which was written down before, with nonce {nonce}, may still land: find it by `Node::submission`, and `resend` it or `give_up` first"
    )]
    Unsettled {
        /// The transaction's hash.
        hash: Felt,
        /// The account's nonce that it uses.
        nonce: Felt,
    },
    /// The nonce that was asked for is not the account's next one: it is used, or would leave a gap, behind
    /// which the transaction would wait. Nothing was signed.
    #[error("the account's next nonce is {next:#x}, and not {asked:#x}")]
    NotNext {
        /// The nonce that was asked for.
        asked: Felt,
        /// The one that is next.
        next: Felt,
    },
    /// The nonce that was asked for is that of a transaction that was written down before and may still land:
    /// [`Submission::replace`](crate::Submission::replace) puts another in its place. Nothing was signed.
    #[error("transaction {hash:#x}, which may still land, has the nonce {nonce:#x}")]
    NonceTaken {
        /// The hash of that transaction.
        hash: Felt,
        /// The nonce.
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
        "the fee may come to {needs}, above the limit of {limit}: have the limit raised (a session's by its owner), or wait for lower prices"
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
    /// The node gives no answer. What was to be sent was not.
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
}

impl Error {
    /// Returns the hash of the transaction that was sent, or may have been. As long as there is none,
    /// nothing of what was asked for was sent, and to ask for it again pays once. Else look for it first
    /// ([`Node::wait`](crate::Node::wait)); one that [reverted](Self::Reverted) paid its fee and did
    /// nothing more.
    #[must_use]
    pub const fn transaction(&self) -> Option<Felt> {
        match self {
            Self::Reverted { hash, .. }
            | Self::Pending { hash, .. }
            | Self::Uncertain { hash, .. }
            | Self::NotKept(hash) => Some(*hash),
            _ => None,
        }
    }

    /// Returns the account's rule that refused, whoever said so: the account or
    /// [`preflight`](crate::preflight), before or after a transaction was sent.
    ///
    /// ```
    /// use session_client::{Error, Refusal, Rule};
    ///
    /// let error = Error::Refused(Refusal::foretold(Rule::Expired));
    /// assert_eq!(error.rule(), Some(Rule::Expired));
    /// ```
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        match self.cause() {
            Some(Cause::Rule(rule)) => Some(rule),
            _ => None,
        }
    }

    /// Returns what a refusal comes to; [`Cause::Balance`] too if it was found out here that the account
    /// cannot pay. `None` if the error is no refusal.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Refused(refusal) | Self::Reverted { refusal, .. } => Some(refusal.cause()),
            Self::CannotPay { .. } => Some(Cause::Balance),
            _ => None,
        }
    }

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
                None => Self::Node(match error {
                    StarknetError::UnexpectedError(said) => printable(&said),
                    error => printable(&format!("{error:?}")),
                }),
            },
            ProviderError::Other(other) => {
                if let Some(refusal) = untold(other.as_any()) {
                    return Self::Refused(refusal);
                }
                match other.as_any().downcast_ref() {
                    Some(JsonRpcClientError::TransportError(error)) => transport(error),
                    _ => in_words(other.to_string()),
                }
            }
            other => in_words(other.to_string()),
        }
    }
}

/// Recognises a refusal that comes without what the specification tells with it, as the wrong nonce of
/// version 0.8: starknet-rust takes it for no error of the specification's.
fn untold(error: &dyn Any) -> Option<Refusal> {
    let Some(JsonRpcClientError::JsonRpcError(JsonRpcError { code, message, .. })) =
        error.downcast_ref::<JsonRpcClientError<TransportError>>()
    else {
        return None;
    };
    match code {
        52 => Refusal::of(&StarknetError::InvalidTransactionNonce(message.clone())),
        55 => Refusal::of(&StarknetError::ValidationFailure(message.clone())),
        _ => None,
    }
}

/// Reads words. The devnet says that `__validate__` refused with no code of the specification's.
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
        HttpTransportError::Json(error) => {
            Error::Answer(printable(&format!("no JSON-RPC: {error}")))
        }
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
