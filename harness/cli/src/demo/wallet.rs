//! A session account of the demo, with its owner's key.

use std::sync::Arc;

use session_client::{
    self as client, Fri, Outcome, OutsideExecution, Owner, Result, SessionContract,
    SignedOutsideExecution,
};
use session_devnet::Bounds;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

use super::session::Session;
use super::stage::{HOUR, Scene};

/// For how many seconds a relayer can submit a signed outside execution.
const WINDOW: u64 = HOUR;

/// The fee limit of the demo's sessions: 0.2 STRK for each transaction.
const FEE_LIMIT: Fri = Fri(200_000_000_000_000_000);

/// A session account on the devnet. For transactions that it sends, the fee is estimated with validation
/// included. Transactions that should fail get fixed bounds.
pub struct Wallet {
    stage: Arc<Scene>,
    key: SigningKey,
    owner: Owner,
    contract: SessionContract,
}

impl Wallet {
    /// Returns the account at `address` whose owner's key is `key`.
    pub fn new(stage: Arc<Scene>, address: Felt, key: SigningKey) -> Self {
        let node = stage.node().clone();
        Self {
            owner: Owner::new(node.clone(), address, key.clone()),
            contract: SessionContract::new(address, node),
            stage,
            key,
        }
    }

    pub fn stage(&self) -> &Scene {
        &self.stage
    }

    pub const fn contract(&self) -> &SessionContract {
        &self.contract
    }

    /// Returns the public key that should own the account.
    pub fn owner_key(&self) -> Felt {
        self.key.verifying_key().scalar()
    }

    /// Makes the owner's calls that register `session` and set the fee limit of its transactions.
    pub fn registration(&self, session: &Session) -> Result<Vec<Call>> {
        let grant = session.grant.clone().fee_limit(FEE_LIMIT);
        grant.registration(&self.contract, session.public_key())
    }

    /// Makes the owner's calls that register `session` with the fee limit 0, so that a relayer must pay for
    /// it.
    pub fn sponsored_registration(&self, session: &Session) -> Result<Vec<Call>> {
        session.grant.registration(&self.contract, session.public_key())
    }

    /// Has the owner send `calls`.
    pub async fn send_as_owner(&self, calls: Vec<Call>) -> Result<Outcome> {
        self.owner.send(calls).await
    }

    /// Has the session send `calls`.
    pub async fn send_as_session(&self, session: &Session, calls: Vec<Call>) -> Result<Outcome> {
        self.as_session(session).send(calls).await
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
        let bounds = Bounds { tip, ..*self.stage.bounds() };
        bounds.send(&self.as_session(session), calls).await
    }

    /// Has the owner sign `calls` for the relayer alone to submit.
    pub async fn sign_as_owner(&self, calls: Vec<Call>) -> Result<SignedOutsideExecution> {
        let execute_before = self.stage.now().await? + WINDOW;
        self.owner.sign(self.outside(calls, execute_before))
    }

    /// Has the session sign `calls` for the relayer alone to submit. The time window ends after the session,
    /// so that a late submission is refused because the session has ended.
    pub fn sign_as_session(
        &self,
        session: &Session,
        calls: Vec<Call>,
    ) -> Result<SignedOutsideExecution> {
        let execution = self.outside(calls, session.valid_until() + WINDOW);
        self.as_session(session).sign(execution)
    }

    fn outside(&self, calls: Vec<Call>, execute_before: u64) -> OutsideExecution {
        OutsideExecution::new(calls, execute_before).only_by(self.stage.payer().address())
    }

    fn as_session(&self, session: &Session) -> client::Session {
        let (node, account) = (self.contract.node().clone(), self.contract.address());
        client::Session::new(node, account, session.key.clone(), session.valid_until())
    }
}
