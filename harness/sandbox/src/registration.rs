//! Describes a session's registration in words, together with the limits that the same batch sets for its key.

use session_client::AllowedCall;
use session_client::felt::selector;
use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{Call, Felt, U256};

use super::names::Names;
use super::words::{amount, brief, date, duration, fee, milliseconds, name_of, shortened};

/// How many entries of a list are named; the calldata has the others.
const ENTRIES: usize = 3;

/// What a call to the account sets for a session key, which is the first felt of its calldata.
enum Part {
    Registration { list: String, end: String },
    Limit(String),
}

/// Describes `calls` of `account` in words that fit a row. A registration and the limits of its key become one text.
pub fn batch(calls: &[Call], account: Felt, names: &Names) -> Vec<String> {
    let parts: Vec<_> = calls.iter().map(|call| part(call, account, names)).collect();
    let registered: Vec<Felt> = parts.iter().filter_map(registered).collect();
    let told = calls.iter().zip(&parts).filter_map(|(call, part)| match part {
        Some((key, Part::Registration { list, end })) => {
            let limits = limits_of(&parts, *key);
            Some(format!("register session {}: {list}, {limits}{end}", shortened(*key)))
        }
        Some((key, Part::Limit(_))) if registered.contains(key) => None,
        Some((key, Part::Limit(limit))) => Some(format!("session {}: {limit}", shortened(*key))),
        None => Some(brief(call, account, names)),
    });
    told.collect()
}

fn registered(part: &Option<(Felt, Part)>) -> Option<Felt> {
    match part {
        Some((key, Part::Registration { .. })) => Some(*key),
        _ => None,
    }
}

fn limits_of(parts: &[Option<(Felt, Part)>], of: Felt) -> String {
    let limit = |part: &Option<(Felt, Part)>| match part {
        Some((key, Part::Limit(limit))) if *key == of => Some(format!("{limit}, ")),
        _ => None,
    };
    parts.iter().filter_map(limit).collect()
}

/// Reads what `call` sets for a session. Returns `None` for other calls, and for calldata that does not fit.
fn part(call: &Call, account: Felt, names: &Names) -> Option<(Felt, Part)> {
    let Call { to, selector: function, calldata } = call;
    let named = |name: &str| *function == selector(name);
    let (&key, rest) = calldata.split_first().filter(|_| *to == account)?;
    let number = |index: usize| u64::try_from(*rest.get(index)?).ok();
    let of_u256 = |index: usize| {
        let half = |index: usize| u128::try_from(*rest.get(index)?).ok();
        Some(U256::from_words(half(index)?, half(index + 1)?))
    };
    let part = if named("add_session_for_calls") {
        Part::Registration { list: calls(rest.get(2..)?, names)?, end: end(number(0)?, number(1)?) }
    } else if named("add_session") || named("add_or_update_session_key") {
        let list = match rest.get(3..)? {
            [] => "any call".to_owned(),
            functions => told(functions.iter().map(|it| names.of(*it)), functions.len()),
        };
        Part::Registration { list, end: end(number(0)?, number(1)?) }
    } else if named("set_spending_policy") {
        let token = *rest.first()?;
        let window = match number(5)? {
            86_400 => "a day".to_owned(),
            seconds => format!("in {}", duration(seconds)),
        };
        let shown = |index| Some(amount(token, of_u256(index)?));
        Part::Limit(format!("at most {} a call and {} {window}", shown(1)?, shown(3)?))
    } else if named("set_session_fee_limit") {
        let limit = number(0)?;
        Part::Limit(format!("fee limit {}", if limit == 0 { "0".to_owned() } else { fee(limit) }))
    } else if named("remove_session_fee_limit") {
        Part::Limit("no fee limit".to_owned())
    } else {
        return None;
    };
    Some((key, part))
}

fn end(valid_until: u64, max_calls: u64) -> String {
    let until = milliseconds(valid_until).unwrap_or_else(|| format!("{} UTC", date(valid_until)));
    let plural = if max_calls == 1 { "" } else { "s" };
    format!("until {until}, {max_calls} transaction{plural}")
}

fn calls(list: &[Felt], names: &Names) -> Option<String> {
    let (length, felts) = list.split_first()?;
    let length = usize::try_from(u64::try_from(*length).ok()?).ok()?;
    // A client may claim any number of entries, but each takes at least three felts.
    if length > felts.len() / 3 {
        return None;
    }
    let mut felts = felts.iter();
    let entries = (0..length.min(ENTRIES)).map(|_| AllowedCall::decode_iter(&mut felts).ok());
    let entries = entries.collect::<Option<Vec<_>>>()?;
    Some(told(entries.iter().map(|it| entry(it, names)), length))
}

fn entry(entry: &AllowedCall, names: &Names) -> String {
    let contract = name_of(entry.to).map_or_else(|| shortened(entry.to), str::to_owned);
    let called = format!("{contract}.{}", names.of(entry.selector));
    match entry.argument {
        None => called,
        Some(it) if it.index == 0 && entry.selector == selector("transfer") => {
            format!("{called} to {}", shortened(it.value))
        }
        Some(it) => format!("{called} with {} at place {}", shortened(it.value), it.index),
    }
}

fn told(entries: impl Iterator<Item = String>, length: usize) -> String {
    let told = entries.take(ENTRIES).collect::<Vec<_>>().join(", ");
    match length.saturating_sub(ENTRIES) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use session_client::token::{STRK, transfer};

    use super::*;

    const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");
    const KEY: u64 = 0x5e;

    fn batch(calls: &[Call], account: Felt) -> Vec<String> {
        super::batch(calls, account, &Names::default())
    }

    fn of_account(name: &str, calldata: &[u64]) -> Call {
        let calldata = calldata.iter().copied().map(Felt::from).collect();
        Call { to: ACCOUNT, selector: selector(name), calldata }
    }

    fn for_calls(selector: Felt) -> Call {
        let mut call = of_account("add_session_for_calls", &[KEY, 1_764_115_199, 10, 1]);
        call.calldata.extend([STRK, selector, Felt::ZERO, Felt::ZERO, Felt::from(0x1234)]);
        call
    }

    #[test]
    fn a_registration_is_one_sentence() {
        const ONE: u64 = 1_000_000_000_000_000_000;
        let mut policy =
            of_account("set_spending_policy", &[KEY, 0, 2 * ONE, 0, 5 * ONE, 0, 86_400]);
        policy.calldata[1] = STRK;
        let limit = of_account("set_session_fee_limit", &[KEY, 0]);
        let other = of_account("set_session_fee_limit", &[KEY + 1, 1_000]);
        let payment = transfer(STRK, Felt::TWO, 7);
        let calls = [for_calls(selector("transfer")), policy, limit, other, payment];
        assert_eq!(
            batch(&calls, ACCOUNT),
            [
                "register session 0x5e: STRK.transfer to 0x1234, at most 2 STRK a call and 5 STRK a day, fee \
                 limit 0, until 2025-11-25 23:59:59 UTC, 10 transactions",
                "session 0x5f: fee limit 1000 FRI",
                "transfer 7 FRI of STRK to 0x2",
            ]
        );
    }

    #[test]
    fn a_name_that_is_registered_for_its_selector_is_told() {
        let told = batch(&[for_calls(Felt::from_bytes_be_slice(b"transfer"))], ACCOUNT);
        assert!(
            told[0].contains("(the name transfer itself, where its selector belongs"),
            "{told:?}"
        );
    }

    #[test]
    fn whatever_the_calldata_claims_it_is_told_in_a_few_words() {
        let claims = of_account("add_session_for_calls", &[KEY, 9, 1, u64::MAX, 1, 1, 1]);
        let short = of_account("set_spending_policy", &[KEY]);
        let none = of_account("set_session_fee_limit", &[]);
        let told = batch(&[claims, short, none], ACCOUNT);
        assert_eq!(told[0], "add_session_for_calls on the account");
        assert_eq!(told[1], "set_spending_policy on the account");
        assert_eq!(told[2], "set_session_fee_limit on the account");
        let many: Vec<_> = [KEY, 9, 1, 9].into_iter().chain(101..110).collect();
        let told = batch(&[of_account("add_session", &many)], ACCOUNT);
        assert!(told[0].contains("0x65, 0x66, 0x67 and 6 more, until 1970-01-01"), "{told:?}");
        let any = of_account("add_session", &[KEY, 9, 1, 0]);
        assert!(batch(&[any], ACCOUNT)[0].starts_with("register session 0x5e: any call, until"));
    }
}
