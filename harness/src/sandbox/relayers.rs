//! The accounts that submit other accounts' outside executions, and pay for them.
//!
//! Each relayer has a queue and works it off one transaction at a time, so its nonces follow each
//! other without a gap: nothing that is in flight is lost, and nothing is sent twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use starknet_rust_accounts::{Account, ConnectedAccount};
use starknet_rust_core::types::{Call, Felt};
use starknet_rust_providers::JsonRpcClient;
use starknet_rust_providers::jsonrpc::HttpTransport;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};
use crate::outcome::{Outcome, wait};
use crate::owner::OwnerAccount;

/// The node, shared.
pub type Node = Arc<JsonRpcClient<HttpTransport>>;

/// How many submissions may wait for one relayer.
const QUEUE: usize = 256;
/// What may be used above the estimate, in percent of it.
const GAS_MARGIN: u64 = 150;

/// The relayers.
#[derive(Debug)]
pub struct Relayers {
    queues: Vec<mpsc::Sender<Job>>,
    addresses: Vec<Felt>,
    turn: AtomicUsize,
}

/// Why nothing was submitted, or nothing came of it.
#[derive(Debug)]
pub enum Failure {
    /// Every queue is full: nothing was sent.
    Busy,
    /// What the chain or the account said.
    Chain(Error),
}

#[derive(Debug)]
struct Job {
    calls: Vec<Call>,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Relayers {
    /// Puts `accounts` to work, until this is dropped.
    pub fn new(accounts: Vec<OwnerAccount<Node>>) -> Self {
        let addresses = accounts.iter().map(Account::address).collect();
        let queues = accounts
            .into_iter()
            .map(|account| {
                let (queue, jobs) = mpsc::channel(QUEUE);
                tokio::spawn(work(account, jobs));
                queue
            })
            .collect();
        Self { queues, addresses, turn: AtomicUsize::new(0) }
    }

    /// Where they are.
    pub fn addresses(&self) -> &[Felt] {
        &self.addresses
    }

    /// Has a relayer make `calls`, and waits until they are in a block.
    pub async fn submit(&self, calls: Vec<Call>) -> std::result::Result<Outcome, Failure> {
        let (answer, outcome) = oneshot::channel();
        let mut job = Job { calls, answer };
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.queues.len() {
            let queue = &self.queues[(first + offset) % self.queues.len()];
            match queue.try_send(job) {
                Ok(()) => {
                    let stopped = || Err(Error::Node("the sandbox is stopping".to_owned()));
                    return outcome.await.unwrap_or_else(|_| stopped()).map_err(Failure::Chain);
                }
                Err(returned) => job = returned.into_inner(),
            }
        }
        Err(Failure::Busy)
    }
}

async fn work(account: OwnerAccount<Node>, mut jobs: mpsc::Receiver<Job>) {
    while let Some(Job { calls, answer }) = jobs.recv().await {
        let outcome = submit(&account, calls).await;
        // Nobody waits any more if the sandbox is stopping.
        let _ = answer.send(outcome);
    }
}

async fn submit(account: &OwnerAccount<Node>, calls: Vec<Call>) -> Result<Outcome> {
    // The chain's, each time: a devnet tells whoever asks the keys of its accounts.
    let nonce = account.get_nonce().await?;
    // Validated and executed once without being sent: what would revert costs no fee and no nonce.
    let execution = account.execute_v3(calls).nonce(nonce).tip(0);
    let estimate = execution.estimate_fee().await?;
    let transaction = execution
        .l1_gas(with_margin(estimate.l1_gas_consumed))
        .l1_gas_price(estimate.l1_gas_price)
        .l2_gas(with_margin(estimate.l2_gas_consumed))
        .l2_gas_price(estimate.l2_gas_price)
        .l1_data_gas(with_margin(estimate.l1_data_gas_consumed))
        .l1_data_gas_price(estimate.l1_data_gas_price)
        .prepared()
        .map_err(|error| Error::Signing(error.to_string()))?;
    let hash = transaction.transaction_hash(false);
    match transaction.send().await.map_err(Error::from) {
        Ok(_) => {}
        // The answer got lost: whether the transaction did too, the chain knows.
        Err(Error::Node(reason)) => {
            tracing::warn!(%reason, "a relayer's transaction has no answer");
        }
        Err(error) => return Err(error),
    }
    wait(account.provider(), hash).await
}

const fn with_margin(gas: u64) -> u64 {
    gas.saturating_mul(GAS_MARGIN) / 100
}
