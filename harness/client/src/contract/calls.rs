//! Builds the calls by which the owner manages sessions.

use starknet_rust::core::types::{Call, Felt};

use super::SessionContract;
use crate::felt::selector;
use crate::limits::{ScopedLimits, SessionLimits, SpendingLimits};

impl<N> SessionContract<N> {
    /// Registers a fresh key for the listed calls alone. It reverts for a key that was ever registered, and
    /// for limits out of their ranges. The session's fee limit is 0 until the owner sets another: it then
    /// works through a relayer only.
    pub fn add_session_for_calls(&self, session_key: Felt, limits: &ScopedLimits) -> Call {
        self.call(
            selector("add_session_for_calls"),
            [vec![session_key], limits.calldata()].concat(),
        )
    }

    /// Registers a fresh key for selectors on any contract. It sets no fee limit, and otherwise works as
    /// [`add_session_for_calls`](Self::add_session_for_calls).
    pub fn add_session(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        self.call(selector("add_session"), [vec![session_key], limits.calldata()].concat())
    }

    /// Registers a key, or replaces its whole session and counts its calls from 0 again (SNIP-163). Prefer
    /// [`add_session_for_calls`](Self::add_session_for_calls) with a fresh key. It reverts if the key was
    /// last registered for listed calls.
    pub fn add_or_update_session_key(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        self.call(
            selector("add_or_update_session_key"),
            [vec![session_key], limits.calldata()].concat(),
        )
    }

    /// Ends one session; does nothing if the session has ended before. It reverts for a key that was never
    /// registered. The owner may send it, or the session itself for its own key and as the only call of a
    /// batch.
    pub fn revoke_session(&self, session_key: Felt) -> Call {
        self.call(selector("revoke_session"), vec![session_key])
    }

    /// Ends every session, at a cost that does not grow with their number.
    pub fn revoke_all_sessions(&self) -> Call {
        self.call(selector("revoke_all_sessions"), vec![])
    }

    /// Sets the session's fee limit: the most FRI that one plain transaction may commit to pay. With 0 the
    /// session has no plain transactions, and works through a relayer only. The limit belongs to the key:
    /// it can be set before the session is registered, and stays when it ends.
    pub fn set_session_fee_limit(&self, session_key: Felt, max_fee: u64) -> Call {
        self.call(selector("set_session_fee_limit"), vec![session_key, max_fee.into()])
    }

    /// Removes the fee limit, if there is one.
    pub fn remove_session_fee_limit(&self, session_key: Felt) -> Call {
        self.call(selector("remove_session_fee_limit"), vec![session_key])
    }

    /// Sets the spending policy of `session_key` for `token`: what may leave the account in the session's
    /// batches, whichever contracts they call. The policy belongs to the key: it can be set before the
    /// session is registered, and stays when it ends. Setting it again keeps what was already spent. It
    /// reverts for limits out of their ranges, for a ninth token, and for a token whose `balance_of` does
    /// not answer.
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

    /// Removes the spending policy of `session_key` for `token`, so that any amount may leave.
    pub fn remove_spending_policy(&self, session_key: Felt, token: Felt) -> Call {
        self.call(selector("remove_spending_policy"), vec![session_key, token])
    }

    /// Hands the account over to another owner, who accepts with `signature`, and ends every session.
    /// [`Acceptance`](crate::Acceptance) makes the signature. It reverts for a key that was ever registered
    /// as a session's.
    pub fn set_public_key(&self, new_public_key: Felt, signature: &[Felt]) -> Call {
        let mut calldata = vec![new_public_key, signature.len().into()];
        calldata.extend_from_slice(signature);
        self.call(selector("set_public_key"), calldata)
    }

    /// Replaces the account's class and ends every session.
    pub fn upgrade(&self, class_hash: Felt) -> Call {
        self.call(selector("upgrade"), vec![class_hash])
    }

    fn call(&self, selector: Felt, calldata: Vec<Felt>) -> Call {
        Call { to: self.address, selector, calldata }
    }
}
