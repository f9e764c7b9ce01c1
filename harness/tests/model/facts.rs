//! The facts on which the chain and the model must agree, and which of them a batch can have changed.

use std::collections::BTreeSet;
use std::fmt::Debug;

use session_client::{Cause, Error, Fri, SpendingPolicy, token};
use session_e2e::ask;
use session_e2e::slots::{self, Record};
use starknet_rust::core::types::{Felt, U256};

use crate::account::Account;
use crate::foretold;
use crate::operation::{
    Class, Deed, Errand, Key, Move, Party, RECIPIENTS, Route, Signature, Token, Venue,
};
use crate::state::{Kind, Model, Policy, Session};

pub type Agreed<T = ()> = Result<T, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    Owner,
    /// What `get_session_data` returns of the key's session.
    Session(Key),
    /// The key's record in storage: all of a session but its list and its policies.
    Key(Key),
    /// The session's list, as the events show it.
    List(Key),
    /// The session's state, as the client reads it.
    State(Key),
    Tokens(Key),
    Policy(Key, Token),
    Balance(Token),
    Allowance(Token, Party),
    /// The amount of the token that the vault owes the account.
    Shares(Token),
    /// The amount of the token that a recipient has received.
    Received(Token, Party),
}

impl Fact {
    /// Returns the facts that a batch signed by `signature` can have changed when its `calls` were made.
    pub fn of_batch(signature: Signature, calls: &[Deed]) -> BTreeSet<Self> {
        let mut facts: BTreeSet<_> = calls.iter().flat_map(Self::of_deed).collect();
        if let Signature::Session { key, .. } = signature {
            let tokens: Vec<_> = facts.iter().filter_map(|it| it.token()).collect();
            facts.extend(tokens.into_iter().map(|token| Self::Policy(key, token)));
        }
        facts.extend(Self::of_signer(signature));
        facts
    }

    /// Returns the token whose balance or allowance this fact is.
    const fn token(self) -> Option<Token> {
        match self {
            Self::Balance(token) | Self::Allowance(token, _) => Some(token),
            _ => None,
        }
    }

    /// Returns the facts about the signer that a transaction changes, whether its calls were made or not.
    pub fn of_signer(signature: Signature) -> BTreeSet<Self> {
        match signature {
            Signature::Session { key, .. } => BTreeSet::from([Self::Session(key)]),
            _ => BTreeSet::new(),
        }
    }

    pub fn of_move(it: &Move) -> BTreeSet<Self> {
        let balances = [Self::Balance(it.token), Self::Balance(it.other)];
        let rest = match it.route {
            Route::Withdraw | Route::Pay => None,
            Route::Redeem => Some(Self::Shares(it.token)),
            Route::Pull | Route::Swap | Route::Deposit => {
                Some(Self::Allowance(it.token, it.route.venue().party()))
            }
        };
        balances.into_iter().chain(rest).collect()
    }

    fn of_deed(deed: &Deed) -> BTreeSet<Self> {
        match deed {
            Deed::Token { token, recipient, .. } => {
                let moved = match deed.approval() {
                    Some(_) => Self::Allowance(*token, *recipient),
                    None => Self::Balance(*token),
                };
                BTreeSet::from([moved])
            }
            Deed::Route(it) => Self::of_move(it),
            Deed::Make(errands) => errands
                .iter()
                .flat_map(|it| match it {
                    Errand::Move(it) => Self::of_move(it),
                    Errand::Submit(it) => Self::of_batch(it.signature, &it.calls),
                })
                .collect(),
            Deed::SetOwner { .. } | Deed::Upgrade(_) => BTreeSet::from([Self::Owner]),
            Deed::SetPolicy { key, token: Some(token), .. } | Deed::RemovePolicy(key, token) => {
                BTreeSet::from([Self::Tokens(*key), Self::Policy(*key, *token)])
            }
            Deed::Register { .. } => {
                deed.key().into_iter().flat_map(|key| [Self::Key(key), Self::List(key)]).collect()
            }
            _ => deed.key().map(Self::Key).into_iter().collect(),
        }
    }

    /// Returns all facts about an account.
    pub fn all(model: &Model) -> BTreeSet<Self> {
        let registered = model.registered.keys().copied();
        let keys = registered.chain([model.fresh()]);
        let of_key = |key| [Self::Key(key), Self::List(key), Self::Tokens(key)];
        let policies = model.policies.keys().map(|(key, token)| Self::Policy(*key, *token));
        let of_token = |token| {
            let received = (0..RECIPIENTS).map(move |it| Self::Received(token, it));
            [Self::Balance(token), Self::Shares(token)].into_iter().chain(received)
        };
        let allowances = model.holdings.allowances.keys();
        keys.flat_map(of_key)
            .chain(policies)
            .chain(Token::HELD.into_iter().flat_map(of_token))
            .chain(allowances.map(|(token, party)| Self::Allowance(*token, *party)))
            .collect()
    }

    /// Reads this fact from the chain and compares it with the model's. `shown` is the time that the next
    /// transaction would see.
    pub async fn compare(self, account: &Account, model: &Model, shown: u64) -> Agreed {
        let holdings = &model.holdings;
        let of_account = account.chain.account();
        // OpenZeppelin's class has none of the functions below.
        let is_ours = model.class == Class::Ours;
        match self {
            Self::Owner => {
                let owner = account.chain.contract.public_key().await.expect("a view");
                equal("the owner", &account.owner(model.owner), &owner)
            }
            Self::Session(key) => compare_session(account, model, key).await,
            Self::Key(key) => {
                compare_session(account, model, key).await?;
                if is_ours { compare_key(account, model, shown, key).await } else { Ok(()) }
            }
            Self::List(key) => {
                let expected = model.sessions.get(&key).map(|it| account.shown(&it.allowed));
                let found = account.chain.contract.allowed(account.key(key)).await;
                equal("the list", &expected, &found.expect("events"))
            }
            Self::State(key) => match account.chain.contract.state(account.key(key)).await {
                Err(Error::Refused(it)) if !is_ours && it.cause() == Cause::NoFunction => Ok(()),
                found => {
                    let expected = foretold::state(account, model, key);
                    equal("the state", &expected, &found.expect("views and events"))
                }
            },
            Self::Tokens(_) | Self::Policy(..) if !is_ours => Ok(()),
            Self::Tokens(key) => {
                let listed = model.tokens.get(&key).into_iter().flatten();
                let expected: Vec<_> = listed.map(|it| account.token(*it)).collect();
                let found = account.chain.contract.spending_tokens(account.key(key)).await;
                equal("the tokens", &expected, &found.expect("a view"))
            }
            Self::Policy(key, token) => {
                let policy = shown_policy(model.policies.get(&(key, token)).copied());
                let (key, token) = (account.key(key), account.token(token));
                let found = account.chain.contract.spending_policy(key, token).await;
                equal("the policy", &policy, &found.expect("a view"))
            }
            Self::Balance(token) => {
                let found = balance(account, token, of_account).await;
                equal("the balance", &holdings.balance(token), &found)
            }
            Self::Received(token, party) => {
                let found = balance(account, token, account.party(party)).await;
                equal("what a recipient has", &holdings.received(token, party), &found)
            }
            Self::Allowance(token, party) => {
                let calldata = vec![of_account, account.party(party)];
                let found = amount(account, account.token(token), "allowance", calldata).await;
                equal("the allowance", &holdings.allowance(token, party), &found)
            }
            Self::Shares(token) => {
                let vault = account.party(Venue::Vault.party());
                let calldata = vec![account.token(token), of_account];
                let found = amount(account, vault, "shares_of", calldata).await;
                equal("the shares", &Felt::from(holdings.shares(token)), &found)
            }
        }
    }
}

async fn compare_session(account: &Account, model: &Model, key: Key) -> Agreed {
    let data = account.chain.contract.session_data(account.key(key)).await;
    if model.class == Class::OpenZeppelin {
        return match data {
            Err(_) => Ok(()),
            Ok(data) => Err(format!("OpenZeppelin's class knows a session: {data:?}")),
        };
    }
    let data = data.expect("a view");
    let expected = model.sessions.get(&key).map_or((0, 0, 0, 0), |it| {
        (it.valid_until, it.max_calls, it.used, it.allowed.entries().len())
    });
    let length = data.allowed_entrypoints_len as usize;
    let found = (data.valid_until, data.max_calls, data.calls_used, length);
    equal("the session", &expected, &found)
}

async fn compare_key(account: &Account, model: &Model, shown: u64, key: Key) -> Agreed {
    let (contract, public_key) = (&account.chain.contract, account.key(key));
    let session = model.sessions.get(&key);

    let status = contract.session_status(public_key).await.expect("a view");
    equal("is_active", &model.is_active_at(key, shown), &status.is_active)?;
    equal("valid_until", &session.map_or(0, |it| it.valid_until), &status.valid_until)?;
    let left = session.map_or(0, |it| it.max_calls - it.used);
    equal("remaining_calls", &left, &status.remaining_calls)?;

    let entries = session.map_or(0, |it| it.allowed.entries().len());
    equal("allowed_len", &entries, &(status.allowed_len as usize))?;

    let limit = contract.session_fee_limit(public_key).await.expect("a view");
    let expected = model.fee_limits.get(&key).map(|limit| Fri(u128::from(*limit)));
    equal("the fee limit", &expected, &limit)?;
    let stored = account.chain.stored(slots::record_of(public_key)).await;
    equal("the record", &record(model, key), &Record::unpack(stored))?;
    let epoch = account.chain.stored(slots::epoch()).await;
    equal("the epoch", &Felt::from(model.epoch), &epoch)
}

/// Returns the record that the account should store for `key`.
fn record(model: &Model, key: Key) -> Record {
    let registered = model.registered.get(&key);
    let session = model.sessions.get(&key).or_else(|| model.left.get(&key));
    let of_session = |field: fn(&Session) -> u32| session.map_or(0, field);
    Record {
        valid_until: session.map_or(0, |it| it.valid_until),
        generation: registered.map_or(0, |it| it.generation),
        max_calls: of_session(|it| it.max_calls),
        left: of_session(|it| it.max_calls - it.used),
        epoch: registered.map_or(0, |it| it.epoch),
        entries: of_session(|it| it.allowed.entries().len() as u32) as u16,
        kind: registered.map_or(0, |it| match it.kind {
            Kind::Anything => 0,
            Kind::Functions => 1,
            Kind::Calls => 2,
        }),
        fee_limit: model.fee_limits.get(&key).map_or(0, |it| u128::from(*it) + 1),
    }
}

pub fn shown_policy(policy: Option<Policy>) -> SpendingPolicy {
    let policy =
        policy.unwrap_or(Policy { per_call: 0, per_window: 0, window: 0, spent: 0, start: 0 });
    SpendingPolicy {
        max_per_call: U256::from(policy.per_call),
        max_per_window: U256::from(policy.per_window),
        window_seconds: policy.window,
        spent_in_window: U256::from(policy.spent),
        window_start: policy.start,
    }
}

async fn balance(account: &Account, token: Token, of: Felt) -> u128 {
    let found = token::balance(&account.chain.node, account.token(token), of).await;
    found.expect("a balance")
}

/// Calls `name` of `contract`, which returns an amount.
async fn amount(account: &Account, contract: Felt, name: &str, calldata: Vec<Felt>) -> Felt {
    let answer = account.chain.returned(ask(contract, name, calldata)).await;
    let [low, high] = answer[..] else { panic!("an amount is two felts: {answer:?}") };
    low + high * Felt::TWO.pow(128_u128)
}

pub fn equal<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Agreed {
    if expected == found {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, got {found:?}"))
    }
}
