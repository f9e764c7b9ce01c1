//! The server: one port, HTTP/1.1, with an end to every connection's patience.
//!
//! Stands on hyper itself. `axum::serve` has no limits for connections, heads and answers. hyper-util's connections
//! that can be upgraded, as WebSockets are, look without any end for the first bytes of HTTP/2 even where they are told
//! to speak HTTP/1 alone, so that a client who sends nothing keeps its place for ever; and its graceful shutdown takes
//! no upgradeable connection of hyper's own.

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

/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 1_024;
/// How long a client may take to send a request's head, or keep a connection without one, and how
/// large a head may be, in bytes.
const HEAD_TIME: Duration = Duration::from_secs(30);
const HEAD: usize = 32 * 1_024;
/// How long a client may leave an answer unread, at a WebSocket too.
const READ_TIME: Duration = Duration::from_secs(30);
/// How long what is in flight may take once the server is to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// A pause after an error of the listener's, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Returns the places for connections, which all listeners of a sandbox share.
pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(CONNECTIONS))
}

/// Serves `router` on `listener` until `stop` says so or its sender is gone; then lets what is in
/// flight end. No more connections than there are `places`.
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
        // What has ended is forgotten.
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
