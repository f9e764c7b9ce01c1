//! Writes numbers, times and calls for people.

use starknet_rust::core::types::{Call, Felt, U256};

use super::accounts::TOKENS;
use super::names::Names;
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::token::STRK;
use session_client::units;

/// The decimals of the known tokens.
const DECIMALS: u8 = 18;
/// An amount of at most this many digits is shown in the token's smallest unit: in tokens it would begin with
/// `0.000000`.
const LITTLE: usize = 12;
/// From this number on, a time must be in milliseconds: in seconds it would be in the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;

/// Shows `amount` of `token`, with the token's name if it is known. Very small amounts are in the smallest
/// unit.
pub fn amount(token: Felt, amount: impl ToString) -> String {
    let digits = amount.to_string();
    match name_of(token) {
        Some(name) if digits.len() <= LITTLE && digits != "0" => {
            let unit = if token == STRK { "FRI" } else { "WEI" };
            format!("{digits} {unit} of {name}")
        }
        Some(name) => format!("{} {name}", units::show(digits, DECIMALS)),
        None => format!("{digits} of {token:#x}'s smallest unit"),
    }
}

/// Writes an amount of FRI that is a fee.
pub fn fee(fri: impl ToString) -> String {
    let told = amount(STRK, fri);
    told.strip_suffix(" of STRK").map_or_else(|| told.clone(), str::to_owned)
}

/// Returns the name of a known token.
pub fn name_of(token: Felt) -> Option<&'static str> {
    TOKENS.iter().find(|(_, it)| *it == token).map(|(name, _)| *name)
}

/// Shows a length of time: in days and hours, in hours and minutes, or in one smaller unit.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[first];
    let rest = UNITS
        .get(first + 1)
        .filter(|_| first < 2)
        .map(|(unit, name)| (seconds % UNITS[first].0 / unit, name));
    match rest {
        Some((count, rest)) if count > 0 => format!("{} {name} {count} {rest}", seconds / unit),
        _ => format!("{} {name}", seconds / unit),
    }
}

/// Shows a whole number with a comma before every three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let (head, rest) = digits.split_at(first);
    rest.as_bytes()
        .chunks(3)
        .fold(head.to_owned(), |told, group| format!("{told},{}", String::from_utf8_lossy(group)))
}

/// Shows a Unix time as a date and as it is.
pub fn moment(time: u64) -> String {
    format!("{} UTC ({time})", date(time))
}

/// Shows a Unix time as a date, in UTC.
pub fn date(time: u64) -> String {
    let (days, seconds) = (time / 86_400, time % 86_400);
    // The days are counted from 0000-03-01, in eras of 400 years. A year that begins in March has its leap
    // day at its end.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..=9 => (era * 400 + year, month + 3),
        _ => (era * 400 + year + 1, month - 9),
    };
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}")
}

/// Says that `time` is in milliseconds, if it is.
pub fn milliseconds(time: u64) -> Option<String> {
    (time >= MILLISECONDS).then(|| {
        format!("{time} is in milliseconds: times are Unix seconds, such as {}", time / 1_000)
    })
}

/// Returns how many thousandths of `whole` there are in `part`.
pub fn share(part: U256, whole: U256) -> u16 {
    let zero = U256::from(0_u8);
    if whole == zero || part >= whole {
        return if part == zero { 0 } else { 1_000 };
    }
    // A product may overflow, so a large number is divided before it is multiplied.
    let thousand = U256::from(1_000_u16);
    let fits = part <= U256::from_words(u128::MAX, u128::MAX) / thousand;
    let steps = if fits { part * thousand / whole } else { part / (whole / thousand) };
    u16::try_from(steps.low()).unwrap_or(1_000).min(1_000)
}

/// Describes a call of a known token in words, and names every other call.
pub fn call(call: &Call, names: &Names) -> String {
    let Call { to, selector: function, calldata } = call;
    let named = |name: &str| *function == selector(name);
    match calldata.as_slice() {
        [whom, low, high] if named("transfer") && *high == Felt::ZERO => {
            format!("transfer {} to {whom:#x}", amount(*to, low.to_biguint()))
        }
        [class_hash, ..] if *to == UDC => format!("deploy an account of class {class_hash:#x}"),
        [whom, low, high] if named("approve") && *high == Felt::ZERO => {
            format!("let {whom:#x} take {} (approve)", amount(*to, low.to_biguint()))
        }
        _ => names.of_function(*to, *function),
    }
}

/// Describes a call of `account` like [`call`], but shorter: addresses are cut.
pub fn brief(it: &Call, account: Felt, names: &Names) -> String {
    if it.to == account {
        return format!("{} on the account", names.of(it.selector));
    }
    let mut told = call(it, names);
    for felt in [Some(&it.to), it.calldata.first()].into_iter().flatten() {
        told = told.replace(&format!("{felt:#x}"), &shortened(*felt));
    }
    told
}

/// Writes a felt, or only its beginning and its end if it is long.
pub fn shortened(felt: Felt) -> String {
    ends(felt).map_or_else(|| format!("{felt:#x}"), |(head, tail)| format!("{head}…{tail}"))
}

/// Returns the beginning and the end of a felt that is too long to be read whole.
fn ends(felt: Felt) -> Option<(String, String)> {
    let hex = format!("{felt:#x}");
    let (head, tail) = (hex.get(..8)?, hex.get(hex.len().checked_sub(4)?..)?);
    (hex.len() > 14).then(|| (head.to_owned(), tail.to_owned()))
}

/// Returns the amount that a call of a token names, as ERC-20 writes it.
pub fn named_amount(call: &Call) -> Option<U256> {
    let word = |index: usize| u128::try_from(*call.calldata.get(index)?).ok();
    Some(U256::from_words(word(1)?, word(2)?))
}

#[cfg(test)]
mod tests {
    use session_client::token::transfer;

    use super::*;

    #[test]
    fn shares_are_thousandths_of_any_size() {
        let share = |part: U256, whole: U256| share(part, whole);
        let most = U256::from_words(u128::MAX, u128::MAX);
        assert_eq!(share(1_u8.into(), 2_u8.into()), 500);
        assert_eq!(share(most / 4_u8.into(), most), 250);
        assert_eq!((share(most, 1_u8.into()), share(0_u8.into(), 0_u8.into())), (1_000, 0));
    }

    #[test]
    fn dates_are_the_calendars() {
        for (time, told) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_764_115_199, "2025-11-25 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date(time), told);
        }
    }

    #[test]
    fn amounts_times_and_calls_are_words() {
        let numbers = [0, 999, 1_000, 3_799_600].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "3,799,600"]);
        assert_eq!(duration(3_498), "58 min");
        assert_eq!(duration(5_400), "1 h 30 min");
        assert_eq!(duration(0), "0 s");
        assert_eq!(amount(STRK, 1_500_000_000_000_000_000_u128), "1.5 STRK");
        assert_eq!((amount(STRK, 7), amount(STRK, 0)), ("7 FRI of STRK".into(), "0 STRK".into()));
        assert_eq!(
            (fee(1_000), fee(60_050_000_000_000_000_u64)),
            ("1000 FRI".into(), "0.06005 STRK".into())
        );
        assert_eq!(amount(Felt::ONE, 7), "7 of 0x1's smallest unit");
        let names = Names::default();
        let paid = call(&transfer(STRK, Felt::TWO, 2_000_000_000_000_000_000), &names);
        assert_eq!(paid, "transfer 2 STRK to 0x2");
        let long = Felt::from_hex_unchecked("0x123456789abcdef0123456789abcdef");
        let payment = transfer(STRK, long, 2_000_000_000_000_000_000);
        assert_eq!(brief(&payment, Felt::ONE, &names), "transfer 2 STRK to 0x123456…cdef");
        assert_eq!(brief(&payment, STRK, &names), "transfer on the account");
        assert_eq!(milliseconds(1_900_000_000), None);
        let told = milliseconds(1_900_000_000_123).unwrap_or_default();
        assert!(told.ends_with("such as 1900000000"), "{told}");
    }
}
