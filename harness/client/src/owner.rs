//! An account as its owner uses it.

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

/// A signer with the owner's key. `Debug` does not show the key, which that of [`LocalWallet`] would.
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

/// An account with its owner's key: registers sessions, limits them, and ends them. It also implements
/// starknet-rust's `Account`. Any account of OpenZeppelin's kind, with one key, can be an `Owner`.
///
/// If the owner's key is in a wallet or a device, use the calls of
/// [`SessionContract`](crate::SessionContract) and of [`Grant::registration`] instead, or let the wallet
/// sign [`typed_data`](crate::typed_data).
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

/// The owner's key. `Debug` does not show it.
#[derive(Clone)]
struct OwnerKey(SigningKey);

impl fmt::Debug for OwnerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnerKey")
    }
}

impl Owner {
    /// Builds the owner of the account at `address`, whose key is `key`.
    #[must_use]
    pub fn new(node: Node, address: Felt, key: SigningKey) -> Self {
        let (provider, chain_id) = (node.provider().clone(), node.chain_id());
        let (signer, encoding) = (OwnerSigner::from(key.clone()), ExecutionEncoding::New);
        let mut account = SingleOwnerAccount::new(provider, signer, address, chain_id, encoding);
        account.set_block_id(NEXT_BLOCK);
        Self { node, key: OwnerKey(key), account: Arc::new(account), terms: Terms::default() }
    }

    /// Sets the tip and the maximum fee of the account's transactions.
    #[must_use]
    pub fn on_terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// Returns the node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the account's contract, for its calls and views.
    #[must_use]
    pub fn contract(&self) -> SessionContract {
        self.node.contract(self.address())
    }

    /// Registers `key` with `grant`, with the fee limit and the spending policies in the same transaction,
    /// and waits until it is in a block. Nothing is sent if the account would refuse the grant.
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

    /// Returns the calls that register `session_key` with `grant`, after checking the grant.
    ///
    /// # Errors
    /// As for [`Grant::check`].
    pub async fn registration(&self, session_key: Felt, grant: &Grant) -> Result<Vec<Call>> {
        grant.check(self.address(), session_key, self.node.now().await?)?;
        grant.registration(&self.contract(), session_key)
    }

    /// Ends one session. The transaction is sent whatever the node says about the session, since the node
    /// may be behind. If the session has ended before, the account accepts the call, charges the fee and
    /// writes nothing.
    ///
    /// # Errors
    /// As for [`send`](Self::send); [`Rule::NotFound`] if the key was never registered, as far as the node
    /// knows. [`revoke_all`](Self::revoke_all) ends its session even then.
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

    /// Ends every session of the account, at a cost that does not depend on their number.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn revoke_all(&self) -> Result<Outcome> {
        self.send([self.contract().revoke_all_sessions()]).await
    }

    /// Sets the fee limit of a session: the most that one plain transaction may commit to pay. With 0 it
    /// works through relayers only.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn set_fee_limit(&self, session_key: Felt, limit: Fri) -> Result<Outcome> {
        let limit = u64::try_from(limit.0)
            .map_err(|_| Error::Refused(Refusal::foretold(Rule::FeeLimitTooLarge)))?;
        self.send([self.contract().set_session_fee_limit(session_key, limit)]).await
    }

    /// Sets a spending policy: limits what may leave of `token` in a session's batches. What was already
    /// spent stays counted.
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

    /// Sends a transaction that makes `calls`, all or none, and waits until it is in a block.
    ///
    /// # Errors
    /// As for [`Node::submit`]; [`Error::Reverted`] if a call fails in the block, and [`Error::Pending`] if
    /// the transaction is in no block after five minutes.
    pub async fn send(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Outcome> {
        self.submit(calls).await?.wait(Finality::AcceptedOnL2).await
    }

    /// Sends a transaction that makes `calls`, and does not wait for its block.
    ///
    /// # Errors
    /// As for [`Node::submit`].
    pub async fn submit(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Submission> {
        let calls = calls.into();
        let make = || self.execute_v3(calls.clone());
        self.node.submit(self.address(), make, &self.terms).await
    }

    /// Signs an outside execution of `calls` that can be submitted within an hour of the chain's clock, by
    /// anyone or by the contract `only_by` alone. Whoever submits it pays.
    ///
    /// # Errors
    /// [`Error::Signing`], and [`Error::Unreachable`] or [`Error::Node`] if the node does not answer.
    pub async fn sign_outside(
        &self,
        calls: impl Into<Vec<Call>> + Send,
        only_by: Option<Felt>,
    ) -> Result<SignedOutsideExecution> {
        let execute_before = self.node.now().await?.saturating_add(WINDOW);
        let execution = OutsideExecution::new(calls.into(), execute_before);
        self.sign(only_by.into_iter().fold(execution, OutsideExecution::only_by))
    }

    /// Signs an outside execution that you built, or one of a paymaster that was checked. Its calls can do
    /// everything that the owner can.
    ///
    /// # Errors
    /// [`Error::Signing`] if its hash is 2^251 or more: choose another nonce.
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
