//! Waiting for a transaction that was sent.

use std::time::Duration;

use starknet_rust::core::types::{Felt, StarknetError, TransactionStatus};
use starknet_rust::providers::{Provider, ProviderError};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Error, Result};
use crate::node::pauses;
use crate::outcome::{Finality, Outcome};

/// How long a node may take to answer one look.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// What a node knows of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The node does not know it: it was never sent, was sent through another node a moment ago, or was
    /// dropped without a fee. It may still be included as long as its nonce is not used.
    Unknown,
    /// The node took it, and it waits for its turn.
    Received,
    /// A proposer took it and has not executed it yet.
    Candidate,
    /// It was executed, and is this final.
    Executed(Finality),
}

impl Status {
    /// Asks the node of `provider` for what it knows of the transaction `hash`.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn ask<P: Provider + Sync>(provider: &P, hash: Felt) -> Result<Self> {
        Ok(match provider.get_transaction_status(hash).await {
            Ok(TransactionStatus::Received) => Self::Received,
            Ok(TransactionStatus::Candidate) => Self::Candidate,
            Ok(TransactionStatus::PreConfirmed(_)) => Self::Executed(Finality::PreConfirmed),
            Ok(TransactionStatus::AcceptedOnL2(_)) => Self::Executed(Finality::AcceptedOnL2),
            Ok(TransactionStatus::AcceptedOnL1(_)) => Self::Executed(Finality::AcceptedOnL1),
            Err(ProviderError::StarknetError(StarknetError::TransactionHashNotFound)) => {
                Self::Unknown
            }
            Err(error) => return Err(error.into()),
        })
    }

    /// Says it as the end of a sentence about a transaction.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => {
                "is unknown to the node: it was not sent, or was dropped, or another \
                              node has it"
            }
            Self::Received => "was received and is not executed yet",
            Self::Candidate => "is about to be executed",
            Self::Executed(Finality::PreConfirmed) => "is pre-confirmed and in no block yet",
            Self::Executed(Finality::AcceptedOnL2) => "is in a block, not on Ethereum yet",
            Self::Executed(Finality::AcceptedOnL1) => "is final",
        }
    }
}

/// One look at a transaction that is waited for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The transaction's hash.
    pub hash: Felt,
    /// How long it has been waited for.
    pub waited: Duration,
    /// What the node knows of it, or why it does not say.
    pub seen: Result<Status>,
}

/// For what to wait, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// What is waited for: by default [`Finality::AcceptedOnL2`], a block.
    pub finality: Finality,
    /// For how long: by default 5 minutes, as long as networks keep a transaction that waits.
    pub limit: Duration,
    /// The longest pause between two looks: by default 5 s.
    pub longest_pause: Duration,
}

impl Default for Wait {
    fn default() -> Self {
        Self {
            finality: Finality::default(),
            limit: Duration::from_secs(300),
            longest_pause: Duration::from_secs(5),
        }
    }
}

impl Wait {
    /// Waits until the transaction `hash` is as final as asked for, and returns what became of it,
    /// reverted or not. Looks that fail do not end it: they are told to `progress`, as all others are.
    ///
    /// # Errors
    /// [`Error::Pending`] if the time is up, with what was last known of the transaction, and
    /// [`Error::Unreachable`] or [`Error::Node`] if the node did not even say that.
    pub async fn until<P: Provider + Sync>(
        self,
        provider: &P,
        hash: Felt,
        mut progress: impl FnMut(&Progress) + Send,
    ) -> Result<Outcome> {
        let start = Instant::now();
        let mut pauses = pauses();
        loop {
            let seen = match timeout(LONGEST_LOOK, self.look(provider, hash)).await {
                Ok(Ok((_, Some(outcome)))) => return Ok(outcome),
                Ok(Ok((status, None))) => Ok(status),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(Error::Node("it does not answer".to_owned())),
            };
            let told = Progress { hash, waited: start.elapsed(), seen };
            progress(&told);
            let Progress { waited, seen, .. } = told;
            if waited >= self.limit {
                return Err(Error::Pending { hash, status: seen? });
            }
            let pause = pauses.next().unwrap_or(self.longest_pause).min(self.longest_pause);
            sleep(pause.min(self.limit.saturating_sub(waited))).await;
        }
    }

    /// Looks once. A node may know that a transaction is in a block before it has the receipt, and its
    /// receipt may be of a block that was dropped since.
    async fn look<P: Provider + Sync>(
        self,
        provider: &P,
        hash: Felt,
    ) -> Result<(Status, Option<Outcome>)> {
        let status = Status::ask(provider, hash).await?;
        let outcome = match status {
            Status::Executed(finality) if finality >= self.finality => {
                Outcome::find(provider, hash).await?.filter(|it| it.finality >= self.finality)
            }
            _ => None,
        };
        Ok((status, outcome))
    }
}

/// Waits until the transaction `hash` is in a block, for at most five minutes.
///
/// # Errors
/// As for [`Wait::until`].
pub async fn wait<P: Provider + Sync>(provider: &P, hash: Felt) -> Result<Outcome> {
    Wait::default().until(provider, hash, |_| {}).await
}
