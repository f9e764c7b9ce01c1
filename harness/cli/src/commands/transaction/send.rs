//! Sends a command's transaction, once, and when it is this process's turn.

use std::time::Duration;

use session_client::{Fri, Status, Submission, Transaction};
use starknet_rust::core::types::Felt;

use super::alternatives::foremost;
use super::desk::Desk;
use super::earlier::Earlier;
use super::progress;
use super::sent::{Estimated, Included, Sent};
use super::turn::Turn;
use crate::commands::exit::{Failure, Kind};
use crate::commands::intent::Intent;

/// How long a command that ends sessions waits for its turn.
const ENDING_TURN: Duration = Duration::from_secs(3);

impl Desk {
    /// Sends the transaction from `make`, which does what `intent` says; `deed` names it in words, and
    /// `limit` is the most that it may cost. If an earlier run or another process with this journal sent the
    /// same and nobody saw the result, this goes on with that transaction instead.
    pub async fn send<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        if intent.is_ending {
            // Before anything is sent again to clear the way.
            self.fee.without_nonce("the end of sessions takes the first place that there is")?;
        }
        if self.fee.dry_run {
            return self.estimate(intent, deed, make, limit).await;
        }
        // The turn lasts from the look for an earlier transaction until the new one is in the journal. After
        // that, other processes find it there.
        let turn = self.turn(intent).await?;
        if intent.is_ending {
            return self.end(turn, intent, deed, make, limit).await;
        }
        if let Some(same) = self.same(intent).await? {
            drop(turn);
            self.is_at_its_nonce(&same.0)?;
            return self.go_on(same).await;
        }
        let submitted = self.submit(intent, deed, make, limit, |_| Ok(())).await;
        drop(turn);
        self.finish(submitted?).await
    }

    /// Sends the transaction from `make`, whatever an earlier run sent. `record` gets its hash before it is
    /// sent, and again if it is made and sent once more at the same nonce.
    pub async fn send_recorded<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Sent, Failure> {
        if self.fee.dry_run {
            return self.estimate(intent, deed, make, limit).await;
        }
        let submitted = self.submit(intent, deed, make, limit, record).await?;
        self.finish(submitted).await
    }

    /// Takes the turn of `intent`'s accounts. A command that ends sessions goes on without its turn after
    /// some seconds.
    async fn turn(&self, intent: &Intent<'_>) -> Result<Vec<Turn>, Failure> {
        let folder = self.settings.journal_folder(&self.chain.network);
        let limit = if intent.is_ending {
            ENDING_TURN
        } else {
            Duration::from_secs(self.settings.wait.timeout)
        };
        // Every process takes the accounts in the same order, so that no two wait for each other.
        let mut accounts = vec![intent.account, intent.payer];
        accounts.sort();
        accounts.dedup();
        let mut turns = Vec::new();
        for account in accounts {
            match Turn::take(&folder, account, limit, self.printer).await {
                Ok(Some(turn)) => turns.push(turn),
                taken if intent.is_ending => {
                    let why = taken.err();
                    let why = why.as_ref().map_or("another command has it", Failure::what);
                    self.printer
                        .warn(format!("the end of sessions does not wait for its turn: {why}"));
                }
                Ok(_) => {
                    let what = "another command sends for this account: nothing was sent";
                    return Err(Failure::new(Kind::Pending, what).remedy("run this again after it"));
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(turns)
    }

    /// Reports what [`replace`](Self::replace) would do. Sends nothing, and leaves the journal as it is.
    async fn estimate_replacement<T: Transaction>(
        &self,
        asked: &Submission,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let (stuck, status) = foremost(asked).await?;
        let is_replaced = stuck.hash() != asked.hash() && status != Status::Unknown;
        if is_replaced || matches!(status, Status::Executed(_)) {
            return self.look(&stuck).await;
        }
        match self.draft_in_place_of(&stuck, deed, transaction, limit).await {
            Ok(draft) => {
                let (quote, earlier) = (*draft.quote(), Earlier::default());
                Ok(Estimated { quote, earlier, replaces: None }.into())
            }
            Err(failure) if failure.is_of_the_node() => Err(failure),
            // It may have been executed meanwhile, which is why it cannot be replaced.
            Err(failure) => match foremost(asked).await {
                Ok((landed, Status::Executed(_))) => self.look(&landed).await,
                _ => Err(failure),
            },
        }
    }

    /// Waits until `submission` is in a block, and leaves it in the journal.
    async fn look(&self, submission: &Submission) -> Result<Sent, Failure> {
        let Self { chain, settings, printer, .. } = self;
        let outcome = progress::wait(&chain.node, submission, settings.wait, *printer).await?;
        Ok(Included::from(outcome.succeeded()?).into())
    }

    /// Puts `transaction` in the place of `asked`, for a higher price within `limit`, and waits until one of
    /// the two is in a block. If something took its place already, that is gone on with: it is
    /// replaced itself only if the node does not know it.
    pub async fn replace<T: Transaction>(
        &self,
        asked: &Submission,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let deed = "put it in place of the other";
        if self.fee.dry_run {
            return self.estimate_replacement(asked, deed, transaction, limit).await;
        }
        // Another command may be about to replace it: the same is not paid for twice.
        let turn = self.turn(&Intent::of(asked.entry().account)).await?;
        let hash = asked.hash();
        if self.chain.node.submission(hash)?.is_none() {
            let what = format!("another command saw the end of {hash:#066x}: nothing was sent");
            let remedy = "look what it answered, or whether the payment is on chain, before it is made again";
            return Err(Failure::new(Kind::Pending, what).remedy(remedy).of(hash));
        }
        let (stuck, status) = foremost(asked).await?;
        let is_replaced = stuck.hash() != hash && status != Status::Unknown;
        if is_replaced || matches!(status, Status::Executed(_)) {
            drop(turn);
            self.printer.resuming(stuck.hash());
            return Ok(self.wait(stuck).await?.into());
        }
        let submitted = match self.draft_in_place_of(&stuck, deed, transaction, limit).await {
            Ok(draft) => self.submit_draft(draft).await,
            Err(failure) => Err(failure),
        };
        drop(turn);
        let submission = match submitted {
            Ok(submission) => submission,
            // A node that is away does not say more if it is asked again.
            Err(failure) if failure.is_of_the_node() => return Err(failure),
            // It may have landed meanwhile, which is why it cannot be replaced.
            Err(failure) => match foremost(asked).await {
                Ok((landed, Status::Executed(_))) => landed,
                _ => return Err(failure),
            },
        };
        Ok(self.wait(submission).await?.into())
    }
}
