//! Reads and writes felts in JSON, as clients, wallets and paymasters write them.

use serde_json::Value;
use starknet_rust::core::types::Felt;

use crate::felt::parse;

/// The longest text that fits a felt, in bytes.
const SHORT_STRING: usize = 31;

/// Reads a felt from hexadecimal or decimal text, or from a number. Returns `None` if `value` is none of
/// these, or is not below the field's prime.
#[must_use]
pub fn felt(value: &Value) -> Option<Felt> {
    match value {
        Value::Number(number) => number.as_u64().map(Felt::from),
        Value::String(text) => parse(text),
        _ => None,
    }
}

/// Reads a felt, or a short string as a felt: typed data may contain either.
#[must_use]
pub fn felt_or_text(value: &Value) -> Option<Felt> {
    felt(value).or_else(|| match value {
        Value::String(text) if text.is_ascii() && text.len() <= SHORT_STRING => {
            Some(Felt::from_bytes_be_slice(text.as_bytes()))
        }
        _ => None,
    })
}

/// Reads a list of felts.
#[must_use]
pub fn felts(value: &Value) -> Option<Vec<Felt>> {
    value.as_array()?.iter().map(felt).collect()
}

/// Reads a number that fits `u64`, from text or a number.
#[must_use]
pub fn u64(value: &Value) -> Option<u64> {
    felt(value)?.try_into().ok()
}

/// Reads a number that fits `u128`, from text or a number.
#[must_use]
pub fn u128(value: &Value) -> Option<u128> {
    felt(value)?.try_into().ok()
}

/// Writes a felt as JSON-RPC does: hexadecimal text without leading zeros.
#[must_use]
pub fn hex(felt: Felt) -> Value {
    Value::String(format!("{felt:#x}"))
}

/// Writes a list of felts.
#[must_use]
pub fn hexes(felts: &[Felt]) -> Value {
    felts.iter().copied().map(hex).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_felt_is_hex_decimal_or_a_number() {
        for value in [json!("0x1F"), json!("0x001f"), json!("31"), json!(31)] {
            assert_eq!(felt(&value), Some(Felt::from(31)), "{value}");
        }
        assert_eq!(felt(&json!("0x0")), Some(Felt::ZERO));
        assert_eq!(felt(&json!("0")), Some(Felt::ZERO));
    }

    #[test]
    fn what_is_no_felt_is_refused() {
        let prime = "0x800000000000011000000000000000000000000000000000000000000000001";
        let too_long = format!("0x{}", "f".repeat(65));
        for value in
            [json!(prime), json!(too_long), json!("-1"), json!(1.5), json!("transfer"), json!("")]
        {
            assert_eq!(felt(&value), None, "{value}");
        }
    }

    #[test]
    fn typed_data_may_say_a_felt_as_text() {
        assert_eq!(
            felt_or_text(&json!("SN_MAIN")),
            Some(Felt::from_hex_unchecked("0x534e5f4d41494e"))
        );
        assert_eq!(felt_or_text(&json!("2")), Some(Felt::TWO));
    }
}
