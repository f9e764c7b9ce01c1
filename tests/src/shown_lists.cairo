//! Events show a list directly after the event of its registration, in parts that the chain
//! accepts.

use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionKeyManagerDispatcherTrait, ISessionsDispatcherTrait,
};
use snforge_std::{Event, EventSpyTrait, spy_events};
use starknet::ContractAddress;
use crate::support::account::{
    END, STRANGER, TOKEN, act_as_itself, deploy_without_session, key, session, session_keys,
    sessions, transfer,
};
use crate::support::lists::register_for;

/// The most felts of data that the chain allows in an event.
const MOST: u32 = 300;

/// Returns `number` different selectors.
fn selectors(number: u32) -> Array<felt252> {
    let mut selectors = array![];
    for i in 0..number {
        selectors.append('selector' + i.into());
    }
    selectors
}

/// Returns `number` calls with different arguments. An entry with an argument takes the most felts.
fn calls(number: u32) -> Array<AllowedCall> {
    let mut calls = array![];
    for i in 0..number {
        let argument = AllowedArgument { index: 255, value: 'recipient' + i.into() };
        let selector = selector!("transfer");
        calls.append(AllowedCall { to: TOKEN, selector, argument: Option::Some(argument) });
    }
    calls
}

fn added(key: felt252, max_calls: felt252) -> Event {
    Event { keys: array![selector!("SessionKeyAdded"), key], data: array![END.into(), max_calls] }
}

/// Returns the events that show `felts`. Each entry takes `size` felts, and an event shows at most
/// `most` entries.
fn shown(name: felt252, key: felt252, felts: Span<felt252>, size: u32, most: u32) -> Array<Event> {
    let mut events = array![];
    let mut first: u32 = 0;
    let entries = felts.len() / size;
    while first < entries {
        let length = core::cmp::min(most, entries - first);
        let mut data = array![first.into(), length.into()];
        data.append_span(felts.slice(first * size, length * size));
        assert!(data.len() <= MOST);
        events.append(Event { keys: array![name, key], data });
        first += length;
    }
    events
}

fn shown_selectors(key: felt252, selectors: Array<felt252>) -> Array<Event> {
    shown(selector!("SessionSelectorsAllowed"), key, selectors.span(), 1, 200)
}

/// Returns the events that show `calls`, each of which has an argument and takes 5 felts.
fn shown_calls(key: felt252, calls: Array<AllowedCall>) -> Array<Event> {
    let mut felts = array![];
    for call in calls {
        call.serialize(ref felts);
    }
    shown(selector!("SessionCallsAllowed"), key, felts.span(), 5, 50)
}

fn emitted(account: ContractAddress, events: Array<Event>) -> Array<(ContractAddress, Event)> {
    let mut emitted = array![];
    for event in events {
        emitted.append((account, event));
    }
    emitted
}

/// Asserts what registering a new key with `number` selectors emits. Returns the number of events
/// that show the list.
fn assert_shows_selectors(account: ContractAddress, number: u32, by_snip_163: bool) -> usize {
    let key = key('selectors' + number.into() * 2 + by_snip_163.into()).public_key;
    act_as_itself(account);
    let mut spy = spy_events();
    if by_snip_163 {
        session_keys(account).add_or_update_session_key(key, END, 10, selectors(number));
    } else {
        sessions(account).add_session(key, END, 10, selectors(number));
    }
    let mut expected = array![added(key, 10)];
    expected.append_span(shown_selectors(key, selectors(number)).span());
    let parts = expected.len() - 1;
    assert_eq!(spy.get_events().events, emitted(account, expected));
    parts
}

/// Asserts what registering a new key with `number` calls emits. Returns the number of events that
/// show the list.
fn assert_shows_calls(account: ContractAddress, number: u32) -> usize {
    let key = key('calls' + number.into());
    let mut spy = spy_events();
    register_for(account, key, calls(number));
    let key = key.public_key;
    // The first event is that of the fee limit.
    let limit = Event { keys: array![selector!("SessionFeeLimitSet"), key], data: array![1] };
    let mut expected = array![limit, added(key, 10)];
    expected.append_span(shown_calls(key, calls(number)).span());
    let parts = expected.len() - 2;
    assert_eq!(spy.get_events().events, emitted(account, expected));
    parts
}

#[test]
fn a_list_of_selectors_is_shown_in_parts_of_200() {
    let account = deploy_without_session();
    for (number, parts) in array![(1, 1), (199, 1), (200, 1), (201, 2), (400, 2), (401, 3)] {
        for by_snip_163 in array![false, true] {
            assert_eq!(assert_shows_selectors(account, number, by_snip_163), parts);
        }
    }
}

#[test]
fn a_list_of_calls_is_shown_in_parts_of_50() {
    let account = deploy_without_session();
    for (number, parts) in array![(1, 1), (49, 1), (50, 1), (51, 2), (100, 2), (101, 3)] {
        assert_eq!(assert_shows_calls(account, number), parts);
    }
}

/// H-9. A list of 60 calls has more felts than the chain allows in one event. When the account
/// showed a list in one event, such a registration reverted.
#[test]
fn h_9_a_list_of_60_calls_is_registered_and_shown() {
    let account = deploy_without_session();
    assert_eq!(assert_shows_calls(account, 60), 2);
    let key = key('calls' + 60).public_key;
    for entry in calls(60) {
        let value = entry.argument.unwrap().value;
        let mut calldata = array![];
        for _ in 0..255_u8 {
            calldata.append(0);
        }
        calldata.append(value);
        let call = starknet::account::Call {
            to: entry.to, selector: entry.selector, calldata: calldata.span(),
        };
        assert!(sessions(account).is_call_allowed(key, call));
    }
}

/// The felts of an entry in an event, with an argument and without.
#[test]
fn an_entry_is_shown_felt_by_felt() {
    let account = deploy_without_session();
    let (free, pinned) = (
        AllowedCall { to: TOKEN, selector: 7, argument: Option::None },
        AllowedCall {
            to: STRANGER,
            selector: 8,
            argument: Option::Some(AllowedArgument { index: 255, value: -1 }),
        },
    );
    let mut spy = spy_events();
    register_for(account, session(), array![free, pinned]);
    let events = spy.get_events().events;
    let expected = Event {
        keys: array![selector!("SessionCallsAllowed"), session().public_key],
        data: array![0, 2, TOKEN.into(), 7, 1, STRANGER.into(), 8, 0, 255, -1],
    };
    assert_eq!(events[events.len() - 1], @(account, expected));
}

#[test]
fn a_registration_that_no_list_follows_is_for_any_call() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    act_as_itself(account);
    let mut spy = spy_events();
    sessions(account).add_session(session_key, END, 10, array![]);
    session_keys(account).add_or_update_session_key(session_key, END, 11, array![7]);
    session_keys(account).add_or_update_session_key(session_key, END, 12, array![]);
    let mut expected = array![added(session_key, 10), added(session_key, 11)];
    expected.append_span(shown_selectors(session_key, array![7]).span());
    expected.append(added(session_key, 12));
    assert_eq!(spy.get_events().events, emitted(account, expected));
    // Only the list of the last registration counts, and it has none.
    assert!(sessions(account).is_call_allowed(session_key, *transfer()[0]));
}
