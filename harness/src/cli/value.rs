//! What one types: numbers, durations, addresses, calls.

use std::str::FromStr;

use session_harness::name::selector;
use session_harness::token::{ETH, STRK};
use starknet_rust_core::types::{Call, Felt};

/// Of STRK and ETH.
pub const DECIMALS: u8 = 18;

type Parsed<T> = Result<T, String>;

/// An amount of STRK, kept in FRI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strk(pub u128);

impl FromStr for Strk {
    type Err = String;

    fn from_str(text: &str) -> Parsed<Self> {
        decimal(text, DECIMALS)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no amount of STRK: write it as 0.05"))
    }
}

/// FRI in STRK.
pub fn strk(fri: u128) -> String {
    format!("{} STRK", fractional(fri, DECIMALS))
}

/// `units` of which 10^`decimals` are one: exactly, with no zeros at the end.
pub fn fractional(units: impl ToString, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>width$}", units.to_string(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// A number such as `1.5`, in units of which 10^`decimals` are one.
pub fn decimal(text: &str, decimals: u8) -> Option<u128> {
    let decimals = usize::from(decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > decimals {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}").parse().ok()
}

/// Seconds: `90s`, `30m`, `6h`, `7d`.
pub fn duration(text: &str) -> Parsed<u64> {
    let wrong = || format!("`{text}` is no duration: write it as 90s, 30m, 6h or 7d");
    let (at, unit) = text.char_indices().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..at].parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).filter(|it| *it > 0).ok_or_else(wrong)
}

/// A contract: its address, or `STRK` or `ETH`.
pub fn contract(text: &str) -> Parsed<Felt> {
    match text.to_ascii_uppercase().as_str() {
        "STRK" => Ok(STRK),
        "ETH" => Ok(ETH),
        _ => hexadecimal(text),
    }
}

/// A felt that must be written in hexadecimal, as addresses, keys and hashes are.
pub fn hexadecimal(text: &str) -> Parsed<Felt> {
    if text.starts_with("0x") {
        felt(text)
    } else {
        Err(format!("`{text}` does not begin with 0x"))
    }
}

/// A felt, decimal or hexadecimal, below the field's prime.
pub fn felt(text: &str) -> Parsed<Felt> {
    let wrong = || format!("`{text}` is no felt: write a number, or 0x and up to 64 digits");
    let is_number = |digits: &str, hex: bool| {
        !digits.is_empty()
            && digits.len() <= 80
            && digits
                .bytes()
                .all(|it| if hex { it.is_ascii_hexdigit() } else { it.is_ascii_digit() })
    };
    let parsed = match text.strip_prefix("0x") {
        Some(digits) if is_number(digits, true) => Felt::from_hex(text).ok(),
        None if is_number(text, false) => Felt::from_dec_str(text).ok(),
        _ => None,
    };
    // Written back, since a felt is parsed modulo the prime.
    let is_whole = |felt: &Felt| match text.strip_prefix("0x") {
        Some(digits) => {
            format!("{felt:x}") == or_zero(digits.trim_start_matches('0')).to_ascii_lowercase()
        }
        None => felt.to_string() == or_zero(text.trim_start_matches('0')),
    };
    parsed.filter(is_whole).ok_or_else(wrong)
}

const fn or_zero(digits: &str) -> &str {
    if digits.is_empty() { "0" } else { digits }
}

/// A function: its name, or its selector.
pub fn function(text: &str) -> Parsed<Felt> {
    if text.starts_with("0x") {
        return hexadecimal(text);
    }
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if text.is_empty() || !is_name || text.as_bytes()[0].is_ascii_digit() {
        return Err(format!("`{text}` is no function: write its name, or its selector"));
    }
    Ok(selector(text))
}

/// A call with its arguments: `STRK:transfer:0xbeef,u256:1`.
pub fn call(text: &str) -> Parsed<Call> {
    let mut parts = text.splitn(3, ':');
    let (Some(to), Some(name)) = (parts.next(), parts.next()) else {
        return Err(format!("`{text}` is no CONTRACT:FUNCTION:ARGUMENT,ARGUMENT"));
    };
    let arguments = parts.next().unwrap_or_default();
    let mut calldata = Vec::new();
    for argument in arguments.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        match argument.strip_prefix("u256:") {
            Some(low) => {
                let low: u128 = low
                    .parse()
                    .map_err(|_| format!("`{argument}` is no u256 below 2^128: write u256:1000"))?;
                calldata.extend([low.into(), Felt::ZERO]);
            }
            None => calldata.push(felt(argument)?),
        }
    }
    Ok(Call { to: contract(to)?, selector: function(name)?, calldata })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: u128 = 10_u128.pow(18);

    #[test]
    fn amounts_of_strk_are_exact() {
        assert_eq!("0.05".parse(), Ok(Strk(50_000_000_000_000_000)));
        assert_eq!("12".parse(), Ok(Strk(12 * UNIT)));
        assert_eq!("0.000000000000000001".parse(), Ok(Strk(1)));
        for wrong in
            ["", ".5", "1e3", "-1", "0.0000000000000000001", "1,5", "9".repeat(30).as_str()]
        {
            assert!(wrong.parse::<Strk>().is_err(), "{wrong}");
        }
        for fri in [0, 1, UNIT, UNIT + 1, 1_500_000_000_000_000_000] {
            let text = strk(fri);
            assert_eq!(text.trim_end_matches(" STRK").parse(), Ok(Strk(fri)), "{text}");
        }
    }

    #[test]
    fn numbers_have_as_many_decimals_as_their_unit() {
        assert_eq!(decimal("1.5", 6), Some(1_500_000));
        assert_eq!((decimal("5", 0), decimal("5.1", 0)), (Some(5), None));
        assert_eq!((decimal("0", 255), decimal("1", 255)), (Some(0), None));
        assert_eq!(fractional(1_500_000, 6), "1.5");
        assert_eq!((fractional(0, 0), fractional(7, 0)), ("0".to_owned(), "7".to_owned()));
        assert_eq!(fractional(1, 3), "0.001");
    }

    #[test]
    fn a_number_above_the_prime_is_no_felt() {
        let prime = "0x800000000000011000000000000000000000000000000000000000000000001";
        assert!(felt(prime).is_err());
        assert_eq!(felt("0x0010"), Ok(Felt::from(16)));
        assert_eq!(felt("16"), Ok(Felt::from(16)));
        assert_eq!(felt("0"), Ok(Felt::ZERO));
        for wrong in ["", "0x", "x1", "-1", "0xg"] {
            assert!(felt(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_call_names_contract_function_and_arguments() {
        let transfer = call("STRK:transfer:0xbeef,u256:7").expect("a call");
        assert_eq!(transfer.calldata, [Felt::from(0xbeef), Felt::from(7), Felt::ZERO]);
        assert_eq!(transfer.selector, selector("transfer"));
        assert!(call("0x1:poke").expect("a call").calldata.is_empty());
        assert!(call("STRK").is_err() && call("STRK:1x").is_err() && call("nobody:poke").is_err());
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("6h"), Ok(21_600));
        assert!(duration("6").is_err() && duration("0h").is_err() && duration("").is_err());
        assert!(duration("6é").is_err());
    }
}
