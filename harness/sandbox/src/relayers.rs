//! The accounts that submit other accounts' outside executions, and pay for them. They belong to the sandbox,
//! and no client gets their keys, so that nobody else uses their nonces.
//!
//! Each relayer has a queue, and sends one transaction at a time, so that its nonces have no gap. So no
//! transaction is lost and none is sent twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use tokio::sync::{mpsc, oneshot};

use session_client::{Error, Outcome, Owner, Result, Wait};

/// How many submissions may wait for one relayer.
const QUEUE: usize = 256;

/// The relayers and their queues.
#[derive(Debug)]
pub struct Relayers {
    queues: Vec<mpsc::Sender<Job>>,
    /// The addresses of the relayers, in the order of the queues.
    addresses: Vec<Felt>,
    turn: AtomicUsize,
}

/// Says that every queue is full, and nothing was sent.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("every relayer's queue is full: nothing was sent, try again")]
pub struct Busy;

/// The result of a submission.
#[derive(Debug)]
pub struct Submitted {
    /// The relayer that submitted it and paid.
    pub relayer: Felt,
    /// The answer of the chain or the account.
    pub outcome: Result<Outcome>,
}

#[derive(Debug)]
struct Job {
    calls: Vec<Call>,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Relayers {
    /// Starts a queue for each of `accounts`. The queues end when this value is dropped.
    pub fn new(accounts: Vec<Owner>) -> Self {
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

    /// Returns the relayers' addresses.
    pub fn addresses(&self) -> &[Felt] {
        &self.addresses
    }

    /// Has a relayer make `calls`, and waits until they are in a block.
    pub async fn submit(&self, calls: Vec<Call>) -> std::result::Result<Submitted, Busy> {
        let (answer, outcome) = oneshot::channel();
        let mut job = Job { calls, answer };
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.queues.len() {
            let index = (first + offset) % self.queues.len();
            match self.queues[index].try_send(job) {
                Ok(()) => {
                    let stopped = || Err(Error::Node("the sandbox is stopping".to_owned()));
                    let outcome = outcome.await.unwrap_or_else(|_| stopped());
                    return Ok(Submitted { relayer: self.addresses[index], outcome });
                }
                Err(returned) => job = returned.into_inner(),
            }
        }
        Err(Busy)
    }
}

async fn work(account: Owner, mut jobs: mpsc::Receiver<Job>) {
    while let Some(Job { calls, answer }) = jobs.recv().await {
        let outcome = submit(&account, calls).await;
        // If nobody waits for the answer, the sandbox is stopping.
        let _ = answer.send(outcome);
    }
}

/// Has `account` make `calls`. The estimate refuses calls that would revert, so they cost no fee.
async fn submit(account: &Owner, calls: Vec<Call>) -> Result<Outcome> {
    account.submit(calls).await?.wait_with(Wait::default(), |_| {}).await
}
