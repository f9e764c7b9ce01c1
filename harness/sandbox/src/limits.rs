//! What one client can cost: memory, connections and time are bounded.
//!
//! Not by tower's layers: their limits are let go when a client hangs up, though its work goes on; their
//! time for a body begins anew with each byte; and their refusals are no JSON that an SDK reads.

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
/// A body up to this size is read at once; a larger one, such as a class, waits until the one before
/// it is answered: to read it keeps a thread busy, and takes many times its size.
const SMALL_BODY: usize = 64 * 1_024;
const LARGE_BODY: usize = 4 * 1_024 * 1_024;
/// How long a client may take to send its body, and a service to answer.
const BODY_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(600);

/// What is left to give.
#[derive(Debug, Clone)]
pub struct Limits {
    requests: Arc<Semaphore>,
    large_body: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(IN_FLIGHT)),
            large_body: Arc::new(Semaphore::new(1)),
        }
    }
}

/// Lets a request through, its body read, or says why not. What is let through is worked on to its
/// end, whatever becomes of the client.
pub async fn admit(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let Ok(place) = limits.requests.clone().try_acquire_owned() else {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "BUSY",
            &format!("{IN_FLIGHT} requests are in flight: try again when some are answered"),
        );
    };
    let (parts, body) = request.into_parts();
    let (limit, turn) = match size(&parts.headers) {
        Some(size) if size > LARGE_BODY => return too_large(),
        Some(size) if size > SMALL_BODY => {
            (LARGE_BODY, limits.large_body.clone().acquire_owned().await.ok())
        }
        _ => (SMALL_BODY, None),
    };
    let body = match timeout(BODY_TIME, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Body::from(bytes),
        Ok(Err(_)) => return too_large(),
        Err(_) => {
            return problem(
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TOO_SLOW",
                &format!("the body did not come within {} s", BODY_TIME.as_secs()),
            );
        }
    };
    let work = tokio::spawn(async move {
        let response = next.run(Request::from_parts(parts, body)).await;
        drop((place, turn));
        response
    });
    match timeout(ANSWER_TIME, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "a service failed");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", "a fault of the sandbox's own")
        }
        Err(_) => problem(
            StatusCode::GATEWAY_TIMEOUT,
            "NO_ANSWER",
            &format!(
                "no answer within {} s: the page will show what became of it",
                ANSWER_TIME.as_secs()
            ),
        ),
    }
}

/// Returns what the request says of its body's size, in bytes.
fn size(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large() -> Response {
    problem(
        StatusCode::PAYLOAD_TOO_LARGE,
        "BODY_TOO_LARGE",
        &format!(
            "a body has up to {LARGE_BODY} bytes, and says its size if it has more than {SMALL_BODY}"
        ),
    )
}
