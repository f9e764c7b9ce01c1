//! JSON-RPC 2.0: single requests, batches, notifications, and ids of every kind.
//!
//! A request's method and parameters are passed on unchanged. The devnet's own reader is not used, because it
//! refuses integers above 2^64 and ids that are no `i64`, and answers notifications.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use starknet_devnet_server::rpc_core::error::RpcError;
use starknet_devnet_server::rpc_core::response::ResponseResult;

/// The most requests in a batch.
const BATCH: usize = 50;

/// The requests in a body.
#[derive(Debug)]
enum Body {
    /// One request.
    One(Value),
    /// A batch of 1 to 50 requests.
    Batch(Vec<Value>),
}

impl Body {
    /// Reads a body. Returns the error to answer with if it is neither a request nor a batch.
    fn read(bytes: &[u8]) -> Result<Self, Value> {
        let refused = |error| answer(Value::Null, ResponseResult::Error(error));
        match serde_json::from_slice(bytes) {
            Ok(Value::Array(requests)) if (1..=BATCH).contains(&requests.len()) => {
                Ok(Self::Batch(requests))
            }
            Ok(Value::Array(_)) => {
                let reason = format!("a batch has 1 to {BATCH} requests");
                Err(refused(RpcError::invalid_request_with_reason(reason)))
            }
            Ok(request) => Ok(Self::One(request)),
            Err(error) => Err(refused(RpcError::parse_error(error.to_string()))),
        }
    }
}

/// A valid request.
#[derive(Debug)]
pub struct Request {
    /// The id by which the client recognises the answer; `None` for a notification, which gets no answer.
    pub id: Option<Value>,
    /// The method's name.
    pub method: String,
    /// The parameters: a list, an object, or null.
    pub params: Value,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// The error to answer with if the request is not valid.
    pub fn read(request: Value) -> Result<Self, Value> {
        let wrong = |id: Option<Value>, reason: &str| {
            let error = RpcError::invalid_request_with_reason(reason);
            answer(id.unwrap_or(Value::Null), ResponseResult::Error(error))
        };
        let Value::Object(mut fields) = request else {
            return Err(wrong(None, "a request is an object"));
        };
        let id = fields.remove("id");
        if matches!(id, Some(Value::Object(_) | Value::Array(_) | Value::Bool(_))) {
            return Err(wrong(None, "an id is a text, a number or null"));
        }
        if !matches!(fields.get("jsonrpc").and_then(Value::as_str), Some("2.0" | "1.0")) {
            return Err(wrong(id, "jsonrpc must be \"2.0\""));
        }
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err(wrong(id, "method must be a text"));
        };
        match fields.remove("params").unwrap_or_default() {
            params @ (Value::Object(_) | Value::Array(_) | Value::Null) => {
                Ok(Self { id, method, params })
            }
            _ => Err(wrong(id, "params must be a list or an object")),
        }
    }
}

/// Writes the answer to a request.
#[must_use]
pub fn answer(id: Value, result: ResponseResult) -> Value {
    let mut answer = Map::new();
    answer.insert("jsonrpc".to_owned(), json!("2.0"));
    answer.insert("id".to_owned(), id);
    match result {
        ResponseResult::Success(result) => answer.insert("result".to_owned(), result),
        ResponseResult::Error(error) => answer.insert("error".to_owned(), json!(error)),
    };
    Value::Object(answer)
}

/// Says whether `body` is a batch, if it is JSON at all, without the memory that parsing it takes.
#[must_use]
pub fn is_batch(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"[")
}

/// Answers the requests in `body` by `answer`, those of a batch one after another.
pub async fn respond<F: Future<Output = Option<Value>>>(
    body: &[u8],
    answer: impl Fn(Value) -> F,
) -> Response {
    match Body::read(body) {
        Ok(Body::One(request)) => one(answer(request).await),
        Ok(Body::Batch(requests)) => {
            let mut answers = Vec::new();
            for request in requests {
                answers.extend(answer(request).await);
            }
            one((!answers.is_empty()).then_some(Value::Array(answers)))
        }
        Err(refused) => one(Some(refused)),
    }
}

/// Makes the HTTP answer to a single request; it is empty for a notification.
fn one(answer: Option<Value>) -> Response {
    match answer {
        Some(answer) => Json(answer).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
