//! A transaction's way: estimated, shown, agreed to, sent, waited for.

use std::ops::Deref;
use std::time::Duration;

use session_client::journal::Files;
use session_client::{Fri, Outcome, Quote, Status, Submission, Transaction};
use starknet_rust::core::types::Felt;
use tokio::time::{sleep, timeout};

use super::answer::{self, Answer, Printer, hex};
use super::ask;
use super::chain::Chain;
use super::earlier::Earlier;
use super::exit::{Failure, Kind};
use super::intent::Intent;
use super::journal::Lenient;
use super::options::{FeeOptions, Globals, NodeOptions};
use super::progress;
use super::settings::Settings;
use super::turn::Turn;

/// How long what ends sessions waits for its turn.
const ENDING_TURN: Duration = Duration::from_secs(3);
/// For how long what is in the way of the end of sessions is sent again.
const ENDING_RESEND: Duration = Duration::from_secs(2);
/// How often the end of sessions is put in the place of what is stuck.
const ENDING_TRIES: usize = 4;
/// The pause between two of these tries, and two looks at what is stuck.
const PAUSE: Duration = Duration::from_secs(1);

/// What every transaction of a command has in common.
pub struct Desk {
    pub settings: Settings,
    pub chain: Chain,
    pub printer: Printer,
    pub fee: FeeOptions,
}

/// What became of a transaction.
pub enum Sent {
    /// Nothing: it was only estimated.
    Estimated(Box<Estimated>),
    /// It is in a block, and did what it should.
    Included(Box<Included>),
}

/// A transaction that was only estimated, and what was found on the way.
pub struct Estimated {
    quote: Quote,
    earlier: Earlier,
}

/// A transaction that is in a block, and what was found on the way.
pub struct Included {
    outcome: Outcome,
    /// What the journal has of it until the command has told of it.
    open: Option<Submission>,
    /// Whether an earlier run sent it.
    is_resumed: bool,
    /// What became of earlier transactions of the account whose end no run saw.
    earlier: Earlier,
}

/// A transaction that was sent, and what was found before it was.
struct Submitted {
    submission: Submission,
    earlier: Earlier,
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

impl Desk {
    /// Opens it at a node of the right network.
    pub async fn open(
        globals: &Globals,
        node: &NodeOptions,
        fee: FeeOptions,
    ) -> Result<Self, Failure> {
        let settings = Settings::resolve(globals, node)?;
        let printer = Printer { json: globals.json };
        let chain = Chain::connect(&settings).await?;
        Ok(Self { settings, chain, printer, fee })
    }

    /// Passes over what cannot be read in the journal: for what ends sessions.
    pub fn for_ending(mut self) -> Self {
        let journal =
            Lenient::in_folder(self.settings.journal_folder(&self.chain.network), self.printer);
        self.chain.node = self.chain.node.with_journal(journal);
        self
    }

    /// Waits until what the account answers of `view` is in a block: see [`Chain::agrees`].
    pub async fn in_block(&self, account: Felt, view: &str, of: &[Felt]) -> Result<(), Failure> {
        self.chain.agrees(account, view, of, Duration::from_secs(self.settings.wait.timeout)).await
    }

    /// Has `make` made, which does what `intent` says and `deed` names, for at most `limit`; unless an
    /// earlier run, or another process of this journal's, has sent the same and nobody saw its end: then
    /// that one is gone on with.
    pub async fn send<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        if self.fee.dry_run {
            return self.estimate(intent, deed, make(), limit).await;
        }
        // From the look for the same to the entry in the journal: another process looks after it.
        let turn = self.turn(intent).await?;
        if let Some(same) = self.same(intent).await? {
            drop(turn);
            self.is_at_its_nonce(&same.0)?;
            return self.go_on(same).await;
        }
        if intent.is_ending {
            return self.end(turn, intent, deed, make, limit).await;
        }
        let submitted = self.submit(intent, deed, make, limit, |_| Ok(())).await;
        drop(turn);
        self.finish(submitted?).await
    }

    /// Has `make` made whatever an earlier run sent. `record` is told the hash before anything is sent, and
    /// again if it is made and sent another time, at the same nonce.
    pub async fn send_recorded<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Sent, Failure> {
        if self.fee.dry_run {
            return self.estimate(intent, deed, make(), limit).await;
        }
        let submitted = self.submit(intent, deed, make, limit, record).await?;
        self.finish(submitted).await
    }

    async fn estimate<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let earlier = Earlier::of(self, intent).await;
        let terms = self.fee.terms().within(limit);
        let draft = self.chain.node.draft(intent.payer, transaction, &terms).await?;
        self.tell_of(deed, draft.quote());
        if let Err(error) = draft.can_pay().await {
            self.printer.warn(Failure::from(error).what());
        }
        Ok(Estimated { quote: *draft.quote(), earlier }.into())
    }

    async fn submit<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        mut record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Submitted, Failure> {
        let Self { chain, printer, fee, .. } = self;
        let terms = fee.terms().within(limit);
        let earlier = Earlier::of(self, intent).await;
        let mut agreed = None;
        let agree = |quote: &Quote| -> Result<(), Failure> {
            // It is asked once, and again for more alone.
            if agreed.is_some_and(|agreed| quote.most <= agreed) {
                printer.note("the network is not there yet: once more, at the same nonce");
                return Ok(());
            }
            self.tell_of(deed, quote);
            self.agree(quote)?;
            agreed = Some(quote.most);
            Ok(())
        };
        let sending = |hash| {
            record(hash)?;
            // Told before: whoever interrupts what follows can look for it.
            printer.sending(hash);
            Ok(())
        };
        let submission = chain.node.submit_with(intent.payer, make, &terms, agree, sending).await?;
        Ok(Submitted { submission, earlier })
    }

    async fn finish(&self, submitted: Submitted) -> Result<Sent, Failure> {
        let Submitted { submission, earlier } = submitted;
        let included = self.wait(submission).await?;
        Ok(Included { earlier, ..included }.into())
    }

    /// Sends what ends sessions: in the place of what can neither be sent again nor be forgotten, if there
    /// is such. Of the two one alone can land, and if it is the other, the end is sent after it.
    async fn end<T: Transaction>(
        &self,
        mut turn: Vec<Turn>,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        for _ in 0..ENDING_TRIES {
            let stuck = self.clear_the_way(intent.payer).await;
            // It may be what was sent again.
            if let Some(same) = self.same(intent).await? {
                drop(turn);
                return self.go_on(same).await;
            }
            let Some(stuck) = stuck else { break };
            let hash = stuck.hash();
            if !stuck.is_kept() {
                // There are no bytes of it to be sent again, and no price to be above of.
                self.printer.warn(format!("{hash:#066x} is given up for the end of sessions"));
                if let Err(error) = stuck.give_up().await {
                    self.printer.warn(Failure::from(error).what());
                }
                continue;
            }
            self.printer.warn(format!(
                "the network does not take {hash:#066x} of an earlier run: the end of sessions takes its place"
            ));
            let earlier = Earlier::of(self, intent).await;
            let submission = match self.submit_in_place_of(&stuck, deed, make(), limit).await {
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
                    self.printer.warn(format!("{hash:#066x} came first: the end is sent after it"));
                }
            }
        }
        let submitted = self.submit(intent, deed, make, limit, |_| Ok(())).await;
        drop(turn);
        self.finish(submitted?).await
    }

    async fn submit_in_place_of<T: Transaction>(
        &self,
        stuck: &Submission,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Submission, Failure> {
        let draft = stuck.replacement(transaction, &self.fee.terms().within(limit)).await?;
        self.tell_of(deed, draft.quote());
        draft.can_pay().await?;
        self.agree(draft.quote())?;
        let signed = draft.sign().await?;
        self.printer.sending(signed.hash());
        Ok(signed.submit().await?)
    }

    /// Takes the turn of `intent`'s accounts. What ends sessions goes on without it after some seconds.
    async fn turn(&self, intent: &Intent<'_>) -> Result<Vec<Turn>, Failure> {
        let folder = self.settings.journal_folder(&self.chain.network);
        let limit = if intent.is_ending {
            ENDING_TURN
        } else {
            Duration::from_secs(self.settings.wait.timeout)
        };
        // In one order for all, so that no two wait for each other.
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

    /// Returns what is open in the journal on this chain, whoever pays for it, the newest last.
    fn all_unsettled(&self) -> Result<Vec<Submission>, Failure> {
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

    /// Puts `transaction` in the place of `stuck`, for a higher price within `limit`, and waits until one of
    /// the two is in a block.
    pub async fn replace<T: Transaction>(
        &self,
        stuck: &Submission,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let terms = self.fee.terms().within(limit);
        let draft = stuck.replacement(transaction, &terms).await?;
        self.tell_of("put it in place of the other", draft.quote());
        if self.fee.dry_run {
            let earlier = Earlier::default();
            return Ok(Estimated { quote: *draft.quote(), earlier }.into());
        }
        draft.can_pay().await?;
        self.agree(draft.quote())?;
        let signed = draft.sign().await?;
        self.printer.sending(signed.hash());
        let submission = signed.submit().await?;
        let landed = self.wait(submission).await;
        if landed.is_err() && stuck.status().await? != Status::Unknown {
            // The one that was to be replaced came first.
            return Ok(self.wait(stuck.clone()).await?.into());
        }
        Ok(landed?.into())
    }

    /// Asks whether so much may be spent, where that costs money.
    fn agree(&self, quote: &Quote) -> Result<(), Failure> {
        let network = &self.chain.network;
        if network.is_dear() && !self.fee.yes {
            ask::confirm(&format!("Spend up to {} on {network}?", quote.most))?;
        }
        Ok(())
    }

    fn tell_of(&self, deed: &str, quote: &Quote) {
        self.printer.note(format!("{deed}, on {}: {}", self.chain.name(), told(quote)));
        if quote.is_tight() {
            let room = quote.room;
            self.printer.warn(format!(
                "the limit leaves {room} % above the estimate: if prices rise by more, the transaction \
                 waits, and is dropped after some minutes"
            ));
        }
    }

    /// Goes on with a transaction that does what `intent` says, which an earlier run signed and did not see
    /// the end of: sends the same bytes again if the node does not know them, and waits. None if there is
    /// none, or it can do nothing any more: then it is to be done again.
    pub async fn resume_same(&self, intent: &Intent<'_>) -> Result<Option<Sent>, Failure> {
        if self.fee.dry_run {
            return Ok(None);
        }
        match self.same(intent).await? {
            Some(same) => {
                self.is_at_its_nonce(&same.0)?;
                self.go_on(same).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Refuses to go on with `same` if another nonce is asked for: at that one it would be paid twice.
    fn is_at_its_nonce(&self, same: &Submission) -> Result<(), Failure> {
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
            "wait for it with `session-harness wait {hash:#066x}`; a payment is made once more by --beside"
        ))
        .of(hash))
    }

    /// Finds what [`resume_same`](Self::resume_same) goes on with: what the node knows before what it does
    /// not, and of what it does not know the last one, which is what replaced those before it.
    async fn same(&self, intent: &Intent<'_>) -> Result<Option<(Submission, Status)>, Failure> {
        let open = match self.all_unsettled() {
            Err(failure) if intent.is_ending => {
                self.printer.warn(failure.what());
                return Ok(None);
            }
            open => open?,
        };
        let mut unknown = None;
        for submission in open.into_iter().rev().filter(|it| intent.is_of(it.entry())) {
            match submission.status().await {
                Err(_) if intent.is_ending => {}
                Err(error) => return Err(error.into()),
                // What the node does not know is sent again, or something else takes its place: see `end`.
                Ok(Status::Executed(_) | Status::Unknown) if intent.is_ending => {}
                Ok(Status::Unknown) if unknown.is_some() => {}
                Ok(Status::Unknown) => {
                    if self.may_land(&submission, intent).await? {
                        unknown = Some(submission);
                    }
                }
                Ok(status) => return Ok(Some((submission, status))),
            }
        }
        Ok(unknown.map(|it| (it, Status::Unknown)))
    }

    /// Says whether what the node does not know is still to be gone on with.
    async fn may_land(
        &self,
        submission: &Submission,
        intent: &Intent<'_>,
    ) -> Result<bool, Failure> {
        if submission.is_overtaken().await? {
            // `Earlier` tells of it.
            return Ok(false);
        }
        if intent.is_late(submission.entry(), self.chain.now().await?) {
            submission.clone().give_up().await?;
            return Ok(false);
        }
        Ok(true)
    }

    async fn go_on(&self, same: (Submission, Status)) -> Result<Sent, Failure> {
        let (submission, status) = same;
        self.printer.resuming(submission.hash());
        if status == Status::Unknown {
            resend(&submission, self.printer).await?;
        }
        let included = self.wait(submission).await?;
        Ok(Included { is_resumed: true, ..included }.into())
    }

    /// Says whether the network takes the same bytes once more, within some seconds.
    async fn is_taken_again(&self, submission: &Submission) -> bool {
        let resent = timeout(ENDING_RESEND, resend(submission, self.printer));
        submission.is_kept() && resent.await.is_ok_and(|it| it.is_ok())
    }

    /// Sends again what an earlier run of `payer`'s signed and the node does not know: what may still land
    /// must not hold up the end of a session, and pays once however often it is sent. Returns the first in
    /// the order of nonces that the network does not take, and may still land: what was put in its place
    /// rather than itself.
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
        // One of those at its nonce was taken.
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

    /// Waits until `submission` is in a block, and did what it should.
    pub async fn wait(&self, submission: Submission) -> Result<Included, Failure> {
        let outcome = progress::wait(&submission, self.settings.wait, self.printer).await?;
        if outcome.reverted.is_some() {
            submission.settle()?;
        }
        Ok(Included { open: Some(submission), ..outcome.succeeded()?.into() })
    }

    /// Waits for the transaction `hash`, which an earlier run sent. None if the node does not
    /// know it, or it failed: then it is to be done again, in its place.
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

/// Waits until `stuck` landed all the same.
async fn landed(stuck: &Submission) {
    while !matches!(stuck.status().await, Ok(Status::Executed(_))) {
        sleep(PAUSE).await;
    }
}

/// Sends the same bytes again, which pay once.
pub async fn resend(submission: &Submission, printer: Printer) -> Result<(), Failure> {
    let hash = submission.hash();
    submission.resend().await.map_err(|error| {
        let failure = Failure::from(error).of(hash);
        failure.remedy(format!(
            "if the network will not have it any more, as after the restart of a devnet, \
             `session-harness wait {hash:#066x} --give-up` frees its nonce"
        ))
    })?;
    printer.note(format!("sent again, the same bytes: {hash:#066x}"));
    Ok(())
}

/// Says in a few words what a transaction will cost.
pub fn told(quote: &Quote) -> String {
    format!("estimated at {}, at most {}", quote.estimate, quote.most)
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
