//! Selectors by name, where the name is known.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use starknet_rust_core::types::Felt;

use crate::name::selector;

/// Functions of accounts, tokens and common applications.
const KNOWN: &[&str] = &[
    "__execute__",
    "__validate__",
    "add_or_update_session_key",
    "add_session",
    "add_session_for_calls",
    "allowance",
    "approve",
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
    "increaseAllowance",
    "increase_allowance",
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
    "swap",
    "transfer",
    "transferFrom",
    "transfer_from",
    "unstake",
    "upgrade",
    "vote",
    "withdraw",
];

/// How many names clients can teach, and how long each may be.
const LEARNED: usize = 1_024;
const LENGTH: usize = 64;

/// The selector of `name`, which is remembered: the client's own word for it is the best.
pub fn learn(name: &str) -> Felt {
    let felt = selector(name);
    let mut names = names();
    if names.len() < KNOWN.len() + LEARNED && name.len() <= LENGTH {
        names.entry(felt).or_insert_with(|| name.to_owned());
    }
    felt
}

/// The function that `felt` selects, or the felt in hex.
pub fn of(felt: Felt) -> String {
    names().get(&felt).cloned().unwrap_or_else(|| format!("{felt:#x}"))
}

fn names() -> MutexGuard<'static, HashMap<Felt, String>> {
    static NAMES: OnceLock<Mutex<HashMap<Felt, String>>> = OnceLock::new();
    let known = || KNOWN.iter().map(|name| (selector(name), (*name).to_owned())).collect();
    let names = NAMES.get_or_init(|| Mutex::new(known()));
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_s_name_is_learned_once_it_is_heard() {
        assert_eq!(of(selector("play_a_move")), format!("{:#x}", selector("play_a_move")));
        assert_eq!(learn("play_a_move"), selector("play_a_move"));
        assert_eq!(of(selector("play_a_move")), "play_a_move");
    }
}
