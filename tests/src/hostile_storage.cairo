//! What another class, which the account once had, may have left in its slots: no felt in any of
//! them makes `__validate__` panic.

use core::poseidon::hades_permutation;
use session_account::session::interface::{
    AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use snforge_std::{load, store};
use starknet::ContractAddress;
use super::account::{
    END, HASH, TOKEN, call, calls_used, deploy, deploy_without_session, key, owner, session, sign,
    sign_as_session, sign_for, transfer,
};
use super::boundaries::boundaries;
use super::outside::{
    assert_allowed_both_ways, assert_refused_both_ways, call_from_itself, deploy_mock, is_validated,
    transact_as_session,
};
use super::payments::{paid, payment, spend};

const REGISTRY: felt252 = selector!("Sessions_v1_registry");
const TWO_POW_32: felt252 = 0x100000000;
const TWO_POW_64: felt252 = 0x10000000000000000;
const TWO_POW_96: felt252 = 0x1000000000000000000000000;
const TWO_POW_128: felt252 = 0x100000000000000000000000000000000;
/// The high half of the largest felt, -1, whose low half is 0: more than that wraps.
const LARGEST_HIGH: felt252 = 0x8000000000000110000000000000000;

fn slot_of(name: felt252, key: felt252) -> felt252 {
    let (slot, _, _) = hades_permutation(key, key, name);
    slot
}

pub fn record_of(key: felt252) -> felt252 {
    slot_of(selector!("Sessions_v1_records"), key)
}

fn plant(account: ContractAddress, slot: felt252, felt: felt252) {
    store(account, slot, array![felt].span());
}

fn read(account: ContractAddress, slot: felt252) -> felt252 {
    *load(account, slot, 1)[0]
}

fn end_all(account: ContractAddress) {
    call_from_itself(account);
    ISessionsDispatcher { contract_address: account }.revoke_all_sessions();
}

fn is_sessions_valid(account: ContractAddress) -> bool {
    is_validated(account, transfer().span(), sign_as_session())
}

fn is_owners_valid(account: ContractAddress) -> bool {
    is_validated(account, transfer().span(), sign(owner()))
}

/// The record of a session of 9 transactions until `END`, without a list, of registration `number`.
fn record(number: felt252) -> felt252 {
    END.into() + 9 * TWO_POW_64 + 9 * TWO_POW_96 + number * TWO_POW_128
}

fn registry(last: felt252, floor: felt252) -> felt252 {
    last * TWO_POW_64 + floor
}

fn assert_shows_nothing(account: ContractAddress, key: felt252) {
    let data = ISessionKeyManagerDispatcher { contract_address: account }.get_session_data(key);
    assert_eq!(
        (data.valid_until, data.max_calls, data.calls_used, data.allowed_entrypoints_len),
        (0, 0, 0, 0),
    );
    let sessions = ISessionsDispatcher { contract_address: account };
    let status = sessions.get_session_status(key);
    assert_eq!((status.is_active, status.valid_until, status.remaining_calls), (false, 0, 0));
    assert!(status.allowed_entrypoints.is_empty());
    assert!(sessions.get_session_allowed_calls(key).is_empty());
}

/// The slots are where this file says: what it plants there is found.
#[test]
fn a_record_that_was_registered_is_the_one_that_is_planted() {
    let account = deploy(9, array![]);
    assert_eq!(read(account, record_of(session().public_key)), record(1));
    assert_eq!(read(account, REGISTRY), registry(1, 0));
    assert!(is_sessions_valid(account));
    assert_eq!(read(account, record_of(session().public_key)), record(1) - TWO_POW_96);
    end_all(account);
    assert_eq!(read(account, REGISTRY), registry(1, 1));
    assert!(!is_sessions_valid(account));
}

#[test]
fn whatever_another_class_left_in_a_record_does_not_panic() {
    let account = deploy(9, array![]);
    let key = key('planted').public_key;
    for felt in edges_of_fields() {
        plant(account, record_of(key), felt);
        assert!(!is_validated(account, transfer().span(), array![key, 1, 1, END.into()]));
        plant(account, record_of(session().public_key), felt);
        assert!(!is_sessions_valid(account));
        // That one is a session of the number given out, which ended in 1970.
        if felt != TWO_POW_128 + 1 {
            assert_shows_nothing(account, key);
        }
    }
    plant(account, record_of(session().public_key), record(1));
    assert!(is_sessions_valid(account));
}

/// Where a record's fields above its number begin, beside the other boundaries.
fn edges_of_fields() -> Array<felt252> {
    let mut felts = boundaries();
    for power in array![
        TWO_POW_96, TWO_POW_32 * TWO_POW_128, 0x10000 * TWO_POW_32 * TWO_POW_128,
        0x20000 * TWO_POW_32 * TWO_POW_128, 0x40000 * TWO_POW_32 * TWO_POW_128,
        0x40000 * TWO_POW_96 * TWO_POW_128, 0x80000 * TWO_POW_96 * TWO_POW_128,
    ] {
        felts.append_span(array![power - 1, power, power + 1].span());
    }
    felts
}

#[test]
#[fuzzer]
fn no_felt_in_a_record_makes_validation_panic(felt: felt252, valid_until: felt252) {
    let account = deploy(9, array![]);
    plant(account, record_of(session().public_key), felt);
    assert!(!is_sessions_valid(account));
    let signature = array![session().public_key, 1, 1, valid_until];
    assert!(!is_validated(account, transfer().span(), signature));
}

/// A session of the live registration's number, with 75 bits of anything above its empty list:
/// which kind of list it is, whether there is a fee limit, and what else there is room for.
#[test]
#[fuzzer]
fn no_record_of_any_fields_makes_validation_panic(left: u32, max_calls: u32, rest: u128) {
    let account = deploy(9, array![]);
    let rest = rest / 0x20000000000000;
    let above = rest.into() * (0x10000 * TWO_POW_32 * TWO_POW_128);
    let fields = END.into() + max_calls.into() * TWO_POW_64 + left.into() * TWO_POW_96;
    plant(account, record_of(session().public_key), fields + TWO_POW_128 + above);
    let (is_left, may_be_refused) = (left != 0, rest != 0);
    let is_validated = is_sessions_valid(account);
    assert!(is_validated == is_left || (may_be_refused && !is_validated));
    assert!(is_owners_valid(account));
}

#[test]
fn whatever_another_class_left_in_the_registry_sessions_can_be_ended() {
    let account = deploy(1_000, array![]);
    let mut felts = boundaries();
    // As the last number it does not fit, and is the live one once cut to 32 bits.
    felts.append(registry(TWO_POW_32 + 1, 0));
    for felt in felts {
        plant(account, REGISTRY, felt);
        is_sessions_valid(account);
        end_all(account);
        assert!(!is_sessions_valid(account));
        assert_shows_nothing(account, session().public_key);
    }
    plant(account, REGISTRY, registry(1, 0));
    assert!(is_sessions_valid(account));
}

/// A felt does not hold every two halves: the counter as the floor must not wrap to a lower one.
#[test]
fn whatever_counter_another_class_left_ending_all_ends_what_it_planted() {
    let account = deploy(9, array![]);
    for wraps in 1..32_u8 {
        for above in 0..2_u8 {
            let half = wraps.into() * LARGEST_HIGH + above.into();
            for felt in array![half, half * TWO_POW_128] {
                for number in array![1 + above.into(), TWO_POW_32 - 1] {
                    plant(account, record_of(session().public_key), record(number));
                    plant(account, REGISTRY, felt);
                    end_all(account);
                    assert!(!is_sessions_valid(account), "{felt} keeps {number} alive");
                }
            }
        }
    }
    plant(account, REGISTRY, registry(1, 0));
    plant(account, record_of(session().public_key), record(1));
    assert!(is_sessions_valid(account));
}

/// Registrations of one number share their lists.
#[test]
#[feature("safe_dispatcher")]
fn whatever_registry_another_class_left_no_number_is_given_out_twice() {
    let (first, second) = (key('first'), key('second'));
    for felt in array![0, -1, LARGEST_HIGH, (LARGEST_HIGH - 1) * TWO_POW_128] {
        let account = deploy_without_session();
        plant(account, REGISTRY, felt);
        let sessions = ISessionsSafeDispatcher { contract_address: account };
        for (key, selector) in array![(first, selector!("transfer")), (second, selector!("mint"))] {
            call_from_itself(account);
            let _ = sessions.add_session(key.public_key, END, 9, array![selector]);
        }
        let mint = array![call(selector!("mint"))].span();
        for (key, own, others) in array![
            (first, transfer().span(), mint), (second, mint, transfer().span()),
        ] {
            let signature = sign_for(key, HASH, END.into());
            assert!(!is_validated(account, others, signature.clone()), "another's list: {felt}");
            assert!(felt != 0 || is_validated(account, own, signature));
        }
    }
}

/// The owner registers a key in whose slot another class left something.
#[test]
fn whatever_another_class_left_in_a_record_a_new_session_is_what_was_asked_for() {
    let key = session().public_key;
    for felt in edges_of_fields() {
        let account = deploy_without_session();
        plant(account, record_of(key), felt);
        let max_fee = fee_limit(account, key);
        call_from_itself(account);
        ISessionKeyManagerDispatcher { contract_address: account }
            .add_or_update_session_key(key, END, 9, array![]);
        let status = ISessionsDispatcher { contract_address: account }.get_session_status(key);
        assert_eq!((status.is_active, status.valid_until, status.remaining_calls), (true, END, 9));
        assert!(status.allowed_entrypoints.is_empty());
        assert_eq!(fee_limit(account, key), max_fee);
    }
}

#[test]
#[feature("safe_dispatcher")]
fn whatever_another_class_left_in_a_record_a_scoped_session_has_a_fee_limit() {
    let key = session().public_key;
    let mut registered = 0_u8;
    for felt in edges_of_fields() {
        let account = deploy_without_session();
        plant(account, record_of(key), felt);
        call_from_itself(account);
        let calls = array![AllowedCall { to: TOKEN, selector: selector!("transfer") }];
        let outcome = ISessionsSafeDispatcher { contract_address: account }
            .add_session_for_calls(key, END, 9, calls);
        if outcome.is_ok() {
            assert!(fee_limit(account, key).is_some(), "no limit: {felt}");
            registered += 1;
        }
    }
    assert!(registered > 9);
}

fn fee_limit(account: ContractAddress, key: felt252) -> Option<u128> {
    ISessionFeeLimitDispatcher { contract_address: account }.get_session_fee_limit(key)
}

/// A number that was never given out is above every floor: it must be nobody's.
#[test]
fn a_session_planted_above_the_counter_is_none() {
    let account = deploy(9, array![]);
    let calls = array![payment(deploy_mock("Token"))].span();
    let slot = record_of(session().public_key);
    for number in array![2, 3, TWO_POW_32 - 1] {
        plant(account, slot, record(number));
        assert_refused_both_ways(account, calls, 'Session: not found');
        assert_shows_nothing(account, session().public_key);
    }
    end_all(account);
    for number in array![0, 1, 2, TWO_POW_32 - 1] {
        plant(account, slot, record(number));
        assert_refused_both_ways(account, calls, 'Session: not found');
    }
    plant(account, REGISTRY, registry(1, 0));
    plant(account, slot, record(1));
    assert_allowed_both_ways(account, calls);
}

/// An entry of a list links to the next: not to 0, or it is none.
#[test]
fn whatever_another_class_left_in_a_list_does_not_panic() {
    let account = deploy(1_000, array![selector!("transfer"), selector!("mint")]);
    let approval = array![spend(TOKEN, selector!("approve"), 1)].span();
    let (transfer, approve) = (entry(selector!("transfer")), entry(selector!("approve")));
    let linked = read(account, transfer);
    assert_eq!(linked, selector!("mint"), "the list is elsewhere");
    for felt in boundaries() {
        plant(account, transfer, felt);
        assert_eq!(is_sessions_valid(account), felt != 0);
        plant(account, approve, felt);
        assert_eq!(is_validated(account, approval, sign_as_session()), felt != 0);
        let sessions = ISessionsDispatcher { contract_address: account };
        let status = sessions.get_session_status(session().public_key);
        assert_eq!(status.allowed_entrypoints.len(), 2);
    }
}

/// Where registration 1 keeps what follows `selector` of any contract.
fn entry(selector: felt252) -> felt252 {
    let (slot, _, _) = hades_permutation(0, selector, selector!("Sessions_v1_whitelist") + 1);
    slot
}

/// Another class may have set a policy's flag, and no policy.
#[test]
fn whatever_another_class_left_in_a_policys_flag_limits_nothing() {
    let account = deploy(1_000, array![]);
    let token = deploy_mock("Token");
    let slot = slot_of(selector!("Sessions_v1_had_policy"), session().public_key);
    for felt in boundaries() {
        plant(account, slot, felt);
        transact_as_session(account, array![payment(token)].span()).unwrap().unwrap();
    }
    assert_eq!(paid(token), boundaries().len().into());
}

/// The policy is read where a panic reverts, and not in validation.
#[test]
fn whatever_another_class_left_in_a_policy_validation_does_not_read() {
    let account = deploy(1_000, array![]);
    let token = deploy_mock("Token");
    let calls = array![payment(token)].span();
    let (slot, _, _) = hades_permutation(
        session().public_key, token.into(), selector!("Sessions_v1_windows"),
    );
    plant(account, slot_of(selector!("Sessions_v1_had_policy"), session().public_key), 1);
    let mut passed = 0;
    for felt in boundaries() {
        plant(account, slot, felt);
        let outcome = transact_as_session(account, calls).expect('refused in validation');
        // Any window but 0 makes a policy, whose maxima are 0.
        assert_eq!(outcome.is_ok(), felt == 0);
        if felt == 0 {
            passed += 1;
        }
        assert_eq!(paid(token), passed);
    }
    assert!(passed != 0);
}

#[test]
fn whatever_another_class_left_in_the_owners_slot_does_not_panic() {
    let account = deploy(9, array![]);
    let slot = selector!("Account_public_key");
    for felt in boundaries() {
        plant(account, slot, felt);
        assert!(!is_owners_valid(account));
        assert!(!is_validated(account, transfer().span(), array![felt, felt]));
    }
    assert_eq!(calls_used(account, session()), 0);
    plant(account, slot, owner().public_key);
    assert!(is_owners_valid(account));
}
