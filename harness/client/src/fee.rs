//! What a transaction will cost, and what it may cost at most.

use starknet_rust::core::types::{FeeEstimate, Felt, ResourceBoundsMapping};

use crate::error::{Error, Result};
use crate::fri::Fri;

/// How much gas and prices may grow between the estimate and the block, in percent: half again. A price
/// rises by at most 20 % in two full blocks.
const MARGIN: u64 = 150;
const NO_MARGIN: u64 = 100;
/// By how much a price rises at most in two full blocks, in percent.
const TWO_BLOCKS: u64 = 20;

/// A transaction's resource bounds: the sequencer can charge no more.
///
/// ```
/// use session_client::{Bounds, Fri};
///
/// let bounds = Bounds { l2_gas: 1_000, l2_gas_price: 10, ..Bounds::default() };
/// assert_eq!(bounds.most(3), Some(Fri(13_000)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Units of L1 gas.
    pub l1_gas: u64,
    /// FRI for a unit of L1 gas. A sequencer refuses a price of 0 even where no gas is used.
    pub l1_gas_price: u128,
    /// Units of L2 gas.
    pub l2_gas: u64,
    /// FRI for a unit of L2 gas.
    pub l2_gas_price: u128,
    /// Units of L1 data gas.
    pub l1_data_gas: u64,
    /// FRI for a unit of L1 data gas.
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

/// Returns a tenth more than `price`, rounded up: by less no transaction is replaced.
pub fn a_tenth_more<T: TryFrom<u128>>(price: u128) -> Result<T> {
    let more = price.checked_mul(11).map(|it| it.div_ceil(10));
    more.and_then(|it| it.try_into().ok())
        .ok_or_else(|| Error::Answer("a price that cannot be raised".to_owned()))
}

impl Bounds {
    /// Returns the bounds that a transaction in the place of one with these needs at least.
    pub(crate) fn a_tenth_more(self) -> Result<Self> {
        Ok(Self { l2_gas_price: a_tenth_more(self.l2_gas_price)?, ..self })
    }

    /// Returns the higher ones of these and `other`.
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

    /// Returns the most that a transaction with these bounds and `tip` may cost, as the account counts it
    /// against a session's fee limit; `None` if it is 2^128 FRI or more.
    #[must_use]
    pub fn most(&self, tip: u64) -> Option<Fri> {
        let l2_price = self.l2_gas_price.checked_add(tip.into())?;
        Fri::of_gas(self.l1_gas, self.l1_gas_price)?
            .checked_add(Fri::of_gas(self.l2_gas, l2_price)?)?
            .checked_add(Fri::of_gas(self.l1_data_gas, self.l1_data_gas_price)?)
    }
}

/// A fee, before it is paid.
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
/// // Half again of the gas and of the price, unless a limit leaves less room.
/// assert_eq!(Quote::new(&estimate, 0, None)?.most, Fri(22_500));
/// assert!(Quote::new(&estimate, 0, Some(Fri(12_000)))?.most <= Fri(12_000));
/// # Ok::<(), session_client::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quote {
    /// What the node estimates, validation counted.
    pub estimate: Fri,
    /// What the bounds allow, the tip counted.
    pub most: Fri,
    /// The bounds.
    pub bounds: Bounds,
    /// The tip, in FRI for each unit of L2 gas.
    pub tip: u64,
    /// How much gas and prices may grow, in percent: 50, unless a limit leaves less room.
    pub room: u64,
}

impl Quote {
    /// Makes bounds with as much margin, up to the usual one, as `limit` leaves room for.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if the estimate itself is above `limit`, and [`Error::Answer`] if it is
    /// absurd.
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

    /// Raises the bounds to `least`, if that stays within `limit`.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if it does not.
    pub(crate) fn at_least(self, least: &Bounds, limit: Option<Fri>) -> Result<Self> {
        let bounds = self.bounds.max(least);
        let most = bounds.most(self.tip).unwrap_or(Fri(u128::MAX));
        match limit {
            Some(limit) if most > limit => Err(Error::OverLimit { needs: most, limit }),
            _ => Ok(Self { most, bounds, ..self }),
        }
    }

    /// Makes the transaction another one than anybody else's with the same calls and nonce: a hash that a
    /// network knows before it is sent is then never another intent's. Where no L1 gas is used, which a
    /// message to Ethereum alone does, its price costs nothing whatever it is.
    pub(crate) fn unlike_others(mut self) -> Self {
        if self.bounds.l1_gas == 0 {
            let price = &mut self.bounds.l1_gas_price;
            *price = price.saturating_add(rand::random::<u32>().into());
        } else if self.bounds.l1_gas_price > u32::MAX.into() {
            // It is used: the bound becomes a little lower, so that no limit is passed.
            self.bounds.l1_gas_price -=
                u128::from(rand::random::<u32>()) % (self.bounds.l1_gas_price >> 8);
        }
        self
    }

    /// Says whether the price may rise above the bounds within two full blocks: the transaction then waits
    /// until it falls, and is dropped after some minutes.
    #[must_use]
    pub const fn is_tight(&self) -> bool {
        self.room < TWO_BLOCKS
    }

    /// Makes bounds of `percent` of the gas at `percent` of the price.
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
        quote().ok_or_else(|| Error::Answer("the node's fee estimate is absurd".to_owned()))
    }
}

/// What is paid to have a transaction executed before others: FRI for each unit of L2 gas.
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
    /// This much; 0 by default.
    Of(u64),
    /// The median of the last block, and this much at most: whoever fills blocks can push the median up.
    MedianUpTo(u64),
}

impl Default for Tip {
    fn default() -> Self {
        Self::Of(0)
    }
}

/// What a transaction may cost, and which of the account's it is.
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
    /// The most that the transaction may cost, the tip counted; `None` for no limit but the account's
    /// balance.
    pub max_fee: Option<Fri>,
    /// The account's nonce that the transaction must use; `None` for the first free one.
    pub nonce: Option<Felt>,
}

impl Terms {
    /// Pays at most `max_fee`.
    #[must_use]
    pub const fn up_to(max_fee: Fri) -> Self {
        Self { tip: Tip::Of(0), max_fee: Some(max_fee), nonce: None }
    }

    /// Pays this tip.
    #[must_use]
    pub const fn with_tip(self, tip: Tip) -> Self {
        Self { tip, ..self }
    }

    /// Sends it as the account's transaction number `nonce` or not at all: what is made twice by mistake is
    /// then refused the second time.
    #[must_use]
    pub const fn at_nonce(self, nonce: Felt) -> Self {
        Self { nonce: Some(nonce), ..self }
    }

    /// Pays at most `max_fee`, if that is less than what was said before.
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
