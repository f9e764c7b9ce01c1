//! What one client can cost: memory, connections and time are bounded.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::problem::problem;

/// Requests that are worked on at a time.
const IN_FLIGHT: usize = 1_024;
/// A body up to this size is read at once; a larger one, such as a class, waits for its turn.
const SMALL_BODY: usize = 256 * 1_024;
const LARGE_BODY: usize = 8 * 1_024 * 1_024;
const LARGE_BODIES: usize = 8;
/// How long a client may take to send its body, and a service to answer.
const BODY_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(600);

/// What is left to give.
#[derive(Debug, Clone)]
pub struct Limits {
    requests: Arc<Semaphore>,
    large_bodies: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(IN_FLIGHT)),
            large_bodies: Arc::new(Semaphore::new(LARGE_BODIES)),
        }
    }
}

/// Lets a request through, its body read, or says why not.
pub async fn admit(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let Ok(_request) = limits.requests.try_acquire() else {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "BUSY",
            &format!("{IN_FLIGHT} requests are in flight: try again when some are answered"),
        );
    };
    // A WebSocket has no body, and its upgrade must reach the handler as it came.
    if request.headers().contains_key("upgrade") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = match timeout(BODY_TIME, read(&limits, &parts.headers, body)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(())) => {
            return problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                &format!(
                    "a body has up to {LARGE_BODY} bytes, and says its size if it has more \
                          than {SMALL_BODY}"
                ),
            );
        }
        Err(_) => {
            return problem(
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TOO_SLOW",
                &format!("the body did not come within {} s", BODY_TIME.as_secs()),
            );
        }
    };
    match timeout(ANSWER_TIME, next.run(Request::from_parts(parts, bytes))).await {
        Ok(response) => response,
        Err(_) => problem(
            StatusCode::GATEWAY_TIMEOUT,
            "NO_ANSWER",
            &format!("no answer within {} s", ANSWER_TIME.as_secs()),
        ),
    }
}

async fn read(limits: &Limits, headers: &HeaderMap, body: Body) -> Result<Body, ()> {
    let length = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    match length {
        Some(length) if length > LARGE_BODY => Err(()),
        Some(length) if length > SMALL_BODY => {
            let _turn = limits.large_bodies.acquire().await.map_err(drop)?;
            to_bytes(body, LARGE_BODY).await.map(Body::from).map_err(drop)
        }
        _ => to_bytes(body, SMALL_BODY).await.map(Body::from).map_err(drop),
    }
}
