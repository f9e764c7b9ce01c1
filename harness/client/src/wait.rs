//! Waits for a transaction that was sent.

use std::time::Duration;

use starknet_rust::core::types::{Felt, StarknetError, TransactionStatus};
use starknet_rust::providers::{Provider, ProviderError};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::status::{Finality, Status};
use crate::transport::pauses;

/// The longest time that a node may take to answer one look.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

impl Status {
    /// Asks the node of `provider` for the status of the transaction `hash`.
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
}

/// The result of one look at a transaction that is waited for.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// use session_client::{Status, Wait};
///
/// let tell = |progress: &session_client::Progress| match &progress.seen {
///     Ok(Status::Unknown) => println!("after {:?}: nobody knows it", progress.waited),
///     seen => println!("after {:?}: {seen:?}", progress.waited),
/// };
/// node.wait_with(7_u8.into(), Wait::default(), tell).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The transaction's hash.
    pub hash: Felt,
    /// The time since the wait began.
    pub waited: Duration,
    /// What the node knows of the transaction, or why it did not answer.
    pub seen: Result<Status>,
}

/// What a wait ends with, and how long it lasts.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// use std::time::Duration;
/// use session_client::{Finality, Wait};
///
/// let wait =
///     Wait::default().with_finality(Finality::PreConfirmed).with_limit(Duration::from_secs(30));
/// let outcome = node.wait_with(7_u8.into(), wait, |progress| println!("{:?}", progress.seen)).await?;
/// println!("{:?}", outcome.reverted);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The finality to wait for: by default [`Finality::AcceptedOnL2`], a block.
    pub finality: Finality,
    /// The longest wait: by default 5 minutes, which is how long networks keep a transaction that waits.
    pub limit: Duration,
    /// The longest pause between two looks: by default 5 s.
    pub longest_pause: Duration,
}

impl Wait {
    /// Sets the finality to wait for.
    #[must_use]
    pub const fn with_finality(self, finality: Finality) -> Self {
        Self { finality, ..self }
    }

    /// Sets the longest wait.
    #[must_use]
    pub const fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Sets the longest pause between two looks.
    #[must_use]
    pub const fn with_longest_pause(self, longest_pause: Duration) -> Self {
        Self { longest_pause, ..self }
    }
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
    /// Waits until the transaction `hash` is as final as `self.finality`, and returns its outcome, reverted
    /// or not. A look that fails does not end the wait. `progress` is called after each look but the last.
    ///
    /// # Errors
    /// [`Error::Pending`] with the transaction's last known status if the time is over, and
    /// [`Error::Uncertain`] if the last look failed.
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
                // The node's error alone would say that nothing was sent, which is wrong for a transaction
                // that was.
                return Err(match seen {
                    Ok(status) => Error::Pending { hash, status },
                    Err(why) => Error::Uncertain { hash, why: Box::new(why) },
                });
            }
            let pause = pauses.next().unwrap_or(self.longest_pause).min(self.longest_pause);
            sleep(pause.min(self.limit.saturating_sub(waited))).await;
        }
    }

    /// Looks once. A node may report a transaction as included before it has the receipt, and may return
    /// the receipt of a block that was dropped since.
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
