//! The handle with which tests control the simulated network of an embedded devnet.

use std::fmt;
use std::time::Duration;

use starknet_rust::core::types::Felt;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::interval;

use super::handler::Handler;
use crate::network::{NetworkNode, PoolStatus};
use starknet_devnet_core::starknet::Starknet;

/// The simulated network of an embedded devnet: see [`Embedded::become_network`].
///
/// Its methods cause events that happen on a real network now and then, and advance the network's time if
/// it does not pass [by itself](crate::network::Pace::ByHand).
///
/// [`Embedded::become_network`]: crate::Embedded::become_network
#[derive(Clone)]
pub struct Network {
    handler: Handler,
    /// The devnet's own runtime. The devnet blocks threads, and the caller's runtime may have only one.
    runtime: Handle,
}

impl Network {
    pub(super) const fn new(handler: Handler, runtime: Handle) -> Self {
        Self { handler, runtime }
    }

    async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&NetworkNode, &mut Starknet) -> T + Send + 'static,
    ) -> Option<T> {
        let handler = self.handler.clone();
        let acting = async move {
            handler.with_network(|node, starknet| block_in_place(|| act(node, starknet))).await
        };
        // The task ends only with the devnet.
        self.runtime.spawn(acting).await.ok().flatten()
    }

    /// Advances the network's time by `time`, rounded up to whole steps, without waiting.
    pub async fn pass(&self, time: Duration) {
        let mut passed = Duration::ZERO;
        while passed < time {
            match self.act(|node, starknet| node.tick(starknet)).await {
                Some(step) if step > Duration::ZERO => passed += step,
                _ => return,
            }
        }
    }

    /// Returns the status of the transaction `hash` in the mempool; `None` if it is not there.
    pub async fn status(&self, hash: Felt) -> Option<PoolStatus> {
        self.act(move |node, _| node.sequencer().status(hash)).await.flatten()
    }

    /// Drops the next `count` blocks that begin, at their end. Their transactions then wait in the mempool
    /// again.
    pub async fn drop_blocks(&self, count: u32) {
        self.act(move |node, _| node.sequencer().drop_blocks(count)).await;
    }

    /// Sets the price of L2 gas, in FRI per unit, from the next block on. It does not move after that.
    pub async fn set_l2_price(&self, price: u128) {
        self.act(move |node, _| node.sequencer().set_l2_price(price)).await;
    }

    /// Closes the gateway for `time`, in the network's time.
    pub async fn close_gateway(&self, time: Duration) {
        self.act(move |node, _| node.sequencer().close_gateway(time)).await;
    }

    /// Removes the transaction `hash` from the mempool, as if it had waited for too long.
    pub async fn evict(&self, hash: Felt) {
        self.act(move |node, _| node.sequencer().evict(hash)).await;
    }

    /// Advances the network's time `times` as fast as real time, until the runtime ends.
    pub(super) async fn run(self, step: Duration, times: f64) {
        // If a step is late, the next one follows at once, so that the chain's clock catches up.
        let mut steps = interval(step.div_f64(times));
        loop {
            steps.tick().await;
            self.act(|node, starknet| node.tick(starknet)).await;
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Network")
    }
}
