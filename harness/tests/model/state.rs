//! The model's state of the account: plain values without storage, as the account's documents describe
//! them.

use std::collections::{BTreeMap, BTreeSet};

use crate::holdings::Holdings;
use crate::operation::{
    Argument, Class, Datum, Deed, Entry, Function, KEYS, Key, Listed, Move, Owner, Party, Place,
    RECIPIENTS, Route, Token,
};

pub const HOUR: u64 = 3_600;

#[derive(Debug, Clone)]
pub struct Model {
    pub now: u64,
    pub class: Class,
    pub owner: Owner,
    /// The nonce of plain transactions.
    pub nonce: u64,
    /// The spent nonces of outside executions.
    pub spent_nonces: BTreeSet<u8>,
    /// The sessions that were registered and neither revoked nor ended with all others.
    pub sessions: BTreeMap<Key, Session>,
    /// How often all sessions were ended together.
    pub epoch: u32,
    /// The last registration of each key, even if its session has ended.
    pub registered: BTreeMap<Key, Registration>,
    /// The sessions that ended with all others. Their records still have their fields.
    pub left: BTreeMap<Key, Session>,
    pub fee_limits: BTreeMap<Key, u64>,
    pub policies: BTreeMap<(Key, Token), Policy>,
    /// The tokens for which a key has policies, in order.
    pub tokens: BTreeMap<Key, Vec<Token>>,
    pub holdings: Holdings,
    /// The session for whose end or window the last operation waited.
    pub awaited: Key,
    /// The cases worth counting that the last operation tried.
    pub notes: Vec<&'static str>,
    /// The cases worth counting that the last operation reached, if it succeeded.
    pub done: Vec<&'static str>,
    /// The account's holdings before, between and after the calls of each batch that it made, in the order
    /// in which the batches began.
    pub courses: Vec<Vec<Holdings>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// How often the key was registered, from 1.
    pub generation: u32,
    pub epoch: u32,
    pub valid_until: u64,
    pub kind: Kind,
}

/// The kind of a registration's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Anything,
    Functions,
    Calls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub valid_until: u64,
    pub max_calls: u32,
    pub used: u32,
    pub allowed: Allowed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    Anything,
    /// These functions, on any contract.
    Functions(Vec<Listed>),
    Calls(Vec<Entry>),
}

/// A spending policy. Amounts have 128 bits here; the generator's larger ones are above every maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub per_call: u128,
    pub per_window: u128,
    pub window: u64,
    pub spent: u128,
    /// The time of the window's first spend; 0 before any.
    pub start: u64,
}

impl Model {
    /// Returns the state of a new account of owner 0.
    pub fn new(now: u64, holdings: Holdings) -> Self {
        Self {
            now,
            class: Class::Ours,
            owner: 0,
            nonce: 0,
            spent_nonces: BTreeSet::new(),
            sessions: BTreeMap::new(),
            epoch: 0,
            registered: BTreeMap::new(),
            left: BTreeMap::new(),
            fee_limits: BTreeMap::new(),
            policies: BTreeMap::new(),
            tokens: BTreeMap::new(),
            holdings,
            awaited: 0,
            notes: vec![],
            done: vec![],
            courses: vec![],
        }
    }

    /// Clears the notes of the last operation.
    pub fn begin(&mut self) {
        self.notes.clear();
        self.done.clear();
        self.courses.clear();
    }

    /// Returns the end of the key's session, or of its last one; an hour from now if it never had one.
    pub fn last_end(&self, key: Key) -> u64 {
        self.registered.get(&key).map_or(self.now + HOUR, |it| it.valid_until)
    }

    /// Says whether the session of `key` is active: it has not expired and has calls left.
    pub fn is_active(&self, key: Key) -> bool {
        self.is_active_at(key, self.now)
    }

    pub fn is_active_at(&self, key: Key, now: u64) -> bool {
        self.sessions.get(&key).is_some_and(|it| it.used < it.max_calls && now <= it.valid_until)
    }

    /// Returns the active sessions.
    pub fn active(&self) -> Vec<Key> {
        (0..KEYS).filter(|key| self.is_active(*key)).collect()
    }

    /// Returns the active sessions that may call anything, under policies.
    pub fn spenders(&self) -> Vec<Key> {
        let may = |key: &Key| self.sessions[key].allowed == Allowed::Anything;
        let active = self.active().into_iter();
        active.filter(|key| may(key) && self.tokens.contains_key(key)).collect()
    }

    /// Returns the first key that was never registered, or else key 0.
    pub fn fresh(&self) -> Key {
        (0..KEYS).find(|key| !self.registered.contains_key(key)).unwrap_or(0)
    }

    /// Returns the n-th call that the session of `key` may make, for `recipient` and of `amount` unless its
    /// list requires others.
    pub fn permitted(&self, key: Option<Key>, nth: usize, recipient: Party, amount: u128) -> Deed {
        let session = key.and_then(|key| self.sessions.get(&key));
        let call = |token, function, recipient, amount| Deed::Token {
            token,
            function,
            recipient,
            amount,
            high: false,
        };
        let pinned = |(token, function): (Token, Function)| {
            let entries = session.map_or(vec![], |it| it.allowed.entries());
            let mut calls = vec![call(token, function, recipient, amount)];
            for Entry { argument, .. } in entries {
                calls.push(match argument.map(|it| (it.index, it.value)) {
                    Some((0, Datum::Party(to))) => call(token, function, to, amount),
                    Some((1, Datum::Number(some))) => call(token, function, recipient, some),
                    _ => continue,
                });
            }
            calls
        };
        let tokens = || Token::HELD.into_iter();
        let by = |token, route| Deed::Route(Move { route, token, amount, other: Token::Eth });
        // A session that may call anything rarely succeeds by another route alone: `journey` generates
        // those.
        let routes: &[Route] = match session.map(|it| &it.allowed) {
            None | Some(Allowed::Anything) => &[],
            Some(_) => &Route::ALL,
        };
        let mut permitted: Vec<_> = tokens()
            .flat_map(|token| Function::OF_TOKENS.map(|function| (token, function)))
            .flat_map(pinned)
            .chain(tokens().flat_map(|token| routes.iter().map(move |it| by(token, *it))))
            .filter(|call| session.is_none_or(|it| it.allows(call)))
            .collect();
        let fallback = call(Token::Strk, Function::Transfer, recipient % RECIPIENTS, amount);
        match nth.checked_rem(permitted.len()) {
            Some(nth) => permitted.swap_remove(nth),
            None => fallback,
        }
    }

    /// Says whether the session of `key` may make `deed` as the only call of a batch.
    pub fn is_call_allowed(&self, key: Key, deed: &Deed) -> bool {
        self.sessions
            .get(&key)
            .is_some_and(|session| session.allows(deed) || *deed == Deed::Revoke(key, true))
    }

    /// Ends every session, as this class does.
    pub fn end_all(&mut self) {
        self.epoch += 1;
        self.left.append(&mut self.sessions);
    }
}

impl Session {
    /// Says whether the list allows a call of another contract.
    pub fn allows(&self, deed: &Deed) -> bool {
        let Some((place, function)) = deed.target() else { return false };
        match &self.allowed {
            Allowed::Anything => true,
            Allowed::Functions(functions) => functions.contains(&Listed::Function(function)),
            Allowed::Calls(calls) => {
                let calldata = deed.calldata();
                calls.iter().any(|it| it.allows(place, function, &calldata))
            }
        }
    }

    /// Returns the pinned argument of the entry that allows `deed`, if it has one.
    pub fn argument_of(&self, deed: &Deed) -> Option<Argument> {
        let (place, function) = deed.target()?;
        let Allowed::Calls(calls) = &self.allowed else {
            return None;
        };
        let is_of = |it: &&Entry| it.place == place && it.listed == Listed::Function(function);
        calls.iter().find(is_of)?.argument
    }
}

impl Allowed {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Anything => Kind::Anything,
            Self::Functions(_) => Kind::Functions,
            Self::Calls(_) => Kind::Calls,
        }
    }

    pub fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Anything => vec![],
            Self::Functions(functions) => {
                functions.iter().map(|it| Entry::new(Place::Zero, *it)).collect()
            }
            Self::Calls(calls) => calls.clone(),
        }
    }
}
