//! The chain's time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use session_devnet::Devnet;

/// How far the last block's time may lie behind.
const STALE: Duration = Duration::from_secs(2);

/// Keeps the chain's time near the real one: what is only tried, not sent, runs at the last block's.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The chain's time passes by itself.
    Running,
    /// The devnet makes a block when it is asked for one.
    Asked {
        /// The devnet.
        devnet: Devnet,
        /// When it made the last block.
        ticked: Arc<Mutex<Option<Instant>>>,
    },
}

impl Clock {
    /// Keeps the time of `devnet`.
    pub fn of(devnet: Devnet) -> Self {
        Self::Asked { devnet, ticked: Arc::default() }
    }

    /// Makes a block, unless one was made just now, or is made without being asked for.
    pub async fn tick(&self) {
        let Self::Asked { devnet, ticked } = self else { return };
        let mut ticked = ticked.lock().await;
        if ticked.is_none_or(|at| at.elapsed() > STALE) {
            match devnet.create_block().await {
                Ok(()) => *ticked = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "the devnet makes no block"),
            }
        }
    }

    /// Says whether a transaction is in a block as soon as it is sent.
    pub const fn is_at_once(&self) -> bool {
        matches!(self, Self::Asked { .. })
    }
}
