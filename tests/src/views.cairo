//! What anyone can read of a session.

use session_account::session::interface::ISessionsDispatcherTrait;
use snforge_std::{EventSpyTrait, spy_events, start_cheat_block_timestamp_global};
use starknet::VALIDATED;
use crate::support::account::{
    END, HASH, LATEST, PROTOCOL, STRANGER, act_as, act_as_itself, call, deploy,
    deploy_without_session, key, session, sessions, sign_as_session, sign_for, transfer, validate,
    validate_calls,
};
use crate::support::views::{data, status};

#[test]
fn a_registered_session_shows_what_was_granted() {
    let (transfer, approve) = (selector!("transfer"), selector!("approve"));
    let account = deploy(10, array![transfer, approve, 1]);
    let session_key = session().public_key;
    assert_eq!(data(account, session_key), array![END.into(), 10, 0, 3].span());
    assert_eq!(status(account, session_key), array![1, END.into(), 10, 3].span());

    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(data(account, session_key), array![END.into(), 10, 1, 3].span());
    assert_eq!(status(account, session_key), array![1, END.into(), 9, 3].span());
}

#[test]
fn the_largest_limits_are_kept_whole() {
    let account = deploy_without_session();
    let latest: felt252 = LATEST.into();
    let session_key = session().public_key;
    let mut selectors = array![-1];
    for selector in 1..40_u8 {
        selectors.append(selector.into());
    }
    act_as_itself(account);
    sessions(account).add_session(session_key, LATEST, 0xffffffff, selectors);
    assert_eq!(data(account, session_key), array![latest, 0xffffffff, 0, 40].span());
    assert_eq!(status(account, session_key), array![1, latest, 0xffffffff, 40].span());

    let last = call(39);
    let signature = sign_for(session(), HASH, latest);
    let answer = validate_calls(account, signature, array![last]);
    assert_eq!(answer, VALIDATED);
    assert_eq!(data(account, session_key), array![latest, 0xffffffff, 1, 40].span());
}

#[test]
fn an_unknown_key_shows_all_zero() {
    let account = deploy(10, array![selector!("transfer")]);
    for unknown in array![0, 1, -1, key('unknown').public_key] {
        assert_eq!(data(account, unknown), array![0, 0, 0, 0].span());
        assert_eq!(status(account, unknown), array![0, 0, 0, 0].span());
    }
}

#[test]
fn a_revoked_session_shows_all_zero() {
    for all_of_them in array![false, true] {
        let account = deploy(10, array![selector!("transfer")]);
        assert_eq!(validate(account, sign_as_session()), VALIDATED);
        act_as_itself(account);
        if all_of_them {
            sessions(account).revoke_all_sessions();
        } else {
            sessions(account).revoke_session(session().public_key);
        }
        assert_eq!(data(account, session().public_key), array![0, 0, 0, 0].span());
        assert_eq!(status(account, session().public_key), array![0, 0, 0, 0].span());
    }
}

#[test]
fn an_inactive_session_still_shows_its_limits() {
    let account = deploy(1, array![]);
    let session_key = session().public_key;
    assert_eq!(status(account, session_key), array![1, END.into(), 1, 0].span());
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(status(account, session_key), array![0, END.into(), 0, 0].span());
    assert_eq!(data(account, session_key), array![END.into(), 1, 1, 0].span());

    let account = deploy(10, array![]);
    for (now, is_active) in array![(END, 1), (END + 1, 0)] {
        start_cheat_block_timestamp_global(now);
        assert_eq!(status(account, session_key), array![is_active, END.into(), 10, 0].span());
    }
    assert_eq!(data(account, session_key), array![END.into(), 10, 0, 0].span());
}

#[test]
fn reading_is_anyones_and_changes_nothing() {
    let account = deploy(10, array![selector!("transfer")]);
    let session_key = session().public_key;
    let expected = array![1, END.into(), 10, 1].span();
    let mut spy = spy_events();
    for caller in array![STRANGER, PROTOCOL, account] {
        act_as(account, caller);
        assert_eq!(status(account, session_key), expected);
        assert_eq!(data(account, session_key), array![END.into(), 10, 0, 1].span());
        let call = *transfer()[0];
        assert!(sessions(account).is_call_allowed(session_key, call));
    }
    assert!(spy.get_events().events.is_empty());
}
