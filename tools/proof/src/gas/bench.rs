//! The accounts and sessions with which gas is measured. Keys, nonces and times are fixed, so that every
//! run gives the same numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use session_client::class::{Artifact, Meter};
use session_client::{
    AllowedCall, Caller, Outcome, OutsideExecution, ScopedLimits, SessionKey, SessionLimits,
    SignedOutsideExecution, token,
};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

use super::token as tokens;
use crate::chain::{Chain, END, Owned, send};

const OWNER_KEY: u64 = 0x0123_4567_89ab;
const RELAYER_KEY: u64 = 0x0123_4567_89ac;
/// The address of the recipient, which holds tokens before anything is measured.
const HOLDER: Felt = Felt::from_hex_unchecked("0xbeef");
const MINTED: u64 = 1_000_000;
const CALLS: u32 = 1_000;
/// The number of further tokens: as many as a key can have policies for.
const OTHERS: u64 = 8;

pub struct Bench {
    pub chain: Chain,
    /// The token that is transferred.
    pub token: Felt,
    /// Tokens of the same class, of which the account holds some.
    pub others: Vec<Felt>,
    pub account: Owned,
    /// The relayer, an account of the same class: a devnet measures what an account calls in the unit of
    /// that account.
    relayer: Owned,
    fixed: AtomicU64,
}

impl Bench {
    /// Starts a devnet with an account of `artifact`, and a recipient that holds tokens.
    pub async fn open(artifact: &Artifact) -> Result<Self> {
        let chain = Chain::start(artifact).await?;
        ensure!(
            chain.meter == Meter::SierraGas,
            "the chain meters the class in steps, which says nothing of networks"
        );
        let token = tokens::deploy(&chain, 0).await?;
        send(chain.stage.payer(), vec![tokens::mint(token, HOLDER, MINTED)]).await?;
        let relayer = account(&chain, token, RELAYER_KEY.into()).await?;
        let account = account(&chain, token, OWNER_KEY.into()).await?;
        let mut others = vec![];
        for salt in 1..=OTHERS {
            let other = tokens::deploy(&chain, salt).await?;
            let recipients = [HOLDER, account.contract.address()];
            send(chain.stage.payer(), recipients.map(|it| tokens::mint(other, it, MINTED)).into())
                .await?;
            others.push(other);
        }
        Ok(Self { chain, token, others, account, relayer, fixed: AtomicU64::new(1) })
    }

    /// Returns `count` transfers of 1 to the recipient that holds tokens.
    pub fn transfers(&self, count: usize) -> Vec<Call> {
        vec![token::transfer(self.token, HOLDER, 1); count]
    }

    /// Returns a transfer of 1 to a recipient that holds none.
    pub fn first_transfer(&self) -> Vec<Call> {
        vec![token::transfer(self.token, self.next() + HOLDER, 1)]
    }

    /// Deploys an account on which no session was ever registered.
    pub async fn another(&self) -> Result<Owned> {
        account(&self.chain, self.token, self.next() + Felt::from(RELAYER_KEY)).await
    }

    /// Sends `call` as the account's owner.
    pub async fn as_owner(&self, call: Call) -> Result<Outcome> {
        send(&self.account.owner, vec![call]).await
    }

    /// Returns a key that no session had yet.
    pub fn key(&self) -> Result<Arc<SessionKey>> {
        Ok(Arc::new(SessionKey::from_private_key(self.next())?))
    }

    /// Registers a session with `limits`, and returns its key and the registration.
    pub async fn register(&self, limits: &SessionLimits) -> Result<(Arc<SessionKey>, Outcome)> {
        let key = self.key()?;
        let add = self.account.contract.add_session(key.public_key(), limits);
        Ok((key, self.as_owner(add).await?))
    }

    /// Sends `calls` as the session of `key`.
    pub async fn as_session(&self, key: &Arc<SessionKey>, calls: Vec<Call>) -> Result<Outcome> {
        send(&self.chain.session(self.account.contract.address(), key), calls).await
    }

    /// Submits `signed` from the relayer's account.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Result<Outcome> {
        send(&self.relayer.owner, vec![signed.call()]).await
    }

    /// Builds an outside execution of `calls` that anyone may submit.
    pub fn outside(&self, calls: Vec<Call>) -> OutsideExecution {
        OutsideExecution {
            caller: Caller::Any,
            nonce: self.next(),
            execute_after: 0,
            execute_before: END * 2,
            calls,
        }
    }

    /// Signs `outside` as the account's owner.
    pub fn sign_as_owner(&self, outside: OutsideExecution) -> Result<SignedOutsideExecution> {
        let Owned { key, contract, .. } = &self.account;
        Ok(outside.sign_as_owner(contract.address(), self.chain.stage.chain_id(), key)?)
    }

    /// Signs `outside` as the session of `key`.
    pub fn sign_as_session(
        &self,
        key: &SessionKey,
        outside: OutsideExecution,
    ) -> Result<SignedOutsideExecution> {
        let address = self.account.contract.address();
        Ok(outside.sign_as_session(address, self.chain.stage.chain_id(), key, END)?)
    }

    /// Returns a number that was not returned before.
    fn next(&self) -> Felt {
        self.fixed.fetch_add(1, Ordering::Relaxed).into()
    }
}

/// Deploys an account that holds tokens and has been used before, since its first transaction writes
/// storage that later ones only change.
async fn account(chain: &Chain, token: Felt, key: Felt) -> Result<Owned> {
    let (account, _) = chain.deploy(SigningKey::from_secret_scalar(key)).await?;
    send(chain.stage.payer(), vec![tokens::mint(token, account.contract.address(), MINTED)])
        .await?;
    send(&account.owner, vec![token::transfer(token, HOLDER, 1)]).await?;
    Ok(account)
}

/// Returns limits with the list `selectors`, on any contract.
pub fn limits(selectors: Vec<Felt>) -> SessionLimits {
    SessionLimits { valid_until: END, max_calls: CALLS, allowed_entrypoints: selectors }
}

/// Returns limits with a list of `selectors` of `token`.
pub fn scoped(token: Felt, selectors: Vec<Felt>) -> ScopedLimits {
    let allowed_calls =
        selectors.into_iter().map(|selector| AllowedCall::new(token, selector)).collect();
    ScopedLimits { valid_until: END, max_calls: CALLS, allowed_calls }
}

/// Returns the same limits, with the recipient pinned as the first argument of each call.
pub fn pinned(limits: &ScopedLimits) -> ScopedLimits {
    let calls = limits.allowed_calls.iter().map(|call| call.with_argument(0, HOLDER));
    ScopedLimits { allowed_calls: calls.collect(), ..limits.clone() }
}
