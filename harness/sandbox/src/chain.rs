//! The chain's own JSON-RPC. The devnet answers; the sandbox explains what an account refuses, and remembers
//! the transactions, also those that were refused before they were sent.

mod explanation;
mod hints;
mod outcome;
mod socket;
mod transaction;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::Value;

use super::history::{Fate, Step};
use super::problem::problem;
use super::reset::Chains;
use super::services::{SOCKETS, Services};
use session_devnet::json_rpc;
use transaction::Transactions;

/// The largest size of a WebSocket's messages and frames.
const MESSAGE: usize = 256 * 1_024;

/// Returns the routes of JSON-RPC over HTTP and WebSocket, and of the devnet's `/is_alive`. As with the devnet, a
/// POST to the page's path is JSON-RPC too.
pub fn routes() -> Router<Chains> {
    Router::new()
        .route("/", post(provide))
        .route("/rpc", post(provide))
        .route("/ws", any(converse))
        .route("/is_alive", get(|| async { "Alive!!!" }))
}

/// Answers JSON-RPC, unless a fault is drawn for the request.
async fn provide(State(services): State<Arc<Services>>, request: Request) -> Response {
    let answering = services.clone();
    let pass = async move |request: Request| match Bytes::from_request(request, &()).await {
        Ok(body) => answer(&answering, body).await,
        Err(refused) => refused.into_response(),
    };
    match &services.proxy {
        Some(proxy) => proxy.through(request, pass).await,
        None => pass(request).await,
    }
}

async fn converse(
    State(services): State<Arc<Services>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => return problem(refused.status(), "NO_WEBSOCKET", &refused.body_text()),
    };
    if !services.clock.is_at_once() {
        let message = "the realistic network tells nothing by WebSocket: ask by JSON-RPC over HTTP";
        return problem(StatusCode::NOT_IMPLEMENTED, "NOT_SERVED", message);
    }
    let Ok(place) = services.sockets.clone().try_acquire_owned() else {
        let message = format!("{SOCKETS} WebSockets are open: close one");
        return problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &message);
    };
    let (devnet, mut end) = (services.devnet_ws.clone(), services.end.subscribe());
    // After a reset nothing happens on the old chain, so its WebSockets are closed.
    drop(services);
    let upgrade = upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE);
    upgrade.on_upgrade(move |socket| async move {
        tokio::select! {
            () = socket::converse(socket, &devnet) => {}
            _ = end.changed() => {}
        }
        drop(place);
    })
}

/// Answers a JSON-RPC request, or the requests of a batch.
async fn answer(services: &Arc<Services>, body: Bytes) -> Response {
    json_rpc::respond(&body, |request| answer_one(services, request)).await
}

/// Answers a request. A notification is executed and gets no answer.
async fn answer_one(services: &Arc<Services>, request: Value) -> Option<Value> {
    let json_rpc::Request { id, method, params } = match json_rpc::Request::read(request) {
        Ok(request) => request,
        Err(refused) => return Some(refused),
    };
    let transactions = Transactions::read(&method, &params);
    let is_tried = transactions.as_ref().is_some_and(|it| it.step != Step::Send);
    if is_tried || asks_the_time(&method, &params) {
        services.clock.tick().await;
    }
    let hint = hints::of(&params);
    let is_notification = id.is_none();
    let mut answer = services.devnet.call(id, method, params).await;
    if let Some(error) = answer.get_mut("error") {
        let refused = explanation::explain(services, transactions.as_ref(), hint, error).await;
        if let (Some((invoke, refusal)), Some(transactions)) = (refused, &transactions) {
            outcome::remember(services, transactions, &invoke, Fate::refused(&refusal, None)).await;
        }
    } else if let Some(transactions) = transactions {
        outcome::follow(services, transactions, &answer["result"]).await;
    }
    (!is_notification).then_some(answer)
}

/// Says whether the request asks for the block in progress: so clients ask for the time that the next transaction
/// will see.
fn asks_the_time(method: &str, params: &Value) -> bool {
    let is_of_a_block = matches!(
        method,
        "starknet_getBlockWithTxHashes"
            | "starknet_getBlockWithTxs"
            | "starknet_getBlockWithReceipts"
    );
    let block = params.get("block_id").or_else(|| params.get(0));
    is_of_a_block && block.is_some_and(|it| it == "pre_confirmed")
}
