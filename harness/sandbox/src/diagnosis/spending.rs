//! Explains calls that spend more than a policy allows.

use starknet_rust::core::types::{Felt, U256};

use super::super::words;
use session_client::{COUNTED_FUNCTIONS, Node, Rule, SessionContract, SpendingPolicy, is_counted};

use super::signed::{Signed, TOLD};

/// Returns the numbers of each policy that `rule` concerns: the amount that the calls name, the maximum, what
/// was spent, and when the window ends.
pub async fn numbers(
    node: &Node,
    rule: Rule,
    signed: &Signed<'_>,
    session_key: Felt,
) -> Vec<String> {
    let contract = SessionContract::new(signed.account, node.clone());
    let Ok(policies) = contract.spending_policies(session_key).await else { return Vec::new() };
    let now = node.now().await.unwrap_or_default();
    policies
        .iter()
        .flat_map(|(token, policy)| match rule {
            Rule::SpendingOverCallMaximum => over_call(signed, *token, policy),
            Rule::SpendingOverWindowMaximum => vec![over_window(signed, *token, policy, now)],
            Rule::SpendingSelectorNotCounted => not_counted(signed, *token),
            _ => Vec::new(),
        })
        .collect()
}

fn over_call(signed: &Signed<'_>, token: Felt, policy: &SpendingPolicy) -> Vec<String> {
    let named = signed.calls.iter().filter(|call| call.to == token).filter_map(|call| {
        words::named_amount(call).map(|amount| (signed.names.of(call.selector), amount))
    });
    let over = named.filter(|(_, amount)| *amount > policy.max_per_call).take(TOLD);
    over.map(|(name, amount)| {
        let (amount, most) =
            (words::amount(token, amount), words::amount(token, policy.max_per_call));
        format!("{name} names {amount}, the maximum for one call is {most}")
    })
    .collect()
}

fn over_window(signed: &Signed<'_>, token: Felt, policy: &SpendingPolicy, now: u64) -> String {
    let named = signed.calls.iter().filter(|call| call.to == token);
    let named = named.filter_map(words::named_amount).try_fold(U256::from(0_u8), |sum, amount| {
        (amount <= U256::from_words(u128::MAX, u128::MAX) - sum).then(|| sum + amount)
    });
    let shown = |amount| words::amount(token, amount);
    let named = named.map_or_else(|| "more than there can be".to_owned(), shown);
    let reopens = match policy.window_end_at(now) {
        Some(end) => {
            let left = words::duration(end.saturating_sub(now));
            format!("the window reopens in {left}, at {end}")
        }
        None => format!("a window of {} would begin", words::duration(policy.window_seconds)),
    };
    format!(
        "the calls name {named}; {} of {} are spent in this window; {reopens}",
        shown(policy.spent_at(now)),
        shown(policy.max_per_window)
    )
}

fn not_counted(signed: &Signed<'_>, token: Felt) -> Vec<String> {
    let wrong = signed.calls.iter().filter(|call| call.to == token && !is_counted(call.selector));
    let wrong = wrong.map(|call| signed.names.of(call.selector)).take(TOLD);
    wrong
        .map(|name| format!("{name} is not counted: {} are", COUNTED_FUNCTIONS.join(", ")))
        .collect()
}
