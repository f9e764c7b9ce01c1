//! A session as the demo's app keeps it.

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{AllowedCall, Grant, SessionKey, token};
use starknet_rust::core::types::Felt;

/// A session's key, and what the owner grants to it.
#[derive(Clone)]
pub struct Session {
    pub key: Arc<SessionKey>,
    pub grant: Grant,
    pub max_calls: u32,
}

impl Session {
    /// Makes a fresh key for `max_calls` transactions of STRK's `transfer` alone, until `valid_until`
    /// (Unix seconds).
    pub fn fresh(max_calls: u32, valid_until: u64) -> Self {
        let transfer = AllowedCall::new(token::STRK, selector("transfer"));
        Self::for_calls(vec![transfer], max_calls, valid_until)
    }

    /// Makes a fresh key for `max_calls` transactions of `allowed_calls` alone, until `valid_until` (Unix
    /// seconds).
    pub fn for_calls(allowed_calls: Vec<AllowedCall>, max_calls: u32, valid_until: u64) -> Self {
        Self {
            key: Arc::new(SessionKey::generate()),
            grant: Grant::for_calls(allowed_calls).until(valid_until).max_calls(max_calls),
            max_calls,
        }
    }

    /// Returns the session's last second, in Unix seconds.
    pub const fn valid_until(&self) -> u64 {
        self.grant.valid_until()
    }

    pub fn public_key(&self) -> Felt {
        self.key.public_key()
    }

    /// Returns the same key with a grant whose end is `valid_until` (Unix seconds), which the account does
    /// not know.
    pub fn claiming(&self, valid_until: u64) -> Self {
        Self { grant: self.grant.clone().until(valid_until), ..self.clone() }
    }
}
