//! Remembers the last transactions for the page, within bounds, and the last that were refused before they
//! were sent.

use std::cmp::Reverse;
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

/// How many transactions are kept. Those that were refused before they were sent are counted apart, so that
/// however many there are, they never push out what was sent.
const SENT: usize = 200;
const UNSENT: usize = 50;
/// Bounds on the parts whose length strangers choose.
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

/// What a client asked to be done with a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// To send it.
    Send,
    /// To estimate its fee.
    Estimate,
    /// To simulate it.
    Simulate,
    /// To build it, so that the client can sign it.
    Build,
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

    /// Makes the result of what was refused for the reason `told`, without a word of the chain and before
    /// anything was signed.
    pub const fn turned_down(told: String) -> Self {
        Self::Refused {
            transaction_hash: None,
            rule: None,
            explanation: told,
            trace: String::new(),
            signer: Signer::unknown(&[]),
        }
    }

    /// Returns the first line of a refusal's explanation.
    fn sentence(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Refused { explanation, .. } => explanation.lines().next(),
        }
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
    /// What was to be done with it. Of those that were not to be sent, only refused ones are remembered.
    pub step: Step,
    /// The account that was to make the calls.
    pub account: Felt,
    /// Its signature.
    pub signature: &'a [Felt],
    /// The calls.
    pub calls: &'a [Call],
    /// Who pays; `None` if the transaction was not to be sent.
    pub payer: Option<Payer>,
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
    /// What was to be done with it.
    pub step: Step,
    /// How often the client asked the same and was refused alike, without anything else in between.
    pub times: u64,
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
    /// Who pays; `None` if the transaction was not to be sent.
    pub payer: Option<Payer>,
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

impl Entry {
    /// Says whether the transaction was sent, or was to be sent.
    pub fn is_sent(&self) -> bool {
        self.step == Step::Send
    }

    /// Says whether `next` is the same refusal of the same transaction. The numbers behind the refusal's
    /// sentence may differ, since the chain's time is one of them.
    fn is_repeated_by(&self, next: &Self) -> bool {
        (self.via, self.step, self.account) == (next.via, next.step, next.account)
            && (&self.signature, self.calls_len) == (&next.signature, next.calls_len)
            && self.details == next.details
            && self.fate.sentence() == next.fate.sentence()
    }
}

/// The last transactions.
#[derive(Debug, Default)]
pub struct History {
    names: Names,
    kept: Mutex<Kept>,
}

/// What is kept: each list begins with its oldest entry.
#[derive(Debug, Default)]
struct Kept {
    counts: Counts,
    sent: VecDeque<Entry>,
    unsent: VecDeque<Entry>,
}

/// How many entries there were, also those that are not kept any more.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Transactions that were sent.
    pub sent: u64,
    /// Transactions that were refused before they were sent; those that are one entry count once.
    pub unsent: u64,
}

impl Counts {
    /// Returns the number of all entries.
    pub const fn all(self) -> u64 {
        self.sent + self.unsent
    }
}

impl Kept {
    /// Keeps `entry` under the next number, and forgets the oldest of its kind if there are too many.
    fn keep(&mut self, entry: Entry) {
        let last = self.unsent.back_mut().filter(|it| it.number == self.counts.all());
        if !entry.is_sent()
            && let Some(last) = last
            && last.is_repeated_by(&entry)
        {
            last.times += 1;
            return;
        }
        let (kept, count, most) = if entry.is_sent() {
            (&mut self.sent, &mut self.counts.sent, SENT)
        } else {
            (&mut self.unsent, &mut self.counts.unsent, UNSENT)
        };
        *count += 1;
        if kept.len() == most {
            kept.pop_front();
        }
        kept.push_back(Entry { number: self.counts.all(), ..entry });
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sent.iter().chain(&self.unsent)
    }
}

impl History {
    /// Makes an empty history, which shows functions by `names`.
    pub fn new(names: Names) -> Self {
        Self { names, kept: Mutex::default() }
    }

    /// Keeps a transaction, and forgets the oldest one if there are too many. The same refusal of the same
    /// unsent transaction right after itself is counted, so that clients that try again leave room for others.
    pub fn record(&self, happened: Happened<'_>) {
        let Happened {
            time, via, step, account, signature, calls, payer, fate, calls_left, ..
        } = happened;
        let signer = match &fate {
            Fate::Accepted { .. } => Signer::of(signature),
            Fate::Refused { signer, .. } => signer.clone(),
        };
        let typed_data = happened.typed_data.and_then(|it| serde_json::to_string_pretty(&it).ok());
        let entry = Entry {
            number: 0,
            time,
            via,
            step,
            times: 1,
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
        };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(entry);
    }

    /// Returns the transactions that are kept, the latest first.
    pub fn latest(&self) -> Vec<Entry> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries: Vec<_> = kept.entries().cloned().collect();
        entries.sort_unstable_by_key(|it| Reverse(it.number));
        entries
    }

    /// Returns the transaction with this number, if it is kept.
    pub fn entry(&self, number: u64) -> Option<Entry> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries().find(|it| it.number == number).cloned()
    }

    /// Returns how many transactions there were, also those that are not kept any more.
    pub fn counts(&self) -> Counts {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).counts
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

    fn sent(hash: u64) -> Happened<'static> {
        Happened {
            time: hash,
            via: Via::Rpc,
            step: Step::Send,
            account: Felt::ONE,
            signature: &[Felt::ONE, Felt::TWO],
            calls: &[],
            payer: Some(Payer::Account),
            fate: Fate::Accepted { transaction_hash: hash.into(), l2_gas: 0, fee: 0 },
            calls_left: None,
            typed_data: None,
            sent: None,
        }
    }

    /// Returns what was refused at the estimate, for the reason `told`, of an account with this `signature`.
    fn estimated<'a>(signature: &'a [Felt], told: &str) -> Happened<'a> {
        let (step, payer, fate) = (Step::Estimate, None, Fate::turned_down(told.to_owned()));
        Happened { step, payer, fate, signature, ..sent(0) }
    }

    #[test]
    fn the_oldest_is_forgotten_and_what_was_not_sent_pushes_out_none_that_was() {
        let history = History::default();
        for hash in 0..(SENT as u64 + 5) {
            history.record(sent(hash));
        }
        for felt in 0..1_000_u64 {
            history.record(estimated(&[felt.into()], "refused"));
        }
        let latest = history.latest();
        assert_eq!(history.counts(), Counts { sent: SENT as u64 + 5, unsent: 1_000 });
        assert_eq!(latest.iter().filter(|it| it.is_sent()).count(), SENT);
        assert_eq!((latest.len(), latest[0].number), (SENT + UNSENT, history.counts().all()));
        assert!(latest.iter().rev().is_sorted_by_key(|it| it.number), "the latest is first");
        let oldest = latest.last().map(|it| it.number);
        assert_eq!((oldest, history.entry(6).is_some(), history.entry(5)), (Some(6), true, None));

        // What is sent pushes out no refusal either.
        for hash in 0..(SENT as u64) {
            history.record(sent(hash));
        }
        assert_eq!(history.latest().iter().filter(|it| !it.is_sent()).count(), UNSENT);
    }

    #[test]
    fn the_same_refusal_right_after_itself_is_one_row() {
        let history = History::default();
        let (first, other) = ([Felt::ONE; 4], [Felt::TWO; 4]);
        let expired = |second: u64| format!("Session: expired: it is over\nthe time is {second}");
        for second in 0..300 {
            history.record(estimated(&first, &expired(second)));
        }
        // Another refusal, another transaction, another step, and the same after something else are rows.
        history.record(estimated(&first, "Session: not found: it is gone"));
        history.record(estimated(&other, "Session: not found: it is gone"));
        let simulated = Happened {
            step: Step::Simulate,
            ..estimated(&other, "Session: not found: it is gone")
        };
        history.record(simulated);
        history.record(sent(1));
        let simulated = Happened {
            step: Step::Simulate,
            ..estimated(&other, "Session: not found: it is gone")
        };
        history.record(simulated);
        // What was sent is never one row with another.
        let refused =
            || Happened { step: Step::Send, ..estimated(&other, "Session: not found: it is gone") };
        history.record(refused());
        history.record(refused());
        let rows: Vec<_> = history.latest().iter().map(|it| (it.number, it.times)).rev().collect();
        assert_eq!(rows, [(1, 300), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1)]);
        assert_eq!(history.counts(), Counts { sent: 3, unsent: 5 });
    }

    #[test]
    fn long_texts_are_cut() {
        let fate = bounded(Fate::turned_down("é".repeat(TEXT * 2)));
        assert!(
            matches!(fate, Fate::Refused { explanation, .. } if explanation.chars().count() == TEXT)
        );
    }
}
