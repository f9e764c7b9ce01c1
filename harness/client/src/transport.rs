//! JSON-RPC over HTTP as public providers speak it: what only reads is tried again, what writes never.

use std::time::{Duration, SystemTime};
use std::{error, fmt};

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use starknet_rust::providers::jsonrpc::{
    HttpTransport, HttpTransportError, JsonRpcClientError, JsonRpcError, JsonRpcMethod,
    JsonRpcResponse, JsonRpcTransport,
};
use starknet_rust::providers::{ProviderError, ProviderRequestData};
use url::Url;

/// The longest answer that is read: the largest class is some 4 MB.
const LONGEST_ANSWER: usize = 64 * 1_024 * 1_024;
/// The longest pause that a provider can ask for by `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The codes by which providers say within JSON-RPC that too much was asked of them.
const RATE_LIMITED: [i64; 4] = [429, -32_005, -32_029, -32_097];

/// How patient a [`Node`](crate::Node) is with its node.
///
/// ```
/// use std::time::Duration;
/// use session_client::Patience;
///
/// let patience = Patience::default().retrying_for(Duration::from_secs(60));
/// assert_eq!(patience.retry, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// How long one request may take to connect.
    pub connect: Duration,
    /// How long one request may take in all.
    pub request: Duration,
    /// How long what only reads is tried again, from the first try on.
    pub retry: Duration,
}

impl Default for Patience {
    /// 10 s to connect, 120 s a request, and 20 s of tries.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(120),
            retry: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// Asks once and never again.
    #[must_use]
    pub const fn without_retries(self) -> Self {
        self.retrying_for(Duration::ZERO)
    }

    /// Tries what only reads again for so long, from the first try on.
    #[must_use]
    pub const fn retrying_for(self, retry: Duration) -> Self {
        Self { retry, ..self }
    }
}

/// Why a node gave no answer, by its host: the rest of its URL may hold a provider's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    host: String,
    trouble: Trouble,
    retry_after: Option<Duration>,
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
    /// The node, or what stands before it, answered with this HTTP status.
    Status(u16),
    /// The provider asks for patience.
    RateLimited,
    /// The answer is no JSON: a page in HTML, or a part of an answer.
    NotJson(String),
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

    /// Says whether it is certain that a request which writes did not reach the network.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        match &self.trouble {
            Trouble::NoConnection(_) | Trouble::RateLimited | Trouble::Request(_) => true,
            Trouble::Status(status) => *status < 500 && *status != 408,
            Trouble::NoAnswer(_)
            | Trouble::NotJson(_)
            | Trouble::Unexpected(_)
            | Trouble::TooLong => false,
        }
    }

    /// Says whether another try may help what only reads.
    const fn may_pass(&self) -> bool {
        match &self.trouble {
            Trouble::NoConnection(_) | Trouble::NoAnswer(_) | Trouble::RateLimited => true,
            Trouble::Status(status) => *status >= 500 || *status == 408,
            // A page in HTML stands before a node that is away.
            Trouble::NotJson(_) => true,
            Trouble::Unexpected(_) | Trouble::TooLong | Trouble::Request(_) => false,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.trouble {
            Trouble::NoConnection(why) => write!(formatter, "no connection to {host}: {why}"),
            Trouble::NoAnswer(why) => write!(formatter, "{host} does not answer: {why}"),
            Trouble::Status(status) => {
                write!(formatter, "{host} answers with HTTP status {status}")?;
                let meaning = StatusCode::from_u16(*status).ok();
                match meaning.and_then(|it| it.canonical_reason()) {
                    Some(reason) => write!(formatter, " ({reason})"),
                    None => Ok(()),
                }
            }
            Trouble::RateLimited => write!(formatter, "{host} asks for fewer requests"),
            Trouble::NotJson(why) | Trouble::Unexpected(why) => {
                write!(formatter, "{host} answers no JSON-RPC: {why}")
            }
            Trouble::TooLong => write!(formatter, "{host} answers with more than is expected"),
            Trouble::Request(why) => write!(formatter, "the request does not encode: {why}"),
        }
    }
}

impl error::Error for TransportError {}

/// A node's JSON-RPC, over HTTP.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    url: Url,
    retry: Duration,
}

/// Shows the host alone: the rest may hold a provider's key.
impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Transport({})", authority(&self.url))
    }
}

#[derive(Serialize)]
struct Request<P> {
    id: u64,
    jsonrpc: &'static str,
    method: JsonRpcMethod,
    params: P,
}

impl Transport {
    /// Speaks to the node at `url`.
    ///
    /// # Errors
    /// [`TransportError`] if the system has no HTTP client, for want of certificates.
    pub fn new(url: Url, patience: Patience) -> Result<Self, TransportError> {
        let client = Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.request)
            // Elsewhere is another node than the one that was named.
            .redirect(Policy::none())
            .build()
            .map_err(|error| failed(&url, Trouble::Request(causes(&error))))?;
        Ok(Self { client, url, retry: patience.retry })
    }

    /// Returns the HTTP client, which follows no redirects.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the node's address: its path or query may hold a provider's key.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    fn failed(&self, trouble: Trouble) -> TransportError {
        failed(&self.url, trouble)
    }

    fn encode(&self, request: &impl Serialize) -> Result<Vec<u8>, TransportError> {
        serde_json::to_vec(request)
            .map_err(|error| self.failed(Trouble::Request(error.to_string())))
    }

    /// Posts `body`, again and again with growing pauses if `reads` and the trouble may pass.
    async fn post<T>(
        &self,
        body: Vec<u8>,
        reads: bool,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
        limited: impl Fn(&T) -> Option<Option<Duration>>,
    ) -> Result<T, TransportError> {
        let start = tokio::time::Instant::now();
        let mut pauses = pauses();
        loop {
            let error = match self.post_once(body.clone(), &read).await {
                Ok(answer) => match limited(&answer) {
                    None => return Ok(answer),
                    Some(retry_after) => {
                        TransportError { retry_after, ..self.failed(Trouble::RateLimited) }
                    }
                },
                Err(error) => error,
            };
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            let pause = error.retry_after.map_or(pause, |asked| asked.min(LONGEST_PAUSE));
            if !reads || !error.may_pass() || start.elapsed() + pause > self.retry {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn post_once<T>(
        &self,
        body: Vec<u8>,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, TransportError> {
        let request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let mut response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(response.headers());
            return Err(TransportError { retry_after, ..self.failed(Trouble::RateLimited) });
        }
        let bytes = self.bytes_of(&mut response).await?;
        // A node may tell its errors with any status, in JSON-RPC.
        read(&bytes).map_err(|error| {
            let retry_after = retry_after(response.headers());
            let trouble = if !status.is_success() {
                Trouble::Status(status.as_u16())
            } else if error.is_data() {
                Trouble::Unexpected(error.to_string())
            } else {
                Trouble::NotJson(error.to_string())
            };
            TransportError { retry_after, ..self.failed(trouble) }
        })
    }

    async fn bytes_of(&self, response: &mut Response) -> Result<Vec<u8>, TransportError> {
        let body = body_of(response, LONGEST_ANSWER).await.map_err(|error| self.broken(&error))?;
        body.ok_or_else(|| self.failed(Trouble::TooLong))
    }

    fn broken(&self, error: &reqwest::Error) -> TransportError {
        let why = causes(error);
        self.failed(if error.is_connect() {
            Trouble::NoConnection(why)
        } else {
            Trouble::NoAnswer(why)
        })
    }
}

#[async_trait]
impl JsonRpcTransport for Transport {
    type Error = TransportError;

    async fn send_request<P, R>(
        &self,
        method: JsonRpcMethod,
        params: P,
    ) -> Result<JsonRpcResponse<R>, TransportError>
    where
        P: Serialize + Send + Sync,
        R: DeserializeOwned + Send,
    {
        let reads = is_read(method);
        let body = self.encode(&Request { id: 1, jsonrpc: "2.0", method, params })?;
        self.post(body, reads, |bytes| serde_json::from_slice(bytes), limited).await
    }

    async fn send_requests<R>(
        &self,
        requests: R,
    ) -> Result<Vec<JsonRpcResponse<Value>>, TransportError>
    where
        R: AsRef<[ProviderRequestData]> + Send + Sync,
    {
        // Batches are starknet-rust's own affair, and are not tried again: it tells nobody which of them
        // write.
        let batches = HttpTransport::new_with_client(self.url.clone(), self.client.clone());
        batches.send_requests(requests).await.map_err(|error| match error {
            HttpTransportError::Reqwest(error) => self.broken(&error),
            HttpTransportError::Json(error) => self.failed(Trouble::NotJson(error.to_string())),
            error @ HttpTransportError::UnexpectedResponseId(_) => {
                self.failed(Trouble::Unexpected(error.to_string()))
            }
        })
    }
}

/// Returns the pauses between tries: from a quarter of a second up to 5 s, without an end.
pub fn pauses() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .build()
}

const fn is_read(method: JsonRpcMethod) -> bool {
    !matches!(
        method,
        JsonRpcMethod::AddInvokeTransaction
            | JsonRpcMethod::AddDeclareTransaction
            | JsonRpcMethod::AddDeployAccountTransaction
    )
}

/// Says whether the answer only asks for patience, and for how much.
fn limited<R>(answer: &JsonRpcResponse<R>) -> Option<Option<Duration>> {
    match answer {
        JsonRpcResponse::Error { error: JsonRpcError { code, data, .. }, .. }
            if RATE_LIMITED.contains(code) =>
        {
            let seconds = data.as_ref().and_then(|it| it.get("backoff_seconds")?.as_f64());
            Some(seconds.and_then(|it| Duration::try_from_secs_f64(it).ok()))
        }
        _ => None,
    }
}

/// Reads `Retry-After`: seconds, or a date of HTTP.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn failed(url: &Url, trouble: Trouble) -> TransportError {
    TransportError { host: authority(url), trouble, retry_after: None }
}

/// Reads the body of `response`; `None` if it has more than `longest` bytes.
pub async fn body_of(response: &mut Response, longest: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > longest {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Returns the host and port of `url`, and nothing that may be secret.
#[must_use]
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Says what went wrong below HTTP. Without reqwest's own words, which hold the node's address: that
/// may hold a provider's key.
#[must_use]
pub fn causes(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() { "it does not answer in time" } else { "the request failed" };
    let mut told = what.to_owned();
    let mut cause = error::Error::source(error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
