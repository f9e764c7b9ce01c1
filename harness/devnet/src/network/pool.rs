//! A mempool: which transactions wait, which may replace which, and when one is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use starknet_rust::core::types::Felt;

use super::offer::{Kind, Offer};

/// How long a transaction may wait before it is forgotten.
const TIME_TO_LIVE: Duration = Duration::from_secs(300);
/// How long a declaration waits before a sequencer may take it.
const DECLARES_WAIT: Duration = Duration::from_secs(20);
/// The part of the old tip and price by which a replacement must be higher: a tenth.
const ESCALATION: u128 = 10;

/// How far a transaction of the pool has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It waits.
    Received,
    /// The sequencer has taken it for the block that it makes.
    Candidate,
    /// It was executed into the block that the sequencer makes.
    PreConfirmed,
}

/// Why the pool does not take a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolRefusal {
    /// It is in the pool.
    Duplicate,
    /// The sequencer has taken a transaction of that nonce, or executed it.
    NonceTooOld,
    /// Another transaction has that nonce, and pays too much to be replaced.
    DuplicateNonce,
}

#[derive(Debug)]
struct Waiting {
    offer: Offer,
    stage: Stage,
    admitted: Duration,
    /// The time that it has spent in blocks that were dropped: its life did not run down there.
    paused: Duration,
    staged_at: Duration,
    order: u64,
}

/// The transactions that the gateway admitted and no block has. Times are those since the network began.
#[derive(Debug, Default)]
pub struct Pool {
    by_hash: HashMap<Felt, Waiting>,
    by_nonce: BTreeMap<(Felt, Felt), Felt>,
    admitted: u64,
}

impl Pool {
    /// Says how far the transaction `hash` has come; `None` if it is not in the pool.
    pub fn stage(&self, hash: Felt) -> Option<Stage> {
        self.by_hash.get(&hash).map(|it| it.stage)
    }

    /// Returns the transaction `hash`.
    pub fn offer(&self, hash: Felt) -> Option<&Offer> {
        self.by_hash.get(&hash).map(|it| &it.offer)
    }

    /// Says whether a transaction that deploys the account `sender` is in the pool.
    pub fn deploys(&self, sender: Felt) -> bool {
        self.by_nonce
            .get(&(sender, Felt::ZERO))
            .and_then(|hash| self.offer(*hash))
            .is_some_and(|it| it.kind == Kind::DeployAccount)
    }

    /// Asks whether the pool takes `offer` at `now`: in place of the one of its nonce it must pay a tenth
    /// more.
    ///
    /// # Errors
    /// [`PoolRefusal`] if the pool does not take it.
    pub fn check(&self, offer: &Offer, now: Duration) -> Result<(), PoolRefusal> {
        let old = self.of_nonce(offer);
        if let Some(old) = old
            && old.offer.kind == Kind::Declare
            && now < old.admitted + DECLARES_WAIT
        {
            // Even the very same one, which is in no queue yet.
            return Err(PoolRefusal::DuplicateNonce);
        }
        if self.by_hash.contains_key(&offer.hash) {
            return Err(PoolRefusal::Duplicate);
        }
        if self.staged(offer.sender).is_some_and(|staged| offer.nonce <= staged) {
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

    /// Takes `offer`, which was [checked](Self::check), at `now`.
    pub fn admit(&mut self, offer: Offer, now: Duration) {
        if let Some(hash) = self.by_nonce.insert((offer.sender, offer.nonce), offer.hash) {
            self.by_hash.remove(&hash);
        }
        self.admitted += 1;
        let waiting = Waiting {
            stage: Stage::Received,
            admitted: now,
            paused: Duration::ZERO,
            staged_at: Duration::ZERO,
            order: self.admitted,
            offer,
        };
        self.by_hash.insert(waiting.offer.hash, waiting);
    }

    /// Returns what has the nonce of `offer`.
    fn of_nonce(&self, offer: &Offer) -> Option<&Waiting> {
        self.by_hash.get(self.by_nonce.get(&(offer.sender, offer.nonce))?)
    }

    /// Forgets what has waited for too long, but for what the sequencer has taken.
    pub fn expire(&mut self, now: Duration) {
        let old: Vec<_> = self
            .by_hash
            .values()
            .filter(|it| it.stage == Stage::Received)
            .filter(|it| now >= it.admitted + it.paused + TIME_TO_LIVE)
            .map(|it| it.offer.hash)
            .collect();
        old.into_iter().for_each(|hash| self.remove(hash));
    }

    /// Lets the sequencer take what can be executed next, if it pays `l2_price`: the highest tip first.
    /// `next` is the nonce that an account's next transaction has in the block that is being made.
    pub fn take(&mut self, now: Duration, l2_price: u128, mut next: impl FnMut(Felt) -> Felt) {
        let mut nonces: HashMap<Felt, Felt> = HashMap::new();
        for ((sender, nonce), hash) in &self.by_nonce {
            let Some(waiting) = self.by_hash.get_mut(hash) else { continue };
            let next = nonces.entry(*sender).or_insert_with(|| next(*sender));
            let is_held =
                waiting.offer.kind == Kind::Declare && now < waiting.admitted + DECLARES_WAIT;
            // A price that fell behind keeps it, and all that come after it, waiting.
            if waiting.stage == Stage::PreConfirmed
                || *nonce != *next
                || is_held
                || waiting.offer.l2_price() < l2_price
            {
                continue;
            }
            waiting.stage = Stage::Candidate;
            *next += Felt::ONE;
        }
    }

    /// Returns the candidates in the order in which they are executed: by tip, and of one account by
    /// nonce.
    pub fn candidates(&self) -> Vec<Offer> {
        let mut ready: BTreeMap<Felt, Vec<&Waiting>> = BTreeMap::new();
        for hash in self.by_nonce.values() {
            if let Some(it) = self.by_hash.get(hash).filter(|it| it.stage == Stage::Candidate) {
                ready.entry(it.offer.sender).or_default().push(it);
            }
        }
        let mut queues: Vec<_> = ready.into_values().map(Vec::into_iter).collect();
        let mut heads: Vec<_> = queues.iter_mut().map(Iterator::next).collect();
        let mut ordered = Vec::new();
        // An account's later transaction cannot come before its earlier one, whatever it pays.
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

    /// Notes that `hash` was executed into the block that is being made.
    pub fn pre_confirm(&mut self, hash: Felt, now: Duration) {
        if let Some(waiting) = self.by_hash.get_mut(&hash) {
            waiting.stage = Stage::PreConfirmed;
            waiting.staged_at = now;
        }
    }

    /// Lets a candidate wait again.
    pub fn put_back(&mut self, hash: Felt) {
        if let Some(waiting) = self.by_hash.get_mut(&hash) {
            waiting.stage = Stage::Received;
        }
    }

    /// Forgets `hash`.
    pub fn remove(&mut self, hash: Felt) {
        if let Some(Waiting { offer, .. }) = self.by_hash.remove(&hash) {
            self.by_nonce.remove(&(offer.sender, offer.nonce));
        }
    }

    /// Forgets what is in the block that was made.
    pub fn commit(&mut self) {
        let staged = self.by_hash.values().filter(|it| it.stage == Stage::PreConfirmed);
        let done: Vec<_> = staged.map(|it| it.offer.hash).collect();
        done.into_iter().for_each(|hash| self.remove(hash));
    }

    /// Lets what was in a block that was dropped wait again.
    pub fn rewind(&mut self, now: Duration) {
        for waiting in self.by_hash.values_mut() {
            if waiting.stage == Stage::PreConfirmed {
                waiting.paused += now.saturating_sub(waiting.staged_at);
            }
            waiting.stage = Stage::Received;
        }
    }

    /// Returns the highest nonce of `sender` that the sequencer has taken for the block that is being made.
    fn staged(&self, sender: Felt) -> Option<Felt> {
        self.by_nonce
            .range((sender, Felt::ZERO)..=(sender, Felt::MAX))
            .rev()
            .find(|(_, hash)| self.stage(**hash).is_some_and(|it| it != Stage::Received))
            .map(|((_, nonce), _)| *nonce)
    }
}
