//! The chain's own JSON-RPC. The devnet answers; the sandbox explains what an account refuses, and remembers
//! the transactions, also those that were refused before they were sent.

mod hints;
mod socket;
mod transaction;

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use starknet_rust::core::types::{Felt, StarknetError};
use starknet_rust::providers::jsonrpc::JsonRpcError;

use super::accounts;
use super::diagnosis::{self, Diagnosis, Kind, Signed};
use super::history::{Fate, Happened, Payer, Step, Via};
use super::problem::problem;
use super::reset::Chains;
use super::services::{SOCKETS, Services};
use session_client::json::felt;
use session_client::{Cause, Finality, Refusal};
use session_devnet::json_rpc;
use transaction::{Invoke, Place, Transactions};

/// The largest size of a WebSocket's messages and frames.
const MESSAGE: usize = 256 * 1_024;
/// The codes with which JSON-RPC itself refuses a request. No transaction is refused with them.
const JSON_RPC: RangeInclusive<i64> = -32_768..=-32_000;

/// The code of the devnet's errors for which the specification has none. Only the message says what happened, for
/// example that `__validate__` returned 0.
const UNKNOWN: i64 = -1;

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
async fn answer(State(services): State<Arc<Services>>, body: Bytes) -> Response {
    json_rpc::respond(&body, |request| answer_one(&services, request)).await
}

/// Answers a request. A notification is executed and gets no answer.
async fn answer_one(services: &Arc<Services>, request: Value) -> Option<Value> {
    let json_rpc::Request { id, method, params } = match json_rpc::Request::read(request) {
        Ok(request) => request,
        Err(refused) => return Some(refused),
    };
    let transactions = Transactions::read(&method, &params);
    if transactions.as_ref().is_some_and(|it| it.step != Step::Send) {
        services.clock.tick().await;
    }
    let hint = hints::of(&params);
    let is_notification = id.is_none();
    let mut answer = services.devnet.call(id, method, params).await;
    if let Some(error) = answer.get_mut("error") {
        let refused = explain(services, transactions.as_ref(), hint, error).await;
        if let (Some((invoke, refusal)), Some(transactions)) = (refused, &transactions) {
            remember(services, transactions, invoke, Fate::refused(&refusal, None)).await;
        }
    } else if let Some(transactions) = transactions {
        follow(services, transactions, &answer["result"]).await;
    }
    (!is_notification).then_some(answer)
}

/// Explains `error` in itself: by the refusal of one of `transactions`, or by the `hint` about the request.
/// Returns the transaction that was refused. If the error is about the request, there is none.
async fn explain<'a>(
    services: &Services,
    transactions: Option<&'a Transactions>,
    hint: Option<String>,
    error: &mut Value,
) -> Option<(&'a Invoke, Diagnosis)> {
    let said = JsonRpcError::deserialize(&*error).ok()?;
    let refused = transactions.and_then(|it| {
        let index = error["data"]["transaction_index"].as_u64();
        let index = index.and_then(|index| usize::try_from(index).ok());
        index.map_or_else(|| it.only(), |index| it.at(index))
    });
    if let (Some(place), Some(refusal)) = (refused, refusal_of(&said)) {
        let told = explained(services, place, &refusal).await;
        teach(error, &told.text());
        return Some((place.invoke, told));
    }
    if let Some(hint) = hint {
        teach(error, &hint);
    }
    // The network refuses a transaction for other reasons too, for example because its gateway is closed.
    let is_sent = transactions.is_some_and(|it| it.step == Step::Send);
    let place = refused.filter(|_| is_sent && !JSON_RPC.contains(&said.code))?;
    let text = said.data.as_ref().and_then(Value::as_str).unwrap_or(&said.message);
    let told = Diagnosis::unexplained(&Refusal::read(text), place.invoke.signed().1);
    Some((place.invoke, told))
}

/// Returns the refusal that `error` reports, if it is one that can be explained.
fn refusal_of(error: &JsonRpcError) -> Option<Refusal> {
    let error = match error.code {
        UNKNOWN => StarknetError::UnexpectedError(error.message.clone()),
        _ => StarknetError::try_from(error).ok()?,
    };
    let refusal = Refusal::of(&error)?;
    // A validation that fails for an unknown reason says nothing about the calls.
    let is_of_calls = !matches!(error, StarknetError::ValidationFailure(_));
    (is_of_calls || refusal.cause() != Cause::Other).then_some(refusal)
}

/// Remembers what became of `transactions`, which the devnet took with this `result`. An estimate or a simulation
/// that succeeds is not remembered.
async fn follow(services: &Arc<Services>, transactions: Transactions, result: &Value) {
    if transactions.step != Step::Send {
        let reverted = first_reverted(result);
        let reverted = reverted.and_then(|(index, why)| Some((transactions.at(index)?, why)));
        let Some((place, why)) = reverted else { return };
        let refusal = explained(services, place, &Refusal::read(why)).await;
        let fate = Fate::refused(&refusal, None);
        return remember(services, &transactions, place.invoke, fate).await;
    }
    let Some(hash) = felt(&result["transaction_hash"]) else { return };
    let at_once = services.clock.is_at_once();
    let services = services.clone();
    let included = async move {
        let Some(place) = transactions.only() else { return };
        if let Some(fate) = included(&services, place, hash).await {
            remember(&services, &transactions, place.invoke, fate).await;
        }
    };
    if at_once {
        included.await;
    } else {
        // A network answers before the transaction is in a block, so its result is remembered later.
        tokio::spawn(included);
    }
}

/// Returns the first of the simulated transactions that reverts, by its index, and the reason. Its simulation
/// succeeds all the same, and tells the reason in the trace.
fn first_reverted(result: &Value) -> Option<(usize, &str)> {
    // With the initial reads, the simulated transactions are a part of the result.
    let simulated = result.get("simulated_transactions").unwrap_or(result).as_array()?;
    simulated.iter().enumerate().find_map(|(index, it)| {
        let trace = &it["transaction_trace"]["execute_invocation"];
        Some((index, trace["revert_reason"].as_str()?))
    })
}

async fn remember(services: &Services, transactions: &Transactions, invoke: &Invoke, fate: Fate) {
    let step = transactions.step;
    let (account, signature, calls) = invoke.signed();
    let payer = (step == Step::Send).then_some(match invoke.outside {
        Some(_) => Payer::Other { address: invoke.sender },
        None => Payer::Account,
    });
    let outside = invoke.outside.as_ref();
    let typed_data = outside.map(|it| it.outside_execution.typed_data(services.chain_id));
    let (via, request) = (Via::Rpc, transactions.request.clone());
    let happened =
        Happened { via, step, account, signature, calls, payer, fate, typed_data, request };
    services.sponsor.history().record(happened).await;
}

/// Waits for the result of a transaction that the chain accepted.
async fn included(services: &Services, place: Place<'_>, hash: Felt) -> Option<Fate> {
    let outcome = services.node.wait(hash, Finality::AcceptedOnL2).await.ok()?;
    let Some(reverted) = &outcome.reverted else {
        return Some(Fate::accepted(&outcome));
    };
    let refusal = explained(services, place, reverted).await;
    Some(Fate::refused(&refusal, Some(hash)))
}

async fn explained(services: &Services, place: Place<'_>, refusal: &Refusal) -> Diagnosis {
    let (node, invoke) = (&services.node, place.invoke);
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
    let mut told = diagnosis::explain(node, refusal, &signed).await;
    // A row shows the first two lines.
    told.lines.splice(1..1, place.told());
    told
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
