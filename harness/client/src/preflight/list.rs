//! Checks what a session may call, as `check_calls` of the contract's `session/component.cairo` does.

use starknet_rust::core::types::Call;

use super::Known;
use crate::limits::{is_blocked, is_self_ending};
use crate::rule::Rule;
use crate::state::State;

/// Checks the calls of one batch, in order.
pub fn check(known: &Known<'_>, state: &State, calls: &[Call]) -> Result<(), Rule> {
    match calls {
        [] => Err(Rule::NoCalls),
        [call] if is_self_ending(call, known.account, state.session_key) => Ok(()),
        _ => calls.iter().enumerate().try_for_each(|(index, call)| {
            if call.to == known.account {
                Err(Rule::SelfCall)
            } else if is_blocked(call.selector) {
                // The contract checks the blocked selectors last. The result is the same, since no list can
                // contain one.
                Err(Rule::BlockedSelector)
            } else if is_refused(known, state, index, call) {
                Err(Rule::CallNotAllowed)
            } else {
                Ok(())
            }
        }),
    }
}

/// Says whether the list is known not to allow `call`, the call number `index` of its batch.
fn is_refused(known: &Known<'_>, state: &State, index: usize, call: &Call) -> bool {
    match &state.allowed {
        Some(allowed) => !allowed.allows(call),
        None => known.answers.and_then(|it| it.get(index)) == Some(&false),
    }
}
