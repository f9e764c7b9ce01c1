//! Fee bounds: what a transaction will cost, and the most that it may cost.

use starknet_rust::core::types::{FeeEstimate, Felt, ResourceBoundsMapping};

use crate::error::{Error, Result};
use crate::fri::Fri;

/// The percentage of the estimate that the bounds allow, of gas and of price each: half as much again. A
/// price rises by at most 20 % within two full blocks.
const MARGIN: u64 = 150;
/// The percentage that leaves no room above the estimate.
const NO_MARGIN: u64 = 100;
/// The most by which a price rises within two full blocks, in percent.
const TWO_BLOCKS: u64 = 20;

/// A transaction's resource bounds, above which the sequencer cannot charge.
///
/// ```
/// use session_client::{Bounds, Fri};
///
/// let bounds = Bounds { l2_gas: 1_000, l2_gas_price: 10, ..Bounds::default() };
/// assert_eq!(bounds.most(3), Some(Fri(13_000)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The most L1 gas, in units.
    pub l1_gas: u64,
    /// The most FRI for a unit of L1 gas. A sequencer refuses a price of 0 even if no L1 gas is used.
    pub l1_gas_price: u128,
    /// The most L2 gas, in units.
    pub l2_gas: u64,
    /// The most FRI for a unit of L2 gas.
    pub l2_gas_price: u128,
    /// The most L1 data gas, in units.
    pub l1_data_gas: u64,
    /// The most FRI for a unit of L1 data gas.
    pub l1_data_gas_price: u128,
}

impl From<&ResourceBoundsMapping> for Bounds {
    fn from(mapping: &ResourceBoundsMapping) -> Self {
        let ResourceBoundsMapping { l1_gas, l2_gas, l1_data_gas } = mapping;
        Self {
            l1_gas: l1_gas.max_amount,
            l1_gas_price: l1_gas.max_price_per_unit,
            l2_gas: l2_gas.max_amount,
            l2_gas_price: l2_gas.max_price_per_unit,
            l1_data_gas: l1_data_gas.max_amount,
            l1_data_gas_price: l1_data_gas.max_price_per_unit,
        }
    }
}

/// Returns a tenth more than `price`, rounded up: the least raise with which a network replaces a
/// transaction.
pub fn a_tenth_more<T: TryFrom<u128>>(price: u128) -> Result<T> {
    let more = price.checked_mul(11).map(|it| it.div_ceil(10));
    more.and_then(|it| it.try_into().ok()).ok_or_else(|| {
        Error::Answer("a price that is too large to be raised by a tenth".to_owned())
    })
}

impl Bounds {
    /// Returns the lowest bounds with which a transaction can replace one that has these bounds.
    pub(crate) fn a_tenth_more(self) -> Result<Self> {
        Ok(Self { l2_gas_price: a_tenth_more(self.l2_gas_price)?, ..self })
    }

    /// Returns the higher value of each bound of `self` and `other`.
    fn max(self, other: &Self) -> Self {
        Self {
            l1_gas: self.l1_gas.max(other.l1_gas),
            l1_gas_price: self.l1_gas_price.max(other.l1_gas_price),
            l2_gas: self.l2_gas.max(other.l2_gas),
            l2_gas_price: self.l2_gas_price.max(other.l2_gas_price),
            l1_data_gas: self.l1_data_gas.max(other.l1_data_gas),
            l1_data_gas_price: self.l1_data_gas_price.max(other.l1_data_gas_price),
        }
    }

    /// Returns the most that a transaction with these bounds and `tip` (FRI for each unit of L2 gas) may
    /// cost, as the account compares it with a session's fee limit; `None` if it is 2^128 FRI or more.
    #[must_use]
    pub fn most(&self, tip: u64) -> Option<Fri> {
        let l2_price = self.l2_gas_price.checked_add(tip.into())?;
        Fri::of_gas(self.l1_gas, self.l1_gas_price)?
            .checked_add(Fri::of_gas(self.l2_gas, l2_price)?)?
            .checked_add(Fri::of_gas(self.l1_data_gas, self.l1_data_gas_price)?)
    }
}

/// A transaction's fee before it is sent: the estimate, the bounds and the tip.
///
/// ```
/// use session_client::starknet::core::types::FeeEstimate;
/// use session_client::{Fri, Quote};
///
/// let estimate = FeeEstimate {
///     l1_gas_consumed: 0,
///     l1_gas_price: 1,
///     l2_gas_consumed: 1_000,
///     l2_gas_price: 10,
///     l1_data_gas_consumed: 0,
///     l1_data_gas_price: 1,
///     overall_fee: 10_000,
/// };
/// // The bounds are 150 % of the gas and of the price, or less if a limit requires it.
/// assert_eq!(Quote::new(&estimate, 0, None)?.most, Fri(22_500));
/// assert!(Quote::new(&estimate, 0, Some(Fri(12_000)))?.most <= Fri(12_000));
/// # Ok::<(), session_client::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quote {
    /// The node's fee estimate, with validation included.
    pub estimate: Fri,
    /// The most that the bounds allow, with the tip included.
    pub most: Fri,
    /// The resource bounds.
    pub bounds: Bounds,
    /// The tip, in FRI for each unit of L2 gas.
    pub tip: u64,
    /// By how many percent gas and prices may rise above the estimate until the bounds are too low: 50, or
    /// less if a limit requires it.
    pub room: u64,
}

impl Quote {
    /// Builds bounds with the usual margin above the estimate, or with as much of it as `limit` allows.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if the estimate itself is above `limit`, and [`Error::Answer`] if the
    /// estimate's numbers overflow.
    pub fn new(estimate: &FeeEstimate, tip: u64, limit: Option<Fri>) -> Result<Self> {
        let bare = Self::with_margin(estimate, tip, NO_MARGIN)?;
        let fits = |quote: &Self| limit.is_none_or(|limit| quote.most <= limit);
        if let (false, Some(limit)) = (fits(&bare), limit) {
            return Err(Error::OverLimit { needs: bare.most, limit });
        }
        for percent in (NO_MARGIN..=MARGIN).rev() {
            let quote = Self::with_margin(estimate, tip, percent)?;
            if fits(&quote) {
                return Ok(quote);
            }
        }
        Ok(bare)
    }

    /// Raises the bounds to at least `least`, if the fee then stays within `limit`.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if the fee would exceed `limit`.
    pub(crate) fn at_least(self, least: &Bounds, limit: Option<Fri>) -> Result<Self> {
        let bounds = self.bounds.max(least);
        let most = bounds.most(self.tip).unwrap_or(Fri(u128::MAX));
        match limit {
            Some(limit) if most > limit => Err(Error::OverLimit { needs: most, limit }),
            _ => Ok(Self { most, bounds, ..self }),
        }
    }

    /// Makes the transaction's hash unique by a random L1 gas price. Two payments with the same calls and
    /// nonce then never have the same hash, so a hash that the network already knows can only be this
    /// transaction's. The price costs nothing if no L1 gas is used, as in every transaction that sends no
    /// message to Ethereum.
    pub(crate) fn unlike_others(mut self) -> Self {
        if self.bounds.l1_gas == 0 {
            let price = &mut self.bounds.l1_gas_price;
            *price = price.saturating_add(rand::random::<u32>().into());
        } else if self.bounds.l1_gas_price > u32::MAX.into() {
            // L1 gas is used, so the bound is lowered a little: raising it could exceed a limit.
            self.bounds.l1_gas_price -=
                u128::from(rand::random::<u32>()) % (self.bounds.l1_gas_price >> 8);
        }
        self
    }

    /// Says whether the network's price may rise above the bounds within two full blocks. The transaction
    /// then waits until the price falls, or is dropped after some minutes.
    #[must_use]
    pub const fn is_tight(&self) -> bool {
        self.room < TWO_BLOCKS
    }

    /// Builds bounds of `percent` of the estimated gas at `percent` of the price.
    fn with_margin(estimate: &FeeEstimate, tip: u64, percent: u64) -> Result<Self> {
        let gas = |units: u64| {
            u64::try_from((u128::from(units) * u128::from(percent)).div_ceil(100)).ok()
        };
        let price = |fri: u128| fri.checked_mul(percent.into()).map(|scaled| scaled.div_ceil(100));
        let quote = || {
            let bounds = Bounds {
                l1_gas: gas(estimate.l1_gas_consumed)?,
                l1_gas_price: price(estimate.l1_gas_price)?,
                l2_gas: gas(estimate.l2_gas_consumed)?,
                l2_gas_price: price(estimate.l2_gas_price)?,
                l1_data_gas: gas(estimate.l1_data_gas_consumed)?,
                l1_data_gas_price: price(estimate.l1_data_gas_price)?,
            };
            let most = bounds.most(tip)?;
            let (estimate, room) = (Fri(estimate.overall_fee), percent.saturating_sub(NO_MARGIN));
            Some(Self { estimate, most, bounds, tip, room })
        };
        quote().ok_or_else(|| {
            Error::Answer("the numbers of the node's fee estimate are too large".to_owned())
        })
    }
}

/// The tip of a transaction, in FRI for each unit of L2 gas: sequencers execute transactions with higher
/// tips first.
///
/// ```
/// use session_client::{Terms, Tip};
///
/// let terms = Terms::default().with_tip(Tip::MedianUpTo(1_000_000));
/// assert_eq!(terms.tip, Tip::MedianUpTo(1_000_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tip {
    /// Exactly this tip; 0 by default.
    Of(u64),
    /// The median tip of the last block, but not more than this: somebody who fills blocks can raise the
    /// median.
    MedianUpTo(u64),
}

impl Default for Tip {
    fn default() -> Self {
        Self::Of(0)
    }
}

/// The terms on which a transaction is sent: its tip, the most that it may cost, and the nonce that it must use.
///
/// ```
/// use session_client::{Fri, Terms};
///
/// let terms = Terms::up_to(Fri(500)).within(Some(Fri(200)));
/// assert_eq!(terms.max_fee, Some(Fri(200)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Terms {
    /// The tip.
    pub tip: Tip,
    /// The most FRI that the transaction may cost, with the tip included; `None` if the account's balance
    /// is the only limit.
    pub max_fee: Option<Fri>,
    /// The account's nonce that the transaction must use; `None` for the first free one.
    pub nonce: Option<Felt>,
}

impl Terms {
    /// Returns terms with the maximum fee `max_fee` and no tip.
    #[must_use]
    pub const fn up_to(max_fee: Fri) -> Self {
        Self { tip: Tip::Of(0), max_fee: Some(max_fee), nonce: None }
    }

    /// Sets the tip.
    #[must_use]
    pub const fn with_tip(self, tip: Tip) -> Self {
        Self { tip, ..self }
    }

    /// Sends the transaction with exactly this nonce, or not at all. If the same payment is then made twice by
    /// mistake, the second one is refused.
    #[must_use]
    pub const fn at_nonce(self, nonce: Felt) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    /// Lowers the maximum fee to `max_fee`, if that is lower.
    #[must_use]
    pub fn within(self, max_fee: Option<Fri>) -> Self {
        Self { max_fee: self.max_fee.into_iter().chain(max_fee).min(), ..self }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ESTIMATE: FeeEstimate = FeeEstimate {
        l1_gas_consumed: 0,
        l1_gas_price: 7,
        l2_gas_consumed: 1_000,
        l2_gas_price: 10,
        l1_data_gas_consumed: 100,
        l1_data_gas_price: 10,
        overall_fee: 11_000,
    };

    #[test]
    fn the_bounds_leave_half_again_of_gas_and_of_price() {
        let quote = Quote::new(&ESTIMATE, 0, None).unwrap();
        assert_eq!((quote.bounds.l2_gas, quote.bounds.l2_gas_price), (1_500, 15));
        assert_eq!((quote.estimate, quote.most), (Fri(11_000), Fri(1_650 * 15)));
    }

    #[test]
    fn no_price_is_0_where_no_gas_is_used() {
        assert_eq!(Quote::new(&ESTIMATE, 0, None).unwrap().bounds.l1_gas_price, 11);
    }

    #[test]
    fn two_transactions_with_the_same_estimate_are_not_the_same_and_cost_the_same() {
        let quote = Quote::new(&ESTIMATE, 0, None).unwrap();
        let (one, other) = (quote.unlike_others(), quote.unlike_others());
        assert_ne!(one.bounds, other.bounds);
        assert_eq!(one.bounds.most(0), Some(quote.most));
    }

    #[test]
    fn a_fee_limit_narrows_the_bounds_and_is_never_passed() {
        for limit in [11_000, 11_001, 15_000, 24_749, 24_750, 1_000_000] {
            let quote = Quote::new(&ESTIMATE, 0, Some(Fri(limit))).unwrap();
            assert!(quote.most <= Fri(limit) && quote.bounds.l2_gas >= 1_000);
            assert_eq!(quote.is_tight(), limit < 15_840, "{limit}");
        }
        let refused = Quote::new(&ESTIMATE, 0, Some(Fri(10_999)));
        assert!(
            matches!(refused, Err(Error::OverLimit { needs: Fri(11_000), limit: Fri(10_999) })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_tip_counts_for_each_unit_of_l2_gas() {
        let quote = Quote::new(&ESTIMATE, 3, None).unwrap();
        assert_eq!(quote.most, Fri(1_650 * 15 + 1_500 * 3));
        assert!(Quote::new(&ESTIMATE, 3, Some(Fri(13_999))).is_err());
        assert!(Quote::new(&ESTIMATE, 3, Some(Fri(14_000))).is_ok());
    }

    /// Network scenario 14: a replacement that raises one of the two alone is refused.
    #[test]
    fn what_replaces_a_transaction_raises_tip_and_price_by_a_tenth_and_lowers_nothing() {
        let old =
            Bounds { l2_gas_price: 101, l2_gas: 9, l1_data_gas_price: 1_000, ..Bounds::default() };
        let least = old.a_tenth_more().unwrap();
        assert_eq!(least.l2_gas_price, 112);
        assert_eq!((a_tenth_more::<u64>(0).unwrap(), a_tenth_more::<u64>(9).unwrap()), (0, 10));
        assert!(a_tenth_more::<u64>(u64::MAX.into()).is_err());
        let quote = Quote::new(&ESTIMATE, 3, None).unwrap();
        let raised = quote.at_least(&least, None).unwrap();
        let Bounds { l2_gas, l2_gas_price, l1_data_gas_price, .. } = raised.bounds;
        assert_eq!((l2_gas, l2_gas_price, l1_data_gas_price), (1_500, 112, 1_000));
        assert_eq!(raised.most, raised.bounds.most(3).unwrap());
        let limit = Fri(raised.most.0 - 1);
        assert!(matches!(quote.at_least(&least, Some(limit)), Err(Error::OverLimit { .. })));
    }

    #[test]
    fn an_estimate_that_overflows_is_an_error() {
        let absurd = FeeEstimate { l2_gas_price: u128::MAX, ..ESTIMATE };
        assert!(Quote::new(&absurd, 0, None).is_err());
        let absurd = FeeEstimate { l2_gas_consumed: u64::MAX, ..ESTIMATE };
        assert!(Quote::new(&absurd, 0, None).is_err());
    }

    #[test]
    fn the_lower_of_two_limits_counts() {
        let terms = Terms::up_to(Fri(5));
        assert_eq!(terms.within(Some(Fri(3))).max_fee, Some(Fri(3)));
        assert_eq!(terms.within(Some(Fri(7))).max_fee, Some(Fri(5)));
        assert_eq!(
            (terms.within(None).max_fee, Terms::default().within(None).max_fee),
            (Some(Fri(5)), None)
        );
    }
}
