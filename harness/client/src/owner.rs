//! An account, as its owner works with it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use starknet_rust::accounts::{
    Account, ConnectedAccount, ExecutionEncoder, ExecutionEncoding, RawDeclarationV3,
    RawExecutionV3, SingleOwnerAccount,
};
use starknet_rust::core::crypto::Signature;
use starknet_rust::core::types::{BlockId, Call, Felt};
use starknet_rust::signers::local_wallet::SignError;
use starknet_rust::signers::{
    Infallible, LocalWallet, Signer, SignerInteractivityContext, SigningKey, VerifyingKey,
};
use tokio::time::Instant;

use crate::contract::SessionContract;
use crate::error::{Error, Result};
use crate::fee::Terms;
use crate::fri::Fri;
use crate::grant::Grant;
use crate::key::SessionKey;
use crate::limits::SpendingLimits;
use crate::node::{NEXT_BLOCK, Node, Rpc};
use crate::outcome::Outcome;
use crate::outside_execution::{OutsideExecution, SignedOutsideExecution, WINDOW};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::session::Session;
use crate::status::Finality;
use crate::submission::Submission;

/// Signs with the owner's key, which shows in no `Debug` output: a [`LocalWallet`] would print it.
#[derive(Clone)]
pub struct OwnerSigner(LocalWallet);

impl From<SigningKey> for OwnerSigner {
    fn from(key: SigningKey) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for OwnerSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnerSigner")
    }
}

#[async_trait]
impl Signer for OwnerSigner {
    type GetPublicKeyError = Infallible;
    type SignError = SignError;

    async fn get_public_key(&self) -> std::result::Result<VerifyingKey, Infallible> {
        self.0.get_public_key().await
    }

    async fn sign_hash(&self, hash: &Felt) -> std::result::Result<Signature, SignError> {
        self.0.sign_hash(hash).await
    }

    fn is_interactive(&self, context: SignerInteractivityContext<'_>) -> bool {
        self.0.is_interactive(context)
    }
}

/// An account as its owner works with it: registers sessions, limits them, and ends them. It is one of
/// starknet-rust's accounts besides, and any account with one key of OpenZeppelin's kind can be one.
///
/// An owner whose key is elsewhere, in a wallet or a device, sends the calls of a
/// [`SessionContract`](crate::SessionContract) and of [`Grant::registration`] instead, or has
/// [`typed_data`](crate::typed_data) signed.
///
/// ```no_run
/// # async fn example(owner: session_client::Owner) -> session_client::Result<()> {
/// use session_client::felt::selector;
/// use session_client::{AllowedCall, Grant, SessionKey, token};
///
/// let key = SessionKey::generate();
/// let grant = Grant::for_calls([AllowedCall::new(token::STRK, selector("transfer"))])
///     .until(owner.node().now().await? + 3_600)
///     .max_calls(20)
///     .fee_limit(session_client::Fri(200_000_000_000_000_000));
/// let session = owner.register(key, &grant).await?;
/// owner.revoke(session.public_key()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Owner {
    node: Node,
    key: OwnerKey,
    account: Arc<SingleOwnerAccount<Rpc, OwnerSigner>>,
    terms: Terms,
}

/// The owner's key, which shows in no `Debug` output.
#[derive(Clone)]
struct OwnerKey(SigningKey);

impl fmt::Debug for OwnerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnerKey")
    }
}

impl Owner {
    /// Takes the account at `address`, which `key` owns.
    #[must_use]
    pub fn new(node: Node, address: Felt, key: SigningKey) -> Self {
        let (provider, chain_id) = (node.provider().clone(), node.chain_id());
        let (signer, encoding) = (OwnerSigner::from(key.clone()), ExecutionEncoding::New);
        let mut account = SingleOwnerAccount::new(provider, signer, address, chain_id, encoding);
        account.set_block_id(NEXT_BLOCK);
        Self { node, key: OwnerKey(key), account: Arc::new(account), terms: Terms::default() }
    }

    /// Sends its transactions on these terms.
    #[must_use]
    pub fn on_terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// Returns the node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the account, to be asked, and to make calls of.
    #[must_use]
    pub fn contract(&self) -> SessionContract {
        self.node.contract(self.address())
    }

    /// Registers `key` with `grant`, its fee limit and its caps in the same transaction, and waits until
    /// it is in a block. What the account would refuse is not sent.
    ///
    /// # Errors
    /// As for [`Grant::check`] and [`send`](Self::send).
    pub async fn register(
        &self,
        key: impl Into<Arc<SessionKey>> + Send,
        grant: &Grant,
    ) -> Result<Session> {
        let key = key.into();
        let calls = self.registration(key.public_key(), grant).await?;
        self.send(calls).await?;
        Ok(Session::new(self.node.clone(), self.address(), key, grant.valid_until()))
    }

    /// Makes the calls that register `session_key` with `grant`, after asking what the account will.
    ///
    /// # Errors
    /// As for [`Grant::check`].
    pub async fn registration(&self, session_key: Felt, grant: &Grant) -> Result<Vec<Call>> {
        grant.check(self.address(), session_key, self.node.now().await?)?;
        grant.registration(&self.contract(), session_key)
    }

    /// Ends one session. It is sent whatever the node says of the session: a node may be behind. Of a session
    /// that has ended the account takes it, at a fee, and writes nothing.
    ///
    /// # Errors
    /// As for [`send`](Self::send); [`Rule::NotFound`] if the key was never registered, as far as the node
    /// knows: [`revoke_all`](Self::revoke_all) ends its session all the same.
    pub async fn revoke(&self, session_key: Felt) -> Result<Outcome> {
        let start = Instant::now();
        loop {
            let sent = self.send([self.contract().revoke_session(session_key)]).await;
            let is_unknown = matches!(&sent, Err(it) if it.rule() == Some(Rule::NotFound) && it.transaction().is_none());
            if !is_unknown || !self.node.may_catch_up(start).await {
                return sent;
            }
        }
    }

    /// Ends every session, at a cost that does not grow with their number.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn revoke_all(&self) -> Result<Outcome> {
        self.send([self.contract().revoke_all_sessions()]).await
    }

    /// Limits what one plain transaction of a session may commit to pay; with 0 it works through relayers
    /// alone.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn set_fee_limit(&self, session_key: Felt, limit: Fri) -> Result<Outcome> {
        let limit = u64::try_from(limit.0)
            .map_err(|_| Error::Refused(Refusal::foretold(Rule::FeeLimitTooLarge)))?;
        self.send([self.contract().set_session_fee_limit(session_key, limit)]).await
    }

    /// Caps what may leave of `token` in the batches of a session. What was spent stays counted.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn set_spending_policy(
        &self,
        session_key: Felt,
        token: Felt,
        limits: &SpendingLimits,
    ) -> Result<Outcome> {
        self.send([self.contract().set_spending_policy(session_key, token, limits)]).await
    }

    /// Makes `calls`, all or none, and waits until they are in a block.
    ///
    /// # Errors
    /// As for [`Node::submit`], [`Error::Reverted`] if a call fails in the block, and [`Error::Pending`]
    /// if it is in none after five minutes.
    pub async fn send(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Outcome> {
        self.submit(calls).await?.wait(Finality::AcceptedOnL2).await
    }

    /// Sends a transaction that makes `calls`, and does not wait.
    ///
    /// # Errors
    /// As for [`Node::submit`].
    pub async fn submit(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Submission> {
        let calls = calls.into();
        let make = || self.execute_v3(calls.clone());
        self.node.submit(self.address(), make, &self.terms).await
    }

    /// Signs `calls` for anyone to submit within an hour of the chain's clock, or for the contract
    /// `only_by` alone: whoever submits them pays.
    ///
    /// # Errors
    /// [`Error::Signing`], and [`Error::Unreachable`] or [`Error::Node`] if the node does not tell the
    /// time.
    pub async fn sign_outside(
        &self,
        calls: impl Into<Vec<Call>> + Send,
        only_by: Option<Felt>,
    ) -> Result<SignedOutsideExecution> {
        let execute_before = self.node.now().await?.saturating_add(WINDOW);
        let execution = OutsideExecution::new(calls.into(), execute_before);
        self.sign(only_by.into_iter().fold(execution, OutsideExecution::only_by))
    }

    /// Signs an outside execution of one's own making, or a paymaster's that was checked: the owner's
    /// full power.
    ///
    /// # Errors
    /// [`Error::Signing`] if its hash is 2^251 or more: take another nonce.
    pub fn sign(&self, execution: OutsideExecution) -> Result<SignedOutsideExecution> {
        execution.sign_as_owner(self.address(), self.node.chain_id(), &self.key.0)
    }
}

#[async_trait]
impl Account for Owner {
    type SignError = Error;

    fn address(&self) -> Felt {
        self.account.address()
    }

    fn chain_id(&self) -> Felt {
        self.node.chain_id()
    }

    async fn sign_execution_v3(
        &self,
        execution: &RawExecutionV3,
        query_only: bool,
    ) -> Result<Vec<Felt>> {
        let signed = self.account.sign_execution_v3(execution, query_only).await;
        signed.map_err(|error| Error::Signing(error.to_string()))
    }

    async fn sign_declaration_v3(
        &self,
        declaration: &RawDeclarationV3,
        query_only: bool,
    ) -> Result<Vec<Felt>> {
        let signed = self.account.sign_declaration_v3(declaration, query_only).await;
        signed.map_err(|error| Error::Signing(error.to_string()))
    }

    fn is_signer_interactive(&self, context: SignerInteractivityContext<'_>) -> bool {
        self.account.is_signer_interactive(context)
    }
}

impl ExecutionEncoder for Owner {
    fn encode_calls(&self, calls: &[Call]) -> Vec<Felt> {
        self.account.encode_calls(calls)
    }
}

impl ConnectedAccount for Owner {
    type Provider = Rpc;

    fn provider(&self) -> &Rpc {
        self.node.provider()
    }

    fn block_id(&self) -> BlockId {
        NEXT_BLOCK
    }
}
