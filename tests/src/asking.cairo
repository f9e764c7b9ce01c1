//! `is_call_allowed`: anyone may ask whether the living session of a key may make a call.

use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionsDispatcherTrait,
};
use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
};
use snforge_std::{start_cheat_block_timestamp_global, start_mock_call};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, PROTOCOL, STRANGER, TOKEN, act_as, act_as_itself, call, deploy,
    deploy_without_session, key, owner, register, session, sessions, sign_as_session, sign_for,
    transfer, validate, validate_calls,
};
use crate::support::boundaries::boundaries;
use crate::support::lists::{blocked, register_for};

fn is_allowed(account: ContractAddress, key: felt252, call: Call) -> bool {
    sessions(account).is_call_allowed(key, call)
}

/// Says whether the session of the account may make `call`.
fn may(account: ContractAddress, call: Call) -> bool {
    is_allowed(account, session().public_key, call)
}

#[test]
fn a_living_sessions_list_and_the_blocked_selectors_are_asked() {
    let account = deploy(10, array![selector!("transfer")]);
    register(account, key('any call'), 10, array![]);
    let any_call = key('any call').public_key;
    for caller in array![STRANGER, PROTOCOL, account] {
        act_as(account, caller);
        assert!(may(account, call(selector!("transfer"))));
        assert!(may(account, Call { to: STRANGER, ..call(selector!("transfer")) }));
        assert!(!may(account, call(selector!("approve"))));
        assert!(is_allowed(account, any_call, call(selector!("approve"))));
        for selector in blocked() {
            assert!(!may(account, call(selector)));
            assert!(!is_allowed(account, any_call, call(selector)));
        }
    }
    let entry = AllowedCall {
        to: TOKEN,
        selector: selector!("transfer"),
        argument: Option::Some(AllowedArgument { index: 0, value: 1 }),
    };
    register_for(account, key('pinned'), array![entry]);
    let pinned = key('pinned').public_key;
    assert!(is_allowed(account, pinned, call(selector!("transfer"))));
    let other = Call { calldata: array![2, 1, 0].span(), ..call(selector!("transfer")) };
    assert!(!is_allowed(account, pinned, other));
    assert!(!is_allowed(account, pinned, Call { to: STRANGER, ..call(selector!("transfer")) }));
}

#[test]
fn of_the_accounts_own_calls_the_self_ending_alone_is_allowed() {
    let account = deploy(10, array![]);
    register(account, key('another'), 10, array![]);
    let (own, other) = (session().public_key, key('another').public_key);
    let ending = |
        key,
    | Call { to: account, selector: selector!("revoke_session"), calldata: array![key].span() };
    assert!(is_allowed(account, own, ending(own)) && is_allowed(account, other, ending(other)));
    for call in array![
        ending(other), ending(0), Call { calldata: array![].span(), ..ending(own) },
        Call { calldata: array![own, 0].span(), ..ending(own) },
        Call { selector: selector!("revoke_session_key"), ..ending(own) },
        Call { selector: selector!("get_public_key"), ..ending(own) },
        Call { to: account, ..call(selector!("transfer")) },
    ] {
        assert!(!is_allowed(account, own, call));
    }
}

#[test]
fn nothing_is_allowed_where_no_session_lives() {
    let account = deploy(10, array![]);
    let ending = |
        key,
    | Call { to: account, selector: selector!("revoke_session"), calldata: array![key].span() };
    for unknown in array![0, 1, -1, owner().public_key, key('unknown').public_key] {
        assert!(!is_allowed(account, unknown, *transfer()[0]));
        assert!(!is_allowed(account, unknown, ending(unknown)));
    }
    let own = session().public_key;
    assert!(may(account, *transfer()[0]));
    act_as_itself(account);
    sessions(account).revoke_session(own);
    assert!(!may(account, *transfer()[0]) && !may(account, ending(own)));

    register(account, key('another'), 10, array![]);
    assert!(is_allowed(account, key('another').public_key, *transfer()[0]));
    act_as_itself(account);
    sessions(account).revoke_all_sessions();
    assert!(!is_allowed(account, key('another').public_key, *transfer()[0]));
}

/// `is_call_allowed` does not check the session's end, its calls left, its fee limit and its
/// policies.
#[test]
fn end_calls_left_fees_and_policies_are_not_asked() {
    let account = deploy(1, array![]);
    let payment = *transfer()[0];
    act_as_itself(account);
    ISessionFeeLimitDispatcher { contract_address: account }
        .set_session_fee_limit(key('poor').public_key, 0);
    start_mock_call(TOKEN, selector!("balance_of"), 0_u256);
    ISessionSpendingPolicyDispatcher { contract_address: account }
        .set_spending_policy(key('poor').public_key, TOKEN, 1, 1, 1);
    register(account, key('poor'), 1, array![]);
    let dear = Call { calldata: array![1, 100, 0].span(), ..payment };
    assert_eq!(validate_calls(account, sign_for(key('poor'), HASH, END.into()), array![dear]), 0);
    assert!(is_allowed(account, key('poor').public_key, dear));

    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(validate(account, sign_as_session()), 0);
    assert!(may(account, payment), "no call is left");
    start_cheat_block_timestamp_global(END + 1);
    assert!(may(account, payment), "it has expired");
}

#[test]
fn felts_at_every_boundary_are_answered() {
    let account = deploy_without_session();
    let pinned = |
        index,
    | AllowedCall {
        to: TOKEN,
        selector: selector!("transfer"),
        argument: Option::Some(AllowedArgument { index, value: 1 }),
    };
    register(account, key('listed'), 10, array![selector!("transfer")]);
    register_for(account, key('first'), array![pinned(0)]);
    register_for(account, key('last'), array![pinned(255)]);
    for felt in boundaries() {
        assert!(!is_allowed(account, felt, *transfer()[0]));
        for secret in array!['listed', 'first', 'last'] {
            let key = key(secret).public_key;
            let to: Option<ContractAddress> = felt.try_into();
            if let Option::Some(to) = to {
                let elsewhere = Call { to, ..call(selector!("transfer")) };
                assert_eq!(is_allowed(account, key, elsewhere), secret == 'listed');
            }
            assert!(!is_allowed(account, key, call(felt)));
            for calldata in array![array![], array![felt]] {
                let short = Call { calldata: calldata.span(), ..call(selector!("transfer")) };
                let is_there = secret == 'listed' || secret == 'first' && calldata == array![1];
                assert_eq!(is_allowed(account, key, short), is_there);
            }
        }
    }
}

/// `is_call_allowed` answers as `__validate__` does for a batch of exactly that call.
#[test]
#[fuzzer]
fn what_is_answered_is_what_validation_answers(listed: u8, called: u8, argument: u8) {
    let account = deploy_without_session();
    let targets = array![TOKEN, STRANGER, account];
    let selectors = array![
        selector!("transfer"), selector!("approve"), selector!("upgrade"),
        selector!("revoke_session"),
    ];
    let key = session();
    if listed % 3 == 0 {
        register(account, key, 0xffff, array![]);
    } else if listed % 3 == 1 {
        register(account, key, 0xffff, array![*selectors[(listed / 3 % 2).into()], 7]);
    } else {
        let argument = if listed / 3 % 2 == 0 {
            Option::None
        } else {
            Option::Some(AllowedArgument { index: listed / 6 % 3, value: key.public_key })
        };
        let selector = *selectors[(listed / 18 % 2).into()];
        register_for(account, key, array![AllowedCall { to: TOKEN, selector, argument }]);
    }
    let calldata = match argument % 5 {
        0 => array![],
        1 => array![key.public_key],
        2 => array![1, key.public_key],
        3 => array![1, 2, key.public_key],
        _ => array![argument.into(), 0, 0, 0],
    };
    let call = Call {
        to: *targets[(called % 3).into()],
        selector: *selectors[(called / 3 % 4).into()],
        calldata: calldata.span(),
    };
    let answer = validate_calls(account, sign_for(key, HASH, END.into()), array![call]);
    assert_eq!(is_allowed(account, key.public_key, call), answer == VALIDATED);
}
