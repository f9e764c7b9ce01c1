//! A session as the app uses it that holds the session key.

mod renewal;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use starknet_rust::accounts::{
    Account, ConnectedAccount, ExecutionEncoder, RawDeclarationV3, RawExecutionV3,
};
use starknet_rust::core::types::{BlockId, Call, Felt};
use starknet_rust::providers::jsonrpc::JsonRpcClient;
use starknet_rust::signers::SignerInteractivityContext;
use tokio::time::{Instant, sleep};

pub use watch::{Change, Watching};

use crate::calldata;
use crate::contract::SessionContract;
use crate::error::{Error, Result};
use crate::fee::Terms;
use crate::fri::Fri;
use crate::key::SessionKey;
use crate::node::{NEXT_BLOCK, Node};
use crate::outcome::Outcome;
use crate::outside_execution::{OutsideExecution, SignedOutsideExecution, WINDOW};
use crate::preflight::{Known, Outside, Plain};
use crate::refusal::{Cause, Refusal};
use crate::rule::Rule;
use crate::state::State;
use crate::status::Finality;
use crate::submission::Submission;
use crate::transport::{SECOND_LOOKS, Transport};

/// A session on an account, with its session key. Cloning it is cheap, and many tasks can use it at once.
///
/// It also implements starknet-rust's `Account`, so `execute_v3` works. Estimate fees with validation
/// included then: a session's validation is expensive, and an estimate that skips it is too low. A
/// transaction that is sent with `execute_v3` is not in the journal and does not share the nonces of other
/// tasks: prefer [`Node::submit`].
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: starknet_rust::core::types::Felt,
/// #     to: starknet_rust::core::types::Felt) -> session_client::Result<()> {
/// use session_client::{Error, Rule, Session, SessionKey, token};
///
/// let key = SessionKey::generate(); // The owner has registered its public key.
/// let session = Session::find(node, account, key).await?;
/// match session.send([token::transfer(token::STRK, to, 7)]).await {
///     Ok(outcome) => println!("paid, in block {}", outcome.block_number),
///     Err(Error::Refused(refusal)) if refusal.rule() == Some(Rule::Expired) => {
///         println!("ask the owner for another session");
///     }
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    node: Node,
    account: Felt,
    key: Arc<SessionKey>,
    valid_until: u64,
    terms: Terms,
}

impl Session {
    /// Builds the session of `key` on the account at `account`, without asking the node. `valid_until`, in
    /// Unix seconds, must be the registered end; [`find`](Self::find) reads it from the account.
    #[must_use]
    pub fn new(
        node: Node,
        account: Felt,
        key: impl Into<Arc<SessionKey>>,
        valid_until: u64,
    ) -> Self {
        Self { node, account, key: key.into(), valid_until, terms: Terms::default() }
    }

    /// Finds the session of `key` on the account at `account`, and reads its end.
    ///
    /// # Errors
    /// [`Error::Refused`] with [`Rule::NotFound`] if the account has no such session, and as for
    /// [`state`](Self::state).
    pub async fn find(node: Node, account: Felt, key: impl Into<Arc<SessionKey>>) -> Result<Self> {
        let key = key.into();
        let status = node.contract(account).session_status(key.public_key()).await?;
        match status.valid_until {
            0 => Err(Error::Refused(Refusal::foretold(Rule::NotFound))),
            valid_until => Ok(Self::new(node, account, key, valid_until)),
        }
    }

    /// Sets the tip and the maximum fee of the session's transactions. The session's fee limit applies as
    /// well.
    #[must_use]
    pub fn on_terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// Returns the node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the account's contract, for its views.
    #[must_use]
    pub fn contract(&self) -> SessionContract {
        self.node.contract(self.account)
    }

    /// Returns the session's key.
    #[must_use]
    pub const fn key(&self) -> &Arc<SessionKey> {
        &self.key
    }

    /// Returns the session's public key.
    #[must_use]
    pub fn public_key(&self) -> Felt {
        self.key.public_key()
    }

    /// Returns the session's end, in Unix seconds: its last valid second, by the chain's clock.
    #[must_use]
    pub const fn valid_until(&self) -> u64 {
        self.valid_until
    }

    /// Reads the session's state: its end, the calls left, its list, its fee limit and its spending
    /// policies. Returns `None` if the account has no such session, or it was ended.
    ///
    /// # Errors
    /// As for [`SessionContract::state`].
    pub async fn state(&self) -> Result<Option<State>> {
        self.contract().state(self.public_key()).await
    }

    /// Sends a transaction that makes `calls`, all or none, and waits until it is in a block.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit); [`Error::Reverted`] if a call fails in the block, and
    /// [`Error::Pending`] if the transaction is in no block after five minutes.
    pub async fn send(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Outcome> {
        self.submit(calls).await?.wait(Finality::AcceptedOnL2).await
    }

    /// Sends a transaction that makes `calls`, and does not wait for its block.
    /// [`preflight`](crate::preflight) checks the calls first, and nothing is sent if the account would
    /// refuse them. The fee bounds stay within the session's fee limit.
    ///
    /// # Errors
    /// [`Error::Refused`], with the [`Rule`] if the account or [`preflight`](crate::preflight) names
    /// one, and as for [`Node::submit`].
    pub async fn submit(&self, calls: impl Into<Vec<Call>> + Send) -> Result<Submission> {
        let calls = calls.into();
        let start = Instant::now();
        let limit = loop {
            let checked = self.check(&calls).await;
            let is_unknown = matches!(&checked, Err(it) if it.rule() == Some(Rule::NotFound));
            // A session that was registered a moment ago may not be visible on this node yet.
            if !is_unknown || !self.node.may_catch_up(start).await {
                break checked?;
            }
        };
        let make = || self.execute_v3(calls.clone());
        let sent = self.node.submit(self.account, make, &self.terms.within(limit)).await;
        match sent {
            // `__validate__` does not say which rule is broken. Between the check and the transaction,
            // somebody else may have used the last call or ended the session: the second check then finds
            // the rule.
            Err(Error::Refused(refusal)) if refusal.cause() == Cause::NotValid => {
                self.check(&calls).await?;
                Err(Error::Refused(refusal))
            }
            sent => sent,
        }
    }

    /// Checks a plain transaction of `calls` against all rules that the client knows, and sends nothing.
    /// Returns the session's fee limit.
    ///
    /// # Errors
    /// [`Error::Refused`] with the first rule that is broken, and as for [`state`](Self::state).
    pub async fn check(&self, calls: &[Call]) -> Result<Option<Fri>> {
        let mut pauses = SECOND_LOOKS.into_iter();
        loop {
            let facts = self.facts(calls).await?;
            match facts.known(self.account).plain(&Plain::new(calls, self.valid_until)) {
                Ok(()) => return Ok(facts.state.and_then(|it| it.fee_limit)),
                Err(refusal) => match pauses.next() {
                    // A node that is behind answers from an old state; the next request may reach
                    // another node.
                    Some(pause) => sleep(pause).await,
                    None => return Err(refusal.into()),
                },
            }
        }
    }

    /// Checks an outside execution of `calls`, which somebody else would submit and pay for, against all
    /// rules that the client knows, and signs nothing.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn check_outside(&self, calls: &[Call]) -> Result<()> {
        self.outside(calls.to_vec(), None).await.map(drop)
    }

    /// Signs an outside execution of `calls` that can be submitted within an hour of the chain's clock, by
    /// anyone or by the contract `only_by` alone. It is not signed if the account would refuse it.
    ///
    /// # Errors
    /// As for [`check`](Self::check), and [`Error::Signing`].
    pub async fn sign_outside(
        &self,
        calls: impl Into<Vec<Call>> + Send,
        only_by: Option<Felt>,
    ) -> Result<SignedOutsideExecution> {
        self.sign(self.outside(calls.into(), only_by).await?)
    }

    /// Builds an outside execution of `calls` that passes all rules that the client knows.
    async fn outside(&self, calls: Vec<Call>, only_by: Option<Felt>) -> Result<OutsideExecution> {
        let facts = self.facts(&calls).await?;
        let execution = OutsideExecution::new(calls, facts.now.saturating_add(WINDOW));
        let execution = only_by.into_iter().fold(execution, OutsideExecution::only_by);
        facts.known(self.account).outside(&Outside::new(&execution, self.valid_until))?;
        Ok(execution)
    }

    /// Signs `execution` without checking its calls: use [`check_outside`](Self::check_outside) for that.
    /// Sign only an outside execution that you built yourself, or one of a paymaster's that you have checked.
    ///
    /// # Errors
    /// [`Error::Signing`] if its hash is 2^251 or more: choose another nonce.
    pub fn sign(&self, execution: OutsideExecution) -> Result<SignedOutsideExecution> {
        execution.sign_as_session(self.account, self.node.chain_id(), &self.key, self.valid_until)
    }

    /// Ends the session with its own key, in a transaction that the account pays for. An app does this when
    /// its user logs out; the owner's key is not needed. Returns `None` if the session had ended before: it
    /// was revoked, has expired or has no calls left.
    ///
    /// Allowances that the session gave by `approve` remain.
    ///
    /// # Errors
    /// As for [`send`](Self::send). A session whose fee limit is 0, or too low for a transaction, cannot
    /// pay for its own end: a paymaster does by [`end_through`](Self::end_through), or a relayer submits
    /// [`end_outside`](Self::end_outside).
    pub async fn end(&self) -> Result<Option<Outcome>> {
        match self.send([self.ending()]).await {
            Err(error) if is_over(&error) => Ok(None),
            ended => ended.map(Some),
        }
    }

    /// Signs an outside execution that ends the session. The session has not ended until a relayer's
    /// transaction with it is in a block.
    ///
    /// # Errors
    /// As for [`sign_outside`](Self::sign_outside).
    pub async fn end_outside(&self, only_by: Option<Felt>) -> Result<SignedOutsideExecution> {
        self.sign_outside([self.ending()], only_by).await
    }

    /// Returns the one call that a session may make to its own account, which ends it.
    pub(crate) fn ending(&self) -> Call {
        self.contract().revoke_session(self.public_key())
    }

    /// Reads what the checks of `calls` need. If only events show the session's list, the account is asked
    /// for each call whether it is allowed.
    async fn facts(&self, calls: &[Call]) -> Result<Facts> {
        let contract = self.contract();
        let key = self.public_key();
        let (now, state) = tokio::try_join!(self.node.now(), contract.state_without_list(key))?;
        let mut answers = Vec::new();
        if state.as_ref().is_some_and(|it| it.allowed.is_none()) {
            for call in calls {
                answers.push(contract.is_call_allowed(key, call).await?);
            }
        }
        Ok(Facts { now, state, answers })
    }
}

/// Says whether `error` is that the session has ended already, so that there is nothing left to end.
pub(crate) fn is_over(error: &Error) -> bool {
    let is_of_an_end = |rule| matches!(rule, Rule::NotFound | Rule::Expired | Rule::Exhausted);
    matches!(error, Error::Refused(refusal) if refusal.rule().is_some_and(is_of_an_end))
}

/// The facts about a session that the checks of one batch of calls need.
struct Facts {
    now: u64,
    state: Option<State>,
    answers: Vec<bool>,
}

impl Facts {
    fn known(&self, account: Felt) -> Known<'_> {
        Known::new(account, self.state.as_ref(), self.now).answered(&self.answers)
    }
}

#[async_trait]
impl Account for Session {
    type SignError = Error;

    fn address(&self) -> Felt {
        self.account
    }

    fn chain_id(&self) -> Felt {
        self.node.chain_id()
    }

    async fn sign_execution_v3(
        &self,
        execution: &RawExecutionV3,
        query_only: bool,
    ) -> Result<Vec<Felt>> {
        let hash = execution.transaction_hash(self.chain_id(), self.account, query_only, self);
        self.key.sign(&hash, self.valid_until)
    }

    /// Refuses: a session key cannot sign declarations.
    async fn sign_declaration_v3(&self, _: &RawDeclarationV3, _: bool) -> Result<Vec<Felt>> {
        Err(Error::Signing("a session key cannot declare classes: use the owner's key".to_owned()))
    }

    fn is_signer_interactive(&self, _: SignerInteractivityContext<'_>) -> bool {
        false
    }
}

impl ExecutionEncoder for Session {
    fn encode_calls(&self, calls: &[Call]) -> Vec<Felt> {
        calldata::of_calls(calls)
    }
}

impl ConnectedAccount for Session {
    type Provider = JsonRpcClient<Transport>;

    fn provider(&self) -> &Self::Provider {
        self.node.provider()
    }

    fn block_id(&self) -> BlockId {
        NEXT_BLOCK
    }
}
