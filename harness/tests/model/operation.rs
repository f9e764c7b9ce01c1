//! What can be tried: by the owner, former owners, sessions, thieves, relayers and strangers.
//!
//! An operation is made without knowledge of the account. [`Operation::settle`] fills in what depends
//! on it (times, the owner to be replaced) before it is signed; then it stays the same, however often
//! and whenever it is submitted.

use starknet_rust::core::types::Felt;

use crate::state::Model;

/// One of the session keys, or, above them, an owner's key that is to be registered as one.
pub type Key = usize;
/// One of the owners' keys.
pub type Owner = usize;
/// One of the recipients, or, above them, a contract of `mocks/`: who is paid, or may pull.
pub type Party = usize;

pub const KEYS: usize = 40;
pub const OWNERS: usize = 3;
pub const RECIPIENTS: usize = 2;
/// The recipients and those contracts that pull.
pub const PARTIES: usize = RECIPIENTS + 3;
/// Stands for the session that signs, or that signed the batch around.
pub const SIGNER: Key = usize::MAX;

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
    /// Anybody asks whether a session may make a call.
    Ask(Key, Deed),
}

#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The same of the so manieth session with something left, which is then awaited.
    ForSomeEnd(usize, i64),
    /// Until so many seconds after a window's last one.
    ForWindow(Key, Token, i64),
    /// The same of the so manieth window that has begun, of which the session is then awaited.
    ForSomeWindow(usize, i64),
    ForNextHour,
}

/// Unix time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    FromNow(i64),
    At(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// `[r, s]` by the owner of the moment.
    CurrentOwner,
    /// `[r, s]` by an owner's key, which may be a former or a future one.
    Owner(Owner),
    /// `[r, s]` by a session key: a thief that plays the owner.
    Usurper(Key),
    /// A rightful one, by the session that is the so manieth of those with something left.
    Rightful(usize),
    /// The same of those among them that may call anything, under policies: another than the one that
    /// signed the batch around, if there is any.
    Spender(usize),
    /// A rightful one, by the session that signed the batch around.
    Again,
    /// A rightful one, by the session that was awaited last.
    Awaited,
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
    /// The contract that makes calls for anybody.
    Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    Strk,
    Eth,
    /// One that a bridge may burn.
    Coin,
    /// One that the account has none of.
    Spare(usize),
}

impl Token {
    pub const HELD: [Self; 3] = [Self::Strk, Self::Eth, Self::Coin];
    /// With those held one more than a key may have policies for.
    pub const SPARES: usize = 6;

    pub fn all() -> Vec<Self> {
        Self::HELD.into_iter().chain((0..Self::SPARES).map(Self::Spare)).collect()
    }

    /// Whether it is one of the devnet's own.
    pub const fn is_of_starkgate(self) -> bool {
        matches!(self, Self::Strk | Self::Eth)
    }
}

/// A contract that moves tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venue {
    Router,
    Exchange,
    Vault,
    Bridge,
    Payout,
    Caller,
}

impl Venue {
    pub const ALL: [Self; 6] =
        [Self::Router, Self::Exchange, Self::Vault, Self::Bridge, Self::Payout, Self::Caller];

    pub const fn party(self) -> Party {
        RECIPIENTS + self as usize
    }
}

/// How tokens leave the account or come in by calls of other contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// The router pulls what it may.
    Pull,
    /// The bridge burns, and needs no allowance.
    Withdraw,
    /// The exchange pulls what it may, and pays as much of another token.
    Swap,
    /// The vault pulls what it may, and owes it.
    Deposit,
    /// The vault pays what it owes.
    Redeem,
    /// The payout pays, whoever triggers it.
    Pay,
}

impl Route {
    pub const ALL: [Self; 6] =
        [Self::Pull, Self::Withdraw, Self::Swap, Self::Deposit, Self::Redeem, Self::Pay];

    pub const fn venue(self) -> Venue {
        match self {
            Self::Pull => Venue::Router,
            Self::Withdraw => Venue::Bridge,
            Self::Swap => Venue::Exchange,
            Self::Deposit | Self::Redeem => Venue::Vault,
            Self::Pay => Venue::Payout,
        }
    }

    /// How it is counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "a pull",
            Self::Withdraw => "a withdrawal by the bridge",
            Self::Swap => "a swap",
            Self::Deposit => "a deposit",
            Self::Redeem => "a redemption",
            Self::Pay => "a payout",
        }
    }
}

/// So much of a token takes a route; `other` is what is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub route: Route,
    pub token: Token,
    pub amount: u128,
    pub other: Token,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Transfer,
    Approve,
    IncreaseAllowance,
    IncreaseAllowanceCamel,
    /// A function that no token has.
    Missing,
    Route(Route),
    /// That of the contract which makes calls for anybody.
    Make,
}

impl Function {
    pub const OF_TOKENS: [Self; 4] =
        [Self::Transfer, Self::Approve, Self::IncreaseAllowance, Self::IncreaseAllowanceCamel];

    /// Whether it lets others pull.
    const fn is_approval(self) -> bool {
        matches!(self, Self::Approve | Self::IncreaseAllowance | Self::IncreaseAllowanceCamel)
    }
}

/// One of the functions that no session may call.
pub type Blocked = usize;

/// A selector for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Function(Function),
    Zero,
    Blocked(Blocked),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Token(Token),
    Venue(Venue),
    Zero,
    Account,
}

/// An entry of a list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    pub listed: Listed,
    pub argument: Option<Argument>,
}

/// A felt that must stand at a place of the calldata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    pub index: u8,
    pub value: Datum,
}

/// A felt of a calldata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datum {
    Party(Party),
    Token(Token),
    Account,
    Number(u128),
}

/// A key to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    Key(Key),
    /// One that was never registered, if there is any left.
    Fresh,
    /// One of the owners', whoever owns.
    OfAnOwner(Owner),
    Zero,
    NoPoint,
    TheOwner,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    Add(Vec<Listed>),
    Update(Vec<Listed>),
    Scoped(Vec<Entry>),
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
        recipient: Party,
        amount: u128,
        high: bool,
    },
    /// For a recipient, by the so manieth function that the session which signs may call.
    Permitted {
        nth: usize,
        recipient: Party,
        amount: u128,
    },
    /// A call of a contract that moves tokens.
    Route(Move),
    /// A call of the contract that makes calls for anybody.
    Make(Vec<Errand>),
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
    /// By either name; `true` is the name by which a session may end itself.
    Revoke(Key, bool),
    /// The session that signs ends itself.
    Ending,
    /// `revoke_session` with a felt more than it takes.
    RevokeMore(Key),
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

/// What anybody may have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A pull from the account, or a payout to it.
    Move(Move),
    /// An outside execution of the account.
    Submit(Outside),
}

impl Entry {
    pub const fn new(place: Place, listed: Listed) -> Self {
        Self { place, listed, argument: None }
    }

    /// Whether it lets through a call of `function` at `place`.
    pub fn allows(&self, place: Place, function: Function, calldata: &[Datum]) -> bool {
        let fits = |it: Argument| calldata.get(usize::from(it.index)) == Some(&it.value);
        self.place == place
            && self.listed == Listed::Function(function)
            && self.argument.is_none_or(fits)
    }
}

impl Operation {
    /// Fills in what depends on the account as it is now.
    pub fn settle(&mut self, model: &Model) {
        match self {
            Self::Plain { signature, calls, .. } => settle(signature, calls, model, None),
            Self::Outside(outside, _) => outside.settle(model, None),
            Self::Intrude(deed) => deed.settle(model, None),
            Self::Ask(key, deed) => deed.settle(model, Some(*key)),
            Self::Wait(_) | Self::Replay(..) => {}
        }
    }
}

impl Outside {
    /// `around` signed the batch that submits it.
    fn settle(&mut self, model: &Model, around: Option<Key>) {
        settle(&mut self.signature, &mut self.calls, model, around);
        self.execute_after.settle(model);
        self.execute_before.settle(model);
    }
}

fn settle(signature: &mut Signature, calls: &mut Vec<Deed>, model: &Model, around: Option<Key>) {
    // Where no session has anything left, the owner registers another, or moves back to do it.
    let renewal = match *signature {
        Signature::Rightful(nth) if model.active().is_empty() => Some(renewal(nth, model.fresh())),
        Signature::Spender(nth) if model.spenders().is_empty() => {
            Some(spender(nth, Moment::FromNow(20_000), model.fresh()))
        }
        _ => None,
    };
    if let Some(renewal) = renewal {
        *signature = Signature::CurrentOwner;
        *calls = match model.class {
            Class::Ours => renewal,
            Class::OpenZeppelin => vec![Deed::Upgrade(Class::Ours)],
        };
    }
    signature.settle(model, around);
    let signer = match signature {
        Signature::Session { key, .. } => Some(*key),
        _ => around,
    };
    calls.iter_mut().for_each(|deed| deed.settle(model, signer));
}

/// Registers `key` for any call, with policies and a fee limit that lets it transact.
pub fn spender(nth: usize, valid_until: Moment, key: Key) -> Vec<Deed> {
    let list = List::Add(vec![]);
    let register = Deed::Register { key: Candidate::Key(key), valid_until, max_calls: 20, list };
    let policy = |token| Deed::SetPolicy {
        key,
        token: Some(token),
        per_call: 18,
        per_window: 30,
        window: [60, 600, 3_600][nth % 3],
    };
    let tokens = match nth % 8 {
        7 => Token::all().into_iter().skip(1).collect(),
        _ => Token::HELD.into_iter().cycle().skip(nth).take(1 + nth % 3).collect::<Vec<_>>(),
    };
    let policies = tokens.into_iter().map(policy);
    [register, Deed::SetFeeLimit(key, Fee::Most)].into_iter().chain(policies).collect()
}

/// Registers `key`, with one of some lists and a fee limit that lets it transact.
fn renewal(nth: usize, key: Key) -> Vec<Deed> {
    let transfer = |token| Entry::new(Place::Token(token), Listed::Function(Function::Transfer));
    let pinned =
        |index, value| Entry { argument: Some(Argument { index, value }), ..transfer(Token::Strk) };
    let recipient = |to| pinned(0, Datum::Party(to));
    let list = match nth % 5 {
        0 => List::Add(vec![]),
        1 => List::Update(vec![Listed::Function(Function::Transfer)]),
        2 => List::Scoped(vec![recipient(0), transfer(Token::Eth), recipient(1)]),
        3 => List::Scoped(vec![pinned(1, Datum::Number(3)), pinned(1, Datum::Number(7))]),
        _ => List::Scoped(vec![pinned(2, Datum::Number(0)), transfer(Token::Eth)]),
    };
    let valid_until = Moment::FromNow(20_000);
    let register = Deed::Register { key: Candidate::Key(key), valid_until, max_calls: 9, list };
    let policy = Deed::SetPolicy {
        key,
        token: Some(Token::Strk),
        per_call: 18,
        per_window: 30,
        window: 600,
    };
    let policy = nth.is_multiple_of(2).then_some(policy);
    [register, Deed::SetFeeLimit(key, Fee::Most)].into_iter().chain(policy).collect()
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
    fn settle(&mut self, model: &Model, around: Option<Key>) {
        let rightful = |key| {
            let valid_until = Claim::At(model.last_end(key));
            Self::Session { key, by: Signer::Itself, valid_until }
        };
        match self {
            Self::CurrentOwner => *self = Self::Owner(model.owner),
            Self::Rightful(nth) => *self = rightful(nth_of(&model.active(), *nth)),
            Self::Spender(nth) => {
                let (own, others): (Vec<_>, Vec<_>) =
                    model.spenders().into_iter().partition(|key| around == Some(*key));
                let keys = if others.is_empty() { own } else { others };
                *self = rightful(nth_of(&keys, *nth));
            }
            Self::Again => *self = around.map_or(Self::Owner(model.owner), rightful),
            Self::Awaited => *self = rightful(model.awaited),
            Self::Session { key, valid_until, .. } => {
                if let Claim::Stored(seconds) = valid_until {
                    *valid_until = Claim::At(model.last_end(*key).saturating_add_signed(*seconds));
                }
            }
            _ => {}
        }
    }
}

/// The so manieth of `keys`, or the first key if there is none.
fn nth_of(keys: &[Key], nth: usize) -> Key {
    nth.checked_rem(keys.len()).map_or(0, |nth| keys[nth])
}

impl Deed {
    /// `signer` is the session that signs, or that signed the batch around.
    fn settle(&mut self, model: &Model, signer: Option<Key>) {
        if let Self::SetPolicy { key, .. } | Self::RemovePolicy(key, _) = self
            && *key == SIGNER
        {
            *key = signer.unwrap_or(0);
        }
        match self {
            Self::Permitted { nth, recipient, amount } => {
                *self = model.permitted(signer, *nth, *recipient, *amount);
            }
            Self::Ending => *self = Self::Revoke(signer.unwrap_or(0), true),
            Self::Make(errands) => errands.iter_mut().for_each(|errand| match errand {
                Errand::Move(_) => {}
                Errand::Submit(outside) => outside.settle(model, signer),
            }),
            Self::Register { key, valid_until, .. } => {
                match *key {
                    Candidate::TheOwner => *key = Candidate::Key(KEYS + model.owner),
                    Candidate::OfAnOwner(owner) => *key = Candidate::Key(KEYS + owner),
                    Candidate::Fresh => *key = Candidate::Key(model.fresh()),
                    _ => {}
                }
                valid_until.settle(model);
            }
            Self::SetOwner { accepts, .. } => *accepts = Some(model.owner),
            // OpenZeppelin's class has none of these, or is lost by it: the way back is worth more.
            Self::Revoke(..)
            | Self::RevokeMore(_)
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
            | Self::RevokeMore(key)
            | Self::SetFeeLimit(key, _)
            | Self::RemoveFeeLimit(key)
            | Self::SetPolicy { key, .. }
            | Self::RemovePolicy(key, _) => Some(*key),
            _ => None,
        }
    }
}

impl Deed {
    /// The contract and the function that it calls, where a list may name them.
    pub const fn target(&self) -> Option<(Place, Function)> {
        match self {
            Self::Token { token, function, .. } | Self::Malformed(token, function) => {
                Some((Place::Token(*token), *function))
            }
            Self::Route(it) => Some((Place::Venue(it.route.venue()), Function::Route(it.route))),
            Self::Make(_) => Some((Place::Venue(Venue::Caller), Function::Make)),
            _ => None,
        }
    }

    /// What a call of a token names.
    pub fn amount(&self) -> Option<Felt> {
        let Self::Token { amount, high, .. } = self else { return None };
        Some(Felt::from(*amount) + Felt::from(u128::from(*high)) * Felt::TWO.pow(128_u128))
    }

    /// The token that it lets a party pull more of, and how much more it says.
    pub fn approval(&self) -> Option<(Token, Party, Felt)> {
        match self {
            Self::Token { token, function, recipient, .. } if function.is_approval() => {
                Some((*token, *recipient, self.amount()?))
            }
            _ => None,
        }
    }

    /// The calldata of a call of a token, or of a contract that moves tokens.
    pub fn calldata(&self) -> Vec<Datum> {
        match self {
            Self::Token { recipient, amount, high, .. } => vec![
                Datum::Party(*recipient),
                Datum::Number(*amount),
                Datum::Number(u128::from(*high)),
            ],
            Self::Malformed(..) => vec![Datum::Party(0)],
            Self::Route(it) => it.calldata(),
            _ => vec![],
        }
    }

    /// Whether it is a call of the account.
    pub const fn is_of_the_account(&self) -> bool {
        self.target().is_none() && !matches!(self, Self::Permitted { .. } | Self::Blocked(..))
    }
}

impl Move {
    pub fn calldata(&self) -> Vec<Datum> {
        let token = Datum::Token(self.token);
        let amount = [Datum::Number(self.amount), Datum::Number(0)];
        let parts = match self.route {
            Route::Pull | Route::Pay => [&[token, Datum::Account], &amount[..], &[]],
            Route::Withdraw => [&[token, Datum::Number(1)], &amount[..], &[]],
            Route::Swap => [&[token], &amount[..], &[Datum::Token(self.other)]],
            Route::Deposit => [&[token], &amount[..], &[]],
            Route::Redeem => [&[token], &amount[..], &[Datum::Account]],
        };
        parts.concat()
    }
}
