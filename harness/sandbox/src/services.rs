//! What every endpoint works with.

use std::sync::Arc;

use starknet_rust::core::types::Felt;
use tokio::sync::{Mutex, Semaphore, watch};

use super::clock::Clock;
use super::info::Info;
use super::paymaster::{Dialect, Recent};
use super::sessions::Sessions;
use super::sponsor::Sponsor;
use session_client::Node;
use session_devnet::faults::Proxy;
use session_devnet::{Handler, Stage};

/// The chain and what stands on it.
pub struct Services {
    /// What the sandbox serves, and where.
    pub info: Info,
    /// The chain's node, for the services' own questions.
    pub node: Node,
    /// The chain.
    pub chain_id: Felt,
    /// What answers the chain's JSON-RPC.
    pub devnet: Handler,
    /// What goes wrong between it and whoever asks.
    pub proxy: Option<Proxy>,
    /// The chain's time.
    pub clock: Clock,
    /// How the paymaster speaks.
    pub dialect: Dialect,
    /// What AVNU's paymaster was asked to execute lately.
    pub recent: Recent,
    /// Who keeps what users pay to AVNU's paymaster.
    pub treasury: Felt,
    /// Who submits and pays.
    pub sponsor: Sponsor,
    /// Places for WebSockets.
    pub sockets: Arc<Semaphore>,
    /// Whose turn it is to have a batch answered: its answers are large when its requests are small.
    pub batch: Mutex<()>,
    /// The sessions on the chain.
    pub sessions: Sessions,
    /// Ends with the chain: for whoever listens to it.
    pub end: watch::Sender<()>,
    /// What the chain runs on: it stops when the last request is answered.
    pub stage: Stage,
}

impl Services {
    /// Returns who is paid by users, and who alone submits for AVNU's paymaster: its forwarder.
    pub fn payee(&self) -> Felt {
        self.sponsor.relayers().addresses().first().copied().unwrap_or_default()
    }
}
