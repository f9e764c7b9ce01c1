//! Fee limits: the most that one plain transaction of a session may commit to pay.

use session_account::session::interface::{
    AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionFeeLimitSafeDispatcher, ISessionFeeLimitSafeDispatcherTrait,
    ISessionKeyManagerDispatcherTrait, ISessionsDispatcherTrait,
};
use snforge_std::{
    Event, EventSpyTrait, EventsFilterTrait, spy_events, start_cheat_resource_bounds_global,
    start_cheat_tip_global, start_cheat_transaction_version_global, start_mock_call,
};
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, PROTOCOL, QUERY_VERSION, STRANGER, TOKEN, act_as, act_as_itself, bounds, calls_used,
    deploy, deploy_without_session, error, key, owner, register, session, session_keys, sessions,
    set_bounds, sign, sign_as_session, sign_for, transfer, validate,
};
use crate::support::outside::relay_as;
use crate::support::views::status;

const LARGEST: u64 = 0xffffffffffffffff;
const LARGEST_PRICE: u128 = 0xffffffffffffffffffffffffffffffff;

fn fee_limits(account: ContractAddress) -> ISessionFeeLimitDispatcher {
    ISessionFeeLimitDispatcher { contract_address: account }
}

fn limit(account: ContractAddress) -> Option<u128> {
    fee_limits(account).get_session_fee_limit(session().public_key)
}

fn set_limit(account: ContractAddress, max_fee: u128) {
    act_as_itself(account);
    fee_limits(account).set_session_fee_limit(session().public_key, max_fee);
    act_as(account, PROTOCOL);
}

/// Deploys an account whose session has the fee limit `max_fee`.
fn limited(max_fee: u128) -> ContractAddress {
    let account = deploy(100, array![]);
    set_limit(account, max_fee);
    account
}

fn transfers() -> Array<AllowedCall> {
    array![AllowedCall { to: TOKEN, selector: selector!("transfer"), argument: Option::None }]
}

#[test]
fn a_transaction_may_commit_to_the_limit_and_to_no_fri_more() {
    let account = limited(1_000);
    set_bounds(array![bounds('L1_GAS', 3, 100), bounds('L2_GAS', 70, 10)]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    set_limit(account, 999);
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn every_resource_and_the_tip_count() {
    let account = limited(100 + 200 + 400);
    let (l1, l2, data) = (
        bounds('L1_GAS', 10, 10), bounds('L2_GAS', 20, 10), bounds('L1_DATA', 40, 10),
    );
    set_bounds(array![l1, l2, data]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    for over in array![
        array![bounds('L1_GAS', 11, 10), l2, data], array![bounds('L1_GAS', 10, 11), l2, data],
        array![l1, bounds('L2_GAS', 21, 10), data], array![l1, bounds('L2_GAS', 20, 11), data],
        array![l1, l2, bounds('L1_DATA', 41, 10)], array![l1, l2, bounds('L1_DATA', 40, 11)],
    ] {
        set_bounds(over);
        assert_eq!(validate(account, sign_as_session()), 0);
    }
    set_bounds(array![l1, l2, data]);
    start_cheat_tip_global(1);
    assert_eq!(validate(account, sign_as_session()), 0);
    // The tip is paid for each unit of L2 gas, and not for other resources.
    set_limit(account, 700 + 20);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    start_cheat_tip_global(2);
    assert_eq!(validate(account, sign_as_session()), 0);
}

/// What a transaction with another number of resources commits to is not known, so every limit
/// refuses it. Without a limit the resources are not looked at.
#[test]
fn a_transaction_of_more_or_fewer_than_the_three_resources_is_over_every_limit() {
    let account = limited(LARGEST.into());
    let unlimited = deploy(10, array![]);
    let (l1, l2, data) = (bounds('L1_GAS', 1, 1), bounds('L2_GAS', 1, 1), bounds('L1_DATA', 1, 1));
    for (resources, expected) in array![
        (array![], 0), (array![l2], 0), (array![l1, l2], 0), (array![l1, l2, data], VALIDATED),
        (array![l1, l2, data, bounds('unheard of', 0, 0)], 0),
    ] {
        start_cheat_resource_bounds_global(resources.span());
        assert_eq!(validate(account, sign_as_session()), expected);
        assert_eq!(validate(unlimited, sign_as_session()), VALIDATED);
    }
}

#[test]
fn the_largest_bounds_and_tip_are_refused_without_a_panic() {
    let account = limited(LARGEST.into());
    start_cheat_tip_global(LARGEST_PRICE);
    set_bounds(
        array![
            bounds('L1_GAS', LARGEST, LARGEST_PRICE), bounds('L2_GAS', LARGEST, LARGEST_PRICE),
            bounds('L1_DATA', LARGEST, LARGEST_PRICE),
        ],
    );
    assert_eq!(validate(account, sign_as_session()), 0);
    act_as_itself(account);
    fee_limits(account).remove_session_fee_limit(session().public_key);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
fn l2_gas_is_found_by_its_name_and_not_its_place() {
    let account = limited(100);
    start_cheat_tip_global(10);
    let (l1, l2) = (bounds('L1_GAS', 50, 1), bounds('L2_GAS', 5, 0));
    let data = bounds('L1_DATA', 0, 7);
    for resources in array![
        array![l1, l2, data], array![l2, l1, data], array![l1, data, l2], array![data, l2, l1],
    ] {
        set_bounds(resources);
        assert_eq!(validate(account, sign_as_session()), VALIDATED);
    }
    let l2 = bounds('L2_GAS', 6, 0);
    for resources in array![
        array![l1, l2, data], array![l2, l1, data], array![l1, data, l2], array![data, l2, l1],
    ] {
        set_bounds(resources);
        assert_eq!(validate(account, sign_as_session()), 0);
    }
}

#[test]
fn a_limit_of_zero_leaves_the_relayer_alone() {
    let account = limited(0);
    start_mock_call(TOKEN, selector!("transfer"), true);
    set_bounds(array![bounds('L2_GAS', 1, 1)]);
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(error(relay_as(account, session(), transfer().span())), 0);
    assert_eq!(calls_used(account, session()), 1);
}

/// H-3. A transaction whose price is 0 commits to no fee, so it once passed under a limit of 0.
/// Some networks accept such a price.
#[test]
fn h_3_under_a_limit_of_zero_no_plain_transaction_is_valid_whatever_its_bounds() {
    let account = limited(0);
    for resources in array![
        array![], array![bounds('L2_GAS', 0, 1)], array![bounds('L2_GAS', 1, 0)],
        array![bounds('L2_GAS', LARGEST, 0)], array![bounds('L2_GAS', 0, LARGEST_PRICE)],
        array![bounds('L1_GAS', 1, 0), bounds('L2_GAS', 1, 0), bounds('L1_DATA', 1, 0)],
        array![bounds('L2_GAS', 1, 1)],
    ] {
        set_bounds(resources);
        assert_eq!(validate(account, sign_as_session()), 0);
    }
    start_cheat_resource_bounds_global(array![].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(calls_used(account, session()), 0);

    // Under a limit of 1 FRI, a transaction that commits to nothing is valid.
    set_limit(account, 1);
    set_bounds(array![bounds('L2_GAS', 1, 0)]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
#[fuzzer]
fn h_3_no_bounds_make_a_plain_transaction_valid_under_a_limit_of_zero(
    amount: u64, price: u128, tip: u128,
) {
    let account = limited(0);
    for (amount, price, tip) in array![(amount, price, tip), (amount, 0, 0), (0, price, tip)] {
        start_cheat_tip_global(tip);
        set_bounds(array![bounds('L2_GAS', amount, price)]);
        assert_eq!(validate(account, sign_as_session()), 0);
    }
}

#[test]
fn a_limit_is_not_applied_to_what_can_never_be_included() {
    let account = limited(0);
    for price in array![0, 1] {
        set_bounds(array![bounds('L2_GAS', 1, price)]);
        start_cheat_transaction_version_global(3);
        assert_eq!(validate(account, sign_as_session()), 0);
        start_cheat_transaction_version_global(QUERY_VERSION);
        assert_eq!(validate(account, sign_as_session()), VALIDATED);
    }
}

#[test]
fn a_limit_binds_neither_the_owner_nor_another_session() {
    let account = limited(0);
    set_bounds(array![bounds('L2_GAS', LARGEST, LARGEST_PRICE)]);
    register(account, key('another'), 1, array![]);
    let another = sign_for(key('another'), HASH, END.into());
    assert_eq!(validate(account, another), VALIDATED);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert_eq!(validate(account, sign_as_session()), 0);
}

#[test]
fn a_limit_belongs_to_the_key_and_outlasts_its_sessions() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    assert_eq!(limit(account), Option::None);
    set_limit(account, 7);
    assert_eq!(limit(account), Option::Some(7), "before the session");
    act_as_itself(account);
    let update = || session_keys(account).add_or_update_session_key(session_key, END, 10, array![]);
    sessions(account).add_session(session_key, END, 10, array![]);
    assert_eq!(limit(account), Option::Some(7));
    update();
    assert_eq!(limit(account), Option::Some(7));
    sessions(account).revoke_session(session_key);
    assert_eq!(limit(account), Option::Some(7));
    update();
    sessions(account).revoke_all_sessions();
    assert_eq!(limit(account), Option::Some(7));
    update();
    assert_eq!(limit(account), Option::Some(7));

    set_bounds(array![bounds('L2_GAS', 8, 1)]);
    assert_eq!(validate(account, sign_as_session()), 0);
    act_as_itself(account);
    fee_limits(account).remove_session_fee_limit(session_key);
    assert_eq!(limit(account), Option::None);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
fn a_limit_leaves_the_session_as_it_is() {
    let account = deploy(10, array![selector!("transfer")]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    let before = status(account, session().public_key);
    set_limit(account, LARGEST.into());
    assert_eq!(status(account, session().public_key), before);
    act_as_itself(account);
    fee_limits(account).remove_session_fee_limit(session().public_key);
    assert_eq!(status(account, session().public_key), before);
    assert_eq!(calls_used(account, session()), 1);
}

#[test]
fn a_scoped_session_pays_nothing_until_the_owner_says_otherwise() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    start_mock_call(TOKEN, selector!("transfer"), true);
    set_bounds(array![bounds('L2_GAS', 1, 1)]);
    act_as_itself(account);
    sessions(account).add_session_for_calls(session_key, END, 10, transfers());
    assert_eq!(limit(account), Option::Some(0));
    assert_eq!(validate(account, sign_as_session()), 0);
    assert_eq!(error(relay_as(account, session(), transfer().span())), 0);

    act_as_itself(account);
    sessions(account).revoke_session(session_key);
    assert_eq!(limit(account), Option::Some(0), "the key keeps it");

    let session_key = key('again').public_key;
    act_as_itself(account);
    sessions(account).add_session_for_calls(session_key, END, 10, transfers());
    let signature = sign_for(key('again'), HASH, END.into());
    assert_eq!(validate(account, signature.clone()), 0);
    act_as_itself(account);
    fee_limits(account).set_session_fee_limit(session_key, 1);
    assert_eq!(validate(account, signature), VALIDATED);

    let early = key('early').public_key;
    act_as_itself(account);
    fee_limits(account).set_session_fee_limit(early, 5);
    sessions(account).add_session_for_calls(early, END, 10, transfers());
    assert_eq!(fee_limits(account).get_session_fee_limit(early), Option::Some(5));
}

#[test]
fn a_session_of_snip_163_has_no_limit() {
    let account = deploy(10, array![]);
    act_as_itself(account);
    session_keys(account).add_or_update_session_key(key('snip').public_key, END, 1, array![]);
    let of_snip_163 = fee_limits(account).get_session_fee_limit(key('snip').public_key);
    assert_eq!((limit(account), of_snip_163), (Option::None, Option::None));
    set_bounds(array![bounds('L2_GAS', LARGEST, LARGEST_PRICE)]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
#[feature("safe_dispatcher")]
fn a_fee_limit_is_the_accounts_to_set_and_has_its_range() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    let safe = ISessionFeeLimitSafeDispatcher { contract_address: account };
    act_as(account, STRANGER);
    let refused = error(safe.set_session_fee_limit(session_key, 1));
    assert_eq!(refused, 'Account: unauthorized');
    assert_eq!(error(safe.remove_session_fee_limit(session_key)), 'Account: unauthorized');
    assert_eq!(limit(account), Option::None);

    act_as_itself(account);
    assert_eq!(error(safe.remove_session_fee_limit(session_key)), 0, "there need be none");
    for too_large in array![LARGEST.into() + 1, LARGEST_PRICE] {
        let refused = error(safe.set_session_fee_limit(session_key, too_large));
        assert_eq!(refused, 'Session: fee limit too large');
    }
    assert_eq!(limit(account), Option::None);
    for max_fee in array![LARGEST.into(), 0] {
        assert_eq!(error(safe.set_session_fee_limit(session_key, max_fee)), 0);
        assert_eq!(limit(account), Option::Some(max_fee));
    }
}

#[test]
fn fee_limits_emit_events_with_the_key() {
    let account = deploy_without_session();
    act_as_itself(account);
    let session_key = session().public_key;
    let mut spy = spy_events();
    fee_limits(account).set_session_fee_limit(session_key, 9);
    fee_limits(account).remove_session_fee_limit(session_key);
    sessions(account).add_session_for_calls(session_key, END, 10, transfers());

    let set = |
        max_fee,
    | Event { keys: array![selector!("SessionFeeLimitSet"), session_key], data: array![max_fee] };
    let removed = Event {
        keys: array![selector!("SessionFeeLimitRemoved"), session_key], data: array![],
    };
    let added = Event {
        keys: array![selector!("SessionKeyAdded"), session_key], data: array![END.into(), 10],
    };
    let shown = Event {
        keys: array![selector!("SessionCallsAllowed"), session_key],
        data: array![0, 1, TOKEN.into(), selector!("transfer"), 1],
    };
    let expected = array![
        (account, set(9)), (account, removed), (account, set(0)), (account, added),
        (account, shown),
    ];
    assert_eq!(spy.get_events().emitted_by(account).events, expected);
}

#[test]
#[fuzzer]
fn what_is_committed_never_exceeds_the_limit(amount: u64, price: u64, tip: u64, limit: u64) {
    // Under a limit of 0 no plain transaction is valid.
    let limit = if limit == 0 {
        1
    } else {
        limit
    };
    let account = limited(limit.into());
    // Tries the drawn numbers, which are mostly far over the limit, and smaller ones, which are
    // around it.
    for (amount, price, tip) in array![
        (amount, price, tip), (amount % 0x10000, price % 0x1000000000000, tip % 0x1000000000000),
    ] {
        start_cheat_tip_global(tip.into());
        set_bounds(
            array![bounds('L1_GAS', amount, price.into()), bounds('L2_GAS', amount, price.into())],
        );
        let amount: u256 = amount.into();
        let committed = amount * price.into() * 2 + amount * tip.into();
        let expected = if committed > limit.into() {
            0
        } else {
            VALIDATED
        };
        assert_eq!(validate(account, sign_as_session()), expected);
    }
}
