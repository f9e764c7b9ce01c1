//! Who may register which key with which limits. Each refusal has an error of its own and writes
//! nothing.

use core::ec::EcPointTrait;
use session_account::session::interface::{
    AllowedCall, ISessionFeeLimitSafeDispatcher, ISessionFeeLimitSafeDispatcherTrait,
    ISessionKeyManagerDispatcherTrait, ISessionKeyManagerSafeDispatcher,
    ISessionKeyManagerSafeDispatcherTrait, ISessionsDispatcherTrait, ISessionsSafeDispatcher,
    ISessionsSafeDispatcherTrait,
};
use snforge_std::{
    Event, EventSpyTrait, EventsFilterTrait, spy_events, start_cheat_block_timestamp_global,
};
use starknet::syscalls::call_contract_syscall;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, LATEST, NOW, PROTOCOL, STRANGER, TOKEN, act_as, act_as_itself, calls_used, deploy,
    deploy_without_session, error, key, owner, session, session_keys, sessions, sign_for, validate,
};
use crate::support::lists::blocked;
use crate::support::views::{data, status};

/// A felt that is not the x coordinate of a point on the Stark curve.
const NO_POINT: felt252 = 5;

/// The three ways to register a session. The third one lists calls of the selectors to `TOKEN`.
#[derive(Copy, Drop, Debug, PartialEq)]
enum Way {
    AddSession,
    AddOrUpdateSessionKey,
    AddSessionForCalls,
}

fn every_way() -> Array<Way> {
    array![Way::AddSession, Way::AddOrUpdateSessionKey, Way::AddSessionForCalls]
}

/// Has the caller register a session. Returns the error, or 0 if it succeeds.
#[feature("safe_dispatcher")]
fn attempt(
    way: Way,
    account: ContractAddress,
    session_key: felt252,
    valid_until: u64,
    max_calls: u32,
    selectors: Array<felt252>,
) -> felt252 {
    let sessions = ISessionsSafeDispatcher { contract_address: account };
    let session_keys = ISessionKeyManagerSafeDispatcher { contract_address: account };
    error(
        match way {
            Way::AddSession => sessions.add_session(session_key, valid_until, max_calls, selectors),
            Way::AddOrUpdateSessionKey => session_keys
                .add_or_update_session_key(session_key, valid_until, max_calls, selectors),
            Way::AddSessionForCalls => {
                let mut calls = array![];
                for selector in selectors {
                    calls.append(AllowedCall { to: TOKEN, selector, argument: Option::None });
                }
                sessions.add_session_for_calls(session_key, valid_until, max_calls, calls)
            },
        },
    )
}

fn transfers() -> Array<felt252> {
    array![selector!("transfer")]
}

#[test]
fn registering_refuses_each_limit_out_of_range_with_its_own_error() {
    let account = deploy_without_session();
    let fresh = session().public_key;
    act_as_itself(account);
    let mut refusals = array![
        (0, END, 1, transfers(), 'Session: zero key'),
        (NO_POINT, END, 1, transfers(), 'Session: invalid key'),
        (9, END, 1, transfers(), 'Session: invalid key'),
        (owner().public_key, END, 1, transfers(), 'Session: key is the owner'),
        (fresh, 0, 1, transfers(), 'Session: end not in the future'),
        (fresh, NOW - 1, 1, transfers(), 'Session: end not in the future'),
        (fresh, END, 0, transfers(), 'Session: zero max_calls'),
        (fresh, END, 1, array![selector!("transfer"), 0], 'Session: zero selector'),
    ];
    for selector in blocked() {
        let listed = array![selector!("transfer"), selector];
        refusals.append((fresh, END, 1, listed, 'Session: blocked selector'));
    }
    for (session_key, valid_until, max_calls, selectors, expected) in refusals {
        for way in every_way() {
            let refused = attempt(
                way, account, session_key, valid_until, max_calls, selectors.clone(),
            );
            assert_eq!(refused, expected);
        }
    }
    for selectors in array![array![2, 1, 2], array![1, 1]] {
        for way in every_way() {
            let expected = if way == Way::AddSessionForCalls {
                'Session: duplicate call'
            } else {
                'Session: duplicate selector'
            };
            assert_eq!(attempt(way, account, fresh, END, 1, selectors.clone()), expected);
        }
    }

    assert_eq!(data(account, fresh), array![0, 0, 0, 0].span());
    assert_eq!(status(account, fresh), array![0, 0, 0, 0].span());
    // A refused key is still fresh, and can be registered with limits in range, in each way.
    let mut secret = 'fresh';
    for way in every_way() {
        let fresh = key(secret).public_key;
        assert_eq!(attempt(way, account, fresh, NOW + 1, 1, transfers()), 0);
        assert_eq!(data(account, fresh), array![(NOW + 1).into(), 1, 0, 1].span());
        secret += 1;
    }
    assert_eq!(attempt(Way::AddSession, account, fresh, END, 1, transfers()), 0);
}

#[test]
fn an_end_of_now_is_refused_and_one_second_later_is_not() {
    let account = deploy_without_session();
    act_as_itself(account);
    let mut secret = 'fresh';
    for now in array![0, NOW, LATEST - 1] {
        start_cheat_block_timestamp_global(now);
        for way in every_way() {
            secret += 1;
            let fresh = key(secret).public_key;
            let refused = attempt(way, account, fresh, now, 1, transfers());
            assert_eq!(refused, 'Session: end not in the future');
            assert_eq!(attempt(way, account, fresh, now + 1, 1, transfers()), 0);
        }
    }
}

#[test]
#[fuzzer]
fn an_end_is_accepted_if_and_only_if_it_is_later_than_now(now: u64, end: u64) {
    let account = deploy_without_session();
    act_as_itself(account);
    let fresh = session().public_key;
    // Tries the drawn numbers, which are mostly too large for a time, and smaller ones.
    for (now, end) in array![(now, end), (now % LATEST, end % LATEST)] {
        start_cheat_block_timestamp_global(now);
        let expected = if end <= now {
            'Session: end not in the future'
        } else if end > LATEST {
            'Session: end too far'
        } else {
            0
        };
        assert_eq!(
            attempt(Way::AddOrUpdateSessionKey, account, fresh, end, 1, transfers()), expected,
        );
    }
}

/// H-6. A time in milliseconds, read as seconds, would be some 50,000 years from now.
#[test]
fn h_6_an_end_in_milliseconds_is_refused() {
    let account = deploy_without_session();
    act_as_itself(account);
    let fresh = session().public_key;
    for end in array![LATEST + 1, LATEST + 2, NOW * 1_000, END * 1_000, 0xffffffffffffffff] {
        for way in every_way() {
            let refused = attempt(way, account, fresh, end, 1, transfers());
            assert_eq!(refused, 'Session: end too far');
        }
    }
    assert_eq!(data(account, fresh), array![0, 0, 0, 0].span());
    let mut secret = 'latest';
    for way in every_way() {
        secret += 1;
        let fresh = key(secret).public_key;
        assert_eq!(attempt(way, account, fresh, LATEST, 1, transfers()), 0);
        assert_eq!(data(account, fresh), array![LATEST.into(), 1, 0, 1].span());
    }
}

#[test]
#[fuzzer(runs: 64)]
fn a_key_is_accepted_if_and_only_if_it_is_the_x_of_a_point(session_key: felt252) {
    let account = deploy_without_session();
    act_as_itself(account);
    let expected = if EcPointTrait::new_from_x(session_key).is_some() {
        0
    } else {
        'Session: invalid key'
    };
    for way in array![Way::AddOrUpdateSessionKey, Way::AddSession] {
        let registered = attempt(way, account, session_key, END, 1, transfers());
        if expected != 0 || way == Way::AddOrUpdateSessionKey {
            assert_eq!(registered, expected);
        } else {
            assert_eq!(registered, 'Session: key already used');
        }
    }
}

/// 65,535 selectors of 0 are refused because they are 0, and 65,536 because of their number, which
/// is checked first. So the test need not write a list of that length.
#[test]
fn a_list_has_at_most_65535_entries() {
    let account = deploy_without_session();
    act_as_itself(account);
    let mut selectors = array![];
    for _ in 0..65_535_u32 {
        selectors.append(0);
    }
    let add = |
        selectors,
    | attempt(Way::AddSession, account, session().public_key, END, 1, selectors);
    assert_eq!(add(selectors.clone()), 'Session: zero selector');
    selectors.append(0);
    assert_eq!(add(selectors), 'Session: too many entries');
}

#[test]
fn calldata_that_is_no_u64_or_u32_registers_nothing() {
    let account = deploy_without_session();
    act_as_itself(account);
    let fresh = session().public_key;
    for selector in array![selector!("add_session"), selector!("add_or_update_session_key")] {
        for calldata in array![
            array![fresh, 0x10000000000000000, 1, 0], array![fresh, END.into(), 0x100000000, 0],
            array![fresh, -1, 1, 0], array![fresh, END.into(), -1, 0],
            array![fresh, END.into(), 1, 2, 1], array![fresh, END.into(), 1],
            array![fresh, END.into(), 1, 0, 0],
        ] {
            assert!(call_contract_syscall(account, selector, calldata.span()).is_err());
        }
    }
    assert_eq!(data(account, fresh), array![0, 0, 0, 0].span());
    let calldata = array![fresh, END.into(), 1, 0].span();
    call_contract_syscall(account, selector!("add_session"), calldata).unwrap();
    assert_eq!(data(account, fresh), array![END.into(), 1, 0, 0].span());
}

#[test]
fn add_session_refuses_a_key_that_was_ever_registered() {
    let account = deploy_without_session();
    let sessions = sessions(account);
    act_as_itself(account);
    let assert_used = |session_key| {
        for way in array![Way::AddSession, Way::AddSessionForCalls] {
            let refused = attempt(way, account, session_key, END, 1, transfers());
            assert_eq!(refused, 'Session: key already used');
        }
    };
    let mut secret = 'fresh';
    for way in every_way() {
        secret += 1;
        let live = key(secret).public_key;
        assert_eq!(attempt(way, account, live, END, 1, transfers()), 0);
        assert_used(live);

        sessions.revoke_session(live);
        assert_used(live);

        secret += 1;
        let revoked_with_all = key(secret).public_key;
        assert_eq!(attempt(way, account, revoked_with_all, END, 1, transfers()), 0);
        sessions.revoke_all_sessions();
        assert_used(revoked_with_all);

        secret += 1;
        let expired = key(secret).public_key;
        assert_eq!(attempt(way, account, expired, NOW + 1, 1, transfers()), 0);
        start_cheat_block_timestamp_global(NOW + 2);
        assert_used(expired);
        start_cheat_block_timestamp_global(NOW);
    }
}

#[test]
#[feature("safe_dispatcher")]
fn a_key_that_has_only_a_fee_limit_is_fresh() {
    let account = deploy_without_session();
    act_as_itself(account);
    let fee_limits = ISessionFeeLimitSafeDispatcher { contract_address: account };
    fee_limits.set_session_fee_limit(session().public_key, 5).unwrap();
    let added = attempt(Way::AddSession, account, session().public_key, END, 1, transfers());
    assert_eq!(added, 0);
}

#[test]
fn an_update_replaces_the_session_whole_and_counts_from_zero() {
    let account = deploy(10, array![selector!("approve"), selector!("transfer")]);
    let session_key = session().public_key;
    let before = sign_for(session(), HASH, END.into());
    assert_eq!(validate(account, before.clone()), VALIDATED);
    assert_eq!(calls_used(account, session()), 1);

    act_as_itself(account);
    session_keys(account).add_or_update_session_key(session_key, END + 5, 3, array![]);
    assert_eq!(data(account, session_key), array![(END + 5).into(), 3, 0, 0].span());
    assert_eq!(validate(account, before), 0);
    let after = sign_for(session(), HASH, (END + 5).into());
    for _ in 0..3_u8 {
        assert_eq!(validate(account, after.clone()), VALIDATED);
    }
    assert_eq!(validate(account, after), 0);
}

#[test]
#[feature("safe_dispatcher")]
fn only_the_account_itself_may_manage_sessions() {
    let account = deploy(10, array![]);
    let live = session().public_key;
    let fresh = key('fresh').public_key;
    let sessions = ISessionsSafeDispatcher { contract_address: account };
    let session_keys = ISessionKeyManagerSafeDispatcher { contract_address: account };
    let fee_limits = ISessionFeeLimitSafeDispatcher { contract_address: account };
    for caller in array![STRANGER, TOKEN, PROTOCOL, owner().public_key.try_into().unwrap()] {
        act_as(account, caller);
        for way in every_way() {
            let refused = attempt(way, account, fresh, END, 1, transfers());
            assert_eq!(refused, 'Account: unauthorized');
        }
        for refused in array![
            sessions.revoke_session(live), session_keys.revoke_session_key(live),
            sessions.revoke_all_sessions(), fee_limits.set_session_fee_limit(live, 1),
            fee_limits.remove_session_fee_limit(live),
        ] {
            assert_eq!(error(refused), 'Account: unauthorized');
        }
    }
    // A stranger is refused before the limits are checked.
    let refused = attempt(Way::AddSession, account, 0, 0, 0, array![0]);
    assert_eq!(refused, 'Account: unauthorized');
    assert_eq!(data(account, live), array![END.into(), 10, 0, 0].span());

    act_as_itself(account);
    fee_limits.set_session_fee_limit(live, 1).unwrap();
    fee_limits.remove_session_fee_limit(live).unwrap();
    sessions.revoke_session(live).unwrap();
    let mut secret = 'fresh';
    for way in every_way() {
        secret += 1;
        assert_eq!(attempt(way, account, key(secret).public_key, END, 1, transfers()), 0);
    }
    session_keys.revoke_session_key(key(secret).public_key).unwrap();
    sessions.revoke_all_sessions().unwrap();
}

#[test]
fn sessions_emit_the_events_of_snip_163() {
    let account = deploy_without_session();
    act_as_itself(account);
    let session_key = session().public_key;
    let mut spy = spy_events();
    sessions(account).add_session(session_key, END, 10, transfers());
    session_keys(account).add_or_update_session_key(session_key, END + 1, 11, array![]);
    sessions(account).revoke_session(session_key);
    session_keys(account).add_or_update_session_key(session_key, END, 1, array![]);
    session_keys(account).revoke_session_key(session_key);
    sessions(account).revoke_all_sessions();

    let added = |
        valid_until: u64, max_calls,
    | Event {
        keys: array![selector!("SessionKeyAdded"), session_key],
        data: array![valid_until.into(), max_calls],
    };
    let revoked = Event {
        keys: array![selector!("SessionKeyRevoked"), session_key], data: array![],
    };
    let listed = Event {
        keys: array![selector!("SessionSelectorsAllowed"), session_key],
        data: array![0, 1, selector!("transfer")],
    };
    let expected = array![
        (account, added(END, 10)), (account, listed), (account, added(END + 1, 11)),
        (account, revoked.clone()), (account, added(END, 1)), (account, revoked),
        (account, Event { keys: array![selector!("AllSessionsRevoked")], data: array![] }),
    ];
    assert_eq!(spy.get_events().emitted_by(account).events, expected);
}

#[test]
fn a_registration_shows_in_its_status_at_once() {
    let account = deploy_without_session();
    act_as_itself(account);
    let session_key = session().public_key;
    assert_eq!(attempt(Way::AddSession, account, session_key, END, 1, transfers()), 0);
    assert_eq!(status(account, session_key), array![1, END.into(), 1, 1].span());
}
