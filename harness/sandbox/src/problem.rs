//! HTTP errors, in the JSON that Chipi's SDKs read.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Makes the answer of an error.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "message": message, "code": code, "statusCode": status.as_u16() });
    (status, Json(body)).into_response()
}
