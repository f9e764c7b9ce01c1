//! The journal, into which each transaction is written before it is sent. A transaction whose hash is not
//! recorded cannot be found again, and its payment could be made twice.

mod files;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::{Call, Felt};

pub use files::Files;

use crate::calldata;
use crate::transaction::Broadcast;

/// A journal entry: a transaction that was signed and may have been sent.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// use session_client::token;
///
/// let payment = [token::transfer(token::STRK, 0x1234.into(), 7)];
/// let open = node.unsettled(account)?;
/// let was_sent = open.iter().any(|submission| submission.entry().makes(&payment));
/// println!("{was_sent}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The network's chain id.
    pub chain_id: Felt,
    /// The account that pays.
    pub account: Felt,
    /// The account's nonce that the transaction uses.
    pub nonce: Felt,
    /// The transaction's hash.
    pub hash: Felt,
    /// The signed transaction; `None` for a kind that the journal does not keep. Sent again, it is the same
    /// transaction, which pays once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Broadcast>,
    /// The hash of the transaction with the same nonce and the same calls in whose place this one was sent;
    /// `None` if it was sent in no other's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Felt>,
    /// The time at which the entry was written, in Unix seconds by this machine's clock.
    pub written_at: u64,
}

impl Entry {
    /// Says whether the transaction makes exactly `calls`.
    #[must_use]
    pub fn makes(&self, calls: &[Call]) -> bool {
        self.calls().is_some_and(|it| it == calls)
    }

    /// Returns the public key of the session that signed the transaction, and the session's end in Unix
    /// seconds; `None` if the owner signed the transaction, or the entry does not contain it.
    #[must_use]
    pub fn session(&self) -> Option<(Felt, u64)> {
        match &self.transaction {
            Some(Broadcast::Invoke(invoke)) => match invoke.signature[..] {
                [session_key, _, _, valid_until] => {
                    Some((session_key, valid_until.try_into().ok()?))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the calls that the transaction makes; `None` if it is no invoke transaction, or the entry
    /// does not contain it.
    #[must_use]
    pub fn calls(&self) -> Option<Vec<Call>> {
        let Some(Broadcast::Invoke(invoke)) = &self.transaction else { return None };
        calldata::calls_of(&invoke.calldata).filter(|(_, rest)| rest.is_empty()).map(|(it, _)| it)
    }
}

/// A record of the transactions that may still be included in a block.
///
/// An entry is written before its transaction is sent, and removed (settled) once the transaction is in a
/// block or never can be. [`Files`] keeps entries when the process ends, and [`InMemory`] does not.
pub trait Journal: Send + Sync {
    /// Writes `entry` durably, so that it can be read after a crash. The transaction is sent only if this
    /// succeeds.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if there is an entry of this hash: another process
    /// is about to send the same bytes for a payment of its own, so these must not be counted as this
    /// payment. Any other error if the entry cannot be written.
    fn write(&self, entry: &Entry) -> io::Result<()>;

    /// Returns the open entries of the account `account` on the chain `chain_id`, in the order of their
    /// nonces.
    ///
    /// # Errors
    /// The error of reading an entry.
    fn open(&self, chain_id: Felt, account: Felt) -> io::Result<Vec<Entry>>;

    /// Returns the entry of the transaction `hash`; `None` if the transaction is settled, or was never
    /// written.
    ///
    /// # Errors
    /// The error of reading the entry.
    fn find(&self, hash: Felt) -> io::Result<Option<Entry>>;

    /// Removes the entry of the transaction `hash`, which is in a block or can never be. Succeeds if there
    /// is no such entry.
    ///
    /// # Errors
    /// The error of removing the entry.
    fn settle(&self, hash: Felt) -> io::Result<()>;
}

/// A journal in memory, which is lost when the process ends: the next process does not know what was sent.
///
/// ```
/// use session_client::journal::{InMemory, Journal};
///
/// let journal = InMemory::new();
/// assert!(journal.open(1_u8.into(), 2_u8.into())?.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct InMemory(Mutex<BTreeMap<Felt, Entry>>);

impl InMemory {
    /// Makes an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Felt, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for InMemory {
    fn write(&self, entry: &Entry) -> io::Result<()> {
        match self.entries().entry(entry.hash) {
            MapEntry::Occupied(_) => Err(io::ErrorKind::AlreadyExists.into()),
            MapEntry::Vacant(place) => {
                place.insert(entry.clone());
                Ok(())
            }
        }
    }

    fn open(&self, chain_id: Felt, account: Felt) -> io::Result<Vec<Entry>> {
        let entries = self.entries();
        let its = entries.values().filter(|it| (it.chain_id, it.account) == (chain_id, account));
        Ok(in_order(its.cloned().collect()))
    }

    fn find(&self, hash: Felt) -> io::Result<Option<Entry>> {
        Ok(self.entries().get(&hash).cloned())
    }

    fn settle(&self, hash: Felt) -> io::Result<()> {
        self.entries().remove(&hash);
        Ok(())
    }
}

fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|it| (it.nonce, it.written_at));
    entries
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    pub fn entry(account: u64, nonce: u64) -> Entry {
        Entry {
            chain_id: Felt::ONE,
            account: account.into(),
            nonce: nonce.into(),
            hash: Felt::from(1_000 * account + nonce),
            transaction: None,
            replaces: None,
            written_at: 7,
        }
    }

    /// Checks that `journal` does what [`Journal`] requires.
    pub fn check(journal: &impl Journal) {
        for (account, nonce) in [(1, 5), (1, 3), (2, 4), (1, 40)] {
            journal.write(&entry(account, nonce)).unwrap();
        }
        let again = journal.write(&entry(1, 3)).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        let open = journal.open(Felt::ONE, Felt::ONE).unwrap();
        assert_eq!(open, [entry(1, 3), entry(1, 5), entry(1, 40)]);
        assert!(journal.open(Felt::TWO, Felt::ONE).unwrap().is_empty());
        assert_eq!(journal.find(entry(1, 5).hash).unwrap(), Some(entry(1, 5)));
        journal.settle(entry(1, 5).hash).unwrap();
        assert_eq!(journal.find(entry(1, 5).hash).unwrap(), None);
        journal.settle(entry(1, 5).hash).unwrap();
        assert_eq!(journal.open(Felt::ONE, Felt::ONE).unwrap(), [entry(1, 3), entry(1, 40)]);
    }

    #[test]
    fn what_is_written_is_open_until_it_is_settled() {
        check(&InMemory::new());
    }
}
