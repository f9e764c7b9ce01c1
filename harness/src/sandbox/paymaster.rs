//! The SNIP-29 paymaster, as AVNU's published OpenRPC has it.
//!
//! Sponsored mode needs nothing. In the default mode the user pays in a token by a transfer that is
//! appended to the calls.

mod deployment;
mod failure;
mod fees;
mod methods;
mod request;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};

use super::services::Services;
use failure::Failure;

/// The endpoint.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/paymaster", post(answer))
}

async fn answer(State(services): State<Arc<Services>>, body: Bytes) -> Json<Value> {
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let failure = Failure::new(-32_700, "Parse error", json!(error.to_string()));
            return Json(response(&Value::Null, Err(failure)));
        }
    };
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let outcome = match request["method"].as_str() {
        Some(method) => {
            call(&services, method, request.get("params").unwrap_or(&Value::Null)).await
        }
        None => {
            let hint = "one JSON-RPC 2.0 request with a method: batches are not served";
            Err(Failure::new(-32_600, "Invalid Request", json!(hint)))
        }
    };
    Json(response(&id, outcome))
}

async fn call(services: &Services, method: &str, params: &Value) -> Result<Value, Failure> {
    match method {
        "paymaster_isAvailable" | "paymaster_health" => {
            Ok(json!(methods::is_available(services).await))
        }
        "paymaster_getSupportedTokens" => Ok(fees::tokens()),
        "paymaster_buildTransaction" => methods::build(services, params).await,
        "paymaster_executeTransaction" => methods::execute(services, params).await,
        _ => {
            let served = "paymaster_isAvailable, paymaster_health, paymaster_getSupportedTokens, \
                          paymaster_buildTransaction, paymaster_executeTransaction";
            Err(Failure::new(-32_601, "Method not found", json!(format!("served are {served}"))))
        }
    }
}

fn response(id: &Value, outcome: Result<Value, Failure>) -> Value {
    match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(failure) => json!({ "jsonrpc": "2.0", "id": id, "error": failure.json() }),
    }
}
