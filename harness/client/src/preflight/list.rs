//! What a session may call: `check_calls` of the contract's `session/component.cairo`.

use starknet_rust::core::types::Call;

use super::Known;
use crate::limits::{is_blocked, is_self_ending};
use crate::rule::Rule;
use crate::state::State;

/// Asks each of `calls`, one batch, in turn.
pub fn check(known: &Known<'_>, state: &State, calls: &[Call]) -> Result<(), Rule> {
    match calls {
        [] => Err(Rule::NoCalls),
        [call] if is_self_ending(call, known.account, state.session_key) => Ok(()),
        _ => calls.iter().enumerate().try_for_each(|(index, call)| {
            if call.to == known.account {
                Err(Rule::SelfCall)
            } else if is_blocked(call.selector) {
                // Asked first here, and last there: no list holds such a selector.
                Err(Rule::BlockedSelector)
            } else if is_refused(known, state, index, call) {
                Err(Rule::CallNotAllowed)
            } else {
                Ok(())
            }
        }),
    }
}

/// Says whether the list is known not to hold `call`, which is the batch's number `index`.
fn is_refused(known: &Known<'_>, state: &State, index: usize, call: &Call) -> bool {
    match &state.allowed {
        Some(allowed) => !allowed.allows(call),
        None => known.answers.and_then(|it| it.get(index)) == Some(&false),
    }
}
