//! The chain's time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use session_devnet::Devnet;

/// How far the last block's time may lie behind.
const STALE: Duration = Duration::from_secs(2);

/// Keeps the chain's time near the real one: what is only tried, not sent, runs at the last block's.
#[derive(Debug, Clone)]
pub struct Clock {
    devnet: Devnet,
    ticked: Arc<Mutex<Option<Instant>>>,
}

impl Clock {
    /// Keeps the time of `devnet`.
    pub fn new(devnet: Devnet) -> Self {
        Self { devnet, ticked: Arc::default() }
    }

    /// Makes a block, unless one was made just now.
    pub async fn tick(&self) {
        let mut ticked = self.ticked.lock().await;
        if ticked.is_none_or(|at| at.elapsed() > STALE) {
            match self.devnet.create_block().await {
                Ok(()) => *ticked = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "the devnet makes no block"),
            }
        }
    }
}
