//! A simulated mempool: which transactions wait, which may replace another, and when one is dropped.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use starknet_rust::core::types::Felt;

use super::offer::{Kind, Offer};

/// How long a transaction may wait before it is dropped.
const TIME_TO_LIVE: Duration = Duration::from_secs(300);
/// How long a declaration waits before a sequencer may take it.
const DECLARES_WAIT: Duration = Duration::from_secs(20);
/// A replacement's tip and price must be higher by this part of the old ones: one tenth.
const ESCALATION: u128 = 10;

/// The status of a transaction in the mempool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolStatus {
    /// The transaction waits.
    Received,
    /// The sequencer has chosen the transaction for the block in progress.
    Candidate,
    /// The transaction was executed into the block in progress.
    PreConfirmed,
}

/// Why the mempool refuses a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolRefusal {
    /// The same transaction is in the mempool already.
    Duplicate,
    /// The sequencer has chosen or executed another transaction with that nonce.
    NonceTooOld,
    /// Another transaction has that nonce, and the new one does not pay enough more to replace it.
    DuplicateNonce,
}

#[derive(Debug)]
struct Waiting {
    offer: Offer,
    status: PoolStatus,
    admitted: Duration,
    /// The time that the transaction spent in blocks that were dropped, which does not count as waiting.
    paused: Duration,
    pre_confirmed_at: Duration,
    order: u64,
}

/// The mempool: transactions that the gateway admitted and that are in no block. Times count from the
/// network's start.
#[derive(Debug, Default)]
pub struct Pool {
    by_hash: HashMap<Felt, Waiting>,
    by_nonce: BTreeMap<(Felt, Felt), Felt>,
    admitted: u64,
}

impl Pool {
    /// Returns the status of the transaction `hash`; `None` if it is not in the pool.
    pub fn status(&self, hash: Felt) -> Option<PoolStatus> {
        self.by_hash.get(&hash).map(|it| it.status)
    }

    /// Returns the transaction `hash`.
    pub fn offer(&self, hash: Felt) -> Option<&Offer> {
        self.by_hash.get(&hash).map(|it| &it.offer)
    }

    /// Says whether the pool contains the deployment of the account `sender`.
    pub fn deploys(&self, sender: Felt) -> bool {
        self.by_nonce
            .get(&(sender, Felt::ZERO))
            .and_then(|hash| self.offer(*hash))
            .is_some_and(|it| it.kind == Kind::DeployAccount)
    }

    /// Checks whether the pool takes `offer` at the time `now`. To replace a transaction with the same
    /// nonce it must pay a tenth more.
    ///
    /// # Errors
    /// [`PoolRefusal`] if the pool does not take it.
    pub fn check(&self, offer: &Offer, now: Duration) -> Result<(), PoolRefusal> {
        let old = self.of_nonce(offer);
        if let Some(old) = old
            && old.offer.kind == Kind::Declare
            && now < old.admitted + DECLARES_WAIT
        {
            // This applies even to the same declaration, which is not in the pool's order yet.
            return Err(PoolRefusal::DuplicateNonce);
        }
        if self.by_hash.contains_key(&offer.hash) {
            return Err(PoolRefusal::Duplicate);
        }
        if self.highest_chosen(offer.sender).is_some_and(|highest| offer.nonce <= highest) {
            return Err(PoolRefusal::NonceTooOld);
        }
        if let Some(old) = old {
            let is_higher = |new: u128, old: u128| new >= old + old.div_ceil(ESCALATION);
            let old = &old.offer;
            if !is_higher(offer.tip.into(), old.tip.into())
                || !is_higher(offer.l2_price(), old.l2_price())
            {
                return Err(PoolRefusal::DuplicateNonce);
            }
        }
        Ok(())
    }

    /// Adds `offer`, which passed [`check`](Self::check), at the time `now`.
    pub fn admit(&mut self, offer: Offer, now: Duration) {
        if let Some(hash) = self.by_nonce.insert((offer.sender, offer.nonce), offer.hash) {
            self.by_hash.remove(&hash);
        }
        self.admitted += 1;
        let waiting = Waiting {
            status: PoolStatus::Received,
            admitted: now,
            paused: Duration::ZERO,
            pre_confirmed_at: Duration::ZERO,
            order: self.admitted,
            offer,
        };
        self.by_hash.insert(waiting.offer.hash, waiting);
    }

    /// Returns the pool's transaction that has the nonce of `offer`.
    fn of_nonce(&self, offer: &Offer) -> Option<&Waiting> {
        self.by_hash.get(self.by_nonce.get(&(offer.sender, offer.nonce))?)
    }

    /// Drops the transactions that have waited for too long; those that the sequencer has chosen stay.
    pub fn expire(&mut self, now: Duration) {
        let old: Vec<_> = self
            .by_hash
            .values()
            .filter(|it| it.status == PoolStatus::Received)
            .filter(|it| now >= it.admitted + it.paused + TIME_TO_LIVE)
            .map(|it| it.offer.hash)
            .collect();
        old.into_iter().for_each(|hash| self.remove(hash));
    }

    /// Chooses the transactions that can be executed next and pay at least `l2_price`, as candidates.
    /// `next` returns the nonce of an account's next transaction in the block in progress.
    pub fn take(&mut self, now: Duration, l2_price: u128, mut next: impl FnMut(Felt) -> Felt) {
        let mut nonces: HashMap<Felt, Felt> = HashMap::new();
        for ((sender, nonce), hash) in &self.by_nonce {
            let Some(waiting) = self.by_hash.get_mut(hash) else { continue };
            let next = nonces.entry(*sender).or_insert_with(|| next(*sender));
            let is_held =
                waiting.offer.kind == Kind::Declare && now < waiting.admitted + DECLARES_WAIT;
            // A transaction below the price waits, and so do all later ones of its account.
            if waiting.status == PoolStatus::PreConfirmed
                || *nonce != *next
                || is_held
                || waiting.offer.l2_price() < l2_price
            {
                continue;
            }
            waiting.status = PoolStatus::Candidate;
            *next += Felt::ONE;
        }
    }

    /// Returns the candidates in the order of their execution: by tip, and those of one account by nonce.
    pub fn candidates(&self) -> Vec<Offer> {
        let mut ready: BTreeMap<Felt, Vec<&Waiting>> = BTreeMap::new();
        for hash in self.by_nonce.values() {
            if let Some(it) = self.by_hash.get(hash).filter(|it| it.status == PoolStatus::Candidate)
            {
                ready.entry(it.offer.sender).or_default().push(it);
            }
        }
        let mut queues: Vec<_> = ready.into_values().map(Vec::into_iter).collect();
        let mut heads: Vec<_> = queues.iter_mut().map(Iterator::next).collect();
        let mut ordered = Vec::new();
        // An account's later transaction cannot be executed before its earlier one, whatever tip it pays.
        let key = |it: &Waiting| (std::cmp::Reverse(it.offer.tip), it.order);
        while let Some((index, head)) = heads
            .iter()
            .enumerate()
            .filter_map(|(index, head)| head.map(|it| (index, it)))
            .min_by_key(|(_, it)| key(it))
        {
            ordered.push(head.offer.clone());
            if let (Some(place), Some(queue)) = (heads.get_mut(index), queues.get_mut(index)) {
                *place = queue.next();
            }
        }
        ordered
    }

    /// Marks that the transaction `hash` was executed into the block in progress.
    pub fn pre_confirm(&mut self, hash: Felt, now: Duration) {
        if let Some(waiting) = self.by_hash.get_mut(&hash) {
            waiting.status = PoolStatus::PreConfirmed;
            waiting.pre_confirmed_at = now;
        }
    }

    /// Marks that the candidate `hash` waits again.
    pub fn put_back(&mut self, hash: Felt) {
        if let Some(waiting) = self.by_hash.get_mut(&hash) {
            waiting.status = PoolStatus::Received;
        }
    }

    /// Removes the transaction `hash`.
    pub fn remove(&mut self, hash: Felt) {
        if let Some(Waiting { offer, .. }) = self.by_hash.remove(&hash) {
            self.by_nonce.remove(&(offer.sender, offer.nonce));
        }
    }

    /// Removes the transactions of the block that was made.
    pub fn commit(&mut self) {
        let executed = self.by_hash.values().filter(|it| it.status == PoolStatus::PreConfirmed);
        let done: Vec<_> = executed.map(|it| it.offer.hash).collect();
        done.into_iter().for_each(|hash| self.remove(hash));
    }

    /// Makes the transactions of a dropped block wait again.
    pub fn rewind(&mut self, now: Duration) {
        for waiting in self.by_hash.values_mut() {
            if waiting.status == PoolStatus::PreConfirmed {
                waiting.paused += now.saturating_sub(waiting.pre_confirmed_at);
            }
            waiting.status = PoolStatus::Received;
        }
    }

    /// Returns the highest nonce of `sender` that the sequencer has chosen for the block in progress.
    fn highest_chosen(&self, sender: Felt) -> Option<Felt> {
        self.by_nonce
            .range((sender, Felt::ZERO)..=(sender, Felt::MAX))
            .rev()
            .find(|(_, hash)| self.status(**hash).is_some_and(|it| it != PoolStatus::Received))
            .map(|((_, nonce), _)| *nonce)
    }
}
