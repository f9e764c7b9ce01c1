//! What goes wrong between a client and a node of a network: answers that are lost, providers that ask
//! for patience, backends that have fallen behind.

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
use starknet_devnet_server::rpc_core::request::Request as RpcRequest;
use starknet_devnet_server::rpc_handler::handle_request;
use url::Url;

pub use draw::{Faults, UnknownFault};

use crate::{Embedded, Handler, StartError};

/// The longest request that is read: a declaration is some 4 MB.
const LONGEST: usize = 16 * 1_024 * 1_024;
/// After how many answers of a backend that has fallen behind it has caught up.
const STALE_FOR: u32 = 12;
/// The method whose answers come in pages.
const EVENTS: &str = "starknet_getEvents";

/// How a provider says when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryAfter {
    /// Not at all.
    Unsaid,
    /// In so many seconds.
    Seconds(u64),
    /// By a date of HTTP, so many seconds from now.
    Date(u64),
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The request arrives; the connection breaks after the head of the answer.
    LostAnswer,
    /// The request does not arrive; the connection breaks after the head of an answer.
    HangUp,
    /// The request arrives; what stands before the node gives up waiting: HTTP 504, in HTML.
    GatewayTimeout,
    /// The request arrives; the node gives up waiting for the network's gateway: 63, with its HTTP
    /// client's text. Of what only reads it is a time-out of the node's own: HTTP 408.
    NodeTimeout,
    /// What stands before the node has no node to ask: HTTP 503, in HTML.
    Unavailable,
    /// What stands before the node answers a page in HTML with HTTP 200.
    Html,
    /// The provider asks for fewer requests: HTTP 429.
    TooMany(RetryAfter),
    /// The provider asks for fewer requests, with HTTP 200 and -32005 in JSON-RPC.
    Limited,
    /// A backend answers that is some blocks behind. What is sent arrives all the same.
    Stale,
    /// A page of events is empty, and names the next one.
    EmptyPage,
    /// Another backend does not know the page of events that is asked for: 33.
    UnknownPage,
    /// The provider finds the range of blocks too wide: HTTP 413.
    TooWide,
    /// The node has no block that is being made: 24.
    NoPreConfirmed,
    /// The node speaks version 0.8 of the specification: it knows no pre-confirmed block, and tells
    /// nothing with 52.
    OldNode,
}

/// What decides what goes wrong with a request: it is given the method and the parameters.
type Decide = dyn Fn(&str, &Value) -> Option<Fault> + Send + Sync;

/// Stands before a node, and makes what goes wrong go wrong.
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
    /// Serves `embedded` at another place too, where things go wrong as `decide` says. Returns where, and
    /// what counts them.
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

    /// Stands before `handler`; `decide` says what goes wrong with a request of its method and parameters.
    pub fn new(
        handler: Handler,
        decide: impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { decide: Arc::new(decide), handler, behind: Arc::default(), counts: Arc::default() }
    }

    /// Lets a backend fall behind from now on: [`Fault::Stale`] is answered by what it knows now.
    pub async fn fall_behind(&self) {
        *self.behind.lock().await = Some((self.handler.stale().await, u32::MAX));
    }

    /// Returns how often each fault went wrong.
    pub fn counts(&self) -> HashMap<Fault, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers by a backend that has fallen behind. It catches up after some answers, and falls behind
    /// again.
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
        match serde_json::from_slice::<RpcRequest>(body) {
            Ok(request) => match handle_request(request, handler).await {
                Some(answer) => axum::Json(answer).into_response(),
                None => StatusCode::NO_CONTENT.into_response(),
            },
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        }
    }
}

/// Makes go wrong what `proxy` decides, and passes on the rest: a layer for a route of JSON-RPC.
pub async fn provide(State(proxy): State<Proxy>, request: Request, next: Next) -> Response {
    proxy.through(request, |request| next.run(request)).await
}

impl Proxy {
    /// Makes go wrong with `request` what is decided. `pass` answers it, where the request arrives.
    pub async fn through<F: Future<Output = Response>>(
        &self,
        request: Request,
        pass: impl FnOnce(Request) -> F,
    ) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let call: Value = serde_json::from_slice(&body).unwrap_or_default();
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

/// Says whether `fault` can go wrong with `method`.
fn fits(fault: Fault, method: &str, params: &Value) -> bool {
    match fault {
        // What is sent arrives, whichever backend takes it; what only the devnet can do is no network's.
        Fault::Stale => !writes(method) && !method.starts_with("devnet_"),
        Fault::EmptyPage | Fault::UnknownPage | Fault::TooWide => method == EVENTS,
        Fault::NoPreConfirmed => asks_for_pre_confirmed(params),
        Fault::OldNode => {
            method == "starknet_specVersion" || writes(method) || asks_for_pre_confirmed(params)
        }
        _ => true,
    }
}
