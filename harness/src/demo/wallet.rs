//! An account of the story, with its owner's key.

use std::sync::Arc;

use session_harness::{
    Outcome, OutsideExecution, OwnerAccount, Result, SessionAccount, SessionContract,
    SignedOutsideExecution, owner_account, send,
};
use starknet_rust_accounts::Account;
use starknet_rust_core::types::{Call, Felt};
use starknet_rust_signers::SigningKey;

use super::session::Session;
use super::stage::{HOUR, Node, Stage};

/// How long what is signed for a relayer can be submitted, in seconds.
const WINDOW: u64 = HOUR;

/// What a session's transaction may commit to pay, in FRI: 0.2 STRK.
const FEE_LIMIT: u64 = 200_000_000_000_000_000;

/// An account on the stage. What it sends has its fee estimated, validation counted; what it
/// tries, expecting to fail, has fixed bounds.
pub struct Wallet {
    stage: Arc<Stage>,
    key: SigningKey,
    owner: OwnerAccount<Node>,
    contract: SessionContract<Node>,
}

impl Wallet {
    /// The account at `address`, which `key` owns.
    pub fn new(stage: Arc<Stage>, address: Felt, key: SigningKey) -> Self {
        let node = stage.node().clone();
        Self {
            owner: owner_account(node.clone(), address, stage.chain_id(), key.clone()),
            contract: SessionContract::new(address, node),
            stage,
            key,
        }
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub const fn contract(&self) -> &SessionContract<Node> {
        &self.contract
    }

    /// The key that should own it.
    pub fn owner_key(&self) -> Felt {
        self.key.verifying_key().scalar()
    }

    /// The owner's calls that register `session`, and cap the fee of each of its transactions.
    pub fn registration(&self, session: &Session) -> Vec<Call> {
        let cap = self.contract.set_session_fee_limit(session.public_key(), FEE_LIMIT);
        vec![cap, self.sponsored_registration(session)]
    }

    /// The owner's call that registers `session` with no fee of its own to pay.
    pub fn sponsored_registration(&self, session: &Session) -> Call {
        self.contract.add_session_for_calls(session.public_key(), &session.limits)
    }

    /// Has the owner send `calls`.
    pub async fn send_as_owner(&self, calls: Vec<Call>) -> Result<Outcome> {
        send(self.owner.execute_v3(calls), &self.owner).await
    }

    /// Has the session send `calls`.
    pub async fn send_as_session(&self, session: &Session, calls: Vec<Call>) -> Result<Outcome> {
        let account = self.as_session(session);
        send(account.execute_v3(calls), &account).await
    }

    /// Has the owner try `calls`, which should fail.
    pub async fn try_as_owner(&self, calls: Vec<Call>) -> Result<Outcome> {
        self.stage.bounds().send(&self.owner, calls).await
    }

    /// Has the session try `calls`, which should fail.
    pub async fn try_as_session(&self, session: &Session, calls: Vec<Call>) -> Result<Outcome> {
        self.stage.bounds().send(&self.as_session(session), calls).await
    }

    /// Has the session try `calls` with a tip of `tip` FRI for each unit of L2 gas.
    pub async fn try_with_tip(
        &self,
        session: &Session,
        calls: Vec<Call>,
        tip: u64,
    ) -> Result<Outcome> {
        self.stage.bounds().send_with_tip(&self.as_session(session), calls, tip).await
    }

    /// Has the owner sign `calls` for the relayer alone to submit.
    pub async fn sign_as_owner(&self, calls: Vec<Call>) -> Result<SignedOutsideExecution> {
        let execute_before = self.stage.now().await? + WINDOW;
        self.outside(calls, execute_before).sign_as_owner(
            self.contract.address(),
            self.stage.chain_id(),
            &self.key,
        )
    }

    /// Has the session sign `calls` for the relayer alone to submit. The window ends after the
    /// session, so that it is the session's end that shows.
    pub fn sign_as_session(
        &self,
        session: &Session,
        calls: Vec<Call>,
    ) -> Result<SignedOutsideExecution> {
        let valid_until = session.limits.valid_until;
        self.outside(calls, valid_until + WINDOW).sign_as_session(
            self.contract.address(),
            self.stage.chain_id(),
            &session.key,
            valid_until,
        )
    }

    fn outside(&self, calls: Vec<Call>, execute_before: u64) -> OutsideExecution {
        OutsideExecution::new(calls, execute_before).only_by(self.stage.payer().address())
    }

    fn as_session(&self, session: &Session) -> SessionAccount<Node> {
        SessionAccount::new(
            self.stage.node().clone(),
            self.contract.address(),
            self.stage.chain_id(),
            session.key.clone(),
            session.limits.valid_until,
        )
    }
}
