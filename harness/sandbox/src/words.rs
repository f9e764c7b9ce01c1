//! Numbers, times and calls as people read them.

use starknet_rust::core::types::{Call, Felt, U256};

use super::accounts::TOKENS;
use super::names;
use session_client::felt::selector;
use session_client::units;

/// What the known tokens count in: 18 decimals.
const DECIMALS: u8 = 18;
/// From here on a number of seconds is one of milliseconds: the year 5138 comes first.
const MILLISECONDS: u64 = 100_000_000_000;

/// Shows `amount` of `token`: with its name where it is known, else in the smallest unit.
pub fn amount(token: Felt, amount: impl ToString) -> String {
    match name_of(token) {
        Some(name) => format!("{} {name}", units::show(amount, DECIMALS)),
        None => format!("{} of {token:#x}'s smallest unit", amount.to_string()),
    }
}

/// Returns the name of a known token.
pub fn name_of(token: Felt) -> Option<&'static str> {
    TOKENS.iter().find(|(_, it)| *it == token).map(|(name, _)| *name)
}

/// Shows a length of time by its two largest units.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[first];
    let rest = UNITS.get(first + 1).map(|(unit, name)| (seconds % UNITS[first].0 / unit, name));
    match rest {
        Some((count, rest)) if count > 0 => format!("{} {name} {count} {rest}", seconds / unit),
        _ => format!("{} {name}", seconds / unit),
    }
}

/// Says that `time` is one of milliseconds, if it is.
pub fn milliseconds(time: u64) -> Option<String> {
    (time >= MILLISECONDS).then(|| {
        format!("{time} is in milliseconds: times are Unix seconds, such as {}", time / 1_000)
    })
}

/// Shows a call of a known token in words, and any other by its name.
pub fn call(call: &Call) -> String {
    let Call { to, selector: function, calldata } = call;
    let named = |name: &str| *function == selector(name);
    match calldata.as_slice() {
        [whom, low, high] if named("transfer") && *high == Felt::ZERO => {
            format!("transfer {} to {whom:#x}", amount(*to, low.to_biguint()))
        }
        [whom, low, high] if named("approve") && *high == Felt::ZERO => {
            format!("let {whom:#x} take {} (approve)", amount(*to, low.to_biguint()))
        }
        _ => names::of_function(*to, *function),
    }
}

/// Returns the amount that a call of a token names, as ERC-20 writes it.
pub fn named_amount(call: &Call) -> Option<U256> {
    let word = |index: usize| u128::try_from(*call.calldata.get(index)?).ok();
    Some(U256::from_words(word(1)?, word(2)?))
}

#[cfg(test)]
mod tests {
    use session_client::token::{STRK, transfer};

    use super::*;

    #[test]
    fn amounts_times_and_calls_are_words() {
        assert_eq!(duration(3_480), "58 min");
        assert_eq!(duration(5_400), "1 h 30 min");
        assert_eq!(duration(0), "0 s");
        assert_eq!(amount(STRK, 1_500_000_000_000_000_000_u128), "1.5 STRK");
        assert_eq!(amount(Felt::ONE, 7), "7 of 0x1's smallest unit");
        let paid = call(&transfer(STRK, Felt::TWO, 2_000_000_000_000_000_000));
        assert_eq!(paid, "transfer 2 STRK to 0x2");
        assert_eq!(milliseconds(1_900_000_000), None);
        let told = milliseconds(1_900_000_000_123).unwrap_or_default();
        assert!(told.ends_with("such as 1900000000"), "{told}");
    }
}
