//! Bounds what one client can cost: memory, connections and time.
//!
//! The layers of tower and tower-http do this, except for three things that they do not do: see [`detach`],
//! [`collect`] and [`refused`].

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::{BoxError, Router};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::error::Overloaded;
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::problem;

/// How many requests are worked on at a time.
const IN_FLIGHT: usize = 1_024;
/// Up to this size a body is read at once. A larger one, such as a class, waits until the large one before it
/// is answered: reading it keeps a thread busy and takes many times its size in memory.
const SMALL_BODY: usize = 64 * 1_024;
const LARGE_BODY: usize = 4 * 1_024 * 1_024;
/// How long a client may take to send its body, and how long a service may take to answer. The tests below
/// use shorter times.
const BODY_TIME: Duration =
    if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };
const ANSWER_TIME: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(600) };

/// Bounds what a client of `router` can cost.
pub fn bounded(router: Router) -> Router {
    // Layers that are added later are further out.
    router
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(Semaphore::new(1)), collect))
        .layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(refused))
                .load_shed()
                .layer(GlobalConcurrencyLimitLayer::new(IN_FLIGHT)),
        )
        .layer(CatchPanicLayer::custom(failed))
        .layer(from_fn(detach))
        .layer(ServiceBuilder::new().layer(HandleErrorLayer::new(refused)).timeout(ANSWER_TIME))
}

/// Works on a request to its end even if its client hangs up, so that the request keeps its place until then.
/// Otherwise hyper would drop its work, layers included, when a client hangs up.
async fn detach(request: Request, next: Next) -> Response {
    let work = tokio::spawn(next.run(request));
    work.await.unwrap_or_else(|error| failed(Box::new(error)))
}

/// Reads the body before any handler sees it. tower-http's timeout for a body starts anew with each part of
/// it, and its size limit is the same for all. Here a large body waits for its turn, and must say how large
/// it is.
async fn collect(
    State(large_bodies): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let (limit, _turn) = match size(&parts.headers) {
        Some(size) if size > LARGE_BODY => return too_large(),
        Some(size) if size > SMALL_BODY => (LARGE_BODY, large_bodies.acquire().await.ok()),
        _ => (SMALL_BODY, None),
    };
    match timeout(BODY_TIME, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => too_large(),
        Err(_) => problem(
            StatusCode::REQUEST_TIMEOUT,
            "BODY_TOO_SLOW",
            &format!("the body did not come within {} s", BODY_TIME.as_secs()),
        ),
    }
}

/// Answers, in JSON that SDKs read, why a layer refused a request.
async fn refused(error: BoxError) -> Response {
    if error.is::<Overloaded>() {
        let told = format!("{IN_FLIGHT} requests are in flight: try again when some are answered");
        return problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &told);
    }
    let seconds = ANSWER_TIME.as_secs();
    let told = format!("no answer within {seconds} s: the page will show what became of it");
    problem(StatusCode::GATEWAY_TIMEOUT, "NO_ANSWER", &told)
}

/// Answers that a service panicked. The log has the panic's message.
fn failed(_: Box<dyn Any + Send>) -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", "a fault of the sandbox's own")
}

/// Returns the size of the body in bytes, as the request gives it.
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::routing::{get, post};
    use futures_util::stream;
    use serde_json::Value;
    use tokio::sync::Notify;
    use tokio::task::{JoinSet, yield_now};
    use tokio::time::sleep;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, request: Request) -> (StatusCode, Value) {
        let response = router.clone().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body());
        let body = to_bytes(body, SMALL_BODY).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn to(path: &str) -> Request {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn who_hangs_up_keeps_a_place_until_the_work_is_done_and_a_panic_gives_it_back() {
        let (begun, done) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let (begins, waited, now) = (begun.clone(), done.clone(), || async { "done" });
        let slow = async move || {
            let waiting = waited.notified();
            begins.add_permits(1);
            waiting.await;
        };
        async fn panics() {
            panic!("as it is to")
        }
        let router = Router::new()
            .route("/slow", get(slow))
            .route("/panics", get(panics))
            .route("/now", get(now))
            .route("/other", get(now));
        let router = bounded(router);
        for _ in 0..2 {
            let (status, told) = ask(&router, to("/panics")).await;
            assert_eq!((status.as_u16(), &told["code"]), (500, &"FAILED".into()), "{told}");
        }
        // All paths and all clients share one place.
        let mut clients = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            clients.spawn(router.clone().oneshot(to("/slow")));
        }
        let _all = begun.acquire_many(u32::try_from(IN_FLIGHT).unwrap()).await.unwrap();
        clients.shutdown().await;
        for path in ["/now", "/other"] {
            let (status, told) = ask(&router, to(path)).await;
            assert_eq!((status.as_u16(), &told["code"]), (503, &"BUSY".into()), "{told}");
        }
        done.notify_waiters();
        while ask(&router, to("/now")).await.0 != StatusCode::OK {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_body_that_drips_and_a_service_that_does_not_answer_come_to_an_end() {
        let router = bounded(Router::new().route("/", post(std::future::pending::<()>)));
        let drip = stream::unfold((), |()| async {
            sleep(BODY_TIME / 10).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        for (body, status, code) in
            [(Body::from_stream(drip), 408, "BODY_TOO_SLOW"), (Body::empty(), 504, "NO_ANSWER")]
        {
            let request = Request::builder().method("POST").uri("/").body(body).unwrap();
            let asked = timeout(Duration::from_secs(60), ask(&router, request)).await;
            let (told, body) = asked.expect("it comes to an end");
            assert_eq!((told.as_u16(), &body["code"]), (status, &code.into()), "{body}");
        }
    }
}
