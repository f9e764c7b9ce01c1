//! What becomes of an operation, by the account's documents.

use crate::operation::{
    Caller, Candidate, Claim, Class, Deed, Fee, Function, KEYS, Key, List, Listed, Outside, Place,
    Signature, Signer, Stranger, Token,
};
use crate::state::{Allowed, HOUR, Model, Policy, Session};

/// What should become of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Succeeded,
    /// `__validate__` says no.
    Refused,
    /// With one of these errors.
    Reverted(Vec<&'static str>),
}

impl Expected {
    /// Whether it would leave no account to go on with.
    pub fn is_loss(&self) -> bool {
        *self == Self::Reverted(vec![LOST])
    }
}

/// Errors: more than one where an operation breaks several rules at once.
type Checked = Result<(), Vec<&'static str>>;

const ENTRYPOINT_NOT_FOUND: &str = "ENTRYPOINT_NOT_FOUND";
const INVALID_ARGUMENT: &str = "Invalid argument";
const INSUFFICIENT_BALANCE: &str = "ERC20: insufficient balance";
/// No error: OpenZeppelin's class asks the next one nothing, and the account would be lost.
const LOST: &str = "lost";

/// What a plain transaction commits to pay, in FRI.
pub struct Commitment {
    pub without_tip: u128,
    pub with_tip: u128,
}

impl Model {
    /// A plain transaction of the account.
    pub fn plain(
        &mut self,
        signature: Signature,
        calls: &[Deed],
        commitment: &Commitment,
    ) -> Expected {
        match (self.class, signature) {
            (_, Signature::Owner(owner)) if owner == self.owner => {}
            (Class::Ours, Signature::Session { key, by, valid_until }) => {
                // Validation is shown the full hour.
                let shown = self.now - self.now % HOUR;
                let faults = self.session_faults(key, by, valid_until, calls, shown);
                let over = self
                    .fee_limits
                    .get(&key)
                    .is_some_and(|limit| commitment.with_tip > u128::from(*limit));
                if over || !faults.is_empty() {
                    return Expected::Refused;
                }
                self.count(key);
            }
            _ => return Expected::Refused,
        }
        self.nonce += 1;
        self.atomically(|model| {
            if let (Class::Ours, Signature::Session { key, .. }) = (model.class, signature) {
                if model.now > model.last_end(key) {
                    return Err(vec!["Session: expired"]);
                }
                model.spend(key, calls)?;
            }
            model.perform(calls, commitment)
        })
    }

    /// An outside execution that `submitter` submits.
    pub fn outside(
        &mut self,
        outside: &Outside,
        submitter: Stranger,
        commitment: &Commitment,
    ) -> Expected {
        let now = self.now;
        self.atomically(|model| {
            let mut faults = vec![];
            let is_named = match outside.caller {
                Caller::Any => true,
                // OpenZeppelin's class takes 0 for an address.
                Caller::Zero => model.class == Class::Ours,
                Caller::Only(named) => named == submitter,
            };
            if !is_named {
                faults.push("SRC9: invalid caller");
            }
            if outside.execute_after.seconds(now) >= now {
                faults.push("SRC9: now <= execute_after");
            }
            if now >= outside.execute_before.seconds(now) {
                faults.push("SRC9: now >= execute_before");
            }
            if model.spent_nonces.contains(&outside.nonce) {
                faults.push("SRC9: duplicated nonce");
            }
            match (model.class, outside.signature) {
                (_, Signature::Owner(owner)) if owner == model.owner => {}
                (Class::Ours, Signature::Session { key, by, valid_until }) => {
                    faults.extend(model.session_faults(key, by, valid_until, &outside.calls, now));
                }
                _ => faults.push("SRC9: invalid signature"),
            }
            if !faults.is_empty() {
                return Err(faults);
            }
            model.spent_nonces.insert(outside.nonce);
            if let (Class::Ours, Signature::Session { key, .. }) = (model.class, outside.signature)
            {
                model.count(key);
                model.spend(key, &outside.calls)?;
            }
            model.perform(&outside.calls, commitment)
        })
    }

    /// A call by somebody else.
    pub fn intrude(&self, deed: &Deed) -> Expected {
        match deed {
            Deed::Look => Expected::Succeeded,
            _ if self.class == Class::OpenZeppelin => match deed {
                Deed::SetOwner { .. } | Deed::Upgrade(_) | Deed::UpgradeToToken => {
                    Expected::Reverted(vec!["Account: unauthorized"])
                }
                _ => Expected::Reverted(vec![ENTRYPOINT_NOT_FOUND]),
            },
            _ => Expected::Reverted(vec!["Account: unauthorized"]),
        }
    }

    fn atomically(&mut self, act: impl FnOnce(&mut Self) -> Checked) -> Expected {
        let before = self.clone();
        match act(self) {
            Ok(()) => Expected::Succeeded,
            Err(errors) => {
                *self = before;
                Expected::Reverted(errors)
            }
        }
    }

    /// Every rule that the session's signature or its calls break.
    fn session_faults(
        &self,
        key: Key,
        by: Signer,
        valid_until: Claim,
        calls: &[Deed],
        now: u64,
    ) -> Vec<&'static str> {
        let mut faults = vec![];
        if calls.is_empty() {
            faults.push("Session: empty batch");
        }
        if by != Signer::Itself && by != Signer::Session(key) {
            faults.push("Session: invalid signature");
        }
        let session = self.sessions.get(&key);
        match session {
            None => faults.push("Session: not found"),
            Some(session) => {
                if valid_until != Claim::At(session.valid_until) {
                    faults.push("Session: wrong valid_until");
                }
                if now > session.valid_until {
                    faults.push("Session: expired");
                }
                if session.used >= session.max_calls {
                    faults.push("Session: no calls left");
                }
            }
        }
        for deed in calls {
            match deed {
                Deed::Token { token, function, .. } | Deed::Malformed(token, function) => {
                    if session.is_some_and(|it| !it.allows(*token, *function)) {
                        faults.push("Session: call not allowed");
                    }
                }
                Deed::Blocked(..) => faults.push("Session: blocked selector"),
                _ => faults.push("Session: call to the account"),
            }
        }
        faults
    }

    fn count(&mut self, key: Key) {
        if let Some(session) = self.sessions.get_mut(&key) {
            session.used += 1;
        }
    }

    /// Counts what `calls` move under the policies of `key`.
    fn spend(&mut self, key: Key, calls: &[Deed]) -> Checked {
        let now = self.now;
        for deed in calls {
            let (token, function, amount) = match deed {
                Deed::Token { token, function, amount, high, .. } => {
                    (*token, *function, if *high { u128::MAX } else { *amount })
                }
                Deed::Malformed(token, function) => (*token, *function, 0),
                _ => continue,
            };
            let Some(policy) = self.policies.get_mut(&(key, token)) else { continue };
            if function == Function::Missing {
                return Err(vec!["Spending: selector not counted"]);
            }
            if matches!(deed, Deed::Malformed(..)) {
                return Err(vec!["Spending: invalid amount"]);
            }
            if amount > policy.per_call {
                return Err(vec!["Spending: over call maximum"]);
            }
            if policy.start == 0 || now - policy.start >= policy.window {
                (policy.start, policy.spent) = (now, 0);
            }
            if policy.spent + amount > policy.per_window {
                return Err(vec!["Spending: over window maximum"]);
            }
            policy.spent += amount;
        }
        Ok(())
    }

    fn perform(&mut self, calls: &[Deed], commitment: &Commitment) -> Checked {
        calls.iter().try_for_each(|deed| self.deed(deed, commitment))
    }

    /// A call by the account.
    fn deed(&mut self, deed: &Deed, commitment: &Commitment) -> Checked {
        match deed {
            // The chain lets no contract call it.
            Deed::Blocked(blocked, _) if BLOCKED[*blocked] == "__execute__" => {
                return Err(vec![INVALID_ARGUMENT]);
            }
            Deed::Token { function: Function::Missing, .. } | Deed::Blocked(..) => {
                return Err(vec![ENTRYPOINT_NOT_FOUND]);
            }
            Deed::Malformed(_, function) => {
                let missing = *function == Function::Missing;
                return Err(vec![if missing { ENTRYPOINT_NOT_FOUND } else { "" }]);
            }
            Deed::Token { token, function: Function::Transfer, recipient, amount, high } => {
                let balance = self.balances.entry(*token).or_default();
                if *high || *amount > *balance {
                    return Err(vec![INSUFFICIENT_BALANCE]);
                }
                *balance -= amount;
                *self.received.entry((*token, *recipient)).or_default() += amount;
            }
            Deed::Token { .. } | Deed::Look => {}
            Deed::Permitted { .. } => unreachable!("it is settled"),
            Deed::SetOwner { owner, by, accepts } => {
                if owner != by || *accepts != Some(self.owner) {
                    return Err(vec!["Account: invalid signature"]);
                }
                self.owner = *owner;
                self.end_all();
            }
            Deed::Upgrade(class) => {
                self.class = *class;
                self.end_all();
            }
            Deed::UpgradeToToken if self.class == Class::OpenZeppelin => return Err(vec![LOST]),
            Deed::UpgradeToToken => return Err(vec!["Account: class is no account"]),
            _ if self.class == Class::OpenZeppelin => return Err(vec![ENTRYPOINT_NOT_FOUND]),
            Deed::Register { key, valid_until, max_calls, list } => {
                self.register(*key, valid_until.seconds(self.now), *max_calls, list)?;
            }
            Deed::Revoke(key, _) => {
                self.sessions.remove(key).ok_or_else(|| vec!["Session: not found"])?;
            }
            Deed::RevokeAll => self.end_all(),
            Deed::SetFeeLimit(key, fee) => {
                let limit =
                    fee.limit(commitment).ok_or_else(|| vec!["Session: fee limit too large"]);
                self.fee_limits.insert(*key, limit?);
            }
            Deed::RemoveFeeLimit(key) => drop(self.fee_limits.remove(key)),
            Deed::SetPolicy { key, token, per_call, per_window, window } => {
                self.set_policy(*key, *token, *per_call, *per_window, *window)?;
            }
            Deed::RemovePolicy(key, token) => drop(self.policies.remove(&(*key, *token))),
        }
        Ok(())
    }

    fn register(
        &mut self,
        candidate: Candidate,
        valid_until: u64,
        max_calls: u32,
        list: &List,
    ) -> Checked {
        let mut faults = list_faults(list);
        if valid_until <= self.now {
            faults.push("Session: end not in the future");
        }
        if max_calls == 0 {
            faults.push("Session: zero max_calls");
        }
        let key = match candidate {
            Candidate::Key(key) => Some(key),
            Candidate::Zero => {
                faults.push("Session: zero key");
                None
            }
            Candidate::NoPoint => {
                faults.push("Session: invalid key");
                None
            }
            Candidate::TheOwner => unreachable!("it is settled"),
        };
        if let Some(key) = key {
            if key == KEYS + self.owner {
                faults.push("Session: key is the owner");
            }
            let is_scoped = |it: &Session| matches!(it.allowed, Allowed::Calls(_));
            match list {
                List::Update(_) if self.sessions.get(&key).is_some_and(is_scoped) => {
                    faults.push("Session: scoped, revoke first");
                }
                List::Add(_) | List::Scoped(_) if self.ends.contains_key(&key) => {
                    faults.push("Session: key already used");
                }
                _ => {}
            }
        }
        let (Some(key), true) = (key, faults.is_empty()) else {
            return Err(faults);
        };
        let allowed = match list {
            List::Add(functions) | List::Update(functions) if functions.is_empty() => {
                Allowed::Anything
            }
            List::Add(functions) | List::Update(functions) => Allowed::Functions(functions.clone()),
            List::Scoped(calls) => {
                self.fee_limits.entry(key).or_insert(0);
                Allowed::Calls(calls.clone())
            }
        };
        self.sessions.insert(key, Session { valid_until, max_calls, used: 0, allowed });
        self.ends.insert(key, valid_until);
        Ok(())
    }

    fn set_policy(
        &mut self,
        key: Key,
        token: Option<Token>,
        per_call: u128,
        per_window: u128,
        window: u64,
    ) -> Checked {
        let mut faults = vec![];
        if token.is_none() {
            faults.push("Spending: zero token");
        }
        if window == 0 {
            faults.push("Spending: zero window");
        }
        if per_call == 0 || per_window == 0 {
            faults.push("Spending: zero maximum");
        }
        if per_call > per_window {
            faults.push("Spending: inverted maxima");
        }
        let (Some(token), true) = (token, faults.is_empty()) else {
            return Err(faults);
        };
        let former = self.policies.get(&(key, token));
        let (spent, start) = former.map_or((0, 0), |it| (it.spent, it.start));
        let policy = Policy { per_call, per_window, window, spent, start };
        self.policies.insert((key, token), policy);
        Ok(())
    }
}

/// What is wrong with a list, whoever it is for.
fn list_faults(list: &List) -> Vec<&'static str> {
    let entries = match list {
        List::Add(functions) | List::Update(functions) => {
            Allowed::Functions(functions.clone()).entries()
        }
        List::Scoped(calls) => calls.clone(),
    };
    let is_scoped = matches!(list, List::Scoped(_));
    let mut faults = vec![];
    if is_scoped && entries.is_empty() {
        faults.push("Session: no allowed calls");
    }
    for (index, (place, listed)) in entries.iter().enumerate() {
        match place {
            Place::Zero if is_scoped => faults.push("Session: zero target"),
            Place::Account => faults.push("Session: call to the account"),
            Place::Zero | Place::Token(_) => {}
        }
        match listed {
            Listed::Zero => faults.push("Session: zero selector"),
            Listed::Blocked(_) => faults.push("Session: blocked selector"),
            Listed::Function(_) => {}
        }
        if entries[..index].contains(&(*place, *listed)) {
            faults.push("Session: duplicate selector");
        }
    }
    faults
}

impl Fee {
    /// In FRI, if it is one.
    pub fn limit(self, commitment: &Commitment) -> Option<u64> {
        let enough = u64::try_from(commitment.without_tip).expect("a fee below 18 STRK");
        match self {
            Self::Zero => Some(0),
            Self::TooLow => Some(enough - 1),
            Self::Enough => Some(enough),
            Self::Most => Some(u64::MAX),
            Self::OutOfRange => None,
        }
    }
}

/// SNIP-163, part D.
pub const BLOCKED: [&str; 9] = [
    "upgrade",
    "add_or_update_session_key",
    "revoke_session_key",
    "__execute__",
    "set_public_key",
    "setPublicKey",
    "execute_from_outside_v2",
    "set_spending_policy",
    "remove_spending_policy",
];
