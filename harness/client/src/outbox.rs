//! Orders the senders of an account, and gives them nonces.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use starknet_rust::core::types::Felt;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long networks keep a transaction that waits. After that it is in a block or was dropped, even if its
/// sender has not learned which.
const KEPT: Duration = Duration::from_secs(300);

/// The senders' queue of one account. Transactions get their nonces and are sent one after another; waiting
/// for them happens in parallel.
#[derive(Debug, Default)]
pub struct Outbox {
    turn: Arc<Mutex<()>>,
    /// This lock is separate from `turn`: a task that waits for a transaction must not wait for the next
    /// sender.
    known: Lock<Known>,
}

/// The right to send the account's next transaction.
#[derive(Debug)]
pub struct Sending {
    outbox: Arc<Outbox>,
    _turn: OwnedMutexGuard<()>,
}

/// What this process knows of an account's transactions.
#[derive(Debug, Default)]
struct Known {
    /// The nonce after the last one that was seen in a block; an answer of a node that is behind does not
    /// lower it.
    floor: Felt,
    /// The transactions that the network accepted from this process and that are still open, with the time
    /// of acceptance.
    sent: HashMap<Felt, Instant>,
}

impl Deref for Sending {
    type Target = Outbox;

    fn deref(&self) -> &Outbox {
        &self.outbox
    }
}

impl Outbox {
    /// Waits for the caller's turn to send.
    pub async fn turn(self: Arc<Self>) -> Sending {
        let turn = self.turn.clone().lock_owned().await;
        Sending { outbox: self, _turn: turn }
    }

    /// Returns the account's first free nonce. The nonces below `used` are used, as the node says, and
    /// those in `taken` belong to open transactions.
    pub fn nonce(&self, used: Felt, taken: &HashSet<Felt>) -> Felt {
        let mut nonce = self.known().floor.max(used);
        while taken.contains(&nonce) {
            nonce += Felt::ONE;
        }
        nonce
    }

    /// Says whether the network accepted the transaction `hash` from this process recently enough that it
    /// may still wait for its block.
    pub fn has_sent(&self, hash: Felt) -> bool {
        self.has_sent_at(hash, Instant::now())
    }

    fn has_sent_at(&self, hash: Felt, now: Instant) -> bool {
        let sent = self.known().sent.get(&hash).copied();
        sent.is_some_and(|sent| now.saturating_duration_since(sent) < KEPT)
    }

    /// Says whether the network accepted the transaction `hash` from this process, and it is not known to
    /// have ended.
    pub fn knows(&self, hash: Felt) -> bool {
        self.known().sent.contains_key(&hash)
    }

    /// Records that the network accepted the transaction `hash`.
    pub fn sent(&self, hash: Felt) {
        self.known().sent.insert(hash, Instant::now());
    }

    /// Records that the transaction `hash`, which used `nonce`, is in a block.
    pub fn landed(&self, hash: Felt, nonce: Felt) {
        let mut known = self.known();
        known.sent.remove(&hash);
        known.floor = known.floor.max(nonce + Felt::ONE);
    }

    /// Removes the transaction `hash`, which was refused or given up.
    pub fn forget(&self, hash: Felt) {
        self.known().sent.remove(&hash);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn felts<const N: usize>(numbers: [u64; N]) -> HashSet<Felt> {
        numbers.into_iter().map(Felt::from).collect()
    }

    #[test]
    fn the_first_nonce_is_given_out_that_no_transaction_may_use() {
        let outbox = Outbox::default();
        let nonce = |used: u64, taken| outbox.nonce(used.into(), &taken);
        assert_eq!(nonce(3, felts([])), Felt::from(3));
        assert_eq!(nonce(3, felts([3, 4])), Felt::from(5));
        // A gap is filled first, since the transactions after it wait for it.
        assert_eq!(nonce(3, felts([4, 5])), Felt::from(3));
        assert_eq!(nonce(6, felts([3, 4])), Felt::from(6));
    }

    #[test]
    fn a_node_that_is_behind_does_not_lower_the_nonce() {
        let outbox = Outbox::default();
        outbox.sent(Felt::ONE);
        assert!(outbox.has_sent(Felt::ONE));
        outbox.landed(Felt::ONE, Felt::from(7));
        assert!(!outbox.has_sent(Felt::ONE));
        assert_eq!(outbox.nonce(Felt::from(5), &felts([])), Felt::from(8));
    }

    #[test]
    fn what_a_network_need_not_keep_any_more_is_asked_for_again() {
        let outbox = Outbox::default();
        outbox.sent(Felt::ONE);
        let now = Instant::now();
        assert!(outbox.has_sent_at(Felt::ONE, now + KEPT / 2));
        assert!(!outbox.has_sent_at(Felt::ONE, now + KEPT));
    }
}
