//! Where the account keeps sessions, and that no two things share a slot. (`hostile_storage` tests
//! what an earlier class may have left there.)

use core::dict::{Felt252Dict, Felt252DictTrait};
use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerSafeDispatcher, ISessionKeyManagerSafeDispatcherTrait,
    ISessionsDispatcherTrait,
};
use snforge_std::get_class_hash;
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, TOKEN, act_as_itself, deploy, deploy_without_session, error, key, owner, register, session,
    sessions, sign_as_session, transfer, validate,
};
use crate::support::handover::hand_over;
use crate::support::lists::register_for;
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};
use crate::support::slots::{
    CALLS_LEFT, ENTRIES, EPOCH, FEE_LIMIT, GENERATION, IN_EPOCH, KIND, MAX_CALLS, argument_of,
    cell_of, first_hash, plant, read, record, record_of, token_count_of,
};
use crate::support::upgrade::upgrade;
use crate::support::views::{data, status};

const LAST_GENERATION: felt252 = 0xffffff;
const TWO_POW_32: felt252 = 0x100000000;
const NOT_FOUND: felt252 = 'Session: not found';

fn end_all(account: ContractAddress) {
    act_as_itself(account);
    sessions(account).revoke_all_sessions();
}

fn fee_limits(account: ContractAddress) -> ISessionFeeLimitDispatcher {
    ISessionFeeLimitDispatcher { contract_address: account }
}

/// Has the account register `key` by SNIP-163's function. Returns the error, or 0 if it succeeds.
#[feature("safe_dispatcher")]
fn update(account: ContractAddress, key: felt252) -> felt252 {
    act_as_itself(account);
    error(
        ISessionKeyManagerSafeDispatcher { contract_address: account }
            .add_or_update_session_key(key, END, 9, array![]),
    )
}

fn transfer_to(value: felt252) -> AllowedCall {
    AllowedCall {
        to: TOKEN,
        selector: selector!("transfer"),
        argument: Option::Some(AllowedArgument { index: 0, value }),
    }
}

/// Each field of a record has the place that the table in `record.cairo` gives it.
#[test]
fn a_record_holds_each_field_where_it_is_documented() {
    let account = deploy(9, array![]);
    let slot = record_of(session().public_key);
    assert_eq!(read(account, slot), record(1, 0));
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(read(account, slot), record(1, 0) - CALLS_LEFT);

    end_all(account);
    register(account, key('listed'), 9, array![selector!("transfer"), selector!("approve")]);
    let listed = record(1, 1) + 2 * ENTRIES + KIND;
    assert_eq!(read(account, record_of(key('listed').public_key)), listed);

    register_for(account, key('calls'), array![transfer_to(1), transfer_to(2), transfer_to(3)]);
    let calls = record(1, 1) + MAX_CALLS + CALLS_LEFT + 3 * ENTRIES + 2 * KIND + 2 * FEE_LIMIT;
    assert_eq!(read(account, record_of(key('calls').public_key)), calls);
}

#[test]
fn each_registration_takes_the_keys_next_generation() {
    let account = deploy(9, array![]);
    let session_key = session().public_key;
    let slot = record_of(session_key);
    let mut epoch = 0;
    for generation in 2..9_u8 {
        // The key is registered again while its session lives, after it was revoked, and after all
        // sessions were ended.
        act_as_itself(account);
        if generation % 3 == 0 {
            sessions(account).revoke_session(session_key);
        } else if generation % 3 == 1 {
            sessions(account).revoke_all_sessions();
            epoch += 1;
        }
        assert_eq!(update(account, session_key), 0);
        assert_eq!(read(account, slot), record(generation.into(), epoch));
    }
    // Generations are counted for each key.
    register(account, key('another'), 9, array![]);
    assert_eq!(read(account, record_of(key('another').public_key)), record(1, epoch));
}

#[test]
fn a_key_is_registered_16777215_times_and_no_more() {
    let account = deploy(9, array![]);
    let session_key = session().public_key;
    let slot = record_of(session_key);
    plant(account, slot, record(LAST_GENERATION - 1, 0));
    assert_eq!(update(account, session_key), 0);
    assert_eq!(read(account, slot), record(LAST_GENERATION, 0));
    assert_allowed_both_ways(account, session(), mocked(transfer()));

    let before = read(account, slot);
    assert_eq!(update(account, session_key), 'Session: too many registrations');
    assert_eq!(read(account, slot), before);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
    act_as_itself(account);
    sessions(account).revoke_session(session_key);
    assert_eq!(update(account, session_key), 'Session: too many registrations');
    assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
}

#[test]
fn an_entry_takes_one_cell_and_a_pinned_one_another_for_each_value() {
    let account = deploy(9, array![selector!("transfer"), 1, -1]);
    let session_key = session().public_key;
    for (selector, expected) in array![
        (selector!("transfer"), 1), (1, 1), (-1, 1), (selector!("approve"), 0), (0, 0),
    ] {
        assert_eq!(read(account, cell_of(session_key, 1, 0, selector)), expected);
        assert_eq!(read(account, cell_of(session_key, 2, 0, selector)), 0);
        assert_eq!(read(account, cell_of(session_key, 1, TOKEN.into(), selector)), 0);
    }

    let (to, selector) = (TOKEN.into(), selector!("transfer"));
    let free = AllowedCall { to: TOKEN, selector: 1, argument: Option::None };
    for index in array![0_u8, 1, 254, 255] {
        let listed = key('listed' + index.into());
        let pinned = |
            value,
        | AllowedCall {
            argument: Option::Some(AllowedArgument { index, value }), ..transfer_to(0),
        };
        register_for(account, listed, array![pinned(0), free, pinned(1), pinned(-1)]);
        let listed = listed.public_key;
        assert_eq!(read(account, cell_of(listed, 1, to, selector)), 2 + index.into());
        assert_eq!(read(account, cell_of(listed, 1, to, 1)), 1);
        assert_eq!(read(account, cell_of(listed, 1, 0, selector)), 0);
        for (value, expected) in array![(0, 1), (1, 1), (-1, 1), (2, 0), (index.into() + 3, 0)] {
            assert_eq!(read(account, argument_of(listed, 1, to, selector, value)), expected);
            assert_eq!(read(account, argument_of(listed, 1, to, 1, value)), 0);
        }
    }
}

#[test]
fn every_ending_of_all_adds_1_to_the_epoch() {
    let account = deploy(9, array![]);
    assert_eq!(read(account, EPOCH), 0);
    end_all(account);
    assert_eq!(read(account, EPOCH), 1);
    hand_over(account);
    assert_eq!(read(account, EPOCH), 2);
    upgrade(account, get_class_hash(account)).unwrap();
    assert_eq!(read(account, EPOCH), 3);
    // Registering a key and revoking one session do not change the epoch.
    register(account, key('one'), 9, array![]);
    act_as_itself(account);
    sessions(account).revoke_session(key('one').public_key);
    assert_eq!(read(account, EPOCH), 3);
}

/// Ending all sessions adds 1 to the epoch as a felt, and does not panic, whatever epoch is stored.
/// An owner change and an upgrade do the same.
#[test]
fn no_epoch_makes_an_ending_panic() {
    let account = deploy_without_session();
    let class_hash = get_class_hash(account);
    for epoch in array![
        0, 1, TWO_POW_32 - 2, TWO_POW_32 - 1, TWO_POW_32, TWO_POW_32 + 1, IN_EPOCH - 1, IN_EPOCH,
        -2, -1,
    ] {
        plant(account, EPOCH, epoch);
        end_all(account);
        assert_eq!(read(account, EPOCH), epoch + 1);
        plant(account, EPOCH, epoch);
        upgrade(account, class_hash).unwrap();
        assert_eq!(read(account, EPOCH), epoch + 1);
        plant(account, EPOCH, epoch);
        plant(account, selector!("Account_public_key"), owner().public_key);
        hand_over(account);
        assert_eq!(read(account, EPOCH), epoch + 1);
    }
}

#[test]
fn from_epoch_4294967296_on_nothing_lives_and_nothing_is_registered() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    let slot = record_of(session_key);
    plant(account, EPOCH, TWO_POW_32 - 1);
    assert_eq!(update(account, session_key), 0);
    assert_eq!(read(account, slot), record(1, TWO_POW_32 - 1));
    assert_allowed_both_ways(account, session(), mocked(transfer()));

    end_all(account);
    for epoch in array![TWO_POW_32, TWO_POW_32 + 1, 2 * TWO_POW_32, IN_EPOCH, -1] {
        plant(account, EPOCH, epoch);
        assert_eq!(update(account, session_key), 'Session: too many epochs');
        assert_eq!(update(account, key('fresh').public_key), 'Session: too many epochs');
        for planted in array![0, 1, TWO_POW_32 - 1] {
            // An epoch of 2^32 must not be read as the epoch 0 with one more generation.
            for generation in array![1, 2] {
                plant(account, slot, record(generation, planted));
                assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
                assert_eq!(data(account, session_key), array![0, 0, 0, 0].span());
            }
        }
        // Revoking a session that does not live still succeeds.
        act_as_itself(account);
        sessions(account).revoke_session(session_key);
        end_all(account);
        assert_eq!(read(account, EPOCH), epoch + 1);
    }
}

/// A registration changes no slot but the key's own record and list.
#[test]
fn a_registration_touches_no_slot_but_the_keys_own() {
    let account = deploy_without_session();
    end_all(account);
    register(account, key('first'), 9, array![selector!("transfer")]);
    register_for(account, key('second'), array![transfer_to(1)]);
    let (first, second) = (key('first').public_key, key('second').public_key);
    let (to, selector) = (TOKEN.into(), selector!("transfer"));
    let slots = array![
        EPOCH, selector!("Account_public_key"), record_of(first), record_of(second),
        cell_of(first, 1, 0, selector), cell_of(second, 1, to, selector),
        argument_of(second, 1, to, selector, 1), cell_of(first, 2, 0, selector),
        cell_of(second, 2, to, selector),
    ];
    let before = all(account, slots.span());
    register(account, key('third'), 7, array![selector!("transfer"), selector!("approve")]);
    register_for(account, key('fourth'), array![transfer_to(1), transfer_to(2)]);
    assert_eq!(update(account, key('fifth').public_key), 0);
    assert_eq!(all(account, slots.span()), before);
}

fn all(account: ContractAddress, slots: Span<felt252>) -> Array<felt252> {
    let mut felts = array![];
    for slot in slots {
        felts.append(read(account, *slot));
    }
    felts
}

/// Asserts that the session lives, or that it does not, by the views, by a plain transaction and by
/// an outside execution.
fn assert_lives(account: ContractAddress, lives: bool) {
    let is_there = *data(account, session().public_key)[0] != 0;
    let allowed = sessions(account).is_call_allowed(session().public_key, *transfer()[0]);
    assert_eq!((is_there, allowed), (lives, lives));
    if lives {
        assert_allowed_both_ways(account, session(), mocked(transfer()));
    } else {
        assert_eq!(status(account, session().public_key), array![0, 0, 0, 0].span());
        assert_refused_both_ways(account, session(), transfer().span(), NOT_FOUND);
    }
}

#[test]
fn a_session_lives_by_its_generation_its_end_and_the_accounts_epoch() {
    let account = deploy_without_session();
    let slot = record_of(session().public_key);
    for epoch in array![0, 1, 7, TWO_POW_32 - 1] {
        plant(account, EPOCH, epoch);
        for generation in array![0, 1, LAST_GENERATION] {
            for planted in array![0, 1, 6, 7, 8, TWO_POW_32 - 1] {
                plant(account, slot, record(generation, planted));
                assert_lives(account, generation != 0 && planted == epoch);
                plant(account, slot, record(generation, planted) - END.into());
                assert_lives(account, false);
            }
        }
    }
}

#[test]
#[fuzzer]
fn no_session_lives_in_another_epoch_than_its_own(planted: u32, epoch: felt252, generation: u32) {
    let account = deploy_without_session();
    let slot = record_of(session().public_key);
    let generation: felt252 = (generation % 0x1000000).into();
    plant(account, slot, record(generation, planted.into()));
    for epoch in array![
        epoch, planted.into() + TWO_POW_32, planted.into() - TWO_POW_32, planted.into(),
    ] {
        plant(account, EPOCH, epoch);
        assert_lives(account, epoch == planted.into() && generation != 0);
    }
}

#[test]
fn revoking_keeps_the_keys_own_fields_and_no_other() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    let slot = record_of(session_key);
    plant(account, EPOCH, 5);
    for kind in array![0, 1, 2, 3] {
        for (fee_limit, generation) in array![(0, 1), (1, 2), (0x10000000000000000, 0xffffff)] {
            let own = generation * GENERATION + 5 * IN_EPOCH + kind * KIND + fee_limit * FEE_LIMIT;
            let others = END.into() + 8 * MAX_CALLS + 7 * CALLS_LEFT + 65_535 * ENTRIES;
            plant(account, slot, own + others);
            act_as_itself(account);
            sessions(account).revoke_session(session_key);
            assert_eq!(read(account, slot), own);
        }
    }
}

#[test]
#[fuzzer]
fn a_fee_limit_touches_no_other_field(low: u128, high: u64, limit: u64) {
    let account = deploy_without_session();
    let session_key = session().public_key;
    let slot = record_of(session_key);
    // Random bits below the fee limit.
    let others = low.into() + (high % 0x400000000000000).into() * IN_EPOCH;
    for former in array![0, 1, 0x10000000000000000] {
        plant(account, slot, others + former * FEE_LIMIT);
        act_as_itself(account);
        fee_limits(account).set_session_fee_limit(session_key, limit.into());
        assert_eq!(read(account, slot), others + (limit.into() + 1) * FEE_LIMIT);
        assert_eq!(
            fee_limits(account).get_session_fee_limit(session_key), Option::Some(limit.into()),
        );
        fee_limits(account).remove_session_fee_limit(session_key);
        assert_eq!(read(account, slot), others);
    }
}

#[test]
fn a_registration_keeps_the_keys_fee_limit() {
    let account = deploy_without_session();
    let session_key = session().public_key;
    act_as_itself(account);
    fee_limits(account).set_session_fee_limit(session_key, 0xffffffffffffffff);
    assert_eq!(read(account, record_of(session_key)), 0x10000000000000000 * FEE_LIMIT);
    sessions(account).add_session(session_key, END, 9, array![]);
    let expected = record(1, 0) + 0x10000000000000000 * FEE_LIMIT;
    assert_eq!(read(account, record_of(session_key)), expected);
}

/// An entry allows a call only if key, generation, contract, selector, index and value are all the
/// same.
#[test]
fn no_entry_is_found_by_anything_but_what_it_says() {
    let account = deploy_without_session();
    let (a, b): (felt252, felt252) = ('a', 'b');
    let pin = Option::Some(AllowedArgument { index: 1, value: a });
    let entry = AllowedCall { to: b.try_into().unwrap(), selector: a, argument: pin };
    register_for(account, session(), array![entry]);
    register_for(account, key('another'), array![transfer_to(1)]);
    let session_key = session().public_key;
    let asked = |key: felt252, to: felt252, selector: felt252, calldata: Array<felt252>| {
        let call = Call { to: to.try_into().unwrap(), selector, calldata: calldata.span() };
        sessions(account).is_call_allowed(key, call)
    };
    assert!(asked(session_key, b, a, array![b, a]));
    assert!(!asked(session_key, a, b, array![b, a]), "contract and selector swapped");
    assert!(!asked(session_key, b, a, array![a, b]), "another place");
    assert!(!asked(session_key, b, a, array![b, b]), "another value");
    assert!(!asked(session_key, b, b, array![b, a]), "another selector");
    assert!(!asked(session_key, a, a, array![b, a]), "another contract");
    assert!(!asked(session_key, 0, a, array![b, a]), "any contract");
    assert!(!asked(key('another').public_key, b, a, array![b, a]), "another key");
    let registered = read(account, record_of(session_key));
    plant(account, record_of(session_key), registered + GENERATION);
    assert!(!asked(session_key, b, a, array![b, a]), "another generation");
    plant(account, record_of(session_key), registered - KIND);
    assert!(!asked(session_key, b, a, array![b, a]), "another kind");
}

/// The slots are computed from few felts, so that keys, contracts, selectors and values are often
/// equal, and generations and keys differ by 1.
#[test]
fn no_two_slots_are_one() {
    let mut seen: Felt252Dict<bool> = Default::default();
    let mut slots = array![
        EPOCH, selector!("Account_public_key"), selector!("Sessions_v2_records"),
        selector!("Sessions_v2_token_count"), selector!("Sessions_v2_tokens"),
    ];
    let felts = array![0, 1, -1, selector!("transfer"), selector!("Sessions_v2_records")];
    for key in felts.span() {
        let key = *key;
        slots.append(record_of(key));
        for first in felts.span() {
            let first = *first;
            for domain in array![
                selector!("Sessions_v2_windows"), selector!("Sessions_v2_spending"),
                selector!("Sessions_v2_tokens"),
            ] {
                slots.append(first_hash(key, first, domain));
            }
            for second in felts.span() {
                for generation in array![1, 2] {
                    slots.append(cell_of(key, generation, first, *second));
                    for value in felts.span() {
                        slots.append(argument_of(key, generation, first, *second, *value));
                    }
                }
            }
        }
        slots.append(token_count_of(key));
    }
    for slot in slots {
        assert!(!seen.get(slot), "{slot} is of two");
        seen.insert(slot, true);
    }
}
