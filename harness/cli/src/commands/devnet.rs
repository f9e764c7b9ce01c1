//! Asks a node what only a devnet answers. A disturbed answer does not say that the node is no devnet, so it is
//! asked for again.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use session_client::{body_of, causes, is_rate_limit, pauses, printable};
use session_devnet::PredeployedAccount;
use tokio::time::{Instant, sleep};
use url::Url;

use super::exit::{Failure, Kind};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 * 1_024 * 1_024;
/// For how long a disturbed answer is asked for again at most. Some public nodes may never answer these methods
/// better.
const LONGEST: Duration = Duration::from_secs(5);

/// A client of the two `devnet_*` methods that commands need.
pub struct Devnet {
    url: Url,
    client: Client,
    patience: Duration,
}

/// A disturbed answer: what is wrong with it, and the pause that it asks for.
struct Disturbed {
    why: String,
    pause: Option<Duration>,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Value>,
    error: Option<ErrorObject>,
}

#[derive(Deserialize)]
struct ErrorObject {
    code: i64,
}

impl Devnet {
    /// Returns a client that asks again for as long as `patience` says, and no longer than some seconds.
    pub fn new(url: Url, client: Client, patience: Duration) -> Self {
        Self { url, client, patience: patience.min(LONGEST) }
    }

    /// Says whether the node is a devnet.
    ///
    /// # Errors
    /// If every answer is disturbed, so that this is not known.
    pub async fn is_there(&self) -> Result<bool, Failure> {
        Ok(self.ask::<IgnoredAny>("devnet_getConfig").await?.is_some())
    }

    /// Returns the accounts that the devnet deployed and funded; `None` if the node is no devnet.
    ///
    /// # Errors
    /// If every answer is disturbed.
    pub async fn accounts(&self) -> Result<Option<Vec<PredeployedAccount>>, Failure> {
        self.ask("devnet_getPredeployedAccounts").await
    }

    /// Returns the node's answer; `None` if the node does not know the method or does not allow it.
    async fn ask<T: DeserializeOwned>(&self, method: &str) -> Result<Option<T>, Failure> {
        let (start, mut pauses) = (Instant::now(), pauses());
        loop {
            let Disturbed { why, pause } = match self.ask_once(method).await {
                Ok(answer) => return Ok(answer),
                Err(disturbed) => disturbed,
            };
            let pause = pause.unwrap_or_default().max(pauses.next().unwrap_or(LONGEST));
            if start.elapsed().saturating_add(pause) > self.patience {
                let what =
                    printable(&format!("the node gives no clear answer to `{method}`: {why}"));
                return Err(Failure::new(Kind::Network, what)
                    .remedy("run this again in a minute; if you gave no --network, give it"));
            }
            sleep(pause).await;
        }
    }

    async fn ask_once<T: DeserializeOwned>(&self, method: &str) -> Result<Option<T>, Disturbed> {
        let disturbed = |why: String| Disturbed { why, pause: None };
        let broken = |error: reqwest::Error| disturbed(causes(&error));
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": {} });
        let request = self.client.post(self.url.clone()).json(&body);
        let mut response = request.send().await.map_err(broken)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = body_of(&mut response, LONGEST_ANSWER).await.map_err(broken)?;
        let bytes = bytes.ok_or_else(|| disturbed("it is too long".to_owned()))?;
        if may_pass(status) {
            let seconds = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
            let pause = seconds.map(Duration::from_secs);
            return Err(Disturbed { why: format!("HTTP status {status}"), pause });
        }
        match serde_json::from_slice(&bytes) {
            Ok(Answer { error: Some(ErrorObject { code }), .. }) if is_rate_limit(code) => {
                Err(disturbed("it asks for fewer requests".to_owned()))
            }
            Ok(Answer { error: Some(_), .. }) => Ok(None),
            Ok(Answer { result: Some(result), .. }) => {
                serde_json::from_value(result).map(Some).map_err(|it| disturbed(it.to_string()))
            }
            Ok(Answer { .. }) => Err(disturbed("it has neither a result nor an error".to_owned())),
            // The provider refuses the method before a node sees it.
            Err(_) if !status.is_success() => Ok(None),
            Err(error) => Err(disturbed(error.to_string())),
        }
    }
}

/// Says whether an answer with this status says nothing about the method, and the next one may.
fn may_pass(status: StatusCode) -> bool {
    let is_busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    is_busy || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use session_e2e::proxy::{Fate, Proxy};

    use super::*;

    const HTML: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>";
    const AWAY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    const UNKNOWN: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\n<html>";

    /// Starts a node that answers as `fate` says, which is given how often the node was asked before. Returns
    /// the client, and the count.
    fn at(
        patience: Duration,
        fate: impl Fn(usize) -> Fate + Send + Sync + 'static,
    ) -> (Devnet, Arc<AtomicUsize>) {
        let count = Arc::<AtomicUsize>::default();
        let asked = count.clone();
        let nowhere = "http://127.0.0.1:9".parse().unwrap();
        let node = Proxy::new(&nowhere, move |_| fate(asked.fetch_add(1, Ordering::SeqCst)));
        (Devnet::new(node.url().clone(), Client::new(), patience), count)
    }

    #[tokio::test]
    async fn a_disturbed_answer_does_not_say_that_the_node_is_no_devnet() {
        let accounts = json!([{ "address": "0x5", "private_key": "0x7" }]);
        let (devnet, _) = at(LONGEST, move |nth| match nth {
            0 => Fate::Raw(HTML),
            1 => Fate::Error(-32_005, "limit"),
            2 => Fate::Result(accounts.clone()),
            3 => Fate::Raw(AWAY),
            _ => Fate::Result(json!({})),
        });
        let accounts = devnet.accounts().await.unwrap_or_default().unwrap();
        assert_eq!(accounts[0].address, 5.into());
        assert!(devnet.is_there().await.is_ok_and(|it| it));
    }

    #[tokio::test]
    async fn a_node_that_refuses_the_method_is_no_devnet_and_is_asked_once() {
        let (devnet, count) = at(LONGEST, |nth| match nth {
            0 => Fate::Error(-32_601, "Method not found"),
            _ => Fate::Raw(UNKNOWN),
        });
        for asked in 1..=2 {
            assert!(devnet.is_there().await.is_ok_and(|it| !it));
            assert_eq!(count.load(Ordering::SeqCst), asked);
        }
    }

    #[tokio::test]
    async fn what_stays_disturbed_is_a_failure_of_the_node_and_not_of_the_user() {
        let (devnet, count) = at(Duration::ZERO, |_| Fate::Raw(HTML));
        let failure = devnet.accounts().await.unwrap_err();
        assert!(failure.is_of_the_node() && failure.what().contains("no clear answer"));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
