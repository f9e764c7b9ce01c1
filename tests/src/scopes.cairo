//! Lists of calls: a session may call the listed selectors on the listed contracts, and nothing
//! else.

use session_account::session::interface::{
    AllowedArgument, AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionKeyManagerSafeDispatcher, ISessionKeyManagerSafeDispatcherTrait,
    ISessionsDispatcherTrait, ISessionsSafeDispatcher, ISessionsSafeDispatcherTrait,
};
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use snforge_std::start_cheat_block_timestamp_global;
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{
    END, NOW, STRANGER, TOKEN, act_as_itself, call, deploy, deploy_without_session, error, key,
    register, session, sessions, sign_as_session, transfer, validate_calls,
};
use crate::support::cost::gas_of_validation;
use crate::support::ending::end_itself;
use crate::support::lists::{blocked, deploy_for, register_for};
use crate::support::outside::{assert_allowed_both_ways, assert_refused_both_ways, mocked};
use crate::support::slots::{GENERATION, plant, read, record_of};
use crate::support::views::{data, status};

const NOT_LISTED: felt252 = 'Session: call not allowed';
const OTHER: ContractAddress = 'other token'.try_into().unwrap();

fn transfer_of(to: ContractAddress) -> AllowedCall {
    AllowedCall { to, selector: selector!("transfer"), argument: Option::None }
}

#[test]
fn a_scoped_session_calls_what_is_listed_where_it_is_listed_and_nothing_else() {
    let approval = AllowedCall { selector: selector!("approve"), ..transfer_of(OTHER) };
    let account = deploy_for(array![transfer_of(TOKEN), approval]);
    let payment = *transfer()[0];
    let approve = Call { to: OTHER, ..call(selector!("approve")) };
    assert_allowed_both_ways(account, session(), mocked(array![payment, approve]));

    for wrong in array![
        Call { to: OTHER, ..payment }, Call { to: TOKEN, ..approve },
        Call { selector: selector!("transfer_from"), ..payment }, Call { selector: 0, ..payment },
        Call { selector: 1, ..payment }, Call { to: 0.try_into().unwrap(), ..payment },
        Call { to: 0.try_into().unwrap(), selector: 0, ..payment },
        Call { to: 0.try_into().unwrap(), selector: 1, ..payment },
    ] {
        assert_refused_both_ways(account, session(), array![wrong].span(), NOT_LISTED);
        assert_refused_both_ways(account, session(), array![payment, wrong].span(), NOT_LISTED);
    }
}

#[test]
fn one_sessions_scope_is_not_anothers() {
    let account = deploy_for(array![transfer_of(TOKEN)]);
    register_for(account, key('other'), array![transfer_of(OTHER)]);
    assert_allowed_both_ways(account, session(), mocked(transfer()));
    assert_refused_both_ways(account, key('other'), transfer().span(), NOT_LISTED);
}

#[test]
fn a_scopes_entries_are_counted() {
    let pinned = |
        value,
    | AllowedCall {
        argument: Option::Some(AllowedArgument { index: 0, value }), ..transfer_of(STRANGER),
    };
    let calls = array![transfer_of(TOKEN), transfer_of(OTHER), pinned(1), pinned(2)];
    let account = deploy_for(calls);
    let session_key = session().public_key;
    assert_eq!(data(account, session_key), array![END.into(), 10, 0, 4].span());
    assert_eq!(status(account, session_key), array![1, END.into(), 10, 4].span());

    act_as_itself(account);
    sessions(account).revoke_session(session_key);
    assert_eq!(data(account, session_key), array![0, 0, 0, 0].span());
    assert_eq!(status(account, session_key), array![0, 0, 0, 0].span());
}

#[test]
fn a_plain_whitelist_is_of_calls_to_any_contract() {
    let account = deploy(10, array![selector!("transfer"), selector!("approve")]);
    for to in array![TOKEN, OTHER, STRANGER, 0.try_into().unwrap()] {
        for selector in array![selector!("transfer"), selector!("approve")] {
            let call = Call { to, ..call(selector) };
            assert!(sessions(account).is_call_allowed(session().public_key, call));
        }
    }
}

#[test]
#[feature("safe_dispatcher")]
fn scoping_refuses_each_bad_list_with_its_own_error() {
    let account = deploy_without_session();
    let good = transfer_of(TOKEN);
    let mut refusals = array![
        (array![], 'Session: no allowed calls'),
        (array![good, transfer_of(0.try_into().unwrap())], 'Session: zero target'),
        (array![good, transfer_of(account)], 'Session: call to the account'),
        (array![good, AllowedCall { selector: 0, ..good }], 'Session: zero selector'),
        (array![good, transfer_of(OTHER), good], 'Session: duplicate call'),
    ];
    for selector in blocked() {
        let blocked = AllowedCall { selector, ..good };
        refusals.append((array![good, blocked], 'Session: blocked selector'));
    }
    let sessions = ISessionsSafeDispatcher { contract_address: account };
    let fresh = session().public_key;
    act_as_itself(account);
    for (calls, expected) in refusals {
        assert_eq!(error(sessions.add_session_for_calls(fresh, END, 10, calls)), expected);
    }
    assert_eq!(data(account, fresh), array![0, 0, 0, 0].span());
    // One selector on two contracts is no duplicate, and neither are two selectors on one.
    let approval = AllowedCall { selector: selector!("approve"), ..good };
    let calls = array![good, transfer_of(OTHER), approval];
    assert_eq!(error(sessions.add_session_for_calls(fresh, END, 10, calls)), 0);
}

/// `add_or_update_session_key` knows of no lists of calls, and would replace one by a wider list.
/// So it refuses such a key even if its session has ended, which a thief of the key could bring
/// about.
#[test]
#[feature("safe_dispatcher")]
fn a_scoped_key_is_never_widened_by_an_update_living_or_not() {
    let account = deploy_for(array![transfer_of(OTHER)]);
    let session_keys = ISessionKeyManagerSafeDispatcher { contract_address: account };
    let assert_not_widened = |key: StarkCurveKeyPair| {
        act_as_itself(account);
        for list in array![array![], array![selector!("transfer")]] {
            let refused = session_keys.add_or_update_session_key(key.public_key, END * 2, 10, list);
            assert_eq!(error(refused), 'Session: scoped, use a new key');
        }
    };
    for now in array![NOW, END + 1] {
        start_cheat_block_timestamp_global(now);
        assert_not_widened(session());
    }
    start_cheat_block_timestamp_global(NOW);
    assert_refused_both_ways(account, session(), transfer().span(), NOT_LISTED);
    act_as_itself(account);
    sessions(account).revoke_session(session().public_key);
    assert_not_widened(session());
    // The key is refused too if its session ended itself, or ended with all others.
    register_for(account, key('ends itself'), array![transfer_of(OTHER)]);
    assert_eq!(error(end_itself(account, key('ends itself'))), 0);
    assert_not_widened(key('ends itself'));
    register_for(account, key('listed'), array![transfer_of(OTHER)]);
    act_as_itself(account);
    sessions(account).revoke_all_sessions();
    assert_not_widened(key('listed'));
    // A refusal changes nothing, and another key can be registered.
    assert_eq!(data(account, key('listed').public_key), array![0, 0, 0, 0].span());
    act_as_itself(account);
    let other = session_keys.add_or_update_session_key(key('other').public_key, END, 10, array![]);
    assert_eq!(error(other), 0);
}

#[test]
fn a1_10_an_earlier_scope_never_matches_again() {
    // The account never registers a key with a list of calls again. The test plays an earlier class
    // of the account that did.
    let account = deploy_for(array![transfer_of(TOKEN)]);
    let record = record_of(session().public_key);
    let registered = read(account, record);
    for generation in array![2, 3, 0xffffff] {
        plant(account, record, registered + (generation - 1) * GENERATION);
        assert_refused_both_ways(account, session(), transfer().span(), NOT_LISTED);
    }
    plant(account, record, registered);
    assert_allowed_both_ways(account, session(), mocked(transfer()));

    // One session's list of selectors allows nothing to another session with a list of calls.
    register(account, key('plain'), 10, array![selector!("transfer")]);
    register_for(account, key('listed'), array![transfer_of(OTHER)]);
    assert_refused_both_ways(account, key('listed'), transfer().span(), NOT_LISTED);
}

/// A session with a list of calls has a fee limit, so the session with a list of selectors gets the
/// same limit.
#[test]
fn a_scopes_lookup_costs_what_a_plain_whitelists_does() {
    let listed = deploy_for(array![transfer_of(TOKEN), transfer_of(OTHER)]);
    let plain = deploy(10, array![selector!("transfer"), 1]);
    act_as_itself(plain);
    ISessionFeeLimitDispatcher { contract_address: plain }
        .set_session_fee_limit(session().public_key, 1);
    let (listed, plain) = (gas_of_validation(listed), gas_of_validation(plain));
    // Telling the kind takes one comparison more. A second look-up would cost 24,000.
    assert!(listed <= plain + 500, "{listed} is more than {plain}");
}

/// Returns the calls of the selectors 'a' to 'd' on two contracts whose bits are set in `mask`.
fn subset(mask: u8) -> Array<AllowedCall> {
    let mut calls = array![];
    let mut rest = mask;
    for to in array![TOKEN, OTHER] {
        for selector in array!['a', 'b', 'c', 'd'] {
            if rest % 2 == 1 {
                calls.append(AllowedCall { to, selector, argument: Option::None });
            }
            rest = rest / 2;
        }
    }
    calls
}

fn is_valid(account: ContractAddress, allowed: Array<AllowedCall>) -> bool {
    let mut calls = array![];
    for AllowedCall { to, selector, .. } in allowed {
        calls.append(Call { to, selector, calldata: array![].span() });
    }
    validate_calls(account, sign_as_session(), calls) == VALIDATED
}

#[test]
#[fuzzer(runs: 64)]
fn a_batch_passes_if_and_only_if_every_pair_of_it_is_listed(listed: u8, called: u8) {
    let listed = if listed == 0 {
        1
    } else {
        listed
    };
    let account = deploy_for(subset(listed));
    let of_both = listed & called;
    assert_eq!(is_valid(account, subset(called)), called != 0 && of_both == called);
    assert_eq!(is_valid(account, subset(of_both)), of_both != 0);
}
