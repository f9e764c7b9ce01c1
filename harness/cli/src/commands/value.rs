//! Reads what people type: numbers, durations, addresses, calls.

use std::str::FromStr;

use session_client::felt::{parse, selector};
use session_client::token::{ETH, STRK};
use session_client::{Fri, decimal, units};
use starknet_rust::core::types::{Call, Felt, U256};

/// The decimals of STRK and ETH.
pub const DECIMALS: u8 = 18;

/// More than all the STRK that exists (10^10 were made at first). Whoever types more than this has typed FRI
/// instead of STRK.
const MOST: Fri = Fri(20_000_000_000 * 10_u128.pow(DECIMALS as u32));

/// The longest duration that is accepted, a hundred years, in seconds. Whoever types more has typed a digit or a
/// unit too many.
const LONGEST: u64 = 36_500 * 86_400;

type Parsed<T> = Result<T, String>;

/// Reads an amount of STRK, as `0.05` or `0.05strk`, or as `50000fri`.
pub fn strk(text: &str) -> Parsed<Fri> {
    let number = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let decimals = match text[number.len()..].to_ascii_lowercase().as_str() {
        "" | "strk" => DECIMALS,
        "fri" => 0,
        _ => return Err(format!("`{text}` is no amount of STRK, which fees are paid in")),
    };
    let amount = units::read(number.trim_end(), decimals)
        .map(Fri)
        .ok_or_else(|| format!("`{text}` is no amount of STRK: write it as 0.05"))?;
    if amount > MOST {
        return Err(format!(
            "`{text}` STRK is more than there is: write it in STRK, of which one is 10^18 FRI, as 0.05, or \
             in FRI, as 50000fri"
        ));
    }
    Ok(amount)
}

/// The fee limit of a session, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeLimit {
    /// No limit: any amount.
    None,
    /// At most this amount, in FRI.
    Most(u64),
}

impl FeeLimit {
    /// Returns the limit as the account stores it.
    pub fn most(self) -> Option<Fri> {
        match self {
            Self::None => None,
            Self::Most(fri) => Some(Fri(fri.into())),
        }
    }
}

impl FromStr for FeeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        let Fri(fri) = strk(text)?;
        fri.try_into()
            .map(Self::Most)
            .map_err(|_| format!("`{text}` is above 18.446744073709551615, the most that fits"))
    }
}

/// Reads a duration in seconds: `90s`, `30m`, `1h30m`, `7d`. Longer units are refused, because `M` would be a
/// month.
pub fn duration(text: &str) -> Parsed<u64> {
    let is_known = text.chars().all(|it| it.is_ascii_digit() || "smhd".contains(it));
    let duration = humantime::parse_duration(text).ok().filter(|_| is_known);
    let seconds = duration.filter(|it| it.subsec_nanos() == 0).map_or(0, |it| it.as_secs());
    match seconds {
        0 => Err(format!("`{text}` is no duration: write it as 90s, 30m, 6h or 7d")),
        1..=LONGEST => Ok(seconds),
        _ => Err(format!("`{text}` is longer than 36500d, the longest that is accepted")),
    }
}

/// Reads a contract: its address, `STRK` or `ETH`.
pub fn contract(text: &str) -> Parsed<Felt> {
    match text.to_ascii_uppercase().as_str() {
        "STRK" => Ok(STRK),
        "ETH" => Ok(ETH),
        _ if text.starts_with("0x") => hexadecimal(text),
        _ => Err(format!(
            "`{text}` is no contract: write its address, 0x…; STRK and ETH alone are known by name"
        )),
    }
}

/// Reads a felt that must be written in hexadecimal, as addresses, keys and hashes are.
pub fn hexadecimal(text: &str) -> Parsed<Felt> {
    if text.starts_with("0x") {
        felt(text)
    } else {
        Err(format!("`{text}` does not begin with 0x"))
    }
}

/// Reads a felt, decimal or hexadecimal, below the field's prime.
pub fn felt(text: &str) -> Parsed<Felt> {
    parse(text)
        .ok_or_else(|| format!("`{text}` is no felt: write a number, or 0x and up to 64 digits"))
}

/// Reads a function: its name, or its selector.
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

/// Reads a call with its arguments: `STRK:transfer:0xbeef,u256:1`.
pub fn call(text: &str) -> Parsed<Call> {
    let mut parts = text.splitn(3, ':');
    let (Some(to), Some(name)) = (parts.next(), parts.next()) else {
        return Err(format!("`{text}` is no CONTRACT:FUNCTION:ARGUMENT,ARGUMENT"));
    };
    let mut calldata = Vec::new();
    // Without a second colon the call has no arguments. An empty argument after it is an error.
    for argument in parts.next().into_iter().flat_map(|it| it.split(',')).map(str::trim) {
        match argument.strip_prefix("u256:") {
            Some(number) => {
                let number = u256(number).ok_or_else(|| {
                    format!("`{argument}` is no u256: write u256:1000, or u256:0x3e8, below 2^256")
                })?;
                calldata.extend([number.low(), number.high()].map(Felt::from));
            }
            None if argument.is_empty() => {
                return Err(format!("`{text}` has an empty argument: write 0 if it is meant"));
            }
            None => calldata.push(felt(argument)?),
        }
    }
    Ok(Call { to: contract(to)?, selector: function(name)?, calldata })
}

/// A call, with its function as it was typed: a name, or a selector.
#[derive(Debug, Clone)]
pub struct NamedCall {
    pub call: Call,
    pub function: String,
}

/// Reads a call, and keeps the function's name.
pub fn named_call(text: &str) -> Parsed<NamedCall> {
    let call = call(text)?;
    let function = text.split(':').nth(1).unwrap_or_default().to_owned();
    Ok(NamedCall { call, function })
}

/// Reads a number below 2^256, decimal or hexadecimal.
fn u256(text: &str) -> Option<U256> {
    match text.strip_prefix("0x") {
        Some(digits) => {
            let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
            let digits = digits.trim_start_matches('0');
            if !is_number || digits.len() > 64 {
                return None;
            }
            let digits = format!("{digits:0>64}");
            let word = |part: &str| u128::from_str_radix(part, 16).ok();
            Some(U256::from_words(word(&digits[32..])?, word(&digits[..32])?))
        }
        None => decimal::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: u128 = 10_u128.pow(18);

    #[test]
    fn amounts_of_strk_are_exact() {
        assert_eq!(strk("0.05"), Ok(Fri(50_000_000_000_000_000)));
        assert_eq!(strk("12"), Ok(Fri(12 * UNIT)));
        assert_eq!(strk("0.000000000000000001"), Ok(Fri(1)));
        for wrong in
            ["", ".5", "1e3", "-1", "0.0000000000000000001", "1,5", "9".repeat(30).as_str()]
        {
            assert!(strk(wrong).is_err(), "{wrong}");
        }
        assert_eq!((strk("0.5strk"), strk("2 STRK")), (strk("0.5"), Ok(Fri(2 * UNIT))));
        assert!(strk("1usdc").is_err() && strk("1.5fri").is_err() && strk("strk").is_err());
        assert_eq!((strk("1fri"), strk("50000000000000000 FRI")), (Ok(Fri(1)), strk("0.05")));
        // This amount was typed in FRI instead of STRK.
        assert!(strk("50000000000000000").is_err());
        assert!(strk("20000000000").is_ok() && strk("20000000001").is_err());
    }

    #[test]
    fn a_fee_limit_is_an_amount_that_fits_or_none() {
        assert_eq!("none".parse(), Ok(FeeLimit::None));
        assert_eq!("0".parse(), Ok(FeeLimit::Most(0)));
        assert_eq!("18.446744073709551615".parse(), Ok(FeeLimit::Most(u64::MAX)));
        for wrong in ["18.446744073709551616", "", "None", "-1"] {
            assert!(wrong.parse::<FeeLimit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_call_names_contract_function_and_arguments() {
        let transfer = call("STRK:transfer:0xbeef,u256:7").expect("a call");
        assert_eq!(transfer.calldata, [Felt::from(0xbeef), Felt::from(7), Felt::ZERO]);
        assert_eq!(transfer.selector, selector("transfer"));
        assert!(call("0x1:poke").expect("a call").calldata.is_empty());
        for wrong in ["0x1:poke:", "0x1:poke:1,", "0x1:poke:,1", "0x1:poke:1,,2", "0x1:poke: "] {
            assert!(call(wrong).expect_err("no call").contains("empty argument"), "{wrong}");
        }
        assert!(call("STRK").is_err() && call("STRK:1x").is_err() && call("nobody:poke").is_err());
    }

    #[test]
    fn a_u256_is_decimal_or_hexadecimal_and_any_below_2_to_the_256() {
        let most = U256::from_words(u128::MAX, u128::MAX);
        let of = |text: &str| u256(text);
        assert_eq!((of("1000"), of("0x3e8")), (Some(1000_u32.into()), Some(1000_u32.into())));
        assert_eq!(of(&most.to_string()), Some(most));
        assert_eq!(of(&format!("0x{}", "f".repeat(64))), Some(most));
        assert_eq!(of(&format!("0x00{}", "F".repeat(64))), Some(most));
        assert_eq!(of("0x100000000000000000000000000000000"), Some(U256::from_words(0, 1)));
        assert_eq!(of("340282366920938463463374607431768211456"), Some(U256::from_words(0, 1)));
        let above = format!("0x1{}", "0".repeat(64));
        for wrong in ["", "0x", "0xg", "-1", "1.5", "1 ", above.as_str(), &"9".repeat(78)] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        let wide = call("0x1:poke:u256:0x100000000000000000000000000000001").expect("a call");
        assert_eq!(wide.calldata, [Felt::ONE, Felt::ONE]);
        assert!(call("0x1:poke:u256:").is_err());
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!((duration("6h"), duration("90s")), (Ok(21_600), Ok(90)));
        assert_eq!((duration("30m"), duration("1h30m")), (Ok(1_800), Ok(5_400)));
        assert_eq!(duration("7d"), Ok(604_800));
        assert_eq!(duration("36500d"), Ok(3_153_600_000));
        assert!(duration("36500d1s").is_err_and(|it| it.contains("longer than 36500d")));
        for wrong in ["", "6", "0h", "6é", "6M", "6y", "-6h", "1 0h", "5ms", "99999999999999999d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
