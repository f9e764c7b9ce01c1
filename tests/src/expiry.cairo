//! A session ends to the second. `__validate__` sees the time rounded down to the full hour, and
//! `__execute__` sees the real time.

use session_account::session::interface::ISessionsDispatcherTrait;
use snforge_std::{start_cheat_block_timestamp_global, start_mock_call};
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, LATEST, NOW, PROTOCOL, TOKEN, act_as, act_as_itself, deploy, deploy_without_session,
    error, execute, owner, session, sessions, sign, sign_as_session, sign_for, transfer, validate,
};
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};

const HOUR: u64 = 3_600;
const NO_END: u64 = 0xffffffffffffffff;

/// Runs a transaction of the session as the protocol does in a block at the time `now`. Returns 0
/// if it succeeds, else the error, or 'refused' if `__validate__` refuses it.
fn transact(account: ContractAddress, now: u64) -> felt252 {
    start_cheat_block_timestamp_global(now - now % HOUR);
    if validate(account, sign_as_session()) != VALIDATED {
        return 'refused';
    }
    start_cheat_block_timestamp_global(now);
    error(execute(account, sign_as_session(), transfer()))
}

#[test]
fn o_1_a_plain_transaction_expires_to_the_second() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), true);
    let next_hour = END - END % HOUR + HOUR;
    assert!(END + 1 < next_hour);
    for now in array![NOW, END - 1, END] {
        assert_eq!(transact(account, now), 0);
    }
    // `__validate__` still sees the full hour and accepts the transaction, so the chain includes
    // it. `__execute__` reverts it.
    for now in array![END + 1, next_hour - 1] {
        assert_eq!(transact(account, now), 'Session: expired');
    }
    assert_eq!(transact(account, next_hour), 'refused');
}

#[test]
fn validation_refuses_from_the_second_after_the_end() {
    let account = deploy(10, array![]);
    start_cheat_block_timestamp_global(END);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
    for now in array![END + 1, NO_END - 1] {
        start_cheat_block_timestamp_global(now);
        assert_refused_both_ways(account, session(), transfer().span(), 'Session: expired');
    }
}

#[test]
#[fuzzer]
fn execution_goes_by_the_end_in_the_signature_alone(now: u64, end: u64) {
    let account = deploy(10, array![]);
    start_cheat_block_timestamp_global(now);
    let executed = execute(account, sign_for(session(), HASH, end.into()), array![]);
    let expected = if now > end {
        'Session: expired'
    } else {
        0
    };
    assert_eq!(error(executed), expected);
}

#[test]
#[fuzzer(runs: 64)]
fn a_session_is_good_up_to_and_including_its_end(now: u64, end: u64) {
    let account = deploy_without_session();
    let end = 1 + end % LATEST;
    start_cheat_block_timestamp_global(end - 1);
    act_as_itself(account);
    sessions(account).add_session(session().public_key, end, 10, array![]);
    act_as(account, PROTOCOL);
    let signature = sign_for(session(), HASH, end.into());
    for (now, is_good) in array![
        (now, now <= end), (now % LATEST, now % LATEST <= end), (end - 1, true), (end, true),
    ] {
        start_cheat_block_timestamp_global(now);
        let answer = validate(account, signature.clone());
        assert_eq!(answer == VALIDATED, is_good);
        assert_eq!(sessions(account).get_session_status(session().public_key).is_active, is_good);
    }
    start_cheat_block_timestamp_global(end + 1);
    assert_eq!(validate(account, signature), 0);
}

#[test]
fn the_latest_end_is_an_end() {
    let account = deploy_without_session();
    act_as_itself(account);
    sessions(account).add_session(session().public_key, LATEST, 10, array![]);
    start_cheat_block_timestamp_global(LATEST);
    let signature = sign_for(session(), HASH, LATEST.into());
    assert_eq!(validate(account, signature.clone()), VALIDATED);
    assert!(execute(account, signature.clone(), array![]).is_ok());
    start_cheat_block_timestamp_global(LATEST + 1);
    assert_eq!(validate(account, signature.clone()), 0);
    assert_eq!(error(execute(account, signature, array![])), 'Session: expired');
}

/// `__execute__` takes the end from the signature. A felt of 2^128 or more does not overflow: it
/// counts as an end that has passed.
#[test]
fn an_end_that_is_no_time_has_passed() {
    let account = deploy(10, array![]);
    for end in array![0x100000000000000000000000000000000 + END.into(), -1] {
        let executed = execute(account, sign_for(session(), HASH, end), array![]);
        assert_eq!(error(executed), 'Session: expired');
    }
    assert!(execute(account, sign_for(session(), HASH, END.into()), array![]).is_ok());
}

/// O-5. Clients estimate fees with an empty signature and without validation, so `__execute__` must
/// not panic on it. Only a signature of four felts has an end to check.
#[test]
fn o_5_execution_does_not_panic_on_a_signature_of_another_length() {
    let account = deploy(10, array![]);
    start_mock_call(TOKEN, selector!("transfer"), 'done');
    start_cheat_block_timestamp_global(END + 1);
    for len in 0..8_u32 {
        let mut signature = array![];
        for _ in 0..len {
            signature.append(-1);
        }
        let executed = execute(account, signature, transfer());
        if len == 4 {
            assert_eq!(error(executed), 'Session: expired');
        } else {
            executed.unwrap();
        }
    }
}

#[test]
fn the_owner_has_no_end() {
    let account = deploy(10, array![]);
    start_cheat_block_timestamp_global(NO_END);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert!(execute(account, sign(owner()), array![]).is_ok());
}
