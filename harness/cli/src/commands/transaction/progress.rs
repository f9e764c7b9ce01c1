//! Waits for a transaction that was sent: shows progress, keeps to a time limit, and waits for a node that
//! does not answer for a moment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use session_client::{Error, Finality, Node, Outcome, Progress, Status, Submission, Wait};
use starknet_rust::core::types::Felt;

use super::alternatives::{possible, price};
use crate::commands::answer::Printer;
use crate::commands::exit::{Failure, Kind};
use crate::commands::hint;
use crate::commands::profile::WaitParams;
use crate::commands::terminal::printable;

/// Says of a transaction that it can never be included.
pub const OVERTAKEN: &str =
    "can never land, since another one of the account has its nonce: it was not paid";
/// The time between two pictures of the spinner on a terminal.
const TURN: Duration = Duration::from_millis(100);
/// The time between two lines of progress where there is no terminal.
const NOTE: Duration = Duration::from_secs(10);
/// What to do about a transaction that nobody here knows.
pub const NOT_OPEN: &str = "look for its hash at another node or in an explorer, and for what the account paid since then, before you \
     pay again; if it was sent from another folder or machine, name the journal there by --deployments";
/// What to do if a transaction can never be included.
const ANEW: &str = "run this again: it is made anew";

/// What the transactions of an account after it wait behind: the first one that is not executed.
enum First {
    /// This one is open in the journal.
    Open(Felt),
    /// One with this nonce, which is not in the journal.
    Foreign(Felt),
}

impl First {
    /// Returns what `submission` waits behind, if it is not the first one itself.
    async fn before(submission: &Submission, node: &Node) -> Option<Self> {
        let account = submission.entry().account;
        let next = node.nonce_of(account).await.ok()?;
        if next >= submission.entry().nonce {
            return None;
        }
        let open = node.unsettled(account).ok()?.into_iter().filter(|it| it.entry().nonce == next);
        let dearest = open.max_by_key(|it| price(it.entry()));
        Some(dearest.map_or(Self::Foreign(next), |it| Self::Open(it.hash())))
    }

    /// Returns what to do about it.
    fn remedy(&self) -> String {
        match self {
            Self::Open(hash) => {
                let wait = hint::wait(*hash);
                format!(
                    "it waits behind {hash:#066x}, which the account sent before it and which is not executed: \
                     look at that one with `{wait}`; if its price is too low by now, `{wait} --replace` replaces \
                     it by another one with a higher price"
                )
            }
            Self::Foreign(nonce) => format!(
                "it waits behind the account's transaction with the nonce {nonce}, which is not in this journal: \
                 look for what else sends for the account, such as a wallet, and whether its price is too low"
            ),
        }
    }
}

/// Waits until `submission` is in a block. The transaction stays in the journal until the command has
/// reported its result.
pub async fn wait(
    node: &Node,
    submission: &Submission,
    limits: WaitParams,
    printer: Printer,
) -> Result<Outcome, Failure> {
    let mut tell = tell(printer);
    let outcome = submission.wait_open(of(limits), |progress| tell(progress)).await;
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            let is_unknown = matches!(error, Error::Pending { status: Status::Unknown, .. });
            let is_pending = matches!(error, Error::Pending { .. });
            let failure = given_up(submission.hash(), limits.timeout, error);
            // The node was asked several times, and now says that another transaction has used the nonce.
            Err(match submission.is_overtaken().await {
                Ok(true) if is_unknown && matches!(possible(submission).await, Ok(None)) => {
                    overtaken(submission.hash())
                }
                _ if is_pending => match First::before(submission, node).await {
                    Some(first) => failure.remedy(first.remedy()),
                    None => failure,
                },
                _ => failure,
            })
        }
    }
}

/// Says that the transaction `hash` can never land, since `other` has its nonce and makes other calls.
pub fn overtaken_by(other: Felt, hash: Felt) -> Failure {
    overtaken(hash).but(format!("the transaction {OVERTAKEN}. That one is {other:#066x}"))
}

/// Says that the transaction `hash` can never land, and was not paid by any of its alternatives.
pub fn overtaken(hash: Felt) -> Failure {
    Failure::new(Kind::Pending, format!("the transaction {OVERTAKEN}")).remedy(ANEW).of(hash)
}

/// Waits until the transaction `hash` is in a block, whoever sent it. It is not open in the journal.
pub async fn wait_for(
    node: &Node,
    hash: Felt,
    limits: WaitParams,
    printer: Printer,
) -> Result<Outcome, Failure> {
    let mut tell = tell(printer);
    let outcome = node.wait_with(hash, of(limits), |progress| tell(progress)).await;
    outcome.map_err(|error| match error {
        Error::Pending { status: status @ Status::Unknown, .. } => {
            let seconds = limits.timeout;
            let what = format!(
                "after {seconds} s the transaction {}, and it is not open in this journal",
                status.words()
            );
            Failure::new(Kind::Pending, what).remedy(NOT_OPEN).of(hash)
        }
        error => given_up(hash, limits.timeout, error),
    })
}

fn of(limits: WaitParams) -> Wait {
    Wait::default()
        .with_finality(Finality::AcceptedOnL2)
        .with_limit(Duration::from_secs(limits.timeout))
        .with_longest_pause(Duration::from_secs(limits.retry_interval.max(1)))
}

/// Returns what reports progress: a spinner on a terminal, elsewhere a line now and then.
fn tell(printer: Printer) -> impl FnMut(&Progress) + Send {
    let wheel = wheel(printer);
    let mut next_note = NOTE;
    move |progress| {
        let how = match &progress.seen {
            Ok(status) => format!("the transaction {}", status.words()),
            Err(error) => format!("cannot ask: {error}"),
        };
        if !wheel.is_hidden() {
            wheel.set_message(printable(&how));
        } else if progress.waited >= next_note {
            next_note += NOTE;
            printer.note(format!("{} s: {how}", progress.waited.as_secs()));
        }
    }
}

/// Makes a spinner on stderr that turns until it is dropped. It is hidden if stderr is no terminal, and with
/// `--json`.
fn wheel(printer: Printer) -> ProgressBar {
    let target =
        if printer.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {elapsed}: {msg}");
    let wheel = ProgressBar::with_draw_target(None, target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_message("waiting for the transaction");
    wheel.enable_steady_tick(TURN);
    wheel
}

fn away(error: &Error) -> Failure {
    let what = "the transaction was sent, and the node does not say what became of it";
    Failure::new(Kind::Network, format!("{what}: {error}"))
}

fn given_up(hash: Felt, seconds: u64, error: Error) -> Failure {
    let wait = hint::wait(hash);
    let again =
        format!("look again with `{wait}`, or run this again: it goes on from what is on chain");
    let failure = match error {
        Error::Pending { status, .. } => {
            let what = format!("after {seconds} s the transaction {}", status.words());
            let failure = Failure::new(Kind::Pending, what);
            failure.remedy(match status {
                Status::Unknown => format!(
                    "the node does not know it. If it was sent from here, `{wait}` sends the same bytes again, \
                     `{wait} --replace` replaces it by another one with a higher price, and `{wait} --give-up` \
                     frees its nonce; else ask another node, or name the folder of its journal by --deployments"
                ),
                Status::Received | Status::Candidate => format!(
                    "it may still be included: {again}. If its price is too low by now, `{wait} --replace` \
                     replaces it by another one with a higher price"
                ),
                _ => format!("it may still be included: {again}"),
            })
        }
        Error::Uncertain { why: error, .. } => {
            away(&error).remedy(format!("it may still be included: {again}"))
        }
        error => away(&error).remedy(format!("it may still be included: {again}")),
    };
    failure.of(hash)
}
