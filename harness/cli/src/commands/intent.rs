//! What a command is to do, and whether a transaction of an earlier run does the same.
//!
//! Nothing on chain tells a payment that is made twice from two payments: one intent is one hash.

use session_client::felt::selector;
use session_client::journal::Entry;
use session_client::{OutsideExecution, SignedOutsideExecution};
use starknet_rust::core::types::{Call, Felt};

/// The functions that register a session, whose key is their first argument.
const REGISTRATIONS: [&str; 3] =
    ["add_session_for_calls", "add_session", "add_or_update_session_key"];

/// Calls that an account makes: in a transaction of its own, or through another account that pays.
pub struct Intent<'a> {
    /// The account.
    pub account: Felt,
    /// Who pays for the transaction.
    pub payer: Felt,
    /// Whether it is an outside execution that the payer submits.
    pub is_outside: bool,
    /// What the account does.
    pub calls: &'a [Call],
}

impl Intent<'_> {
    /// Says whether the transaction of `entry` does this.
    pub fn is_of(&self, entry: &Entry) -> bool {
        if self.is_outside {
            self.outside(entry).is_some_and(|it| self.is_same(&it.calls))
        } else {
            entry.calls().is_some_and(|it| self.is_same(&it))
        }
    }

    /// Says whether the transaction of `entry` does nothing any more at `now`, in Unix seconds: the account
    /// takes no outside execution after its time.
    pub fn is_late(&self, entry: &Entry, now: u64) -> bool {
        self.is_outside && self.outside(entry).is_some_and(|it| it.execute_before <= now)
    }

    fn outside(&self, entry: &Entry) -> Option<OutsideExecution> {
        let calls = entry.calls()?;
        let [call] = &calls[..] else { return None };
        let signed = SignedOutsideExecution::from_calldata(call.to, &call.calldata)?;
        (signed.account == self.account).then_some(signed.outside_execution)
    }

    fn is_same(&self, calls: &[Call]) -> bool {
        if self.calls == calls {
            return true;
        }
        // A registration's end, which follows its key, is counted from when the command runs.
        let is_of_a_session = |call: &Call| {
            call.to == self.account && REGISTRATIONS.iter().any(|it| selector(it) == call.selector)
        };
        let but_for_its_end = |call: &Call| {
            let mut call = call.clone();
            if is_of_a_session(&call)
                && let Some(end) = call.calldata.get_mut(1)
            {
                *end = Felt::ZERO;
            }
            call
        };
        self.calls.iter().any(is_of_a_session)
            && self.calls.iter().map(but_for_its_end).eq(calls.iter().map(but_for_its_end))
    }
}
