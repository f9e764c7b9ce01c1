//! Remembers the last transactions for the page, within bounds.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::diagnosis::Diagnosis;
use super::names::Names;
use super::signer::Signer;
use super::{registration, words};
use session_client::json::{hex, hexes};

/// How many transactions are kept, and bounds on the parts whose length strangers choose.
const ENTRIES: usize = 200;
const CALLS: usize = 8;
const CALLDATA: usize = 32;
const FELTS: usize = 8;
const TEXT: usize = 2_000;
const JSON: usize = 8_000;

/// The service through which a transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The chain's own JSON-RPC.
    Rpc,
    /// SNIP-29.
    Paymaster,
    /// Chipi's endpoints.
    Chipi,
}

/// The result of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Fate {
    /// The transaction is in a block and succeeded.
    Accepted {
        /// The hash.
        transaction_hash: Felt,
        /// L2 gas used.
        l2_gas: u64,
        /// The fee, in FRI.
        fee: u128,
    },
    /// The transaction failed. It has a hash if it is in a block all the same.
    Refused {
        /// The hash, if it is in a block.
        transaction_hash: Option<Felt>,
        /// The rule of the account that refused it, if one did.
        rule: Option<String>,
        /// What to do about it.
        explanation: String,
        /// What the chain said.
        #[serde(skip)]
        trace: String,
        /// Who signed, as far as that is known.
        #[serde(skip)]
        signer: Signer,
    },
}

impl Fate {
    /// Makes the result of a transaction that was refused, as `diagnosis` explains.
    pub fn refused(diagnosis: &Diagnosis, transaction_hash: Option<Felt>) -> Self {
        let rule = diagnosis.rule.map(|it| it.to_string());
        let (explanation, trace) = (diagnosis.text(), diagnosis.trace.clone());
        let signer = diagnosis.signer.clone();
        Self::Refused { transaction_hash, rule, explanation, trace, signer }
    }
}

/// The one who pays the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Payer {
    /// The account itself.
    Account,
    /// Another account, which submits the outside execution, or a relayer that sponsors it.
    Other {
        /// Its address.
        address: Felt,
    },
    /// The user, by a transfer to the paymaster.
    Token {
        /// The amount and the token, in words.
        paid: String,
        /// The relayer, which submits it and pays the chain's fee.
        relayer: Felt,
    },
}

/// A client's request, which the page shows so that it can be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The path, relative to the sandbox's address.
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

    /// Keeps `body`. Returns `None` if it is too long to be shown.
    pub fn new(path: &str, body: String) -> Option<Self> {
        (body.len() <= JSON).then(|| Self { path: path.to_owned(), body })
    }
}

/// A call that the account was to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallShown {
    /// The call in words.
    pub words: String,
    /// The contract.
    pub to: Value,
    /// The function.
    pub selector: Value,
    /// The first felts of its calldata.
    pub calldata: Value,
    /// How many felts its calldata has.
    pub calldata_len: usize,
}

impl CallShown {
    fn of(call: &Call, names: &Names) -> Self {
        let shown = call.calldata.len().min(CALLDATA);
        Self {
            words: words::call(call, names),
            to: hex(call.to),
            selector: hex(call.selector),
            calldata: hexes(&call.calldata[..shown]),
            calldata_len: call.calldata.len(),
        }
    }
}

/// The facts about a transaction that are remembered.
#[derive(Debug)]
pub struct Happened<'a> {
    /// The time, in Unix seconds of the chain's clock.
    pub time: u64,
    /// The service through which it came.
    pub via: Via,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Its signature.
    pub signature: &'a [Felt],
    /// The calls.
    pub calls: &'a [Call],
    /// Who pays.
    pub payer: Payer,
    /// The result.
    pub fate: Fate,
    /// How many transactions the session has left after this one.
    pub calls_left: Option<u32>,
    /// The typed data that was signed, if it was typed data.
    pub typed_data: Option<Value>,
    /// The client's request.
    pub sent: Option<Sent>,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The transaction's number: they are counted from 1, and not only those that are kept.
    pub number: u64,
    /// Unix time in seconds, of the chain's clock.
    pub time: u64,
    /// The service through which it came.
    pub via: Via,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Who signed.
    pub signer: Signer,
    /// The signature's first felts.
    pub signature: Value,
    /// The names of the functions that were called, where they are known.
    pub calls: Vec<String>,
    /// The same calls in full.
    #[serde(skip)]
    pub details: Vec<CallShown>,
    /// The same in words that fit a row: a registration is told with its limits, as one.
    #[serde(skip)]
    pub told: Vec<String>,
    /// How many calls there are.
    pub calls_len: usize,
    /// Who pays.
    pub payer: Payer,
    /// How many transactions the session had left after this one.
    pub calls_left: Option<u32>,
    /// The typed data that was signed, if it is short enough to be shown.
    #[serde(skip)]
    pub typed_data: Option<String>,
    /// The client's request, if it is short enough to be shown.
    #[serde(skip)]
    pub sent: Option<Sent>,
    /// The result.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The last transactions.
#[derive(Debug, Default)]
pub struct History {
    names: Names,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    count: u64,
    entries: VecDeque<Entry>,
}

impl History {
    /// Makes an empty history, which shows functions by `names`.
    pub fn new(names: Names) -> Self {
        Self { names, ring: Mutex::default() }
    }

    /// Keeps a transaction, and forgets the oldest one if there are too many.
    pub fn record(&self, happened: Happened<'_>) {
        let Happened { time, via, account, signature, calls, payer, fate, calls_left, .. } =
            happened;
        let signer = match &fate {
            Fate::Accepted { .. } => Signer::of(signature),
            Fate::Refused { signer, .. } => signer.clone(),
        };
        let typed_data = happened.typed_data.and_then(|it| serde_json::to_string_pretty(&it).ok());
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
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
            signer,
            signature: hexes(&signature[..signature.len().min(FELTS)]),
            calls: calls.iter().take(CALLS).map(|call| self.names.of(call.selector)).collect(),
            details: calls
                .iter()
                .take(CALLS)
                .map(|call| CallShown::of(call, &self.names))
                .collect(),
            told: registration::batch(&calls[..calls.len().min(CALLS)], account, &self.names),
            calls_len: calls.len(),
            payer,
            calls_left,
            typed_data: typed_data.filter(|it| it.len() <= JSON),
            sent: happened.sent,
            fate: bounded(fate),
        });
    }

    /// Returns the transactions that are kept, the latest first.
    pub fn latest(&self) -> Vec<Entry> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.iter().rev().cloned().collect()
    }

    /// Returns the transaction with this number, if it is kept.
    pub fn entry(&self, number: u64) -> Option<Entry> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.entries.iter().find(|it| it.number == number).cloned()
    }

    /// Returns how many transactions there were, also those that are not kept any more.
    pub fn count(&self) -> u64 {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

fn bounded(fate: Fate) -> Fate {
    match fate {
        Fate::Refused { transaction_hash, rule, explanation, trace, signer } => {
            let explanation = explanation.chars().take(TEXT).collect();
            Fate::Refused { transaction_hash, rule, explanation, trace, signer }
        }
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
    }

    #[test]
    fn long_texts_are_cut() {
        let fate = bounded(Fate::Refused {
            transaction_hash: None,
            rule: None,
            explanation: "é".repeat(TEXT * 2),
            trace: String::new(),
            signer: Signer::unknown(&[]),
        });
        assert!(
            matches!(fate, Fate::Refused { explanation, .. } if explanation.chars().count() == TEXT)
        );
    }
}
