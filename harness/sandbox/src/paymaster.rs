//! The SNIP-29 paymaster, with the SNIP's own JSON or with that of AVNU's paymaster.
//!
//! The sponsored mode is open to everybody, except that AVNU's needs an API key. In the default mode the user
//! pays in a token, by a transfer that is appended to the calls and is at least what the transaction costs.

mod deployment;
mod failure;
mod fees;
mod methods;
mod request;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;
use starknet_devnet_server::rpc_core::error::ErrorCode;
use starknet_devnet_server::rpc_core::response::ResponseResult;

use super::dialect::Dialect;
use super::reset::Chains;
use super::services::Services;
use failure::Failure;
use session_devnet::json_rpc::{self, Request};

/// The header with the API key by which AVNU's paymaster knows whom it sponsors.
const API_KEY: &str = "x-paymaster-api-key";

/// Returns the endpoint's route.
pub fn routes() -> Router<Chains> {
    Router::new().route("/paymaster", post(answer))
}

async fn answer(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = headers.get(API_KEY).and_then(|it| it.to_str().ok());
    json_rpc::respond(&body, |request| answer_one(&services, request, key)).await
}

/// Answers a request. A notification is executed and gets no answer.
async fn answer_one(services: &Services, request: Value, key: Option<&str>) -> Option<Value> {
    let Request { id, method, params } = match Request::read(request) {
        Ok(request) => request,
        Err(refused) => return Some(refused),
    };
    let outcome = call(services, &method, &params, key).await;
    let outcome = outcome.map_err(|failure| failure::spoken(services.dialect, failure));
    let result = outcome.map_or_else(ResponseResult::Error, ResponseResult::Success);
    id.map(|id| json_rpc::answer(id, result))
}

async fn call(
    services: &Services,
    method: &str,
    params: &Value,
    key: Option<&str>,
) -> Result<Value, Failure> {
    match method {
        "paymaster_isAvailable" | "paymaster_health" => {
            Ok(methods::is_available(services).await.into())
        }
        "paymaster_getSupportedTokens" => Ok(fees::tokens()),
        "paymaster_buildTransaction" => methods::build(services, params).await,
        "paymaster_executeTransaction" => methods::execute(services, params, key).await,
        // AVNU's paymaster does not have this method.
        "paymaster_trackingIdToLatestHash" if services.dialect == Dialect::Snip29 => {
            methods::track(services, params).await
        }
        _ => {
            let served = "served are paymaster_isAvailable, paymaster_health, \
                          paymaster_getSupportedTokens, paymaster_buildTransaction, \
                          paymaster_executeTransaction and, unless by --paymaster avnu, \
                          paymaster_trackingIdToLatestHash";
            Err(failure::json_rpc(ErrorCode::MethodNotFound, served))
        }
    }
}
