//! A devnet: the node to try things on, with a clock that can be set and accounts that have funds.

mod bounds;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
#[cfg(feature = "embedded")]
mod execution;
#[cfg(feature = "embedded")]
pub mod faults;
#[cfg(feature = "embedded")]
pub mod network;
mod stage;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use starknet_rust::core::types::Felt;
use url::Url;

pub use bounds::Bounds;
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, Handler, Network, Settings};
pub use error::StartError;
pub use stage::Stage;

use session_client::{Error, Result, body_of, causes, http_client, printable};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 * 1_024 * 1_024;

/// What only a devnet can do: the `devnet_*` methods of a node.
#[derive(Debug, Clone)]
pub struct Devnet {
    url: Url,
    client: reqwest::Client,
}

/// An account that the devnet deployed and funded.
#[derive(Debug, Clone, Deserialize)]
pub struct PredeployedAccount {
    /// Where it is.
    pub address: Felt,
    /// Its owner's private key: worth nothing outside this devnet.
    pub private_key: Felt,
}

impl Devnet {
    /// Takes the devnet at `url`.
    #[must_use]
    pub fn new(url: Url) -> Self {
        // Without certificates there is no client at all, of whichever kind.
        let client = http_client(&url).build().unwrap_or_default();
        Self::with_client(url, client)
    }

    /// Takes the devnet at `url`, asked by `client`.
    #[must_use]
    pub const fn with_client(url: Url, client: reqwest::Client) -> Self {
        Self { url, client }
    }

    /// Says whether the node is a devnet at all.
    pub async fn is_there(&self) -> bool {
        self.request::<Value>("devnet_getConfig", json!({})).await.is_ok()
    }

    /// Returns the accounts that the devnet deployed and funded.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is no devnet.
    pub async fn predeployed_accounts(&self) -> Result<Vec<PredeployedAccount>> {
        self.request("devnet_getPredeployedAccounts", json!({})).await
    }

    /// Sets the clock: the next transaction runs at exactly `time`, in Unix seconds.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is no devnet, or the time lies before the last block's.
    pub async fn set_time(&self, time: u64) -> Result<()> {
        let params = json!({ "time": time, "generate_block": true });
        self.request::<Value>("devnet_setTime", params).await.map(drop)
    }

    /// Makes a block of what is pending, at the time that it is now.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is no devnet.
    pub async fn create_block(&self) -> Result<()> {
        self.request::<Value>("devnet_createBlock", json!({})).await.map(drop)
    }

    /// Gives `address` STRK, in FRI.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is no devnet.
    pub async fn mint(&self, address: Felt, amount: u64) -> Result<()> {
        let params = json!({ "address": address, "amount": amount, "unit": "FRI" });
        self.request::<Value>("devnet_mint", params).await.map(drop)
    }

    /// Changes the chain's state as no transaction could, by `state_diff`: as the specification of
    /// JSON-RPC writes one, with the parts alone that change.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is no devnet, or cannot do that.
    pub async fn apply_state_diff(&self, state_diff: &Value) -> Result<()> {
        let params = json!({ "state_diff": state_diff });
        self.request::<Value>("devnet_applyStateDiff", params).await.map(drop)
    }

    async fn request<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T> {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let mut response =
            self.client.post(self.url.clone()).json(&body).send().await.map_err(unreachable)?;
        let bytes = body_of(&mut response, LONGEST_ANSWER).await.map_err(unreachable)?;
        let bytes = bytes.ok_or_else(|| Error::Answer(format!("{method}: it has no end")))?;
        let other = |why: &dyn std::fmt::Display| {
            printable(&format!("{method}: {why}. Is the node a devnet?"))
        };
        let mut answer: Value =
            serde_json::from_slice(&bytes).map_err(|error| Error::Answer(other(&error)))?;
        if let Some(error) = answer.get("error") {
            return Err(Error::Node(other(error)));
        }
        let result = answer.get_mut("result").map(Value::take).unwrap_or_default();
        serde_json::from_value(result).map_err(|error| Error::Answer(other(&error)))
    }
}

fn unreachable(error: reqwest::Error) -> Error {
    Error::Node(causes(&error))
}
