//! What a transaction will cost, and what it may cost at most.

use starknet_rust_core::types::FeeEstimate;

use super::exit::{Failure, Kind};
use super::value::{Strk, strk};

/// Between estimate and block, prices and gas may grow by this much: half again.
const MARGIN: u64 = 150;
const NO_MARGIN: u64 = 100;

/// A transaction's resource bounds, in units of gas and FRI: nobody can charge more.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub l1_gas: u64,
    pub l1_gas_price: u128,
    pub l2_gas: u64,
    pub l2_gas_price: u128,
    pub l1_data_gas: u64,
    pub l1_data_gas_price: u128,
}

/// A fee, before it is paid.
#[derive(Debug, Clone, Copy)]
pub struct Quote {
    /// What the node estimates, in FRI, validation counted.
    pub estimate: u128,
    /// What the bounds allow, in FRI.
    pub most: u128,
    pub bounds: Bounds,
}

impl Quote {
    /// A quote with as much margin, up to the usual one, as `limit` leaves room for.
    pub fn new(estimate: &FeeEstimate, limit: Option<Strk>) -> Result<Self, Failure> {
        let bare = Self::with_margin(estimate, NO_MARGIN)?;
        let fits = |quote: &Self| limit.is_none_or(|Strk(limit)| quote.most <= limit);
        if let (false, Some(Strk(limit))) = (fits(&bare), limit) {
            return Err(Failure::usage(
                format!(
                    "the fee is estimated at {}, above the limit of {}: nothing was sent",
                    strk(bare.most),
                    strk(limit)
                ),
                "raise the limit, or wait for lower gas prices",
            ));
        }
        for percent in (NO_MARGIN..=MARGIN).rev() {
            let quote = Self::with_margin(estimate, percent)?;
            if fits(&quote) {
                return Ok(quote);
            }
        }
        Ok(bare)
    }

    /// `percent` of the gas at `percent` of the price.
    fn with_margin(estimate: &FeeEstimate, percent: u64) -> Result<Self, Failure> {
        let gas = |units: u64| u64::try_from(u128::from(units) * u128::from(percent) / 100).ok();
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
            let most = bounds.most()?;
            Some(Self { estimate: estimate.overall_fee, most, bounds })
        };
        quote().ok_or_else(|| Failure::new(Kind::Network, "the node's fee estimate is absurd"))
    }

    /// In a few words.
    pub fn told(&self) -> String {
        format!("estimated at {}, at most {}", strk(self.estimate), strk(self.most))
    }
}

impl Bounds {
    fn most(&self) -> Option<u128> {
        let part = |gas: u64, price: u128| u128::from(gas).checked_mul(price);
        part(self.l1_gas, self.l1_gas_price)?
            .checked_add(part(self.l2_gas, self.l2_gas_price)?)?
            .checked_add(part(self.l1_data_gas, self.l1_data_gas_price)?)
    }
}

#[cfg(test)]
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
        let quote = Quote::new(&ESTIMATE, None).expect("a quote");
        assert_eq!((quote.bounds.l2_gas, quote.bounds.l2_gas_price), (1_500, 15));
        assert_eq!((quote.estimate, quote.most), (11_000, 1_650 * 15));
    }

    #[test]
    fn a_fee_limit_narrows_the_bounds_and_is_never_passed() {
        for limit in [11_000, 11_001, 15_000, 24_749, 24_750, 1_000_000] {
            let quote = Quote::new(&ESTIMATE, Some(Strk(limit))).expect("a quote");
            assert!(quote.most <= limit && quote.bounds.l2_gas >= 1_000);
        }
        assert!(Quote::new(&ESTIMATE, Some(Strk(10_999))).is_err());
    }

    #[test]
    fn an_estimate_that_overflows_is_an_error() {
        let absurd = FeeEstimate { l2_gas_price: u128::MAX, ..ESTIMATE };
        assert!(Quote::new(&absurd, None).is_err());
        let absurd = FeeEstimate { l2_gas_consumed: u64::MAX, ..ESTIMATE };
        assert!(Quote::new(&absurd, None).is_err());
    }
}
