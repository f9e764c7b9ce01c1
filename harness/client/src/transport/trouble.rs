//! The errors of the connection between a client and a node.

use std::time::Duration;
use std::{error, fmt};

use reqwest::StatusCode;
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::JsonRpcClientError;

/// Why a node did not answer. It names the node's host alone, since the rest of the URL may contain a
/// provider's API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    pub(super) host: Box<str>,
    pub(super) trouble: Trouble,
    pub(super) retry_after: Option<Duration>,
    /// The host of the proxy through which the node was asked, if there was one.
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
    /// The connection could not be made, so nothing was sent.
    NoConnection(String),
    /// The connection broke, or no answer came in time. The request may have arrived.
    NoAnswer(String),
    /// The node, or a proxy before it, answered with this HTTP status. Redirections are not followed.
    Status(u16),
    /// The provider's rate limit was exceeded.
    RateLimited,
    /// The answer is not JSON, for instance an HTML page, or is incomplete.
    NotJson(String),
    /// The answer is compressed with this method, which the client did not ask for and cannot read.
    Compressed(String),
    /// The answer is JSON, but not an answer to the request.
    Unexpected(String),
    /// The answer is longer than any expected one.
    TooLong,
    /// The request cannot be encoded.
    Request(String),
}

impl TransportError {
    /// Finds a transport error in an error of starknet-rust.
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

    /// Returns the pause that the provider asks for, if it names one.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns host and port of the proxy that the environment variables chose, if they did.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Says whether it is certain that a transaction in the request did not reach the network.
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

    /// Says whether a retry may help a request that only reads.
    pub(super) const fn may_pass(&self) -> bool {
        match &self.trouble {
            Trouble::NoConnection(_) | Trouble::NoAnswer(_) | Trouble::RateLimited => true,
            Trouble::Status(status) => *status >= 500 || *status == 408,
            // Proxies answer with an HTML page when the node behind them is down.
            Trouble::NotJson(_) => true,
            Trouble::Compressed(_)
            | Trouble::Unexpected(_)
            | Trouble::TooLong
            | Trouble::Request(_) => false,
        }
    }

    /// Says whether a node, or a proxy before it, answered with a rate limit or an HTTP status. A wrong
    /// address causes other trouble.
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
