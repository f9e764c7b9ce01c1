//! The errors of this crate, as types to match.

use std::any::Any;
use std::io;

use starknet_rust::accounts::{AccountError, AccountFactoryError};
use starknet_rust::core::types::{Felt, StarknetError};
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::{HttpTransportError, JsonRpcClientError};

use crate::fri::Fri;
use crate::refusal::{Cause, Refusal};
use crate::rule::Rule;
use crate::status::{Finality, Status};
use crate::transport::{TransportError, causes};
use crate::words::printable;

/// The error of an operation of this crate.
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
    /// The hash cannot be signed (it is 2^251 or more), or typed data cannot be encoded.
    #[error("cannot sign: {0}")]
    Signing(String),
    /// The transaction would fail or has been refused: its validation, or a call in it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The transaction is in a block, and was reverted.
    #[error("transaction {hash:#066x} reverted: {refusal}")]
    Reverted {
        /// The transaction's hash.
        hash: Felt,
        /// Why the chain reverted it.
        refusal: Refusal,
    },
    /// The transaction was sent, and has not reached the finality that was asked for; or it is in a block
    /// already, and can neither be replaced nor given up.
    #[error("transaction {hash:#066x} {}", seen(*.status))]
    Pending {
        /// The transaction's hash.
        hash: Felt,
        /// What the node knows of it.
        status: Status,
    },
    /// It is not known whether the network accepted the transaction, or what became of it: it may still be
    /// included in a block.
    #[error(
        "what became of transaction {hash:#066x} is not known: look for it before anything is sent again ({why})"
    )]
    Uncertain {
        /// The transaction's hash.
        hash: Felt,
        /// The last error.
        why: Box<Error>,
    },
    /// The journal has an open transaction of this account, of this process or an earlier one, that the
    /// node does not know. [`Node::submission`](crate::Node::submission) finds it, to be [sent
    /// again](crate::Submission::resend) or [given up](crate::Submission::give_up).
    #[error(
        "transaction {hash:#066x}, which was written down before, with nonce {nonce}, may still land: find it by `Node::submission`, and `resend` it or `give_up` first"
    )]
    Unsettled {
        /// The transaction's hash.
        hash: Felt,
        /// The account's nonce that the transaction uses.
        nonce: Felt,
    },
    /// The nonce that was asked for is not the account's next one: it is used already, or would leave a gap,
    /// and the transaction would wait until the gap is filled. Nothing was signed.
    #[error("the account's next nonce is {next:#x}, and not {asked:#x}")]
    NotNext {
        /// The nonce that was asked for.
        asked: Felt,
        /// The account's next nonce.
        next: Felt,
    },
    /// An open transaction in the journal has the nonce that was asked for, and may still be included:
    /// [`Submission::replace`](crate::Submission::replace) replaces it. Nothing was signed.
    #[error("transaction {hash:#066x}, which may still land, has the nonce {nonce:#x}")]
    NonceTaken {
        /// The hash of the open transaction.
        hash: Felt,
        /// The nonce.
        nonce: Felt,
    },
    /// The journal does not have the signed bytes of the transaction, so it cannot be sent again.
    #[error("transaction {0:#066x} is not kept in the journal: it cannot be sent again")]
    NotKept(Felt),
    /// The journal cannot be read or written: nothing was sent.
    #[error("the journal of transactions fails: {0}")]
    Journal(String),
    /// The estimated fee is above the fee limit or the maximum fee.
    #[error(
        "the fee may come to {needs}, above the limit of {limit}: have the limit raised (a session's by its owner), or wait for lower prices"
    )]
    OverLimit {
        /// The most that the transaction may cost with bounds at the estimate, without a margin.
        needs: Fri,
        /// The most that it is allowed to cost.
        limit: Fri,
    },
    /// The account holds less STRK than the transaction may cost.
    #[error("{account:#066x} holds {has}, and the transaction may cost {needs}")]
    CannotPay {
        /// The account that would pay.
        account: Felt,
        /// The account's balance.
        has: Fri,
        /// The most that the transaction may cost.
        needs: Fri,
    },
    /// The node does not answer. If the request was a transaction, it was not sent.
    #[error("the node failed: {0}")]
    Unreachable(#[from] TransportError),
    /// The node answered with an error that is no refusal.
    #[error("the node failed: {0}")]
    Node(String),
    /// The node answered something that this client cannot read.
    #[error("unexpected answer: {0}")]
    Answer(String),
    /// The node's events do not show the whole list of a session: the node may not keep all events.
    #[error("the node's events show {shown} of the {of} entries of the session's list")]
    Incomplete {
        /// The number of entries that the events show.
        shown: usize,
        /// The number of entries that the account counts.
        of: u32,
    },
}

impl Error {
    /// Returns the hash of the transaction that was sent or may have been sent. While it is `None`, nothing
    /// was sent, and repeating the request cannot pay twice. Otherwise look for the transaction first
    /// ([`Node::wait`](crate::Node::wait)); a [reverted](Self::Reverted) one paid its fee and did nothing
    /// else.
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

    /// Returns the account's rule that is broken, if the error is a refusal by one: of the account or of
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

    /// Returns the cause of a refusal; it is [`Cause::Balance`] too if this client found that the account
    /// cannot pay. Returns `None` if the error is no refusal.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Refused(refusal) | Self::Reverted { refusal, .. } => Some(refusal.cause()),
            Self::CannotPay { .. } => Some(Cause::Balance),
            _ => None,
        }
    }

    /// Builds the error of a journal.
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

/// Returns what the node knows of a transaction, and what to do next.
fn seen(status: Status) -> String {
    match status {
        Status::Executed(Finality::AcceptedOnL2 | Finality::AcceptedOnL1) => {
            "is in a block already: its outcome says whether it succeeded".to_owned()
        }
        status => format!("{}: look again with its hash", status.words()),
    }
}

/// Recognises a refusal in an error that starknet-rust does not recognise.
fn untold(error: &dyn Any) -> Option<Refusal> {
    match error.downcast_ref::<JsonRpcClientError<TransportError>>() {
        Some(JsonRpcClientError::JsonRpcError(error)) => Refusal::of_answer(error),
        _ => None,
    }
}

/// Builds an error from a text alone. The devnet reports a refusal of `__validate__` without a code of the
/// specification.
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
