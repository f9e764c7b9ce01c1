//! Chipi's three endpoints that its SDKs use for sessions: their paths, bodies and answers.
//!
//! The headers `x-api-key` and `Authorization` and the fields `accountClassHash` and `walletType` are
//! ignored, since every account here has the sandbox's class.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::history::{ClientRequest, Fate, Happened, Via};
use super::names::Names;
use super::problem::problem;
use super::reset::Chains;
use super::services::Services;
use super::sponsor::{LIFETIME, Submission, Unsponsored};
use super::typed_data;
use session_client::Rule;
use session_client::felt::parse as parse_felt;
use session_client::json::{felt, felts};
use session_client::{OutsideExecution, SignedOutsideExecution};

/// Returns the endpoints' routes, relative to a base URL to which the SDKs append a version.
pub fn routes() -> Router<Chains> {
    Router::new()
        .route("/v1/transactions/prepare-typed-data", post(prepare))
        .route("/v1/transactions/execute-sponsored-transaction", post(execute))
        .route("/v1/transactions/execute-sponsored-raw", post(execute_raw))
}

/// Answers `{ publicKey, calls }` with `{ typedData, walletType }`.
async fn prepare(State(services): State<Arc<Services>>, body_text: Bytes) -> Response {
    let prepared = match parse(&body_text) {
        Ok(body) => {
            let prepared = prepared(&services, &body).await;
            if let Err(BadRequest::Field(told)) = &prepared {
                remember(&services, &body, posted("prepare-typed-data", &body_text), told).await;
            }
            prepared
        }
        Err(error) => Err(error),
    };
    match prepared {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.response(),
    }
}

/// Remembers that `body` was refused when its typed data was to be prepared, if it says for which account.
async fn remember(services: &Services, body: &Value, request: ClientRequest, told: &str) {
    let Ok(account) = account(&body["publicKey"], "publicKey") else { return };
    // If one of them cannot be read, none is shown.
    let calls = calls(body, &services.names).unwrap_or_default();
    let fate = Fate::turned_down(told.to_owned());
    let happened = Happened::unsigned(Via::Chipi, account, &calls, fate, request);
    services.sponsor.history().record(happened).await;
}

async fn prepared(services: &Services, body: &Value) -> Result<Value, BadRequest> {
    let account = account(&body["publicKey"], "publicKey")?;
    let calls = calls(body, &services.names)?;
    services.clock.tick().await;
    let now = services.node.now().await.map_err(|it| BadRequest::Node(it.to_string()))?;
    let execution = OutsideExecution::new(calls, now + LIFETIME);
    let typed_data = services.sponsor.prepare(account, &execution);
    Ok(json!({ "typedData": typed_data, "walletType": "CHIPI" }))
}

/// Answers `{ publicKey, typedData, userSignature }` with `{ transactionHash }`.
async fn execute(State(services): State<Arc<Services>>, body_text: Bytes) -> Response {
    let request = parse(&body_text).and_then(|body| {
        let account = account(&body["publicKey"], "publicKey")?;
        let execution = typed_data::read(&body["typedData"], &services.names)
            .map_err(|it| format!("typedData: {it}"))?;
        let signature = signature(&body["userSignature"])?;
        Ok((account, execution, signature, body))
    });
    match request {
        Ok((account, execution, signature, body)) => {
            let typed_data = Some(&body["typedData"]);
            let request = posted("execute-sponsored-transaction", &body_text);
            submit(&services, account, execution, signature, typed_data, request).await
        }
        Err(error) => error.response(),
    }
}

/// Answers `{ accountAddress, calldata }`, the calldata being that of `execute_from_outside_v2`, with
/// `{ transactionHash }`.
async fn execute_raw(State(services): State<Arc<Services>>, body: Bytes) -> Response {
    let request = parse(&body).and_then(|body| {
        let account = account(&body["accountAddress"], "accountAddress")?;
        let calldata = felts(&body["calldata"]).ok_or("calldata must be a list of felts")?;
        let signed = SignedOutsideExecution::from_calldata(account, &calldata)
            .ok_or("calldata is not that of execute_from_outside_v2")?;
        Ok((account, signed))
    });
    match request {
        Ok((account, signed)) => {
            let SignedOutsideExecution { outside_execution, signature, .. } = signed;
            let request = posted("execute-sponsored-raw", &body);
            submit(&services, account, outside_execution, signature, None, request).await
        }
        Err(error) => error.response(),
    }
}

/// Keeps the body that the endpoint `name` received. It is JSON, and so it is UTF-8.
fn posted(name: &str, body: &[u8]) -> ClientRequest {
    let body = String::from_utf8_lossy(body).into_owned();
    ClientRequest::new(&format!("v1/transactions/{name}"), body)
}

async fn submit(
    services: &Services,
    account: Felt,
    execution: OutsideExecution,
    signature: Vec<Felt>,
    typed_data: Option<&Value>,
    request: ClientRequest,
) -> Response {
    let (via, before, payment) = (Via::Chipi, Vec::new(), None);
    let submission =
        Submission { via, account, execution, signature, typed_data, before, payment, request };
    match services.sponsor.submit(submission).await {
        Ok(outcome) => {
            Json(json!({ "transactionHash": hex(outcome.transaction_hash) })).into_response()
        }
        Err(Unsponsored::Refused(refusal, hash)) => {
            let body = json!({
                "message": refusal.whole(),
                "code": "TRANSACTION_REFUSED",
                "statusCode": 400,
                "rule": refusal.rule.map(Rule::error),
                "revertedTransactionHash": hash.map(hex),
            });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Err(Unsponsored::Busy(busy)) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &busy.to_string())
        }
        // Chipi sponsors everything, so no user pays too little.
        Err(Unsponsored::TooLittle { .. }) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "FAILED",
            "a sponsored transaction has no payment",
        ),
        Err(Unsponsored::Node(reason)) => BadRequest::Node(reason).response(),
    }
}

/// Reads a signature. The owner's is `{ r, s }` or `[r, s]`; a session's is `[session_key, r, s,
/// valid_until]`, either alone or as `{ sessionSignature }`.
fn signature(value: &Value) -> Result<Vec<Felt>, BadRequest> {
    let read = if let Some(list) =
        value.get("sessionSignature").or(Some(value)).filter(|it| it.is_array())
    {
        felts(list)
    } else {
        felt(&value["r"]).zip(felt(&value["s"])).map(|(r, s)| vec![r, s])
    };
    read.ok_or_else(|| {
        "userSignature must be { r, s } or [r, s] of the owner, or [session_key, r, s, valid_until] \
         of a session, as felts"
            .into()
    })
}

/// Reads the calls, at least one.
fn calls(body: &Value, names: &Names) -> Result<Vec<Call>, BadRequest> {
    let calls = body["calls"].as_array().ok_or("calls must be a list")?;
    if calls.is_empty() {
        return Err("calls must name at least one call".into());
    }
    calls.iter().enumerate().map(|it| call(it, names)).collect()
}

/// Reads a call: the Python SDK writes `contract_address`, the TypeScript one `contractAddress`.
fn call((index, value): (usize, &Value), names: &Names) -> Result<Call, BadRequest> {
    let path = |name: &str| format!("calls[{index}].{name}");
    let to = ["contractAddress", "contract_address", "to"].iter().find_map(|it| value.get(*it));
    let to = account(to.unwrap_or(&Value::Null), &path("contractAddress"))?;
    let entrypoint = value["entrypoint"].as_str().filter(|it| !it.is_empty());
    let entrypoint = entrypoint.ok_or_else(|| format!("{} must be a name", path("entrypoint")))?;
    if let Some(selector) = parse_felt(entrypoint) {
        let of = names.of(selector);
        return Err(format!(
            "{} is a selector, {of}: the function's name belongs there, such as transfer, and is hashed here",
            path("entrypoint")
        )
        .into());
    }
    let calldata = match value.get("calldata") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => {
            felts(list).ok_or_else(|| format!("{} must be a list of felts", path("calldata")))?
        }
    };
    Ok(Call { to, selector: names.learn(entrypoint), calldata })
}

fn account(value: &Value, name: &str) -> Result<Felt, BadRequest> {
    felt(value)
        .filter(|it| *it != Felt::ZERO)
        .ok_or_else(|| format!("{name} must be an address").into())
}

fn parse(body: &[u8]) -> Result<Value, BadRequest> {
    serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}").into())
}

fn hex(felt: Felt) -> String {
    format!("{felt:#x}")
}

/// What is wrong with a request.
enum BadRequest {
    Field(String),
    Node(String),
}

impl BadRequest {
    fn response(self) -> Response {
        match self {
            Self::Field(message) => problem(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message),
            Self::Node(message) => problem(StatusCode::BAD_GATEWAY, "NODE_FAILED", &message),
        }
    }
}

impl From<String> for BadRequest {
    fn from(message: String) -> Self {
        Self::Field(message)
    }
}

impl From<&str> for BadRequest {
    fn from(message: &str) -> Self {
        Self::Field(message.to_owned())
    }
}
