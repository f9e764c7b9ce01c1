//! What all endpoints share.

use std::sync::Arc;

use starknet_rust::core::types::Felt;
use tokio::sync::{Semaphore, watch};
use url::Url;

use super::clock::Clock;
use super::dialect::Dialect;
use super::info::Info;
use super::names::Names;
use super::recent::Recent;
use super::sessions::Sessions;
use super::sponsor::Sponsor;
use session_client::Node;
use session_devnet::faults::Proxy;
use session_devnet::{Handler, Stage};

/// The most WebSockets that may be open at a time.
pub const SOCKETS: usize = 64;

/// The chain and all services around it.
pub struct Services {
    /// The services of the sandbox, and their addresses.
    pub info: Info,
    /// The chain's node, for requests that the services themselves make.
    pub node: Node,
    /// The chain's id.
    pub chain_id: Felt,
    /// The handler of the chain's JSON-RPC.
    pub devnet: Handler,
    /// The URL of the chain's own WebSockets.
    pub devnet_ws: Url,
    /// The faults that happen between clients and the chain's JSON-RPC.
    pub proxy: Option<Proxy>,
    /// A text that no other chain has, so that a page that is open notices a reset or a restart.
    pub opening: String,
    /// The chain's time.
    pub clock: Clock,
    /// Which JSON the paymaster uses.
    pub dialect: Dialect,
    /// What AVNU's paymaster sent in the last 30 s.
    pub recent: Recent,
    /// The account that keeps what users pay to AVNU's paymaster.
    pub treasury: Felt,
    /// The service that submits and pays.
    pub sponsor: Sponsor,
    /// Places for WebSockets: [`SOCKETS`] of them.
    pub sockets: Arc<Semaphore>,
    /// The names of functions that the chain's clients have used.
    pub names: Names,
    /// The sessions on the chain.
    pub sessions: Sessions,
    /// Is dropped with the chain. Open WebSockets wait for that, and end with it.
    pub end: watch::Sender<()>,
    /// The devnet. It runs until the last request that uses this chain is answered.
    pub stage: Stage,
}

impl Services {
    /// Returns the address that users pay. For AVNU's paymaster it is the forwarder, which alone may submit.
    pub fn payee(&self) -> Felt {
        self.sponsor.relayers().addresses().first().copied().unwrap_or_default()
    }
}
