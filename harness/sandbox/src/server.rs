//! The server: one port with HTTP/1.1, on which no connection lasts for ever.
//!
//! It uses hyper itself. `axum::serve` has no limits for connections, heads and answers. hyper-util's
//! connections that can be upgraded, as WebSockets are, wait without limit for the first bytes of HTTP/2,
//! even if they are set to HTTP/1 only; so a client that sends nothing would keep its place for ever. And
//! hyper-util's graceful shutdown does not accept an upgradeable connection of hyper's own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// How many connections there may be at a time; more wait to be accepted.
const CONNECTIONS: usize = 1_024;
/// How long a client may take to send a request's head, or keep a connection without one, and how
/// large a head may be, in bytes.
const HEAD_TIME: Duration = Duration::from_secs(30);
const HEAD: usize = 32 * 1_024;
/// How long a client may leave an answer unread. This holds for WebSockets too.
const READ_TIME: Duration = Duration::from_secs(30);
/// How long running requests may take once the server is to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// The pause after an error of the listener, for example if too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Returns the places for connections, which all listeners of a sandbox share.
pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(CONNECTIONS))
}

/// Serves `router` on `listener` until `stop` changes or its sender is dropped, and then lets running
/// requests end. There are never more connections than `places`.
pub async fn serve(
    listener: TcpListener,
    places: Arc<Semaphore>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    converse(stream, router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(PAUSE).await;
            }
        }
        // Connections that have ended are removed.
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(FAREWELL, all).await.is_err() {
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

async fn converse(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READ_TIME));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}
