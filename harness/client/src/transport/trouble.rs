//! What goes wrong between a client and a node.

use std::time::Duration;
use std::{error, fmt};

use reqwest::StatusCode;
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::JsonRpcClientError;

/// Why a node gave no answer, by its host: the rest of its URL may hold a provider's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    pub(super) host: Box<str>,
    pub(super) trouble: Trouble,
    pub(super) retry_after: Option<Duration>,
    /// The proxy that it was asked through, by its host.
    pub(super) proxy: Option<Box<str>>,
}

/// What went wrong between the client and a node.
///
/// ```no_run
/// # async fn example(url: url::Url) {
/// use session_client::{Error, Node, Trouble};
///
/// match Node::connect(url).await {
///     Err(Error::Unreachable(error)) if *error.trouble() == Trouble::RateLimited => {
///         println!("again after {:?}", error.retry_after());
///     }
///     other => println!("{other:?}"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// No connection came about: nothing was sent.
    NoConnection(String),
    /// The connection broke, or no answer came in time: what was sent may have arrived.
    NoAnswer(String),
    /// The node, or what stands before it, answered with this HTTP status. A redirection is not followed.
    Status(u16),
    /// The provider asks for patience.
    RateLimited,
    /// The answer is no JSON: a page in HTML, or a part of an answer.
    NotJson(String),
    /// The answer is compressed in this way, which is not asked for and not read.
    Compressed(String),
    /// The answer is JSON, and not what was asked for.
    Unexpected(String),
    /// The answer is longer than any that is expected.
    TooLong,
    /// The request does not encode.
    Request(String),
}

impl TransportError {
    /// Finds it in an error of starknet-rust's.
    #[must_use]
    pub fn of(error: &ProviderError) -> Option<&Self> {
        let ProviderError::Other(other) = error else { return None };
        match other.as_any().downcast_ref() {
            Some(JsonRpcClientError::TransportError(error)) => Some(error),
            _ => None,
        }
    }

    /// Returns what went wrong.
    #[must_use]
    pub const fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// Returns how long the provider asks to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns host and port of the proxy that the environment put between, if it did.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Says whether it is certain that a request which writes did not reach the network.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        match &self.trouble {
            Trouble::NoConnection(_) | Trouble::RateLimited | Trouble::Request(_) => true,
            Trouble::Status(status) => *status < 500 && *status != 408,
            Trouble::NoAnswer(_)
            | Trouble::NotJson(_)
            | Trouble::Compressed(_)
            | Trouble::Unexpected(_)
            | Trouble::TooLong => false,
        }
    }

    /// Says whether another try may help what only reads.
    pub(super) const fn may_pass(&self) -> bool {
        match &self.trouble {
            Trouble::NoConnection(_) | Trouble::NoAnswer(_) | Trouble::RateLimited => true,
            Trouble::Status(status) => *status >= 500 || *status == 408,
            // A page in HTML stands before a node that is away.
            Trouble::NotJson(_) => true,
            Trouble::Compressed(_)
            | Trouble::Unexpected(_)
            | Trouble::TooLong
            | Trouble::Request(_) => false,
        }
    }

    /// Says whether it is a node, or what stands before one, that asks for patience or is away: who types a
    /// wrong address meets the other troubles.
    pub(super) const fn is_a_node_s(&self) -> bool {
        matches!(self.trouble, Trouble::RateLimited | Trouble::Status(_))
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.trouble {
            Trouble::NoConnection(why) => write!(formatter, "no connection to {host}: {why}")?,
            Trouble::NoAnswer(why) => write!(formatter, "{host} does not answer: {why}")?,
            Trouble::Status(status) => {
                write!(formatter, "{host} answers with HTTP status {status}")?;
                let meaning = StatusCode::from_u16(*status).ok();
                if let Some(reason) = meaning.and_then(|it| it.canonical_reason()) {
                    write!(formatter, " ({reason})")?;
                }
                if meaning.is_some_and(|it| it.is_redirection()) {
                    write!(formatter, ", which sends elsewhere and is not followed")?;
                }
            }
            Trouble::RateLimited => write!(formatter, "{host} asks for fewer requests")?,
            Trouble::NotJson(why) | Trouble::Unexpected(why) => {
                write!(formatter, "{host} answers no JSON-RPC: {why}")?;
            }
            Trouble::Compressed(how) => {
                write!(formatter, "{host} compresses its answers by `{how}`, which is not read")?;
            }
            Trouble::TooLong => write!(formatter, "{host} answers with more than is expected")?,
            Trouble::Request(why) => write!(formatter, "the request does not encode: {why}")?,
        }
        if let Some(asked) = self.retry_after {
            write!(formatter, ", for {} s", asked.as_secs())?;
        }
        match &self.proxy {
            Some(proxy) => write!(formatter, " (asked through the proxy {proxy})"),
            None => Ok(()),
        }
    }
}

impl error::Error for TransportError {}
