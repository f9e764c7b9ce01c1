//! What one types: numbers, durations, addresses, calls.

use session_client::felt::{parse, selector};
use session_client::token::{ETH, STRK};
use session_client::{Fri, units};
use starknet_rust::core::types::{Call, Felt};

/// Of STRK and ETH.
pub const DECIMALS: u8 = 18;

type Parsed<T> = Result<T, String>;

/// Reads an amount of STRK, as `0.05`.
pub fn strk(text: &str) -> Parsed<Fri> {
    units::read(text, DECIMALS)
        .map(Fri)
        .ok_or_else(|| format!("`{text}` is no amount of STRK: write it as 0.05"))
}

/// Reads seconds: `90s`, `30m`, `1h30m`, `7d`. Longer units are refused: `M` would be a month.
pub fn duration(text: &str) -> Parsed<u64> {
    let is_known = text.chars().all(|it| it.is_ascii_digit() || "smhd".contains(it));
    let duration = humantime::parse_duration(text).ok().filter(|_| is_known);
    let seconds = duration.filter(|it| it.subsec_nanos() == 0).map_or(0, |it| it.as_secs());
    (seconds > 0)
        .then_some(seconds)
        .ok_or_else(|| format!("`{text}` is no duration: write it as 90s, 30m, 6h or 7d"))
}

/// Reads a contract: its address, or `STRK` or `ETH`.
pub fn contract(text: &str) -> Parsed<Felt> {
    match text.to_ascii_uppercase().as_str() {
        "STRK" => Ok(STRK),
        "ETH" => Ok(ETH),
        _ => hexadecimal(text),
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
        assert_eq!(strk("0.05"), Ok(Fri(50_000_000_000_000_000)));
        assert_eq!(strk("12"), Ok(Fri(12 * UNIT)));
        assert_eq!(strk("0.000000000000000001"), Ok(Fri(1)));
        for wrong in
            ["", ".5", "1e3", "-1", "0.0000000000000000001", "1,5", "9".repeat(30).as_str()]
        {
            assert!(strk(wrong).is_err(), "{wrong}");
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
        assert_eq!((duration("6h"), duration("90s")), (Ok(21_600), Ok(90)));
        assert_eq!((duration("30m"), duration("1h30m")), (Ok(1_800), Ok(5_400)));
        assert_eq!(duration("7d"), Ok(604_800));
        for wrong in ["", "6", "0h", "6é", "6M", "6y", "-6h", "1 0h", "5ms", "99999999999999999d"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
