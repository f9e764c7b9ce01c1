//! A simulated sequencer: executes the mempool's transactions and makes blocks, some of which it drops.

use std::num::NonZeroU128;
use std::time::Duration;

use fastrand::Rng;
use starknet_devnet_core::error::DevnetResult;
use starknet_devnet_core::starknet::starknet_config::BlockGenerationOn;
use starknet_devnet_core::starknet::{Starknet, StarknetCheckpoint};
use starknet_devnet_types::rpc::gas_modification::GasModificationRequest;
use starknet_devnet_types::rpc::transactions::BroadcastedTransaction;
use starknet_devnet_types::starknet_api::core::ContractAddress;
use starknet_rust::core::types::Felt;

use super::pool::{Pool, PoolStatus};
use super::refusal::Refusal;
use super::settings::Settings;
use super::{gateway, prices};

/// How long a closed gateway stays closed.
const CLOSED_FOR: Duration = Duration::from_secs(60);

/// The simulated network on the devnet's chain. It acts only when [`tick`](Self::tick) advances its time.
pub struct Sequencer {
    settings: Settings,
    rng: Rng,
    pool: Pool,
    /// The time since the network began.
    now: Duration,
    /// The network's time when the block in progress was begun.
    opened: Duration,
    /// The chain's time when the network began, in Unix seconds.
    began: u64,
    shift: i64,
    blocks: usize,
    l2_price: u128,
    /// The chain's state before the block in progress; `Some` if that block will be dropped.
    checkpoint: Option<StarknetCheckpoint>,
    to_drop: u32,
    closed_until: Duration,
}

impl Sequencer {
    /// Takes over the devnet's chain. Until then the devnet makes a block of each transaction.
    ///
    /// # Errors
    /// The devnet's error, if the chain has no block.
    pub fn begin(starknet: &mut Starknet, settings: Settings) -> DevnetResult<Self> {
        starknet.config.block_generation_on = BlockGenerationOn::Demand;
        let mut sequencer = Self {
            settings,
            rng: Rng::with_seed(settings.seed),
            pool: Pool::default(),
            now: Duration::ZERO,
            opened: Duration::ZERO,
            began: chain_time(starknet),
            shift: starknet.pre_confirmed_block_timestamp_shift,
            blocks: starknet.get_block_count(),
            l2_price: settings.l2_price,
            checkpoint: None,
            to_drop: 0,
            closed_until: Duration::ZERO,
        };
        sequencer.close(starknet)?;
        Ok(sequencer)
    }

    /// Returns by how much one [`tick`](Self::tick) advances the network's time.
    pub const fn step(&self) -> Duration {
        self.settings.pre_confirmed_after
    }

    /// Returns the network's settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the status of a transaction that is in no block; `None` if it is not in the pool. A
    /// pre-confirmed transaction's status is also known to the chain itself.
    pub fn status(&self, hash: Felt) -> Option<PoolStatus> {
        match self.pool.status(hash)? {
            PoolStatus::Candidate if !self.settings.candidates => Some(PoolStatus::Received),
            status => Some(status),
        }
    }

    /// Admits `transaction` to the mempool, or refuses it.
    ///
    /// # Errors
    /// [`Refusal`] if the gateway refuses it.
    pub fn admit(
        &mut self,
        starknet: &mut Starknet,
        transaction: BroadcastedTransaction,
    ) -> Result<Admitted, Refusal> {
        if self.is_closed() {
            return Err(Refusal::Closed);
        }
        let offer = gateway::admit(starknet, &self.pool, self.now, transaction)?;
        let admitted =
            Admitted { hash: offer.hash, declared: offer.declared(), account: offer.sender };
        self.pool.admit(offer, self.now);
        Ok(admitted)
    }

    /// Says whether the gateway is closed.
    pub fn is_closed(&self) -> bool {
        self.now < self.closed_until
    }

    /// Closes the gateway for `time`.
    pub fn close_gateway(&mut self, time: Duration) {
        self.closed_until = self.now + time;
    }

    /// Drops the next `count` blocks, each at its end.
    pub const fn drop_blocks(&mut self, count: u32) {
        self.to_drop += count;
    }

    /// Sets the price of L2 gas, in FRI per unit, from the next block on. It does not move after that.
    pub const fn set_l2_price(&mut self, price: u128) {
        self.l2_price = price;
        self.settings.prices_move = false;
    }

    /// Removes the transaction `hash` from the mempool, as if it had waited for too long.
    pub fn evict(&mut self, hash: Felt) {
        self.pool.remove(hash);
    }

    /// Advances the network's time by one step.
    ///
    /// # Errors
    /// The devnet's error, if its chain cannot be read.
    pub fn tick(&mut self, starknet: &mut Starknet) -> DevnetResult<()> {
        self.now += self.step();
        self.resume(starknet);
        self.pool.expire(self.now);
        self.execute(starknet)?;
        if self.now >= self.opened + self.settings.block_time {
            self.end(starknet)?;
        }
        let price = price_of_next(starknet);
        self.pool.take(self.now, price, |account| next_nonce(starknet, account));
        Ok(())
    }

    /// Adapts to what somebody did to the chain by the devnet's own methods: such changes are not dropped,
    /// and a block that they made counts as a block of this network.
    pub fn resume(&mut self, starknet: &Starknet) {
        let shift = starknet.pre_confirmed_block_timestamp_shift;
        if shift != self.shift {
            self.shift = shift;
            self.began = chain_time(starknet).saturating_sub(self.now.as_secs());
        }
        if starknet.get_block_count() != self.blocks {
            self.blocks = starknet.get_block_count();
            self.pool.commit();
            self.checkpoint = None;
            self.opened = self.now;
        }
    }

    /// Cancels the drop of the block in progress, if it was to be dropped.
    pub fn keep(&mut self) {
        self.checkpoint = None;
    }

    /// Executes the candidates into the block in progress.
    fn execute(&mut self, starknet: &mut Starknet) -> DevnetResult<()> {
        let price = price_of_next(starknet);
        for offer in self.pool.candidates() {
            let hash = offer.hash;
            if offer.l2_price() < price || next_nonce(starknet, offer.sender) != offer.nonce {
                self.pool.put_back(hash);
                continue;
            }
            match offer.execute(starknet) {
                Ok(()) => self.pool.pre_confirm(hash, self.now),
                // A rejected transaction pays nothing and leaves its nonce unused; the account's later ones
                // wait, and expire.
                Err(error) => {
                    tracing::debug!(hash = format!("{hash:#x}"), %error, "rejected");
                    self.pool.remove(hash);
                }
            }
        }
        Ok(())
    }

    /// Ends the block in progress: drops it, or makes it.
    fn end(&mut self, starknet: &mut Starknet) -> DevnetResult<()> {
        if let Some(checkpoint) = self.checkpoint.take() {
            starknet.restore_checkpoint(checkpoint);
            self.pool.rewind(self.now);
            self.opened = self.now;
            self.plan(starknet);
            return Ok(());
        }
        self.close(starknet)
    }

    /// Makes the block in progress, and begins the next one.
    fn close(&mut self, starknet: &mut Starknet) -> DevnetResult<()> {
        self.pool.commit();
        if self.settings.prices_move && self.now > Duration::ZERO {
            let full = prices::traffic(&mut self.rng);
            self.l2_price = prices::after(self.l2_price, full, self.settings.l2_price);
        }
        let l2_price = NonZeroU128::new(self.l2_price);
        // The fee bounds of the devnet's own transactions, such as minting, use the price in its settings.
        starknet.config.l2_gas_price_fri = l2_price.unwrap_or(NonZeroU128::MIN);
        starknet.set_next_block_gas(GasModificationRequest {
            gas_price_wei: None,
            data_gas_price_wei: None,
            gas_price_fri: None,
            data_gas_price_fri: None,
            l2_gas_price_wei: None,
            l2_gas_price_fri: l2_price,
            generate_block: None,
        })?;
        let time = self.began + self.now.as_secs();
        let last = starknet.get_latest_block()?.timestamp().0;
        starknet.set_next_block_timestamp(time.max(last));
        starknet.create_block();
        self.blocks = starknet.get_block_count();
        self.opened = self.now;
        self.plan(starknet);
        Ok(())
    }

    /// Decides at random whether the block that begins will be dropped, and whether the gateway closes.
    fn plan(&mut self, starknet: &Starknet) {
        // Both numbers are drawn even if they are not used, so that later ones do not depend on the
        // settings.
        let (dropped, closed) = (self.rng.f64(), self.rng.f64());
        let is_dropped = if self.to_drop > 0 {
            self.to_drop -= 1;
            true
        } else {
            dropped < self.settings.dropped
        };
        self.checkpoint = is_dropped.then(|| starknet.checkpoint());
        if closed < self.settings.closed {
            self.close_gateway(CLOSED_FOR);
        }
    }
}

/// A transaction that was admitted to the mempool.
#[derive(Debug, Clone, Copy)]
pub struct Admitted {
    /// The transaction's hash.
    pub hash: Felt,
    /// The class that it declares, if it declares one.
    pub declared: Option<Felt>,
    /// The account that pays for it; a deployment deploys this account.
    pub account: Felt,
}

/// Returns the chain's present time, in Unix seconds.
fn chain_time(starknet: &Starknet) -> u64 {
    let now = Starknet::get_unix_timestamp_as_seconds();
    now.saturating_add_signed(starknet.pre_confirmed_block_timestamp_shift)
}

/// Returns the price of L2 gas in the block in progress, in FRI per unit.
fn price_of_next(starknet: &Starknet) -> u128 {
    starknet.next_block_gas.l2_gas_price_fri.get()
}

/// Returns the nonce of the account's next transaction in the block in progress.
fn next_nonce(starknet: &Starknet, account: Felt) -> Felt {
    use blockifier::state::state_api::StateReader;
    ContractAddress::try_from(account)
        .ok()
        .and_then(|address| starknet.pre_confirmed_state.get_nonce_at(address).ok())
        .map_or(Felt::ZERO, |nonce| nonce.0)
}
