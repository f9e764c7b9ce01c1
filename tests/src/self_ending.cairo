//! A session can end itself: by a batch of exactly one call, `revoke_session` of the account with
//! the session's own key. It may make no other call to the account.

use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait,
};
use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
};
use session_account_mocks::liar::ILiarDispatcherTrait;
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use snforge_std::{
    Event, EventSpyTrait, spy_events, start_cheat_block_timestamp_global,
    start_cheat_paymaster_data_global,
};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{
    END, HASH, TOKEN, calls_used, deploy, deploy_without_session, execute, key, register, session,
    set_bounds, sign_for, transfer,
};
use crate::support::caps::{cap, spent, truthful};
use crate::support::ending::{end_itself, ending};
use crate::support::lists::register_for;
use crate::support::mocks::reentrant::{IReentrantDispatcher, IReentrantDispatcherTrait};
use crate::support::outside::{
    Execution, assert_refused_both_ways, assert_reverts, call_from_itself, deploy_mock,
    is_validated, outside, relay, relay_as_session, sign_outside, transact, transact_as_session,
};
use crate::support::payments::payment;
use crate::support::slots::{plant, token_count_of, token_of, window_of};
use crate::support::views::data;

const SELF_CALL: felt252 = 'Session: call to the account';

/// Has the session of `key` end itself by a plain transaction.
fn end_itself_plainly(account: ContractAddress, key: StarkCurveKeyPair) -> Option<Execution> {
    let calls = array![ending(account, key.public_key)].span();
    transact(account, calls, sign_for(key, HASH, END.into()))
}

fn is_there(account: ContractAddress, key: StarkCurveKeyPair) -> bool {
    *data(account, key.public_key)[0] != 0
}

#[test]
fn a_session_ends_itself_both_ways_whatever_its_list() {
    let account = deploy_without_session();
    register(account, key('another'), 10, array![]);
    let revoked = |
        key: StarkCurveKeyPair,
    | Event { keys: array![selector!("SessionKeyRevoked"), key.public_key], data: array![] };
    let pinned = AllowedCall {
        to: TOKEN,
        selector: selector!("transfer"),
        argument: Option::Some(AllowedArgument { index: 0, value: 1 }),
    };
    let mut secret = 'session';
    for plain in array![true, false] {
        for list in array!['none', 'selectors', 'calls'] {
            secret += 1;
            let key = key(secret);
            if list == 'none' {
                register(account, key, 10, array![]);
            } else if list == 'selectors' {
                register(account, key, 10, array![selector!("transfer")]);
            } else {
                register_for(account, key, array![pinned]);
            }
            let mut spy = spy_events();
            if plain {
                end_itself_plainly(account, key).expect('refused in validation').unwrap();
            } else {
                end_itself(account, key).unwrap();
            }
            assert_eq!(spy.get_events().events, array![(account, revoked(key))]);
            assert!(!is_there(account, key));
            assert!(end_itself_plainly(account, key).is_none());
            assert_reverts(end_itself(account, key), 'Session: not found');
        }
    }
    assert!(is_there(account, key('another')));
    assert_eq!(calls_used(account, key('another')), 0);
}

/// A session with one transaction left can use it to end itself. Validation counts that transaction
/// like any other.
#[test]
fn a_self_ending_uses_a_call() {
    let calls_of = |account| array![ending(account, session().public_key)].span();
    let account = deploy(2, array![]);
    let signature = sign_for(session(), HASH, END.into());
    for used in 1..3_u32 {
        assert!(is_validated(account, calls_of(account), signature.clone()));
        assert_eq!(calls_used(account, session()), used);
    }
    assert!(!is_validated(account, calls_of(account), signature));
    for plain in array![true, false] {
        let account = deploy(1, array![]);
        if plain {
            end_itself_plainly(account, session()).expect('refused in validation').unwrap();
        } else {
            end_itself(account, session()).unwrap();
        }
        assert!(!is_there(account, session()));
    }
}

#[test]
fn a_spent_session_cannot_end_itself() {
    let account = deploy(1, array![]);
    let calls = array![ending(account, session().public_key)].span();
    let payment = payment(deploy_mock("FreeToken"));
    relay_as_session(account, array![payment].span()).unwrap();
    assert_refused_both_ways(account, session(), calls, 'Session: no calls left');
    assert!(is_there(account, session()));
}

#[test]
fn an_expired_session_cannot_end_itself() {
    let account = deploy(10, array![]);
    let calls = array![ending(account, session().public_key)].span();
    start_cheat_block_timestamp_global(END + 1);
    assert_refused_both_ways(account, session(), calls, 'Session: expired');
    // Validation accepts the session's last second, and execution refuses one second later.
    start_cheat_block_timestamp_global(END);
    assert!(is_validated(account, calls, sign_for(session(), HASH, END.into())));
    start_cheat_block_timestamp_global(END + 1);
    let late = execute(account, sign_for(session(), HASH, END.into()), array![*calls[0]]);
    assert_reverts(late, 'Session: expired');
    assert!(is_there(account, session()));
    start_cheat_block_timestamp_global(END);
    end_itself(account, session()).unwrap();
}

#[test]
fn a_self_ending_is_signed_by_the_session_over_this_very_message() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![]);
    let session_key = session().public_key;
    let calls = array![ending(account, session_key)].span();
    for (signature, error) in array![
        (sign_outside(key('another'), account, outside(calls)), 'Session: invalid signature'),
        (array![1, 1], 'Session: invalid signature'),
    ] {
        let signature = array![session_key, *signature[0], *signature[1], END.into()];
        assert_reverts(relay(account, outside(calls), signature.clone()), error);
        assert!(transact(account, calls, signature).is_none());
    }
    let signed = outside(calls);
    let right = sign_outside(session(), account, signed);
    let wrong_end = array![session_key, *right[0], *right[1], END.into() + 1];
    assert_reverts(relay(account, signed, wrong_end), 'Session: wrong valid_until');
    assert!(is_there(account, session()));
    relay(account, signed, array![session_key, *right[0], *right[1], END.into()]).unwrap();
}

#[test]
fn under_a_limit_of_zero_a_session_ends_itself_through_a_relayer_only() {
    let account = deploy(10, array![]);
    call_from_itself(account);
    ISessionFeeLimitDispatcher { contract_address: account }
        .set_session_fee_limit(session().public_key, 0);
    set_bounds(array![]);
    assert!(end_itself_plainly(account, session()).is_none());
    end_itself(account, session()).unwrap();
    assert!(!is_there(account, session()));
}

#[test]
fn a_self_ending_with_a_paymaster_is_refused() {
    let account = deploy(10, array![]);
    start_cheat_paymaster_data_global(array![1].span());
    assert!(end_itself_plainly(account, session()).is_none());
    start_cheat_paymaster_data_global(array![].span());
    end_itself_plainly(account, session()).expect('refused in validation').unwrap();
}

/// A batch with a second call, before or after, is refused: a transfer, such as one that a
/// paymaster appends, the end of another session, or the same call again.
#[test]
fn a_self_ending_stands_alone_in_its_batch() {
    for listed in array![array![], array![selector!("transfer"), selector!("revoke_session")]] {
        let account = deploy(10, listed);
        register(account, key('another'), 10, array![]);
        let itself = ending(account, session().public_key);
        let other = ending(account, key('another').public_key);
        let payment = *transfer()[0];
        for batch in array![
            array![itself, payment], array![payment, itself], array![itself, itself],
            array![itself, other], array![other, itself], array![payment, itself, payment],
        ] {
            assert_refused_both_ways(account, session(), batch.span(), SELF_CALL);
        }
        assert!(is_there(account, session()) && is_there(account, key('another')));
        assert_eq!(calls_used(account, session()), 0);
        end_itself(account, session()).unwrap();
    }
}

#[test]
fn no_other_call_of_the_account_is_the_self_ending() {
    for listed in array![array![], array![selector!("transfer"), selector!("revoke_session")]] {
        let account = deploy(10, listed);
        register(account, key('another'), 10, array![]);
        let own = session().public_key;
        let itself = ending(account, own);
        let mut wrong = array![
            ending(account, key('another').public_key), ending(account, 0),
            ending(account, own + 1), ending(account, -own),
            Call { calldata: array![].span(), ..itself },
            Call { calldata: array![own, 0].span(), ..itself },
            Call { calldata: array![own, own].span(), ..itself },
            Call { calldata: array![0, own].span(), ..itself },
            Call { calldata: array![1, own].span(), ..itself },
        ];
        for selector in array![
            selector!("revoke_session_key"), selector!("revoke_all_sessions"),
            selector!("get_session_data"), selector!("is_call_allowed"),
            selector!("remove_session_fee_limit"), selector!("upgrade"), 0,
        ] {
            wrong.append(Call { selector, ..itself });
        }
        for call in wrong {
            assert_refused_both_ways(account, session(), array![call].span(), SELF_CALL);
        }
        assert!(is_there(account, session()) && is_there(account, key('another')));
        end_itself(account, session()).unwrap();
        assert!(is_there(account, key('another')));
    }
}

#[test]
#[fuzzer]
fn no_calldata_but_the_own_key_ends_a_session(first: felt252, second: felt252, len: u8) {
    let account = deploy(10, array![]);
    let mut calldata = array![];
    if len % 4 != 0 {
        calldata.append(first);
    }
    for _ in 1..(len % 4) {
        calldata.append(second);
    }
    let call = Call { calldata: calldata.span(), ..ending(account, 0) };
    assert_refused_both_ways(account, session(), array![call].span(), SELF_CALL);
    assert!(is_there(account, session()));
}

/// On another contract `revoke_session` is a selector like any other.
#[test]
fn the_self_ending_of_another_contract_is_a_call_like_any() {
    let account = deploy(10, array![selector!("transfer")]);
    let own = session().public_key;
    let elsewhere = Call { to: TOKEN, ..ending(account, own) };
    assert_refused_both_ways(
        account, session(), array![elsewhere].span(), 'Session: call not allowed',
    );
    register(account, key('unlisted'), 10, array![]);
    let sessions = ISessionsDispatcher { contract_address: account };
    assert!(sessions.is_call_allowed(key('unlisted').public_key, elsewhere));
    assert!(!sessions.is_call_allowed(own, elsewhere));
}

/// An earlier class may have left a policy whose token is the account itself. It does not block the
/// call by which a session ends itself, and counts nothing.
#[test]
fn a_self_ending_asks_no_policy() {
    let account = deploy_without_session();
    let token = deploy_mock("FreeToken");
    let policies = ISessionSpendingPolicyDispatcher { contract_address: account };
    for plain in array![true, false] {
        let key = key(if plain {
            'plain'
        } else {
            'relayed'
        });
        register(account, key, 10, array![]);
        call_from_itself(account);
        policies.set_spending_policy(key.public_key, token, 1, 1, 3_600);
        plant(account, token_count_of(key.public_key), 2);
        plant(account, token_of(key.public_key, 1), account.into());
        plant(account, window_of(key.public_key, account), 3_600);
        if plain {
            end_itself_plainly(account, key).expect('refused in validation').unwrap();
        } else {
            end_itself(account, key).unwrap();
        }
        assert!(!is_there(account, key));
        for token in array![account, token] {
            let policy = policies.get_spending_policy(key.public_key, token);
            assert_eq!((policy.window_seconds, policy.spent_in_window), (3_600, 0));
        }
    }
}

/// P-24: neither a token that panics nor one that lies can keep a session from ending itself.
#[test]
fn a_self_ending_asks_no_balance() {
    for plain in array![true, false] {
        for answer in array![None, Some(array![]), Some(array![1, -1]), Some(array![0, 0])] {
            let account = deploy(10, array![]);
            let liar = truthful(1_000);
            cap(account, liar.contract_address, 1);
            match answer {
                None => liar.fall_silent(selector!("balance_of")),
                Some(felts) => liar.answer(selector!("balance_of"), felts),
            }
            if plain {
                end_itself_plainly(account, session()).expect('refused in validation').unwrap();
            } else {
                end_itself(account, session()).unwrap();
            }
            assert!(!is_there(account, session()));
            assert_eq!(spent(account, liar.contract_address), 0);
        }
    }
}

/// A contract that a session calls cannot call `revoke_session` back: the account would not be the
/// caller.
#[test]
fn what_a_session_calls_ends_no_session() {
    let account = deploy(10, array![]);
    let contract_address = deploy_mock("Reentrant");
    let reentrant = IReentrantDispatcher { contract_address };
    reentrant.arm(account, selector!("revoke_session"), array![session().public_key]);
    let fire = Call {
        to: contract_address, selector: selector!("fire"), calldata: array![].span(),
    };
    transact_as_session(account, array![fire].span()).expect('refused in validation').unwrap();
    assert_eq!(reentrant.answer(), 'Account: unauthorized');
    assert!(is_there(account, session()));
}

/// As every outside execution that nobody has submitted, this one becomes valid again when its key
/// is registered again (`known_limits`). So each registration should have a fresh key.
#[test]
fn an_unspent_self_ending_comes_back_with_its_key() {
    let account = deploy(10, array![]);
    let session_key = session().public_key;
    let signed = outside(array![ending(account, session_key)].span());
    let signature = sign_outside(session(), account, signed);
    let signature = array![session_key, *signature[0], *signature[1], END.into()];
    end_itself(account, session()).unwrap();
    assert_reverts(relay(account, signed, signature.clone()), 'Session: not found');
    call_from_itself(account);
    ISessionKeyManagerDispatcher { contract_address: account }
        .add_or_update_session_key(session_key, END, 10, array![]);
    relay(account, signed, signature).unwrap();
    assert!(!is_there(account, session()));
}
