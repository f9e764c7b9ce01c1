//! Remembers the last transactions for the page, and the last that were refused before they were sent.

mod entry;
mod fate;
mod kept;
mod request;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::names::Names;
use super::sessions::calls_left;
use session_client::Node;

pub use entry::{CallShown, Entry, Happened};
pub use fate::{Fate, Payer, Step, Via};
pub use kept::{Counts, SENT, UNSENT};
pub use request::ClientRequest;

use kept::Kept;

/// The last transactions.
#[derive(Debug)]
pub struct History {
    node: Node,
    names: Names,
    kept: Mutex<Kept>,
}

impl History {
    /// Makes an empty history of the chain of `node`, which shows functions by `names`.
    pub fn new(node: Node, names: Names) -> Self {
        Self { node, names, kept: Mutex::default() }
    }

    /// Keeps a transaction, and forgets the oldest one if there are too many. The same refusal of the same unsent
    /// request right after itself is counted, so that clients that try again leave room for others.
    pub async fn record(&self, happened: Happened<'_>) {
        let calls_left = match happened.fate {
            Fate::Accepted { .. } => {
                calls_left(&self.node, happened.account, happened.signature).await
            }
            Fate::Refused { .. } => None,
        };
        let time = self.node.now().await.ok();
        self.kept().keep(Entry::new(happened, time, calls_left, &self.names));
    }

    /// Returns the transactions that are kept, the latest first.
    pub fn latest(&self) -> Vec<Entry> {
        self.kept().latest()
    }

    /// Returns the transaction with this number, if it is kept.
    pub fn entry(&self, number: u64) -> Option<Entry> {
        self.kept().entry(number)
    }

    /// Returns how many transactions there were, also those that are not kept any more.
    pub fn counts(&self) -> Counts {
        self.kept().counts
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
