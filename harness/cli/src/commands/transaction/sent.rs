//! What became of a transaction, as the command tells it.

use std::ops::Deref;

use session_client::{Outcome, Quote, Submission};

use super::earlier::Earlier;
use crate::commands::answer::{self, Answer, Printer, hex};
use crate::commands::exit::Failure;

/// What became of a transaction.
pub enum Sent {
    /// Nothing: it was only estimated.
    Estimated(Box<Estimated>),
    /// It is in a block, and did what it should.
    Included(Box<Included>),
}

/// A transaction that was only estimated, and what was found on the way.
pub struct Estimated {
    pub quote: Quote,
    pub earlier: Earlier,
}

/// A transaction that is in a block, and what was found on the way.
pub struct Included {
    pub outcome: Outcome,
    /// What the journal has of it until the command has told of it.
    pub open: Option<Submission>,
    /// Whether an earlier run sent it.
    pub is_resumed: bool,
    /// What became of earlier transactions of the account whose end no run saw.
    pub earlier: Earlier,
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
        Self { outcome, open: None, is_resumed: false, earlier: Earlier::default() }
    }
}

impl Sent {
    /// Adds to `answer` what it cost, or would.
    pub fn tell(&self, answer: Answer) -> Answer {
        match self {
            Self::Estimated(estimated) => {
                let Estimated { quote, earlier } = &**estimated;
                let answer = answer
                    .was(answer::Outcome::DryRun)
                    .data("dry_run", true)
                    .fri("estimated_fee", quote.estimate)
                    .fri("most_fee", quote.most);
                answer.with_all(earlier.told().map(|it| ("earlier", it)).into_iter().collect())
            }
            Self::Included(included) => {
                let Included { outcome, is_resumed, earlier, .. } = &**included;
                let answer = answer
                    .was(answer::Outcome::Done)
                    .with("transaction", hex(outcome.transaction_hash))
                    .with("block", outcome.block_number)
                    .with("l2_gas", outcome.l2_gas)
                    .fri("fee", outcome.fee);
                let resumed = is_resumed.then(|| ("resumed", true.into()));
                let earlier = earlier.told().map(|it| ("earlier", it));
                answer.with_all(resumed.into_iter().chain(earlier).collect())
            }
        }
    }

    /// Prints `answer` with what it cost, or would.
    pub fn print(&self, printer: Printer, answer: Answer) -> Result<(), Failure> {
        self.told(printer.print(self.tell(answer)))
    }

    /// Takes the transaction out of the journal, now that `printed` tells of it: a run that ends before finds
    /// it there and pays nothing again.
    pub fn told(&self, printed: Result<(), Failure>) -> Result<(), Failure> {
        self.then(printed)?;
        // A dry run leaves everything as it is.
        if let Self::Included(included) = self {
            if let Some(submission) = &included.open {
                // If that fails, it is told once more, which harms nothing.
                let _ = submission.settle();
            }
            included.earlier.settle();
        }
        Ok(())
    }

    /// Returns what was done after it: if that failed, the failure names the transaction all the same.
    pub fn then<T>(&self, done: Result<T, impl Into<Failure>>) -> Result<T, Failure> {
        done.map_err(|failure| match self {
            Self::Estimated(_) => failure.into(),
            Self::Included(outcome) => failure.into().of(outcome.transaction_hash),
        })
    }

    /// Says whether an earlier run sent it, so that it may differ from what is asked for now.
    pub fn is_resumed(&self) -> bool {
        matches!(self, Self::Included(included) if included.is_resumed)
    }

    /// Says `done`, or what a dry run would have done.
    pub fn said(&self, done: &str) -> String {
        match self {
            Self::Estimated(_) => format!("would be {done}: nothing was sent"),
            Self::Included(_) => done.to_owned(),
        }
    }
}
