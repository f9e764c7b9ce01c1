//! The accounts that submit other accounts' outside executions, and pay for them: the sandbox's own, whose keys no
//! client is told, so that nobody else uses up their nonces.
//!
//! Each relayer has a queue and works it off one transaction at a time, so its nonces follow each
//! other without a gap: nothing that is in flight is lost, and nothing is sent twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use tokio::sync::{mpsc, oneshot};

use session_client::{Error, Outcome, Owner, Result, Wait};

/// How many submissions may wait for one relayer.
const QUEUE: usize = 256;

/// The relayers.
#[derive(Debug)]
pub struct Relayers {
    queues: Vec<mpsc::Sender<Job>>,
    /// Of the relayers of these queues.
    addresses: Vec<Felt>,
    turn: AtomicUsize,
}

/// Every queue is full: nothing was sent.
#[derive(Debug, Clone, Copy)]
pub struct Busy;

/// What came of a submission.
#[derive(Debug)]
pub struct Submitted {
    /// Who submitted it, and paid.
    pub relayer: Felt,
    /// What the chain or the account said.
    pub outcome: Result<Outcome>,
}

#[derive(Debug)]
struct Job {
    calls: Vec<Call>,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Relayers {
    /// Puts `accounts` to work, until this is dropped.
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

    /// Returns where they are.
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
        // Nobody waits any more if the sandbox is stopping.
        let _ = answer.send(outcome);
    }
}

/// Has `account` make `calls`: what would revert is refused by the estimate, and costs no fee.
async fn submit(account: &Owner, calls: Vec<Call>) -> Result<Outcome> {
    account.submit(calls).await?.wait_with(Wait::default(), |_| {}).await
}
