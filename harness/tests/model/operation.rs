//! The operations that can be tried, by the owner, former owners, sessions, thieves, relayers and
//! strangers.
//!
//! An operation is generated without knowledge of the account. Before it is signed, [`Operation::settle`]
//! fills in what depends on the account (times, the owner to be replaced). Then it stays the same, however
//! often and whenever it is submitted.

use starknet_rust::core::types::Felt;

use crate::state::Model;

/// The index of a session key. Indices above [`KEYS`] are owners' keys that are to be registered as session
/// keys.
pub type Key = usize;
/// The index of an owner's key.
pub type Owner = usize;
/// The index of a party that is paid or may pull: a recipient, or above [`RECIPIENTS`] a contract of
/// `mocks/`.
pub type Party = usize;

pub const KEYS: usize = 40;
pub const OWNERS: usize = 3;
pub const RECIPIENTS: usize = 2;
/// The number of recipients and of contracts that pull.
pub const PARTIES: usize = RECIPIENTS + 3;
/// The key of the session that signs the operation, or that signed the batch around it.
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
    /// An outside execution that is submitted at once.
    Outside(Outside, Stranger),
    /// An earlier outside execution that is submitted again, with the same bytes.
    Replay(usize, Stranger),
    /// A call of the account by somebody else.
    Intrude(Deed),
    /// A question to `is_call_allowed`, which anybody may ask.
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
    /// Until this many seconds after the last second of a key's session.
    ForEnd(Key, i64),
    /// The same for the n-th active session, which [`Signature::Awaited`] then means.
    ForSomeEnd(usize, i64),
    /// Until this many seconds after a window's last second.
    ForWindow(Key, Token, i64),
    /// The same for the n-th window that has begun, whose session [`Signature::Awaited`] then means.
    ForSomeWindow(usize, i64),
    ForNextHour,
}

/// A time, in Unix seconds once it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    FromNow(i64),
    At(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// `[r, s]` by the account's present owner.
    CurrentOwner,
    /// `[r, s]` by an owner's key, which may be a former or a future owner's.
    Owner(Owner),
    /// `[r, s]` by a session key, as a thief makes it who pretends to be the owner.
    Usurper(Key),
    /// A valid signature by the n-th active session.
    Rightful(usize),
    /// A valid signature by the n-th active session that may call anything, under policies; not the one
    /// that signed the batch around, if there is another.
    Spender(usize),
    /// A valid signature by the session that signed the batch around.
    Again,
    /// A valid signature by the session for which the last operation waited.
    Awaited,
    /// `[key, r, s, valid_until]`.
    Session { key: Key, by: Signer, valid_until: Claim },
    /// This number of felts.
    Length(usize),
}

/// Whose key made `r` and `s` of a session's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    Itself,
    /// The session's own key, over another message.
    ItselfElsewhere,
    Session(Key),
    Owner(Owner),
}

/// The session's end that a signature names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This many seconds after the stored end, or after the last stored one.
    Stored(i64),
    At(u64),
    /// The stored end plus 2^64.
    Wrapped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Any,
    Zero,
    Only(Stranger),
}

/// A submitter without power over the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    Relayer,
    Other,
    /// The contract that makes any calls for anybody.
    Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    Strk,
    Eth,
    /// A token that a bridge may burn.
    Coin,
    /// A token of which the account has nothing.
    Spare(usize),
}

impl Token {
    pub const HELD: [Self; 3] = [Self::Strk, Self::Eth, Self::Coin];
    /// Together with the tokens held, one more than a key may have policies for.
    pub const SPARES: usize = 6;

    pub fn all() -> Vec<Self> {
        Self::HELD.into_iter().chain((0..Self::SPARES).map(Self::Spare)).collect()
    }

    /// Says whether it is one of the devnet's own tokens.
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

/// A route by which another contract moves tokens out of the account or into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// The router pulls tokens by an allowance.
    Pull,
    /// The bridge burns tokens, and needs no allowance.
    Withdraw,
    /// The exchange pulls tokens by an allowance, and pays the same amount of another token.
    Swap,
    /// The vault pulls tokens by an allowance, and owes them.
    Deposit,
    /// The vault pays back what it owes.
    Redeem,
    /// The payout contract pays to the account; anybody can trigger it.
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

    /// Returns the name under which it is counted.
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

/// A move of `amount` of a token by a route; `other` is the token that is bought.
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
    /// The function of the contract that makes any calls for anybody.
    Make,
}

impl Function {
    pub const OF_TOKENS: [Self; 4] =
        [Self::Transfer, Self::Approve, Self::IncreaseAllowance, Self::IncreaseAllowanceCamel];

    /// Says whether the function lets a party pull.
    const fn is_approval(self) -> bool {
        matches!(self, Self::Approve | Self::IncreaseAllowance | Self::IncreaseAllowanceCamel)
    }
}

/// The index of a blocked selector.
pub type Blocked = usize;

/// A selector in a list.
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

/// A pinned argument: a felt at a place of the calldata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    pub index: u8,
    pub value: Datum,
}

/// A felt of the calldata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datum {
    Party(Party),
    Token(Token),
    Account,
    Number(u128),
}

/// A key that is to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    Key(Key),
    /// A key that was never registered, if there is one left.
    Fresh,
    /// An owner's key, of the present owner or another.
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
    /// Exactly what a transaction without a tip commits to.
    Enough,
    Most,
    /// 2^64 FRI.
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
    /// A call of a token for a recipient; `high` is the upper half of the amount.
    Token {
        token: Token,
        function: Function,
        recipient: Party,
        amount: u128,
        high: bool,
    },
    /// A call for a recipient, of the n-th function that the signing session may call.
    Permitted {
        nth: usize,
        recipient: Party,
        amount: u128,
    },
    /// A call of a contract that moves tokens.
    Route(Move),
    /// A call of the contract that makes any calls for anybody.
    Make(Vec<Errand>),
    /// A call of a token whose calldata ends before the amount.
    Malformed(Token, Function),
    Blocked(Blocked, Token),
    /// A call of a view of the account itself.
    Look,
    Register {
        key: Candidate,
        valid_until: Moment,
        max_calls: u32,
        list: List,
    },
    /// A revocation by one of its two names; `true` is the name with which a session may end itself.
    Revoke(Key, bool),
    /// The signing session ends itself.
    Ending,
    /// `revoke_session` with one felt more than it takes.
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
    /// An upgrade to a class that is no account.
    UpgradeToToken,
}

/// What the contract that makes any calls does for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A pull from the account, or a payment to it.
    Move(Move),
    /// The submission of an outside execution of the account.
    Submit(Outside),
}

impl Entry {
    pub const fn new(place: Place, listed: Listed) -> Self {
        Self { place, listed, argument: None }
    }

    /// Says whether the entry allows a call of `function` at `place`.
    pub fn allows(&self, place: Place, function: Function, calldata: &[Datum]) -> bool {
        let fits = |it: Argument| calldata.get(usize::from(it.index)) == Some(&it.value);
        self.place == place
            && self.listed == Listed::Function(function)
            && self.argument.is_none_or(fits)
    }
}

impl Operation {
    /// Fills in what depends on the account's present state.
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
    /// Fills in what depends on the account; `around` is the session that signed the batch around.
    fn settle(&mut self, model: &Model, around: Option<Key>) {
        settle(&mut self.signature, &mut self.calls, model, around);
        self.execute_after.settle(model);
        self.execute_before.settle(model);
    }
}

fn settle(signature: &mut Signature, calls: &mut Vec<Deed>, model: &Model, around: Option<Key>) {
    // If no session is active, the owner registers another one, or first moves back to the class with
    // sessions.
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

/// Registers `key` for any call, with policies, and with a fee limit that allows plain transactions.
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

/// Registers `key` with one of several lists, and with a fee limit that allows plain transactions.
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

/// Returns the n-th of `keys`, counted in a circle; the first key of all if there is none.
fn nth_of(keys: &[Key], nth: usize) -> Key {
    nth.checked_rem(keys.len()).map_or(0, |nth| keys[nth])
}

impl Deed {
    /// Fills in what depends on the account; `signer` is the session that signs, or that signed the batch
    /// around.
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
            // OpenZeppelin's class has none of these functions, or would be lost with the upgrade: the
            // account returns to our class instead.
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
    /// Returns the session key that the call concerns.
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
    /// Returns the contract and function that the call names, if a list can contain them.
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

    /// Returns the amount that a call of a token names.
    pub fn amount(&self) -> Option<Felt> {
        let Self::Token { amount, high, .. } = self else { return None };
        Some(Felt::from(*amount) + Felt::from(u128::from(*high)) * Felt::TWO.pow(128_u128))
    }

    /// Returns the token and party of an approval, and by how much more the party may pull.
    pub fn approval(&self) -> Option<(Token, Party, Felt)> {
        match self {
            Self::Token { token, function, recipient, .. } if function.is_approval() => {
                Some((*token, *recipient, self.amount()?))
            }
            _ => None,
        }
    }

    /// Returns the calldata of a call of a token, or of a contract that moves tokens.
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

    /// Says whether it is a call of the account itself.
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
