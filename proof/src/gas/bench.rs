//! Where transactions are measured: keys, nonces and times are fixed, so every run says the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};
use session_harness::artifact::Artifact;
use session_harness::{
    AllowedCall, Caller, Outcome, OutsideExecution, ScopedLimits, SessionKey, SessionLimits,
    SignedOutsideExecution, token,
};
use starknet_rust_core::types::{
    Call, ExecuteInvocation, Felt, FunctionInvocation, TransactionTrace,
};
use starknet_rust_providers::Provider;
use starknet_rust_signers::SigningKey;

use super::table::{Gas, Parts};
use crate::chain::{Chain, END, Owned, send};

const OWNER_KEY: u64 = 0x0123_4567_89ab;
const RECIPIENT: Felt = Felt::from_hex_unchecked("0xbeef");
const CALLS: u32 = 1_000;

pub struct Bench {
    pub chain: Chain,
    pub account: Owned,
    /// What the account's deployment used.
    pub deployment: Gas,
    fixed: AtomicU64,
}

impl Bench {
    /// A devnet with an account of `artifact`, whose recipient holds tokens already.
    pub async fn open(artifact: &Artifact) -> Result<Self> {
        let chain = Chain::start(artifact).await?;
        let key = SigningKey::from_secret_scalar(OWNER_KEY.into());
        let (account, deployment) = chain.deploy(key).await?;
        let deployment = Gas::from(&deployment);
        let bench = Self { chain, account, deployment, fixed: AtomicU64::new(1) };
        // First times write storage that later times change: what is measured is a later time.
        send(&bench.account.owner, bench.transfers(1)).await?;
        send(&bench.chain.openzeppelin.owner, bench.transfers(1)).await?;
        send(&bench.chain.payer, bench.transfers(1)).await?;
        Ok(bench)
    }

    /// `count` transfers of 1 FRI.
    pub fn transfers(&self, count: usize) -> Vec<Call> {
        vec![token::transfer(token::STRK, RECIPIENT, 1); count]
    }

    /// Has the account's owner make `call`.
    pub async fn as_owner(&self, call: Call) -> Result<Gas> {
        Ok(Gas::from(&send(&self.account.owner, vec![call]).await?))
    }

    /// A key that no session had yet.
    pub fn key(&self) -> Result<Arc<SessionKey>> {
        Ok(Arc::new(SessionKey::from_private_key(self.next())?))
    }

    /// Registers a session with `limits`, which has been used once, and says what that took.
    pub async fn register(&self, limits: &SessionLimits) -> Result<(Arc<SessionKey>, Gas)> {
        let key = self.key()?;
        let gas =
            self.as_owner(self.account.contract.add_session(key.public_key(), limits)).await?;
        Ok((key, gas))
    }

    /// Has the session of `key` make `calls`.
    pub async fn as_session(&self, key: &Arc<SessionKey>, calls: Vec<Call>) -> Result<Outcome> {
        send(&self.chain.session(self.account.contract.address(), key), calls).await
    }

    /// Has the relayer submit `signed`.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        send(&self.chain.payer, vec![signed.call()]).await
    }

    /// `calls`, for anyone to submit.
    pub fn outside(&self, calls: Vec<Call>) -> OutsideExecution {
        OutsideExecution {
            caller: Caller::Any,
            nonce: self.next(),
            execute_after: 0,
            execute_before: END * 2,
            calls,
        }
    }

    /// Signs as the owner of `account`.
    pub fn sign_as_owner(
        &self,
        account: &Owned,
        outside: OutsideExecution,
    ) -> Result<SignedOutsideExecution> {
        let address = account.contract.address();
        Ok(outside.sign_as_owner(address, self.chain.chain_id, &account.key)?)
    }

    /// Signs as the session of `key`.
    pub fn sign_as_session(
        &self,
        key: &SessionKey,
        outside: OutsideExecution,
    ) -> Result<SignedOutsideExecution> {
        let address = self.account.contract.address();
        Ok(outside.sign_as_session(address, self.chain.chain_id, key, END)?)
    }

    /// Where the gas of the transaction of `outcome` went.
    pub async fn parts(&self, name: &'static str, outcome: &Outcome) -> Result<Parts> {
        let trace = self.chain.node.trace_transaction(outcome.transaction_hash).await?;
        let TransactionTrace::Invoke(trace) = trace else {
            bail!("{name}: not an invoke transaction");
        };
        let ExecuteInvocation::Success(execute) = &trace.execute_invocation else {
            bail!("{name}: it reverted");
        };
        let gas = |invocation: &FunctionInvocation| invocation.execution_resources.l2_gas;
        Ok(Parts {
            name,
            total: outcome.l2_gas,
            validate: trace.validate_invocation.as_ref().map_or(0, gas),
            execute: gas(execute),
            calls: execute.calls.iter().map(gas).sum(),
        })
    }

    /// A number that was not given out yet.
    fn next(&self) -> Felt {
        self.fixed.fetch_add(1, Ordering::Relaxed).into()
    }
}

/// Limits with the whitelist `selectors`.
pub fn limits(selectors: Vec<Felt>) -> SessionLimits {
    SessionLimits { valid_until: END, max_calls: CALLS, allowed_entrypoints: selectors }
}

/// Limits with a list of `selectors` on STRK.
pub fn scoped(selectors: Vec<Felt>) -> ScopedLimits {
    let allowed_calls =
        selectors.into_iter().map(|selector| AllowedCall { to: token::STRK, selector }).collect();
    ScopedLimits { valid_until: END, max_calls: CALLS, allowed_calls }
}
