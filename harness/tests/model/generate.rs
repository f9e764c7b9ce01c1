//! Operations at random: right ones more often than chance would have them, and wrong ones of each
//! kind.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::operation::{
    Caller, Candidate, Claim, Class, Deed, Fee, Function, KEYS, Key, List, Listed, Moment, OWNERS,
    Operation, Outside, Place, RECIPIENTS, Signature, Signer, Stranger, Token, Wait,
};
use crate::rules::BLOCKED;

/// A life of an account: it begins with some sessions, and goes on for `length` operations.
pub fn life(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    let opening = (0..KEYS - 1).map(opening).collect::<Vec<_>>();
    (opening, vec(operation(), length))
        .prop_map(|(opening, rest)| opening.into_iter().chain(rest).collect())
}

/// The owner registers a session of `key`, whose fee is limited.
fn opening(key: Key) -> impl Strategy<Value = Operation> {
    let fee = select(vec![Fee::Enough, Fee::Enough, Fee::Most, Fee::TooLow]);
    (registration(Just(key)), fee).prop_map(move |(register, fee)| Operation::Plain {
        signature: Signature::Owner(0),
        calls: vec![register, Deed::SetFeeLimit(key, fee)],
        tip: 0,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => wait().prop_map(Operation::Wait),
        8 => plain(),
        8 => (outside(), stranger()).prop_map(|(outside, who)| Operation::Outside(outside, who)),
        2 => (0..8_usize, stranger()).prop_map(|(nth, who)| Operation::Replay(nth, who)),
        1 => deed()
            .prop_filter("a call of the account", Deed::is_of_the_account)
            .prop_map(Operation::Intrude),
    ]
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        3 => (1..900_u64).prop_map(Wait::Seconds),
        3 => (key(), -1..2_i64).prop_map(|(key, seconds)| Wait::ForEnd(key, seconds)),
        2 => (key(), token(), -1..2_i64)
            .prop_map(|(key, token, seconds)| Wait::ForWindow(key, token, seconds)),
        1 => Just(Wait::ForNextHour),
    ]
}

/// What is signed by whom: sessions call tokens for the most part, owners manage.
fn signed() -> impl Strategy<Value = (Signature, Vec<Deed>)> {
    prop_oneof![
        12 => ((0..KEYS).prop_map(Signature::Rightful), vec(permitted(), 1..3)),
        4 => (session(), vec(permitted(), 1..3)),
        3 => (session(), vec(spending(), 1..3)),
        2 => (session(), vec(deed(), 0..3)),
        8 => (owner(), vec(deed(), 0..3)),
        2 => (other(), vec(deed(), 1..2)),
    ]
}

fn plain() -> impl Strategy<Value = Operation> {
    (signed(), select(vec![0, 0, 0, 1])).prop_map(|((signature, calls), tip)| Operation::Plain {
        signature,
        calls,
        tip,
    })
}

fn outside() -> impl Strategy<Value = Outside> {
    let after = prop_oneof![
        12 => Just(Moment::At(0)),
        1 => (-1..2_i64).prop_map(Moment::FromNow),
    ];
    let before = prop_oneof![
        12 => Just(Moment::At(u64::MAX)),
        1 => (-1..3_i64).prop_map(Moment::FromNow),
        1 => (600..9_000_i64).prop_map(Moment::FromNow),
    ];
    let caller = prop_oneof![
        8 => Just(Caller::Any),
        1 => Just(Caller::Zero),
        3 => stranger().prop_map(Caller::Only),
    ];
    (signed(), 0..120_u8, after, before, caller).prop_map(
        |((signature, calls), nonce, execute_after, execute_before, caller)| Outside {
            signature,
            calls,
            nonce,
            execute_after,
            execute_before,
            caller,
        },
    )
}

fn owner() -> impl Strategy<Value = Signature> {
    prop_oneof![
        6 => Just(Signature::CurrentOwner),
        1 => (0..OWNERS).prop_map(Signature::Owner),
    ]
}

fn session() -> impl Strategy<Value = Signature> {
    let by = prop_oneof![
        16 => Just(Signer::Itself),
        1 => Just(Signer::ItselfElsewhere),
        1 => key().prop_map(Signer::Session),
        1 => (0..OWNERS).prop_map(Signer::Owner),
    ];
    let valid_until = prop_oneof![
        16 => Just(Claim::Stored(0)),
        1 => select(vec![-1_i64, 1, 3_600, i64::MAX, i64::MIN]).prop_map(Claim::Stored),
        1 => Just(Claim::Wrapped),
    ];
    (key(), by, valid_until).prop_map(|(key, by, valid_until)| Signature::Session {
        key,
        by,
        valid_until,
    })
}

fn other() -> impl Strategy<Value = Signature> {
    prop_oneof![
        key().prop_map(Signature::Usurper),
        select(vec![0_usize, 1, 3, 5, 8]).prop_map(Signature::Length),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => spending(),
        1 => (blocked(), token()).prop_map(|(blocked, token)| Deed::Blocked(blocked, token)),
        1 => (token(), function()).prop_map(|(token, function)| Deed::Malformed(token, function)),
        1 => Just(Deed::Look),
        6 => registration(key()),
        1 => wrong_registration(),
        2 => (key(), any::<bool>()).prop_map(|(key, name)| Deed::Revoke(key, name)),
        1 => Just(Deed::RevokeAll),
        2 => (key(), fee()).prop_map(|(key, fee)| Deed::SetFeeLimit(key, fee)),
        1 => key().prop_map(Deed::RemoveFeeLimit),
        5 => policy(),
        1 => (key(), token()).prop_map(|(key, token)| Deed::RemovePolicy(key, token)),
        1 => set_owner(),
        1 => select(vec![Class::Ours, Class::Ours, Class::OpenZeppelin]).prop_map(Deed::Upgrade),
        1 => Just(Deed::UpgradeToToken),
    ]
}

fn permitted() -> impl Strategy<Value = Deed> {
    (0..8_usize, 0..RECIPIENTS, 0..18_u128).prop_map(|(nth, recipient, amount)| Deed::Permitted {
        nth,
        recipient,
        amount,
    })
}

fn spending() -> impl Strategy<Value = Deed> {
    let amount = prop_oneof![
        8 => 0..25_u128,
        1 => Just(u128::MAX),
    ];
    let high = prop_oneof![20 => Just(false), 1 => Just(true)];
    (token(), function(), 0..RECIPIENTS, amount, high).prop_map(
        |(token, function, recipient, amount, high)| Deed::Token {
            token,
            function,
            recipient,
            amount,
            high,
        },
    )
}

fn registration(key: impl Strategy<Value = Key>) -> impl Strategy<Value = Deed> {
    let seconds = select(vec![1_i64, 60, 900, 3_600, 5_400, 20_000, 20_000, 20_000]);
    let list = prop_oneof![
        2 => select(vec![List::Add(vec![]), List::Update(vec![])]),
        3 => functions().prop_map(List::Add),
        3 => functions().prop_map(List::Update),
        4 => calls().prop_map(List::Scoped),
    ];
    (key, seconds, 1..12_u32, list).prop_map(|(key, seconds, max_calls, list)| Deed::Register {
        key: Candidate::Key(key),
        valid_until: Moment::FromNow(seconds),
        max_calls,
        list,
    })
}

/// Each of its parts may be wrong.
fn wrong_registration() -> impl Strategy<Value = Deed> {
    let candidate = prop_oneof![
        6 => key().prop_map(Candidate::Key),
        1 => select(vec![Candidate::Zero, Candidate::NoPoint, Candidate::TheOwner]),
    ];
    let listed = prop_oneof![
        6 => function().prop_map(Listed::Function),
        1 => Just(Listed::Zero),
        1 => blocked().prop_map(Listed::Blocked),
    ];
    let place = prop_oneof![
        6 => token().prop_map(Place::Token),
        1 => Just(Place::Zero),
        1 => Just(Place::Account),
    ];
    let list = prop_oneof![
        vec(listed.clone(), 0..4).prop_map(List::Add),
        vec(listed.clone(), 0..4).prop_map(List::Update),
        vec((place, listed), 0..4).prop_map(List::Scoped),
    ];
    (candidate, -1..2_i64, 0..2_u32, list).prop_map(|(key, seconds, max_calls, list)| {
        Deed::Register { key, valid_until: Moment::FromNow(seconds), max_calls, list }
    })
}

fn functions() -> impl Strategy<Value = Vec<Listed>> {
    proptest::sample::subsequence(FUNCTIONS.map(Listed::Function).to_vec(), 1..4)
}

fn calls() -> impl Strategy<Value = Vec<(Place, Listed)>> {
    let all: Vec<_> = [Token::Strk, Token::Eth]
        .into_iter()
        .flat_map(|token| FUNCTIONS.map(|it| (Place::Token(token), Listed::Function(it))))
        .collect();
    proptest::sample::subsequence(all, 1..7)
}

fn policy() -> impl Strategy<Value = Deed> {
    let token = prop_oneof![12 => token().prop_map(Some), 1 => Just(None)];
    let window = prop_oneof![
        6 => select(vec![1_u64, 60, 600, 3_600]),
        1 => Just(u64::MAX),
        1 => Just(0),
    ];
    (key(), token, 0..20_u128, 15..60_u128, window).prop_map(
        |(key, token, per_call, per_window, window)| Deed::SetPolicy {
            key,
            token,
            per_call,
            per_window,
            window,
        },
    )
}

fn set_owner() -> impl Strategy<Value = Deed> {
    let by = prop_oneof![4 => Just(None), 1 => (0..OWNERS).prop_map(Some)];
    (0..OWNERS, by).prop_map(|(owner, by)| Deed::SetOwner {
        owner,
        by: by.unwrap_or(owner),
        accepts: None,
    })
}

fn key() -> impl Strategy<Value = Key> + Clone {
    0..KEYS
}

fn token() -> impl Strategy<Value = Token> + Clone {
    select(vec![Token::Strk, Token::Strk, Token::Eth])
}

const FUNCTIONS: [Function; 5] = [
    Function::OF_TOKENS[0],
    Function::OF_TOKENS[1],
    Function::OF_TOKENS[2],
    Function::OF_TOKENS[3],
    Function::Missing,
];

fn function() -> impl Strategy<Value = Function> + Clone {
    prop_oneof![
        5 => Just(Function::Transfer),
        3 => select(FUNCTIONS.to_vec()),
    ]
}

fn blocked() -> impl Strategy<Value = usize> + Clone {
    0..BLOCKED.len()
}

fn fee() -> impl Strategy<Value = Fee> {
    select(vec![Fee::Zero, Fee::TooLow, Fee::Enough, Fee::Enough, Fee::Most, Fee::OutOfRange])
}

fn stranger() -> impl Strategy<Value = Stranger> + Clone {
    select(vec![Stranger::Relayer, Stranger::Relayer, Stranger::Other])
}
