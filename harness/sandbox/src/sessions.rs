//! The sessions on the chain, found by the events that registered them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use starknet_rust::core::types::{BlockId, EmittedEvent, EventFilter, Felt};
use starknet_rust::providers::Provider;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::timeout;

use super::history::Signer;
use super::names;
use session_client::Node;
use session_client::Result;
use session_client::{Allowed, Fri, SessionContract, SessionEvents, SessionStatus, SpendingPolicy};

/// How many sessions are kept, and how many events are asked for at once.
const SESSIONS: usize = 50;
const EVENTS: u64 = 500;
/// From how many entries on no more of a list is kept: whoever emits events can make it long.
const ENTRIES: usize = 200;
/// Of how many sessions limits and policies are read anew in one reading: each takes four questions more.
const DUE: usize = 4;
/// How long an answer is good for.
const FRESH: Duration = Duration::from_millis(500);
/// How long a reading is waited for.
const SOON: Duration = Duration::from_secs(1);

/// Whether a session can sign, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It could sign now.
    Active,
    /// Its time is over.
    Expired,
    /// Its transactions are used up.
    UsedUp,
    /// Ended by the owner, by itself, or with all others.
    Revoked,
}

impl State {
    const fn of(status: &SessionStatus, now: u64) -> Self {
        match *status {
            SessionStatus { valid_until: 0, .. } => Self::Revoked,
            SessionStatus { valid_until, .. } if valid_until < now => Self::Expired,
            SessionStatus { remaining_calls: 0, .. } => Self::UsedUp,
            _ => Self::Active,
        }
    }
}

/// A session and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The account.
    pub account: Felt,
    /// The session's public key.
    pub session_key: Felt,
    /// Whether it could sign now.
    pub is_active: bool,
    /// The same, and why not.
    pub state: State,
    /// Unix time in seconds; 0 once it is revoked.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// Transactions granted; 0 once it is revoked.
    pub max_calls: u32,
    /// The most that a transaction of its own may cost, in FRI; none for no limit.
    pub fee_limit: Option<Fri>,
    /// What may be spent of which token, and what is.
    pub policies: Vec<Policy>,
    /// The chain's time when this was read.
    pub read_at: u64,
    /// How many entries its list has; 0 means any call, but of a session that is revoked.
    pub allowed_len: u32,
    /// The list's first entries, by name where known.
    pub allowed: Vec<String>,
}

/// A spending policy, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The token.
    pub token: Felt,
    /// Its limits, and what was spent.
    #[serde(flatten)]
    pub policy: SpendingPolicy,
    /// When the window that is open reopens, in Unix seconds.
    pub window_end: Option<u64>,
}

/// The last sessions that were registered.
#[derive(Debug, Clone)]
pub struct Sessions {
    node: Node,
    events: Arc<Mutex<Events>>,
    latest: watch::Sender<Vec<Session>>,
}

#[derive(Debug)]
struct Events {
    names: SessionEvents,
    next_block: u64,
    /// Account and key of the last registrations, latest last.
    keys: VecDeque<(Felt, Felt)>,
    /// What their sessions may call, by account and key; `None` once they are revoked.
    allowed: BTreeMap<Felt, BTreeMap<Felt, Option<Allowed>>>,
    read: Option<Instant>,
    /// Whose turn it is to have limits and policies read anew.
    turn: usize,
}

impl Sessions {
    /// Finds those of every account on the chain of `node`.
    pub fn new(node: Node) -> Self {
        let (names, keys) = (SessionEvents::new(), VecDeque::new());
        let events =
            Events { names, next_block: 0, keys, allowed: BTreeMap::new(), read: None, turn: 0 };
        Self { node, events: Arc::new(Mutex::new(events)), latest: watch::Sender::default() }
    }

    /// Returns the last ones, latest first. However busy the chain is, the answer comes soon: then it is
    /// that of before.
    pub async fn latest(&self) -> Vec<Session> {
        // One reading at a time: whoever comes meanwhile gets the last one.
        if let Ok(events) = self.events.clone().try_lock_owned()
            && events.read.is_none_or(|at| at.elapsed() > FRESH)
        {
            let sessions = self.clone();
            let reading = tokio::spawn(async move { sessions.read(events).await });
            let _ = timeout(SOON, reading).await;
        }
        self.latest.borrow().clone()
    }

    /// Returns the keys of the sessions of `account` among the last ones, whatever became of them: one of
    /// them may have signed as an owner does. None for any other `signature`.
    pub async fn keys_of(&self, account: Felt, signature: &[Felt]) -> Vec<Felt> {
        if Signer::of(signature) != Signer::Owner {
            return Vec::new();
        }
        let sessions = self.latest().await;
        sessions.iter().filter(|it| it.account == account).map(|it| it.session_key).collect()
    }

    async fn read(&self, mut events: OwnedMutexGuard<Events>) {
        if let Err(error) = self.read_events(&mut events).await {
            tracing::warn!(%error, "the sessions cannot be read");
        }
        let Ok(now) = self.node.now().await else { return };
        let before = self.latest.borrow().clone();
        let mut sessions = Vec::new();
        for (index, &(account, session_key)) in events.keys.iter().rev().enumerate() {
            let allowed = events.allowed(account, session_key);
            let is_it = |it: &&Session| (it.account, it.session_key) == (account, session_key);
            let known = before.iter().find(is_it).filter(|_| index / DUE != events.turn);
            // Whoever emits the event is a stranger: what is no session account is left out.
            let session = self.read_session(account, session_key, allowed, known, now).await;
            sessions.extend(session.ok());
        }
        events.turn = (events.turn + 1) % events.keys.len().div_ceil(DUE).max(1);
        self.latest.send_replace(sessions);
        events.read = Some(Instant::now());
    }

    async fn read_events(&self, events: &mut Events) -> Result<()> {
        let last = self.node.block_number().await?;
        if events.next_block > last {
            return Ok(());
        }
        let filter = EventFilter {
            from_block: Some(BlockId::Number(events.next_block)),
            to_block: Some(BlockId::Number(last)),
            address: None,
            keys: Some(vec![events.names.all()]),
        };
        let mut token = None;
        loop {
            let page = self.node.get_events(filter.clone(), token, EVENTS).await?;
            page.events.iter().for_each(|event| events.follow(event));
            token = page.continuation_token;
            if token.is_none() {
                break;
            }
        }
        events.next_block = last + 1;
        Ok(())
    }

    async fn read_session(
        &self,
        account: Felt,
        session_key: Felt,
        allowed: Option<&Allowed>,
        known: Option<&Session>,
        now: u64,
    ) -> Result<Session> {
        let contract = SessionContract::new(account, self.node.clone());
        let status = contract.session_status(session_key).await?;
        let state = State::of(&status, now);
        // What it spent has changed if it made a transaction.
        let is_as_before = |it: &&Session| {
            it.valid_until == status.valid_until
                && (it.remaining_calls == status.remaining_calls || it.policies.is_empty())
        };
        // Of one that is revoked nothing else matters.
        let (max_calls, fee_limit, policies) = match (state, known.filter(is_as_before)) {
            (State::Revoked, _) => (0, None, Vec::new()),
            (_, Some(known)) => {
                let policies = known.policies.iter().map(|it| (it.token, it.policy)).collect();
                (known.max_calls, known.fee_limit, policies)
            }
            (_, None) => {
                let read = contract.state_without_list(session_key).await?;
                read.map(|it| (it.max_calls, it.fee_limit, it.policies)).unwrap_or_default()
            }
        };
        let policies = policies.into_iter().map(|(token, policy)| Policy {
            token,
            window_end: policy.window_end_at(now),
            policy,
        });
        Ok(Session {
            account,
            session_key,
            is_active: status.is_active,
            state,
            valid_until: status.valid_until,
            remaining_calls: status.remaining_calls,
            max_calls,
            fee_limit,
            policies: policies.collect(),
            read_at: now,
            allowed_len: status.allowed_len,
            allowed: allowed.map(names::of_list).unwrap_or_default(),
        })
    }
}

impl Events {
    /// Returns what the session may call, if the events show it.
    fn allowed(&self, account: Felt, session_key: Felt) -> Option<&Allowed> {
        self.allowed.get(&account)?.get(&session_key)?.as_ref()
    }

    /// Keeps what `event` tells of sessions. What a stranger's contract emits under these names may be
    /// anything, and as much as it likes.
    fn follow(&mut self, event: &EmittedEvent) {
        let account = event.from_address;
        if let (true, Some(&session_key)) = (self.names.is_added(event), event.keys.get(1)) {
            self.keys.retain(|it| *it != (account, session_key));
            self.keys.push_back((account, session_key));
            if self.keys.len() > SESSIONS
                && let Some((account, session_key)) = self.keys.pop_front()
                && let Some(of_account) = self.allowed.get_mut(&account)
            {
                of_account.remove(&session_key);
            }
        }
        let kept = |key: &Felt| self.keys.contains(&(account, *key));
        let is_long = event
            .keys
            .get(1)
            .and_then(|key| self.allowed(account, *key))
            .is_some_and(|it| it.entries() >= ENTRIES);
        if !(is_long && self.names.is_part(event)) {
            let of_account = self.allowed.entry(account).or_default();
            self.names.follow(event, of_account);
            of_account.retain(|key, _| kept(key));
        }
        self.allowed.retain(|_, of_account| !of_account.is_empty());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use session_client::AllowedCall;
    use session_client::felt::selector;

    const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");

    fn events() -> Events {
        let names = SessionEvents::new();
        Events {
            names,
            next_block: 0,
            keys: VecDeque::new(),
            allowed: BTreeMap::new(),
            read: None,
            turn: 0,
        }
    }

    fn event(account: Felt, name: &str, key: Option<Felt>, data: &[u64]) -> EmittedEvent {
        EmittedEvent {
            from_address: account,
            keys: [selector(name)].into_iter().chain(key).collect(),
            data: data.iter().copied().map(Felt::from).collect(),
            block_hash: None,
            block_number: None,
            transaction_hash: Felt::ZERO,
            transaction_index: 0,
            event_index: 0,
        }
    }

    #[test]
    fn a_list_is_followed_from_its_registration_to_its_end() {
        let mut events = events();
        let key = Felt::TWO;
        let happens = |events: &mut Events, name: &str, data: &[u64]| {
            events.follow(&event(ACCOUNT, name, Some(key), data));
            events.allowed(ACCOUNT, key).cloned()
        };
        let any = happens(&mut events, "SessionKeyAdded", &[9, 9]);
        assert_eq!(any, Some(Allowed::AnyCall));
        // One call of contract 7, function 8, with 5 at place 3, and one with any calldata.
        let listed = happens(&mut events, "SessionCallsAllowed", &[0, 2, 7, 8, 0, 3, 5, 7, 9, 1]);
        let call = AllowedCall::new(Felt::from(7), Felt::from(8)).with_argument(3, Felt::from(5));
        let other = AllowedCall::new(Felt::from(7), Felt::from(9));
        assert_eq!(listed, Some(Allowed::Calls(vec![call, other])));
        assert_eq!(happens(&mut events, "SessionKeyRevoked", &[]), None);

        happens(&mut events, "SessionKeyAdded", &[9, 9]);
        events.follow(&event(Felt::ONE, "AllSessionsRevoked", None, &[]));
        assert_eq!(events.allowed(ACCOUNT, key), Some(&Allowed::AnyCall));
        events.follow(&event(ACCOUNT, "AllSessionsRevoked", None, &[]));
        assert_eq!(events.allowed(ACCOUNT, key), None);
        // It is still among the last ones.
        assert_eq!(events.keys, [(ACCOUNT, key)]);
    }

    #[test]
    fn strangers_cannot_make_it_keep_much() {
        let mut events = events();
        let part: Vec<u64> = [0, 250].into_iter().chain(0..250).collect();
        events.follow(&event(ACCOUNT, "SessionKeyAdded", Some(Felt::ONE), &[9, 9]));
        for _ in 0..100 {
            events.follow(&event(ACCOUNT, "SessionSelectorsAllowed", Some(Felt::ONE), &part));
            // Of a key that was never registered.
            events.follow(&event(ACCOUNT, "SessionSelectorsAllowed", Some(Felt::TWO), &part));
        }
        assert_eq!(events.allowed(ACCOUNT, Felt::ONE).unwrap().entries(), 250);
        assert_eq!(events.allowed[&ACCOUNT].len(), 1);

        for key in 0..200_u64 {
            let account = Felt::from(key);
            events.follow(&event(account, "SessionKeyAdded", Some(Felt::THREE), &[9, 9]));
            events.follow(&event(account, "SessionSelectorsAllowed", Some(Felt::THREE), &[7, 7]));
        }
        assert_eq!((events.keys.len(), events.allowed.len()), (SESSIONS, SESSIONS));
    }
}
