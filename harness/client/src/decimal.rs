//! Reads a `u256` from decimal text, and writes it in JSON as such: JSON's numbers lose digits above 2^53.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use starknet_rust::core::types::U256;

/// The number of decimal digits of 2^256 - 1.
const MOST_DIGITS: usize = 78;

/// Writes `number`, for `#[serde(with = …)]`.
///
/// # Errors
/// The serializer's errors.
pub fn serialize<S: Serializer>(number: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Reads what [`serialize`] writes.
///
/// # Errors
/// An error for anything but the decimal text of a `u256`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom("not the decimal text of a u256"))
}

/// Reads the decimal digits of a number below 2^256. Returns `None` for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<U256> {
    if text.is_empty() || text.len() > MOST_DIGITS {
        return None;
    }
    let (most, ten) = (U256::from_words(u128::MAX, u128::MAX), U256::from(10_u8));
    let mut number = U256::from(0_u8);
    for byte in text.bytes() {
        let digit = U256::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        // The bound is checked first, since the arithmetic of `U256` panics when it overflows.
        if number > most / ten || digit > most - number * ten {
            return None;
        }
        number = number * ten + digit;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written_and_nothing_else_is() {
        for (low, high) in [(0, 0), (7, 0), (u128::MAX, 0), (0, 1), (u128::MAX, u128::MAX)] {
            let number = U256::from_words(low, high);
            assert_eq!(parse(&number.to_string()), Some(number));
        }
        let above =
            "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        assert_eq!(
            parse(&U256::from_words(u128::MAX, u128::MAX).to_string()).map(|_| ()),
            Some(())
        );
        for other in [above, "", "-1", "+1", "0x1", "1.0", " 1", &"9".repeat(78), &"1".repeat(999)]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
