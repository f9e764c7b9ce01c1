//! Sends calls that end sessions. Nothing may delay them.

use std::time::Duration;

use session_client::{Fri, Submission, Transaction};
use starknet_rust::core::types::Felt;
use tokio::time::{sleep, timeout};

use super::alternatives::landed;
use super::desk::Desk;
use super::earlier::Earlier;
use super::place::Place;
use super::sent::{Included, Sent};
use super::submit::Submitted;
use super::turn::Turn;
use crate::commands::exit::Failure;
use crate::commands::intent::Intent;

/// How often the end of sessions tries to take its place.
const ENDING_TRIES: usize = 4;
/// The pause between two of these tries, and between two looks at what is open.
const PAUSE: Duration = Duration::from_secs(1);

impl Desk {
    /// Sends calls that end sessions, with the account's first unused nonce, so that they wait behind nothing.
    /// If a transaction of an earlier run is open there, the end replaces it at a higher price: only one of
    /// the two can be included. If it is the earlier one, the end is sent with the next nonce, in the same
    /// way. What is open at later nonces cannot be executed before the end.
    ///
    /// An earlier run's end that is open at the first unused nonce is waited for if its price suffices: it is
    /// executed after this command began, and so ends what there is to end now.
    pub async fn end<T: Transaction>(
        &self,
        mut turn: Vec<Turn>,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let mut tries = ENDING_TRIES;
        while tries > 0 {
            let same = self.at_work(intent).await;
            let payer = same.as_ref().map_or(intent.payer, |it| it.entry().account);
            let place = Place::of(self, payer).await?;
            let is_resumed = same.is_some();
            let taken = match same {
                Some(submission) => {
                    self.printer.resuming(submission.hash());
                    Ok(Submitted { submission, earlier: Earlier::default() })
                }
                None => self.take(&place, intent, deed, &make, limit).await,
            };
            let Submitted { submission: ending, earlier } = match taken {
                Ok(submitted) => submitted,
                Err(failure) => {
                    let is_final = place.open.is_empty() || failure.is_of_the_user();
                    if is_final && !self.has_moved(&place, payer).await {
                        return Err(failure);
                    }
                    self.printer.warn(failure.what());
                    sleep(PAUSE).await;
                    tries -= 1;
                    continue;
                }
            };
            turn.clear();
            tokio::select! {
                included = self.wait(ending.clone()) => {
                    let told = Told { place, earlier, ending: ending.hash(), is_resumed };
                    return Ok(told.of(included?, intent).into());
                }
                () = lost(&ending, &place) => {}
            }
            // What came first may be the same end, which this one replaced or another run sent.
            let came_first = match place.landed().await {
                Some(other) if intent.is_of(other.entry()) => Some(other.clone()),
                _ => landed(&ending).await,
            };
            if let Some(same) = came_first
                && let Ok(included) = self.wait(same).await
            {
                let told = Told { place, earlier, ending: ending.hash(), is_resumed: true };
                return Ok(told.of(included, intent).into());
            }
            self.printer.warn(
                "another transaction of the account was included first: the end of sessions is sent after it",
            );
            if place.open.is_empty() {
                // Somebody else uses the account's nonces.
                tries -= 1;
            }
        }
        self.printer.warn("the end of sessions is sent behind what is open");
        let submitted = self.submit(intent, deed, make, limit, |_| Ok(())).await;
        drop(turn);
        self.finish(submitted?).await
    }

    /// Sends the end with the nonce of `place`, in the place of what is open there.
    async fn take<T: Transaction>(
        &self,
        place: &Place,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Submitted, Failure> {
        let Some(stuck) = place.dearest() else {
            return self.submit_at(place.nonce, intent, deed, make, limit).await;
        };
        let earlier = Earlier::of(self, intent).await;
        self.printer.warn(format!(
            "{:#066x} of an earlier run is open, and not executed yet: the end of sessions takes its place, so \
             that only one of the two can be included",
            stuck.hash()
        ));
        let draft = self.draft_of_end(place, intent, deed, make(), limit).await?;
        Ok(Submitted { submission: self.submit_draft(draft).await?, earlier })
    }

    /// Says whether the first unused nonce of `payer` is another one than that of `place` by now.
    async fn has_moved(&self, place: &Place, payer: Felt) -> bool {
        // A node that is away is not waited for.
        let now = timeout(PAUSE, self.chain.node.nonce_of(payer)).await;
        matches!(now, Ok(Ok(now)) if now != place.nonce)
    }
}

/// What is told of an end of sessions, beside its outcome.
struct Told {
    /// The place that it took.
    place: Place,
    earlier: Earlier,
    ending: Felt,
    is_resumed: bool,
}

impl Told {
    /// Adds it to `included`, and what became of the other transactions at the nonce of the end.
    fn of(self, included: Included, intent: &Intent<'_>) -> Included {
        let Self { place, mut earlier, ending, is_resumed } = self;
        let hash = included.transaction_hash;
        let replaces =
            place.dearest().map(Submission::hash).filter(|_| hash == ending && !is_resumed);
        for submission in place.open.into_iter().filter(|it| it.hash() != hash) {
            earlier.lost_its_place(submission, intent);
        }
        Included { earlier, replaces, is_resumed, ..included }
    }
}

/// Waits until `ending` can never be included, because another transaction of the account has its nonce: one
/// that was open at its `place`, or any other.
async fn lost(ending: &Submission, place: &Place) {
    loop {
        sleep(PAUSE).await;
        let others = place.landed().await.is_some_and(|it| it.hash() != ending.hash());
        if others || ending.is_overtaken().await.unwrap_or(false) {
            return;
        }
    }
}
