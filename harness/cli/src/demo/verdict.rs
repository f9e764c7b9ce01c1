//! What came back from a step, and whether it is what should have come.

use std::fmt::Display;

use session_client::{Cause, Error, Outcome, Refusal, Result};
use starknet_rust::core::types::Felt;

/// A step's end: what came back, or how it differs from what should have.
pub type Verdict<T = ()> = std::result::Result<Reply<T>, Mismatch>;

/// A transaction that is in a block.
#[derive(Clone, Copy)]
pub struct Transaction {
    pub hash: Felt,
    /// In units of gas.
    pub l2_gas: u64,
}

impl From<&Outcome> for Transaction {
    fn from(outcome: &Outcome) -> Self {
        Self { hash: outcome.transaction_hash, l2_gas: outcome.l2_gas }
    }
}

/// What came back from a step that did what it should, and what later steps need of it.
pub struct Reply<T = ()> {
    /// In a few words.
    pub said: String,
    /// The transaction that said so, if there was one.
    pub transaction: Option<Transaction>,
    /// For later steps.
    pub value: T,
}

impl Reply {
    /// Tells of an answer that took no transaction.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), transaction: None, value: () }
    }

    /// Names the transaction that brought it about.
    pub fn by(self, outcome: &Outcome) -> Self {
        Self { transaction: Some(outcome.into()), ..self }
    }

    /// Hands `value` to later steps.
    pub fn with<T>(self, value: T) -> Reply<T> {
        Reply { said: self.said, transaction: self.transaction, value }
    }
}

/// A step that did not do what it should.
pub struct Mismatch {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// The transaction that it came from, if one is in a block.
    pub transaction: Option<Transaction>,
}

impl Mismatch {
    /// Says that `came` came instead of `expected`.
    pub fn new(expected: impl Display, came: impl Display) -> Self {
        Self { expected: expected.to_string(), came: came.to_string(), transaction: None }
    }

    /// Returns what became of a transaction that should have come to something else.
    fn sent(expected: impl Display, sent: &Result<Outcome>) -> Self {
        match sent {
            Ok(outcome) => {
                let came = match &outcome.reverted {
                    Some(refusal) => match refusal.panic() {
                        Some(panic) => format!("a revert with `{panic}`"),
                        None => format!("a revert: {refusal}"),
                    },
                    None => "success".to_owned(),
                };
                Self { transaction: Some(outcome.into()), ..Self::new(expected, came) }
            }
            Err(error) => Self::new(expected, error),
        }
    }
}

/// Where an error just passes through, nothing but success would have done.
impl<E: std::error::Error> From<E> for Mismatch {
    fn from(error: E) -> Self {
        Self::new("success", error)
    }
}

/// Demands that `came` is `expected`.
pub fn equal<T: PartialEq + Display>(
    what: &str,
    expected: &T,
    came: &T,
) -> std::result::Result<(), Mismatch> {
    if came == expected {
        Ok(())
    } else {
        Err(Mismatch::new(format!("{what}: {expected}"), format!("{what}: {came}")))
    }
}

/// Demands that `__validate__` returned 0: the transaction is in no block.
pub fn is_invalid(sent: Result<Outcome>) -> Verdict {
    match sent {
        Err(Error::Refused(refusal)) if refusal.cause() == Cause::NotValid => {
            Ok(Reply::new("`__validate__` returned 0: not included"))
        }
        other => Err(Mismatch::sent("`__validate__` returns 0", &other)),
    }
}

/// Demands that the transaction is in a block, reverted with the contract's `error`.
pub fn reverts(sent: Result<Outcome>, error: &str) -> Verdict {
    let (panic, outcome) = panics(sent, error)?;
    Ok(Reply::new(format!("reverted: {panic}")).by(&outcome))
}

/// Demands what [`reverts`] does, but gives the contract's error apart.
pub fn panics(
    sent: Result<Outcome>,
    error: &str,
) -> std::result::Result<(String, Outcome), Mismatch> {
    let reverted = sent.as_ref().ok().and_then(|it| it.reverted.as_ref());
    let panic = reverted.and_then(Refusal::panic).map(str::to_owned);
    match (panic, sent) {
        (Some(panic), Ok(outcome)) if panic == error => Ok((panic, outcome)),
        (_, sent) => Err(Mismatch::sent(format!("a revert with `{error}`"), &sent)),
    }
}
