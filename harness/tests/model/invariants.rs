//! A second witness beside the model: checks what must never happen. It knows only what the owner granted
//! and which transactions succeeded, and none of the account's rules.
//!
//! - I-1: no session ever makes more transactions than granted.
//! - I-2: no session acts after its last second.
//! - I-3: no session makes a call outside its list, or of the account itself, except to end itself.
//! - I-4: in a session's batches a token's balance falls by no more than its windows allow, whichever
//!   contracts are called; what can still be pulled by a batch's approvals counts too.
//! - I-5: nothing has the owner's power without the owner's signature.

use std::collections::BTreeMap;
use std::slice::Iter;

use starknet_rust::core::types::Felt;

use crate::holdings::Holdings;
use crate::operation::{
    Argument, Candidate, Deed, Errand, Key, List, Listed, Owner, Party, Place, Signature, Token,
};

pub struct Witness {
    owner: Owner,
    grants: BTreeMap<Key, Grant>,
    /// For each key and token, the largest maximum and the shortest window since its policy was first set.
    policies: BTreeMap<(Key, Token), (u128, u64)>,
    /// The amount that was gone after each session's batch under a policy, and when.
    gone: Vec<(Key, Token, u64, u128)>,
}

struct Grant {
    valid_until: u64,
    left: u32,
    /// The entries of the session's list; an empty list allows any call.
    calls: Vec<(Option<Place>, Listed, Option<Argument>)>,
}

impl Witness {
    pub const fn new(owner: Owner) -> Self {
        Self { owner, grants: BTreeMap::new(), policies: BTreeMap::new(), gone: vec![] }
    }

    /// Checks a transaction that `signature` signed and that is in a block since `now`. `done` has the
    /// account's holdings in the course of each of its batches, in the order in which the batches began;
    /// `None` if its calls were not made. Returns whether more of a token was gone within a window's length
    /// than the window allows.
    pub fn see(
        &mut self,
        signature: Signature,
        calls: &[Deed],
        now: u64,
        done: Option<&[Vec<Holdings>]>,
    ) -> Result<bool, String> {
        match done {
            Some(courses) => {
                self.batch(signature, calls, now, &mut courses.iter(), &[])?;
                self.assert_windows(now)
            }
            None => self.signer(signature).map(|_| false),
        }
    }

    /// Checks one batch, which was made within batches of the sessions `around`.
    fn batch(
        &mut self,
        signature: Signature,
        calls: &[Deed],
        now: u64,
        courses: &mut Iter<Vec<Holdings>>,
        around: &[Key],
    ) -> Result<(), String> {
        let signer = self.signer(signature)?;
        let course = courses.next().ok_or("a batch that nobody followed")?;
        if let Some(key) = signer {
            self.assert_granted(key, calls, now)?;
            self.follow(key, calls, now, course, around.contains(&key));
        }
        let around: Vec<_> = around.iter().copied().chain(signer).collect();
        for deed in calls {
            let Deed::Make(errands) = deed else {
                self.grant(deed);
                continue;
            };
            for errand in errands {
                if let Errand::Submit(outside) = errand {
                    self.batch(outside.signature, &outside.calls, now, courses, &around)?;
                }
            }
        }
        Ok(())
    }

    /// Checks I-5 and I-1, and returns the session that signed, or `None` for the owner.
    fn signer(&mut self, signature: Signature) -> Result<Option<Key>, String> {
        match signature {
            Signature::Owner(owner) if owner == self.owner => Ok(None),
            Signature::Session { key, .. } => {
                let grant = self.grants.get_mut(&key).ok_or("a session that nobody granted")?;
                grant.left = grant.left.checked_sub(1).ok_or("more transactions than granted")?;
                Ok(Some(key))
            }
            other => Err(format!("{other:?} has the owner's power")),
        }
    }

    /// Checks I-2 and I-3 for a session's batch.
    fn assert_granted(&self, key: Key, calls: &[Deed], now: u64) -> Result<(), String> {
        let grant = &self.grants[&key];
        if now > grant.valid_until {
            return Err("a session acted after its last second".to_owned());
        }
        if *calls == [Deed::Revoke(key, true)] {
            return Ok(());
        }
        for deed in calls {
            let Some((place, function)) = deed.target() else {
                return Err(format!("a session did {deed:?}"));
            };
            let calldata = deed.calldata();
            let is_listed = |(at, listed, argument): &(Option<Place>, Listed, Option<Argument>)| {
                let fits = |it: Argument| calldata.get(usize::from(it.index)) == Some(&it.value);
                *listed == Listed::Function(function)
                    && at.is_none_or(|it| it == place)
                    && argument.is_none_or(fits)
            };
            if !grant.calls.is_empty() && !grant.calls.iter().any(is_listed) {
                return Err(format!("{deed:?} is not on its list"));
            }
        }
        Ok(())
    }

    /// Adds what left in a session's batch, and what others may still pull by its approvals. If the batch
    /// `is_within` another one of the session, what left is counted there.
    fn follow(&mut self, key: Key, calls: &[Deed], now: u64, course: &[Holdings], is_within: bool) {
        let Some(after) = course.last() else { return };
        for (_, token) in self.policies.keys().filter(|it| it.0 == key) {
            let left: u128 = course.windows(2).map(|step| step[0].fall(&step[1], *token)).sum();
            let mut approved = BTreeMap::<_, Felt>::new();
            for (of, party, amount) in calls.iter().filter_map(Deed::approval) {
                if of == *token {
                    *approved.entry(party).or_default() += amount;
                }
            }
            let may = |(party, amount): (Party, Felt)| amount.min(after.allowance(*token, party));
            let may: Felt = approved.into_iter().map(may).sum();
            let gone = u128::try_from(may).unwrap_or(u128::MAX);
            let gone = gone.saturating_add(if is_within { 0 } else { left });
            self.gone.push((key, *token, now, gone));
        }
    }

    /// Checks I-4.
    fn assert_windows(&self, now: u64) -> Result<bool, String> {
        let mut is_more = false;
        for ((key, token), (most, window)) in &self.policies {
            let recent = |it: &&(Key, Token, u64, u128)| {
                (it.0, it.1) == (*key, *token) && now - it.2 < *window
            };
            let gone =
                self.gone.iter().filter(recent).fold(0_u128, |sum, it| sum.saturating_add(it.3));
            if gone > 2 * most {
                return Err(format!("{gone} of {token:?} left in a window that allows {most}"));
            }
            let is_last = self.gone.last().is_some_and(|it| (it.0, it.1) == (*key, *token));
            is_more |= gone > *most && is_last;
        }
        Ok(is_more)
    }

    /// Records a call of the owner that changes what is granted.
    fn grant(&mut self, deed: &Deed) {
        match deed {
            Deed::Register { key: Candidate::Key(key), valid_until, max_calls, list } => {
                let calls = match list {
                    List::Add(all) | List::Update(all) => {
                        all.iter().map(|it| (None, *it, None)).collect()
                    }
                    List::Scoped(all) => {
                        all.iter().map(|it| (Some(it.place), it.listed, it.argument)).collect()
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
                self.gone.retain(|it| (it.0, it.1) != (*key, *token));
            }
            _ => {}
        }
    }
}
