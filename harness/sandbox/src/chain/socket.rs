//! The chain's WebSockets. The devnet answers; clients that are gone, or silent on purpose, lose their places.
//!
//! The devnet's own handler sends no pings, and takes a socket of axum's type, so that nothing can be put
//! between the two. Therefore the sandbox is a client of the devnet's own port, and passes messages on.

use std::mem;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message as Told, Utf8Bytes};
use url::Url;

/// How often a client is pinged. One that sends nothing until the next ping, not even the answer that every
/// library gives by itself, is closed. The test below uses a shorter time.
const PING: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(30) };
/// How long the last message to a client may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Passes messages between `client` and the WebSocket at `devnet`, until one of them ends it or the client
/// does not answer a ping.
pub async fn converse(mut client: WebSocket, devnet: &Url) {
    // Only what clients send has a bound. An answer of the devnet may be of any size.
    let any_size = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let mut devnet = match connect_async_with_config(devnet.as_str(), Some(any_size), true).await {
        Ok((devnet, _)) => devnet,
        Err(error) => {
            tracing::warn!(%error, "the devnet takes no WebSocket");
            return;
        }
    };
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_heard = true;
    loop {
        let goes_on = tokio::select! {
            // The first branch that is ready runs: what the client has sent is read before the next ping is
            // due, which would find it silent.
            biased;
            asked = client.recv() => {
                is_heard = true;
                match asked {
                    Some(Ok(Message::Text(text))) => {
                        devnet.send(Told::text(text.as_str())).await.is_ok()
                    }
                    Some(Ok(Message::Binary(bytes))) => devnet.send(Told::Binary(bytes)).await.is_ok(),
                    // tungstenite answers pings itself.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                }
            }
            told = devnet.next() => match told {
                Some(Ok(Told::Text(text))) => client.send(text_of(&text)).await.is_ok(),
                Some(Ok(Told::Binary(bytes))) => client.send(Message::Binary(bytes)).await.is_ok(),
                Some(Ok(Told::Ping(_) | Told::Pong(_) | Told::Frame(_))) => true,
                Some(Ok(Told::Close(_)) | Err(_)) | None => false,
            },
            _ = pings.tick() => {
                mem::take(&mut is_heard) && client.send(Message::Ping(Bytes::new())).await.is_ok()
            }
        };
        if !goes_on {
            break;
        }
    }
    // Whether or not they still listen, both are closed.
    let _ = timeout(FAREWELL, client.send(Message::Close(None))).await;
    let _ = timeout(FAREWELL, devnet.close(None)).await;
}

fn text_of(text: &Utf8Bytes) -> Message {
    Message::Text(text.as_str().into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::Router;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::any;
    use tokio::net::TcpListener;
    use tokio_tungstenite::connect_async;

    use super::*;

    /// Serves `act` as WebSocket, and returns its URL.
    async fn serve<F: Future<Output = ()> + Send + 'static>(
        act: impl Fn(WebSocket) -> F + Clone + Send + Sync + 'static,
    ) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let upgrade = async move |upgrade: WebSocketUpgrade| upgrade.on_upgrade(act);
        let router = Router::new().route("/ws", any(upgrade));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Url::parse(&format!("ws://{address}/ws")).unwrap()
    }

    #[tokio::test]
    async fn who_answers_no_ping_is_closed_and_who_only_listens_stays() {
        let echo = serve(async |mut socket| {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                socket.send(Message::Text(text)).await.unwrap();
            }
        });
        let echo = echo.await;
        let front = serve(move |socket| {
            let echo = echo.clone();
            async move { converse(socket, &echo).await }
        });
        let front = front.await;
        let (mut listens, _) = connect_async(front.as_str()).await.unwrap();
        // This one does not even read.
        let (mut silent, _) = connect_async(front.as_str()).await.unwrap();
        let mut pinged = 0;
        while pinged < 5 {
            let told = timeout(PING * 50, listens.next()).await.expect("it is pinged");
            assert!(matches!(told.unwrap().unwrap(), Told::Ping(_)));
            pinged += 1;
        }
        listens.send(Told::text("still here")).await.unwrap();
        let told = loop {
            match listens.next().await.unwrap().unwrap() {
                Told::Ping(_) => {}
                told => break told,
            }
        };
        assert_eq!(told, Told::text("still here"));
        let mut told = Vec::new();
        while told.len() < 9
            && let Ok(Some(Ok(message))) = timeout(PING * 50, silent.next()).await
        {
            told.push(message);
        }
        assert!(matches!(told[..], [Told::Ping(_), .., Told::Close(_)]), "{told:?}");
        assert!(told.len() <= 3, "it was pinged after it was silent: {told:?}");
    }
}
