//! What is kept of one transaction, within bounds.

use serde::Serialize;
use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};

use super::super::names::Names;
use super::super::signer::Signer;
use super::super::{registration, words};
use super::fate::{Fate, Payer, Step, Via};
use super::request::ClientRequest;
use session_client::json::{hex, hexes};

/// Bounds on the parts whose length strangers choose: calls, the felts of one call's calldata, the felts of a
/// signature, the characters of an explanation, and the bytes of the typed data.
const CALLS: usize = 8;
const CALLDATA: usize = 32;
const FELTS: usize = 8;
const TEXT: usize = 2_000;
const TYPED_DATA: usize = 8_000;

/// The facts about a transaction that are remembered.
#[derive(Debug)]
pub struct Happened<'a> {
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
    /// The typed data that was signed, if it was typed data.
    pub typed_data: Option<Value>,
    /// The client's request.
    pub request: ClientRequest,
}

impl<'a> Happened<'a> {
    /// Describes what was refused through `via` before anything was signed.
    pub const fn unsigned(
        via: Via,
        account: Felt,
        calls: &'a [Call],
        fate: Fate,
        request: ClientRequest,
    ) -> Self {
        let (step, signature, payer, typed_data) = (Step::Build, [].as_slice(), None, None);
        Self { via, step, account, signature, calls, payer, fate, typed_data, request }
    }
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The transaction's number: they are counted from 1, and not only those that are kept.
    pub number: u64,
    /// Unix time in seconds, of the chain's clock; `None` if the node did not tell it.
    pub time: Option<u64>,
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
    /// The client's request.
    #[serde(skip)]
    pub request: ClientRequest,
    /// The result.
    #[serde(flatten)]
    pub fate: Fate,
}

impl Entry {
    /// Makes the entry of what `happened`, which gets its number later.
    pub fn new(
        happened: Happened<'_>,
        time: Option<u64>,
        calls_left: Option<u32>,
        names: &Names,
    ) -> Self {
        let Happened { via, step, account, signature, calls, payer, fate, typed_data, request } =
            happened;
        let signer = match &fate {
            Fate::Accepted { .. } => Signer::of(signature),
            Fate::Refused { signer, .. } => signer.clone(),
        };
        let typed_data = typed_data.and_then(|it| serde_json::to_string_pretty(&it).ok());
        let shown = &calls[..calls.len().min(CALLS)];
        Self {
            number: 0,
            time,
            via,
            step,
            times: 1,
            account,
            signer,
            signature: hexes(&signature[..signature.len().min(FELTS)]),
            calls: shown.iter().map(|call| names.of(call.selector)).collect(),
            details: shown.iter().map(|call| CallShown::of(call, names)).collect(),
            told: registration::batch(shown, account, names),
            calls_len: calls.len(),
            payer,
            calls_left,
            typed_data: typed_data.filter(|it| it.len() <= TYPED_DATA),
            request,
            fate: bounded(fate),
        }
    }

    /// Says whether the transaction was sent, or was to be sent.
    pub fn is_sent(&self) -> bool {
        self.step == Step::Send
    }

    /// Says whether `next` is the same refusal of the same request. The numbers behind the refusal's sentence may
    /// differ, since the chain's time is one of them. One request may have several transactions.
    pub fn is_repeated_by(&self, next: &Self) -> bool {
        (self.step, self.account, &self.signature) == (next.step, next.account, &next.signature)
            && self.request == next.request
            && self.fate.sentence() == next.fate.sentence()
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
    fn long_texts_are_cut() {
        let fate = bounded(Fate::turned_down("é".repeat(TEXT * 2)));
        assert!(
            matches!(fate, Fate::Refused { explanation, .. } if explanation.chars().count() == TEXT)
        );
    }
}
