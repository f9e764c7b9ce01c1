//! Reports the result of a command's transaction.

use std::ops::Deref;

use session_client::{Outcome, Quote, Submission};
use starknet_rust::core::types::Felt;

use super::earlier::Earlier;
use crate::commands::answer::{self, Answer, Printer, hex};
use crate::commands::exit::Failure;

/// The result of a command's transaction.
pub enum Sent {
    /// The transaction was only estimated.
    Estimated(Box<Estimated>),
    /// The transaction is in a block, and succeeded.
    Included(Box<Included>),
}

/// A transaction that was only estimated, and what was found about earlier ones.
pub struct Estimated {
    pub quote: Quote,
    pub earlier: Earlier,
    /// The open transaction whose place the end of sessions would take.
    pub replaces: Option<Felt>,
}

/// A transaction that is in a block, and what was found about earlier ones.
pub struct Included {
    pub outcome: Outcome,
    /// The transaction's entry in the journal, until the command has reported the result.
    pub open: Option<Submission>,
    /// Whether an earlier run sent the transaction.
    pub is_resumed: bool,
    /// The results of earlier transactions that no run saw.
    pub earlier: Earlier,
    /// The open transaction whose place the end of sessions took.
    pub replaces: Option<Felt>,
}

impl Deref for Included {
    type Target = Outcome;

    fn deref(&self) -> &Outcome {
        &self.outcome
    }
}

impl From<Included> for Sent {
    fn from(included: Included) -> Self {
        Self::Included(Box::new(included))
    }
}

impl From<Estimated> for Sent {
    fn from(estimated: Estimated) -> Self {
        Self::Estimated(Box::new(estimated))
    }
}

impl From<Outcome> for Included {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, open: None, is_resumed: false, earlier: Earlier::default(), replaces: None }
    }
}

impl Sent {
    /// Adds to `answer` what the transaction cost, or would cost.
    pub fn tell(&self, answer: Answer) -> Answer {
        match self {
            Self::Estimated(estimated) => {
                let Estimated { quote, earlier, replaces } = &**estimated;
                let answer = answer
                    .was(answer::Outcome::DryRun)
                    .data("dry_run", true)
                    .fri("estimated_fee", quote.estimate)
                    .fri("most_fee", quote.most);
                let answer = told_place(answer, *replaces);
                answer.with_all(earlier.told().map(|it| ("earlier", it)).into_iter().collect())
            }
            Self::Included(included) => {
                let Included { outcome, is_resumed, earlier, replaces, .. } = &**included;
                let answer = answer
                    .was(answer::Outcome::Done)
                    .with("transaction", hex(outcome.transaction_hash))
                    .with("block", outcome.block_number)
                    .with("l2_gas", outcome.l2_gas)
                    .fri("fee", outcome.fee);
                let resumed = is_resumed.then(|| ("resumed", true.into()));
                let earlier = earlier.told().map(|it| ("earlier", it));
                let answer = told_place(answer, *replaces);
                answer.with_all(resumed.into_iter().chain(earlier).collect())
            }
        }
    }

    /// Adds to `answer` the account that paid, or would pay, if it is another one than `account`. A run that
    /// went on with the transaction of an earlier one may have been asked for another `payer`.
    pub fn tell_payer(&self, answer: Answer, account: Felt, payer: Option<Felt>) -> Answer {
        let payer = match self {
            Self::Included(included) => {
                included.open.as_ref().map(|it| it.entry().account).or(payer)
            }
            Self::Estimated(_) => payer,
        };
        match payer.filter(|it| *it != account) {
            Some(payer) => answer.felt("payer", payer),
            None => answer,
        }
    }

    /// Prints `answer` with what the transaction cost, or would cost.
    pub fn print(&self, printer: Printer, answer: Answer) -> Result<(), Failure> {
        self.told(printer.print(self.tell(answer)))
    }

    /// Removes the transaction from the journal if `printed` says that the answer was printed. A run that
    /// ends before that leaves it there, and the next run does not pay again.
    pub fn told(&self, printed: Result<(), Failure>) -> Result<(), Failure> {
        self.then(printed)?;
        // A dry run leaves everything as it is.
        if let Self::Included(included) = self {
            if let Some(submission) = &included.open {
                // If this fails, the next command reports the transaction again, which does no harm.
                let _ = submission.settle();
            }
            included.earlier.settle();
        }
        Ok(())
    }

    /// Returns `done`, the result of what followed the transaction. If that failed, the failure still names
    /// the transaction.
    pub fn then<T>(&self, done: Result<T, impl Into<Failure>>) -> Result<T, Failure> {
        done.map_err(|failure| match self {
            Self::Estimated(_) => failure.into(),
            Self::Included(outcome) => failure.into().of(outcome.transaction_hash),
        })
    }

    /// Returns the hash of what is in a block.
    pub fn transaction(&self) -> Option<Felt> {
        match self {
            Self::Estimated(_) => None,
            Self::Included(included) => Some(included.transaction_hash),
        }
    }

    /// Says whether an earlier run sent the transaction, so that it may differ from what is asked for now.
    pub fn is_resumed(&self) -> bool {
        matches!(self, Self::Included(included) if included.is_resumed)
    }

    /// Returns `done`, or for a dry run that it would be done.
    pub fn said(&self, done: &str) -> String {
        match self {
            Self::Estimated(_) => format!("would be {done}: nothing was sent"),
            Self::Included(_) => done.to_owned(),
        }
    }
}

/// Adds to `answer` the transaction whose place the end of sessions took: it is not executed.
fn told_place(answer: Answer, replaces: Option<Felt>) -> Answer {
    replaces.into_iter().fold(answer, |answer, hash| answer.felt("replaces", hash))
}
