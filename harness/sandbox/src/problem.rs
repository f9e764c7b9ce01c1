//! Errors of HTTP's own, in the shape that Chipi's SDKs read.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Makes an answer that says what is wrong.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "message": message, "code": code, "statusCode": status.as_u16() });
    (status, Json(body)).into_response()
}
