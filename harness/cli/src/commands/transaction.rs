//! A transaction's way: estimated, shown, agreed to, sent, waited for.

use session_client::{Error, Fri, Outcome, Quote, Status, Submission, Terms, Transaction};
use starknet_rust::core::types::Felt;

use super::answer::{Answer, Printer, hex};
use super::ask;
use super::chain::Chain;
use super::exit::{Failure, Kind};
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
    Included(Outcome),
}

impl Desk {
    /// Opens it at a node of the right network.
    pub async fn open(
        globals: &Globals,
        node: &NodeOptions,
        fee: FeeOptions,
    ) -> Result<Self, Failure> {
        let settings = Settings::resolve(globals, node)?;
        let chain = Chain::connect(&settings).await?;
        Ok(Self { settings, chain, printer: Printer { json: globals.json }, fee })
    }

    /// Has `payer` pay for `transaction`, which `deed` names: `declare the class`.
    pub async fn send(
        &self,
        payer: Felt,
        deed: &str,
        transaction: impl Transaction,
    ) -> Result<Sent, Failure> {
        self.send_within(payer, deed, transaction, None, |_| Ok(())).await
    }

    /// Does the same for at most `limit`; `record` is told the hash before anything is sent.
    pub async fn send_within(
        &self,
        payer: Felt,
        deed: &str,
        transaction: impl Transaction,
        limit: Option<Fri>,
        record: impl FnOnce(Felt) -> Result<(), Failure>,
    ) -> Result<Sent, Failure> {
        let terms = Terms::default().within(self.fee.max_fee).within(limit);
        self.tell_of_earlier(payer).await?;
        let draft = self.chain.node.draft(payer, transaction, &terms).await?;
        let quote = *draft.quote();
        self.printer.note(format!("{deed}, on {}: {}", self.chain.name(), told(&quote)));
        let can_pay = draft.can_pay().await.map_err(|error| self.poor(error));
        if self.fee.dry_run {
            if let Err(failure) = can_pay {
                self.printer.warn(failure.what());
            }
            return Ok(Sent::Estimated(quote));
        }
        can_pay?;
        if self.chain.network.is_dear() && !self.fee.yes {
            let network = &self.chain.network;
            ask::confirm(&format!("Spend up to {} on {network}?", quote.most))?;
        }

        let signed = draft.sign().await?;
        record(signed.hash())?;
        // Told before: whoever interrupts what follows can look for it.
        self.printer.sending(signed.hash());
        let submission = signed.submit().await?;
        self.finish(&submission).await
    }

    /// Tells what became of transactions of `payer` that an earlier run sent and did not see the end of:
    /// they are forgotten once another one is sent.
    async fn tell_of_earlier(&self, payer: Felt) -> Result<(), Failure> {
        for submission in self.chain.node.unsettled(payer)? {
            let status = submission.status().await?;
            if status != Status::Unknown {
                let hash = submission.hash();
                let words = status.words();
                self.printer.note(format!("an earlier run's transaction {hash:#066x} {words}"));
            }
        }
        Ok(())
    }

    /// Waits until `submission` is in a block, and did what it should.
    async fn finish(&self, submission: &Submission) -> Result<Sent, Failure> {
        let outcome = progress::wait(submission, self.settings.wait, self.printer).await?;
        Ok(Sent::Included(outcome.succeeded()?))
    }

    /// Waits for the transaction `hash`, which an earlier run sent. None if the node does not
    /// know it, or it failed: then it is to be done again, in its place.
    pub async fn resume(&self, hash: Option<Felt>) -> Result<Option<Outcome>, Failure> {
        let Some(hash) = hash else { return Ok(None) };
        if self.chain.node.status_of(hash).await? == Status::Unknown {
            if let Some(submission) = self.chain.node.submission(hash)? {
                submission.give_up().await?;
            }
            return Ok(None);
        }
        self.printer.note(format!("sent before: {hash:#066x}"));
        let outcome =
            progress::wait_for(&self.chain.node, hash, self.settings.wait, self.printer).await?;
        Ok(outcome.succeeded().ok())
    }

    /// Says what to do for an account that cannot pay.
    fn poor(&self, error: Error) -> Failure {
        let Error::CannotPay { account, has, needs } = error else { return error.into() };
        Failure::new(
            Kind::Chain,
            format!("{account:#066x} has {has}, and this may cost {needs}: nothing was sent"),
        )
        .remedy(format!(
            "send at least {} to {account:#066x} on {} and run this again",
            needs - has,
            self.chain.network
        ))
    }
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
                .with("dry_run", true)
                .with("estimated_fee", quote.estimate.to_string())
                .with("most_fee", quote.most.to_string()),
            Self::Included(outcome) => answer
                .with("transaction", hex(outcome.transaction_hash))
                .with("l2_gas", outcome.l2_gas)
                .with("fee", outcome.fee.to_string()),
        }
    }

    /// Prints `answer` with what it cost, or would.
    pub fn print(&self, printer: Printer, answer: Answer) -> Result<(), Failure> {
        self.then(printer.print(self.tell(answer)))
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
