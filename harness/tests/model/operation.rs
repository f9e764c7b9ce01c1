//! What can be tried: by the owner, former owners, sessions, thieves, relayers and strangers.
//!
//! An operation is made without knowledge of the account. [`Operation::settle`] fills in what depends
//! on it (times, the owner to be replaced) before it is signed; then it stays the same, however often
//! and whenever it is submitted.

use crate::state::Model;

/// One of the session keys, or, above them, an owner's key that is to be registered as one.
pub type Key = usize;
/// One of the owners' keys.
pub type Owner = usize;

pub const KEYS: usize = 6;
pub const OWNERS: usize = 3;
pub const RECIPIENTS: usize = 2;

#[derive(Debug, Clone)]
pub enum Operation {
    Wait(Wait),
    /// A plain transaction of the account.
    Plain {
        signature: Signature,
        calls: Vec<Deed>,
        tip: u64,
    },
    /// An outside execution, submitted at once.
    Outside(Outside, Stranger),
    /// An outside execution of before, submitted again byte for byte.
    Replay(usize, Stranger),
    /// Somebody else calls the account.
    Intrude(Deed),
}

#[derive(Debug, Clone)]
pub struct Outside {
    pub signature: Signature,
    pub calls: Vec<Deed>,
    pub nonce: u8,
    pub execute_after: Moment,
    pub execute_before: Moment,
    pub caller: Caller,
}

#[derive(Debug, Clone, Copy)]
pub enum Wait {
    Seconds(u64),
    /// Until so many seconds after a session's last one.
    ForEnd(Key, i64),
    /// Until so many seconds after a window's last one.
    ForWindow(Key, Token, i64),
    ForNextHour,
}

/// Unix time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    FromNow(i64),
    At(u64),
}

#[derive(Debug, Clone, Copy)]
pub enum Signature {
    /// `[r, s]` by the owner of the moment.
    CurrentOwner,
    /// `[r, s]` by an owner's key, which may be a former or a future one.
    Owner(Owner),
    /// `[r, s]` by a session key: a thief that plays the owner.
    Usurper(Key),
    /// A rightful one, by the session that is the so manieth of those with something left.
    Rightful(usize),
    /// `[key, r, s, valid_until]`.
    Session { key: Key, by: Signer, valid_until: Claim },
    /// So many felts.
    Length(usize),
}

/// Who made `r` and `s` of a session's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    Itself,
    /// The same key, over another message.
    ItselfElsewhere,
    Session(Key),
    Owner(Owner),
}

/// What a session's signature says of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// What is stored, or was last, and so many seconds.
    Stored(i64),
    At(u64),
    /// 2^64 and what is stored.
    Wrapped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Any,
    Zero,
    Only(Stranger),
}

/// Who has no power over the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    Relayer,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    Strk,
    Eth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Transfer,
    Approve,
    IncreaseAllowance,
    IncreaseAllowanceCamel,
    /// A function that no token has.
    Missing,
}

impl Function {
    pub const OF_TOKENS: [Self; 4] =
        [Self::Transfer, Self::Approve, Self::IncreaseAllowance, Self::IncreaseAllowanceCamel];
}

/// One of the functions that no session may call.
pub type Blocked = usize;

/// A selector for a whitelist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Function(Function),
    Zero,
    Blocked(Blocked),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Token(Token),
    Zero,
    Account,
}

/// A key to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    Key(Key),
    Zero,
    NoPoint,
    TheOwner,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    Add(Vec<Listed>),
    Update(Vec<Listed>),
    Scoped(Vec<(Place, Listed)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    Zero,
    /// One FRI less than a transaction without a tip commits to.
    TooLow,
    /// Just what it commits to.
    Enough,
    Most,
    /// 2^64.
    OutOfRange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Ours,
    OpenZeppelin,
}

/// A call that the account makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// For a recipient; `high` is the upper half of the amount.
    Token {
        token: Token,
        function: Function,
        recipient: usize,
        amount: u128,
        high: bool,
    },
    /// For a recipient, by the so manieth function that the session which signs may call.
    Permitted {
        nth: usize,
        recipient: usize,
        amount: u128,
    },
    /// A call of a token without the amount.
    Malformed(Token, Function),
    Blocked(Blocked, Token),
    /// A harmless call of the account itself.
    Look,
    Register {
        key: Candidate,
        valid_until: Moment,
        max_calls: u32,
        list: List,
    },
    /// By either name.
    Revoke(Key, bool),
    RevokeAll,
    SetFeeLimit(Key, Fee),
    RemoveFeeLimit(Key),
    SetPolicy {
        key: Key,
        token: Option<Token>,
        per_call: u128,
        per_window: u128,
        window: u64,
    },
    RemovePolicy(Key, Token),
    /// `accepts` is the owner whom `by` agrees to replace.
    SetOwner {
        owner: Owner,
        by: Owner,
        accepts: Option<Owner>,
    },
    Upgrade(Class),
    /// To a class that is no account.
    UpgradeToToken,
}

impl Operation {
    /// Fills in what depends on the account as it is now.
    pub fn settle(&mut self, model: &Model) {
        match self {
            Self::Plain { signature, calls, .. } => settle(signature, calls, model),
            Self::Outside(outside, _) => {
                settle(&mut outside.signature, &mut outside.calls, model);
                outside.execute_after.settle(model);
                outside.execute_before.settle(model);
            }
            Self::Intrude(deed) => deed.settle(model, None),
            Self::Wait(_) | Self::Replay(..) => {}
        }
    }
}

fn settle(signature: &mut Signature, calls: &mut [Deed], model: &Model) {
    signature.settle(model);
    let signer = match signature {
        Signature::Session { key, .. } => Some(*key),
        _ => None,
    };
    calls.iter_mut().for_each(|deed| deed.settle(model, signer));
}

impl Moment {
    fn settle(&mut self, model: &Model) {
        *self = Self::At(self.seconds(model.now));
    }

    pub fn seconds(self, now: u64) -> u64 {
        match self {
            Self::FromNow(seconds) => now.saturating_add_signed(seconds),
            Self::At(seconds) => seconds,
        }
    }
}

impl Signature {
    fn settle(&mut self, model: &Model) {
        match self {
            Self::CurrentOwner => *self = Self::Owner(model.owner),
            Self::Rightful(nth) => {
                let active: Vec<_> = (0..KEYS).filter(|key| model.is_active(*key)).collect();
                let key = if active.is_empty() { 0 } else { active[*nth % active.len()] };
                let valid_until = Claim::At(model.last_end(key));
                *self = Self::Session { key, by: Signer::Itself, valid_until };
            }
            Self::Session { key, valid_until, .. } => {
                if let Claim::Stored(seconds) = valid_until {
                    *valid_until = Claim::At(model.last_end(*key).saturating_add_signed(*seconds));
                }
            }
            _ => {}
        }
    }
}

impl Deed {
    fn settle(&mut self, model: &Model, signer: Option<Key>) {
        match self {
            Self::Permitted { nth, recipient, amount } => {
                let (token, function) = model.permitted(signer, *nth);
                *self = Self::Token {
                    token,
                    function,
                    recipient: *recipient,
                    amount: *amount,
                    high: false,
                };
            }
            Self::Register { key, valid_until, .. } => {
                if *key == Candidate::TheOwner {
                    *key = Candidate::Key(KEYS + model.owner);
                }
                valid_until.settle(model);
            }
            Self::SetOwner { accepts, .. } => *accepts = Some(model.owner),
            // OpenZeppelin's class has none of these, or is lost by it: the way back is worth more.
            Self::Revoke(..)
            | Self::RemovePolicy(..)
            | Self::RemoveFeeLimit(_)
            | Self::UpgradeToToken
                if model.class == Class::OpenZeppelin =>
            {
                *self = Self::Upgrade(Class::Ours);
            }
            _ => {}
        }
    }
}

impl Deed {
    /// The session key that it is about.
    pub const fn key(&self) -> Option<Key> {
        match self {
            Self::Register { key: Candidate::Key(key), .. }
            | Self::Revoke(key, _)
            | Self::SetFeeLimit(key, _)
            | Self::RemoveFeeLimit(key)
            | Self::SetPolicy { key, .. }
            | Self::RemovePolicy(key, _) => Some(*key),
            _ => None,
        }
    }
}

impl Deed {
    /// Whether it is a call of the account.
    pub const fn is_of_the_account(&self) -> bool {
        !matches!(
            self,
            Self::Token { .. } | Self::Permitted { .. } | Self::Malformed(..) | Self::Blocked(..)
        )
    }
}
