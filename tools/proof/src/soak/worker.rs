//! A process of the soak. It makes its payments with the client, and continues where a killed process
//! stopped.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use session_client::journal::Files;
use session_client::{
    Error, Finality, Node, Outcome, Session, SessionKey, Status, Submission, Terms,
};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::Felt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ledger::{End, Known, Ledger};
use super::plan::{Intent, Plan};

/// How often the node is asked for a transaction that neither it nor the journal knows. Each request may
/// reach a backend that is behind.
const LOOKS: usize = 6;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

struct Worker {
    node: Node,
    ledger: Ledger,
    sessions: Vec<Session>,
}

/// Carries out the plan in the file at `path`.
pub async fn run(path: &Path) -> Result<()> {
    let plan: Plan = serde_json::from_slice(&std::fs::read(path)?)?;
    let node = connect(&plan).await?;
    let mut sessions = Vec::new();
    for payer in &plan.payers {
        let key = SessionKey::from_private_key(payer.private_key)?;
        sessions.push(Session::new(node.clone(), payer.account, Arc::new(key), payer.valid_until));
    }
    let known = Ledger::read(&plan.ledger)?;
    let worker = Arc::new(Worker { node, ledger: Ledger::open(&plan.ledger)?, sessions });
    let places = Arc::new(Semaphore::new(plan.at_once));
    let mut tasks = JoinSet::new();
    for (intent, known) in open(&plan.intents, &known) {
        let place = places.clone().acquire_owned().await?;
        let worker = worker.clone();
        tasks.spawn(async move {
            let paid = worker.pay(intent, known).await;
            drop(place);
            paid
        });
        while let Some(done) = tasks.try_join_next() {
            done??;
        }
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Connects to the node, which may fail at first.
async fn connect(plan: &Plan) -> Result<Node> {
    let mut last = None;
    for _ in 0..LOOKS {
        match Node::connect(plan.node.clone()).await {
            Ok(node) => return Ok(node.with_journal(Files::in_folder(&plan.journal))),
            Err(error) => last = Some(error),
        }
        sleep(PAUSE).await;
    }
    Err(last.map_or_else(|| anyhow::anyhow!("the node was not asked"), Into::into))
}

/// Returns the payments that have not ended, with what the ledger says of them.
fn open<'a>(
    intents: &'a [Intent],
    known: &'a BTreeMap<u32, Known>,
) -> impl Iterator<Item = (Intent, Known)> + 'a {
    intents.iter().filter_map(|intent| {
        let known = known.get(&intent.id).cloned().unwrap_or_default();
        known.ends.is_empty().then_some((*intent, known))
    })
}

impl Worker {
    /// Makes the payment `intent` exactly once.
    async fn pay(&self, intent: Intent, known: Known) -> Result<()> {
        let mut hashes = known.hashes;
        let session = &self.sessions[intent.session];
        loop {
            // A transaction that was signed for this payment may be in a block, or may still be included.
            for hash in hashes.drain(..) {
                if let Some(end) = self.end_of(hash).await {
                    return Ok(self.ledger.ended(intent.id, end)?);
                }
            }
            let make = || session.execute_v3(vec![intent.call()]);
            let sending = |hash| {
                hashes.push(hash);
                self.ledger.sending(intent.id, hash).map_err(Failure::Ledger)
            };
            let account = session.address();
            let terms = Terms::default();
            let sent = self.node.submit_with(account, make, &terms, |_| Ok(()), sending).await;
            match sent {
                // The last hash comes first: the transactions that were refused before it have the same
                // nonce, so they can only be included in its place.
                Ok(_) => hashes.reverse(),
                Err(Failure::Client(Error::Unsettled { hash, .. })) => {
                    // A killed process left this transaction: the next process that meets it waits for its
                    // end.
                    self.end_of(hash).await;
                }
                Err(Failure::Client(error)) => {
                    eprintln!("payment {}: {error}", intent.id);
                    sleep(PAUSE).await;
                }
                Err(Failure::Ledger(error)) => return Err(error).context("the ledger"),
            }
        }
    }

    /// Waits until it is known how the transaction `hash` ended; `None` if it can never be included.
    async fn end_of(&self, hash: Felt) -> Option<End> {
        let mut unknown = 0;
        loop {
            let open = self.node.submission(hash).ok().flatten();
            match self.node.status_of(hash).await {
                Ok(Status::Executed(finality)) if finality >= Finality::AcceptedOnL2 => {
                    if let Ok(outcome) = self.outcome(hash, open.as_ref()).await {
                        return Some(match outcome.reverted {
                            None => End::Paid,
                            Some(_) => End::Reverted,
                        });
                    }
                }
                Ok(Status::Unknown) => match open {
                    Some(open) if open.is_overtaken().await.unwrap_or(false) => return None,
                    // The same bytes pay only once.
                    Some(open) => drop(open.resend().await),
                    None => {
                        unknown += 1;
                        if unknown >= LOOKS {
                            return None;
                        }
                    }
                },
                Ok(_) => unknown = 0,
                Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    }

    /// Returns the outcome of the transaction `hash`, and settles its journal entry.
    async fn outcome(
        &self,
        hash: Felt,
        open: Option<&Submission>,
    ) -> session_client::Result<Outcome> {
        match open {
            Some(open) => open.wait_with(session_client::Wait::default(), |_| {}).await,
            None => self.node.wait_with(hash, session_client::Wait::default(), |_| {}).await,
        }
    }
}

/// Why a payment was not sent.
enum Failure {
    /// The client returned an error.
    Client(Error),
    /// The hash could not be written into the ledger.
    Ledger(std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}
