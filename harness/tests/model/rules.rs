//! The account's rules in the model, as its documents state them.

use session_e2e::BLOCKED;

use crate::holdings::ENTRYPOINT_NOT_FOUND;
use crate::operation::{
    Caller, Candidate, Claim, Class, Deed, Entry, Errand, Fee, Function, KEYS, Key, List, Listed,
    Outside, Place, Signature, Signer, Stranger,
};
use crate::state::{Allowed, HOUR, Kind, Model, Registration, Session};

/// The expected result of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Succeeded,
    /// `__validate__` returns 0, since one or more of these rules are broken.
    Refused(Vec<&'static str>),
    /// The transaction reverts with one of these errors.
    Reverted(Vec<&'static str>),
}

impl Expected {
    /// Says whether the operation would leave an account that the life cannot continue with.
    pub fn is_loss(&self) -> bool {
        *self == Self::Reverted(vec![LOST])
    }
}

/// The errors of an operation, of which there are several if it breaks several rules at once.
pub type Checked<T = ()> = Result<T, Vec<&'static str>>;

const INVALID_ARGUMENT: &str = "Invalid argument";
const TOO_LONG: &str = "Input too long for arguments";
/// Stands for no error: OpenZeppelin's class does not check the next class, so the account would be lost.
const LOST: &str = "lost";

/// What a plain transaction commits to pay, in FRI.
pub struct Commitment {
    pub without_tip: u128,
    pub with_tip: u128,
}

impl Model {
    /// Makes a plain transaction of the account.
    pub fn plain(
        &mut self,
        signature: Signature,
        calls: &[Deed],
        commitment: &Commitment,
    ) -> Expected {
        match (self.class, signature) {
            (_, Signature::Owner(owner)) if owner == self.owner => {}
            (Class::Ours, Signature::Session { key, by, valid_until }) => {
                // `__validate__` sees the last full hour.
                let shown = self.now - self.now % HOUR;
                let mut faults = self.session_faults(key, by, valid_until, calls, shown);
                // With a fee limit of 0 every plain transaction is above the limit.
                let is_over = |limit: &u64| *limit == 0 || commitment.with_tip > u128::from(*limit);
                if self.fee_limits.get(&key).is_some_and(is_over) {
                    faults.push("Session: fee over limit");
                }
                if !faults.is_empty() {
                    return Expected::Refused(faults);
                }
                self.note_use(key, calls);
                self.count(key);
            }
            _ => return Expected::Refused(vec!["Account: invalid signature"]),
        }
        self.nonce += 1;
        self.atomically(|model| {
            let signer = model.signer(signature);
            if signer.is_some_and(|key| model.now > model.last_end(key)) {
                return Err(vec!["Session: expired"]);
            }
            model.execute(signer, calls, commitment)
        })
    }

    /// Makes an outside execution that `submitter` submits.
    pub fn outside(
        &mut self,
        outside: &Outside,
        submitter: Stranger,
        commitment: &Commitment,
    ) -> Expected {
        self.atomically(|model| model.submitted(outside, submitter, commitment))
    }

    /// Makes an outside execution within a transaction, whose changes are undone if it fails.
    fn submitted(
        &mut self,
        outside: &Outside,
        submitter: Stranger,
        commitment: &Commitment,
    ) -> Checked {
        let now = self.now;
        let mut faults = vec![];
        let is_named = match outside.caller {
            Caller::Any => true,
            // OpenZeppelin's class reads caller 0 as an address.
            Caller::Zero => self.class == Class::Ours,
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
        if self.spent_nonces.contains(&outside.nonce) {
            faults.push("SRC9: duplicated nonce");
        }
        match (self.class, outside.signature) {
            (_, Signature::Owner(owner)) if owner == self.owner => {}
            (Class::Ours, Signature::Session { key, by, valid_until }) => {
                faults.extend(self.session_faults(key, by, valid_until, &outside.calls, now));
            }
            _ => faults.push("SRC9: invalid signature"),
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        self.spent_nonces.insert(outside.nonce);
        let signer = self.signer(outside.signature);
        if let Some(key) = signer {
            self.note_use(key, &outside.calls);
            self.count(key);
        }
        self.execute(signer, &outside.calls, commitment)
    }

    /// Returns the session that made `signature`, if the class has sessions.
    const fn signer(&self, signature: Signature) -> Option<Key> {
        match (self.class, signature) {
            (Class::Ours, Signature::Session { key, .. }) => Some(key),
            _ => None,
        }
    }

    /// Makes a call of the account by somebody else.
    pub fn intrude(&mut self, deed: &Deed) -> Expected {
        match deed {
            Deed::Look => Expected::Succeeded,
            Deed::Route(it) => {
                self.atomically(|model| model.holdings.make(*it).map_err(|error| vec![error]))
            }
            _ if self.class == Class::OpenZeppelin => match deed {
                Deed::SetOwner { .. } | Deed::Upgrade(_) | Deed::UpgradeToToken => {
                    Expected::Reverted(vec!["Account: unauthorized"])
                }
                _ => Expected::Reverted(vec![ENTRYPOINT_NOT_FOUND]),
            },
            Deed::RevokeMore(_) => Expected::Reverted(vec![TOO_LONG]),
            _ => Expected::Reverted(vec!["Account: unauthorized"]),
        }
    }

    fn atomically(&mut self, act: impl FnOnce(&mut Self) -> Checked) -> Expected {
        let before = self.clone();
        match act(self) {
            Ok(()) => Expected::Succeeded,
            Err(errors) => {
                let notes = std::mem::take(&mut self.notes);
                *self = Self { notes, ..before };
                Expected::Reverted(errors)
            }
        }
    }

    /// Returns every rule that the session's signature or its calls break.
    fn session_faults(
        &mut self,
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
        let session = self.sessions.get(&key).cloned();
        let session = session.as_ref();
        match session {
            None => faults.push("Session: not found"),
            Some(session) => {
                if valid_until != Claim::At(session.valid_until) {
                    faults.push("Session: wrong valid_until");
                }
                if now > session.valid_until {
                    faults.push("Session: expired");
                }
                if now == session.valid_until + 1 {
                    self.note("one second late");
                }
                if session.used >= session.max_calls {
                    faults.push("Session: no calls left");
                }
            }
        }
        for deed in calls {
            match deed {
                Deed::Token { .. } | Deed::Malformed(..) | Deed::Route(_) | Deed::Make(_) => {
                    let Some(session) = session.filter(|it| !it.allows(deed)) else { continue };
                    faults.push("Session: call not allowed");
                    if let Some(argument) = session.argument_of(deed) {
                        let short = deed.calldata().len() <= usize::from(argument.index);
                        let which =
                            if short { "an argument too short" } else { "another argument" };
                        self.note(which);
                    }
                }
                Deed::Blocked(..) => faults.push("Session: blocked selector"),
                Deed::Revoke(own, true) if *own == key && calls.len() == 1 => {}
                _ => faults.push("Session: call to the account"),
            }
        }
        faults
    }

    pub fn note(&mut self, what: &'static str) {
        self.notes.push(what);
    }

    /// Notes the cases worth counting in a batch that a session may make.
    fn note_use(&mut self, key: Key, calls: &[Deed]) {
        let Some(session) = self.sessions.get(&key).cloned() else { return };
        if self.now == session.valid_until {
            self.note("at a session's last second");
        }
        if session.used + 1 == session.max_calls {
            self.note("a session's last call");
        }
        for deed in calls {
            if session.argument_of(deed).is_some() {
                self.note("a call with a listed argument");
            }
            if matches!(deed, Deed::Revoke(..)) {
                self.note("a session's own ending");
            }
        }
        if self.registered.get(&key).is_some_and(|it| it.generation > 1) {
            self.note("a later generation");
        }
        if self.epoch > 0 {
            self.note("a later epoch");
        }
    }

    fn count(&mut self, key: Key) {
        if let Some(session) = self.sessions.get_mut(&key) {
            session.used += 1;
        }
    }

    /// Makes what another contract does for a call of the account, in a batch that the session `around`
    /// signed.
    fn errand(&mut self, errand: &Errand, around: Option<Key>, commitment: &Commitment) -> Checked {
        let outside = match errand {
            Errand::Move(it) => return self.holdings.make(*it).map_err(|error| vec![error]),
            Errand::Submit(outside) => outside,
        };
        let signer = self.signer(outside.signature);
        self.submitted(outside, Stranger::Caller, commitment)?;
        if around.is_some_and(|key| self.tokens.contains_key(&key)) {
            self.done.push(match signer {
                None => "a batch of the owner in a session's",
                _ if signer == around => "a batch of a session in its own",
                Some(_) => "a batch of a session in another's",
            });
        }
        Ok(())
    }

    /// Makes a call of the account, in a batch that the session `around` signed, or else the owner.
    pub fn deed(&mut self, deed: &Deed, around: Option<Key>, commitment: &Commitment) -> Checked {
        match deed {
            // Starknet lets no contract call this entry point.
            Deed::Blocked(blocked, _) if BLOCKED[*blocked] == "__execute__" => {
                return Err(vec![INVALID_ARGUMENT]);
            }
            Deed::Blocked(..) => return Err(vec![ENTRYPOINT_NOT_FOUND]),
            Deed::Malformed(_, function) => {
                let missing = *function == Function::Missing;
                return Err(vec![if missing { ENTRYPOINT_NOT_FOUND } else { "" }]);
            }
            Deed::Token { token, function, recipient, .. } => {
                let amount = deed.amount().unwrap_or_default();
                let called = self.holdings.call(*token, *function, *recipient, amount);
                called.map_err(|error| vec![error])?;
            }
            Deed::Route(it) => self.holdings.make(*it).map_err(|error| vec![error])?,
            Deed::Make(errands) => {
                errands.iter().try_for_each(|it| self.errand(it, around, commitment))?;
            }
            Deed::Look => {}
            Deed::Permitted { .. } => unreachable!("it is settled"),
            Deed::SetOwner { owner, by, accepts } => {
                if owner != by || *accepts != Some(self.owner) {
                    return Err(vec!["Account: invalid signature"]);
                }
                if self.class == Class::Ours {
                    if self.registered.contains_key(&(KEYS + owner)) {
                        return Err(vec!["Account: key was a session"]);
                    }
                    self.end_all();
                }
                self.owner = *owner;
            }
            Deed::Upgrade(class) => {
                if self.class == Class::Ours {
                    self.end_all();
                }
                self.class = *class;
            }
            Deed::UpgradeToToken if self.class == Class::OpenZeppelin => return Err(vec![LOST]),
            Deed::UpgradeToToken => return Err(vec!["Account: class is no account"]),
            _ if self.class == Class::OpenZeppelin => return Err(vec![ENTRYPOINT_NOT_FOUND]),
            Deed::Register { key, valid_until, max_calls, list } => {
                self.register(*key, valid_until.seconds(self.now), *max_calls, list)?;
            }
            Deed::Revoke(key, _) => {
                if !self.registered.contains_key(key) {
                    return Err(vec!["Session: not found"]);
                }
                if self.sessions.remove(key).is_none() {
                    self.note("a revocation of what has ended");
                }
            }
            Deed::RevokeMore(_) => return Err(vec![TOO_LONG]),
            Deed::Ending => unreachable!("it is settled"),
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
            Deed::RemovePolicy(key, token) => self.remove_policy(*key, *token),
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
        if valid_until >= 1 << 40 {
            faults.push("Session: end too far");
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
            Candidate::TheOwner | Candidate::Fresh | Candidate::OfAnOwner(_) => {
                unreachable!("it is settled")
            }
        };
        if let Some(key) = key {
            if key == KEYS + self.owner {
                faults.push("Session: key is the owner");
            }
            match (list, self.registered.get(&key)) {
                (List::Update(_), Some(Registration { kind: Kind::Calls, .. })) => {
                    faults.push("Session: scoped, use a new key");
                    if !self.sessions.contains_key(&key) {
                        self.note("an update of an ended scope");
                    }
                }
                (List::Add(_) | List::Scoped(_), Some(_)) => {
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
        let registration = Registration {
            generation: self.registered.get(&key).map_or(0, |it| it.generation) + 1,
            epoch: self.epoch,
            valid_until,
            kind: allowed.kind(),
        };
        self.registered.insert(key, registration);
        self.left.remove(&key);
        self.sessions.insert(key, Session { valid_until, max_calls, used: 0, allowed });
        Ok(())
    }
}

/// Returns what is wrong with a list, for whichever key.
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
    for (index, Entry { place, listed, argument }) in entries.iter().enumerate() {
        match place {
            Place::Zero if is_scoped => faults.push("Session: zero target"),
            Place::Account => faults.push("Session: call to the account"),
            Place::Zero | Place::Token(_) | Place::Venue(_) => {}
        }
        match listed {
            Listed::Zero => faults.push("Session: zero selector"),
            Listed::Blocked(_) => faults.push("Session: blocked selector"),
            Listed::Function(_) => {}
        }
        // An entry that another one contains is refused: the same function may occur again only with
        // another value of the same argument.
        let swallows = |it: &Entry| {
            let apart = match (it.argument, argument) {
                (Some(one), Some(other)) => one.index == other.index && one.value != other.value,
                _ => false,
            };
            (it.place, it.listed) == (*place, *listed) && !apart
        };
        if entries[..index].iter().any(swallows) {
            let call = "Session: duplicate call";
            faults.push(if is_scoped { call } else { "Session: duplicate selector" });
        }
    }
    faults
}

impl Fee {
    /// Returns the fee limit in FRI, if it fits 64 bits.
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
