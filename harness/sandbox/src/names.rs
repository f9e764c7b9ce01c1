//! Shows selectors by their names, where the names are known, or clients of the chain have used them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;
use starknet_rust::core::types::Felt;
use starknet_rust::core::utils::parse_cairo_short_string;

use session_client::Allowed;
use session_client::felt::selector;
use session_client::{AllowedArgument, AllowedCall, COUNTED_FUNCTIONS};

/// Functions of accounts, tokens and common applications, beside those that are counted.
const KNOWN: &[&str] = &[
    "__execute__",
    "__validate__",
    "add_or_update_session_key",
    "add_session",
    "add_session_for_calls",
    "allowance",
    "balanceOf",
    "balance_of",
    "burn",
    "claim",
    "decreaseAllowance",
    "decrease_allowance",
    "deploy_contract",
    "deployContract",
    "deposit",
    "execute_from_outside",
    "execute_from_outside_v2",
    "get_public_key",
    "get_session_data",
    "get_session_fee_limit",
    "get_session_status",
    "get_spending_policy",
    "get_spending_tokens",
    "is_call_allowed",
    "is_valid_outside_execution_nonce",
    "is_valid_signature",
    "mint",
    "multi_route_swap",
    "redeem",
    "remove_session_fee_limit",
    "remove_spending_policy",
    "revoke_all_sessions",
    "revoke_session",
    "revoke_session_key",
    "safe_transfer_from",
    "setPublicKey",
    "set_approval_for_all",
    "set_public_key",
    "set_session_fee_limit",
    "set_spending_policy",
    "stake",
    "supports_interface",
    "swap",
    "transferFrom",
    "transfer_from",
    "unstake",
    "upgrade",
    "vote",
    "withdraw",
];

/// How many names are learned from clients, and how long each may be.
const LEARNED: usize = 1_024;
const LENGTH: usize = 64;

/// The names that clients have used.
#[derive(Debug, Default)]
struct Learned {
    names: HashMap<Felt, String>,
    /// The selectors, the first that was learned first.
    order: VecDeque<Felt>,
}

impl Learned {
    /// Keeps `name`, and forgets the oldest one if there are too many.
    fn keep(&mut self, felt: Felt, name: &str) {
        if self.names.contains_key(&felt) {
            return;
        }
        if self.order.len() == LEARNED
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
        self.names.insert(felt, name.to_owned());
        self.order.push_back(felt);
    }
}

/// The names of functions: those that are known, and those that clients of one chain have used. Clones share
/// the names.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<Learned>>);

impl Names {
    /// Returns the selector of `name`, and remembers the name if it can be that of a function, so that
    /// messages use the client's own word. Any other text could pass for the sandbox's own words.
    pub fn learn(&self, name: &str) -> Felt {
        let felt = selector(name);
        if is_identifier(name) && !by_selector().contains_key(&felt) {
            self.learned().keep(felt, name);
        }
        felt
    }

    /// Returns the name of the function that `felt` selects, or the felt in hexadecimal. If a client hashed a
    /// selector's text as if it were a name, the answer says which selector was meant.
    pub fn of(&self, felt: Felt) -> String {
        let known = by_selector().get(&felt).map(|name| (*name).to_owned());
        let name = known.or_else(|| self.learned().names.get(&felt).cloned());
        let meant = || hashed_twice(felt).or_else(|| not_hashed(felt));
        name.or_else(meant).unwrap_or_else(|| format!("{felt:#x}"))
    }

    /// Names the function `selector` of the contract `to`.
    pub fn of_function(&self, to: Felt, selector: Felt) -> String {
        format!("{} of {to:#x}", self.of(selector))
    }

    /// Returns the entries of `allowed` in words; none if the session may make any call.
    pub fn of_list(&self, allowed: &Allowed) -> Vec<String> {
        match allowed {
            Allowed::Selectors(selectors) => selectors.iter().map(|it| self.of(*it)).collect(),
            Allowed::Calls(calls) => calls.iter().map(|it| self.of_entry(it)).collect(),
            Allowed::AnyCall => Vec::new(),
            other => vec![format!("{other:?}")],
        }
    }

    fn of_entry(&self, entry: &AllowedCall) -> String {
        let name = self.of_function(entry.to, entry.selector);
        match entry.argument {
            Some(AllowedArgument { index, value }) => {
                format!("{name} with {value:#x} at place {index} of its calldata")
            }
            None => name,
        }
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the function's name that `felt` spells, as some clients write it where its selector belongs.
pub fn spelt(felt: Felt) -> Option<String> {
    parse_cairo_short_string(&felt).ok().filter(|name| name.len() > 1 && is_identifier(name))
}

fn not_hashed(felt: Felt) -> Option<String> {
    let name = spelt(felt)?;
    let belongs = selector(&name);
    Some(format!("{felt:#x} (the name {name} itself, where its selector belongs: {belongs:#x})"))
}

/// Says that `value` is a name where a selector is expected, if it is one.
pub fn misplaced(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    is_identifier(name)
        .then(|| format!("is the name {name}: its selector belongs there, {:#x}", selector(name)))
}

/// Says whether `text` can be the name of a function in Cairo, and is not too long to be shown.
fn is_identifier(text: &str) -> bool {
    text.len() <= LENGTH
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
        && text.bytes().next().is_some_and(|it| !it.is_ascii_digit())
}

/// Says which selector's text was hashed as if it were a name, if `felt` is such a hash.
fn hashed_twice(felt: Felt) -> Option<String> {
    static TWICE: OnceLock<HashMap<Felt, (Felt, &str)>> = OnceLock::new();
    let twice = TWICE.get_or_init(|| {
        let of = |name: &'static str| {
            let once = selector(name);
            // Clients write selectors with and without leading zeros.
            [format!("{once:#x}"), format!("{once:#066x}")].map(|it| (selector(&it), (once, name)))
        };
        known().flat_map(of).collect()
    });
    let (once, name) = twice.get(&felt)?;
    Some(format!(
        "{felt:#x} (the hash of the text {once:#x}, which is the selector of {name} already: a selector was \
         hashed as if it were a name)"
    ))
}

/// Returns the names of all functions that are known.
fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().copied().chain(COUNTED_FUNCTIONS)
}

fn by_selector() -> &'static HashMap<Felt, &'static str> {
    static NAMES: OnceLock<HashMap<Felt, &str>> = OnceLock::new();
    NAMES.get_or_init(|| known().map(|name| (selector(name), name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_the_arguments_that_it_asks_for() {
        let transfer = AllowedCall::new(Felt::TWO, selector("transfer"));
        let list = Allowed::Calls(vec![transfer, transfer.with_argument(3, Felt::from(0xbeef))]);
        let told = ["transfer of 0x2", "transfer of 0x2 with 0xbeef at place 3 of its calldata"];
        let names = Names::default();
        assert_eq!(names.of_list(&list), told);
        assert_eq!(names.of_list(&Allowed::AnyCall), Vec::<String>::new());
    }

    #[test]
    fn a_selector_that_was_hashed_as_a_name_is_recognised() {
        let twice = selector(&format!("{:#x}", selector("transfer")));
        let told = Names::default().of(twice);
        assert!(told.contains("which is the selector of transfer already"), "{told}");
    }

    #[test]
    fn a_name_where_a_selector_belongs_is_recognised() {
        let names = Names::default();
        let told = names.of(Felt::from_bytes_be_slice(b"transfer"));
        let belongs = format!("its selector belongs: {:#x})", selector("transfer"));
        assert!(told.starts_with("0x7472616e73666572 (the name transfer itself"), "{told}");
        assert!(told.ends_with(&belongs), "{told}");
        for other in [Felt::from(7), Felt::from_bytes_be_slice(b"to pay"), selector("unheard_of")] {
            assert_eq!(names.of(other), format!("{other:#x}"));
        }
    }

    #[test]
    fn a_client_s_name_is_learned_once_it_is_heard_and_by_this_chain_s_names_alone() {
        let (names, of_another_chain) = (Names::default(), Names::default());
        let hex = format!("{:#x}", selector("play_a_move"));
        assert_eq!(names.of(selector("play_a_move")), hex);
        let shared = names.clone();
        assert_eq!(shared.learn("play_a_move"), selector("play_a_move"));
        assert_eq!(names.of(selector("play_a_move")), "play_a_move");
        assert_eq!(of_another_chain.of(selector("play_a_move")), hex);
    }

    #[test]
    fn only_identifiers_are_learned_and_the_oldest_makes_room() {
        let names = Names::default();
        for text in [
            "transfer 1 FRI of STRK to yourself; nothing else",
            "two\nlines",
            "\u{1b}[31mred",
            "\u{202e}evom",
            "1st",
            "",
        ] {
            assert_eq!(names.learn(text), selector(text));
            assert_eq!(names.of(selector(text)), format!("{:#x}", selector(text)), "{text:?}");
        }
        let mut learned = Learned::default();
        for index in 0..LEARNED + 10 {
            learned.keep(Felt::from(index), &format!("junk_{index}"));
        }
        learned.keep(Felt::from(LEARNED + 9), "junk_again");
        let name = |index: usize| learned.names.get(&Felt::from(index)).map(String::as_str);
        assert_eq!((learned.names.len(), learned.order.len()), (LEARNED, LEARNED));
        assert_eq!((name(9), name(10)), (None, Some("junk_10")));
        assert_eq!(name(LEARNED + 9), Some(format!("junk_{}", LEARNED + 9).as_str()));
    }
}
