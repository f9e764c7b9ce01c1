//! Amounts of FRI, the unit in which Starknet's fees are paid.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use starknet_rust::core::types::Felt;

use crate::units;

/// The decimals of STRK: one STRK is 10^18 FRI.
const DECIMALS: u8 = 18;

/// An amount of FRI; 10^18 of them are one STRK.
///
/// `Display` shows the exact amount in STRK, and `FromStr` reads what `Display` shows. In JSON it is a
/// decimal string of FRI.
///
/// ```
/// use session_client::Fri;
///
/// let fee: Fri = "0.05strk".parse()?;
/// assert_eq!(fee, Fri(50_000_000_000_000_000));
/// assert_eq!(fee.to_string(), "0.05 STRK");
/// assert_eq!("1500fri".parse(), Ok(Fri(1_500)));
/// # Ok::<(), session_client::NotFri>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fri(pub u128);

/// The error for a text that is no amount of FRI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of FRI: write it as 0.05strk, or as 50000fri")]
pub struct NotFri(String);

impl Fri {
    /// Returns the fee for `gas` units at `price` FRI each; `None` if it is 2^128 FRI or more.
    #[must_use]
    pub fn of_gas(gas: u64, price: u128) -> Option<Self> {
        u128::from(gas).checked_mul(price).map(Self)
    }

    /// Returns the sum; `None` if it is 2^128 FRI or more.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Returns the difference; 0 FRI if `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl FromStr for Fri {
    type Err = NotFri;

    fn from_str(text: &str) -> Result<Self, NotFri> {
        let unit = text.find(|it: char| it.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        let decimals = match unit.to_ascii_lowercase().as_str() {
            "strk" => DECIMALS,
            "fri" => 0,
            _ => return Err(NotFri(text.to_owned())),
        };
        units::read(number.trim_end(), decimals).map(Self).ok_or_else(|| NotFri(text.to_owned()))
    }
}

impl fmt::Display for Fri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} STRK", units::show(self.0, DECIMALS))
    }
}

impl From<Fri> for Felt {
    fn from(Fri(amount): Fri) -> Self {
        amount.into()
    }
}

/// Saturates at 2^128 - 1 FRI, an amount that does not exist.
impl Add for Fri {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Saturates at 0.
impl Sub for Fri {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Sum for Fri {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl Serialize for Fri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        units::read(&text, 0).map(Self).ok_or_else(|| de::Error::custom(NotFri(text)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        for amount in [0, 1, 10_u128.pow(18), 10_u128.pow(18) + 1, u128::MAX] {
            assert_eq!(Fri(amount).to_string().parse(), Ok(Fri(amount)));
            let json = serde_json::to_string(&Fri(amount)).unwrap();
            assert_eq!(serde_json::from_str::<Fri>(&json).unwrap(), Fri(amount));
        }
    }

    #[test]
    fn a_number_without_a_unit_is_no_amount() {
        for wrong in ["", "1", "1.5", ".5strk", "1e3fri", "-1fri", "1.5fri", "1gfri", "1strk2"] {
            assert_eq!(wrong.parse::<Fri>(), Err(NotFri(wrong.to_owned())));
        }
        assert!("0.0000000000000000001strk".parse::<Fri>().is_err());
    }
}
