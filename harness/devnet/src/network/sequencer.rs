//! A sequencer: it takes what is in the pool, executes it, and makes blocks, some of which are dropped.

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

use super::pool::{Pool, Stage};
use super::refusal::Refusal;
use super::settings::Settings;
use super::{gateway, prices};

/// How long a gateway that closes stays closed.
const CLOSED_FOR: Duration = Duration::from_secs(60);

/// The network behind the gateway, on the devnet's chain. It does nothing by itself: time passes when
/// [`tick`](Self::tick) is called.
pub struct Sequencer {
    settings: Settings,
    rng: Rng,
    pool: Pool,
    /// The time since the network began.
    now: Duration,
    /// When the block that is being made was begun.
    opened: Duration,
    /// The chain's time when the network began, in Unix seconds.
    began: u64,
    shift: i64,
    blocks: usize,
    l2_price: u128,
    /// The chain as it was when the block was begun that will be dropped.
    checkpoint: Option<StarknetCheckpoint>,
    to_drop: u32,
    closed_until: Duration,
}

impl Sequencer {
    /// Takes the devnet's chain over, which makes a block of each transaction until then.
    ///
    /// # Errors
    /// The devnet's, if it has no block.
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

    /// Returns how much time one [`tick`](Self::tick) takes.
    pub const fn step(&self) -> Duration {
        self.settings.pre_confirmed_after
    }

    /// Returns what the network is like.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Says how far a transaction has come that no block has; `None` if it is not in the pool, or is
    /// what the chain itself tells.
    pub fn stage(&self, hash: Felt) -> Option<Stage> {
        match self.pool.stage(hash)? {
            Stage::Candidate if !self.settings.candidates => Some(Stage::Received),
            stage => Some(stage),
        }
    }

    /// Admits `transaction`, or refuses it. Returns its hash, and the class that it declares or the
    /// account that it deploys.
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

    /// Drops the next `count` blocks when they are due.
    pub const fn drop_blocks(&mut self, count: u32) {
        self.to_drop += count;
    }

    /// Sets the price of L2 gas from the next block on, in FRI.
    pub const fn set_l2_price(&mut self, price: u128) {
        self.l2_price = price;
        self.settings.prices_move = false;
    }

    /// Forgets the transaction `hash` as if it had waited for too long.
    pub fn evict(&mut self, hash: Felt) {
        self.pool.remove(hash);
    }

    /// Lets one step of time pass.
    ///
    /// # Errors
    /// The devnet's, if its chain cannot be read.
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

    /// Takes note of what somebody did to the chain by the devnet's own methods: what they did is not
    /// dropped, and a block that they made is made.
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

    /// Lets the block that is being made be made, whatever was drawn for it.
    pub fn keep(&mut self) {
        self.checkpoint = None;
    }

    /// Executes the candidates.
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
                // It pays nothing and its nonce stays unused; what comes after it waits, and expires.
                Err(error) => {
                    tracing::debug!(hash = format!("{hash:#x}"), %error, "rejected");
                    self.pool.remove(hash);
                }
            }
        }
        Ok(())
    }

    /// Ends the block that is being made, and begins the next one.
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

    /// Makes the block, and begins the next one.
    fn close(&mut self, starknet: &mut Starknet) -> DevnetResult<()> {
        self.pool.commit();
        if self.settings.prices_move && self.now > Duration::ZERO {
            let full = prices::traffic(&mut self.rng);
            self.l2_price = prices::after(self.l2_price, full, self.settings.l2_price);
        }
        let l2_price = NonZeroU128::new(self.l2_price);
        // What the devnet itself sends, as to mint, is bounded by the price in its settings.
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

    /// Draws what becomes of the block that begins.
    fn plan(&mut self, starknet: &Starknet) {
        // Both are drawn always, so that what is drawn later does not depend on the settings.
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

/// What was admitted.
#[derive(Debug, Clone, Copy)]
pub struct Admitted {
    /// Its hash.
    pub hash: Felt,
    /// The class that it declares.
    pub declared: Option<Felt>,
    /// The account that pays for it, and that it may deploy.
    pub account: Felt,
}

/// Returns the time that the chain has now, in Unix seconds.
fn chain_time(starknet: &Starknet) -> u64 {
    let now = Starknet::get_unix_timestamp_as_seconds();
    now.saturating_add_signed(starknet.pre_confirmed_block_timestamp_shift)
}

/// Returns the price of L2 gas in the block that is being made, in FRI.
fn price_of_next(starknet: &Starknet) -> u128 {
    starknet.next_block_gas.l2_gas_price_fri.get()
}

/// Returns the nonce that the account's next transaction has in the block that is being made.
fn next_nonce(starknet: &Starknet, account: Felt) -> Felt {
    use blockifier::state::state_api::StateReader;
    ContractAddress::try_from(account)
        .ok()
        .and_then(|address| starknet.pre_confirmed_state.get_nonce_at(address).ok())
        .map_or(Felt::ZERO, |nonce| nonce.0)
}
