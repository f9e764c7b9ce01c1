//! Explains calls that a session may not make.

use starknet_rust::core::types::{Call, Felt};

use super::super::names::{self, Names};
use session_client::Allowed;
use session_client::felt::selector;
use session_client::{AllowedArgument, is_blocked, is_self_ending};

/// How many calls, entries and values are named at most, since strangers can make lists long.
const TOLD: usize = 16;

/// Says of each call that is not on the list what the list requires, and then what the list holds.
pub fn not_allowed(allowed: &Allowed, calls: &[Call], names: &Names) -> Vec<String> {
    let refused =
        calls.iter().filter(|call| !allowed.allows(call)).map(|it| why(allowed, it, names));
    let mut lines: Vec<_> = misnamed(allowed).into_iter().chain(refused.take(TOLD)).collect();
    lines.push(format!("on the list: {}", some_of(names.of_list(allowed), ", ")));
    lines
}

/// Says of each call to the account why it is not the one call that a session may make.
pub fn self_calls(calls: &[Call], account: Felt, session_key: Felt, names: &Names) -> Vec<String> {
    let to_account = calls.iter().filter(|call| call.to == account);
    to_account
        .take(TOLD)
        .map(|call| self_call(call, calls.len(), account, session_key, names))
        .collect()
}

/// Names the calls that no session may make on any contract.
pub fn blocked(calls: &[Call], names: &Names) -> Vec<String> {
    let blocked = calls.iter().filter(|call| is_blocked(call.selector));
    let told = |call: &Call| format!("no session may call {}", names.of(call.selector));
    blocked.take(TOLD).map(told).collect()
}

/// Says of the first name on the list that it was registered where a selector belongs: no call has it.
fn misnamed(allowed: &Allowed) -> Option<String> {
    let name = match allowed {
        Allowed::Calls(entries) => entries.iter().find_map(|it| names::spelt(it.selector)),
        Allowed::Selectors(selectors) => selectors.iter().copied().find_map(names::spelt),
        _ => None,
    }?;
    let belongs = selector(&name);
    Some(format!(
        "the name {name} was registered where its selector belongs: no call is of that; register a fresh key \
         with {belongs:#x}"
    ))
}

fn why(allowed: &Allowed, call: &Call, names: &Names) -> String {
    let name = names.of_function(call.to, call.selector);
    let arguments: Vec<AllowedArgument> = match allowed {
        Allowed::Calls(entries) => entries
            .iter()
            .filter(|it| (it.to, it.selector) == (call.to, call.selector))
            .filter_map(|it| it.argument)
            .collect(),
        // Nothing else asks for arguments.
        _ => Vec::new(),
    };
    // All entries of one function pin the same place.
    let Some(AllowedArgument { index, .. }) = arguments.first() else {
        return format!("{name} is not on the session's list");
    };
    let values = arguments.iter().map(|it| format!("{:#x}", it.value)).collect();
    let expected = format!("place {index} of its calldata must be {}", some_of(values, " or "));
    match call.calldata.get(usize::from(*index)) {
        Some(found) => format!("{name}: {expected}, found is {found:#x}"),
        None => format!("{name}: {expected}, but its calldata has {} felts", call.calldata.len()),
    }
}

fn self_call(call: &Call, calls: usize, account: Felt, session_key: Felt, names: &Names) -> String {
    let name = names.of(call.selector);
    if is_self_ending(call, account, session_key) {
        format!(
            "{name} of the session's own key must be alone in its batch: this one has {calls} calls"
        )
    } else if call.selector == selector("revoke_session") {
        let calldata = call.calldata.iter().map(|it| format!("{it:#x}")).collect();
        format!(
            "{name} must have the session's own key {session_key:#x} as its calldata, found is [{}]",
            some_of(calldata, ", ")
        )
    } else if call.selector == selector("revoke_session_key") {
        format!("a session ends itself by revoke_session: {name} is the owner's alone")
    } else {
        format!("{name} of the account is the owner's alone")
    }
}

fn some_of(mut texts: Vec<String>, between: &str) -> String {
    let more = texts.len().saturating_sub(TOLD);
    texts.truncate(TOLD);
    let told = texts.join(between);
    if more == 0 { told } else { format!("{told}{between}{more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_client::AllowedCall;

    const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");
    const KEY: Felt = Felt::from_hex_unchecked("0x5e");
    const TOKEN: Felt = Felt::from_hex_unchecked("0x70");
    const MERCHANT: Felt = Felt::from_hex_unchecked("0xbeef");

    fn call(to: Felt, name: &str, calldata: &[Felt]) -> Call {
        Call { to, selector: selector(name), calldata: calldata.to_vec() }
    }

    fn not_allowed(allowed: &Allowed, calls: &[Call]) -> Vec<String> {
        super::not_allowed(allowed, calls, &Names::default())
    }

    fn to_merchant() -> Allowed {
        let transfer = AllowedCall::new(TOKEN, selector("transfer"));
        Allowed::Calls(vec![transfer.with_argument(0, MERCHANT)])
    }

    #[test]
    fn the_place_what_it_must_be_and_what_was_found_are_told() {
        let thief = call(TOKEN, "transfer", &[Felt::TWO]);
        let on_the_list = "on the list: transfer of 0x70 with 0xbeef at place 0 of its calldata";
        assert_eq!(
            not_allowed(&to_merchant(), &[thief]),
            ["transfer of 0x70: place 0 of its calldata must be 0xbeef, found is 0x2", on_the_list]
        );
        let short = call(TOKEN, "transfer", &[]);
        assert_eq!(
            not_allowed(&to_merchant(), &[short])[0],
            "transfer of 0x70: place 0 of its calldata must be 0xbeef, but its calldata has 0 felts"
        );
        let other = call(TOKEN, "approve", &[MERCHANT]);
        assert_eq!(
            not_allowed(&to_merchant(), &[other])[0],
            "approve of 0x70 is not on the session's list"
        );
    }

    #[test]
    fn a_name_that_was_registered_for_its_selector_is_told_first() {
        let name = Felt::from_bytes_be_slice(b"transfer");
        let told = |allowed| not_allowed(&allowed, &[call(TOKEN, "transfer", &[MERCHANT])]);
        for list in
            [Allowed::Calls(vec![AllowedCall::new(TOKEN, name)]), Allowed::Selectors(vec![name])]
        {
            let lines = told(list);
            assert!(
                lines[0].starts_with("the name transfer was registered where its"),
                "{lines:?}"
            );
            assert!(lines[0].ends_with(&format!("{:#x}", selector("transfer"))), "{lines:?}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let transfer = AllowedCall::new(TOKEN, selector("transfer"));
        let pinned = |value: u64| transfer.with_argument(0, value.into());
        let list = Allowed::Calls((100..150).map(pinned).collect());
        let told = not_allowed(&list, &[call(TOKEN, "transfer", &[Felt::ONE])]);
        assert!(
            told[0].contains("0x64 or 0x65") && told[0].contains("0x73 or 34 more"),
            "{told:?}"
        );
        assert!(told[1].ends_with("34 more"), "{told:?}");
    }

    #[test]
    fn of_a_call_to_the_account_it_is_told_why_it_may_not_be_made() {
        let end = call(ACCOUNT, "revoke_session", &[KEY]);
        let more = call(TOKEN, "transfer", &[MERCHANT]);
        for (calls, told) in [
            (vec![end.clone(), more], "must be alone in its batch: this one has 2 calls"),
            (
                vec![call(ACCOUNT, "revoke_session", &[Felt::ONE])],
                "own key 0x5e as its calldata, found is [0x1]",
            ),
            (vec![call(ACCOUNT, "revoke_session", &[KEY, KEY])], "found is [0x5e, 0x5e]"),
            (vec![call(ACCOUNT, "revoke_session_key", &[KEY])], "ends itself by revoke_session:"),
            (vec![call(ACCOUNT, "upgrade", &[KEY])], "upgrade of the account is the owner's alone"),
        ] {
            let lines = self_calls(&calls, ACCOUNT, KEY, &Names::default());
            assert!(lines.len() == 1 && lines[0].contains(told), "{lines:?}");
        }
    }
}
