//! What must never happen, whatever else the account does: a second witness, that knows only what
//! the owner granted and what went through, and none of the account's rules.
//!
//! - I-1: no session ever makes more transactions than granted.
//! - I-2: none acts after its last second.
//! - I-3: none makes a call outside its list, or of the account itself, but to end itself.
//! - I-4: none moves more of a token than its windows allow.
//! - I-5: nothing has the owner's power without the owner's signature.

use std::collections::BTreeMap;

use crate::operation::{
    Argument, Candidate, Deed, Function, Key, List, Listed, Owner, Place, Signature, Token,
};

pub struct Witness {
    owner: Owner,
    grants: BTreeMap<Key, Grant>,
    /// By key and token: the largest maximum and the shortest window since the policy was set first.
    policies: BTreeMap<(Key, Token), (u128, u64)>,
    /// What sessions moved while a policy was set, and when.
    moved: Vec<(Key, Token, u64, u128)>,
}

struct Grant {
    valid_until: u64,
    left: u32,
    /// None means any call.
    calls: Vec<(Option<Token>, Listed, Option<Argument>)>,
}

impl Witness {
    pub const fn new(owner: Owner) -> Self {
        Self { owner, grants: BTreeMap::new(), policies: BTreeMap::new(), moved: vec![] }
    }

    /// Something that `signature` allows is in a block since `now`; `done` says whether its calls
    /// were made.
    pub fn see(
        &mut self,
        signature: Signature,
        calls: &[Deed],
        now: u64,
        done: bool,
    ) -> Result<(), String> {
        match signature {
            Signature::Owner(owner) if owner == self.owner => {}
            Signature::Session { key, .. } => self.session(key, calls, now, done)?,
            // I-5.
            other => return Err(format!("{other:?} has the owner's power")),
        }
        if done {
            calls.iter().for_each(|deed| self.grant(deed));
        }
        Ok(())
    }

    /// I-1 to I-4, of a session.
    fn session(&mut self, key: Key, calls: &[Deed], now: u64, done: bool) -> Result<(), String> {
        let grant = self.grants.get_mut(&key).ok_or("a session that nobody granted")?;
        grant.left = grant.left.checked_sub(1).ok_or("more transactions than granted")?;
        if !done {
            return Ok(());
        }
        if now > grant.valid_until {
            return Err("a session acted after its last second".to_owned());
        }
        if *calls == [Deed::Revoke(key, true)] {
            return Ok(());
        }
        for deed in calls {
            let Deed::Token { token, function, amount, high, .. } = deed else {
                return Err(format!("a session did {deed:?}"));
            };
            let listed = Listed::Function(*function);
            let calldata = deed.calldata();
            let is_listed = |(place, it, argument): &(Option<Token>, Listed, Option<Argument>)| {
                let fits = |it: Argument| calldata.get(usize::from(it.index)) == Some(&it.value);
                *it == listed && place.is_none_or(|it| it == *token) && argument.is_none_or(fits)
            };
            if !grant.calls.is_empty() && !grant.calls.iter().any(is_listed) {
                return Err(format!("{deed:?} is not on its list"));
            }
            if self.policies.contains_key(&(key, *token)) && *function != Function::Missing {
                let amount = if *high { u128::MAX } else { *amount };
                self.moved.push((key, *token, now, amount));
            }
        }
        self.policies.iter().try_for_each(|((key, token), (most, window))| {
            let recent = |it: &&(Key, Token, u64, u128)| {
                (it.0, it.1) == (*key, *token) && now - it.2 < *window
            };
            let moved =
                self.moved.iter().filter(recent).fold(0_u128, |sum, it| sum.saturating_add(it.3));
            if moved > 2 * most {
                return Err(format!("{moved} of {token:?} moved in a window that allows {most}"));
            }
            Ok(())
        })
    }

    /// The account did `deed`.
    fn grant(&mut self, deed: &Deed) {
        match deed {
            Deed::Register { key: Candidate::Key(key), valid_until, max_calls, list } => {
                let calls = match list {
                    List::Add(all) | List::Update(all) => {
                        all.iter().map(|it| (None, *it, None)).collect()
                    }
                    List::Scoped(all) => {
                        all.iter().map(|it| (token(it.place), it.listed, it.argument)).collect()
                    }
                };
                let grant = Grant { valid_until: valid_until.seconds(0), left: *max_calls, calls };
                self.grants.insert(*key, grant);
            }
            Deed::Revoke(key, _) => drop(self.grants.remove(key)),
            Deed::RevokeAll | Deed::Upgrade(_) => self.grants.clear(),
            Deed::SetOwner { owner, .. } => {
                self.owner = *owner;
                self.grants.clear();
            }
            Deed::SetPolicy { key, token: Some(token), per_window, window, .. } => {
                let (most, shortest) =
                    self.policies.get(&(*key, *token)).copied().unwrap_or((0, u64::MAX));
                let policy = (most.max(*per_window), shortest.min(*window));
                self.policies.insert((*key, *token), policy);
            }
            Deed::RemovePolicy(key, token) => {
                self.policies.remove(&(*key, *token));
                self.moved.retain(|it| (it.0, it.1) != (*key, *token));
            }
            _ => {}
        }
    }
}

const fn token(place: Place) -> Option<Token> {
    match place {
        Place::Token(token) => Some(token),
        Place::Zero | Place::Account => None,
    }
}
