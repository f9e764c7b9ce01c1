//! Sends transactions: estimates, signs, journals and sends them, and waits for them.

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

/// How long another process may take to send a transaction after it wrote the journal entry.
const FRESH: Duration = Duration::from_secs(3);
/// How long a transaction whose answer was lost is looked for and its bytes are sent again.
const LOOKING: Duration = Duration::from_secs(8);
/// The shortest time that one look for a transaction gets.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
/// How many looks in a row must find a transaction unknown to the node before this client takes it for
/// gone: overtaken by another with its nonce, or given up. Each look may reach another node, and not all
/// nodes are at the same block.
const LOOKS: usize = 5;
/// The longest pause between two of these looks.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// A transaction with its fee bounds and its nonce, not signed yet. While it exists, no other task of this
/// process can send for the account.
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
/// println!("store this hash with the payment: {:#x}", signed.hash());
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
    /// The journal's entry of what has this nonce already.
    replaces: Option<Entry>,
    sending: Sending,
}

/// A signed transaction whose hash is known, not sent yet.
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
}

impl Node {
    /// Estimates `transaction`, which `payer` pays for, and gives it `payer`'s next nonce.
    ///
    /// # Errors
    /// [`Error::Refused`] if the transaction would fail, [`Error::OverLimit`] if it costs more than `terms`
    /// allow, and [`Error::Unsettled`] if the journal has an open transaction of the account that the node
    /// does not know: it may still be included, so its nonce cannot be used for another.
    /// [`Error::NotNext`] or [`Error::NonceTaken`] if the nonce in `terms` cannot be used.
    pub async fn draft<T: Transaction>(
        &self,
        payer: Felt,
        transaction: T,
        terms: &Terms,
    ) -> Result<Draft<T>> {
        self.draft_after(&[], payer, transaction, terms).await
    }

    /// Does what [`draft`](Self::draft) does after the transactions in `refused` were refused, which make
    /// the same calls: their nonces do not count as taken.
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
        // A node estimates only a transaction with the nonce that the node itself knows.
        let transaction = transaction.numbered(used, tip);
        let quote = Quote::new(&transaction.estimate().await?, tip, terms.max_fee)?.unlike_others();
        let transaction = transaction.numbered(nonce, tip);
        // They stay in the journal until one of them is in a block: any of them may be.
        let replaces =
            refused.iter().rfind(|it| it.entry.nonce == nonce).map(|it| it.entry.clone());
        Ok(Draft { node: self.clone(), payer, nonce, quote, transaction, replaces, sending })
    }

    /// Sends the transaction that `make` builds; `payer` pays for it.
    ///
    /// A gateway may refuse a transaction whose estimate succeeded, because it has not seen yet what the
    /// transaction depends on. The transaction is then built, signed and sent again for
    /// [`Patience::catching_up`](crate::Patience::catching_up). Before a new one is sent, the refused one
    /// is looked for by its hash, so that nothing is paid twice.
    ///
    /// If the returned future is dropped before it is ready, for example by a timeout, the transaction may
    /// have been sent. [`unsettled`](Self::unsettled) shows it, and no other transaction of the account is
    /// sent until it is settled.
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

    /// Does what [`submit`](Self::submit) does, and calls two functions before each try: `agree` with the
    /// fee, and `sending` with the transaction's hash, to store it with your own record of the payment. If
    /// one of them returns an error, nothing more is sent and that error is returned.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit), and the errors of `agree` and `sending`.
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
        let sent = self
            .submit_until(start, &mut refused, payer, make, terms, &mut agree, &mut sending)
            .await;
        for submission in refused {
            match &sent {
                Ok(sent) if sent.hash() == submission.hash() => {}
                // Both transactions have the same nonce, so one of them can be included. The refused one
                // stays in the journal until the sent one is in a block.
                Ok(sent) if sent.entry.nonce == submission.entry.nonce => {}
                // A refused transaction stays in the journal if the node knows it or does not answer. A
                // later draft then looks for it again.
                _ if submission.status().await.is_ok_and(|it| it == Status::Unknown) => {
                    drop(submission.remove());
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
            // The draft holds the account's turn, so nothing else is sent between this look and the next
            // step.
            if let Some(taken) = taken_after_all(refused).await {
                return Ok(taken);
            }
            let draft = match draft {
                // Somebody else sent a transaction of the account after its nonce was read and before the
                // estimate.
                Err(Error::Refused(refusal))
                    if refusal.cause() == Cause::Nonce && start.elapsed() < patience =>
                {
                    sleep(pauses.next().unwrap_or(patience)).await;
                    continue;
                }
                // A node that is behind may not show yet what the transaction depends on.
                Err(error @ Error::Refused(_)) => {
                    if self.may_catch_up(start).await {
                        continue;
                    }
                    return Err(error.into());
                }
                draft => draft?,
            };
            // With different nonces both transactions could be included, so a new one is sent only once the
            // refused one can never be.
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
                // The same hash is in the journal for another payment; the next try has another hash.
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
                    // The balance has been spent since it was checked.
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
                    // It is not known whether this transaction was accepted, so the refused ones that could
                    // be included in its place stay in the journal.
                    refused.clear();
                    return Err(error.into());
                }
                Ok(sent) => return Ok(sent),
            }
        }
    }

    /// Returns the open transactions of `account` in the journal.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub fn unsettled(&self, account: Felt) -> Result<Vec<Submission>> {
        let entries =
            self.journal().open(self.chain_id(), account).map_err(|it| Error::journal(&it))?;
        Ok(entries.into_iter().map(|entry| Submission::new(self.clone(), entry)).collect())
    }

    /// Finds the transaction `hash` in the journal; `None` if it is settled, or was not sent with this
    /// journal.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub fn submission(&self, hash: Felt) -> Result<Option<Submission>> {
        let entry = self.journal().find(hash).map_err(|it| Error::journal(&it))?;
        // A transaction of another network is not this node's.
        let entry = entry.filter(|it| it.chain_id == self.chain_id());
        Ok(entry.map(|entry| Submission::new(self.clone(), entry)))
    }

    /// Checks that no open transaction has the nonce `asked`, except those of `refused`.
    fn is_free(&self, payer: Felt, used: Felt, asked: Felt, refused: &[Submission]) -> Result<()> {
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

    /// Returns the nonces of the account's open transactions.
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
                // A transaction of an earlier process stays in the journal until somebody asks what became
                // of it.
                if !sending.knows(hash) {
                    continue;
                }
                let committed = match committed {
                    Some(nonce) => nonce,
                    None => *committed
                        .insert(self.nonce_at(BlockId::Tag(BlockTag::Latest), payer).await?),
                };
                // The nonce is used in a block, by this transaction or by another one.
                if nonce < committed {
                    submission.settle()?;
                }
            } else if sending.has_sent(hash) || submission.is_known_soon().await? {
                taken.insert(nonce);
            } else if self.submission(hash)?.is_some() {
                unknown.push((hash, nonce));
            }
        }
        // An unknown transaction whose nonce a known one has was replaced by it, so its nonce is no gap.
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
    /// Returns the estimated fee and the fee bounds.
    #[must_use]
    pub const fn quote(&self) -> &Quote {
        &self.quote
    }

    /// Returns the account's nonce that the transaction uses.
    #[must_use]
    pub const fn nonce(&self) -> Felt {
        self.nonce
    }

    /// Checks that the account's STRK balance covers the most that the transaction may cost: a sequencer
    /// accepts it only then.
    ///
    /// # Errors
    /// [`Error::CannotPay`] if the balance is too low, and as for [`token::balance`].
    pub async fn can_pay(&self) -> Result<()> {
        let has = Fri(token::balance(&self.node, token::STRK, self.payer).await?);
        let needs = self.quote.most;
        if has >= needs {
            return Ok(());
        }
        Err(Error::CannotPay { account: self.payer, has, needs })
    }

    /// Signs the transaction.
    ///
    /// # Errors
    /// [`Error::Signing`] if the key cannot sign it.
    pub async fn sign(self) -> Result<Signed> {
        let Self { node, payer, nonce, quote, transaction, replaces, sending } = self;
        let (hash, broadcast) = transaction.signed(quote.bounds).await?;
        let kept = matches!(broadcast, Broadcast::Invoke(_)).then(|| broadcast.clone());
        let mut entry = Entry {
            chain_id: node.chain_id(),
            account: payer,
            nonce,
            hash,
            transaction: kept,
            replaces: None,
            written_at: now(),
        };
        // What does something else leaves undone what it takes the place of.
        let same = replaces.filter(|it| it.calls() == entry.calls());
        entry.replaces = same.map(|it| it.hash);
        Ok(Signed { node, entry, broadcast, sending })
    }
}

impl Signed {
    /// Returns the transaction's hash. It is computed here, since a node could name another one.
    #[must_use]
    pub const fn hash(&self) -> Felt {
        self.entry.hash
    }

    /// Writes the transaction into the journal and sends it. If the answer is lost, the transaction is
    /// looked for by its hash, and the same bytes are sent again, which pay once.
    ///
    /// # Errors
    /// [`Error::Refused`] if the gateway refuses it, so that it cannot be included. [`Error::Uncertain`] if
    /// it is not known whether the network accepted it; it stays in the journal. [`Error::Unreachable`] if
    /// it was never sent. [`Error::Journal`] if the journal cannot be written; nothing is sent then.
    pub async fn submit(self) -> Result<Submission> {
        let submission = Submission::new(self.node.clone(), self.entry.clone());
        self.write()?;
        let sent = self.send().await;
        if sent.as_ref().is_err_and(|it| it.transaction().is_none()) {
            submission.remove()?;
        }
        sent
    }

    /// Writes the transaction into the journal.
    fn write(&self) -> Result<()> {
        match self.node.journal().write(&self.entry) {
            // Another process with the same journal sends the same bytes for a payment of its own.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Error::Refused(Refusal::of_a_twin(self.entry.hash)))
            }
            written => written.map_err(|it| Error::journal(&it)),
        }
    }

    /// Sends the transaction. A refused one stays in the journal.
    async fn send(self) -> Result<Submission> {
        let Self { node, entry, broadcast, sending } = self;
        let hash = entry.hash;
        send_until_known(&node, &broadcast, hash, false).await?;
        // The hash is recorded only now: a transaction that was not accepted, or may not have been, would
        // leave a gap in the nonces.
        sending.sent(hash);
        Ok(Submission::new(node, entry))
    }
}

impl Submission {
    const fn new(node: Node, entry: Entry) -> Self {
        Self { node, entry }
    }

    /// Returns the transaction's hash.
    #[must_use]
    pub const fn hash(&self) -> Felt {
        self.entry.hash
    }

    /// Returns the transaction's journal entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Says whether the journal has the signed bytes that [`resend`](Self::resend) sends. It does not have
    /// those of declarations and of accounts' own deployments.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.entry.transaction.is_some()
    }

    /// Asks the node for the transaction's status.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn status(&self) -> Result<Status> {
        self.node.status_of(self.hash()).await
    }

    /// Says whether the node knows the transaction. If the entry was written a moment ago, another process
    /// may be about to send it, so the node is asked again.
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

    /// Returns the open transactions of the journal that make the same calls with the same nonce: those in
    /// whose place this one was sent, and those that were sent in its place. Only one of them all can be
    /// included, and whichever it is, it makes the calls.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub fn alternatives(&self) -> Result<Vec<Self>> {
        let mut others = self.node.unsettled(self.entry.account)?;
        others.retain(|it| it.entry.nonce == self.entry.nonce && it.hash() != self.hash());
        let mut linked: HashSet<_> = self.entry.replaces.into_iter().chain([self.hash()]).collect();
        let mut alternatives = Vec::new();
        loop {
            let is_linked = |it: &mut Self| {
                linked.contains(&it.hash())
                    || it.entry.replaces.is_some_and(|it| linked.contains(&it))
            };
            let found: Vec<_> = others.extract_if(.., is_linked).collect();
            if found.is_empty() {
                return Ok(alternatives);
            }
            linked.extend(
                found.iter().flat_map(|it| it.entry.replaces.into_iter().chain([it.hash()])),
            );
            alternatives.extend(found);
        }
    }

    /// Says whether the transaction can never be included, because another transaction of the account has
    /// used its nonce in a block: then it was not paid, unless the other one is one of its
    /// [alternatives](Self::alternatives). The node is asked several times, since a node that
    /// is behind knows neither of the two.
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

    /// Replaces the transaction by the one that `make` builds, with the same nonce, and with a tip and an
    /// L2 gas price that are at least a tenth higher, as networks require. Use it for a transaction whose
    /// bounds are below the price. Only one of the two can be included, so `make` should make the same
    /// calls. Both stay in the journal until one is in a block. A nonce in `terms` is ignored.
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
    /// [`Error::Pending`] if the transaction was executed meanwhile, [`Error::NotKept`] if the journal does
    /// not have its bounds, [`Error::OverLimit`] if a tenth more is above what `terms` allow, and as for
    /// [`Node::draft`], [`Draft::can_pay`] and [`Signed::submit`].
    pub async fn replace<T: Transaction>(
        &self,
        make: impl FnOnce() -> T,
        terms: &Terms,
    ) -> Result<Self> {
        let draft = self.replacement(make(), terms).await?;
        draft.can_pay().await?;
        draft.sign().await?.submit().await
    }

    /// Builds the draft that replaces this transaction: see [`replace`](Self::replace).
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
        let replaces = Some(self.entry.clone());
        Ok(Draft { node, payer, nonce, quote, transaction, replaces, sending })
    }

    /// Waits until the transaction is as final as `finality` says, and returns its outcome if it succeeded.
    ///
    /// # Errors
    /// [`Error::Reverted`] if it reverted, and as for [`Node::wait`].
    pub async fn wait(&self, finality: Finality) -> Result<Outcome> {
        self.wait_with(Wait { finality, ..Wait::default() }, |_| {}).await?.succeeded()
    }

    /// Waits as `wait` says, calls `progress` after each look, and returns the outcome, reverted or not.
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
            // The transaction was paid even if the journal fails here, so this is no error of the
            // transaction. The account's next draft settles the entry again, and returns the journal's
            // error then.
            let _ = self.settle();
        }
        Ok(outcome)
    }

    /// Waits as [`wait_with`](Self::wait_with) does, and does not settle the journal entry. Use it to
    /// report the outcome first and to [settle](Self::settle) afterwards: after a crash between the two,
    /// the entry is still there.
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

    /// Removes the transaction and its [alternatives](Self::alternatives) from the journal. Call it when the
    /// transaction is in a block and you have stored its outcome: after this, the journal cannot tell it.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal fails.
    pub fn settle(&self) -> Result<()> {
        // The one that was paid goes last. Without it, the others would seem not to be paid.
        self.alternatives()?.iter().try_for_each(Self::remove)?;
        self.remove()
    }

    /// Removes this transaction alone from the journal.
    fn remove(&self) -> Result<()> {
        self.node.journal().settle(self.hash()).map_err(|it| Error::journal(&it))
    }

    /// Sends the same bytes again, which pay once. Use it if the node does not know the transaction any
    /// more.
    ///
    /// # Errors
    /// As for [`Signed::submit`], and [`Error::NotKept`] if the journal does not have the transaction's
    /// bytes, as for a declaration.
    pub async fn resend(&self) -> Result<()> {
        let hash = self.hash();
        let broadcast = self.entry.transaction.as_ref().ok_or(Error::NotKept(hash))?;
        let sending = self.node.outbox(self.entry.account).turn().await;
        send_until_known(&self.node, broadcast, hash, true).await?;
        sending.sent(hash);
        Ok(())
    }

    /// Gives the transaction up, so that the account's next transaction can use its nonce; then only one of
    /// the two can be included. If this transaction is included before the next one is drafted, the next
    /// one gets a later nonce, and both are paid.
    ///
    /// # Errors
    /// [`Error::Pending`] if the node knows the transaction.
    pub async fn give_up(self) -> Result<()> {
        let hash = self.hash();
        // Each look may reach another node, and a node that is behind does not know the transaction.
        for pause in looks() {
            match self.status().await? {
                Status::Unknown => sleep(pause).await,
                status => return Err(Error::Pending { hash, status }),
            }
        }
        self.node.outbox(self.entry.account).forget(hash);
        self.remove()
    }
}

/// Finds the one of `refused` that the network has accepted in spite of the refusal. A provider may pass a
/// transaction to several nodes and return the answer of the last one.
async fn taken_after_all(refused: &[Submission]) -> Option<Submission> {
    for submission in refused {
        if submission.status().await.is_ok_and(|it| it != Status::Unknown) {
            return Some(submission.clone());
        }
    }
    None
}

/// Finds the one of `refused` that could be included in addition to a transaction with `nonce`.
async fn still_open(refused: &[Submission], nonce: Felt) -> Result<Option<Submission>> {
    for submission in refused.iter().filter(|it| it.entry.nonce != nonce) {
        if !submission.is_overtaken().await? {
            return Ok(Some(submission.clone()));
        }
    }
    Ok(None)
}

/// Returns the pauses between looks for a transaction that another node may know.
fn looks() -> impl Iterator<Item = Duration> {
    pauses().map(|pause| pause.min(LONGEST_LOOK)).take(LOOKS)
}

/// Returns this machine's time, in Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Sends `broadcast` until it is known whether the network accepted it; the same bytes pay once, however
/// often they are sent. `was_sent` says whether they were sent before.
async fn send_until_known(
    node: &Node,
    broadcast: &Broadcast,
    hash: Felt,
    was_sent: bool,
) -> Result<()> {
    let start = Instant::now();
    let mut pauses = pauses();
    // After a lost answer, a refusal may concern the second copy: the first one may have been accepted.
    let mut may_be_taken = was_sent;
    loop {
        let answer = Answer::of(broadcast.send(node.provider()).await);
        let is_refused = matches!(answer, Answer::Refused(_));
        let is_limited =
            matches!(&answer, Answer::Unsent(it) if *it.trouble() == Trouble::RateLimited);
        let (error, asked) = match answer {
            // No other transaction has this hash. If the network knows it already, an earlier copy arrived:
            // one that a provider sent again by itself, or one whose answer was lost.
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
        // A refusal, or a rate limiter that says that it passed nothing on, may concern a copy that a
        // provider sent by itself. So the transaction is looked for first.
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
        // A provider may ask for an arbitrarily long pause.
        if start.elapsed().saturating_add(pause) > LOOKING {
            let why = Box::new(error);
            return Err(if may_be_taken { Error::Uncertain { hash, why } } else { *why });
        }
        sleep(pause).await;
    }
}

/// What the answer to a transaction means.
enum Answer {
    /// The network accepted it.
    Taken,
    /// The network knows it already.
    Known,
    /// The network refuses it.
    Refused(Error),
    /// The request did not reach the network; another try may.
    Unsent(TransportError),
    /// It is not known whether the network accepted it.
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
            // A node may use this error also when the gateway did not answer in time.
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

/// Says whether this error code means that the transaction was not passed on. Any other code may come from
/// a node or a proxy that gave up waiting for the gateway, such as -32603, -32000 and 504.
const fn is_refusal(code: i64) -> bool {
    match code {
        // Codes of Starknet's specification, here without their data. 63 is "unexpected error", which may
        // mean anything.
        1..=62 | 64..=99 => true,
        // Codes of JSON-RPC: no JSON, no valid request, unknown method, invalid parameters.
        -32_700 | -32_602..=-32_600 => true,
        // HTTP status codes that some providers use here; 408 is a timeout.
        400..=499 => code != 408,
        _ => false,
    }
}

/// Returns the code of a JSON-RPC error that starknet-rust does not recognise as one of the specification.
fn code_of(error: &ProviderError) -> Option<i64> {
    let ProviderError::Other(other) = error else { return None };
    match other.as_any().downcast_ref::<JsonRpcClientError<TransportError>>() {
        Some(JsonRpcClientError::JsonRpcError(JsonRpcError { code, .. })) => Some(*code),
        _ => None,
    }
}
