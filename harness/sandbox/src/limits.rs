//! Bounds what one client can cost: memory, connections and time.
//!
//! A request takes a place, sends its body, and waits for its turn. Until then it is gone when its client hangs
//! up. Once work on it has started, it is worked on to its end, and its turn ends with it.
//!
//! Tower's layers hold the places, the turns and the time of an answer. Ours is what no layer does: a body must
//! come as a whole within one time, large bodies share their room in bytes, and heavy requests have a turn of
//! their own.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

use super::problem::problem;
use session_devnet::json_rpc::is_batch;

/// How many clients have a request in flight at a time, and how many light requests are worked on. There are
/// more connections than this, so that a client can be told to try again.
const IN_FLIGHT: usize = 768;
/// How many heavy requests are worked on or wait for their turn. hyper does not see that a client hangs up as
/// long as there are bytes after its request, so the requests of clients that have left can be among them.
const HEAVY: usize = 64;
/// Up to this size a body is read at once. A larger one, such as a class, is read if there is room for it.
const SMALL_BODY: usize = 64 * 1_024;
const LARGE_BODY: usize = 4 * 1_024 * 1_024;
/// How many bytes the large bodies may have together: eight of the largest.
const ROOM: u32 = 32 * 1_024 * 1_024;
/// How long a client may take to send its body; and how long a request may wait for its turn, and a service
/// may then take to answer. The tests below use shorter times.
const BODY_TIME: Duration =
    if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(10) };
const ANSWER_TIME: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(600) };

/// Bounds what a client of `router` can cost.
pub fn bounded(router: Router) -> Router {
    let router = router.layer(DefaultBodyLimit::disable()).into_service::<Body>();
    // The layers are named from the outside in. A turn is waited for before the work is spawned, so what waits
    // goes with its client; the turn itself moves into the work, which goes on without its client.
    let works = |at_a_time| {
        ServiceBuilder::new()
            .timeout(ANSWER_TIME)
            .map_future(|work| {
                let work = tokio::spawn(work);
                async move { Ok::<Response, BoxError>(work.await??) }
            })
            .concurrency_limit(at_a_time)
            .service(router.clone())
    };
    let light = ServiceBuilder::new().load_shed().service(works(IN_FLIGHT));
    let one = works(1);
    let in_turn = service_fn(move |request: Request| {
        let mut one = one.clone();
        async move {
            match timeout(ANSWER_TIME, one.ready()).await {
                Ok(turn) => turn?.call(request).await,
                Err(_) => Err(BoxError::from(Refused::NoTurn)),
            }
        }
    });
    let heavy = ServiceBuilder::new().load_shed().concurrency_limit(HEAVY).service(in_turn);
    // The compiler does not see that the future of a service of such services is `Send`, unless they are boxed.
    let (light, heavy) = (BoxCloneSyncService::new(light), BoxCloneSyncService::new(heavy));
    let turns = service_fn(move |Whole { parts, body, room }: Whole| {
        let (light, heavy) = (light.clone(), heavy.clone());
        async move {
            let is_heavy = is_heavy(&body);
            let request = Request::from_parts(parts, Body::from(body));
            let answer =
                if is_heavy { heavy.oneshot(request).await } else { light.oneshot(request).await };
            drop(room);
            answer
        }
    });
    let room = Arc::new(Semaphore::new(ROOM as usize));
    let all = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |error| told(&error)))
        .load_shed()
        .concurrency_limit(IN_FLIGHT)
        .filter_async(move |request| collect(request, room.clone()))
        .service(turns);
    Router::new().fallback_service(all)
}

/// A request whose body has come, and the room that a large body takes.
struct Whole {
    parts: Parts,
    body: Bytes,
    room: Option<OwnedSemaphorePermit>,
}

/// Reads the body of `request` before any handler sees it, within [`BODY_TIME`]. tower-http's time-out for a
/// body starts anew with each part of it, and its size limit is the same for all. Here a large body must say
/// its size, and takes that much of `room`; while it waits for it, its time runs, so that those who send
/// nothing hold up the others together and not one after another.
async fn collect(request: Request, room: Arc<Semaphore>) -> Result<Whole, Refused> {
    let by = Instant::now() + BODY_TIME;
    let (parts, body) = request.into_parts();
    let (limit, room) = match size(&parts) {
        Some(size) if size > LARGE_BODY => return Err(Refused::TooLarge),
        Some(size) if size > SMALL_BODY => {
            let bytes = u32::try_from(size).map_err(|_| Refused::TooLarge)?;
            let room = timeout_at(by, room.acquire_many_owned(bytes)).await;
            (size, room.map_err(|_| Refused::NoRoom)?.ok())
        }
        _ => (SMALL_BODY, None),
    };
    let body = timeout_at(by, to_bytes(body, limit)).await.map_err(|_| Refused::TooSlow)?;
    Ok(Whole { parts, body: body.map_err(|_| Refused::TooLarge)?, room })
}

/// Returns the size of the body in bytes, as the request gives it.
fn size(parts: &Parts) -> Option<usize> {
    parts.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Says whether a request with `body` is worked on only when the heavy one before it is answered. The JSON of a
/// large body keeps a thread busy and takes many times its size in memory; a small batch can take as much once
/// it is parsed, and have a large answer.
fn is_heavy(body: &[u8]) -> bool {
    body.len() > SMALL_BODY || is_batch(body)
}

/// Why a request was refused before any work on it.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(
        "a body has up to {LARGE_BODY} bytes, and says its size if it has more than {SMALL_BODY}"
    )]
    TooLarge,
    #[error("the body did not come within {} s", BODY_TIME.as_secs())]
    TooSlow,
    #[error("other large bodies are being sent, and nothing was done: try again")]
    NoRoom,
    #[error("no answer within {} s: its turn did not come, and nothing was done: try again", ANSWER_TIME.as_secs())]
    NoTurn,
}

/// Makes the answer of an error of the layers. Any other error is a panic of the service, whose message is in
/// the log.
fn told(error: &BoxError) -> Response {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        let (status, code) = match refused {
            Refused::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"),
            Refused::TooSlow => (StatusCode::REQUEST_TIMEOUT, "BODY_TOO_SLOW"),
            Refused::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "BUSY"),
            Refused::NoTurn => (StatusCode::GATEWAY_TIMEOUT, "NO_ANSWER"),
        };
        problem(status, code, &refused.to_string())
    } else if error.is::<Overloaded>() {
        let told = format!(
            "{IN_FLIGHT} requests are in flight, or {HEAVY} batches and large bodies: try again when some are \
             answered"
        );
        problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY", &told)
    } else if error.is::<Elapsed>() {
        let told = format!(
            "no answer within {} s: it is still worked on: if it sends a transaction, the page will show what \
             became of it",
            ANSWER_TIME.as_secs()
        );
        problem(StatusCode::GATEWAY_TIMEOUT, "NO_ANSWER", &told)
    } else {
        problem(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", "a fault of the sandbox's own")
    }
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

    /// A batch whose client has left unseen waits like another.
    #[tokio::test]
    async fn batches_that_wait_are_bounded_and_hold_up_no_light_request() {
        let router = bounded(Router::new().route(
            "/",
            post(async |body: Bytes| {
                if is_batch(&body) {
                    std::future::pending::<()>().await;
                }
            }),
        ));
        let mut batches = JoinSet::new();
        for _ in 0..IN_FLIGHT - 1 {
            batches.spawn(router.clone().oneshot(posts("[1]", 3)));
        }
        let mut busy = 0;
        while busy < IN_FLIGHT - 1 - HEAVY {
            let answer = batches.join_next().await.unwrap().unwrap().unwrap();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            busy += 1;
        }
        assert_eq!(ask(&router, posts("{}", 2)).await.0, StatusCode::OK);
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
