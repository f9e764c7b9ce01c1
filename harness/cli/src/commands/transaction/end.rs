//! Sends calls that end sessions. Nothing may delay them.

use std::time::Duration;

use session_client::{Fri, Status, Submission, Transaction};
use starknet_rust::core::types::Felt;
use tokio::time::{sleep, timeout};

use super::desk::Desk;
use super::earlier::Earlier;
use super::resume::resend;
use super::sent::{Included, Sent};
use super::turn::Turn;
use crate::commands::exit::Failure;
use crate::commands::intent::Intent;

/// For how long a transaction that blocks the end of sessions is sent again.
const ENDING_RESEND: Duration = Duration::from_secs(2);
/// How often the end of sessions tries to replace a blocking transaction.
const ENDING_TRIES: usize = 4;
/// The pause between two of these tries, and between two looks at the blocking transaction.
const PAUSE: Duration = Duration::from_secs(1);

impl Desk {
    /// Sends calls that end sessions. If an earlier transaction of the account can neither be sent again nor
    /// be forgotten, the end replaces it at its nonce. Only one of the two can be included; if it is the
    /// earlier one, the end is sent after it.
    pub async fn end<T: Transaction>(
        &self,
        mut turn: Vec<Turn>,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        for _ in 0..ENDING_TRIES {
            let stuck = self.clear_the_way(intent.payer).await;
            // The transaction that was sent again may be this very end.
            if let Some(same) = self.same(intent).await? {
                drop(turn);
                return self.go_on(same).await;
            }
            let Some(stuck) = stuck else { break };
            let hash = stuck.hash();
            if !stuck.is_kept() {
                // The journal has no bytes of it that could be sent again, and no price that the end must
                // exceed.
                self.printer.warn(format!(
                    "{hash:#066x} is given up, so that the end of sessions can use its nonce"
                ));
                if let Err(error) = stuck.give_up().await {
                    self.printer.warn(Failure::from(error).what());
                }
                continue;
            }
            self.printer.warn(format!(
                "the network does not take {hash:#066x} of an earlier run: the end of sessions takes its place"
            ));
            let earlier = Earlier::of(self, intent).await;
            let drafted = self.draft_in_place_of(&stuck, deed, make(), limit).await;
            let submitted = match drafted {
                Ok(draft) => self.submit_draft(draft).await,
                Err(failure) => Err(failure),
            };
            let submission = match submitted {
                Ok(submission) => submission,
                Err(failure) => {
                    self.printer.warn(failure.what());
                    sleep(PAUSE).await;
                    continue;
                }
            };
            turn.clear();
            tokio::select! {
                included = self.wait(submission) => {
                    return Ok(Included { earlier, ..included? }.into());
                }
                () = landed(&stuck) => {
                    self.printer.warn(format!("{hash:#066x} was included first: the end of sessions is sent after it"));
                }
            }
        }
        let submitted = self.submit(intent, deed, make, limit, |_| Ok(())).await;
        drop(turn);
        self.finish(submitted?).await
    }

    /// Says whether the network accepts the same bytes once more, within some seconds.
    async fn is_taken_again(&self, submission: &Submission) -> bool {
        let resent = timeout(ENDING_RESEND, resend(submission, self.printer));
        submission.is_kept() && resent.await.is_ok_and(|it| it.is_ok())
    }

    /// Sends again what an earlier run signed for `payer` and the node does not know. Such a transaction may
    /// still be included and must not delay the end of a session, and the same bytes pay only once. Returns
    /// the transaction with the lowest nonce that the network does not accept and that may still be included.
    /// If it was itself replaced, this returns the replacement.
    async fn clear_the_way(&self, payer: Felt) -> Option<Submission> {
        let mut stuck: Option<Submission> = None;
        for submission in self.chain.node.unsettled(payer).unwrap_or_default() {
            if submission.status().await.is_ok_and(|it| it == Status::Unknown)
                && !submission.is_overtaken().await.unwrap_or(false)
                && !self.is_taken_again(&submission).await
                && stuck.as_ref().is_none_or(|it| it.entry().nonce == submission.entry().nonce)
            {
                stuck = Some(submission);
            }
        }
        // If another transaction at this nonce was accepted, nothing blocks the end.
        let nonce = stuck.as_ref()?.entry().nonce;
        for submission in self.chain.node.unsettled(payer).unwrap_or_default() {
            if submission.entry().nonce == nonce
                && submission.status().await.is_ok_and(|it| it != Status::Unknown)
            {
                return None;
            }
        }
        stuck
    }
}

/// Waits until `stuck` is included after all.
async fn landed(stuck: &Submission) {
    while !matches!(stuck.status().await, Ok(Status::Executed(_))) {
        sleep(PAUSE).await;
    }
}
