//! The owner's key: construction, and handing the account over.

use session_account::owner::interface::{
    IPublicKeyDispatcher, IPublicKeyDispatcherTrait, IPublicKeySafeDispatcher,
    IPublicKeySafeDispatcherTrait,
};
use session_account::session::interface::{
    AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait,
};
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use snforge_std::{
    ContractClassTrait, Event, EventSpyTrait, spy_events, start_cheat_block_timestamp_global,
    start_cheat_caller_address,
};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{END, HASH, NOW, calls_used, class, deploy, key, owner, session};
use crate::support::handover::{acceptance, acceptance_hash, hand_over, heir, set_public_key};
use crate::support::outside::{
    assert_allowed_both_ways, assert_refused_both_ways, assert_reverts, call_from_itself,
    deploy_mock, outside, relay, relay_as_owner, sign_outside, sign_outside_as_session, transact,
    transact_as_owner,
};
use crate::support::payments::{paid, payment};
use crate::support::vectors::owner_change::owner_change;

/// A felt that is not the x coordinate of a point on the Stark curve.
const NO_POINT: felt252 = 5;

fn public_key(account: ContractAddress) -> felt252 {
    IPublicKeyDispatcher { contract_address: account }.get_public_key()
}

fn assert_refused(result: Result<(), Array<felt252>>, error: felt252) {
    assert_eq!(*result.expect_err('not refused')[0], error);
}

#[test]
fn the_constructor_refuses_what_is_no_public_key() {
    let class = class();
    for key in array![0, NO_POINT, 9] {
        let error = class.deploy(@array![key]).expect_err('deployed');
        assert_eq!(*error[0], 'Account: invalid public key');
    }
    let (account, _) = class.deploy(@array![owner().public_key]).unwrap();
    assert_eq!(public_key(account), owner().public_key);
}

#[test]
fn the_constructor_announces_the_owner() {
    let class = class();
    let mut spy = spy_events();
    let (account, _) = class.deploy(@array![owner().public_key]).unwrap();
    let expected = Event {
        keys: array![selector!("OwnerAdded"), owner().public_key], data: array![],
    };
    assert_eq!(spy.get_events().events, array![(account, expected)]);
}

#[test]
fn another_keys_signature_is_not_the_owners() {
    let account = deploy(10, array![]);
    let calls = array![payment(deploy_mock("FreeToken"))].span();
    let (r, s) = heir().sign(HASH).unwrap();
    assert!(transact(account, calls, array![r, s]).is_none());
    transact_as_owner(account, calls).unwrap().unwrap();
}

/// The account, its owner and the signature are those of the independent client's vector.
#[test]
fn the_acceptance_message_is_that_of_an_independent_client() {
    let vector = owner_change();
    let hash = acceptance_hash(vector.account, vector.current_public_key);
    assert_eq!(hash, vector.message_hash);
    class().deploy_at(@array![vector.current_public_key], vector.account).unwrap();
    let wrong = array![vector.r, vector.s + 1];
    let refused = set_public_key(vector.account, vector.new_public_key, wrong);
    assert_refused(refused, 'Account: invalid signature');
    set_public_key(vector.account, vector.new_public_key, array![vector.r, vector.s]).unwrap();
    assert_eq!(public_key(vector.account), vector.new_public_key);
}

#[test]
fn a_new_owner_takes_over_and_the_old_one_is_out() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let calls = array![payment(token)].span();
    let pending = outside(calls);
    hand_over(account);
    assert_eq!(public_key(account), heir().public_key);

    assert!(transact_as_owner(account, calls).is_none());
    assert_reverts(relay_as_owner(account, calls), 'SRC9: invalid signature');
    let (r, s) = heir().sign(HASH).unwrap();
    transact(account, calls, array![r, s]).unwrap().unwrap();
    relay(account, pending, sign_outside(heir(), account, pending)).unwrap();
    assert_eq!(paid(token), 2);
}

#[test]
fn a_new_owner_must_have_signed_and_be_a_key() {
    let account = deploy(10, array![]);
    let key = heir().public_key;
    let right = acceptance(account, heir());
    let (r, s) = (*right[0], *right[1]);
    for (key, signature, error) in array![
        (key, array![], 'Account: invalid signature'),
        (key, array![r], 'Account: invalid signature'),
        (key, array![r, s, 0], 'Account: invalid signature'),
        (key, array![key, r, s, END.into()], 'Account: invalid signature'),
        (key, array![s, r], 'Account: invalid signature'),
        (key, acceptance(account, owner()), 'Account: invalid signature'),
        (key, acceptance('elsewhere'.try_into().unwrap(), heir()), 'Account: invalid signature'),
        (owner().public_key, right.clone(), 'Account: invalid signature'),
        (0, right.clone(), 'Account: invalid public key'),
        (NO_POINT, right.clone(), 'Account: invalid public key'),
    ] {
        assert_refused(set_public_key(account, key, signature), error);
        assert_eq!(public_key(account), owner().public_key);
    }
    set_public_key(account, key, right).unwrap();
    assert_eq!(public_key(account), key);
}

/// The signed message contains the current owner, so that the signature is void after the change.
#[test]
fn an_acceptance_holds_once() {
    let account = deploy(10, array![]);
    let accepted = acceptance(account, heir());
    set_public_key(account, heir().public_key, accepted.clone()).unwrap();
    let again = set_public_key(account, heir().public_key, accepted);
    assert_refused(again, 'Account: invalid signature');
}

#[test]
#[feature("safe_dispatcher")]
fn only_the_account_itself_may_change_the_owner() {
    let account = deploy(10, array![]);
    let signature = acceptance(account, heir());
    let safe = IPublicKeySafeDispatcher { contract_address: account };
    for caller in array![0, 'stranger', heir().public_key] {
        start_cheat_caller_address(account, caller.try_into().unwrap());
        let refused = safe.set_public_key(heir().public_key, signature.span());
        assert_refused(refused, 'Account: unauthorized');
    }
    hand_over(account);
}

#[test]
fn the_owner_hands_over_in_a_transaction_and_a_session_does_not() {
    let account = deploy(10, array![]);
    let mut calldata = array![heir().public_key];
    acceptance(account, heir()).serialize(ref calldata);
    let selector = selector!("set_public_key");
    let calls = array![Call { to: account, selector, calldata: calldata.span() }].span();
    assert_refused_both_ways(account, session(), calls, 'Session: call to the account');
    assert_eq!(public_key(account), owner().public_key);
    transact_as_owner(account, calls).unwrap().unwrap();
    assert_eq!(public_key(account), heir().public_key);
}

/// O-3: a new owner ends every session, and a pending outside execution of a session is refused.
#[test]
fn a_new_owner_ends_every_session() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let calls = array![payment(token)].span();
    call_from_itself(account);
    let other = heir().public_key;
    ISessionsDispatcher { contract_address: account }.add_session(other, END, 10, array![]);
    assert_allowed_both_ways(account, session(), calls);

    let pending = outside(calls);
    let signature = sign_outside_as_session(account, pending);
    let successor = key('successor');
    let accepted = acceptance(account, successor);
    set_public_key(account, successor.public_key, accepted).unwrap();
    assert_refused_both_ways(account, session(), calls, 'Session: not found');
    assert_reverts(relay(account, pending, signature), 'Session: not found');
    assert_eq!((paid(token), calls_used(account, session())), (2, 0));
    for key in array![session().public_key, other] {
        let data = ISessionKeyManagerDispatcher { contract_address: account }.get_session_data(key);
        assert_eq!((data.valid_until, data.max_calls), (0, 0));
    }
}

/// H-4: all that a key signed as a session's would become valid as the owner's. So the account
/// refuses a key that was ever registered, by whichever function, and whether or not its session
/// has ended.
#[test]
fn h_4_a_key_that_was_a_sessions_becomes_no_owner() {
    let account = deploy(10, array![]);
    let call = AllowedCall {
        to: account_elsewhere(), selector: selector!("transfer"), argument: Option::None,
    };
    let sessions = ISessionsDispatcher { contract_address: account };
    let keys = ISessionKeyManagerDispatcher { contract_address: account };
    let refuse = |key: StarkCurveKeyPair| {
        let refused = set_public_key(account, key.public_key, acceptance(account, key));
        assert_refused(refused, 'Account: key was a session\'s');
        assert_eq!(public_key(account), owner().public_key);
    };
    let mut secret = 'h_4';
    for way in 0..3_u8 {
        for ending in array!['none', 'revoke_session', 'revoke_all_sessions', 'expiry'] {
            secret += 1;
            let key = key(secret);
            call_from_itself(account);
            if way == 0 {
                sessions.add_session(key.public_key, END, 1, array![]);
            } else if way == 1 {
                keys.add_or_update_session_key(key.public_key, END, 1, array![]);
            } else {
                sessions.add_session_for_calls(key.public_key, END, 1, array![call]);
            }
            call_from_itself(account);
            if ending == 'revoke_session' {
                sessions.revoke_session(key.public_key);
            } else if ending == 'revoke_all_sessions' {
                sessions.revoke_all_sessions();
            } else if ending == 'expiry' {
                start_cheat_block_timestamp_global(END + 1);
            }
            refuse(key);
            start_cheat_block_timestamp_global(NOW);
        }
    }
    // A key that only has a fee limit was never registered, and may become the owner's.
    call_from_itself(account);
    ISessionFeeLimitDispatcher { contract_address: account }
        .set_session_fee_limit(heir().public_key, 1);
    hand_over(account);
    assert_eq!(public_key(account), heir().public_key);
}

fn account_elsewhere() -> ContractAddress {
    'elsewhere'.try_into().unwrap()
}

/// The attack of H-4: an outside execution that a key signed as a session's is submitted with a
/// signature of two elements, as the owner's.
#[test]
fn h_4_what_a_session_signed_is_no_order_of_a_later_owner() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let signed = outside(array![payment(token)].span());
    let signature = sign_outside(session(), account, signed);
    let accepted = acceptance(account, session());
    let refused = set_public_key(account, session().public_key, accepted);
    assert_refused(refused, 'Account: key was a session\'s');
    assert_reverts(relay(account, signed, signature), 'SRC9: invalid signature');
    assert_eq!(paid(token), 0);
}

#[test]
fn a_new_owner_is_announced() {
    let account = deploy(10, array![]);
    let mut spy = spy_events();
    hand_over(account);
    let mut events = array![];
    for (from, event) in spy.get_events().events {
        assert_eq!(from, account);
        events.append(event);
    }
    let removed = Event {
        keys: array![selector!("OwnerRemoved"), owner().public_key], data: array![],
    };
    let added = Event { keys: array![selector!("OwnerAdded"), heir().public_key], data: array![] };
    let ended = Event { keys: array![selector!("AllSessionsRevoked")], data: array![] };
    assert_eq!(events.len(), 3);
    for expected in array![removed, added, ended] {
        assert!(contains(events.span(), @expected), "{expected:?} is not among {events:?}");
    }
}

fn contains(events: Span<Event>, wanted: @Event) -> bool {
    for event in events {
        if event == wanted {
            return true;
        }
    }
    false
}
