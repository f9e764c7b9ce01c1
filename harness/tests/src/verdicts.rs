//! What became of what was sent: what a test expects, or it fails.

use std::sync::Arc;

use session_client::{Cause, Error, Outcome, SessionKey};
use starknet_rust::core::types::Call;

use crate::chain::{Chain, END};
use crate::sending::{Sent, send};

/// Asserts that the transaction is in a block and did what it said.
#[track_caller]
pub fn assert_succeeds(sent: Sent) -> Outcome {
    sent.and_then(Outcome::succeeded).expect("it succeeds")
}

/// Asserts that `__validate__` returned 0: the transaction is in no block, and nothing panicked.
#[track_caller]
pub fn assert_refused(sent: Sent) {
    match sent {
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.cause(), Cause::NotValid, "refused, but otherwise: {refusal}");
            // What was returned instead is in the devnet's words alone.
            assert!(refusal.said().contains("Got Retdata([0x0])"), "returned otherwise: {refusal}");
        }
        other => panic!("expected __validate__ to return 0, got {other:?}"),
    }
}

/// Asserts that the transaction is in a block, reverted with `error`.
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

    /// Asserts that `calls` revert with `error` both ways: validated, since no clock is to be had there,
    /// then reverted; and refused by `execute_from_outside_v2`.
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
