//! Transactions that do the same at one nonce, of which one alone can land.

use std::time::Duration;

use session_client::journal::Entry;
use session_client::{Broadcast, Status, Submission};
use tokio::time::timeout;

use crate::commands::exit::Failure;

/// How long it is looked for what landed in a transaction's place, which was waited for already.
const LOOK: Duration = Duration::from_secs(10);

/// Returns the one of `submission` and its alternatives that the node knows, what was executed first. If the
/// node knows none, it is the one that was made last, whose price is the highest.
pub async fn foremost(submission: &Submission) -> Result<(Submission, Status), Failure> {
    let newest = newest(submission)?;
    let mut others = submission.alternatives()?;
    others.push(submission.clone());
    let of = |error| Failure::from(error).of(submission.hash());
    let mut foremost = (newest.status().await.map_err(of)?, newest);
    for other in others {
        let status = other.status().await.map_err(of)?;
        if rank(status) > rank(foremost.0) {
            foremost = (status, other);
        }
    }
    let (status, submission) = foremost;
    Ok((submission, status))
}

/// Returns the one of `submission` and its alternatives that was made last.
pub fn newest(submission: &Submission) -> Result<Submission, Failure> {
    let mut all = submission.alternatives()?;
    all.push(submission.clone());
    let replaced: Vec<_> = all.iter().filter_map(|it| it.entry().replaces).collect();
    // None was written in the place of the last one.
    all.sort_by_key(|it| (!replaced.contains(&it.hash()), it.entry().written_at));
    Ok(all.pop().unwrap_or_else(|| submission.clone()))
}

/// Returns the alternative of `submission` that was executed, if the node says so.
pub async fn landed(submission: &Submission) -> Option<Submission> {
    match timeout(LOOK, foremost(submission)).await {
        Ok(Ok((other, Status::Executed(_)))) if other.hash() != submission.hash() => Some(other),
        _ => None,
    }
}

/// Returns an alternative of `submission` of which the node does not say that it is unknown: as long as
/// there is one, nobody can say that nothing was paid.
pub async fn possible(submission: &Submission) -> Result<Option<Submission>, Failure> {
    for other in submission.alternatives()? {
        if !matches!(other.status().await, Ok(Status::Unknown)) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Returns the highest price of L2 gas that the transaction of `entry` pays, and its tip, both in FRI. Both are 0
/// if the journal does not have the transaction's bytes.
pub const fn price(entry: &Entry) -> (u128, u64) {
    match &entry.transaction {
        Some(Broadcast::Invoke(invoke)) => {
            (invoke.resource_bounds.l2_gas.max_price_per_unit, invoke.tip)
        }
        _ => (0, 0),
    }
}

/// Returns how much is known of a transaction with this status; of one that was executed most.
pub const fn rank(status: Status) -> u8 {
    match status {
        Status::Unknown => 0,
        Status::Executed(_) => 2,
        _ => 1,
    }
}
