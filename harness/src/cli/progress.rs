//! Waiting for a transaction that was sent: with progress, a time limit, and patience with a node
//! that is away for a moment.

use std::time::{Duration, Instant};

use session_harness::{Error, Outcome, look};
use starknet_rust_core::types::Felt;

use super::answer::Printer;
use super::chain::Node;
use super::exit::{Failure, Kind};
use super::profile::WaitParams;

/// How often to say that it is still waited for.
const NOTE: Duration = Duration::from_secs(10);
const FIRST_LOOKS: u32 = 4;
const FIRST_INTERVAL: Duration = Duration::from_millis(250);
/// How long a node has to answer.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// Waits until the transaction `hash` is in a block.
pub async fn wait(
    node: &Node,
    hash: Felt,
    limits: WaitParams,
    printer: Printer,
) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let limit = Duration::from_secs(limits.timeout);
    let interval = Duration::from_secs(limits.retry_interval.max(1));
    let mut next_note = NOTE;
    let mut looks = 0;
    loop {
        let patience = limit.saturating_sub(start.elapsed()).clamp(SHORTEST_LOOK, LONGEST_LOOK);
        let trouble = match tokio::time::timeout(patience, look(node, hash)).await {
            Ok(Ok(Some(outcome))) => return Ok(outcome),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(Error::Node("it does not answer".to_owned())),
        };
        let waited = start.elapsed();
        if waited >= limit {
            return Err(given_up(hash, limits.timeout, trouble));
        }
        if waited >= next_note {
            next_note += NOTE;
            let how = match &trouble {
                None => "not in a block yet".to_owned(),
                Some(error) => format!("cannot ask: {error}"),
            };
            printer.note(format!("{} s: {how}", waited.as_secs()));
        }
        // A devnet answers at once, and most networks within seconds.
        let pause = if looks < FIRST_LOOKS { FIRST_INTERVAL } else { interval };
        looks += 1;
        tokio::time::sleep(pause.min(limit - waited)).await;
    }
}

fn given_up(hash: Felt, seconds: u64, trouble: Option<Error>) -> Failure {
    let again = format!(
        "it may still be included. Look again with `session-harness wait {hash:#066x}`, or run \
         this again: it goes on from what is on chain"
    );
    let failure = match trouble {
        None => Failure::new(
            Kind::Pending,
            format!("the transaction was sent, and is in no block after {seconds} s"),
        ),
        Some(error) => Failure::new(
            Kind::Network,
            format!(
                "the transaction was sent, and the node does not say what became of it: {error}"
            ),
        ),
    };
    failure.remedy(again).of(hash)
}
