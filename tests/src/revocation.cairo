//! Ends sessions, one or all, and shows what does not come back when a key is registered again.

use core::testing::get_available_gas;
use session_account::session::interface::{
    ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait, ISessionKeyManagerDispatcherTrait,
    ISessionKeyManagerSafeDispatcher, ISessionKeyManagerSafeDispatcherTrait,
    ISessionsDispatcherTrait, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use snforge_std::{EventSpyTrait, load, spy_events, start_cheat_block_timestamp_global};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, act_as_itself, calls_used, deploy, deploy_without_session, error, key, register,
    session, session_keys, sessions, sign_as_session, sign_for, transfer, validate,
};
use crate::support::outside;
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};
use crate::support::slots::{EPOCH, record_of};
use crate::support::views::data;

const NOT_FOUND: felt252 = 'Session: not found';

/// Has the account end the session of `session_key`, by this project's or by SNIP-163's function.
/// Returns the error, or 0 if it succeeds.
#[feature("safe_dispatcher")]
fn revoke(account: ContractAddress, session_key: felt252, by_snip_163: bool) -> felt252 {
    act_as_itself(account);
    if by_snip_163 {
        let account = ISessionKeyManagerSafeDispatcher { contract_address: account };
        error(account.revoke_session_key(session_key))
    } else {
        let account = ISessionsSafeDispatcher { contract_address: account };
        error(account.revoke_session(session_key))
    }
}

fn revoke_all(account: ContractAddress) {
    act_as_itself(account);
    sessions(account).revoke_all_sessions();
}

#[test]
fn a_revoked_session_is_over_by_either_name() {
    for by_snip_163 in array![false, true] {
        let account = deploy(10, array![]);
        assert_allowed_both_ways(account, session(), mocked(transfer()));
        assert_eq!(revoke(account, session().public_key, by_snip_163), 0);
        assert_eq!(data(account, session().public_key), array![0, 0, 0, 0].span());
        assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
    }
}

#[test]
fn revoking_a_key_that_was_never_registered_is_refused() {
    let account = deploy(10, array![]);
    let limited = key('limited').public_key;
    act_as_itself(account);
    ISessionFeeLimitDispatcher { contract_address: account }.set_session_fee_limit(limited, 1);
    for unknown in array![0, 1, -1, key('unknown').public_key, limited] {
        for by_snip_163 in array![false, true] {
            assert_eq!(revoke(account, unknown, by_snip_163), NOT_FOUND);
        }
    }
}

/// Revoking a session that was revoked, alone or with all others, succeeds, writes nothing and
/// emits nothing.
#[test]
fn revoking_what_has_ended_succeeds_and_does_nothing() {
    for ending in array!['revoke_session', 'revoke_all_sessions'] {
        let account = deploy(10, array![selector!("transfer")]);
        let session_key = session().public_key;
        if ending == 'revoke_session' {
            assert_eq!(revoke(account, session_key, false), 0);
        } else {
            revoke_all(account);
        }
        let record = record_of(session_key);
        let before = (load(account, record, 1), load(account, EPOCH, 1));
        let mut spy = spy_events();
        for by_snip_163 in array![false, true] {
            assert_eq!(revoke(account, session_key, by_snip_163), 0);
        }
        assert_eq!((load(account, record, 1), load(account, EPOCH, 1)), before);
        assert!(spy.get_events().events.is_empty());
        assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
    }
    // A session that has expired still lives until it is revoked.
    let account = deploy(10, array![]);
    start_cheat_block_timestamp_global(END + 1);
    let mut spy = spy_events();
    assert_eq!(revoke(account, session().public_key, false), 0);
    assert_eq!(spy.get_events().events.len(), 1);
    assert_eq!(data(account, session().public_key), array![0, 0, 0, 0].span());
}

/// H-8. A thief who has two keys can have one of the sessions end itself. The owner's batch that
/// revokes both must still succeed.
#[test]
fn h_8_a_session_that_ended_itself_makes_no_batch_of_revocations_fail() {
    let account = deploy(10, array![]);
    register(account, key('second'), 10, array![]);
    let keys = array![session().public_key, key('second').public_key];
    for selector in array![selector!("revoke_session"), selector!("revoke_session_key")] {
        let mut calls = array![];
        for key in keys.span() {
            calls.append(Call { to: account, selector, calldata: array![*key].span() });
        }
        let itself = Call { selector: selector!("revoke_session"), ..*calls[0] };
        let _ = outside::relay_as_session(account, array![itself].span());
        outside::transact_as_owner(account, calls.span()).unwrap().unwrap();
        for key in keys.span() {
            assert_eq!(data(account, *key), array![0, 0, 0, 0].span());
        }
    }
    assert_refused_both_ways(account, key('second'), transfer().span(), NOT_FOUND);
}

#[test]
fn revoking_one_session_leaves_the_others() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![selector!("transfer")]);
    assert_eq!(revoke(account, session().public_key, false), 0);
    assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
    assert_allowed_both_ways(account, key('another'), mocked(transfer()));
}

#[test]
fn revoking_all_ends_every_session_at_once_and_new_ones_can_follow() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![selector!("transfer")]);
    let both = array![session(), key('another')];
    for key in both.span() {
        assert_allowed_both_ways(account, *key, mocked(transfer()));
    }
    revoke_all(account);
    for key in both.span() {
        assert_refused_both_ways(account, *key, transfer().span(), NOT_FOUND);
        assert_eq!(revoke(account, *key.public_key, false), 0);
    }
    register(account, key('new'), 10, array![]);
    assert_allowed_both_ways(account, key('new'), mocked(transfer()));
    revoke_all(account);
    assert_refused_both_ways(account, key('new'), transfer().span(), NOT_FOUND);
}

#[test]
fn revoking_all_where_there_is_none_is_no_error() {
    let account = deploy_without_session();
    revoke_all(account);
    revoke_all(account);
    register(account, session(), 10, array![]);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
}

#[test]
fn an_exhausted_session_can_be_revoked() {
    let account = deploy(1, array![]);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(revoke(account, session().public_key, false), 0);
    assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
}

#[test]
fn revoking_all_costs_the_same_for_one_session_and_for_eight() {
    let account = deploy(10, array![]);
    // The first call is not measured, since changing the epoch from 0 costs less.
    revoke_all(account);
    register(account, key('one'), 10, array![]);
    let one = gas_of_revoking_all(account);
    for i in 0..8_u8 {
        register(account, key('eight' + i.into()), 10, array![]);
    }
    assert_eq!(gas_of_revoking_all(account), one);
}

fn gas_of_revoking_all(account: ContractAddress) -> u128 {
    act_as_itself(account);
    let sessions = sessions(account);
    let before = get_available_gas();
    sessions.revoke_all_sessions();
    before - get_available_gas()
}

/// Registers `key` once more, for one transaction until `valid_until`.
fn register_again(account: ContractAddress, key: StarkCurveKeyPair, valid_until: u64) {
    act_as_itself(account);
    session_keys(account).add_or_update_session_key(key.public_key, valid_until, 1, array![]);
}

#[test]
fn a_key_that_is_registered_again_has_its_new_limits_alone() {
    for all_of_them in array![false, true] {
        let account = deploy(10, array![selector!("transfer")]);
        let signed_before = sign_as_session();
        assert_eq!(validate(account, signed_before.clone()), VALIDATED);
        if all_of_them {
            revoke_all(account);
        } else {
            assert_eq!(revoke(account, session().public_key, true), 0);
        }
        register_again(account, session(), END + 1);

        assert_eq!(data(account, session().public_key), array![(END + 1).into(), 1, 0, 0].span());
        assert_eq!(validate(account, signed_before), 0);
        assert_eq!(calls_used(account, session()), 0);
        let signed_after = sign_for(session(), HASH, (END + 1).into());
        assert_eq!(validate(account, signed_after.clone()), VALIDATED);
        assert_eq!(validate(account, signed_after), 0);
    }
}

#[test]
fn one_sessions_return_brings_no_other_back() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![]);
    revoke_all(account);
    register_again(account, session(), END);
    assert_refused_both_ways(account, key('another'), transfer().span(), NOT_FOUND);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}
