//! Lists of selectors, which a session may call on any contract. (`scopes` tests lists of calls,
//! and `forbidden_calls` what no list can allow.)

use core::poseidon::poseidon_hash_span;
use session_account::session::interface::{
    ISessionKeyManagerDispatcherTrait, ISessionsDispatcherTrait, ISessionsSafeDispatcher,
    ISessionsSafeDispatcherTrait,
};
use snforge_std::{EventSpyTrait, spy_events};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, STRANGER, act_as_itself, call, calls_used, deploy, deploy_without_session, error, key,
    register, session, session_keys, sessions, sign_as_session, transfer, validate_calls,
};
use crate::support::cost::gas_of_validation;
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};
use crate::support::views::{data, status};

const NOT_LISTED: felt252 = 'Session: call not allowed';

#[test]
fn a_whitelist_lets_through_what_it_lists_and_nothing_else() {
    let account = deploy(10, array![selector!("transfer"), selector!("approve")]);
    let approval = call(selector!("approve"));
    assert_allowed_both_ways(account, session(), mocked(array![*transfer()[0], approval]));
    assert_allowed_both_ways(account, session(), mocked(array![Call { to: STRANGER, ..approval }]));

    for selector in array![selector!("transfer_from"), 0, 1, -1] {
        for batch in array![
            array![call(selector)], array![approval, call(selector)],
            array![call(selector), approval],
        ] {
            assert_refused_both_ways(account, session(), batch.span(), NOT_LISTED);
        }
    }
    assert_eq!(calls_used(account, session()), 4, "what is refused is not counted");
}

#[test]
fn an_empty_whitelist_lets_any_call_through() {
    let account = deploy(10, array![]);
    for selector in array![selector!("transfer"), selector!("anything"), 1, -1] {
        assert_allowed_both_ways(account, session(), mocked(array![call(selector)]));
    }
}

#[test]
fn one_sessions_whitelist_is_not_anothers() {
    let account = deploy(10, array![selector!("transfer")]);
    register(account, key('approver'), 10, array![selector!("approve")]);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
    assert_refused_both_ways(account, key('approver'), transfer().span(), NOT_LISTED);
}

#[test]
fn a_batch_of_fifty_is_one_transaction_and_its_last_call_is_checked_too() {
    let account = deploy(10, array![selector!("transfer")]);
    let mut calls = array![];
    for _ in 0..49_u8 {
        calls.append(call(selector!("transfer")));
    }
    let mut wrong = calls.clone();
    calls.append(call(selector!("transfer")));
    assert_allowed_both_ways(account, session(), mocked(calls));
    assert_eq!(calls_used(account, session()), 2);
    wrong.append(call(selector!("approve")));
    assert_refused_both_ways(account, session(), wrong.span(), NOT_LISTED);
}

#[test]
fn a1_10_an_earlier_whitelist_never_matches_again() {
    let (transfer_selector, approve) = (selector!("transfer"), selector!("approve"));
    let account = deploy(10, array![transfer_selector, approve]);
    let session_key = session().public_key;
    assert_allowed_both_ways(account, session(), mocked(transfer()));

    for ending in array!['nothing', 'revoke_session', 'revoke_all_sessions'] {
        act_as_itself(account);
        if ending == 'revoke_session' {
            sessions(account).revoke_session(session_key);
        } else if ending == 'revoke_all_sessions' {
            sessions(account).revoke_all_sessions();
        }
        session_keys(account).add_or_update_session_key(session_key, END, 10, array![approve]);
        assert_refused_both_ways(account, session(), transfer().span(), NOT_LISTED);
        assert_allowed_both_ways(account, session(), mocked(array![call(approve)]));
        assert_eq!(status(account, session_key), array![1, END.into(), 8, 1].span());
    }
}

/// A registration that was refused after a part of its list was written leaves no entry. The next
/// registration, which gets the same generation, does not find it.
#[test]
#[feature("safe_dispatcher")]
fn a_refused_list_allows_nothing() {
    let account = deploy_without_session();
    act_as_itself(account);
    let sessions = ISessionsSafeDispatcher { contract_address: account };
    for list in array![array![0, selector!("transfer")], array![selector!("transfer"), 0]] {
        let refused = sessions.add_session(session().public_key, END, 10, list);
        assert_eq!(error(refused), 'Session: zero selector');
    }
    register(account, session(), 10, array![selector!("approve")]);
    assert_refused_both_ways(account, session(), transfer().span(), NOT_LISTED);
    assert_allowed_both_ways(account, session(), mocked(array![call(selector!("approve"))]));
}

#[test]
fn o_2_a_whitelist_of_64_costs_what_one_of_2_does_wherever_the_selector_stands() {
    let transfer = selector!("transfer");
    let mut first = array![transfer];
    let mut last = array![];
    for other in 1..64_u8 {
        first.append(other.into());
        last.append(other.into());
    }
    last.append(transfer);
    let of_two = gas_of_validation(deploy(10, array![transfer, 1]));
    assert_eq!(gas_of_validation(deploy(10, first)), of_two);
    assert_eq!(gas_of_validation(deploy(10, last)), of_two);
    assert!(gas_of_validation(deploy(10, array![])) < of_two, "a lookup is seen to cost");
}

/// Returns the selectors 'a' + `i` for the bits `i` that are set in `mask`.
fn subset(mask: u8) -> Array<felt252> {
    let mut selectors = array![];
    let mut rest = mask;
    let mut selector = 'a';
    while rest != 0 {
        if rest % 2 == 1 {
            selectors.append(selector);
        }
        rest = rest / 2;
        selector += 1;
    }
    selectors
}

fn batch(selectors: Array<felt252>) -> Array<Call> {
    let mut calls = array![];
    for selector in selectors {
        calls.append(call(selector));
    }
    calls
}

fn is_valid(account: ContractAddress, calls: Array<Call>) -> bool {
    validate_calls(account, sign_as_session(), calls) == VALIDATED
}

#[test]
#[fuzzer]
fn a_batch_passes_if_and_only_if_every_call_of_it_is_listed(listed: u8, called: u8) {
    let account = deploy(100, subset(listed));
    let of_both = listed & called;
    let any_call = listed == 0;
    let passes = called != 0 && (any_call || of_both == called);
    assert_eq!(is_valid(account, batch(subset(called))), passes);
    assert_eq!(is_valid(account, batch(subset(of_both))), of_both != 0);
}

#[test]
#[fuzzer(runs: 64)]
fn any_list_allows_its_members_and_is_shown_in_order(seed: felt252, len: u8) {
    let mut selectors = array![];
    let len = 1 + len % 16;
    for i in 0..len {
        selectors.append(poseidon_hash_span(array![seed, i.into()].span()));
    }
    let mut spy = spy_events();
    let account = deploy(100, selectors.clone());
    assert_eq!(*data(account, session().public_key)[3], len.into());
    let events = spy.get_events().events;
    let (_, shown) = events[events.len() - 1];
    let mut expected = array![0];
    selectors.serialize(ref expected);
    assert_eq!(shown.data, @expected);
    assert!(is_valid(account, batch(selectors.clone())));
    let other = poseidon_hash_span(array![seed, len.into()].span());
    assert!(!is_valid(account, array![call(other)]));
    selectors.append(other);
    assert!(!is_valid(account, batch(selectors)));
}

#[test]
#[fuzzer]
fn no_felt_passes_a_whitelist_that_does_not_list_it(selector: felt252) {
    let account = deploy(10, array![selector!("approve"), selector!("mint")]);
    assert!(!is_valid(account, array![call(selector)]));
    assert!(is_valid(account, array![call(selector!("mint"))]));
}
