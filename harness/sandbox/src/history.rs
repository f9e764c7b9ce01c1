//! What happened last: bounded, for people to look at.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::diagnosis::Diagnosis;
use super::{names, words};
use session_client::json::{hex, hexes};

/// How many transactions are kept, and how much of what strangers can make long.
const ENTRIES: usize = 200;
const CALLS: usize = 8;
const CALLDATA: usize = 32;
const FELTS: usize = 8;
const TEXT: usize = 2_000;
const JSON: usize = 8_000;

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
        /// The fee, in FRI.
        fee: u128,
    },
    /// Not done. It has a hash if it is in a block all the same.
    Refused {
        /// The hash, if it is in a block.
        transaction_hash: Option<Felt>,
        /// The rule of the account that refused it, if it was one.
        rule: Option<String>,
        /// What to do about it.
        explanation: String,
        /// What the chain said.
        #[serde(skip)]
        trace: String,
    },
}

impl Fate {
    /// Says that it was refused, for what `refusal` says.
    pub fn refused(diagnosis: &Diagnosis, transaction_hash: Option<Felt>) -> Self {
        let rule = diagnosis.rule.map(|it| it.to_string());
        let (explanation, trace) = (diagnosis.text(), diagnosis.trace.clone());
        Self::Refused { transaction_hash, rule, explanation, trace }
    }
}

/// Who pays the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Payer {
    /// The account itself.
    Account,
    /// Another account: who submits the outside execution, or a relayer that sponsors it.
    Other {
        /// Its address.
        address: Felt,
    },
    /// The user, by a transfer to the paymaster.
    Token {
        /// How much of which token, in words.
        paid: String,
        /// The relayer, which submits it and pays the chain's fee.
        relayer: Felt,
    },
}

/// What a client sent, to send it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The path below the sandbox's own address.
    pub path: String,
    /// The body: JSON.
    pub body: String,
}

impl Sent {
    /// Keeps a JSON-RPC request.
    pub fn of_rpc(path: &str, method: &str, params: &Value) -> Option<Self> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Self::new(path, body.to_string())
    }

    /// Keeps `body`; nothing if it is too long to be shown.
    pub fn new(path: &str, body: String) -> Option<Self> {
        (body.len() <= JSON).then(|| Self { path: path.to_owned(), body })
    }
}

/// A call, as it was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallShown {
    /// In words.
    pub words: String,
    /// In words that fit a row.
    pub brief: String,
    /// The contract.
    pub to: Value,
    /// The function.
    pub selector: Value,
    /// Its first felts.
    pub calldata: Value,
    /// How many felts there are.
    pub calldata_len: usize,
}

impl CallShown {
    fn of(call: &Call, account: Felt) -> Self {
        let shown = call.calldata.len().min(CALLDATA);
        Self {
            words: words::call(call),
            brief: words::brief(call, account),
            to: hex(call.to),
            selector: hex(call.selector),
            calldata: hexes(&call.calldata[..shown]),
            calldata_len: call.calldata.len(),
        }
    }
}

/// What is to be remembered of a transaction.
#[derive(Debug)]
pub struct Happened<'a> {
    /// When, in Unix seconds of the chain's clock.
    pub time: u64,
    /// Where it came in.
    pub via: Via,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Its signature.
    pub signature: &'a [Felt],
    /// The calls.
    pub calls: &'a [Call],
    /// Who pays.
    pub payer: Payer,
    /// What became of it.
    pub fate: Fate,
    /// How many transactions the session has left after it.
    pub calls_left: Option<u32>,
    /// What was signed, if it was typed data.
    pub typed_data: Option<Value>,
    /// What the client sent.
    pub sent: Option<Sent>,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts from 1, over everything that ever happened.
    pub number: u64,
    /// Unix time in seconds, of the chain's clock.
    pub time: u64,
    /// Where it came in.
    pub via: Via,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Who signed.
    pub signer: Signer,
    /// The signature's first felts.
    pub signature: Value,
    /// The functions called, by name where known.
    pub calls: Vec<String>,
    /// The same calls, with all that they say.
    #[serde(skip)]
    pub details: Vec<CallShown>,
    /// How many calls there are.
    pub calls_len: usize,
    /// Who pays.
    pub payer: Payer,
    /// How many transactions the session had left after it.
    pub calls_left: Option<u32>,
    /// What was signed, if it was typed data that is short enough to be shown.
    #[serde(skip)]
    pub typed_data: Option<String>,
    /// What was sent, if it is short enough.
    #[serde(skip)]
    pub sent: Option<Sent>,
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
    pub fn record(&self, happened: Happened<'_>) {
        let Happened { time, via, account, signature, calls, payer, fate, calls_left, .. } =
            happened;
        let typed_data = happened.typed_data.and_then(|it| serde_json::to_string_pretty(&it).ok());
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.count += 1;
        if ring.entries.len() == ENTRIES {
            ring.entries.pop_front();
        }
        let number = ring.count;
        ring.entries.push_back(Entry {
            number,
            time,
            via,
            account,
            signer: Signer::of(signature),
            signature: hexes(&signature[..signature.len().min(FELTS)]),
            calls: calls.iter().take(CALLS).map(|call| names::of(call.selector)).collect(),
            details: calls.iter().take(CALLS).map(|call| CallShown::of(call, account)).collect(),
            calls_len: calls.len(),
            payer,
            calls_left,
            typed_data: typed_data.filter(|it| it.len() <= JSON),
            sent: happened.sent,
            fate: bounded(fate),
        });
    }

    /// Returns the last ones, latest first.
    pub fn latest(&self) -> Vec<Entry> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.iter().rev().cloned().collect()
    }

    /// Returns the one with this number, if it is remembered.
    pub fn entry(&self, number: u64) -> Option<Entry> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.iter().find(|it| it.number == number).cloned()
    }

    /// Returns how many there ever were.
    pub fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

fn bounded(fate: Fate) -> Fate {
    match fate {
        Fate::Refused { transaction_hash, rule, explanation, trace } => Fate::Refused {
            transaction_hash,
            rule,
            explanation: explanation.chars().take(TEXT).collect(),
            trace,
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
            history.record(Happened {
                time: hash,
                via: Via::Rpc,
                account: Felt::ONE,
                signature: &[Felt::ONE, Felt::TWO],
                calls: &[],
                payer: Payer::Account,
                fate: Fate::Accepted { transaction_hash: hash.into(), l2_gas: 0, fee: 0 },
                calls_left: None,
                typed_data: None,
                sent: None,
            });
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
            trace: String::new(),
        });
        assert!(
            matches!(fate, Fate::Refused { explanation, .. } if explanation.chars().count() == TEXT)
        );
    }
}
