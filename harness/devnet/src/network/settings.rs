//! What a network is like.

use std::time::Duration;

use super::gateway::LOWEST_L2_PRICE;
use super::refusal::Codes;

/// How the network's time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// By itself, so many times as fast as real time.
    Times(f64),
    /// Only when it is told to: for tests.
    ByHand,
}

/// What a network is like. All times are the network's own, and not those of a clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// How long a block takes.
    pub block_time: Duration,
    /// How long it takes until what was sent is pre-confirmed.
    pub pre_confirmed_after: Duration,
    /// How fast time passes.
    pub pace: Pace,
    /// What everything that is drawn is drawn from: the same seed, the same draws.
    pub seed: u64,
    /// How many of all blocks are dropped when they are due: 0 to 1.
    pub dropped: f64,
    /// How many of all blocks find the gateway closed for a minute: 0 to 1.
    pub closed: f64,
    /// In whose codes refusals are told.
    pub codes: Codes,
    /// The price of a unit of L2 gas at the start, and the least that it falls to, in FRI.
    pub l2_price: u128,
    /// Whether other people's transactions move that price.
    pub prices_move: bool,
    /// Whether a transaction is told as a candidate before it is executed: no more from 0.14.3 on.
    pub candidates: bool,
}

impl Default for Settings {
    /// Blocks of 3 s, pre-confirmed after half a second, in real time; prices that move from 12 gFRI on,
    /// and no faults.
    fn default() -> Self {
        Self {
            block_time: Duration::from_secs(3),
            pre_confirmed_after: Duration::from_millis(500),
            pace: Pace::Times(1.0),
            seed: 0,
            dropped: 0.0,
            closed: 0.0,
            codes: Codes::Gateway,
            l2_price: LOWEST_L2_PRICE * 3 / 2,
            prices_move: true,
            candidates: false,
        }
    }
}

impl Settings {
    /// Makes blocks in `block_time`, and pre-confirms after a sixth of it.
    #[must_use]
    pub const fn with_blocks_of(self, block_time: Duration) -> Self {
        // Divided by a number that is not 0.
        let pre_confirmed_after = match block_time.checked_div(6) {
            Some(sixth) => sixth,
            None => block_time,
        };
        Self { block_time, pre_confirmed_after, ..self }
    }

    /// Lets time pass at `pace`.
    #[must_use]
    pub const fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Draws from `seed`.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Tells refusals in `codes`.
    #[must_use]
    pub const fn with_codes(self, codes: Codes) -> Self {
        Self { codes, ..self }
    }

    /// Tells a transaction as a candidate before it is executed, as networks did up to 0.14.2.
    #[must_use]
    pub const fn with_candidates(self) -> Self {
        Self { candidates: true, ..self }
    }

    /// Drops the part `dropped` of all blocks when they are due.
    #[must_use]
    pub const fn dropping(self, dropped: f64) -> Self {
        Self { dropped, ..self }
    }

    /// Closes the gateway for a minute in the part `closed` of all blocks.
    #[must_use]
    pub const fn closing(self, closed: f64) -> Self {
        Self { closed, ..self }
    }

    /// Keeps the price of L2 gas where it is.
    #[must_use]
    pub const fn with_still_prices(self) -> Self {
        Self { prices_move: false, ..self }
    }
}
