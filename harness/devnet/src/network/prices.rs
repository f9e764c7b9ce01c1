//! Computes how the price of L2 gas moves from block to block.

use fastrand::Rng;

/// The target for the L2 gas of a block, and the most that it can have, in Starknet 0.14.3.
const TARGET: f64 = 1.04e9;
const MAXIMUM: f64 = 5.8e9;
/// The divisor of the fee market. A full block raises the price by (maximum - target) / target / 48, some
/// 9.5 %; an empty one lowers it by 1 / 48, some 2.1 %.
const DENOMINATOR: f64 = 48.0;
/// The exponent that turns a uniform random number into a block's fullness, so that blocks reach their
/// target on average.
const SKEW: f64 = 4.58;

/// Returns the price of L2 gas in FRI after a block of which the part `full` (0 to 1) was used. It does not
/// fall below `minimum`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a price in FRI is far below 2^53, and positive"
)]
pub fn after(price: u128, full: f64, minimum: u128) -> u128 {
    let change = (full.clamp(0.0, 1.0) * MAXIMUM - TARGET) / TARGET / DENOMINATOR;
    let next = (price as f64 * (1.0 + change)).round() as u128;
    next.max(minimum)
}

/// Draws how full other users' transactions make a block: it is seldom full, and at the target on average.
pub fn traffic(rng: &mut Rng) -> f64 {
    rng.f64().powf(SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_block_raises_the_price_by_a_tenth_and_an_empty_one_lowers_it_by_a_fiftieth() {
        assert_eq!(after(10_000, 1.0, 1), 10_954);
        assert_eq!(after(10_000, 0.0, 1), 9_792);
        assert_eq!(after(10_000, TARGET / MAXIMUM, 1), 10_000);
    }

    #[test]
    fn the_price_stays_at_or_above_its_minimum() {
        assert_eq!(after(10_000, 0.0, 9_900), 9_900);
    }

    #[test]
    fn the_traffic_of_others_is_at_the_target_on_average() {
        let mut rng = Rng::with_seed(7);
        let blocks = 20_000;
        let sum: f64 = (0..blocks).map(|_| traffic(&mut rng)).sum();
        let average = sum / f64::from(blocks);
        assert!((average - TARGET / MAXIMUM).abs() < 0.01, "{average}");
    }
}
