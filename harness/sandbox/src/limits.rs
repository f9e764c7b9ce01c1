//! Bounds what one client can cost: memory, connections and time.
//!
//! A request takes its place, sends its body, and waits for its turn if it needs one. Until then hyper drops
//! it when its client hangs up. Once work on it has started, it is worked on to its end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::problem::problem;
use session_devnet::json_rpc::is_batch;

/// How many requests are in flight at a time, those that wait for their turn included.
const IN_FLIGHT: usize = 1_024;
/// Up to this size a body is read at once. A larger one, such as a class, is read if there is room for it,
/// and answered when the large one before it is: reading its JSON keeps a thread busy and takes many times its
/// size in memory.
const SMALL_BODY: usize = 64 * 1_024;
const LARGE_BODY: usize = 4 * 1_024 * 1_024;
/// How many bytes the large bodies may have together: eight of the largest.
const ROOM: u32 = 32 * 1_024 * 1_024;
/// How long a client may take to send its body, and how long a service may take to answer. The tests below
/// use shorter times.
const BODY_TIME: Duration =
    if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };
const ANSWER_TIME: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(600) };

/// What the requests share, and take parts of.
struct Limits {
    /// The places of requests.
    places: Arc<Semaphore>,
    /// The bytes that large bodies take.
    room: Arc<Semaphore>,
    /// The turn of the large body that is answered.
    large: Arc<Semaphore>,
    /// The turn of the batch that is answered: a small batch can take much memory once it is parsed, and have
    /// a large answer.
    batch: Arc<Semaphore>,
}

/// The parts of the [`Limits`] that a request has taken. Dropping them gives them back.
type Taken = Vec<OwnedSemaphorePermit>;

/// Bounds what a client of `router` can cost.
pub fn bounded(router: Router) -> Router {
    let semaphore = |permits| Arc::new(Semaphore::new(permits));
    let limits = Limits {
        places: semaphore(IN_FLIGHT),
        room: semaphore(ROOM as usize),
        large: semaphore(1),
        batch: semaphore(1),
    };
    // Layers that are added later are further out.
    router.layer(DefaultBodyLimit::disable()).layer(from_fn_with_state(Arc::new(limits), bound))
}

async fn bound(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let answer_by = begun + ANSWER_TIME;
    let Ok(place) = limits.places.clone().try_acquire_owned() else {
        let told = format!("{IN_FLIGHT} requests are in flight: try again when some are answered");
        return problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &told);
    };
    let mut taken = vec![place];
    let (parts, body) = request.into_parts();
    let body = match limits.collect(size(&parts.headers), body, begun, &mut taken).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    if timeout_at(answer_by, limits.wait(&body, &mut taken)).await.is_err() {
        return too_late("its turn did not come, and nothing was done: try again");
    }
    // When a client hangs up, hyper drops what waits above. What has started goes on without it, and keeps
    // what it has taken until its end.
    let work = tokio::spawn(async move {
        let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
        drop(taken);
        answer
    });
    match timeout_at(answer_by, work).await {
        Ok(Ok(answer)) => answer,
        // The service panicked, and the log has the panic's message.
        Ok(Err(_)) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", "a fault of the sandbox's own")
        }
        Err(_) => too_late(
            "it is still worked on: if it sends a transaction, the page will show what became of it",
        ),
    }
}

impl Limits {
    /// Reads a body before any handler sees it, within [`BODY_TIME`] of `begun`. tower-http's timeout for a
    /// body starts anew with each part of it, and its size limit is the same for all. Here a large body must
    /// say its size, and takes that much of the room; while it waits for it, its time runs, so that those who
    /// send nothing hold up the others together and not one after another.
    async fn collect(
        &self,
        size: Option<usize>,
        body: Body,
        begun: Instant,
        taken: &mut Taken,
    ) -> Result<Bytes, Response> {
        let by = begun + BODY_TIME;
        let limit = match size {
            Some(size) if size > LARGE_BODY => return Err(too_large()),
            Some(size) if size > SMALL_BODY => {
                let bytes = u32::try_from(size).map_err(|_| too_large())?;
                let room = timeout_at(by, self.room.clone().acquire_many_owned(bytes)).await;
                taken.extend(room.map_err(|_| no_room())?);
                LARGE_BODY
            }
            _ => SMALL_BODY,
        };
        match timeout_at(by, to_bytes(body, limit)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(too_large()),
            Err(_) => Err(problem(
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TOO_SLOW",
                &format!("the body did not come within {} s", BODY_TIME.as_secs()),
            )),
        }
    }

    /// Waits for the turns that `body` needs.
    async fn wait(&self, body: &[u8], taken: &mut Taken) {
        if body.len() > SMALL_BODY {
            taken.extend(self.large.clone().acquire_owned().await);
        }
        if is_batch(body) {
            taken.extend(self.batch.clone().acquire_owned().await);
        }
    }
}

/// Returns the size of the body in bytes, as the request gives it.
fn size(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_late(what: &str) -> Response {
    let told = format!("no answer within {} s: {what}", ANSWER_TIME.as_secs());
    problem(StatusCode::GATEWAY_TIMEOUT, "NO_ANSWER", &told)
}

fn no_room() -> Response {
    let told = "other large bodies are being sent, and nothing was done: try again";
    problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", told)
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
    use tokio::time::{sleep, timeout};
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

    /// Returns a POST to `/` whose body has the length that it says.
    fn posts(body: impl Into<Body>, length: usize) -> Request {
        let request = Request::builder().method("POST").uri("/").header(CONTENT_LENGTH, length);
        request.body(body.into()).unwrap()
    }

    async fn polled() {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_batch_is_answered_only_if_its_client_is_there_when_its_turn_comes() {
        let (begun, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (begins, goes) = (begun.clone(), go.clone());
        let slow = async move || {
            begins.add_permits(1);
            goes.acquire().await.unwrap().forget();
        };
        let router = bounded(Router::new().route("/", post(slow)));
        let first = tokio::spawn(router.clone().oneshot(posts(" [1]", 4)));
        begun.acquire().await.unwrap().forget();
        let mut gone = JoinSet::new();
        for _ in 0..20 {
            gone.spawn(router.clone().oneshot(posts("[1]", 3)));
        }
        polled().await;
        gone.shutdown().await;
        // A single request does not wait for the batch.
        let single = tokio::spawn(router.clone().oneshot(posts("{}", 2)));
        begun.acquire().await.unwrap().forget();
        // The client of a batch that has started hangs up, and the batch is answered to its end all the same.
        first.abort();
        let last = tokio::spawn(router.clone().oneshot(posts("[1]", 3)));
        polled().await;
        assert_eq!(begun.available_permits(), 0, "the batch that runs keeps its turn");
        go.add_permits(3);
        for answer in [single, last] {
            assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
        }
        assert_eq!(begun.available_permits(), 1, "of all that waited only the last was answered");
    }

    #[tokio::test]
    async fn what_waited_in_vain_was_not_done_and_what_has_started_may_be() {
        let router = bounded(Router::new().route("/", post(std::future::pending::<()>)));
        let asks = |body| ask(&router, posts(body, 3));
        for (started, waited, waits) in [("[1]", "[2]", true), ("{1}", "{2}", false)] {
            let ((_, started), (status, waited)) = tokio::join!(asks(started), asks(waited));
            assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
            let told = [&started["message"], &waited["message"]].map(|it| it.as_str().unwrap());
            assert!(told[0].contains("still worked on"), "{told:?}");
            assert_eq!(told[1].contains("nothing was done"), waits, "{told:?}");
        }
    }

    #[tokio::test]
    async fn large_bodies_that_do_not_come_hold_up_no_other() {
        let router = bounded(Router::new().route("/", post(|| async {})));
        for (length, patience) in [(70_000, 0), (LARGE_BODY, 3)] {
            let mut slow = JoinSet::new();
            for _ in 0..40 {
                let never = Body::from_stream(stream::pending::<std::io::Result<&str>>());
                slow.spawn(router.clone().oneshot(posts(never, length)));
            }
            polled().await;
            sleep(BODY_TIME / 4).await;
            let (status, told) = ask(&router, posts("x".repeat(70_000), 70_000)).await;
            assert_eq!(status, StatusCode::OK, "{told}");
            let mut ended = Vec::new();
            while let Some(response) = slow.try_join_next() {
                ended.push(response.unwrap().unwrap().status().as_u16());
            }
            if patience == 0 {
                assert!(ended.len() < 40, "the body was there, and waited for those that were not");
            }
            for response in slow.join_all().await {
                ended.push(response.unwrap().status().as_u16());
            }
            assert!(ended.iter().all(|it| matches!(it, 408 | 503)), "{ended:?}");
            assert!(ended.contains(&408), "{ended:?}");
        }
    }
}
