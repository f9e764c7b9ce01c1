//! A transaction's way: estimated, shown, agreed to, sent, waited for.

use std::fs::{self, File};
use std::ops::Deref;

use serde_json::{Value, json};
use session_client::{Finality, Fri, Outcome, Quote, Status, Submission, Transaction};
use starknet_rust::core::types::Felt;

use super::answer::{self, Answer, Printer, hex};
use super::ask;
use super::chain::Chain;
use super::exit::{Failure, Kind};
use super::intent::Intent;
use super::options::{FeeOptions, Globals, NodeOptions};
use super::progress;
use super::settings::Settings;

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
    Estimated(Quote),
    /// It is in a block, and did what it should.
    Included(Box<Included>),
}

/// A transaction that is in a block, and what was found on the way.
pub struct Included {
    outcome: Outcome,
    /// What the journal has of it until the command has told of it.
    open: Option<Submission>,
    /// Whether an earlier run sent it.
    is_resumed: bool,
    /// What became of earlier transactions of the account whose end no run saw.
    earlier: Vec<Value>,
}

/// A transaction that was sent, and what was found before it was.
struct Submitted {
    submission: Submission,
    earlier: Vec<Value>,
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

impl From<Outcome> for Included {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, open: None, is_resumed: false, earlier: Vec::new() }
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

    /// Has `make` made, which does what `intent` says and `deed` names, for at most `limit`; unless another
    /// process of this journal's sends the same at this moment: then that one is waited for.
    pub async fn send<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        if self.fee.dry_run {
            return self.estimate(intent.payer, deed, make(), limit).await;
        }
        let (mut turn, mut has_twin) = (None, false);
        let look = |_| {
            // Another process looks when this one's transaction is in the journal.
            // That of a try before would be waited for without an end.
            drop(turn.take());
            turn = Some(self.turn(intent.payer)?);
            has_twin =
                self.chain.node.unsettled(intent.payer)?.iter().any(|it| intent.is_of(it.entry()));
            if has_twin {
                return Err(Failure::new(Kind::Pending, "another process sends the same calls"));
            }
            Ok(())
        };
        let submitted = self.submit(intent.payer, deed, make, limit, look).await;
        drop(turn);
        if has_twin && let Some(sent) = self.resume_same(intent, false).await? {
            return Ok(sent);
        }
        self.finish(submitted?).await
    }

    /// Has `payer` pay for what `make` makes, which `deed` names: `declare the class`. `record` is told the
    /// hash before anything is sent, and again if it is made and sent another time, at the same nonce.
    pub async fn send_recorded<T: Transaction>(
        &self,
        payer: Felt,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Sent, Failure> {
        if self.fee.dry_run {
            return self.estimate(payer, deed, make(), limit).await;
        }
        let submitted = self.submit(payer, deed, make, limit, record).await?;
        self.finish(submitted).await
    }

    async fn estimate<T: Transaction>(
        &self,
        payer: Felt,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let terms = self.fee.terms().within(limit);
        let draft = self.chain.node.draft(payer, transaction, &terms).await?;
        self.tell_of(deed, draft.quote());
        if let Err(error) = draft.can_pay().await {
            self.printer.warn(Failure::from(error).what());
        }
        Ok(Sent::Estimated(*draft.quote()))
    }

    async fn submit<T: Transaction>(
        &self,
        payer: Felt,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        mut record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Submitted, Failure> {
        let Self { chain, printer, fee, .. } = self;
        let terms = fee.terms().within(limit);
        let earlier = self.earlier(payer).await;
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
        let submission = chain.node.submit_with(payer, make, &terms, agree, sending).await?;
        Ok(Submitted { submission, earlier })
    }

    async fn finish(&self, submitted: Submitted) -> Result<Sent, Failure> {
        let Submitted { submission, earlier } = submitted;
        let included = self.wait(submission).await?;
        Ok(Included { earlier, ..included }.into())
    }

    /// Takes the turn of `payer` among the processes of this journal's: between looking whether a transaction
    /// was sent and writing it down. It ends with the file that is returned.
    fn turn(&self, payer: Felt) -> Result<File, Failure> {
        let folder = self.settings.deployments.join("journal");
        let path = folder.join(format!("{payer:#066x}.lock"));
        let file = fs::create_dir_all(&folder).and_then(|()| File::create(&path));
        let locked = file.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| Failure::file(&path, error))
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
            return Ok(Sent::Estimated(*draft.quote()));
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

    /// Tells, with JSON too, what became of transactions of `payer` that an earlier run sent and did not see
    /// the end of: they are forgotten once another one is sent. What the node does not say is left open.
    async fn earlier(&self, payer: Felt) -> Vec<Value> {
        let mut earlier = Vec::new();
        for submission in self.chain.node.unsettled(payer).unwrap_or_default() {
            let Some(became) = self.fate(&submission).await else { continue };
            let hash = hex(submission.hash());
            self.printer.warn(format!("an earlier run's transaction {hash} {became}"));
            earlier.push(json!({ "transaction": hash, "became": became }));
        }
        earlier
    }

    /// Says what became of an earlier run's transaction; `None` if the node does not say.
    async fn fate(&self, submission: &Submission) -> Option<String> {
        match submission.status().await.ok()? {
            Status::Unknown if submission.is_overtaken().await.ok()? => Some(OVERTAKEN.to_owned()),
            Status::Unknown => None,
            status @ Status::Executed(finality) if finality >= Finality::AcceptedOnL2 => {
                let found = Outcome::find(self.chain.node.provider(), submission.hash()).await;
                Some(match found.ok()? {
                    Some(Outcome { reverted: Some(why), .. }) => format!("reverted: {why}"),
                    _ => status.words().to_owned(),
                })
            }
            status => Some(status.words().to_owned()),
        }
    }

    /// Goes on with a transaction that does what `intent` says, which an earlier run signed and did not see
    /// the end of: sends the same bytes again if the node does not know them, and waits. None if there is
    /// none, or it can do nothing any more: then it is to be done again.
    ///
    /// What ends a session `is_ending`: it is gone on with only if it was not executed yet, since a session
    /// may have been registered after it.
    pub async fn resume_same(
        &self,
        intent: &Intent<'_>,
        is_ending: bool,
    ) -> Result<Option<Sent>, Failure> {
        if self.fee.dry_run {
            return Ok(None);
        }
        let mut open = self.chain.node.unsettled(intent.payer)?;
        open.retain(|it| intent.is_of(it.entry()));
        // The last one is what replaced those before it.
        while let Some(submission) = open.pop() {
            let status = submission.status().await?;
            match status {
                Status::Unknown if submission.is_overtaken().await? => {
                    // `earlier` tells of it.
                    continue;
                }
                Status::Unknown if intent.is_late(submission.entry(), self.chain.now().await?) => {
                    submission.give_up().await?;
                    continue;
                }
                Status::Executed(_) if is_ending => continue,
                _ => {}
            }
            self.printer.resuming(submission.hash());
            if status == Status::Unknown {
                resend(&submission, self.printer).await?;
            }
            let included = self.wait(submission).await?;
            return Ok(Some(Included { is_resumed: true, ..included }.into()));
        }
        Ok(None)
    }

    /// Sends again what an earlier run of `payer`'s signed and the node does not know: what may still land
    /// must not hold up the end of a session, and pays once however often it is sent.
    pub async fn clear_the_way(&self, payer: Felt) {
        if self.fee.dry_run {
            return;
        }
        for submission in self.chain.node.unsettled(payer).unwrap_or_default() {
            if submission.is_kept()
                && submission.status().await.is_ok_and(|it| it == Status::Unknown)
                && !submission.is_overtaken().await.unwrap_or(true)
                && let Err(failure) = resend(&submission, self.printer).await
            {
                self.printer.warn(failure.what());
            }
        }
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
        if self.chain.node.status_of(hash).await? == Status::Unknown {
            if let Some(submission) = self.chain.node.submission(hash)? {
                submission.give_up().await?;
            }
            return Ok(None);
        }
        self.printer.resuming(hash);
        let outcome =
            progress::wait_for(&self.chain.node, hash, self.settings.wait, self.printer).await?;
        let resumed = |outcome| Included { is_resumed: true, ..Included::from(outcome) }.into();
        Ok(outcome.succeeded().ok().map(resumed))
    }
}

/// What is said of a transaction that can never land.
pub const OVERTAKEN: &str =
    "can never land, since another one of the account has its nonce: it was not paid";

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
            Self::Estimated(quote) => answer
                .was(answer::Outcome::DryRun)
                .with("dry_run", true)
                .fri("estimated_fee", quote.estimate)
                .fri("most_fee", quote.most),
            Self::Included(included) => {
                let Included { outcome, is_resumed, earlier, .. } = &**included;
                let answer = answer
                    .was(answer::Outcome::Done)
                    .with("transaction", hex(outcome.transaction_hash))
                    .with("block", outcome.block_number)
                    .with("l2_gas", outcome.l2_gas)
                    .fri("fee", outcome.fee);
                let resumed = is_resumed.then(|| ("resumed", "an earlier run sent it".into()));
                let earlier = (!earlier.is_empty()).then(|| ("earlier", earlier.clone().into()));
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
        if let Self::Included(included) = self
            && let Some(submission) = &included.open
        {
            // If that fails, it is told once more, which harms nothing.
            let _ = submission.settle();
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

    /// Says `done`, or what a dry run would have done.
    pub fn said(&self, done: &str) -> String {
        match self {
            Self::Estimated(_) => format!("would be {done}: nothing was sent"),
            Self::Included(_) => done.to_owned(),
        }
    }
}
