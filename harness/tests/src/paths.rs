//! The ways by which owner, session and others reach the account.

use std::sync::Arc;

use session_client::{Outcome, OutsideExecution, Session, SessionKey, SignedOutsideExecution};
use starknet_rust::core::types::Call;

use crate::chain::{Chain, END};
use crate::sending::{Sent, send};
use crate::verdicts::assert_succeeds;

/// Who submits what a session signs.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    /// The session itself, as a transaction of the account.
    Plain,
    /// A relayer, as an outside execution.
    Outside,
}

/// The ways by which a session makes calls.
pub const BOTH_PATHS: [Path; 2] = [Path::Plain, Path::Outside];

impl Chain {
    /// Returns the account as the session of `key` sees it.
    pub fn session(&self, key: &Arc<SessionKey>, valid_until: u64) -> Session {
        let (node, account) = (self.node.clone(), self.account());
        Session::new(node, account, key.clone(), valid_until)
    }

    /// Has the owner make `call`, which must succeed.
    pub async fn as_owner(&self, call: Call) -> Outcome {
        send(&self.owner, vec![call]).await.and_then(Outcome::succeeded).expect("the owner may")
    }

    /// Signs `calls` for anyone to submit, as the session of `key`.
    pub fn outside(
        &self,
        calls: Vec<Call>,
        key: &SessionKey,
        valid_until: u64,
    ) -> SignedOutsideExecution {
        self.sign(OutsideExecution::new(calls, END * 2), key, valid_until)
    }

    /// Signs `outside` as the session of `key`.
    pub fn sign(
        &self,
        outside: OutsideExecution,
        key: &SessionKey,
        valid_until: u64,
    ) -> SignedOutsideExecution {
        outside
            .sign_as_session(self.account(), self.chain_id, key, valid_until)
            .expect("it can be signed")
    }

    /// Signs `calls` for anyone to submit, as the owner.
    pub fn outside_as_owner(&self, calls: Vec<Call>) -> SignedOutsideExecution {
        OutsideExecution::new(calls, END * 2)
            .sign_as_owner(self.account(), self.chain_id, &self.owner_key)
            .expect("it can be signed")
    }

    /// Has the relayer submit `signed`.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Sent {
        send(&self.relayer, vec![signed.call()]).await
    }

    /// Has somebody who has nothing to do with the account make `call`, which must succeed.
    pub async fn as_stranger(&self, call: Call) {
        assert_succeeds(send(&self.stranger, vec![call]).await);
    }

    /// Makes `calls` as the session of `key`.
    pub async fn send_by(&self, path: Path, key: &Arc<SessionKey>, calls: Vec<Call>) -> Sent {
        match path {
            Path::Plain => send(&self.session(key, END), calls).await,
            Path::Outside => self.relay(&self.outside(calls, key, END)).await,
        }
    }
}
