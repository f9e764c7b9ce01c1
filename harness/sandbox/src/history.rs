//! What happened last: bounded, for people to look at.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use starknet_rust::core::types::{Call, Felt};

use super::diagnosis::Diagnosis;
use super::names;

/// How many transactions are kept, and how much of what strangers can make long.
const ENTRIES: usize = 200;
const CALLS: usize = 8;
const TEXT: usize = 2_000;

/// Who a signature names, as the account decides it: by length alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Signer {
    /// `[r, s]`
    Owner,
    /// `[session_key, r, s, valid_until]`
    Session {
        /// The first element.
        session_key: Felt,
    },
    /// No length that the account knows.
    Unknown {
        /// How many felts.
        felts: usize,
    },
}

impl Signer {
    /// Reads the kind of `signature`.
    pub fn of(signature: &[Felt]) -> Self {
        match *signature {
            [_, _] => Self::Owner,
            [session_key, _, _, _] => Self::Session { session_key },
            _ => Self::Unknown { felts: signature.len() },
        }
    }
}

/// The service that a transaction came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The chain itself: a plain transaction.
    Rpc,
    /// SNIP-29.
    Paymaster,
    /// Chipi's endpoints.
    Chipi,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Fate {
    /// In a block, and done.
    Accepted {
        /// The hash.
        transaction_hash: Felt,
        /// L2 gas used.
        l2_gas: u64,
    },
    /// Not done. It has a hash if it is in a block all the same.
    Refused {
        /// The hash, if it is in a block.
        transaction_hash: Option<Felt>,
        /// The rule of the account that refused it, if it was one.
        rule: Option<String>,
        /// What to do about it.
        explanation: String,
    },
}

impl Fate {
    /// Says that it was refused, for what `refusal` says.
    pub fn refused(diagnosis: &Diagnosis, transaction_hash: Option<Felt>) -> Self {
        let rule = diagnosis.rule.map(|it| it.to_string());
        Self::Refused { transaction_hash, rule, explanation: diagnosis.text() }
    }
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts from 1, over everything that ever happened.
    pub number: u64,
    /// Unix time in seconds, of this machine.
    pub time: u64,
    /// Where it came in.
    pub via: Via,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Who signed.
    pub signer: Signer,
    /// The functions called, by name where known.
    pub calls: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The last transactions.
#[derive(Debug, Default)]
pub struct History(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    count: u64,
    entries: VecDeque<Entry>,
}

impl History {
    /// Keeps a transaction; forgets the oldest if there are too many.
    pub fn record(&self, via: Via, account: Felt, signature: &[Felt], calls: &[Call], fate: Fate) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.count += 1;
        if ring.entries.len() == ENTRIES {
            ring.entries.pop_front();
        }
        let number = ring.count;
        ring.entries.push_back(Entry {
            number,
            time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs()),
            via,
            account,
            signer: Signer::of(signature),
            calls: calls.iter().take(CALLS).map(|call| names::of(call.selector)).collect(),
            fate: bounded(fate),
        });
    }

    /// Returns the last ones, latest first.
    pub fn latest(&self) -> Vec<Entry> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.iter().rev().cloned().collect()
    }

    /// Returns how many there ever were.
    pub fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

fn bounded(fate: Fate) -> Fate {
    match fate {
        Fate::Refused { transaction_hash, rule, explanation } => Fate::Refused {
            transaction_hash,
            rule,
            explanation: explanation.chars().take(TEXT).collect(),
        },
        accepted @ Fate::Accepted { .. } => accepted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let history = History::default();
        for hash in 0..(ENTRIES as u64 + 5) {
            let fate = Fate::Accepted { transaction_hash: hash.into(), l2_gas: 0 };
            history.record(Via::Rpc, Felt::ONE, &[Felt::ONE, Felt::TWO], &[], fate);
        }
        let latest = history.latest();
        assert_eq!((latest.len(), history.count()), (ENTRIES, ENTRIES as u64 + 5));
        assert_eq!(latest[0].number, ENTRIES as u64 + 5);
        assert_eq!(latest[0].signer, Signer::Owner);
    }

    #[test]
    fn long_texts_are_cut() {
        let fate = bounded(Fate::Refused {
            transaction_hash: None,
            rule: None,
            explanation: "é".repeat(TEXT * 2),
        });
        assert!(
            matches!(fate, Fate::Refused { explanation, .. } if explanation.chars().count() == TEXT)
        );
    }
}
