//! What every endpoint works with.

use std::sync::Arc;

use starknet_rust::core::types::Felt;
use tokio::sync::{Mutex, Semaphore};

use super::clock::Clock;
use super::info::Info;
use super::sessions::Sessions;
use super::sponsor::Sponsor;
use session_client::Node;
use session_devnet::Handler;

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
    /// The chain's time.
    pub clock: Clock,
    /// Who submits and pays.
    pub sponsor: Sponsor,
    /// Places for WebSockets.
    pub sockets: Arc<Semaphore>,
    /// Whose turn it is to have a batch answered: its answers are large when its requests are small.
    pub batch: Mutex<()>,
    /// The sessions on the chain.
    pub sessions: Sessions,
}
