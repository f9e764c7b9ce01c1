//! What moves the network in front of an embedded devnet.

use std::fmt;
use std::time::Duration;

use starknet_rust::core::types::Felt;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::interval;

use super::handler::Handler;
use crate::network::{Front, Stage};
use starknet_devnet_core::starknet::Starknet;

/// The network that an embedded devnet has become: see [`Embedded::become_network`].
///
/// Its methods make happen what a real network does by itself now and then, and let time pass that does
/// not pass [by itself](crate::network::Pace::ByHand).
///
/// [`Embedded::become_network`]: crate::Embedded::become_network
#[derive(Clone)]
pub struct Network {
    handler: Handler,
    /// The devnet's own, since it blocks in places: the caller's may have one thread.
    runtime: Handle,
}

impl Network {
    pub(super) const fn new(handler: Handler, runtime: Handle) -> Self {
        Self { handler, runtime }
    }

    async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Front, &mut Starknet) -> T + Send + 'static,
    ) -> Option<T> {
        let handler = self.handler.clone();
        let acting = async move {
            handler.with_network(|front, starknet| block_in_place(|| act(front, starknet))).await
        };
        // It ends with the devnet alone.
        self.runtime.spawn(acting).await.ok().flatten()
    }

    /// Lets `time` of the network's own pass at once: whole steps, and at least one.
    pub async fn pass(&self, time: Duration) {
        let mut passed = Duration::ZERO;
        while passed < time {
            match self.act(|front, starknet| front.tick(starknet)).await {
                Some(step) if step > Duration::ZERO => passed += step,
                _ => return,
            }
        }
    }

    /// Says how far the transaction `hash` has come in the mempool; `None` if it is not there.
    pub async fn stage(&self, hash: Felt) -> Option<Stage> {
        self.act(move |front, _| front.sequencer().stage(hash)).await.flatten()
    }

    /// Drops the next `count` blocks that begin, when they are due: what they had waits again.
    pub async fn drop_blocks(&self, count: u32) {
        self.act(move |front, _| front.sequencer().drop_blocks(count)).await;
    }

    /// Sets the price of L2 gas from the next block on, in FRI, where it stays.
    pub async fn set_l2_price(&self, price: u128) {
        self.act(move |front, _| front.sequencer().set_l2_price(price)).await;
    }

    /// Closes the gateway for `time` of the network's own.
    pub async fn close_gateway(&self, time: Duration) {
        self.act(move |front, _| front.sequencer().close_gateway(time)).await;
    }

    /// Lets the mempool forget the transaction `hash`, as if it had waited for too long.
    pub async fn evict(&self, hash: Felt) {
        self.act(move |front, _| front.sequencer().evict(hash)).await;
    }

    /// Lets time pass by itself, `times` as fast as real time, until the runtime ends.
    pub(super) async fn run(self, step: Duration, times: f64) {
        // A step that comes late is followed by the next one at once, so that the chain's clock keeps up.
        let mut steps = interval(step.div_f64(times));
        loop {
            steps.tick().await;
            self.act(|front, starknet| front.tick(starknet)).await;
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Network")
    }
}
