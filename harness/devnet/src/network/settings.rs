//! The settings of the simulated network.

use std::time::Duration;

use super::gateway::LOWEST_L2_PRICE;
use super::refusal::Codes;

/// How the network's time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// By itself, this many times as fast as real time.
    Times(f64),
    /// Only when a test advances it.
    ByHand,
}

/// The settings of the simulated network. All durations are in the network's time, not in real time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The time between two blocks.
    pub block_time: Duration,
    /// The time until a transaction that was sent is pre-confirmed.
    pub pre_confirmed_after: Duration,
    /// How the network's time passes.
    pub pace: Pace,
    /// The seed of all random decisions: the same seed gives the same decisions.
    pub seed: u64,
    /// The share of blocks that are dropped at their end, from 0 to 1.
    pub dropped: f64,
    /// The share of blocks during which the gateway closes for a minute, from 0 to 1.
    pub closed: f64,
    /// Which error codes are answered for refusals.
    pub codes: Codes,
    /// The price of a unit of L2 gas at the start, in FRI; it does not fall below it.
    pub l2_price: u128,
    /// Whether simulated transactions of other users move that price.
    pub prices_move: bool,
    /// Whether a transaction has the status `CANDIDATE` before it is executed; networks from 0.14.3 on do
    /// not report it.
    pub candidates: bool,
}

impl Default for Settings {
    /// Returns blocks of 3 s, pre-confirmation after 0.5 s, real time, a price that moves and begins at 12
    /// gFRI, and no faults.
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
    /// Sets the time between blocks, and the time until pre-confirmation to a sixth of it.
    #[must_use]
    pub const fn with_blocks_of(self, block_time: Duration) -> Self {
        // `checked_div` by 6 never returns `None`.
        let pre_confirmed_after = match block_time.checked_div(6) {
            Some(sixth) => sixth,
            None => block_time,
        };
        Self { block_time, pre_confirmed_after, ..self }
    }

    /// Sets how the network's time passes.
    #[must_use]
    pub const fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Sets the seed of all random decisions.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the error codes of refusals.
    #[must_use]
    pub const fn with_codes(self, codes: Codes) -> Self {
        Self { codes, ..self }
    }

    /// Reports the status `CANDIDATE` before execution, as networks did up to 0.14.2.
    #[must_use]
    pub const fn with_candidates(self) -> Self {
        Self { candidates: true, ..self }
    }

    /// Sets the share of blocks that are dropped, from 0 to 1.
    #[must_use]
    pub const fn dropping(self, dropped: f64) -> Self {
        Self { dropped, ..self }
    }

    /// Sets the share of blocks during which the gateway closes for a minute, from 0 to 1.
    #[must_use]
    pub const fn closing(self, closed: f64) -> Self {
        Self { closed, ..self }
    }

    /// Keeps the price of L2 gas constant.
    #[must_use]
    pub const fn with_still_prices(self) -> Self {
        Self { prices_move: false, ..self }
    }
}
