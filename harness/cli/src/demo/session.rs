//! A session as the app that uses it knows it.

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{AllowedCall, ScopedLimits, SessionKey, token};
use starknet_rust::core::types::Felt;

/// A key of its own, and the limits that it is registered with.
#[derive(Clone)]
pub struct Session {
    pub key: Arc<SessionKey>,
    pub limits: ScopedLimits,
}

impl Session {
    /// A fresh key for `max_calls` transactions of STRK's `transfer` alone, until `valid_until`
    /// (Unix seconds).
    pub fn fresh(max_calls: u32, valid_until: u64) -> Self {
        let transfer = AllowedCall::new(token::STRK, selector("transfer"));
        Self::for_calls(vec![transfer], max_calls, valid_until)
    }

    /// A fresh key for `max_calls` transactions of `allowed_calls` alone, until `valid_until` (Unix
    /// seconds).
    pub fn for_calls(allowed_calls: Vec<AllowedCall>, max_calls: u32, valid_until: u64) -> Self {
        Self {
            key: Arc::new(SessionKey::generate()),
            limits: ScopedLimits { valid_until, max_calls, allowed_calls },
        }
    }

    pub fn public_key(&self) -> Felt {
        self.key.public_key()
    }

    /// The same key, claiming that it ends at `valid_until` (Unix seconds).
    pub fn claiming(&self, valid_until: u64) -> Self {
        let mut claiming = self.clone();
        claiming.limits.valid_until = valid_until;
        claiming
    }
}
