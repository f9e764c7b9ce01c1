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
use serde_json::Value;
use starknet_devnet_server::rpc_core::error::ErrorCode;
use starknet_devnet_server::rpc_core::request::Id;
use starknet_devnet_server::rpc_core::response::{ResponseResult, RpcResponse};

use super::chain::id_of;
use super::services::Services;
use failure::{Failure, json_rpc};

/// Serves the endpoint.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/paymaster", post(answer))
}

async fn answer(State(services): State<Arc<Services>>, body: Bytes) -> Json<RpcResponse> {
    let (id, outcome) = match serde_json::from_slice(&body) {
        Ok(request) => (id_of(&request), call(&services, &request).await),
        Err(error) => (Id::Null, Err(json_rpc(ErrorCode::ParseError, error.to_string()))),
    };
    Json(RpcResponse::new(id, outcome.map_or_else(ResponseResult::Error, ResponseResult::Success)))
}

async fn call(services: &Services, request: &Value) -> Result<Value, Failure> {
    let params = &request["params"];
    match request["method"].as_str() {
        Some("paymaster_isAvailable" | "paymaster_health") => {
            Ok(methods::is_available(services).await.into())
        }
        Some("paymaster_getSupportedTokens") => Ok(fees::tokens()),
        Some("paymaster_buildTransaction") => methods::build(services, params).await,
        Some("paymaster_executeTransaction") => methods::execute(services, params).await,
        Some(_) => {
            let served = "served are paymaster_isAvailable, paymaster_health, \
                          paymaster_getSupportedTokens, paymaster_buildTransaction, \
                          paymaster_executeTransaction";
            Err(json_rpc(ErrorCode::MethodNotFound, served))
        }
        None => {
            let hint = "one JSON-RPC 2.0 request with a method: batches are not served";
            Err(json_rpc(ErrorCode::InvalidRequest, hint))
        }
    }
}
