//! What tests let the owner grant a session: its end, its number of transactions and its list.

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{AllowedCall, ScopedLimits, SessionData, SessionKey, SessionLimits};
use starknet_rust::core::types::{Call, Felt};

use crate::chain::{Chain, END};
use crate::sending::send;
use crate::verdicts::assert_succeeds;

/// The nine selectors that SNIP-163 blocks.
pub const BLOCKED: [&str; 9] = [
    "upgrade",
    "add_or_update_session_key",
    "revoke_session_key",
    "__execute__",
    "set_public_key",
    "setPublicKey",
    "execute_from_outside_v2",
    "set_spending_policy",
    "remove_spending_policy",
];

/// The latest `valid_until` that a session can have.
pub const LAST_END: u64 = (1 << 40) - 1;

/// Makes limits for 10 transactions until [`END`], with the list `calls`.
pub fn listed(calls: impl IntoIterator<Item = AllowedCall>) -> ScopedLimits {
    let allowed_calls = calls.into_iter().collect();
    ScopedLimits { valid_until: END, max_calls: 10, allowed_calls }
}

/// Makes limits for 10 transactions until [`END`], with any selector.
pub fn limits() -> SessionLimits {
    SessionLimits { valid_until: END, max_calls: 10, allowed_entrypoints: vec![] }
}

/// Makes limits for 10 transactions until [`END`], with the list `selectors`.
pub fn allowing(selectors: impl IntoIterator<Item = Felt>) -> SessionLimits {
    SessionLimits { allowed_entrypoints: selectors.into_iter().collect(), ..limits() }
}

/// Makes the entry of a list that allows transfers of the token `to`.
pub fn transfer_of(to: Felt) -> AllowedCall {
    AllowedCall::new(to, selector("transfer"))
}

impl Chain {
    /// Registers a fresh key with `limits`.
    pub async fn register(&self, limits: &SessionLimits) -> Arc<SessionKey> {
        let key = Arc::new(SessionKey::generate());
        self.as_owner(self.contract.add_session(key.public_key(), limits)).await;
        key
    }

    /// Registers a fresh key for listed calls alone, with a fee limit that allows plain transactions.
    pub async fn register_for(&self, limits: &ScopedLimits) -> Arc<SessionKey> {
        let key = Arc::new(SessionKey::generate());
        let fees = self.contract.set_session_fee_limit(key.public_key(), u64::MAX);
        let add = self.contract.add_session_for_calls(key.public_key(), limits);
        assert_succeeds(send(&self.owner, vec![fees, add]).await);
        key
    }

    /// Returns the call by which the session of `key` ends itself.
    pub fn ending(&self, key: &SessionKey) -> Call {
        self.contract.revoke_session(key.public_key())
    }

    /// Asserts that the session of `key` has ended: its data are all 0.
    pub async fn assert_over(&self, key: &SessionKey) {
        let data = self.contract.session_data(key.public_key()).await.unwrap();
        assert_eq!(data, SessionData::default());
    }

    /// Returns how many transactions the session of `key` has made.
    pub async fn calls_used(&self, key: &SessionKey) -> u32 {
        self.contract.session_data(key.public_key()).await.expect("a view").calls_used
    }

    /// Asks the account whether the session of `key` may make `call`.
    pub async fn is_call_allowed(&self, key: &SessionKey, call: &Call) -> bool {
        self.contract.is_call_allowed(key.public_key(), call).await.expect("a view")
    }
}
