//! The chain's own JSON-RPC. The devnet answers; the sandbox explains what an account refuses, and remembers
//! the transactions, also those that were refused before they were sent.

mod hints;
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
use serde_json::{Map, Value};
use starknet_rust::core::types::Felt;

use super::accounts;
use super::diagnosis::{self, Diagnosis, Kind, Signed};
use super::history::{Fate, Happened, Payer, Sent, Step, Via};
use super::problem::problem;
use super::reset::Chains;
use super::services::{SOCKETS, Services};
use super::sessions::calls_left;
use session_client::json::felt;
use session_client::{Finality, Fri, Outcome, Refusal};
use session_devnet::json_rpc;
use transaction::Invoke;

/// The largest size of a WebSocket's messages and frames.
const MESSAGE: usize = 256 * 1_024;
/// The code with which a node reports a gateway's errors that have no code of their own, for example that the
/// gateway is closed. With it, neither the account nor a call has refused.
const UNEXPECTED: i64 = 63;
/// The codes with which a node refuses an estimate or a simulation because of the transaction: there is no such
/// contract, or the account or a call fails. Other codes are about the request, such as a block that is not there.
const REFUSED: [i64; 3] = [20, 40, 41];

/// Returns the routes of JSON-RPC over HTTP and WebSocket, and of the devnet's `/is_alive`.
pub fn routes() -> Router<Chains> {
    Router::new()
        .route("/rpc", post(provide))
        .route("/ws", any(converse))
        .route("/is_alive", get(|| async { "Alive!!!" }))
}

/// Answers JSON-RPC, unless a fault is drawn for the request.
async fn provide(State(services): State<Arc<Services>>, request: Request) -> Response {
    let answering = services.clone();
    let pass = async move |request: Request| match Bytes::from_request(request, &()).await {
        Ok(body) => answer(State(answering), body).await,
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
pub async fn answer(State(services): State<Arc<Services>>, body: Bytes) -> Response {
    json_rpc::respond(&body, |request| answer_one(&services, request)).await
}

/// Answers a request. A notification is executed and gets no answer.
async fn answer_one(services: &Arc<Services>, request: Value) -> Option<Value> {
    let json_rpc::Request { id, method, params } = match json_rpc::Request::read(request) {
        Ok(request) => request,
        Err(refused) => return Some(refused),
    };
    let invoke = Invoke::read(&method, &params);
    if invoke.as_ref().is_some_and(|it| it.step != Step::Send) {
        services.clock.tick().await;
    }
    let hint = hints::of(&params);
    let sent = invoke.as_ref().and_then(|_| Sent::of_rpc("rpc", &method, &params));
    let is_notification = id.is_none();
    let mut answer = services.devnet.call(id, method, params).await;
    match invoke {
        Some(invoke) => follow(services, invoke, sent, &mut answer).await,
        None => {
            if let (Some(error), Some(hint)) = (answer.get_mut("error"), hint) {
                teach(error, &hint);
            }
        }
    }
    (!is_notification).then_some(answer)
}

/// Remembers the result of `invoke`, and explains a refusal in the answer. An estimate or a simulation that
/// succeeds is not remembered.
async fn follow(services: &Arc<Services>, invoke: Invoke, sent: Option<Sent>, answer: &mut Value) {
    let is_sent = invoke.step == Step::Send;
    let fate = if let Some(error) = answer.get_mut("error") {
        let said = Refusal::read(error.to_string());
        let refusal = if error["code"] == UNEXPECTED {
            Diagnosis::unexplained(&said, invoke.signed().1)
        } else {
            let refusal = explained(services, &invoke, &said).await;
            teach(error, &refusal.text());
            refusal
        };
        if !is_sent && !error["code"].as_i64().is_some_and(|it| REFUSED.contains(&it)) {
            return;
        }
        Fate::refused(&refusal, None)
    } else if is_sent {
        let Some(hash) = felt(&answer["result"]["transaction_hash"]) else { return };
        if !services.clock.is_at_once() {
            // A network answers before the transaction is in a block, so its result is remembered later.
            let services = services.clone();
            tokio::spawn(async move {
                if let Some(fate) = included(&services, &invoke, hash).await {
                    remember(&services, &invoke, sent, fate).await;
                }
            });
            return;
        }
        match included(services, &invoke, hash).await {
            Some(fate) => fate,
            None => return,
        }
    } else if let Some(reason) = revert_reason(&answer["result"]) {
        Fate::refused(&explained(services, &invoke, &Refusal::read(reason)).await, None)
    } else {
        return;
    };
    remember(services, &invoke, sent, fate).await;
}

/// Returns the reason for which the one transaction reverts that was simulated. Its simulation succeeds all the
/// same, and tells the reason in the trace.
fn revert_reason(result: &Value) -> Option<&str> {
    // With the initial reads, the simulated transactions are a part of the result.
    let simulated = result.get("simulated_transactions").unwrap_or(result);
    simulated[0]["transaction_trace"]["execute_invocation"]["revert_reason"].as_str()
}

async fn remember(services: &Services, invoke: &Invoke, sent: Option<Sent>, fate: Fate) {
    let (account, signature, calls) = invoke.signed();
    let payer = (invoke.step == Step::Send).then_some(match invoke.outside {
        Some(_) => Payer::Other { address: invoke.sender },
        None => Payer::Account,
    });
    let calls_left = match fate {
        Fate::Accepted { .. } => calls_left(&services.node, account, signature).await,
        Fate::Refused { .. } => None,
    };
    let outside = invoke.outside.as_ref();
    services.sponsor.history().record(Happened {
        time: services.node.now().await.unwrap_or_default(),
        via: Via::Rpc,
        step: invoke.step,
        account,
        signature,
        calls,
        payer,
        fate,
        calls_left,
        typed_data: outside.map(|it| it.outside_execution.typed_data(services.chain_id)),
        sent,
    });
}

/// Waits for the result of a transaction that the chain accepted.
async fn included(services: &Services, invoke: &Invoke, hash: Felt) -> Option<Fate> {
    let outcome = services.node.wait(hash, Finality::AcceptedOnL2).await.ok()?;
    let Some(reverted) = outcome.reverted else {
        let Outcome { l2_gas, fee: Fri(fee), .. } = outcome;
        return Some(Fate::Accepted { transaction_hash: hash, l2_gas, fee });
    };
    let refusal = explained(services, invoke, &reverted).await;
    Some(Fate::refused(&refusal, Some(hash)))
}

async fn explained(services: &Services, invoke: &Invoke, refusal: &Refusal) -> Diagnosis {
    let node = &services.node;
    let (account, signature, calls) = invoke.signed();
    let (kind, hashes) = match &invoke.outside {
        Some(signed) => (
            Kind::Outside,
            diagnosis::of_outside_execution(&signed.outside_execution, account, services.chain_id),
        ),
        None => {
            let account_on = |chain| accounts::unsigned(node, account, chain);
            let hashes =
                diagnosis::of_transaction(&invoke.transaction, account_on, services.chain_id);
            (Kind::Plain, hashes)
        }
    };
    let session_keys = services.sessions.keys_of(account, signature).await;
    let (max_fee, differences) = (invoke.max_fee(), Vec::new());
    let names = &services.names;
    let signed = Signed {
        kind,
        account,
        calls,
        signature,
        max_fee,
        hashes,
        differences,
        session_keys,
        names,
    };
    diagnosis::explain(node, refusal, &signed).await
}

/// Puts `told` where clients show it, before the node's own message.
fn teach(error: &mut Value, told: &str) {
    match error.get_mut("data") {
        Some(Value::Object(data)) => {
            let mut taught = Map::new();
            taught.insert("explanation".to_owned(), told.into());
            taught.append(data);
            *data = taught;
        }
        Some(Value::String(data)) => *data = format!("{told}\n\n{data}"),
        _ => error["data"] = told.into(),
    }
}
