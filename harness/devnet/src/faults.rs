//! Simulates the faults between a client and a node: lost answers, rate limits, backends that are behind.

mod draw;
mod reply;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;

pub use draw::{Faults, UnknownFault};

use crate::embedded::LONGEST;
use crate::{Embedded, Handler, StartError, json_rpc};

/// After this many answers, a backend that is behind has caught up.
const STALE_FOR: u32 = 12;
/// The method whose answers have pages.
const EVENTS: &str = "starknet_getEvents";

/// How a rate limiter says when the client may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAfter {
    /// It does not say so.
    Unsaid,
    /// By this number of seconds.
    Seconds(u64),
    /// By an HTTP date this many seconds in the future.
    Date(u64),
}

/// A fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The request arrives. The connection breaks after the head of the answer.
    LostAnswer,
    /// The request does not arrive. The connection breaks after the head of an answer.
    HangUp,
    /// The request arrives. The proxy before the node gives up waiting and answers HTTP 504, in HTML.
    GatewayTimeout,
    /// The request arrives. The node gives up waiting for the network's gateway, and answers 63 with its
    /// HTTP client's text. For a request that only reads, the node itself answers HTTP 408.
    NodeTimeout,
    /// The proxy before the node has no node: HTTP 503, in HTML.
    Unavailable,
    /// The proxy before the node answers an HTML page with HTTP 200.
    Html,
    /// The provider's rate limit: HTTP 429.
    TooMany(RetryAfter),
    /// The provider's rate limit: HTTP 200, and -32005 in JSON-RPC.
    Limited,
    /// A backend answers that is some blocks behind. Transactions reach the network all the same.
    Stale,
    /// A page of events is empty, and has a next page.
    EmptyPage,
    /// Another backend does not know the requested page of events: 33.
    UnknownPage,
    /// The provider refuses the range of blocks as too wide: HTTP 413.
    TooWide,
    /// The node has no pre-confirmed block: 24.
    NoPreConfirmed,
    /// The node has version 0.8 of the specification: it does not know pre-confirmed blocks, and sends no
    /// data with code 52.
    OldNode,
}

/// A function that decides the fault of a request by its method and parameters.
type Decide = dyn Fn(&str, &Value) -> Option<Fault> + Send + Sync;

/// A proxy before a node, which causes faults.
#[derive(Clone)]
pub struct Proxy {
    decide: Arc<Decide>,
    handler: Handler,
    behind: Arc<tokio::sync::Mutex<Option<(Handler, u32)>>>,
    counts: Arc<Mutex<HashMap<Fault, u64>>>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Proxy")
    }
}

impl Proxy {
    /// Serves `embedded` at a second URL, where the faults occur that `decide` chooses. Returns the URL,
    /// and the proxy, which counts the faults.
    ///
    /// # Errors
    /// [`StartError`] if no port is free, or the devnet has stopped.
    pub async fn before(
        embedded: &Embedded,
        decide: impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> Result<(Url, Self), StartError> {
        let proxy = Self::new(embedded.handler(), decide);
        let router = embedded.router().layer(from_fn_with_state(proxy.clone(), provide));
        Ok((embedded.serve_also(router).await?, proxy))
    }

    /// Builds a proxy before `handler`. `decide` chooses the fault of a request by its method and
    /// parameters.
    pub fn new(
        handler: Handler,
        decide: impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { decide: Arc::new(decide), handler, behind: Arc::default(), counts: Arc::default() }
    }

    /// Stops the backend that is behind at the chain's present state: [`Fault::Stale`] is answered from it.
    pub async fn fall_behind(&self) {
        *self.behind.lock().await = Some((self.handler.stale().await, u32::MAX));
    }

    /// Returns how often each fault occurred.
    pub fn counts(&self) -> HashMap<Fault, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers from a backend that is behind. After some answers it catches up, and falls behind again.
    async fn stale(&self, body: &[u8]) -> Response {
        let handler = {
            let mut behind = self.behind.lock().await;
            match &mut *behind {
                Some((handler, left)) if *left > 0 => {
                    *left -= 1;
                    handler.clone()
                }
                _ => {
                    let handler = self.handler.stale().await;
                    *behind = Some((handler.clone(), STALE_FOR));
                    handler
                }
            }
        };
        let answer = async |request: Value| {
            let json_rpc::Request { id, method, params } = match json_rpc::Request::read(request) {
                Ok(request) => request,
                Err(refused) => return Some(refused),
            };
            let is_notification = id.is_none();
            let answer = handler.call(id, method, params).await;
            (!is_notification).then_some(answer)
        };
        json_rpc::respond(body, answer).await
    }
}

/// Causes the faults that `proxy` chooses, and passes all other requests on: a middleware for a JSON-RPC
/// route.
pub async fn provide(State(proxy): State<Proxy>, request: Request, next: Next) -> Response {
    proxy.through(request, |request| next.run(request)).await
}

impl Proxy {
    /// Causes the chosen fault for `request`. If the request arrives, `pass` answers it.
    pub async fn through<F: Future<Output = Response>>(
        &self,
        request: Request,
        pass: impl FnOnce(Request) -> F,
    ) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        // A batch is not kept while it is answered: parsed, it takes many times its size.
        let call = serde_json::from_slice(&body).ok().filter(Value::is_object).unwrap_or_default();
        let method = call["method"].as_str().unwrap_or_default();
        let fault =
            (self.decide)(method, &call["params"]).filter(|it| fits(*it, method, &call["params"]));
        let pass = |body: Bytes| pass(Request::from_parts(head, Body::from(body)));
        let Some(fault) = fault else { return pass(body).await };
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(fault).or_default() += 1;
        let id = &call["id"];
        match fault {
            Fault::LostAnswer => {
                pass(body).await;
                reply::broken()
            }
            Fault::HangUp => reply::broken(),
            Fault::GatewayTimeout => {
                pass(body).await;
                reply::html(StatusCode::GATEWAY_TIMEOUT)
            }
            Fault::NodeTimeout if writes(method) => {
                pass(body).await;
                let text = "error sending request: operation timed out";
                reply::error(id, 63, "An unexpected error occurred", Some(json!(text)))
            }
            Fault::NodeTimeout => reply::text(StatusCode::REQUEST_TIMEOUT, "Request took too long"),
            Fault::Unavailable => reply::html(StatusCode::SERVICE_UNAVAILABLE),
            Fault::Html => reply::html(StatusCode::OK),
            Fault::TooMany(retry_after) => reply::too_many(retry_after),
            Fault::Limited => {
                let data = json!({ "backoff_seconds": 1 });
                reply::error(
                    id,
                    -32_005,
                    "daily request count exceeded, request rate limited",
                    Some(data),
                )
            }
            Fault::Stale => self.stale(&body).await,
            Fault::EmptyPage => {
                let page =
                    json!({ "events": [], "continuation_token": reply::skipping(&call["params"]) });
                axum::Json(json!({ "jsonrpc": "2.0", "id": id, "result": page })).into_response()
            }
            Fault::UnknownPage => {
                let message = "The supplied continuation token is invalid or unknown";
                reply::error(id, 33, message, None)
            }
            Fault::TooWide => reply::text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "eth_getLogs is limited to a 10,000 range",
            ),
            Fault::NoPreConfirmed => reply::error(id, 24, "Block not found", None),
            Fault::OldNode if method == "starknet_specVersion" => {
                axum::Json(json!({ "jsonrpc": "2.0", "id": id, "result": "0.8.1" })).into_response()
            }
            Fault::OldNode if writes(method) => reply::without_data(pass(body).await).await,
            Fault::OldNode => {
                let data = json!({ "reason": "unknown variant `pre_confirmed`" });
                reply::error(id, -32_602, "Invalid params", Some(data))
            }
        }
    }
}

fn writes(method: &str) -> bool {
    method.starts_with("starknet_add")
}

fn asks_for_pre_confirmed(params: &Value) -> bool {
    let is_tag = |it: &Value| it == "pre_confirmed";
    match params {
        Value::Object(it) => it.values().any(is_tag),
        Value::Array(it) => it.iter().any(is_tag),
        _ => false,
    }
}

/// Says whether `fault` can occur for `method`.
fn fits(fault: Fault, method: &str, params: &Value) -> bool {
    match fault {
        // A transaction reaches the network through any backend, and a real network has no `devnet_*`
        // methods.
        Fault::Stale => !writes(method) && !method.starts_with("devnet_"),
        Fault::EmptyPage | Fault::UnknownPage | Fault::TooWide => method == EVENTS,
        Fault::NoPreConfirmed => asks_for_pre_confirmed(params),
        Fault::OldNode => {
            method == "starknet_specVersion" || writes(method) || asks_for_pre_confirmed(params)
        }
        _ => true,
    }
}
