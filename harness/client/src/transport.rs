//! JSON-RPC over HTTP, as public providers speak it. Requests that only read are retried; requests that
//! write never are.

mod http;
#[cfg(test)]
mod tests;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use starknet_rust::providers::ProviderRequestData;
use starknet_rust::providers::jsonrpc::{
    JsonRpcError, JsonRpcMethod, JsonRpcResponse, JsonRpcTransport,
};
use tokio::time::{Instant, sleep};
use url::Url;

pub use http::{authority, body_of, causes, http_client};
pub use trouble::{TransportError, Trouble};

use crate::refusal::Refusal;
use crate::words::printable;
use http::{proxy_of, retry_after};

/// The longest answer that is read, in bytes; the largest class has some 4 MB.
const LONGEST_ANSWER: usize = 64 * 1_024 * 1_024;
/// The longest answer with an HTTP error status that is read, in bytes.
const LONGEST_FAILURE: usize = 1_024 * 1_024;
/// How long requests to a node that has never answered are retried: its address may be wrong.
const FIRST_CONTACT: Duration = Duration::from_secs(3);
/// The specification's code for "block not found".
const NO_BLOCK: i64 = 24;

/// The pauses after which the node is asked again for something that it did not find. Each request may
/// reach another node, and a node that is behind does not know yet what happened a moment ago.
pub const SECOND_LOOKS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(200)];

/// The time limits and retries of a [`Node`](crate::Node)'s connection.
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
    /// The longest time for connecting.
    pub connect: Duration,
    /// The longest time for one request, connecting included.
    pub request: Duration,
    /// How long a request that only reads is retried, counted from the first try.
    pub retry: Duration,
    /// How long a transaction whose estimate succeeded, but which the gateway refuses, is built and sent
    /// again. A gateway looks at the last block, and an estimate at the pre-confirmed block after it.
    pub catching_up: Duration,
}

impl Default for Patience {
    /// Returns 10 s to connect, 120 s for a request, 20 s of retries, and 30 s for a gateway that is
    /// behind.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(120),
            retry: Duration::from_secs(20),
            catching_up: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// Disables the retries of requests that only read.
    #[must_use]
    pub const fn without_retries(self) -> Self {
        self.retrying_for(Duration::ZERO)
    }

    /// Sets how long requests that only read are retried, counted from the first try.
    #[must_use]
    pub const fn retrying_for(self, retry: Duration) -> Self {
        Self { retry, ..self }
    }

    /// Sets how long a transaction that the gateway refuses after its estimate succeeded is built and sent
    /// again.
    #[must_use]
    pub const fn catching_up_for(self, catching_up: Duration) -> Self {
        Self { catching_up, ..self }
    }
}

/// A function that is called with the error of a failed try and the pause before the next one.
pub(crate) type Tell = Arc<dyn Fn(&TransportError, Duration) + Send + Sync>;

/// The connection to a node: JSON-RPC over HTTP.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    url: Url,
    patience: Patience,
    tell: Option<Tell>,
    shared: Arc<Shared>,
}

/// What all clones of a transport share.
#[derive(Default)]
struct Shared {
    /// The id of the next request.
    next_id: AtomicU64,
    /// Whether the node ever answered in JSON-RPC.
    has_answered: AtomicBool,
}

/// Shows the host alone, since the rest of the URL may contain a provider's API key.
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

/// An answer. Its id may be missing or `null`: JSON-RPC requires `null` from a server that could not read
/// the request, and some rate limiters always send it.
#[derive(Deserialize)]
struct Answer<R> {
    #[serde(default)]
    id: Value,
    result: Option<R>,
    error: Option<JsonRpcError>,
}

/// The answer to a batch: one answer for each request, or a single one if the server refuses the batch as a
/// whole.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answers {
    Each(Vec<Answer<Value>>),
    One(Box<Answer<Value>>),
}

impl<R> Answer<R> {
    /// Checks that this is the answer to the request `id`, and returns it.
    fn to(self, id: u64) -> Result<JsonRpcResponse<R>, Trouble> {
        let is_mine = self.id.as_u64() == Some(id);
        match self {
            Self { error: Some(error), id: its, .. } if is_mine || its.is_null() => {
                Ok(JsonRpcResponse::Error { id, error })
            }
            Self { result: Some(result), .. } if is_mine => {
                Ok(JsonRpcResponse::Success { id, result })
            }
            Self { result: None, error: None, .. } => {
                Err(Trouble::Unexpected("it has neither a result nor an error".to_owned()))
            }
            _ => Err(Trouble::Unexpected("it is another request's answer".to_owned())),
        }
    }
}

impl Transport {
    /// Builds the connection to the node at `url`, without connecting yet.
    ///
    /// # Errors
    /// [`TransportError`] if the HTTP client cannot be built, for lack of the system's certificates.
    pub fn new(url: Url, patience: Patience) -> Result<Self, TransportError> {
        let client = http_client(&url)
            .connect_timeout(patience.connect)
            .timeout(patience.request)
            .build()
            .map_err(|error| failed(&url, Trouble::Request(causes(&error))))?;
        Ok(Self { client, url, patience, tell: None, shared: Arc::default() })
    }

    /// Calls `tell` with the error of each failed try that is repeated, and with the pause before the next
    /// try.
    #[must_use]
    pub fn telling(self, tell: impl Fn(&TransportError, Duration) + Send + Sync + 'static) -> Self {
        Self { tell: Some(Arc::new(tell)), ..self }
    }

    /// Returns the HTTP client, which follows no redirects.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the node's URL. Its path or query may contain a provider's API key: do not print it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the time limits and retries.
    #[must_use]
    pub const fn patience(&self) -> &Patience {
        &self.patience
    }

    fn failed(&self, trouble: Trouble) -> TransportError {
        failed(&self.url, trouble)
    }

    fn encode(&self, request: &impl Serialize) -> Result<Vec<u8>, TransportError> {
        serde_json::to_vec(request)
            .map_err(|error| self.failed(Trouble::Request(error.to_string())))
    }

    fn next_id(&self) -> u64 {
        self.shared.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Posts `body`. If `reads` and the trouble may pass, it is posted again after growing pauses. `take`
    /// turns the answer into a result, and `limited` returns `Some` if the result is a rate limiter's
    /// error.
    async fn post<A: DeserializeOwned, T>(
        &self,
        body: Vec<u8>,
        reads: bool,
        take: impl Fn(A) -> Result<T, Trouble>,
        limited: impl Fn(&T) -> Option<Option<Duration>>,
    ) -> Result<T, TransportError> {
        let start = Instant::now();
        let mut pauses = pauses();
        loop {
            let answer = self.post_once(body.clone()).await;
            let error = match answer.and_then(|it| take(it).map_err(|it| self.failed(it))) {
                Ok(answer) => {
                    self.shared.has_answered.store(true, Ordering::Relaxed);
                    match limited(&answer) {
                        None => return Ok(answer),
                        Some(retry_after) => {
                            TransportError { retry_after, ..self.failed(Trouble::RateLimited) }
                        }
                    }
                }
                Err(error) => error,
            };
            let has_answered = self.shared.has_answered.load(Ordering::Relaxed);
            let patience = match self.patience.retry {
                // A wrong address is not retried for long.
                retry if !has_answered && !error.is_a_node_s() => retry.min(FIRST_CONTACT),
                retry => retry,
            };
            let pause = pauses.next().unwrap_or(FIRST_CONTACT);
            let pause = asked_for(error.retry_after, pause);
            if !reads || !error.may_pass() || start.elapsed().saturating_add(pause) > patience {
                return Err(error);
            }
            if let Some(tell) = &self.tell {
                tell(&error, pause);
            }
            sleep(pause).await;
        }
    }

    async fn post_once<A: DeserializeOwned>(&self, body: Vec<u8>) -> Result<A, TransportError> {
        let request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let mut response = request.send().await.map_err(|error| self.broken(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let failed = |trouble| {
            let retry_after = retry_after(&headers);
            TransportError { retry_after, ..self.failed(trouble) }
        };
        // reqwest removes this header from an answer that it decompresses.
        if let Some(how) = headers.get(CONTENT_ENCODING).filter(|how| *how != "identity") {
            let how = printable(&String::from_utf8_lossy(how.as_bytes()));
            return Err(failed(Trouble::Compressed(how)));
        }
        if status.is_redirection() {
            return Err(failed(Trouble::Status(status.as_u16())));
        }
        let longest = if status.is_success() { LONGEST_ANSWER } else { LONGEST_FAILURE };
        let bytes = body_of(&mut response, longest).await.map_err(|error| self.broken(&error))?;
        let bytes = bytes.ok_or_else(|| failed(Trouble::TooLong))?;
        if status == StatusCode::TOO_MANY_REQUESTS {
            let limited = failed(Trouble::RateLimited);
            let asked = serde_json::from_slice::<Answer<Value>>(&bytes).ok();
            let asked = asked.and_then(|it| backoff(&it.error?));
            return Err(TransportError { retry_after: limited.retry_after.or(asked), ..limited });
        }
        // A node may answer an error in JSON-RPC with any HTTP status.
        serde_json::from_slice(&bytes).map_err(|error| {
            failed(if !status.is_success() {
                Trouble::Status(status.as_u16())
            } else if error.is_data() {
                Trouble::Unexpected(printable(&error.to_string()))
            } else {
                Trouble::NotJson(printable(&error.to_string()))
            })
        })
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
        let (reads, id) = (is_read(method), self.next_id());
        let body = self.encode(&Request { id, jsonrpc: "2.0", method, params })?;
        let take = |answer: Answer<R>| answer.to(id);
        let answer = self.post(body.clone(), reads, take, limited).await?;
        let is_of_none =
            matches!(&answer, JsonRpcResponse::Error { error, .. } if error.code == NO_BLOCK);
        let again = if reads && is_of_none { on_last_block(&body) } else { None };
        let (body, mut answer) = match again {
            Some(body) => (body.clone(), self.post(body, reads, take, limited).await?),
            None => (body, answer),
        };
        for pause in SECOND_LOOKS {
            if !reads || self.patience.retry < pause || !is_absence(method, &answer) {
                break;
            }
            sleep(pause).await;
            answer = self.post(body.clone(), reads, take, limited).await?;
        }
        Ok(answer)
    }

    async fn send_requests<R>(
        &self,
        requests: R,
    ) -> Result<Vec<JsonRpcResponse<Value>>, TransportError>
    where
        R: AsRef<[ProviderRequestData]> + Send + Sync,
    {
        let numbered =
            |(id, params)| Request { id, jsonrpc: "2.0", method: method_of(params), params };
        let requests: Vec<_> = (0..).zip(requests.as_ref()).map(numbered).collect();
        let reads = requests.iter().all(|it| is_read(it.method));
        let (body, count) = (self.encode(&requests)?, requests.len());
        let answers = self.post(
            body,
            reads,
            |answers| in_order(answers, count),
            |answers| answers.iter().find_map(limited),
        );
        answers.await
    }
}

/// Says whether the answer is that a contract (20), a function (21) or a class (28) does not exist. An
/// estimate may say so by the error of the transaction that it tried.
fn is_absence<R>(method: JsonRpcMethod, answer: &JsonRpcResponse<R>) -> bool {
    let JsonRpcResponse::Error { error, .. } = answer else { return false };
    matches!(error.code, 20 | 21 | 28)
        || matches!(method, JsonRpcMethod::EstimateFee)
            && Refusal::of_answer(error).is_some_and(|it| it.is_absence())
}

/// Makes the same request for the last block; `None` if `body` does not ask for the pre-confirmed one.
/// While a node's pre-confirmed block does not follow its last one, some nodes answer "block not found",
/// and others answer for the last block.
fn on_last_block(body: &[u8]) -> Option<Vec<u8>> {
    const NEXT: &str = r#""pre_confirmed""#;
    // Calldata, keys and signatures are felts, so they cannot contain this text.
    let body = std::str::from_utf8(body).ok().filter(|it| it.contains(NEXT))?;
    Some(body.replace(NEXT, r#""latest""#).into_bytes())
}

/// Puts the answers to a batch of `count` requests into the order of the requests. Each must be there
/// exactly once.
fn in_order(answers: Answers, count: usize) -> Result<Vec<JsonRpcResponse<Value>>, Trouble> {
    let answers = match answers {
        Answers::Each(answers) => answers,
        Answers::One(answer) => {
            // One error for the whole batch is returned as the answer to every request; `limited` then
            // recognises a rate limiter's.
            let Some(error) = answer.error else {
                return Err(Trouble::Unexpected("it is no batch's answer".to_owned()));
            };
            let refused = |id| JsonRpcResponse::Error { id, error: error.clone() };
            return Ok((0..).map(refused).take(count).collect());
        }
    };
    let mut ordered: Vec<Option<Answer<Value>>> = (0..count).map(|_| None).collect();
    for answer in answers {
        let place = answer.id.as_u64().and_then(|id| ordered.get_mut(usize::try_from(id).ok()?));
        match place {
            Some(place) if place.is_none() => *place = Some(answer),
            _ => return Err(Trouble::Unexpected("it has another request's answer".to_owned())),
        }
    }
    let missing = || Trouble::Unexpected("it leaves out an answer".to_owned());
    (0..).zip(ordered).map(|(id, it)| it.ok_or_else(missing)?.to(id)).collect()
}

/// Returns the pause before the next try: `asked`, the pause that the server asked for, if it is a second
/// or more, since servers refuse earlier tries and may count them. A shorter one, such as `Retry-After: 0`,
/// does not shorten the `usual` pause.
pub fn asked_for(asked: Option<Duration>, usual: Duration) -> Duration {
    const SHORT: Duration = Duration::from_secs(1);
    match asked {
        Some(asked) if asked >= SHORT => asked,
        asked => asked.unwrap_or_default().max(usual),
    }
}

/// Returns the pauses between this client's tries: they grow from 250 ms up to 5 s, and have no end.
///
/// ```
/// use std::time::Duration;
///
/// let first: Vec<_> = session_client::pauses().take(3).collect();
/// assert_eq!(first, [250, 500, 1_000].map(Duration::from_millis));
/// ```
pub fn pauses() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .build()
}

/// Says whether `code` is an error code with which providers report within JSON-RPC that their rate limit
/// was exceeded.
///
/// ```
/// assert!(session_client::is_rate_limit(-32_005) && !session_client::is_rate_limit(-32_601));
/// ```
#[must_use]
pub const fn is_rate_limit(code: i64) -> bool {
    matches!(code, 429 | -32_005 | -32_029 | -32_097)
}

const fn is_read(method: JsonRpcMethod) -> bool {
    !matches!(
        method,
        JsonRpcMethod::AddInvokeTransaction
            | JsonRpcMethod::AddDeclareTransaction
            | JsonRpcMethod::AddDeployAccountTransaction
    )
}

/// Defines `method_of`, which starknet-rust has and does not export.
macro_rules! methods {
    ($($method:ident)*) => {
        /// Returns the JSON-RPC method of a request in a batch.
        const fn method_of(request: &ProviderRequestData) -> JsonRpcMethod {
            match request {
                $(ProviderRequestData::$method(_) => JsonRpcMethod::$method,)*
            }
        }
    };
}

methods! {
    SpecVersion GetBlockWithTxHashes GetBlockWithTxs GetBlockWithReceipts GetStateUpdate GetStorageAt
    GetMessagesStatus GetTransactionStatus GetTransactionByHash GetTransactionByBlockIdAndIndex
    GetTransactionReceipt GetClass GetClassHashAt GetClassAt GetBlockTransactionCount Call EstimateFee
    EstimateMessageFee BlockNumber BlockHashAndNumber ChainId Syncing GetEvents GetNonce GetStorageProof
    AddInvokeTransaction AddDeclareTransaction AddDeployAccountTransaction TraceTransaction
    SimulateTransactions TraceBlockTransactions SubscribeNewHeads SubscribeEvents
    SubscribeTransactionStatus SubscribeNewTransactionReceipts SubscribeNewTransactions Unsubscribe
}

/// Says whether the answer is a rate limiter's error: `None` if it is not, otherwise the pause that it asks
/// for, if any.
fn limited<R>(answer: &JsonRpcResponse<R>) -> Option<Option<Duration>> {
    match answer {
        JsonRpcResponse::Error { error, .. } if is_rate_limit(error.code) => Some(backoff(error)),
        _ => None,
    }
}

/// Returns the pause that a rate limiter's error asks for.
fn backoff(error: &JsonRpcError) -> Option<Duration> {
    let seconds = error.data.as_ref()?.get("backoff_seconds")?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn failed(url: &Url, trouble: Trouble) -> TransportError {
    let (host, proxy) = (authority(url).into(), proxy_of(url).map(String::into));
    TransportError { host, trouble, retry_after: None, proxy }
}
