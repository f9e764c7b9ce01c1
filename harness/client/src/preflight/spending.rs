//! Checks the amounts that the calls of a batch name, of tokens with a spending policy: `charge` of the
//! contract's `spending/named.cairo`, with the rules of `spending/policy.cairo`.

use starknet_rust::core::types::{Call, Felt, U256};

use crate::contract::SpendingPolicy;
use crate::limits::is_counted;
use crate::rule::Rule;

/// Checks the calls of one batch in order, at the time `now`. What one call spends counts as spent for the
/// next.
pub fn check(
    account: Felt,
    policies: &[(Felt, SpendingPolicy)],
    calls: &[Call],
    now: u64,
) -> Result<(), Rule> {
    let mut policies = policies.to_vec();
    // The only call to the account that a session may make ends the session; it spends nothing.
    for call in calls.iter().filter(|call| call.to != account) {
        let of_token = policies.iter_mut().find(|(token, it)| *token == call.to && it.is_set());
        if let Some((_, policy)) = of_token {
            spend_named(policy, call, now)?;
        }
    }
    Ok(())
}

/// Counts the amount that `call` names, a call of the token of `policy`, at the time `now`.
fn spend_named(policy: &mut SpendingPolicy, call: &Call, now: u64) -> Result<(), Rule> {
    if !is_counted(call.selector) {
        return Err(Rule::SpendingSelectorNotCounted);
    }
    let amount = amount(call).ok_or(Rule::SpendingInvalidAmount)?;
    if amount > policy.max_per_call {
        return Err(Rule::SpendingOverCallMaximum);
    }
    let spent = policy.spent_at(now);
    // The owner may have lowered the maximum below what was spent, and `U256`'s subtraction panics when it
    // overflows.
    if spent > policy.max_per_window || amount > policy.max_per_window - spent {
        return Err(Rule::SpendingOverWindowMaximum);
    }
    if policy.window_end_at(now).is_none() {
        policy.window_start = now;
    }
    policy.spent_in_window = spent + amount;
    Ok(())
}

/// Returns the amount that `call` names: a u256 at the places 1 and 2 of the calldata, low half first.
fn amount(call: &Call) -> Option<U256> {
    let half = |index: usize| u128::try_from(*call.calldata.get(index)?).ok();
    Some(U256::from_words(half(1)?, half(2)?))
}
