//! Upgrades of the account to another class and back.

use session_account::introspection::interface::{ISRC5Dispatcher, ISRC5DispatcherTrait};
use session_account::outside_execution::interface::{ISRC9_V2Dispatcher, ISRC9_V2DispatcherTrait};
use session_account::owner::interface::{IPublicKeyDispatcher, IPublicKeyDispatcherTrait};
use session_account::session::interface::{
    ISESSIONS_ID, ISESSION_FEE_LIMIT_ID, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use session_account::spending::interface::ISESSION_SPENDING_TOKENS_ID;
use session_account::upgrade::interface::{
    IUpgradeableSafeDispatcher, IUpgradeableSafeDispatcherTrait,
};
use snforge_std::{
    DeclareResultTrait, Event, EventSpyTrait, declare, get_class_hash, load, map_entry_address,
    spy_events, start_cheat_caller_address, store,
};
use starknet::account::Call;
use starknet::{ClassHash, ContractAddress, VALIDATED};
use crate::support::account::{END, deploy, key, owner, session};
use crate::support::mocks::other_account::{IOtherAccountDispatcher, IOtherAccountDispatcherTrait};
use crate::support::outside::{
    assert_allowed_both_ways, assert_refused_both_ways, assert_reverts, call_from_itself,
    deploy_mock, outside, relay, relay_as_owner, sign_outside_as_owner, transact_as_owner,
};
use crate::support::payments::{paid, payment};
use crate::support::upgrade::upgrade;
use crate::support::vectors::{felt, interface_ids};

fn class_of(name: ByteArray) -> ClassHash {
    *declare(name).unwrap().contract_class().class_hash
}

fn flag(interface_id: felt252) -> felt252 {
    map_entry_address(selector!("SRC5_supported_interfaces"), array![interface_id].span())
}

fn spent(nonce: felt252) -> felt252 {
    map_entry_address(selector!("SRC9_nonces"), array![nonce].span())
}

#[test]
fn an_upgrade_emits_upgraded_and_ends_every_session() {
    let account = deploy(10, array![]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    assert_allowed_both_ways(account, session(), calls);
    let class_hash = get_class_hash(account);
    let mut spy = spy_events();
    upgrade(account, class_hash).unwrap();
    let events = spy.get_events().events;
    let ended = Event { keys: array![selector!("AllSessionsRevoked")], data: array![] };
    let upgraded = Event { keys: array![selector!("Upgraded")], data: array![class_hash.into()] };
    assert_eq!(events, array![(account, ended), (account, upgraded)]);

    assert_refused_both_ways(account, session(), calls, 'Session: not found');
    transact_as_owner(account, calls).unwrap().unwrap();
}

#[test]
#[feature("safe_dispatcher")]
fn only_the_account_itself_may_upgrade() {
    let account = deploy(10, array![]);
    let class_hash = get_class_hash(account);
    let safe = IUpgradeableSafeDispatcher { contract_address: account };
    for caller in array![0, 'stranger'] {
        start_cheat_caller_address(account, caller.try_into().unwrap());
        let refused = safe.upgrade(class_hash).expect_err('not refused');
        assert_eq!(*refused[0], 'Account: unauthorized');
    }
    upgrade(account, class_hash).unwrap();
}

#[test]
fn the_owner_upgrades_both_ways_and_a_session_does_not() {
    let account = deploy(10, array![]);
    let class_hash = get_class_hash(account);
    let calldata = array![class_hash.into()].span();
    let calls = array![Call { to: account, selector: selector!("upgrade"), calldata }].span();
    assert_refused_both_ways(account, session(), calls, 'Session: call to the account');
    transact_as_owner(account, calls).unwrap().unwrap();
    relay_as_owner(account, calls).unwrap();
}

/// A token has no `supports_interface`. `OtherAccount` has one that answers from the flags in
/// storage. (For a class that is not declared, snforge aborts the test, so the devnet's tests show
/// that case.)
#[test]
fn a_class_that_is_no_account_is_refused() {
    let account = deploy(10, array![]);
    let before = get_class_hash(account);
    let flag = flag(felt(@interface_ids().src6));
    store(account, flag, array![0].span());
    for no_account in array!["FreeToken", "OtherAccount"] {
        let refused = upgrade(account, class_of(no_account)).expect_err('not refused');
        assert_eq!(*refused[0], 'Account: class is no account');
    }
    assert_eq!(get_class_hash(account), before);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    assert_allowed_both_ways(account, session(), calls);

    store(account, flag, array![1].span());
    upgrade(account, class_of("OtherAccount")).unwrap();
    assert_eq!(get_class_hash(account), class_of("OtherAccount"));
}

/// A class's answer to one of `upgrade`'s two questions: `length` times `felt`.
#[derive(Copy, Drop, Debug)]
struct Answer {
    length: felt252,
    felt: felt252,
}

const YES: Answer = Answer { length: 1, felt: 1 };
const NOT_VALID: Answer = Answer { length: 1, felt: 0 };
const PANIC: Answer = Answer { length: 'panic', felt: 0 };

/// Returns wrong answers: other felts than that of `right`, other numbers of felts, and a panic.
fn wrong_answers(right: Answer) -> Array<Answer> {
    let mut answers = array![
        PANIC, Answer { length: 0, felt: 0 }, Answer { length: 2, felt: right.felt },
        Answer { length: 2, felt: 0 }, Answer { length: 3, felt: right.felt },
    ];
    for felt in array![0, 1, 2, -1, VALIDATED] {
        if felt != right.felt {
            answers.append(Answer { length: 1, felt });
        }
    }
    answers
}

/// Declares the class `Impostor`. Tells it what to answer, and to write `thief` as the owner and
/// `epoch` as the epoch while it is asked, unless they are 0.
fn impostor(
    account: ContractAddress, first: Answer, second: Answer, thief: felt252, epoch: felt252,
) -> ClassHash {
    for (name, felt) in array![
        (selector!("Impostor_first_length"), first.length),
        (selector!("Impostor_first_felt"), first.felt),
        (selector!("Impostor_second_length"), second.length),
        (selector!("Impostor_second_felt"), second.felt), (selector!("Impostor_thief"), thief),
        (selector!("Impostor_epoch"), epoch),
    ] {
        store(account, name, array![felt].span());
    }
    class_of("Impostor")
}

fn assert_refuses_the_impostor(account: ContractAddress, first: Answer, second: Answer) {
    let class_hash = impostor(account, first, second, 0, 0);
    assert_reverts(upgrade(account, class_hash), 'Account: class is no account');
}

#[test]
fn h_2_a_class_must_say_that_no_signature_is_not_valid() {
    let account = deploy(10, array![]);
    let before = get_class_hash(account);
    for second in wrong_answers(NOT_VALID) {
        assert_refuses_the_impostor(account, YES, second);
    }
    assert_eq!(get_class_hash(account), before);
    let class_hash = impostor(account, YES, NOT_VALID, 0, 0);
    upgrade(account, class_hash).unwrap();
    assert_eq!(get_class_hash(account), class_hash);
}

#[test]
fn a_class_must_say_that_it_supports_snip_6() {
    let account = deploy(10, array![]);
    let before = get_class_hash(account);
    for first in wrong_answers(YES) {
        assert_refuses_the_impostor(account, first, NOT_VALID);
    }
    assert_eq!(get_class_hash(account), before);
}

/// The class runs as the account while it is asked. Here it makes a thief the owner and changes the
/// epoch.
#[test]
fn what_a_refused_class_did_when_it_was_asked_is_undone() {
    let account = deploy(100, array![selector!("transfer")]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let thief = key('a thief').public_key;
    let before = get_class_hash(account);
    let mut wrong = array![];
    for first in wrong_answers(YES) {
        wrong.append((first, NOT_VALID));
    }
    for second in wrong_answers(NOT_VALID) {
        wrong.append((YES, second));
    }
    for (first, second) in wrong {
        let class_hash = impostor(account, first, second, thief, 41);
        assert_reverts(upgrade(account, class_hash), 'Account: class is no account');
        for (name, expected) in array![
            (selector!("Account_public_key"), owner().public_key),
            (selector!("Sessions_v2_epoch"), 0), (selector!("Impostor_seen_owner"), 0),
        ] {
            assert_eq!(load(account, name, 1), array![expected]);
        }
    }
    assert_eq!(get_class_hash(account), before);
    assert_allowed_both_ways(account, session(), calls);
    transact_as_owner(account, calls).unwrap().unwrap();
}

/// When the class is asked, nothing has been written. What the account read before is not used
/// after, so the sessions end from the epoch that the class wrote.
#[test]
fn both_questions_come_before_anything_is_read_or_written() {
    let account = deploy(10, array![]);
    let class_hash = impostor(account, YES, NOT_VALID, 0, 41);
    let mut spy = spy_events();
    upgrade(account, class_hash).unwrap();
    assert_eq!(load(account, selector!("Impostor_seen_epoch"), 1), array![0]);
    assert_eq!(load(account, selector!("Impostor_seen_owner"), 1), array![owner().public_key]);
    assert_eq!(load(account, selector!("Sessions_v2_epoch"), 1), array![42]);

    let event = |name, data| (account, Event { keys: array![name], data });
    let expected = array![
        event(selector!("Asked"), array![]), event(selector!("Asked"), array![]),
        event(selector!("AllSessionsRevoked"), array![]),
        event(selector!("Upgraded"), array![class_hash.into()]),
    ];
    assert_eq!(spy.get_events().events, expected);
}

#[test]
fn o_6_owner_nonces_and_interfaces_live_under_openzeppelins_names() {
    let account = deploy(10, array![]);
    assert_eq!(load(account, selector!("Account_public_key"), 1), array![owner().public_key]);

    let signed = outside(array![].span());
    assert_eq!(load(account, spent(signed.nonce), 1), array![0]);
    relay(account, signed, sign_outside_as_owner(account, signed)).unwrap();
    assert_eq!(load(account, spent(signed.nonce), 1), array![1]);

    // OpenZeppelin's classes look for SNIP-6 and SNIP-9 in storage only, so both have their flags.
    let ids = interface_ids();
    for id in array![ids.src6, ids.src9_v2] {
        assert_eq!(load(account, flag(felt(@id)), 1), array![1]);
    }
}

#[test]
fn o_6_what_another_class_left_under_openzeppelins_names_is_kept() {
    let account = deploy(10, array![]);
    let heir = key('heir').public_key;
    store(account, selector!("Account_public_key"), array![heir].span());
    assert_eq!(IPublicKeyDispatcher { contract_address: account }.get_public_key(), heir);
    store(account, selector!("Account_public_key"), array![owner().public_key].span());

    let signed = outside(array![].span());
    let signature = sign_outside_as_owner(account, signed);
    store(account, spent(signed.nonce), array![1].span());
    assert_reverts(relay(account, signed, signature.clone()), 'SRC9: duplicated nonce');
    store(account, spent(signed.nonce), array![0].span());
    relay(account, signed, signature).unwrap();

    let introspection = ISRC5Dispatcher { contract_address: account };
    assert!(!introspection.supports_interface('its own'));
    store(account, flag('its own'), array![1].span());
    assert!(introspection.supports_interface('its own'));
}

#[test]
#[feature("safe_dispatcher")]
fn o_6_an_account_moves_away_and_back_with_its_owner_and_nonces() {
    let account = deploy(10, array![]);
    let ours = get_class_hash(account);
    let other = IOtherAccountDispatcher { contract_address: account };
    let here = outside(array![].span());
    let signature_here = sign_outside_as_owner(account, here);
    relay(account, here, signature_here.clone()).unwrap();
    let there = outside(array![].span());
    let signature_there = sign_outside_as_owner(account, there);

    upgrade(account, class_of("OtherAccount")).unwrap();
    assert_eq!(other.owner(), owner().public_key);
    assert!(other.is_spent(here.nonce));
    assert!(!other.is_spent(there.nonce));
    other.spend(there.nonce);
    other.move_to(ours);

    assert_eq!(
        IPublicKeyDispatcher { contract_address: account }.get_public_key(), owner().public_key,
    );
    for (signed, signature) in array![(here, signature_here), (there, signature_there)] {
        let nonces = ISRC9_V2Dispatcher { contract_address: account };
        assert!(!nonces.is_valid_outside_execution_nonce(signed.nonce));
        assert_reverts(relay(account, signed, signature), 'SRC9: duplicated nonce');
    }
    // The session stays ended, and its key stays used.
    let token = deploy_mock("FreeToken");
    let calls = array![payment(token)].span();
    assert_refused_both_ways(account, session(), calls, 'Session: not found');
    call_from_itself(account);
    let sessions = ISessionsSafeDispatcher { contract_address: account };
    let again = sessions.add_session(session().public_key, END, 10, array![]);
    assert_eq!(*again.expect_err('not refused')[0], 'Session: key already used');
    transact_as_owner(account, calls).unwrap().unwrap();
    assert_eq!(paid(token), 1);
}

/// The account supports its interfaces with their flags in storage, and without them, as if a class
/// had deployed it whose constructor writes none.
#[test]
fn every_interface_is_announced_whichever_constructor_ran() {
    let account = deploy(10, array![]);
    let introspection = ISRC5Dispatcher { contract_address: account };
    let ids = interface_ids();
    for id in array![
        felt(@ids.src5), felt(@ids.src6), felt(@ids.src9_v2),
        felt(@ids.snip163_session_key_manager), felt(@ids.spending_policy_by_the_same_rule),
        ISESSION_SPENDING_TOKENS_ID, ISESSIONS_ID, ISESSION_FEE_LIMIT_ID,
    ] {
        for flagged in array![1, 0] {
            store(account, flag(id), array![flagged].span());
            assert!(introspection.supports_interface(id), "{id} at flag {flagged}");
        }
    }
    assert!(!introspection.supports_interface('another'));
}
