//! The answers of the proxies and load balancers before a node.

use std::io;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::RetryAfter;

/// Returns an answer whose connection breaks after the head.
pub fn broken() -> Response {
    let nothing = stream::once(async {
        Err::<Bytes, _>(io::Error::new(io::ErrorKind::ConnectionReset, "the connection breaks"))
    });
    let mut response = Response::new(Body::from_stream(nothing));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("100"));
    response
}

/// Returns an HTML page, as a proxy before a node does.
pub fn html(status: StatusCode) -> Response {
    let page = format!("<html><head><title>{status}</title></head><body>cloud</body></html>");
    (status, Html(page)).into_response()
}

/// Returns a plain text.
pub fn text(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// Returns HTTP 429.
pub fn too_many(retry_after: RetryAfter) -> Response {
    let value = match retry_after {
        RetryAfter::Unsaid => None,
        RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
        RetryAfter::Date(seconds) => {
            Some(httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds)))
        }
    };
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
    if let Some(value) = value.and_then(|it| HeaderValue::from_str(&it).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// Returns an error of JSON-RPC.
pub fn error(id: &Value, code: i64, message: &str, data: Option<Value>) -> Response {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data;
    }
    Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response()
}

/// Removes the data of an invalid nonce's error, which version 0.8 of the specification does not have.
pub async fn without_data(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let body = to_bytes(body, super::LONGEST).await.unwrap_or_default();
    let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    match answer.get_mut("error").and_then(Value::as_object_mut) {
        Some(error) if error.get("code") == Some(&json!(52)) => {
            error.remove("data");
            Json(answer).into_response()
        }
        _ => Response::from_parts(head, Body::from(body)),
    }
}

/// Returns the continuation token of the requested page itself, so that a client that continues with it
/// misses nothing.
pub fn skipping(params: &Value) -> Value {
    let filter = if params[0].is_null() { &params["filter"] } else { &params[0] };
    let token = &filter["continuation_token"];
    if token.is_null() { json!("0") } else { token.clone() }
}
