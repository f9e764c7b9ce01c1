//! Describes what a command is to do, and recognises the transaction of an earlier run that does the same.
//!
//! On chain a payment that was made twice looks like two payments. So a command must recognise its own
//! earlier transaction, and go on with it.

use session_client::SignedOutsideExecution;
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::journal::Entry;
use starknet_rust::core::types::{Call, Felt};

/// The functions that register a session, whose key is their first argument.
const REGISTRATIONS: [&str; 3] =
    ["add_session_for_calls", "add_session", "add_or_update_session_key"];

/// The calls that a command has an account make, in a transaction of the account or through another account
/// that pays.
pub struct Intent<'a> {
    /// The account.
    pub account: Felt,
    /// Who pays for the transaction.
    pub payer: Felt,
    /// The key of the session that signs the calls; `None` if the owner signs. A transaction that another key
    /// signed is not the same.
    pub session_key: Option<Felt>,
    /// What the account does.
    pub calls: &'a [Call],
    /// Whether the calls end sessions. A transaction that ended sessions and was executed is not the same as
    /// this one, since a session may have been registered after it. And nothing may delay such calls.
    pub is_ending: bool,
}

impl Intent<'_> {
    /// Returns the intent of `account` alone, for declarations and deployments, which are recognised by their
    /// record and not by their calls.
    pub const fn of(account: Felt) -> Self {
        Self { account, payer: account, session_key: None, calls: &[], is_ending: false }
    }

    /// Says whether the transaction of `entry` makes the same calls with the same signer, whoever pays for
    /// it.
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

    /// Says whether the transaction of `entry` can have no effect any more at `now`, in Unix seconds, because
    /// it submits an outside execution whose time window has closed.
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
        // The end of a registration, which follows the key, depends on when the command runs, so it is not
        // compared.
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

/// Says whether the transaction of `entry` has the same effect if it is made twice: it declares or deploys,
/// or the account changes only itself. Every other transaction that is made twice may pay twice.
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

/// Says whether the transaction of `entry` submits what another account signed, and pays for it.
pub fn is_a_payers(entry: &Entry) -> bool {
    outside(entry).is_some()
}

/// Returns the outside execution that the transaction of `entry` submits, if that is its only call.
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
