//! Generates random operations: valid ones more often than pure chance would, and invalid ones of each
//! kind.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use session_e2e::BLOCKED;

use crate::operation::{
    Argument, Caller, Candidate, Claim, Class, Datum, Deed, Entry, Errand, Fee, Function, KEYS,
    Key, List, Listed, Moment, Move, OWNERS, Operation, Outside, PARTIES, Party, Place, RECIPIENTS,
    Route, SIGNER, Signature, Signer, Stranger, Token, Venue, Wait, spender,
};

/// Generates a life: it begins with some sessions, and continues with at least `length` operations.
pub fn life(length: usize) -> impl Strategy<Value = Vec<Operation>> {
    let opening = (0..OPENING).map(opening).collect::<Vec<_>>();
    let spenders = (OPENING..OPENING + SPENDERS).map(open_spender).collect::<Vec<_>>();
    let some = prop_oneof![
        20 => operation().prop_map(|it| vec![it]),
        1 => edge(Wait::ForSomeEnd as fn(usize, i64) -> Wait),
        2 => edge(Wait::ForSomeWindow as fn(usize, i64) -> Wait),
        1 => edges(),
    ];
    (opening, spenders, vec(some, length)).prop_map(|(opening, spenders, rest)| {
        opening.into_iter().chain(spenders).chain(rest.into_iter().flatten()).collect()
    })
}

/// Waits until about a session's end or its window's end, and lets the session act then.
fn edge(wait: fn(usize, i64) -> Wait) -> impl Strategy<Value = Vec<Operation>> {
    let act = prop_oneof![
        4 => vec(permitted(), 1..4),
        2 => journey(),
        1 => ending(),
    ];
    (0..KEYS, -1..2_i64, act, any::<bool>(), outside()).prop_map(
        move |(nth, seconds, calls, plain, outside)| {
            let signature = Signature::Awaited;
            let act = if plain {
                Operation::Plain { signature, calls, tip: 0 }
            } else {
                Operation::Outside(Outside { signature, calls, ..outside }, Stranger::Relayer)
            };
            vec![Operation::Wait(wait(nth, seconds)), act]
        },
    )
}

/// Lets a session spend much in the last second of its window, and much in the next second.
fn edges() -> impl Strategy<Value = Vec<Operation>> {
    let much = (token(), 12..19_u128).prop_map(|(token, amount)| {
        let calls = vec![call(token, Function::Transfer, 0, amount), withdrawal_of(amount)];
        Operation::Plain { signature: Signature::Awaited, calls, tip: 0 }
    });
    (0..KEYS, much.clone(), much).prop_map(|(nth, last, first)| {
        let wait = Operation::Wait(Wait::ForSomeWindow(nth, -1));
        vec![wait, last, Operation::Wait(Wait::Seconds(1)), first]
    })
}

/// The number of sessions with which a life begins.
const OPENING: Key = 5;
/// The number of further sessions that may call anything, under spending policies.
const SPENDERS: Key = 3;
/// The keys that most operations use.
const USUAL: Key = 8;

/// Lets the owner register a session of `key` with a fee limit, and sometimes with a spending policy.
fn opening(key: Key) -> impl Strategy<Value = Operation> {
    let fee = select(vec![Fee::Enough, Fee::Enough, Fee::Most, Fee::TooLow, Fee::Zero]);
    let policy = (token(), 5..20_u128, 20..60_u128, select(vec![60_u64, 600, 3_600])).prop_map(
        move |(token, per_call, per_window, window)| Deed::SetPolicy {
            key,
            token: Some(token),
            per_call,
            per_window,
            window,
        },
    );
    (registration(Just(Candidate::Key(key))), fee, proptest::option::of(policy)).prop_map(
        move |(register, fee, policy)| Operation::Plain {
            signature: Signature::Owner(0),
            calls: [register, Deed::SetFeeLimit(key, fee)].into_iter().chain(policy).collect(),
            tip: 0,
        },
    )
}

/// Lets the owner register a session of `key` for any call, under spending policies, and approve contracts.
fn open_spender(key: Key) -> impl Strategy<Value = Operation> {
    let approvals = vec((held(), venue(), 0..40_u128), 2..4);
    (0..18_usize, approvals).prop_map(move |(nth, approvals)| {
        let approvals = approvals
            .into_iter()
            .map(|(token, venue, amount)| call(token, Function::Approve, venue.party(), amount));
        let calls = spender(nth, Moment::FromNow(20_000), key).into_iter().chain(approvals);
        Operation::Plain { signature: Signature::Owner(0), calls: calls.collect(), tip: 0 }
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
        1 => meddling().prop_map(|it| Operation::Intrude(Deed::Route(it))),
        2 => (key(), asked()).prop_map(|(key, deed)| Operation::Ask(key, deed)),
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

/// Generates a signature with calls: sessions mostly call tokens, owners mostly manage.
fn signed() -> impl Strategy<Value = (Signature, Vec<Deed>)> {
    prop_oneof![
        12 => ((0..KEYS).prop_map(Signature::Spender), journey()),
        7 => ((0..KEYS).prop_map(Signature::Spender), nesting()),
        1 => (owner(), nesting()),
        1 => (owner(), policies()),
        12 => ((0..KEYS).prop_map(Signature::Rightful), vec(permitted(), 1..3)),
        4 => (session(), vec(permitted(), 1..3)),
        4 => ((0..KEYS).prop_map(Signature::Rightful), vec(touching(), 1..3)),
        3 => (session(), vec(spending(), 1..3)),
        2 => (session(), vec(deed(), 0..3)),
        8 => (owner(), vec(deed(), 0..3)),
        2 => (other(), vec(deed(), 1..2)),
        2 => ((0..KEYS).prop_map(Signature::Rightful), ending()),
        1 => (owner(), former()),
    ]
}

/// Generates calls that give tokens to contracts that move them, and get them back, with or without the
/// needed approvals.
fn journey() -> impl Strategy<Value = Vec<Deed>> {
    let by = |route, token, amount, other| Deed::Route(Move { route, token, amount, other });
    let approved = (
        select(vec![Function::Approve, Function::Approve, Function::IncreaseAllowance]),
        held(),
        venue(),
        1..16_u128,
    );
    // The contract pulls less than, exactly, or more than the batch approves.
    let pulled = (approved.clone(), 0..8_u128, held()).prop_map(
        move |((function, token, venue, amount), more, other)| {
            let route = match venue {
                Venue::Exchange => Route::Swap,
                Venue::Vault => Route::Deposit,
                _ => Route::Pull,
            };
            let pulled = (amount + more).saturating_sub(6).min(amount + 1);
            vec![call(token, function, venue.party(), amount), by(route, token, pulled, other)]
        },
    );
    // H-10: an approval stays unused while the same amount leaves by another route.
    let unused = (approved, withdrawal()).prop_map(|((function, _, venue, amount), withdrawal)| {
        vec![call(Token::Coin, function, venue.party(), amount), withdrawal]
    });
    // H-10: tokens that come in are not subtracted from those that leave.
    let refilled = (1..9_u128, any::<bool>()).prop_map(move |(amount, owed)| {
        let take = |route| by(route, Token::Coin, amount, Token::Coin);
        let approve = call(Token::Coin, Function::Approve, Venue::Vault.party(), amount);
        let refill = if owed {
            vec![approve, take(Route::Deposit), take(Route::Redeem)]
        } else {
            vec![take(Route::Pay)]
        };
        [refill, vec![take(Route::Withdraw)]].concat()
    });
    let alone = prop_oneof![
        3 => withdrawal(),
        3 => (select(vec![Route::Pull, Route::Pull, Route::Redeem, Route::Pay, Route::Pay]), held(), 0..8_u128)
            .prop_map(move |(route, token, amount)| by(route, token, amount, token)),
        3 => (held(), function(), party(), 0..16_u128)
            .prop_map(|(token, function, party, amount)| call(token, function, party, amount)),
    ];
    let legs = prop_oneof![
        4 => pulled,
        2 => unused,
        2 => refilled,
        6 => alone.prop_map(|it| vec![it]),
    ];
    vec(legs, 1..3).prop_map(|legs| legs.concat())
}

/// Lets the bridge burn coins, sometimes more than a window allows.
fn withdrawal() -> impl Strategy<Value = Deed> + Clone {
    prop_oneof![3 => 1..16_u128, 1 => 16..40_u128].prop_map(withdrawal_of)
}

const fn withdrawal_of(amount: u128) -> Deed {
    let token = Token::Coin;
    Deed::Route(Move { route: Route::Withdraw, token, amount, other: token })
}

/// Lets another contract submit outside executions of the account, or move its tokens.
fn nesting() -> impl Strategy<Value = Vec<Deed>> {
    let inner = prop_oneof![
        6 => (Just(Signature::Again), journey()),
        6 => ((0..KEYS).prop_map(Signature::Spender), journey()),
        1 => (Just(Signature::Again), ending()),
        1 => (Just(Signature::CurrentOwner), journey()),
        6 => (Just(Signature::CurrentOwner), meanwhile()),
        1 => (Just(Signature::CurrentOwner), vec(deed(), 1..2)),
    ];
    let caller = prop_oneof![
        10 => Just(Caller::Any),
        3 => Just(Caller::Only(Stranger::Caller)),
        1 => Just(Caller::Only(Stranger::Relayer)),
    ];
    let submitted = (inner, any::<u8>(), caller).prop_map(|((signature, calls), nonce, caller)| {
        Errand::Submit(Outside {
            signature,
            calls,
            nonce,
            execute_after: Moment::At(0),
            execute_before: Moment::At(u64::MAX),
            caller,
        })
    });
    let errand = prop_oneof![4 => submitted, 1 => meddling().prop_map(Errand::Move)];
    let before = prop_oneof![3 => Just(vec![]), 1 => journey()];
    (before, vec(errand, 1..3), proptest::option::weighted(0.7, withdrawal())).prop_map(
        |(before, errands, after)| {
            before.into_iter().chain([Deed::Make(errands)]).chain(after).collect()
        },
    )
}

/// Lets the owner set or remove policies of the session while its batch is being made.
fn meanwhile() -> impl Strategy<Value = Vec<Deed>> {
    let token = select(vec![Token::Coin, Token::Coin, Token::Coin, Token::Strk, Token::Spare(0)]);
    let change =
        (token, proptest::bool::weighted(0.4), 10..40_u128).prop_map(|(token, set, per_window)| {
            let policy = policy_of(SIGNER, token, per_window);
            if set { policy } else { Deed::RemovePolicy(SIGNER, token) }
        });
    vec(change, 1..3)
}

/// Generates moves of the account's tokens that anybody can cause.
fn meddling() -> impl Strategy<Value = Move> {
    (select(vec![Route::Pull, Route::Pay]), held(), 0..16_u128)
        .prop_map(|(route, token, amount)| Move { route, token, amount, other: token })
}

/// Lets the owner set as many policies for a key as it may have, one more, or fewer.
fn policies() -> impl Strategy<Value = Vec<Deed>> {
    let tokens = proptest::sample::subsequence(Token::all(), 7..=9).prop_shuffle();
    let key = prop_oneof![3 => OPENING..OPENING + SPENDERS, 1 => key()];
    (key, tokens, 0..2_usize).prop_map(|(key, tokens, removed)| {
        let removed = tokens[..removed].to_vec();
        let set = tokens.into_iter().map(|token| policy_of(key, token, 40));
        set.chain(removed.into_iter().map(|token| Deed::RemovePolicy(key, token))).collect()
    })
}

const fn policy_of(key: Key, token: Token, per_window: u128) -> Deed {
    Deed::SetPolicy { key, token: Some(token), per_call: 10, per_window, window: 600 }
}

const fn call(token: Token, function: Function, recipient: Party, amount: u128) -> Deed {
    Deed::Token { token, function, recipient, amount, high: false }
}

/// Lets a former session key become the owner's, or an update widen a key that has a list of calls.
fn former() -> impl Strategy<Value = Vec<Deed>> {
    let owned = (0..OWNERS).prop_flat_map(|owner| {
        let set = Deed::SetOwner { owner, by: owner, accepts: None };
        registration(Just(Candidate::OfAnOwner(owner)))
            .prop_map(move |register| vec![register, set.clone()])
    });
    let widened = (update(), any::<bool>()).prop_map(|(update, name)| {
        let key = update.key().unwrap_or(0);
        vec![Deed::Revoke(key, name), update]
    });
    prop_oneof![owned, widened]
}

/// Lets a session end itself, or try to end another one, or to make another call in the same batch.
fn ending() -> impl Strategy<Value = Vec<Deed>> {
    prop_oneof![
        6 => Just(vec![Deed::Ending]),
        1 => permitted().prop_map(|deed| vec![Deed::Ending, deed]),
        1 => permitted().prop_map(|deed| vec![deed, Deed::Ending]),
        1 => Just(vec![Deed::Ending, Deed::Ending]),
        1 => (key(), any::<bool>()).prop_map(|(key, name)| vec![Deed::Revoke(key, name)]),
        1 => key().prop_map(|key| vec![Deed::RevokeMore(key)]),
    ]
}

/// Generates a call for `is_call_allowed`.
fn asked() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => spending(),
        4 => permitted(),
        1 => Just(Deed::Ending),
        1 => (token(), function()).prop_map(|(token, function)| Deed::Malformed(token, function)),
        2 => deed().prop_filter("a call that is a call", |deed| !matches!(
            deed,
            Deed::SetOwner { .. } | Deed::Register { .. }
        )),
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
        8 => registration(Just(Candidate::Fresh)),
        4 => registration(key().prop_map(Candidate::Key)),
        3 => wrong_registration(),
        2 => update(),
        1 => registration((0..OWNERS).prop_map(Candidate::OfAnOwner)),
        2 => (key(), any::<bool>()).prop_map(|(key, name)| Deed::Revoke(key, name)),
        1 => key().prop_map(Deed::RevokeMore),
        1 => Just(Deed::RevokeAll),
        2 => (key(), fee()).prop_map(|(key, fee)| Deed::SetFeeLimit(key, fee)),
        1 => key().prop_map(Deed::RemoveFeeLimit),
        5 => policy(),
        1 => (key(), token()).prop_map(|(key, token)| Deed::RemovePolicy(key, token)),
        2 => set_owner(),
        1 => select(vec![Class::Ours, Class::Ours, Class::OpenZeppelin]).prop_map(Deed::Upgrade),
        1 => Just(Deed::UpgradeToToken),
    ]
}

/// Generates a call of a token, valid or not.
fn touching() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => spending(),
        2 => (token(), function()).prop_map(|(token, function)| Deed::Malformed(token, function)),
        1 => (blocked(), token()).prop_map(|(blocked, token)| Deed::Blocked(blocked, token)),
    ]
}

/// Generates an update of a key, which may have a session with or without a list of calls.
fn update() -> impl Strategy<Value = Deed> {
    (key(), functions()).prop_map(|(key, functions)| Deed::Register {
        key: Candidate::Key(key),
        valid_until: Moment::FromNow(20_000),
        max_calls: 9,
        list: List::Update(functions),
    })
}

fn permitted() -> impl Strategy<Value = Deed> {
    (0..32_usize, party(), 0..18_u128).prop_map(|(nth, recipient, amount)| Deed::Permitted {
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
    (token(), function(), party(), amount, high).prop_map(
        |(token, function, recipient, amount, high)| Deed::Token {
            token,
            function,
            recipient,
            amount,
            high,
        },
    )
}

fn registration(key: impl Strategy<Value = Candidate>) -> impl Strategy<Value = Deed> {
    let end = prop_oneof![
        12 => select(vec![1_i64, 60, 900, 3_600, 5_400, 20_000, 20_000, 20_000])
            .prop_map(Moment::FromNow),
        1 => Just(Moment::At((1 << 40) - 1)),
    ];
    let list = prop_oneof![
        2 => select(vec![List::Add(vec![]), List::Update(vec![])]),
        3 => functions().prop_map(List::Add),
        3 => functions().prop_map(List::Update),
        4 => calls().prop_map(List::Scoped),
    ];
    (key, end, 1..12_u32, list).prop_map(|(key, valid_until, max_calls, list)| Deed::Register {
        key,
        valid_until,
        max_calls,
        list,
    })
}

/// Generates a registration of a fresh key in which one part is wrong.
fn wrong_registration() -> impl Strategy<Value = Deed> {
    let wrong = prop_oneof![
        1 => select(vec![Candidate::Zero, Candidate::NoPoint, Candidate::TheOwner])
            .prop_map(Wrong::Key),
        1 => (-1..1_i64).prop_map(|seconds| Wrong::End(Moment::FromNow(seconds))),
        1 => (0..2_u64).prop_map(|beyond| Wrong::End(Moment::At((1 << 40) + beyond))),
        1 => Just(Wrong::Grant),
        2 => wrong_functions().prop_map(|list| Wrong::List(List::Add(list))),
        1 => wrong_functions().prop_map(|list| Wrong::List(List::Update(list))),
        4 => wrong_calls().prop_map(|list| Wrong::List(List::Scoped(list))),
    ];
    (registration(Just(Candidate::Fresh)), wrong).prop_map(|(register, wrong)| {
        let Deed::Register { mut key, mut valid_until, mut max_calls, mut list } = register else {
            return register;
        };
        match wrong {
            Wrong::Key(it) => key = it,
            Wrong::End(it) => valid_until = it,
            Wrong::Grant => max_calls = 0,
            Wrong::List(it) => list = it,
        }
        Deed::Register { key, valid_until, max_calls, list }
    })
}

#[derive(Debug, Clone)]
enum Wrong {
    Key(Candidate),
    End(Moment),
    Grant,
    List(List),
}

fn wrong_functions() -> impl Strategy<Value = Vec<Listed>> {
    let wrong = prop_oneof![
        1 => Just(Listed::Zero),
        1 => blocked().prop_map(Listed::Blocked),
        2 => select(FUNCTIONS.map(Listed::Function).to_vec()),
    ];
    // The list has all functions, so that one more of them is a duplicate.
    wrong.prop_map(|wrong| FUNCTIONS.map(Listed::Function).into_iter().chain([wrong]).collect())
}

fn wrong_calls() -> impl Strategy<Value = Vec<Entry>> {
    let at = |place| Entry::new(place, Listed::Function(Function::Transfer));
    let strk = Place::Token(Token::Strk);
    let wrong = select(vec![
        vec![],
        vec![at(Place::Zero)],
        vec![at(strk), at(Place::Account)],
        vec![at(strk), Entry::new(strk, Listed::Zero)],
        vec![at(strk), Entry::new(strk, Listed::Blocked(0))],
    ]);
    // All entries are of one function, so that some of them contain others.
    let same = vec(entry(Just(strk), Just(Listed::Function(Function::Transfer))), 2..4);
    prop_oneof![1 => wrong, 3 => same]
}

fn functions() -> impl Strategy<Value = Vec<Listed>> {
    let all = FUNCTIONS.into_iter().chain(ELSEWHERE).map(Listed::Function).collect::<Vec<_>>();
    proptest::sample::subsequence(all, 1..5)
}

/// Generates a valid list of calls.
fn calls() -> impl Strategy<Value = Vec<Entry>> {
    let of_tokens = [Token::Strk, Token::Eth]
        .into_iter()
        .flat_map(|token| FUNCTIONS.map(|it| (Place::Token(token), Listed::Function(it))));
    let elsewhere = ELSEWHERE.map(|it| {
        let venue = match it {
            Function::Route(route) => route.venue(),
            _ => Venue::Caller,
        };
        (Place::Venue(venue), Listed::Function(it))
    });
    let all: Vec<_> = of_tokens.chain(elsewhere).collect();
    let functions = proptest::sample::subsequence(all, 1..8);
    // Each function may have pinned arguments, if it has arguments.
    let pins = vec(proptest::option::of(pins()), 8);
    (functions, pins).prop_map(|(functions, pins)| {
        let entries = functions.into_iter().zip(pins).flat_map(|((place, listed), pins)| {
            let entry = Entry::new(place, listed);
            match (place, pins) {
                (_, None) | (Place::Venue(_), _) => vec![entry],
                (_, Some((index, values))) => values
                    .into_iter()
                    .map(|value| Entry { argument: Some(Argument { index, value }), ..entry })
                    .collect(),
            }
        });
        entries.collect()
    })
}

/// Generates a place in the calldata, and different felts to pin there.
fn pins() -> impl Strategy<Value = (u8, Vec<Datum>)> {
    let index = select(vec![0_u8, 0, 0, 0, 1, 1, 2, 3, 255]);
    let values = |index| match index {
        0 => (0..RECIPIENTS + 1).map(Datum::Party).collect(),
        1 => vec![Datum::Number(3), Datum::Number(7), Datum::Number(u128::MAX)],
        _ => vec![Datum::Number(0), Datum::Number(1), Datum::Party(0)],
    };
    index.prop_flat_map(move |index| {
        (Just(index), proptest::sample::subsequence(values(index), 1..4))
    })
}

/// Generates an entry of which each part may be wrong.
fn entry(
    place: impl Strategy<Value = Place>,
    listed: impl Strategy<Value = Listed>,
) -> impl Strategy<Value = Entry> {
    let value = select(vec![Datum::Party(0), Datum::Party(1), Datum::Number(0)]);
    let argument = (0..2_u8, value).prop_map(|(index, value)| Argument { index, value });
    (place, listed, proptest::option::of(argument)).prop_map(|(place, listed, argument)| Entry {
        place,
        listed,
        argument,
    })
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
    prop_oneof![12 => 0..USUAL, 1 => 0..KEYS]
}

fn token() -> impl Strategy<Value = Token> + Clone {
    select(vec![Token::Strk, Token::Strk, Token::Strk, Token::Eth, Token::Eth, Token::Coin])
}

fn held() -> impl Strategy<Value = Token> + Clone {
    select(Token::HELD.to_vec())
}

/// Chooses a contract that pulls tokens by an allowance.
fn venue() -> impl Strategy<Value = Venue> + Clone {
    select(vec![Venue::Router, Venue::Exchange, Venue::Vault])
}

/// Chooses a recipient of payments or of allowances.
fn party() -> impl Strategy<Value = Party> + Clone {
    prop_oneof![3 => 0..RECIPIENTS, 1 => 0..PARTIES]
}

const FUNCTIONS: [Function; 5] = [
    Function::OF_TOKENS[0],
    Function::OF_TOKENS[1],
    Function::OF_TOKENS[2],
    Function::OF_TOKENS[3],
    Function::Missing,
];
/// The functions of contracts that are no tokens.
const ELSEWHERE: [Function; 7] = [
    Function::Route(Route::ALL[0]),
    Function::Route(Route::ALL[1]),
    Function::Route(Route::ALL[2]),
    Function::Route(Route::ALL[3]),
    Function::Route(Route::ALL[4]),
    Function::Route(Route::ALL[5]),
    Function::Make,
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
