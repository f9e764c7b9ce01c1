//! The account, as its documents have it: plain values and no storage.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{Class, Function, Key, Listed, Owner, Place, Token};

pub const HOUR: u64 = 3_600;

#[derive(Debug, Clone)]
pub struct Model {
    pub now: u64,
    pub class: Class,
    pub owner: Owner,
    /// Of plain transactions.
    pub nonce: u64,
    /// Of outside executions.
    pub spent_nonces: BTreeSet<u8>,
    /// Those that were registered and have neither been revoked nor ended with all others.
    pub sessions: BTreeMap<Key, Session>,
    /// What each key's registration said of its end, whatever became of it.
    pub ends: BTreeMap<Key, u64>,
    pub fee_limits: BTreeMap<Key, u64>,
    pub policies: BTreeMap<(Key, Token), Policy>,
    /// The account's.
    pub balances: BTreeMap<Token, u128>,
    /// What each recipient has got.
    pub received: BTreeMap<(Token, usize), u128>,
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
    /// On any contract.
    Functions(Vec<Listed>),
    Calls(Vec<(Place, Listed)>),
}

/// Amounts are 128 bits wide here: the generator's larger ones are over every maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub per_call: u128,
    pub per_window: u128,
    pub window: u64,
    pub spent: u128,
    /// 0 before the first spend.
    pub start: u64,
}

impl Model {
    /// A new account of owner 0.
    pub fn new(now: u64, strk: u128, eth: u128) -> Self {
        Self {
            now,
            class: Class::Ours,
            owner: 0,
            nonce: 0,
            spent_nonces: BTreeSet::new(),
            sessions: BTreeMap::new(),
            ends: BTreeMap::new(),
            fee_limits: BTreeMap::new(),
            policies: BTreeMap::new(),
            balances: BTreeMap::from([(Token::Strk, strk), (Token::Eth, eth)]),
            received: BTreeMap::new(),
        }
    }

    /// When the session of `key` ends, or its last one did, or one could.
    pub fn last_end(&self, key: Key) -> u64 {
        self.ends.get(&key).copied().unwrap_or(self.now + HOUR)
    }

    /// Whether there is a session of `key` with something left.
    pub fn is_active(&self, key: Key) -> bool {
        self.sessions
            .get(&key)
            .is_some_and(|it| it.used < it.max_calls && self.now <= it.valid_until)
    }

    /// The so manieth call that the session of `key` may make.
    pub fn permitted(&self, key: Option<Key>, nth: usize) -> (Token, Function) {
        let session = key.and_then(|key| self.sessions.get(&key));
        let permitted: Vec<_> = [Token::Strk, Token::Eth]
            .into_iter()
            .flat_map(|token| Function::OF_TOKENS.map(|function| (token, function)))
            .filter(|(token, function)| session.is_none_or(|it| it.allows(*token, *function)))
            .collect();
        let fallback = (Token::Strk, Function::Transfer);
        nth.checked_rem(permitted.len()).map_or(fallback, |nth| permitted[nth])
    }

    pub fn end_all(&mut self) {
        self.sessions.clear();
    }
}

impl Session {
    pub fn allows(&self, token: Token, function: Function) -> bool {
        let listed = Listed::Function(function);
        match &self.allowed {
            Allowed::Anything => true,
            Allowed::Functions(functions) => functions.contains(&listed),
            Allowed::Calls(calls) => calls.contains(&(Place::Token(token), listed)),
        }
    }
}

impl Allowed {
    pub fn entries(&self) -> Vec<(Place, Listed)> {
        match self {
            Self::Anything => vec![],
            Self::Functions(functions) => functions.iter().map(|it| (Place::Zero, *it)).collect(),
            Self::Calls(calls) => calls.clone(),
        }
    }
}
