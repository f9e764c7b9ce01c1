//! The work of one account: its sessions take turns to transfer.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use session_client::{
    Error, Finality, Node, OutsideExecution, Owner, SessionKey, SessionLimits, token,
};
use starknet_rust::accounts::ConnectedAccount;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;

use crate::chain::{Chain, END, Owned, bounded, send};

const RECIPIENT: Felt = Felt::from_hex_unchecked("0xbeef");
/// The number of registrations in one transaction; no more fit into its fee bounds.
const REGISTRATIONS: usize = 50;

/// How the time of transactions was spent.
#[derive(Default)]
pub struct Spent {
    pub transactions: u32,
    pub sign: Duration,
    pub nonce: Duration,
    /// The devnet's time for validation, execution and the block.
    pub send: Duration,
    pub receipt: Duration,
}

pub struct Worker {
    node: Node,
    chain_id: Felt,
    account: Owned,
    sessions: Vec<Arc<SessionKey>>,
    /// The relayer, which pays if there is one.
    relayer: Option<Owner>,
    turn: usize,
}

impl Worker {
    /// Deploys an account with `sessions` sessions.
    pub async fn new(chain: &Chain, sessions: u32, relayed: bool) -> Result<Self> {
        let (account, _) = chain.deploy(SigningKey::from_random()).await?;
        let sessions: Vec<_> = (0..sessions).map(|_| Arc::new(SessionKey::generate())).collect();
        let limits =
            SessionLimits { valid_until: END, max_calls: u32::MAX, allowed_entrypoints: vec![] };
        for keys in sessions.chunks(REGISTRATIONS) {
            let add =
                |key: &Arc<SessionKey>| account.contract.add_session(key.public_key(), &limits);
            send(&account.owner, keys.iter().map(add).collect()).await?;
        }
        let relayer = match relayed {
            // The relayer may be an account of any class, so it is one of this class.
            true => Some(chain.deploy(SigningKey::from_random()).await?.0.owner),
            false => None,
        };
        let (node, chain_id) = (chain.stage.node().clone(), chain.stage.chain_id());
        Ok(Self { node, chain_id, account, sessions, relayer, turn: 0 })
    }

    /// Makes `transactions` transactions, one after the other.
    pub async fn work(&mut self, transactions: u32) -> Result<Spent> {
        let mut spent = Spent::default();
        for _ in 0..transactions {
            let key = self.sessions[self.turn % self.sessions.len()].clone();
            self.turn += 1;
            let calls = vec![token::transfer(token::STRK, RECIPIENT, 1)];
            spent += match &self.relayer {
                None => {
                    let address = self.account.contract.address();
                    let node = self.node.clone();
                    let session = session_client::Session::new(node, address, key, END);
                    self.transact(&session, calls).await?
                }
                Some(relayer) => {
                    let start = Instant::now();
                    let signed = OutsideExecution::new(calls, END * 2).sign_as_session(
                        self.account.contract.address(),
                        self.chain_id,
                        &key,
                        END,
                    )?;
                    let sign = start.elapsed();
                    let mut spent = self.transact(relayer, vec![signed.call()]).await?;
                    spent.sign += sign;
                    spent
                }
            };
        }
        Ok(spent)
    }

    async fn transact<A>(&self, account: &A, calls: Vec<Call>) -> Result<Spent>
    where
        A: ConnectedAccount + Sync,
    {
        let start = Instant::now();
        let nonce = account.get_nonce().await.map_err(Error::from)?;
        let asked = Instant::now();
        let execution = bounded(account.execute_v3(calls)).nonce(nonce).prepared();
        let execution = execution.context("nonce and bounds are set")?;
        let request = execution.get_invoke_request(false, false).await;
        let request = request.map_err(|error| Error::Signing(error.to_string()))?;
        let signed = Instant::now();
        let sent = self.node.add_invoke_transaction(request).await.map_err(Error::from)?;
        let done = Instant::now();
        self.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await?.succeeded()?;
        Ok(Spent {
            transactions: 1,
            nonce: asked - start,
            sign: signed - asked,
            send: done - signed,
            receipt: done.elapsed(),
        })
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.sign += other.sign;
        self.nonce += other.nonce;
        self.send += other.send;
        self.receipt += other.receipt;
    }
}
