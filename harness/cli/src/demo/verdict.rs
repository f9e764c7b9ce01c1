//! The result of a step: what came back, and whether it is what was expected.

use std::fmt::Display;

use session_client::{Cause, Error, Outcome, Refusal, Result};
use starknet_rust::core::types::Felt;

/// The result of a step: what came back, or the difference from what was expected.
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

/// The answer to a step that had the expected result, with the value that later steps need.
pub struct Reply<T = ()> {
    /// The answer in a few words.
    pub said: String,
    /// The transaction that gave the answer, if there was one.
    pub transaction: Option<Transaction>,
    /// The value for later steps.
    pub value: T,
}

impl Reply {
    /// Makes an answer without a transaction.
    pub fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), transaction: None, value: () }
    }

    /// Adds the transaction that gave the answer.
    pub fn by(self, outcome: &Outcome) -> Self {
        Self { transaction: Some(outcome.into()), ..self }
    }

    /// Adds the value that later steps need.
    pub fn with<T>(self, value: T) -> Reply<T> {
        Reply { said: self.said, transaction: self.transaction, value }
    }
}

/// A step whose result was not the expected one.
pub struct Mismatch {
    /// The result that was expected.
    pub expected: String,
    /// The result that came instead.
    pub came: String,
    /// The transaction that gave this result, if it is in a block.
    pub transaction: Option<Transaction>,
}

impl Mismatch {
    /// Says that `came` came instead of `expected`.
    pub fn new(expected: impl Display, came: impl Display) -> Self {
        Self { expected: expected.to_string(), came: came.to_string(), transaction: None }
    }

    /// Describes the result of a transaction that should have had the result `expected`.
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

/// Errors that a step passes on with `?` mean that the step should have succeeded.
impl<E: std::error::Error> From<E> for Mismatch {
    fn from(error: E) -> Self {
        Self::new("success", error)
    }
}

/// Checks that `came` equals `expected`.
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

/// Checks that `__validate__` returned 0, so that the transaction is in no block.
pub fn is_invalid(sent: Result<Outcome>) -> Verdict {
    match sent {
        Err(Error::Refused(refusal)) if refusal.cause() == Cause::NotValid => {
            Ok(Reply::new("`__validate__` returned 0: not included"))
        }
        other => Err(Mismatch::sent("`__validate__` returns 0", &other)),
    }
}

/// Checks that the transaction is in a block and reverted with the contract's error `error`.
pub fn reverts(sent: Result<Outcome>, error: &str) -> Verdict {
    let (panic, outcome) = panics(sent, error)?;
    Ok(Reply::new(format!("reverted: {panic}")).by(&outcome))
}

/// Checks the same as [`reverts`], and also returns the contract's error and the outcome.
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
