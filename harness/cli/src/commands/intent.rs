//! What a command is to do, and whether a transaction of an earlier run does the same.
//!
//! Nothing on chain tells a payment that is made twice from two payments: one intent is one hash.

use session_client::SignedOutsideExecution;
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::journal::Entry;
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
    /// The key of the session that signs the calls; `None` for the owner. What another signs is not this.
    pub session_key: Option<Felt>,
    /// What the account does.
    pub calls: &'a [Call],
    /// Whether it ends sessions: what was executed before is not this, since a session may have been
    /// registered after it, and nothing may hold it up.
    pub is_ending: bool,
}

impl Intent<'_> {
    /// Returns that of `account` alone, for what is known by its record and not by its calls.
    pub const fn of(account: Felt) -> Self {
        Self { account, payer: account, session_key: None, calls: &[], is_ending: false }
    }

    /// Says whether the transaction of `entry` does this, whoever pays for it.
    pub fn is_of(&self, entry: &Entry) -> bool {
        let is_own = || {
            let signer = entry.session().map(|(session_key, _)| session_key);
            entry.account == self.account
                && signer == self.session_key
                && entry.calls().is_some_and(|it| self.is_same(&it))
        };
        let is_outside = || {
            self.outside(entry).is_some_and(|it| {
                session_of(&it.signature) == self.session_key
                    && self.is_same(&it.outside_execution.calls)
            })
        };
        is_own() || is_outside()
    }

    /// Says whether the transaction of `entry` does nothing any more at `now`, in Unix seconds: the account
    /// takes no outside execution after its time.
    pub fn is_late(&self, entry: &Entry, now: u64) -> bool {
        self.outside(entry).is_some_and(|it| it.outside_execution.execute_before <= now)
    }

    fn outside(&self, entry: &Entry) -> Option<SignedOutsideExecution> {
        outside(entry).filter(|it| it.account == self.account)
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

/// Says whether all that the transaction of `entry` does is done once, however often it is made: it declares
/// or deploys, or the account changes nothing but itself. Of all else a second one is a second payment.
pub fn is_done_once(entry: &Entry) -> bool {
    let is_of = |account: Felt, calls: &[Call]| {
        calls.iter().all(|call| call.to == account || call.to == UDC)
    };
    match (outside(entry), entry.calls()) {
        (Some(it), _) => is_of(it.account, &it.outside_execution.calls),
        (None, Some(calls)) => is_of(entry.account, &calls),
        (None, None) => true,
    }
}

/// Returns the outside execution that the transaction of `entry` submits, if it does that alone.
fn outside(entry: &Entry) -> Option<SignedOutsideExecution> {
    let calls = entry.calls()?;
    let [call] = &calls[..] else { return None };
    let is_it = call.selector == selector("execute_from_outside_v2");
    is_it.then(|| SignedOutsideExecution::from_calldata(call.to, &call.calldata))?
}

/// Returns the key of the session that made `signature`; `None` if the owner did.
const fn session_of(signature: &[Felt]) -> Option<Felt> {
    match signature {
        [session_key, _, _, _] => Some(*session_key),
        _ => None,
    }
}
