//! Asserts what became of transactions.

use std::sync::Arc;

use session_client::{Cause, Error, Outcome, SessionKey};
use starknet_rust::core::types::Call;

use crate::chain::{Chain, END};
use crate::sending::{Sent, send};

/// Asserts that the transaction is in a block and succeeded.
#[track_caller]
pub fn assert_succeeds(sent: Sent) -> Outcome {
    sent.and_then(Outcome::succeeded).expect("it succeeds")
}

/// Asserts that `__validate__` returned 0, so that the transaction is in no block, and did not panic.
#[track_caller]
pub fn assert_refused(sent: Sent) {
    match sent {
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.cause(), Cause::NotValid, "refused, but otherwise: {refusal}");
            // Only the devnet's text shows what was returned.
            assert!(refusal.said().contains("Got Retdata([0x0])"), "returned otherwise: {refusal}");
        }
        other => panic!("expected __validate__ to return 0, got {other:?}"),
    }
}

/// Asserts that the transaction is in a block and reverted with `error`.
#[track_caller]
pub fn assert_reverts(sent: Sent, error: &str) {
    match sent {
        Ok(Outcome { reverted: Some(refusal), .. }) => {
            assert!(refusal.said().contains(error), "reverted, but not with {error}: {refusal}");
        }
        other => panic!("expected a revert with {error}, got {other:?}"),
    }
}

impl Chain {
    /// Asserts that a session's `calls` are refused both ways: by `__validate__`, and by
    /// `execute_from_outside_v2` with `error`.
    pub async fn assert_refused_both_ways(
        &self,
        key: &Arc<SessionKey>,
        calls: Vec<Call>,
        error: &str,
    ) {
        assert_refused(send(&self.session(key, END), calls.clone()).await);
        assert_reverts(self.relay(&self.outside(calls, key, END)).await, error);
    }

    /// Asserts that a session can make `calls` both ways.
    pub async fn assert_allowed_both_ways(&self, key: &Arc<SessionKey>, calls: Vec<Call>) {
        assert_succeeds(send(&self.session(key, END), calls.clone()).await);
        assert_succeeds(self.relay(&self.outside(calls, key, END)).await);
    }

    /// Asserts that `calls` revert with `error` both ways. The plain transaction passes `__validate__`,
    /// which cannot read a clock or balances, and then reverts; the outside execution is refused by
    /// `execute_from_outside_v2`.
    pub async fn assert_reverts_both_ways(
        &self,
        key: &Arc<SessionKey>,
        calls: Vec<Call>,
        error: &str,
    ) {
        assert_reverts(send(&self.session(key, END), calls.clone()).await, error);
        assert_reverts(self.relay(&self.outside(calls, key, END)).await, error);
    }
}
