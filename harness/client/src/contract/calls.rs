//! What the owner can have the account do to its sessions.

use starknet_rust::core::types::{Call, Felt};

use super::SessionContract;
use crate::felt::selector;
use crate::limits::{ScopedLimits, SessionLimits, SpendingLimits};

impl<N> SessionContract<N> {
    /// Registers a fresh key for listed calls alone. Reverts for a key that was ever registered, and
    /// for limits out of their ranges. The session pays no fees, and works through a relayer only,
    /// until it has a fee limit.
    pub fn add_session_for_calls(&self, session_key: Felt, limits: &ScopedLimits) -> Call {
        self.call(
            selector("add_session_for_calls"),
            [vec![session_key], limits.calldata()].concat(),
        )
    }

    /// Registers a fresh key for selectors on any contract. Otherwise as
    /// [`add_session_for_calls`](Self::add_session_for_calls), and sets no fee limit.
    pub fn add_session(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        self.call(selector("add_session"), [vec![session_key], limits.calldata()].concat())
    }

    /// Registers a key, or replaces its session whole and counts from 0 again. Prefer
    /// [`add_session_for_calls`](Self::add_session_for_calls) with a fresh key. Reverts if the key
    /// was last registered for listed calls.
    pub fn add_or_update_session_key(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        self.call(
            selector("add_or_update_session_key"),
            [vec![session_key], limits.calldata()].concat(),
        )
    }

    /// Ends one session; does nothing if it has ended. Reverts for a key that was never registered. The
    /// owner sends it, or the session itself, alone in a batch and for its own key.
    pub fn revoke_session(&self, session_key: Felt) -> Call {
        self.call(selector("revoke_session"), vec![session_key])
    }

    /// Ends every session, at a cost that does not grow with their number.
    pub fn revoke_all_sessions(&self) -> Call {
        self.call(selector("revoke_all_sessions"), vec![])
    }

    /// Limits what one plain transaction of the session may commit to pay, to `max_fee` FRI; under 0
    /// it has no plain transactions at all, and works through a relayer only. May come
    /// before the session, and outlasts it.
    pub fn set_session_fee_limit(&self, session_key: Felt, max_fee: u64) -> Call {
        self.call(selector("set_session_fee_limit"), vec![session_key, max_fee.into()])
    }

    /// Removes the fee limit, if there is one.
    pub fn remove_session_fee_limit(&self, session_key: Felt) -> Call {
        self.call(selector("remove_session_fee_limit"), vec![session_key])
    }

    /// Limits what may leave of `token` in the batches of `session_key`, whichever contracts they
    /// call. May come before the session, and outlasts it; set again, it keeps what was spent. Reverts
    /// for limits out of their ranges, for a ninth token, and for a token that does not say what the
    /// account holds.
    pub fn set_spending_policy(
        &self,
        session_key: Felt,
        token: Felt,
        limits: &SpendingLimits,
    ) -> Call {
        self.call(
            selector("set_spending_policy"),
            [vec![session_key, token], limits.calldata()].concat(),
        )
    }

    /// Lets any amount of `token` leave again.
    pub fn remove_spending_policy(&self, session_key: Felt, token: Felt) -> Call {
        self.call(selector("remove_spending_policy"), vec![session_key, token])
    }

    /// Hands the account over to another owner, who accepts by `signature`, and ends every session:
    /// [`Acceptance`](crate::Acceptance) makes it. Reverts for a key that was ever a session's.
    pub fn set_public_key(&self, new_public_key: Felt, signature: &[Felt]) -> Call {
        let mut calldata = vec![new_public_key, signature.len().into()];
        calldata.extend_from_slice(signature);
        self.call(selector("set_public_key"), calldata)
    }

    /// Moves the account to another class and ends every session.
    pub fn upgrade(&self, class_hash: Felt) -> Call {
        self.call(selector("upgrade"), vec![class_hash])
    }

    fn call(&self, selector: Felt, calldata: Vec<Felt>) -> Call {
        Call { to: self.address, selector, calldata }
    }
}
