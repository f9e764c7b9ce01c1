//! Keeps the chain's time near the real time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use session_devnet::Devnet;

/// The last block's time may be this far behind the real time.
const STALE: Duration = Duration::from_secs(2);

/// Keeps the chain's time near the real time, since transactions that are simulated run at the last block's
/// time, and clients count a session's end from the time that the chain tells them.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The chain's time passes by itself.
    Running,
    /// The devnet makes an empty block when [`Clock::tick`] asks for one.
    Asked {
        /// The devnet.
        devnet: Devnet,
        /// When it made the last block.
        ticked: Arc<Mutex<Option<Instant>>>,
    },
}

impl Clock {
    /// Returns the clock of `devnet`.
    pub fn of(devnet: Devnet) -> Self {
        Self::Asked { devnet, ticked: Arc::default() }
    }

    /// Asks for a block, unless the devnet made one just now, or the chain's time passes by itself.
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

    /// Says whether each transaction is in a block as soon as it is sent.
    pub const fn is_at_once(&self) -> bool {
        matches!(self, Self::Asked { .. })
    }
}
