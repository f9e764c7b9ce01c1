//! A transaction's way: estimated, signed, written down, sent, waited for.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use starknet_rust::core::types::{BlockId, BlockTag, Felt, StarknetError};
use starknet_rust::providers::ProviderError;
use starknet_rust::providers::jsonrpc::{JsonRpcClientError, JsonRpcError};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Error, Result};
use crate::fee::{Bounds, Quote, Terms, Tip, a_tenth_more};
use crate::fri::Fri;
use crate::journal::Entry;
use crate::node::Node;
use crate::outbox::Sending;
use crate::outcome::Outcome;
use crate::refusal::{Cause, Refusal};
use crate::status::{Finality, Status};
use crate::token;
use crate::transaction::{Broadcast, Transaction};
use crate::transport::{TransportError, Trouble, asked_for, pauses};
use crate::wait::{Progress, Wait};

/// How long after it was written down another process may take to send a transaction.
const FRESH: Duration = Duration::from_secs(3);
/// How long an answer that was lost is looked for, and the same bytes are sent again.
const LOOKING: Duration = Duration::from_secs(8);
/// How long it is looked for at least, once.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
/// How often a transaction is looked for before it is said that another one has its nonce: each look may
/// meet another node, and not all of them are at the same block.
const LOOKS: usize = 5;
/// The longest pause between two of them.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// A transaction with its fee and its nonce, not yet signed. As long as it is held, nobody else in this
/// process sends for the account.
///
/// ```no_run
/// # async fn example(session: session_client::Session) -> session_client::Result<()> {
/// use session_client::starknet::accounts::Account;
/// use session_client::{Terms, token};
///
/// let payment = session.execute_v3(vec![token::transfer(token::STRK, 0x1234.into(), 7)]);
/// let draft = session.node().draft(session.address(), payment, &Terms::default()).await?;
/// println!("it costs at most {}", draft.quote().most);
/// let signed = draft.sign().await?;
/// println!("to be noted beside the intent: {:#x}", signed.hash());
/// let submission = signed.submit().await?;
/// # drop(submission);
/// # Ok(())
/// # }
/// ```
#[must_use = "it is not sent yet"]
pub struct Draft<T> {
    node: Node,
    payer: Felt,
    nonce: Felt,
    quote: Quote,
    transaction: T,
    sending: Sending,
}

/// A signed transaction, whose hash is known, and which is not sent yet.
#[must_use = "it is not sent yet"]
pub struct Signed {
    node: Node,
    entry: Entry,
    broadcast: Broadcast,
    sending: Sending,
}

/// A transaction that was sent, or may have been.
///
/// ```no_run
/// # async fn example(session: session_client::Session) -> session_client::Result<()> {
/// use session_client::{Finality, token};
///
/// let payment = token::transfer(token::STRK, 0x1234.into(), 7);
/// let submission = session.submit([payment]).await?;
/// println!("sent: {:#x}", submission.hash());
/// submission.wait(Finality::AcceptedOnL2).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it may revert: wait for it"]
pub struct Submission {
    node: Node,
    entry: Entry,
    /// What was refused on the way, at its nonce: once it has landed, that can never land.
    refused: Vec<Felt>,
}

impl Node {
    /// Estimates `transaction`, which `payer` pays for, and gives it the account's next nonce.
    ///
    /// # Errors
    /// [`Error::Refused`] if it would fail, [`Error::OverLimit`] if it is dearer than `terms` allow, and
    /// [`Error::Unsettled`] if an earlier process wrote down a transaction of the account of which the
    /// node knows nothing: it may still land, so its nonce is given to nobody. [`Error::NotNext`] or
    /// [`Error::NonceTaken`] if `terms` ask for a nonce that it cannot have.
    pub async fn draft<T: Transaction>(
        &self,
        payer: Felt,
        transaction: T,
        terms: &Terms,
    ) -> Result<Draft<T>> {
        self.draft_after(&[], payer, transaction, terms).await
    }

    /// Does what [`draft`](Self::draft) does, after `refused` were refused, which do the same.
    async fn draft_after<T: Transaction>(
        &self,
        refused: &[Submission],
        payer: Felt,
        transaction: T,
        terms: &Terms,
    ) -> Result<Draft<T>> {
        let sending = self.outbox(payer).turn().await;
        let tip = self.tip_of(terms.tip).await?;
        let used = self.nonce_of(payer).await?;
        if let Some(asked) = terms.nonce {
            self.is_free(payer, used, asked, refused)?;
        }
        let nonce = sending.nonce(used, &self.taken(payer, used, &sending, refused).await?);
        if let Some(asked) = terms.nonce.filter(|it| *it != nonce) {
            return Err(Error::NotNext { asked, next: nonce });
        }
        // A node estimates with the nonce that it knows alone.
        let transaction = transaction.numbered(used, tip);
        let quote = Quote::new(&transaction.estimate().await?, tip, terms.max_fee)?.unlike_others();
        let transaction = transaction.numbered(nonce, tip);
        Ok(Draft { node: self.clone(), payer, nonce, quote, transaction, sending })
    }

    /// Sends what `make` makes, which `payer` pays for.
    ///
    /// What the estimate lets pass and the gateway refuses is made, signed and sent again for some
    /// blocks: the gateway may not have seen yet what it builds on. What was refused is looked for by its
    /// hash before anything is sent in its place, so that nothing is paid twice.
    ///
    /// If what is returned is dropped before it is ready, as by a time limit around it, the transaction may
    /// have been sent: [`unsettled`](Self::unsettled) tells, and until that is settled nothing else is sent.
    ///
    /// # Errors
    /// As for [`draft`](Self::draft) and [`Signed::submit`], and [`Error::CannotPay`].
    pub async fn submit<T: Transaction>(
        &self,
        payer: Felt,
        make: impl Fn() -> T + Send + Sync,
        terms: &Terms,
    ) -> Result<Submission> {
        self.submit_with(payer, make, terms, |_| Ok(()), |_| Ok(())).await
    }

    /// Does what [`submit`](Self::submit) does, and asks before each try: `agree` whether it may cost as
    /// much, and `sending` to note its hash beside the intent. What either of them returns as an error ends
    /// it, and nothing more is sent.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit), and theirs.
    pub async fn submit_with<T: Transaction, E: From<Error>>(
        &self,
        payer: Felt,
        make: impl Fn() -> T + Send + Sync,
        terms: &Terms,
        mut agree: impl FnMut(&Quote) -> std::result::Result<(), E> + Send,
        mut sending: impl FnMut(Felt) -> std::result::Result<(), E> + Send,
    ) -> std::result::Result<Submission, E> {
        let start = Instant::now();
        let mut refused = Vec::new();
        let mut sent = self
            .submit_until(start, &mut refused, payer, make, terms, &mut agree, &mut sending)
            .await;
        for submission in refused {
            match &mut sent {
                Ok(sent) if sent.hash() == submission.hash() => {}
                // At the nonce of what was sent it stays until that has landed: of the two one can.
                Ok(sent) if sent.entry.nonce == submission.entry.nonce => {
                    sent.refused.push(submission.hash());
                }
                // What nobody says anything of stays: it is looked for again, which harms nothing.
                _ if submission.status().await.is_ok_and(|it| it == Status::Unknown) => {
                    drop(submission.settle());
                }
                _ => {}
            }
        }
        sent
    }

    #[expect(clippy::too_many_arguments, reason = "it is the rest of submit_with")]
    async fn submit_until<T: Transaction, E: From<Error>>(
        &self,
        start: Instant,
        refused: &mut Vec<Submission>,
        payer: Felt,
        make: impl Fn() -> T + Send + Sync,
        terms: &Terms,
        agree: &mut (impl FnMut(&Quote) -> std::result::Result<(), E> + Send),
        sending: &mut (impl FnMut(Felt) -> std::result::Result<(), E> + Send),
    ) -> std::result::Result<Submission, E> {
        let patience = self.transport().patience().catching_up;
        let mut pauses = pauses();
        loop {
            let draft = self.draft_after(refused, payer, make(), terms).await;
            // Under this draft's turn, and before anything else is sent or said.
            if let Some(taken) = taken_after_all(refused).await {
                return Ok(taken);
            }
            let draft = match draft {
                // Somebody else's transaction came between nonce and estimate.
                Err(Error::Refused(refusal))
                    if refusal.cause() == Cause::Nonce && start.elapsed() < patience =>
                {
                    sleep(pauses.next().unwrap_or(patience)).await;
                    continue;
                }
                // A node that is behind does not show yet what it builds on.
                Err(error @ Error::Refused(_)) => {
                    if self.may_catch_up(start).await {
                        continue;
                    }
                    return Err(error.into());
                }
                draft => draft?,
            };
            // At another nonce both could land: only what can never land any more makes room for another.
            if let Some(open) = still_open(refused, draft.nonce).await? {
                if start.elapsed() < patience {
                    drop(draft);
                    sleep(pauses.next().unwrap_or(patience)).await;
                    continue;
                }
                let (hash, nonce) = (open.hash(), open.entry.nonce);
                refused.retain(|it| it.hash() != hash);
                return Err(Error::Unsettled { hash, nonce }.into());
            }
            draft.can_pay().await?;
            agree(draft.quote())?;
            let needs = draft.quote().most;
            let signed = draft.sign().await?;
            sending(signed.hash())?;
            let submission = Submission::new(self.clone(), signed.entry.clone());
            match signed.write() {
                // The next one has another hash.
                Err(Error::Refused(_)) => continue,
                written => written?,
            }
            match signed.send().await {
                Err(Error::Refused(refusal))
                    if !matches!(refusal.cause(), Cause::Balance | Cause::ClassKnown) =>
                {
                    refused.push(submission);
                    if start.elapsed() >= patience {
                        return match taken_after_all(refused).await {
                            Some(taken) => Ok(taken),
                            None => Err(Error::Refused(refusal.after_estimate()).into()),
                        };
                    }
                    sleep(pauses.next().unwrap_or(patience)).await;
                }
                Err(Error::Refused(refusal)) if refusal.cause() == Cause::Balance => {
                    refused.push(submission);
                    let has = token::balance(self, token::STRK, payer).await.map(Fri);
                    // Somebody spent it since it was asked for.
                    return Err(match has {
                        Ok(has) if has < needs => Error::CannotPay { account: payer, has, needs },
                        _ => Error::Refused(refusal),
                    }
                    .into());
                }
                Err(error) if error.transaction().is_none() => {
                    refused.push(submission);
                    return Err(error.into());
                }
                Err(error) => {
                    // Nobody knows whether it was taken: all that could land in its place stays.
                    refused.clear();
                    return Err(error.into());
                }
                Ok(sent) => return Ok(sent),
            }
        }
    }

    /// Returns the transactions of `account` that were written down and are not known to have ended.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub fn unsettled(&self, account: Felt) -> Result<Vec<Submission>> {
        let entries =
            self.journal().open(self.chain_id(), account).map_err(|it| Error::journal(&it))?;
        Ok(entries.into_iter().map(|entry| Submission::new(self.clone(), entry)).collect())
    }

    /// Finds the transaction `hash` in the journal; `None` if it is known to have ended, or was not sent
    /// from here.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub fn submission(&self, hash: Felt) -> Result<Option<Submission>> {
        let entry = self.journal().find(hash).map_err(|it| Error::journal(&it))?;
        // What is for another network is nothing to this one.
        let entry = entry.filter(|it| it.chain_id == self.chain_id());
        Ok(entry.map(|entry| Submission::new(self.clone(), entry)))
    }

    /// Asks that no transaction which may still land has the nonce `asked`, but for those of `refused`.
    fn is_free(
        &self,
        payer: Felt,
        used: Felt,
        asked: Felt,
        refused: &[Submission],
    ) -> Result<()> {
        let is_in_the_way = |it: &Submission| {
            it.entry.nonce == asked
                && asked >= used
                && refused.iter().all(|other| other.hash() != it.hash())
        };
        match self.unsettled(payer)?.iter().find(|it| is_in_the_way(it)) {
            Some(open) => Err(Error::NonceTaken { hash: open.hash(), nonce: asked }),
            None => Ok(()),
        }
    }

    /// Returns the nonces of the account's transactions that may still land.
    async fn taken(
        &self,
        payer: Felt,
        used: Felt,
        sending: &Sending,
        refused: &[Submission],
    ) -> Result<HashSet<Felt>> {
        let mut taken = HashSet::new();
        let mut unknown = Vec::new();
        let mut committed = None;
        for submission in self.unsettled(payer)? {
            let Entry { nonce, hash, .. } = submission.entry;
            if refused.iter().any(|it| it.hash() == hash) {
                continue;
            }
            if nonce < used {
                // What an earlier process sent is left for who asks what became of it.
                if !sending.knows(hash) {
                    continue;
                }
                let committed = match committed {
                    Some(nonce) => nonce,
                    None => *committed
                        .insert(self.nonce_at(BlockId::Tag(BlockTag::Latest), payer).await?),
                };
                // Another transaction, or this one, has used the nonce in a block.
                if nonce < committed {
                    self.journal().settle(hash).map_err(|it| Error::journal(&it))?;
                }
            } else if sending.has_sent(hash) || submission.is_known_soon().await? {
                taken.insert(nonce);
            } else if self.submission(hash)?.is_some() {
                unknown.push((hash, nonce));
            }
        }
        // What was replaced at its nonce leaves no gap there.
        match unknown.into_iter().find(|(_, nonce)| !taken.contains(nonce)) {
            Some((hash, nonce)) => Err(Error::Unsettled { hash, nonce }),
            None => Ok(taken),
        }
    }

    async fn tip_of(&self, tip: Tip) -> Result<u64> {
        match tip {
            Tip::Of(tip) => Ok(tip),
            Tip::MedianUpTo(most) => Ok(self.median_tip().await?.min(most)),
        }
    }
}

impl<T: Transaction> Draft<T> {
    /// Returns what the transaction will cost, and what it may cost at most.
    #[must_use]
    pub const fn quote(&self) -> &Quote {
        &self.quote
    }

    /// Returns the account's nonce that the transaction uses.
    #[must_use]
    pub const fn nonce(&self) -> Felt {
        self.nonce
    }

    /// Asks whether the account holds what the transaction may cost at most: a sequencer takes no other.
    ///
    /// # Errors
    /// [`Error::CannotPay`] if it does not, and as for [`token::balance`].
    pub async fn can_pay(&self) -> Result<()> {
        let has = Fri(token::balance(&self.node, token::STRK, self.payer).await?);
        let needs = self.quote.most;
        if has >= needs {
            return Ok(());
        }
        Err(Error::CannotPay { account: self.payer, has, needs })
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`Error::Signing`] if the key does not sign it.
    pub async fn sign(self) -> Result<Signed> {
        let Self { node, payer, nonce, quote, transaction, sending } = self;
        let (hash, broadcast) = transaction.signed(quote.bounds).await?;
        let kept = matches!(broadcast, Broadcast::Invoke(_)).then(|| broadcast.clone());
        let entry = Entry {
            chain_id: node.chain_id(),
            account: payer,
            nonce,
            hash,
            transaction: kept,
            written_at: now(),
        };
        Ok(Signed { node, entry, broadcast, sending })
    }
}

impl Signed {
    /// Returns the transaction's hash, computed here: a node may tell another one.
    #[must_use]
    pub const fn hash(&self) -> Felt {
        self.entry.hash
    }

    /// Writes it into the journal and sends it. If the answer is lost, it is looked for by its hash, and
    /// the same bytes are sent again, which pay once.
    ///
    /// # Errors
    /// [`Error::Refused`] if the gateway refuses it: it cannot land. [`Error::Uncertain`] if nobody says
    /// whether it was taken: it stays in the journal. [`Error::Unreachable`] if it was never sent.
    /// [`Error::Journal`] if it cannot be written down: nothing is sent.
    pub async fn submit(self) -> Result<Submission> {
        let submission = Submission::new(self.node.clone(), self.entry.clone());
        self.write()?;
        let sent = self.send().await;
        if sent.as_ref().is_err_and(|it| it.transaction().is_none()) {
            submission.settle()?;
        }
        sent
    }

    /// Writes it into the journal.
    fn write(&self) -> Result<()> {
        match self.node.journal().write(&self.entry) {
            // Another process of this journal's sends the very same for an intent of its own.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Error::Refused(Refusal::of_a_twin(self.entry.hash)))
            }
            written => written.map_err(|it| Error::journal(&it)),
        }
    }

    /// Sends it, and leaves in the journal what was refused.
    async fn send(self) -> Result<Submission> {
        let Self { node, entry, broadcast, sending } = self;
        let hash = entry.hash;
        send_until_known(&node, &broadcast, hash, false).await?;
        // Not before: what was not taken, or is not known to have been, leaves a gap in the nonces.
        sending.sent(hash);
        Ok(Submission::new(node, entry))
    }
}

impl Submission {
    const fn new(node: Node, entry: Entry) -> Self {
        Self { node, entry, refused: Vec::new() }
    }

    /// Returns the transaction's hash.
    #[must_use]
    pub const fn hash(&self) -> Felt {
        self.entry.hash
    }

    /// Returns what the journal has of it.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Says whether the journal has the bytes that [`resend`](Self::resend) sends: not of a declaration.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.entry.transaction.is_some()
    }

    /// Says what the node knows of it.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn status(&self) -> Result<Status> {
        self.node.status_of(self.hash()).await
    }

    /// Says whether the node knows it. What was written down a moment ago may be about to be sent by
    /// another process of the journal's: it is looked for again.
    async fn is_known_soon(&self) -> Result<bool> {
        let start = Instant::now();
        for pause in pauses() {
            if self.status().await? != Status::Unknown {
                return Ok(true);
            }
            let age = Duration::from_secs(now().saturating_sub(self.entry.written_at));
            if age > FRESH || start.elapsed() > FRESH {
                break;
            }
            sleep(pause).await;
        }
        Ok(false)
    }

    /// Says whether it can never land, since another transaction of the account has its nonce in a block:
    /// it was not paid. The node is asked several times, since a node that is behind knows neither.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn is_overtaken(&self) -> Result<bool> {
        let Entry { account, nonce, .. } = self.entry;
        let latest = BlockId::Tag(BlockTag::Latest);
        for pause in looks() {
            if self.node.nonce_at(latest, account).await? <= nonce
                || self.status().await? != Status::Unknown
            {
                return Ok(false);
            }
            sleep(pause).await;
        }
        Ok(true)
    }

    /// Puts what `make` makes in its place, at the same nonce and for at least a tenth more in tip and in L2
    /// gas price, as networks want of it: for a transaction whose bounds are below the price. Of the two one
    /// alone can land, so `make` should make the same calls. Both stay in the journal until one has. A nonce of
    /// `terms` is passed over.
    ///
    /// ```no_run
    /// # async fn example(owner: session_client::Owner, stuck: session_client::Submission)
    /// #     -> session_client::Result<()> {
    /// use session_client::starknet::accounts::Account;
    /// use session_client::{Finality, Terms};
    ///
    /// let calls = stuck.entry().calls().unwrap_or_default();
    /// let make = || owner.execute_v3(calls.clone());
    /// stuck.replace(make, &Terms::default()).await?.wait(Finality::AcceptedOnL2).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Pending`] if it was executed meanwhile, [`Error::NotKept`] if its bounds are not known,
    /// [`Error::OverLimit`] if a tenth more is more than `terms` allow, and as for [`Node::draft`],
    /// [`Draft::can_pay`] and [`Signed::submit`].
    pub async fn replace<T: Transaction>(
        &self,
        make: impl FnOnce() -> T,
        terms: &Terms,
    ) -> Result<Self> {
        let draft = self.replacement(make(), terms).await?;
        draft.can_pay().await?;
        draft.sign().await?.submit().await
    }

    /// Makes the draft of a transaction in the place of this one: see [`replace`](Self::replace).
    ///
    /// # Errors
    /// As for [`replace`](Self::replace).
    pub async fn replacement<T: Transaction>(
        &self,
        transaction: T,
        terms: &Terms,
    ) -> Result<Draft<T>> {
        let (hash, node) = (self.hash(), self.node.clone());
        let Entry { account: payer, nonce, .. } = self.entry;
        let Some(Broadcast::Invoke(old)) = &self.entry.transaction else {
            return Err(Error::NotKept(hash));
        };
        let sending = node.outbox(payer).turn().await;
        match self.status().await? {
            status @ Status::Executed(_) => return Err(Error::Pending { hash, status }),
            _ if self.is_overtaken().await? => {
                return Err(Error::Refused(Refusal::of_a_used_nonce(hash)));
            }
            _ => {}
        }
        let used = node.nonce_of(payer).await?;
        let tip = node.tip_of(terms.tip).await?.max(a_tenth_more(old.tip.into())?);
        let transaction = transaction.numbered(used, tip);
        let estimate = transaction.estimate().await?;
        let least = Bounds::from(&old.resource_bounds).a_tenth_more()?;
        let quote = Quote::new(&estimate, tip, terms.max_fee)?;
        let quote = quote.at_least(&least, terms.max_fee)?.unlike_others();
        let transaction = transaction.numbered(nonce, tip);
        Ok(Draft { node, payer, nonce, quote, transaction, sending })
    }

    /// Waits until it is as final as `finality` says, and did what it should.
    ///
    /// # Errors
    /// [`Error::Reverted`] if it reverted, and as for [`Node::wait`].
    pub async fn wait(&self, finality: Finality) -> Result<Outcome> {
        self.wait_with(Wait { finality, ..Wait::default() }, |_| {}).await?.succeeded()
    }

    /// Waits as `wait` says and tells of each look; returns what became of it, reverted or not.
    ///
    /// # Errors
    /// As for [`Node::wait_with`].
    pub async fn wait_with(
        &self,
        wait: Wait,
        progress: impl FnMut(&Progress) + Send,
    ) -> Result<Outcome> {
        let outcome = self.wait_open(wait, progress).await?;
        if outcome.finality >= Finality::AcceptedOnL2 {
            // A journal that fails here is no failure of the transaction, which was paid. The account's
            // next draft settles it, and says then that the journal fails.
            let _ = self.settle();
        }
        Ok(outcome)
    }

    /// Waits as [`wait_with`](Self::wait_with) does, and leaves it in the journal: for who tells first what
    /// became of it, so that whoever comes after a crash finds it there, and [settles](Self::settle) it then.
    ///
    /// # Errors
    /// As for [`Node::wait_with`].
    pub async fn wait_open(
        &self,
        wait: Wait,
        progress: impl FnMut(&Progress) + Send,
    ) -> Result<Outcome> {
        let Entry { account, nonce, hash, .. } = self.entry;
        let outcome = wait.until(self.node.provider(), hash, progress).await?;
        if outcome.finality >= Finality::AcceptedOnL2 {
            self.node.saw(&outcome);
            self.node.outbox(account).landed(hash, nonce);
        }
        Ok(outcome)
    }

    /// Takes it out of the journal: it is in a block, and whoever wants to know of it does.
    ///
    /// # Errors
    /// [`Error::Journal`] if that fails.
    pub fn settle(&self) -> Result<()> {
        let journal = self.node.journal();
        let mut settled = self.refused.iter().chain([&self.entry.hash]);
        settled.try_for_each(|hash| journal.settle(*hash)).map_err(|it| Error::journal(&it))
    }

    /// Sends the same bytes again, which pay once: for a transaction that the node does not know any
    /// more.
    ///
    /// # Errors
    /// As for [`Signed::submit`], and [`Error::NotKept`] if the journal has no bytes of it, as of a
    /// declaration.
    pub async fn resend(&self) -> Result<()> {
        let hash = self.hash();
        let broadcast = self.entry.transaction.as_ref().ok_or(Error::NotKept(hash))?;
        let sending = self.node.outbox(self.entry.account).turn().await;
        send_until_known(&self.node, broadcast, hash, true).await?;
        sending.sent(hash);
        Ok(())
    }

    /// Gives it up: the account's next transaction may take its nonce. Of the two one alone can land, as long
    /// as the next one does take that nonce. If this one lands before the next one is drafted, the next one
    /// takes a nonce after it, and both are paid.
    ///
    /// # Errors
    /// [`Error::Pending`] if the node knows it: it is on its way.
    pub async fn give_up(self) -> Result<()> {
        let hash = self.hash();
        // Each look may meet another node, and one that is behind knows of nothing.
        for pause in looks() {
            match self.status().await? {
                Status::Unknown => sleep(pause).await,
                status => return Err(Error::Pending { hash, status }),
            }
        }
        self.node.outbox(self.entry.account).forget(hash);
        self.settle()
    }
}

/// Finds the one of `refused` that the network has all the same: a provider that hands a transaction to one
/// node after another tells what the last one says.
async fn taken_after_all(refused: &[Submission]) -> Option<Submission> {
    for submission in refused {
        if submission.status().await.is_ok_and(|it| it != Status::Unknown) {
            return Some(submission.clone());
        }
    }
    None
}

/// Finds the one of `refused` that may land beside a transaction of `nonce`.
async fn still_open(refused: &[Submission], nonce: Felt) -> Result<Option<Submission>> {
    for submission in refused.iter().filter(|it| it.entry.nonce != nonce) {
        if !submission.is_overtaken().await? {
            return Ok(Some(submission.clone()));
        }
    }
    Ok(None)
}

/// Returns the pauses between the looks for something that may be known elsewhere.
fn looks() -> impl Iterator<Item = Duration> {
    pauses().map(|pause| pause.min(LONGEST_LOOK)).take(LOOKS)
}

/// Returns this machine's time, in Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Sends `broadcast` until it is known whether the network took it. The same bytes pay once, however often
/// they are sent. `was_sent` says whether they were sent before.
async fn send_until_known(
    node: &Node,
    broadcast: &Broadcast,
    hash: Felt,
    was_sent: bool,
) -> Result<()> {
    let start = Instant::now();
    let mut pauses = pauses();
    // Once an answer was lost, a refusal may be of the second copy: the first one may have been taken.
    let mut may_be_taken = was_sent;
    loop {
        let answer = Answer::of(broadcast.send(node.provider()).await);
        let is_refused = matches!(answer, Answer::Refused(_));
        let is_limited =
            matches!(&answer, Answer::Unsent(it) if *it.trouble() == Trouble::RateLimited);
        let (error, asked) = match answer {
            // No other has this hash: what the network knows is what was sent here, by a provider that
            // sends again by itself, or before an answer that told of nothing.
            Answer::Taken | Answer::Known => return Ok(()),
            Answer::Refused(error) => (error, None),
            Answer::Unsent(error) => {
                let asked = error.retry_after();
                (Error::Unreachable(error), asked)
            }
            Answer::Lost(error) => {
                may_be_taken = true;
                (error, None)
            }
        };
        // A refusal is not believed at once, nor a limiter that says it passed nothing on: either may speak
        // of a copy that a provider sent by itself.
        if is_refused || may_be_taken || is_limited {
            let rest = LOOKING.saturating_sub(start.elapsed()).max(SHORTEST_LOOK);
            if let Ok(Ok(status)) = timeout(rest, node.status_of(hash)).await
                && status != Status::Unknown
            {
                return Ok(());
            }
        }
        if is_refused && !may_be_taken {
            return Err(error);
        }
        let pause = asked_for(asked, pauses.next().unwrap_or(LOOKING));
        // A provider may ask for a pause of any length.
        if start.elapsed().saturating_add(pause) > LOOKING {
            let why = Box::new(error);
            return Err(if may_be_taken { Error::Uncertain { hash, why } } else { *why });
        }
        sleep(pause).await;
    }
}

/// What an answer to a transaction means for it.
enum Answer {
    /// The network has it.
    Taken,
    /// The network has it already.
    Known,
    /// The network will not have it.
    Refused(Error),
    /// It did not get that far: another try may.
    Unsent(TransportError),
    /// Nobody knows.
    Lost(Error),
}

impl Answer {
    fn of(answer: std::result::Result<(), ProviderError>) -> Self {
        let error = match answer {
            Ok(()) => return Self::Taken,
            Err(ProviderError::StarknetError(StarknetError::DuplicateTx)) => {
                return Self::Known;
            }
            Err(error) => error,
        };
        if let Some(transport) = TransportError::of(&error) {
            return match transport.trouble() {
                Trouble::RateLimited | Trouble::NoConnection(_) => Self::Unsent(transport.clone()),
                _ if transport.is_unsent() => Self::Refused(error.into()),
                _ => Self::Lost(error.into()),
            };
        }
        let is_final = match &error {
            // What a node says of a gateway that it did not reach, among other things.
            ProviderError::StarknetError(StarknetError::UnexpectedError(_)) => false,
            ProviderError::StarknetError(_) => true,
            error => code_of(error).is_some_and(is_refusal),
        };
        match Error::from(error) {
            refused @ Error::Refused(_) => Self::Refused(refused),
            error if is_final => Self::Refused(error),
            error => Self::Lost(error),
        }
    }
}

/// Says whether who answers with this code has passed nothing on. All others may come from a node, or from
/// what stands before it, that gave up waiting for the gateway: -32603, -32000 and 504 among them.
const fn is_refusal(code: i64) -> bool {
    match code {
        // The specification's own, told without what goes with them; 63 may be anything.
        1..=62 | 64..=99 => true,
        // No JSON, no request, no such method, no such parameters.
        -32_700 | -32_602..=-32_600 => true,
        // HTTP's, which some providers write here; 408 is a time-out.
        400..=499 => code != 408,
        _ => false,
    }
}

/// Returns the code of an error that is JSON-RPC's and not the specification's.
fn code_of(error: &ProviderError) -> Option<i64> {
    let ProviderError::Other(other) = error else { return None };
    match other.as_any().downcast_ref::<JsonRpcClientError<TransportError>>() {
        Some(JsonRpcClientError::JsonRpcError(JsonRpcError { code, .. })) => Some(*code),
        _ => None,
    }
}
