//! JSON-RPC over HTTP with a paymaster, which is not trusted.

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::error::{PaymasterError, PaymasterRefusal};
use crate::transport::{body_of, causes, http_client};

/// The longest time for connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest time for an answer; a paymaster may wait for a block before it answers.
const ANSWER: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes: many times that of the longest transaction.
const LONGEST: usize = 4 * 1_024 * 1_024;

const API_KEY: &str = "x-paymaster-api-key";
const ID: u64 = 1;

#[derive(Clone)]
pub(super) struct Transport {
    client: Client,
    url: Url,
    timeout: Duration,
    api_key: Option<Zeroizing<String>>,
}

/// Why there is no result, and whether the request may have reached the paymaster.
pub(super) struct Unanswered {
    pub error: PaymasterError,
    pub has_left: bool,
}

impl Transport {
    pub fn new(url: Url) -> Result<Self, PaymasterError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PaymasterError::Request("a paymaster's URL begins with https or http"));
        }
        let client = http_client(&url).connect_timeout(CONNECT).build();
        let client = client.map_err(|error| PaymasterError::Transport(causes(&error)))?;
        Ok(Self { client, url, timeout: ANSWER, api_key: None })
    }

    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub fn set_api_key(&mut self, api_key: Zeroizing<String>) -> Result<(), PaymasterError> {
        header(&api_key)?;
        self.api_key = Some(api_key);
        Ok(())
    }

    /// Calls `method` once, without retries.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Unanswered> {
        let body = json!({ "jsonrpc": "2.0", "id": ID, "method": method, "params": params });
        let mut request = self.client.post(self.url.clone()).timeout(self.timeout).json(&body);
        if let Some(api_key) = &self.api_key {
            let unsent = |error| Unanswered { error, has_left: false };
            request = request.header(API_KEY, header(api_key).map_err(unsent)?);
        }
        match request.send().await {
            Ok(response) => {
                let answer = self.read(response).await;
                answer.map_err(|error| Unanswered { error, has_left: true })
            }
            Err(error) => {
                let has_left = !(error.is_connect() || error.is_builder());
                Err(Unanswered { error: PaymasterError::Transport(causes(&error)), has_left })
            }
        }
    }

    async fn read(&self, mut response: Response) -> Result<Value, PaymasterError> {
        let status = response.status();
        let body = body_of(&mut response, LONGEST).await;
        let body = body.map_err(|error| PaymasterError::Transport(causes(&error)))?;
        let body = body.ok_or(PaymasterError::Answer("it is longer than 4 MiB"))?;
        let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
        // Most paymasters return errors with status 200, and some with another status.
        let secret = self.api_key.as_ref().map(|it| it.as_str());
        if let Some(refusal) = PaymasterRefusal::read(&answer["error"], secret) {
            return Err(PaymasterError::Refused(refusal));
        }
        if !status.is_success() {
            return Err(PaymasterError::Status(status.as_u16()));
        }
        if answer["id"] != ID {
            return Err(PaymasterError::Answer("it is no JSON-RPC, or another request's answer"));
        }
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(PaymasterError::Answer("it has neither a result nor an error")),
        }
    }
}

fn header(api_key: &str) -> Result<HeaderValue, PaymasterError> {
    let mut value = HeaderValue::from_str(api_key).map_err(|_| PaymasterError::ApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}
