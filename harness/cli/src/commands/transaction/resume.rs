//! Goes on with a transaction that an earlier run sent and whose result nobody saw, so that it is not made
//! twice.

use std::time::Duration;

use session_client::journal::Files;
use session_client::{Outcome, Status, Submission};
use starknet_rust::core::types::Felt;
use tokio::time::timeout;

use super::alternatives::{landed, newest, price};
use super::desk::Desk;
use super::progress;
use super::sent::{Included, Sent};
use crate::commands::answer::Printer;
use crate::commands::exit::{Failure, Kind};
use crate::commands::hint;
use crate::commands::intent::Intent;

/// For how long an end of an earlier run is sent again.
const ENDING_RESEND: Duration = Duration::from_secs(2);

impl Desk {
    /// Goes on with a transaction that an earlier run signed and that does what `intent` says, if nobody saw
    /// its result. Sends the same bytes again if the node does not know them, and waits. Returns `None` if
    /// there is no such transaction, or if it can have no effect any more; the command must then send its
    /// own. An end of sessions is gone on with only if nothing holds it up.
    pub async fn resume_same(&self, intent: &Intent<'_>) -> Result<Option<Sent>, Failure> {
        if self.fee.dry_run {
            return Ok(None);
        }
        if intent.is_ending {
            return match self.at_work(intent).await {
                // It was sent again, if the node did not know it.
                Some(same) => self.go_on((same, Status::Received)).await.map(Some),
                None => Ok(None),
            };
        }
        match self.same(intent).await? {
            Some(same) => {
                self.is_at_its_nonce(&same.0)?;
                self.go_on(same).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Refuses to go on with `same` if --nonce asks for another nonce, since the payment would then be made
    /// twice.
    pub fn is_at_its_nonce(&self, same: &Submission) -> Result<(), Failure> {
        let (hash, nonce) = (same.hash(), same.entry().nonce);
        if self.fee.nonce.is_none_or(|asked| asked == nonce) {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Pending,
            format!(
                "an earlier run sent the same with the nonce {nonce}: {hash:#066x}. Nothing was sent"
            ),
        )
        .remedy(format!(
            "wait for it with `{}`; a payment is made once more by --beside",
            hint::wait(hash)
        ))
        .of(hash))
    }

    /// Finds the transaction with which [`resume_same`](Self::resume_same) goes on. A transaction that the
    /// node knows comes before others. Among the others, the last one counts, since it replaced those before
    /// it.
    pub async fn same(&self, intent: &Intent<'_>) -> Result<Option<(Submission, Status)>, Failure> {
        let mut unknown = None;
        for submission in
            self.all_unsettled()?.into_iter().rev().filter(|it| intent.is_of(it.entry()))
        {
            match submission.status().await? {
                Status::Unknown if unknown.is_some() => {}
                Status::Unknown => {
                    if self.may_land(&submission, intent).await? {
                        unknown = Some(newest(&submission)?);
                    }
                }
                status => return Ok(Some((submission, status))),
            }
        }
        Ok(unknown.map(|it| (it, Status::Unknown)))
    }

    /// Finds an earlier run's end that does what `intent` says and that nothing holds up: it has its account's
    /// first unused nonce, and the price suffices. One that was executed before does not count, since a
    /// session may have been registered after it.
    pub async fn at_work(&self, intent: &Intent<'_>) -> Option<Submission> {
        let open = match self.all_unsettled() {
            Ok(open) => open,
            Err(failure) => {
                self.printer.warn(failure.what());
                return None;
            }
        };
        for submission in open.into_iter().rev().filter(|it| intent.is_of(it.entry())) {
            if self.is_at_work(&submission, intent).await.unwrap_or(false) {
                return Some(submission);
            }
        }
        None
    }

    async fn is_at_work(
        &self,
        submission: &Submission,
        intent: &Intent<'_>,
    ) -> Result<bool, Failure> {
        let entry = submission.entry();
        let status = submission.status().await?;
        if matches!(status, Status::Executed(_))
            || self.chain.node.nonce_of(entry.account).await? != entry.nonce
            || price(entry).0 < self.chain.l2_gas_price().await?
            || intent.is_late(entry, self.chain.now().await?)
        {
            return Ok(false);
        }
        Ok(status != Status::Unknown || self.is_taken_again(submission).await)
    }

    /// Says whether the network accepts the same bytes once more, within some seconds.
    async fn is_taken_again(&self, submission: &Submission) -> bool {
        let resent = timeout(ENDING_RESEND, resend(submission, self.printer));
        submission.is_kept() && resent.await.is_ok_and(|it| it.is_ok())
    }

    /// Says whether a transaction that the node does not know may still be included.
    async fn may_land(
        &self,
        submission: &Submission,
        intent: &Intent<'_>,
    ) -> Result<bool, Failure> {
        if submission.is_overtaken().await? {
            // `Earlier` reports it.
            return Ok(false);
        }
        if intent.is_late(submission.entry(), self.chain.now().await?) {
            submission.clone().give_up().await?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Sends the same bytes again if the node does not know them, and waits.
    pub async fn go_on(&self, same: (Submission, Status)) -> Result<Sent, Failure> {
        let (submission, status) = same;
        self.printer.resuming(submission.hash());
        if status == Status::Unknown {
            resend(&submission, self.printer).await?;
        }
        let included = self.wait(submission).await?;
        Ok(Included { is_resumed: true, ..included }.into())
    }

    /// Returns the open transactions in the journal for this chain, whoever pays for them, the newest last.
    pub fn all_unsettled(&self) -> Result<Vec<Submission>, Failure> {
        let folder = self.settings.journal_folder(&self.chain.network);
        let hashes = Files::in_folder(&folder).hashes();
        let hashes = hashes.map_err(|error| Failure::file(&folder, error))?;
        let mut open = Vec::new();
        for hash in hashes {
            if let Some(submission) = self.chain.node.submission(hash)?
                && submission.entry().chain_id == self.chain.node.chain_id()
            {
                open.push(submission);
            }
        }
        open.sort_by_key(|it| (it.entry().written_at, it.entry().nonce));
        Ok(open)
    }

    /// Waits until `submission` is in a block, or one of its alternatives is, and did what it should.
    pub async fn wait(&self, submission: Submission) -> Result<Included, Failure> {
        let failure =
            match progress::wait(&self.chain.node, &submission, self.settings.wait, self.printer)
                .await
            {
                Ok(outcome) => return done(submission, outcome),
                Err(failure) => failure,
            };
        // If the node does not say, the failure names what may be on its way.
        let Some(other) = landed(&submission).await else { return Err(failure) };
        let outcome =
            progress::wait(&self.chain.node, &other, self.settings.wait, self.printer).await?;
        done(other, outcome)
    }

    /// Waits for the transaction `hash`, which an earlier run sent. Returns `None` if the node does not know
    /// it, or if it failed; the command must then send its own.
    pub async fn resume(&self, hash: Option<Felt>) -> Result<Option<Sent>, Failure> {
        let Some(hash) = hash else { return Ok(None) };
        let open = self.chain.node.submission(hash)?;
        if self.chain.node.status_of(hash).await? == Status::Unknown {
            if let Some(submission) = open {
                submission.give_up().await?;
            }
            return Ok(None);
        }
        self.printer.resuming(hash);
        let outcome =
            progress::wait_for(&self.chain.node, hash, self.settings.wait, self.printer).await?;
        let resumed =
            |outcome| Included { is_resumed: true, open, ..Included::from(outcome) }.into();
        Ok(outcome.succeeded().ok().map(resumed))
    }
}

/// Returns what was included, if it did what it should. One that reverted leaves the journal: the failure
/// tells of it.
fn done(submission: Submission, outcome: Outcome) -> Result<Included, Failure> {
    if outcome.reverted.is_some() {
        submission.settle()?;
    }
    Ok(Included { open: Some(submission), ..outcome.succeeded()?.into() })
}

/// Sends the same bytes again, which pay once.
pub async fn resend(submission: &Submission, printer: Printer) -> Result<(), Failure> {
    let hash = submission.hash();
    submission.resend().await.map_err(|error| {
        let failure = Failure::from(error).of(hash);
        failure.remedy(format!(
            "if the network does not accept it any more, for example after the restart of a devnet, \
             `{} --give-up` frees its nonce",
            hint::wait(hash)
        ))
    })?;
    printer.note(format!("sent again, the same bytes: {hash:#066x}"));
    Ok(())
}
