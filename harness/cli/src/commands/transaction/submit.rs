//! Estimates, shows and sends one transaction.

use session_client::{Draft, Error, Fri, Quote, Submission, Transaction};
use starknet_rust::core::types::Felt;

use super::desk::Desk;
use super::earlier::Earlier;
use super::sent::{Estimated, Included, Sent};
use crate::commands::exit::Failure;
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
        let terms = self.fee.terms().within(limit);
        let draft = match self.chain.node.draft(intent.payer, make(), &terms).await {
            // What is stuck does not hold up an end, which takes its place.
            Err(Error::Unsettled { hash, nonce }) if intent.is_ending => {
                match self.chain.node.submission(hash)? {
                    Some(stuck) if stuck.is_kept() => {
                        let draft = self.draft_in_place_of(&stuck, deed, make(), limit).await?;
                        return Ok(Estimated { quote: *draft.quote(), earlier }.into());
                    }
                    _ => return Err(Error::Unsettled { hash, nonce }.into()),
                }
            }
            draft => draft?,
        };
        self.tell_of(deed, draft.quote());
        if let Err(error) = draft.can_pay().await {
            self.printer.warn(Failure::from(error).what());
        }
        Ok(Estimated { quote: *draft.quote(), earlier }.into())
    }

    /// Sends the transaction from `make`, if the user agrees. `record` gets each hash before it is sent.
    pub async fn submit<T: Transaction>(
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
        let submission = chain.node.submit_with(intent.payer, make, &terms, agree, sending).await?;
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
