//! A Starknet devnet for tests: its clock can be set, and its accounts have funds.

mod bounds;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
#[cfg(feature = "embedded")]
mod execution;
#[cfg(feature = "embedded")]
pub mod faults;
#[cfg(feature = "embedded")]
pub mod json_rpc;
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

/// A client of the `devnet_*` methods, which only a devnet has.
#[derive(Debug, Clone)]
pub struct Devnet {
    url: Url,
    client: reqwest::Client,
}

/// An account that the devnet deployed and funded.
#[derive(Debug, Clone, Deserialize)]
pub struct PredeployedAccount {
    /// The account's address.
    pub address: Felt,
    /// The private key of the account's owner, which has no value outside this devnet.
    pub private_key: Felt,
}

impl Devnet {
    /// Returns the client of the devnet at `url`.
    #[must_use]
    pub fn new(url: Url) -> Self {
        // Building fails only if the system has no certificates; `Client::default` would panic then too.
        let client = http_client(&url).build().unwrap_or_default();
        Self::with_client(url, client)
    }

    /// Returns the client of the devnet at `url`, with `client` for HTTP.
    #[must_use]
    pub const fn with_client(url: Url, client: reqwest::Client) -> Self {
        Self { url, client }
    }

    /// Says whether a devnet answers.
    pub async fn is_there(&self) -> bool {
        self.request::<Value>("devnet_getConfig", json!({})).await.is_ok()
    }

    /// Returns the accounts that the devnet deployed and funded.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is not a devnet.
    pub async fn predeployed_accounts(&self) -> Result<Vec<PredeployedAccount>> {
        self.request("devnet_getPredeployedAccounts", json!({})).await
    }

    /// Sets the clock: the next transaction runs at exactly `time`, in Unix seconds.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is not a devnet, or the time is before the last block's.
    pub async fn set_time(&self, time: u64) -> Result<()> {
        let params = json!({ "time": time, "generate_block": true });
        self.request::<Value>("devnet_setTime", params).await.map(drop)
    }

    /// Makes a block of the transactions of the block in progress, with the present time.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is not a devnet.
    pub async fn create_block(&self) -> Result<()> {
        self.request::<Value>("devnet_createBlock", json!({})).await.map(drop)
    }

    /// Mints `amount` FRI for `address`.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is not a devnet.
    pub async fn mint(&self, address: Felt, amount: u64) -> Result<()> {
        let params = json!({ "address": address, "amount": amount, "unit": "FRI" });
        self.request::<Value>("devnet_mint", params).await.map(drop)
    }

    /// Changes the chain's state in a way that no transaction could. `state_diff` is in the form of the
    /// JSON-RPC specification, and contains only the parts that change.
    ///
    /// # Errors
    /// [`Error::Node`] if the node is not a devnet, or does not support this.
    pub async fn apply_state_diff(&self, state_diff: &Value) -> Result<()> {
        let params = json!({ "state_diff": state_diff });
        self.request::<Value>("devnet_applyStateDiff", params).await.map(drop)
    }

    async fn request<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T> {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let mut response =
            self.client.post(self.url.clone()).json(&body).send().await.map_err(unreachable)?;
        let bytes = body_of(&mut response, LONGEST_ANSWER).await.map_err(unreachable)?;
        let bytes =
            bytes.ok_or_else(|| Error::Answer(format!("{method}: the answer is too long")))?;
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
