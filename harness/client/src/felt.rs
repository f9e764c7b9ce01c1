//! Computes felts from names, and reads felts from text.

use starknet_rust::core::types::Felt;
use starknet_rust::core::utils::starknet_keccak;

/// The longest text that is read: the prime has 76 decimal digits, and a few leading zeros are allowed.
const LONGEST: usize = 80;

/// Computes the selector of an entry point or an event: `sn_keccak` of its name.
#[must_use]
pub fn selector(name: &str) -> Felt {
    starknet_keccak(name.as_bytes())
}

/// Encodes `text` as a Cairo short string: up to 31 ASCII characters, the first one in the most significant
/// byte.
#[must_use]
pub fn short_string(text: &'static str) -> Felt {
    Felt::from_bytes_be_slice(text.as_bytes())
}

/// Reads a felt from decimal digits, or from `0x` and hexadecimal digits. Returns `None` if `text` is
/// neither, or is not below the field's prime: reducing it modulo the prime would give another felt than
/// the one that was written.
///
/// ```
/// use session_client::felt::parse;
///
/// assert_eq!(parse("0x1F"), parse("31"));
/// assert_eq!(parse("0x800000000000011000000000000000000000000000000000000000000000001"), None);
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<Felt> {
    let is_number = |digits: &str, is_digit: fn(&u8) -> bool| {
        !digits.is_empty() && digits.len() <= LONGEST && digits.bytes().all(|it| is_digit(&it))
    };
    let (felt, digits, read) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if is_number(digits, u8::is_ascii_hexdigit) => {
            let felt = Felt::from_hex(&format!("0x{digits}")).ok()?;
            (felt, digits.to_ascii_lowercase(), format!("{felt:x}"))
        }
        None if is_number(text, u8::is_ascii_digit) => {
            let felt = Felt::from_dec_str(text).ok()?;
            (felt, text.to_owned(), felt.to_string())
        }
        _ => return None,
    };
    // `Felt` silently reduces numbers that are too large, so the result is compared with the text.
    let significant = |digits: &str| digits.trim_start_matches('0').to_owned();
    (significant(&read) == significant(&digits)).then_some(felt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_above_the_prime_is_no_felt() {
        let prime = "0x800000000000011000000000000000000000000000000000000000000000001";
        let last = "0x800000000000011000000000000000000000000000000000000000000000000";
        assert_eq!((parse(prime), parse(last)), (None, Some(Felt::MAX)));
        assert_eq!(parse(&format!("{}1", Felt::MAX)), None);
    }

    #[test]
    fn zeros_before_a_number_do_not_count() {
        for text in ["0x0010", "0X10", "16", "0016"] {
            assert_eq!(parse(text), Some(Felt::from(16)), "{text}");
        }
        assert_eq!((parse("0"), parse("0x0")), (Some(Felt::ZERO), Some(Felt::ZERO)));
    }

    #[test]
    fn what_is_no_number_is_no_felt() {
        let long = "1".repeat(81);
        for wrong in ["", "0x", "x1", "-1", "0xg", " 1", "1_000", "0x0x1", "+1", "\u{661}", &long] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
