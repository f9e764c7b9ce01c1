//! Whose turn it is to send for an account, and with which nonce.

use std::collections::HashSet;
use std::sync::Arc;

use starknet_rust::core::types::Felt;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The way of one account to the chain: transactions are numbered and sent one after another, and waited
/// for side by side.
#[derive(Debug, Default)]
pub struct Outbox(Arc<Mutex<Turn>>);

/// The right to send the account's next transaction.
pub type Sending = OwnedMutexGuard<Turn>;

/// What this process knows of an account's transactions.
#[derive(Debug, Default)]
pub struct Turn {
    /// The nonce after the last one that was seen in a block: a node that is behind does not lower it.
    floor: Felt,
    /// The transactions that were sent from here and are not known to have ended.
    sent: HashSet<Felt>,
}

impl Outbox {
    /// Waits for its turn.
    pub async fn turn(&self) -> Sending {
        self.0.clone().lock_owned().await
    }
}

impl Turn {
    /// Returns the first free nonce of an account: the node says that those below `used` are used, and
    /// those of `taken` belong to transactions that may still land.
    pub fn nonce(&self, used: Felt, taken: &HashSet<Felt>) -> Felt {
        let mut nonce = self.floor.max(used);
        while taken.contains(&nonce) {
            nonce += Felt::ONE;
        }
        nonce
    }

    /// Says whether the transaction `hash` was sent from here.
    pub fn has_sent(&self, hash: Felt) -> bool {
        self.sent.contains(&hash)
    }

    /// Remembers that the transaction `hash` was sent.
    pub fn sent(&mut self, hash: Felt) {
        self.sent.insert(hash);
    }

    /// Remembers that the transaction `hash`, which used `nonce`, is in a block.
    pub fn landed(&mut self, hash: Felt, nonce: Felt) {
        self.sent.remove(&hash);
        self.floor = self.floor.max(nonce + Felt::ONE);
    }

    /// Forgets the transaction `hash`, which was refused or is given up.
    pub fn forget(&mut self, hash: Felt) {
        self.sent.remove(&hash);
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
        let turn = Turn::default();
        let nonce = |used: u64, taken| turn.nonce(used.into(), &taken);
        assert_eq!(nonce(3, felts([])), Felt::from(3));
        assert_eq!(nonce(3, felts([3, 4])), Felt::from(5));
        // A gap is filled first: what comes after it waits for it.
        assert_eq!(nonce(3, felts([4, 5])), Felt::from(3));
        assert_eq!(nonce(6, felts([3, 4])), Felt::from(6));
    }

    #[test]
    fn a_node_that_is_behind_does_not_lower_the_nonce() {
        let mut turn = Turn::default();
        turn.sent(Felt::ONE);
        assert!(turn.has_sent(Felt::ONE));
        turn.landed(Felt::ONE, Felt::from(7));
        assert!(!turn.has_sent(Felt::ONE));
        assert_eq!(turn.nonce(Felt::from(5), &felts([])), Felt::from(8));
    }
}
