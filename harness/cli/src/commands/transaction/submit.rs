//! Estimates, shows and sends one transaction.

use session_client::{Draft, Error, Fri, Node, Quote, Submission, Terms, Transaction};
use starknet_rust::core::types::Felt;

use super::desk::Desk;
use super::earlier::Earlier;
use super::place::Place;
use super::sent::{Estimated, Included, Sent};
use crate::commands::exit::{Failure, Kind};
use crate::commands::intent::Intent;

/// A transaction that was sent, and what was found about earlier ones.
pub struct Submitted {
    pub submission: Submission,
    pub earlier: Earlier,
}

impl Desk {
    /// Estimates what `make` makes and reports the estimate. Sends nothing.
    pub async fn estimate<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Sent, Failure> {
        let earlier = Earlier::of(self, intent).await;
        let (draft, replaces) = if intent.is_ending {
            let place = Place::of(self, intent.payer).await?;
            let draft = self.draft_of_end(&place, intent, deed, make(), limit).await?;
            (draft, place.dearest().map(Submission::hash))
        } else {
            let terms = self.fee.terms().within(limit);
            let draft = self.chain.node.draft(intent.payer, make(), &terms).await?;
            self.tell_of(deed, draft.quote());
            (draft, None)
        };
        if let Err(error) = draft.can_pay().await {
            self.printer.warn(Failure::from(error).what());
        }
        Ok(Estimated { quote: *draft.quote(), earlier, replaces }.into())
    }

    /// Sends the transaction from `make`, if the user agrees. `record` gets each hash before it is sent.
    pub async fn submit<T: Transaction>(
        &self,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
        record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Submitted, Failure> {
        let terms = self.fee.terms().within(limit);
        self.submit_by(&self.chain.node, &terms, intent, deed, make, record).await
    }

    /// Sends the end of sessions from `make` with `nonce`, whatever is open at other nonces.
    pub async fn submit_at<T: Transaction>(
        &self,
        nonce: Felt,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        limit: Option<Fri>,
    ) -> Result<Submitted, Failure> {
        let terms = self.fee.terms().within(limit).at_nonce(nonce);
        let ahead = self.ahead();
        let submitted = self.submit_by(&ahead, &terms, intent, deed, make, |_| Ok(())).await?;
        // By this node, whose journal has the others, it is settled together with them.
        let submission = self.chain.node.submission(submitted.submission.hash())?;
        Ok(Submitted { submission: submission.unwrap_or(submitted.submission), ..submitted })
    }

    async fn submit_by<T: Transaction>(
        &self,
        node: &Node,
        terms: &Terms,
        intent: &Intent<'_>,
        deed: &str,
        make: impl Fn() -> T + Send + Sync,
        mut record: impl FnMut(Felt) -> Result<(), Failure> + Send,
    ) -> Result<Submitted, Failure> {
        let Self { printer, .. } = self;
        let earlier = Earlier::of(self, intent).await;
        let mut agreed = None;
        let agree = |quote: &Quote| -> Result<(), Failure> {
            // The user is asked once, and again only if the fee becomes higher.
            if agreed.is_some_and(|agreed| quote.most <= agreed) {
                printer.note("the network does not have the newest state yet: trying again, at the same nonce");
                return Ok(());
            }
            self.tell_of(deed, quote);
            self.agree(quote)?;
            agreed = Some(quote.most);
            Ok(())
        };
        let sending = |hash| {
            record(hash)?;
            // The hash is reported before the transaction is sent, so that a user who interrupts the command
            // can look for it.
            printer.sending(hash);
            Ok(())
        };
        let submission = node.submit_with(intent.payer, make, terms, agree, sending).await?;
        Ok(Submitted { submission, earlier })
    }

    /// Waits for the transaction that was submitted.
    pub async fn finish(&self, submitted: Submitted) -> Result<Sent, Failure> {
        let Submitted { submission, earlier } = submitted;
        let included = self.wait(submission).await?;
        Ok(Included { earlier, ..included }.into())
    }

    /// Drafts `transaction` as a replacement of `stuck`, at a higher price within `limit`, and reports it.
    pub async fn draft_in_place_of<T: Transaction>(
        &self,
        stuck: &Submission,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Draft<T>, Failure> {
        let draft = stuck.replacement(transaction, &self.fee.terms().within(limit)).await?;
        self.tell_of(deed, draft.quote());
        Ok(draft)
    }

    /// Drafts `transaction`, which ends sessions, for `place`: at a higher price than what is open there, and
    /// within `limit`, the fee limit of the session that signs it.
    pub async fn draft_of_end<T: Transaction>(
        &self,
        place: &Place,
        intent: &Intent<'_>,
        deed: &str,
        transaction: T,
        limit: Option<Fri>,
    ) -> Result<Draft<T>, Failure> {
        let terms = self.fee.terms().within(limit);
        let draft = match place.dearest() {
            Some(stuck) if stuck.is_kept() => stuck.replacement(transaction, &terms).await,
            // The price of what is open there, if anything is, is not known.
            _ => self.ahead().draft(intent.payer, transaction, &terms.at_nonce(place.nonce)).await,
        };
        let draft = match draft {
            Err(Error::OverLimit { needs, limit: most }) if !place.open.is_empty() => {
                let what = format!(
                    "in the place of what is open the end costs up to {needs}, above the limit of {most}: \
                     nothing was sent"
                );
                // Within a session's fee limit it may still be sent behind what is open.
                let kind = if limit.is_some() { Kind::Chain } else { Kind::Usage };
                let remedy = "raise --max-fee, or name a --payer, whose transactions wait behind nothing here";
                return Err(Failure::new(kind, what).remedy(remedy));
            }
            draft => draft?,
        };
        self.tell_of(deed, draft.quote());
        Ok(draft)
    }

    /// Sends `draft`, if the account can pay it and the user agrees.
    pub async fn submit_draft<T: Transaction>(
        &self,
        draft: Draft<T>,
    ) -> Result<Submission, Failure> {
        draft.can_pay().await?;
        self.agree(draft.quote())?;
        let signed = draft.sign().await?;
        self.printer.sending(signed.hash());
        Ok(signed.submit().await?)
    }
}
