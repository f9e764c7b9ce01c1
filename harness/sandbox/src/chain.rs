//! The chain's own JSON-RPC: the devnet answers; what it refuses of an account is explained, and
//! what it takes is remembered.

mod transaction;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{any, post};
use serde::Deserialize;
use serde_json::{Value, json};
use starknet_devnet_server::rpc_core::error::RpcError;
use starknet_devnet_server::rpc_core::request::{Id, Request};
use starknet_devnet_server::rpc_core::response::RpcResponse;
use starknet_devnet_server::rpc_handler::{RpcHandler, handle_request};
use starknet_rust::core::types::Felt;

use super::accounts;
use super::diagnosis::{self, Diagnosis, Signed};
use super::history::{Fate, Via};
use super::problem::problem;
use super::services::Services;
use session_client::json::felt;
use session_client::{Finality, Refusal};
use session_devnet::faults::{Proxy, provide};
use transaction::Invoke;

/// WebSockets that may be open at a time, and the size of their messages.
pub const SOCKETS: usize = 64;
const MESSAGE: usize = 256 * 1_024;
/// Requests that a batch may have.
const BATCH: usize = 50;
const SUBMIT: &str = "starknet_addInvokeTransaction";

/// Serves JSON-RPC by HTTP, where things go wrong as `proxy` says, and by WebSocket.
pub fn routes(proxy: Option<Proxy>) -> Router<Arc<Services>> {
    let rpc = match proxy {
        None => post(answer),
        Some(proxy) => post(answer).layer(from_fn_with_state(proxy, provide)),
    };
    Router::new().route("/rpc", rpc).route("/ws", any(converse))
}

async fn converse(State(services): State<Arc<Services>>, upgrade: WebSocketUpgrade) -> Response {
    if !services.clock.is_at_once() {
        let message = "the realistic network tells nothing by WebSocket: ask by JSON-RPC over HTTP";
        return problem(StatusCode::NOT_IMPLEMENTED, "NOT_SERVED", message);
    }
    let Ok(place) = services.sockets.clone().try_acquire_owned() else {
        let message = format!("{SOCKETS} WebSockets are open: close one");
        return problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &message);
    };
    let devnet = services.devnet.clone();
    upgrade.max_message_size(MESSAGE).on_upgrade(move |socket| async move {
        devnet.on_websocket(socket).await;
        drop(place);
    })
}

/// Answers JSON-RPC of the devnet's: a request, or a batch of them, answered one after another.
pub async fn answer(State(services): State<Arc<Services>>, body: Bytes) -> Json<Value> {
    Json(match serde_json::from_slice(&body) {
        Ok(Value::Array(requests)) if (1..=BATCH).contains(&requests.len()) => {
            let _turn = services.batch.lock().await;
            let mut answers = Vec::new();
            for request in requests {
                answers.push(answer_one(&services, request).await);
            }
            Value::Array(answers)
        }
        Ok(Value::Array(_)) => {
            let reason = format!("a batch has 1 to {BATCH} requests");
            refused(Id::Null, RpcError::invalid_request_with_reason(reason))
        }
        Ok(request) => answer_one(&services, request).await,
        Err(error) => refused(Id::Null, RpcError::parse_error(error.to_string())),
    })
}

async fn answer_one(services: &Arc<Services>, request: Value) -> Value {
    let id = id_of(&request);
    let invoke = Invoke::read(&request);
    let submitted = request["method"] == SUBMIT;
    if invoke.is_some() && !submitted {
        services.clock.tick().await;
    }
    let mut answer = match serde_json::from_value(request).map(Request::Single) {
        Ok(call) => match handle_request(call, services.devnet.clone()).await {
            Some(answer) => serde_json::to_value(answer).unwrap_or(Value::Null),
            None => {
                refused(id, RpcError::invalid_request_with_reason("a notification has no answer"))
            }
        },
        Err(error) => refused(id, RpcError::invalid_request_with_reason(error.to_string())),
    };
    if let Some(invoke) = invoke {
        follow(services, invoke, submitted, &mut answer).await;
    }
    answer
}

/// Reads what a request names itself: null unless it is a text or a whole number.
pub fn id_of(request: &Value) -> Id {
    Id::deserialize(&request["id"]).unwrap_or(Id::Null)
}

fn refused(id: Id, error: RpcError) -> Value {
    json!(RpcResponse::from_rpc_error(error, id))
}

/// Remembers what became of `invoke`; explains its refusal in the answer.
async fn follow(services: &Arc<Services>, invoke: Invoke, submitted: bool, answer: &mut Value) {
    let fate = if let Some(error) = answer.get_mut("error") {
        let refusal = explained(services, &invoke, &Refusal::read(error.to_string())).await;
        teach(error, &refusal);
        Fate::refused(&refusal, None)
    } else if submitted {
        let Some(hash) = felt(&answer["result"]["transaction_hash"]) else { return };
        if !services.clock.is_at_once() {
            // A network answers before there is a block: what becomes of it is remembered later.
            let services = services.clone();
            tokio::spawn(async move {
                if let Some(fate) = included(&services, &invoke, hash).await {
                    remember(&services, &invoke, fate);
                }
            });
            return;
        }
        match included(services, &invoke, hash).await {
            Some(fate) => fate,
            None => return,
        }
    } else {
        return;
    };
    if submitted {
        remember(services, &invoke, fate);
    }
}

fn remember(services: &Services, invoke: &Invoke, fate: Fate) {
    let (account, signature, calls) = invoke.signed();
    services.sponsor.history().record(Via::Rpc, account, signature, calls, fate);
}

/// Returns what became of a transaction that the chain took.
async fn included(services: &Services, invoke: &Invoke, hash: Felt) -> Option<Fate> {
    let outcome = services.node.wait(hash, Finality::AcceptedOnL2).await.ok()?;
    let Some(reverted) = outcome.reverted else {
        return Some(Fate::Accepted { transaction_hash: hash, l2_gas: outcome.l2_gas });
    };
    let refusal = explained(services, invoke, &reverted).await;
    Some(Fate::refused(&refusal, Some(hash)))
}

async fn explained(services: &Services, invoke: &Invoke, refusal: &Refusal) -> Diagnosis {
    let node = &services.node;
    let (account, signature, calls) = invoke.signed();
    let hashes = match &invoke.outside {
        Some(signed) => {
            diagnosis::of_outside_execution(&signed.outside_execution, account, services.chain_id)
        }
        None => {
            let account_on = |chain| accounts::unsigned(node, account, chain);
            diagnosis::of_transaction(&invoke.transaction, account_on, services.chain_id)
        }
    };
    let (max_fee, differences) = (invoke.max_fee(), Vec::new());
    let signed = Signed { account, calls, signature, max_fee, hashes, differences };
    diagnosis::explain(node, refusal, &signed).await
}

/// Puts the explanation where the client shows it, and leaves what the node said.
fn teach(error: &mut Value, refusal: &Diagnosis) {
    let text = refusal.text();
    match error.get_mut("data") {
        Some(Value::Object(data)) => {
            data.insert("explanation".to_owned(), Value::String(text));
        }
        Some(Value::String(data)) => *data = format!("{data}\n{text}"),
        _ => error["data"] = Value::String(text),
    }
}
