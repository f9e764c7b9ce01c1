//! Finds the sessions on the chain by the events that registered them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use starknet_rust::core::types::{BlockId, EmittedEvent, EventFilter, Felt};
use starknet_rust::providers::Provider;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::timeout;

use super::names::Names;
use super::signer::Signer;
use session_client::Node;
use session_client::Result;
use session_client::{Allowed, Fri, SessionContract, SessionEvents, SessionStatus, SpendingPolicy};

/// How many sessions are kept, and how many events one request asks for.
const SESSIONS: usize = 50;
const EVENTS: u64 = 500;
/// Lists with this many entries or more are not kept whole, since whoever emits events can make a list long.
const ENTRIES: usize = 200;
/// Of how many sessions one reading reads the limits and policies anew. Each of them takes four requests.
const DUE: usize = 4;
/// How long an answer is used before the chain is read again.
const FRESH: Duration = Duration::from_millis(500);
/// How long a caller waits for a reading before it gets the last one.
const SOON: Duration = Duration::from_secs(1);

/// Says whether a session can sign, and why it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The session could sign now.
    Active,
    /// The session has expired.
    Expired,
    /// The session has no calls left.
    UsedUp,
    /// The session was ended by the owner, by itself, or together with all others.
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
    /// Whether the session could sign now, and why not.
    pub state: State,
    /// The session's end in Unix seconds; 0 after it was revoked.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// Transactions granted; 0 once it is revoked.
    pub max_calls: u32,
    /// The fee limit of each of the session's own transactions, in FRI; `None` for no limit.
    pub fee_limit: Option<Fri>,
    /// The spending policies of the session's key, and what was spent of each.
    pub policies: Vec<Policy>,
    /// The chain's time when this was read.
    pub read_at: u64,
    /// How many entries the session's list has. For a session that is not revoked, 0 means that it may make
    /// any call.
    pub allowed_len: u32,
    /// The list's first entries, by name where known.
    pub allowed: Vec<String>,
}

/// A spending policy, with what was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The token.
    pub token: Felt,
    /// Its limits, and what was spent.
    #[serde(flatten)]
    pub policy: SpendingPolicy,
    /// When the window that is open ends, in Unix seconds.
    pub window_end: Option<u64>,
}

/// The last sessions that were registered.
#[derive(Debug, Clone)]
pub struct Sessions {
    node: Node,
    names: Names,
    events: Arc<Mutex<Events>>,
    latest: watch::Sender<Vec<Session>>,
}

#[derive(Debug)]
struct Events {
    kinds: SessionEvents,
    next_block: u64,
    /// The account and the key of each registration that is kept, the latest last.
    keys: VecDeque<(Felt, Felt)>,
    /// What each session may call, by account and key; `None` after the session was revoked.
    allowed: BTreeMap<Felt, BTreeMap<Felt, Option<Allowed>>>,
    read: Option<Instant>,
    /// The session from which the next reading of limits and policies starts.
    turn: usize,
}

/// Returns how many transactions the session that signed has left.
pub async fn calls_left(node: &Node, account: Felt, signature: &[Felt]) -> Option<u32> {
    let Signer::Session { session_key } = Signer::of(signature) else { return None };
    let status = node.contract(account).session_status(session_key).await.ok()?;
    Some(status.remaining_calls)
}

impl Sessions {
    /// Makes a reader of the sessions of every account on the chain of `node`, which shows lists by `names`.
    pub fn new(node: Node, names: Names) -> Self {
        let events = Arc::new(Mutex::new(Events::new()));
        Self { node, names, events, latest: watch::Sender::default() }
    }

    /// Returns the sessions that were registered last, the latest first. The answer never takes long: if a
    /// reading does, callers get the answer of the reading before.
    pub async fn latest(&self) -> Vec<Session> {
        // Only one reading runs at a time. Callers that come meanwhile get the last answer.
        if let Ok(events) = self.events.clone().try_lock_owned()
            && events.read.is_none_or(|at| at.elapsed() > FRESH)
        {
            let sessions = self.clone();
            let reading = tokio::spawn(async move { sessions.read(events).await });
            let _ = timeout(SOON, reading).await;
        }
        self.latest.borrow().clone()
    }

    /// Returns the keys of the sessions of `account` that are kept, ended ones too. Only for a `signature` of
    /// two felts, which one of these keys may have made by mistake; otherwise it returns none.
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
            // Any contract can emit this event, so an emitter that is no session account is left out.
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
            keys: Some(vec![events.kinds.all()]),
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
        // If the session made a transaction, what it has spent has changed.
        let is_as_before = |it: &&Session| {
            it.valid_until == status.valid_until
                && (it.remaining_calls == status.remaining_calls || it.policies.is_empty())
        };
        // Of a revoked session, limits and policies do not matter.
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
            allowed: allowed.map(|it| self.names.of_list(it)).unwrap_or_default(),
        })
    }
}

impl Events {
    fn new() -> Self {
        Self {
            kinds: SessionEvents::new(),
            next_block: 0,
            keys: VecDeque::new(),
            allowed: BTreeMap::new(),
            read: None,
            turn: 0,
        }
    }

    /// Returns what the session may call, if the events that are kept show it.
    fn allowed(&self, account: Felt, session_key: Felt) -> Option<&Allowed> {
        self.allowed.get(&account)?.get(&session_key)?.as_ref()
    }

    /// Keeps what `event` says about sessions. A stranger's contract can emit events of these names with any
    /// content and any length.
    fn follow(&mut self, event: &EmittedEvent) {
        let account = event.from_address;
        if let (true, Some(&session_key)) = (self.kinds.is_added(event), event.keys.get(1)) {
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
        if !(is_long && self.kinds.is_part(event)) {
            let of_account = self.allowed.entry(account).or_default();
            self.kinds.follow(event, of_account);
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
        let mut events = Events::new();
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
        // The key is kept, although its session was revoked.
        assert_eq!(events.keys, [(ACCOUNT, key)]);
    }

    #[test]
    fn strangers_cannot_make_it_keep_much() {
        let mut events = Events::new();
        let part: Vec<u64> = [0, 250].into_iter().chain(0..250).collect();
        events.follow(&event(ACCOUNT, "SessionKeyAdded", Some(Felt::ONE), &[9, 9]));
        for _ in 0..100 {
            events.follow(&event(ACCOUNT, "SessionSelectorsAllowed", Some(Felt::ONE), &part));
            // This event is for a key that was never registered.
            events.follow(&event(ACCOUNT, "SessionSelectorsAllowed", Some(Felt::TWO), &part));
        }
        assert_eq!(events.allowed(ACCOUNT, Felt::ONE).unwrap().entries(), 250);
        assert_eq!(events.allowed[&ACCOUNT].len(), 1);

        // A list of as many entries as no machine has room for.
        events.follow(&event(ACCOUNT, "SessionKeyAdded", Some(Felt::TWO), &[9, 9]));
        events.follow(&event(ACCOUNT, "SessionCallsAllowed", Some(Felt::TWO), &[0, 1 << 50]));
        assert_eq!(events.allowed(ACCOUNT, Felt::TWO), None);

        for key in 0..200_u64 {
            let account = Felt::from(key);
            events.follow(&event(account, "SessionKeyAdded", Some(Felt::THREE), &[9, 9]));
            events.follow(&event(account, "SessionSelectorsAllowed", Some(Felt::THREE), &[7, 7]));
        }
        assert_eq!((events.keys.len(), events.allowed.len()), (SESSIONS, SESSIONS));
    }
}
