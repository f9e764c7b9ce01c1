//! The ways in which the owner, sessions and others send to the account.

use std::sync::Arc;

use session_client::{Outcome, OutsideExecution, Session, SessionKey, SignedOutsideExecution};
use starknet_rust::core::types::Call;

use crate::chain::{Chain, END};
use crate::sending::{Sent, send};
use crate::verdicts::assert_succeeds;

/// The way in which a session's calls are sent.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    /// A plain transaction of the account.
    Plain,
    /// An outside execution, which the relayer submits.
    Outside,
}

/// Both ways in which a session's calls are sent.
pub const BOTH_PATHS: [Path; 2] = [Path::Plain, Path::Outside];

impl Chain {
    /// Returns the session of `key` on the account.
    pub fn session(&self, key: &Arc<SessionKey>, valid_until: u64) -> Session {
        let (node, account) = (self.node.clone(), self.account());
        Session::new(node, account, key.clone(), valid_until)
    }

    /// Sends `call` as the owner; it must succeed.
    pub async fn as_owner(&self, call: Call) -> Outcome {
        send(&self.owner, vec![call]).await.and_then(Outcome::succeeded).expect("the owner may")
    }

    /// Signs an outside execution of `calls` as the session of `key`, which anyone may submit.
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

    /// Signs an outside execution of `calls` as the owner, which anyone may submit.
    pub fn outside_as_owner(&self, calls: Vec<Call>) -> SignedOutsideExecution {
        OutsideExecution::new(calls, END * 2)
            .sign_as_owner(self.account(), self.chain_id, &self.owner_key)
            .expect("it can be signed")
    }

    /// Submits `signed` from the relayer's account.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Sent {
        send(&self.relayer, vec![signed.call()]).await
    }

    /// Sends `call` from the stranger's account; it must succeed.
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
