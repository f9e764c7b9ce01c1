//! Spending policies: the amounts that calls to a token name (SNIP-163, part H).

use core::num::traits::Bounded;
use session_account::session::interface::{
    ISessionKeyManagerDispatcher, ISessionKeyManagerDispatcherTrait, ISessionsDispatcher,
    ISessionsDispatcherTrait,
};
use session_account::spending::interface::{
    ISessionSpendingPolicyDispatcher, ISessionSpendingPolicyDispatcherTrait,
    ISessionSpendingPolicySafeDispatcher, ISessionSpendingPolicySafeDispatcherTrait, SpendingPolicy,
};
use snforge_std::signature::stark_curve::StarkCurveSignerImpl;
use snforge_std::{
    Event, EventSpyTrait, spy_events, start_cheat_block_timestamp_global,
    start_cheat_caller_address, start_mock_call,
};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::support::account::{END, HASH, NOW, deploy, key, session, sign_as_session};
use crate::support::outside::{
    assert_allowed_both_ways, assert_reverts, assert_reverts_both_ways, call_from_itself,
    deploy_mock, outside, relay, relay_as_owner, relay_as_session, sign_outside_as_session,
    transact, transact_as_owner, transact_as_session,
};
use crate::support::payments::{paid, pay, spend};

const WINDOW: u64 = 600;
const OVER_CALL: felt252 = 'Spending: over call maximum';
const OVER_WINDOW: felt252 = 'Spending: over window maximum';
const MOST: u256 = Bounded::MAX;

fn counted() -> Array<felt252> {
    array![
        selector!("transfer"), selector!("approve"), selector!("increase_allowance"),
        selector!("increaseAllowance"),
    ]
}

fn policies(account: ContractAddress) -> ISessionSpendingPolicyDispatcher {
    ISessionSpendingPolicyDispatcher { contract_address: account }
}

/// Sets the session's policy for `token`, with windows of ten minutes.
fn limit(account: ContractAddress, token: ContractAddress, per_call: u256, per_window: u256) {
    call_from_itself(account);
    policies(account)
        .set_spending_policy(session().public_key, token, per_call, per_window, WINDOW);
}

fn remove(account: ContractAddress, token: ContractAddress) {
    call_from_itself(account);
    policies(account).remove_spending_policy(session().public_key, token);
}

/// Deploys an account and a token, and sets a policy for the account's session.
fn limited(per_call: u256, per_window: u256) -> (ContractAddress, ContractAddress) {
    let account = deploy(1_000, array![]);
    let token = deploy_mock("FreeToken");
    limit(account, token, per_call, per_window);
    (account, token)
}

fn policy(account: ContractAddress, token: ContractAddress) -> SpendingPolicy {
    policies(account).get_spending_policy(session().public_key, token)
}

fn spent(account: ContractAddress, token: ContractAddress) -> u256 {
    policy(account, token).spent_in_window
}

fn felts(policy: SpendingPolicy) -> Array<felt252> {
    let mut felts = array![];
    policy.serialize(ref felts);
    felts
}

/// Has the session make `calls` in a plain transaction, which must succeed.
fn transact_well(account: ContractAddress, calls: Array<Call>) {
    transact_as_session(account, calls.span()).expect('refused in validation').unwrap();
}

#[test]
fn a_policy_reads_as_it_was_set_and_zero_when_there_is_none() {
    let (account, token) = (deploy(10, array![]), deploy_mock("FreeToken"));
    let none = array![0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(felts(policy(account, token)), none);
    call_from_itself(account);
    let per_call = u256 { low: 1, high: 2 };
    policies(account)
        .set_spending_policy(session().public_key, token, per_call, MOST, Bounded::MAX);
    let half: felt252 = Bounded::<u128>::MAX.into();
    let seconds: felt252 = Bounded::<u64>::MAX.into();
    assert_eq!(felts(policy(account, token)), array![1, 2, half, half, seconds, 0, 0, 0]);

    let others = policies(account).get_spending_policy(key('another session').public_key, token);
    assert_eq!(felts(others), none, "a policy is for one key");
    assert_eq!(felts(policy(account, account)), none, "a policy is for one token");
}

#[test]
fn a_call_may_move_the_maximum_and_no_unit_more() {
    let (account, token) = limited(10, 1_000);
    assert_allowed_both_ways(account, session(), array![pay(token, 10)].span());
    assert_reverts_both_ways(account, session(), array![pay(token, 11)].span(), OVER_CALL);
    assert_eq!((paid(token), spent(account, token)), (20, 20));
}

#[test]
fn a_window_fills_and_reopens_on_its_second() {
    let (account, token) = limited(10, 15);
    let first = NOW + 100;
    start_cheat_block_timestamp_global(first);
    transact_well(account, array![pay(token, 10)]);
    assert_eq!(policy(account, token).window_start, first);
    assert_reverts_both_ways(account, session(), array![pay(token, 6)].span(), OVER_WINDOW);
    start_cheat_block_timestamp_global(first + WINDOW / 2);
    relay_as_session(account, array![pay(token, 5)].span()).unwrap();
    assert_eq!(
        policy(account, token).window_start, first, "the window starts with its first spend",
    );
    assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);

    let signed = outside(array![pay(token, 9)].span());
    let signature = sign_outside_as_session(account, signed);
    start_cheat_block_timestamp_global(first + WINDOW - 1);
    assert_reverts(relay(account, signed, signature.clone()), OVER_WINDOW);
    start_cheat_block_timestamp_global(first + WINDOW);
    relay(account, signed, signature).unwrap();
    let policy = policy(account, token);
    assert_eq!((policy.window_start, policy.spent_in_window), (first + WINDOW, 9));
}

/// Around the edge of two windows, up to twice the maximum can leave, as the README says. The
/// fuzzed model below shows that it is never more.
#[test]
fn around_a_windows_edge_twice_the_maximum_passes() {
    let (account, token) = limited(10, 10);
    transact_well(account, array![pay(token, 1)]);
    start_cheat_block_timestamp_global(NOW + WINDOW - 1);
    transact_well(account, array![pay(token, 9)]);
    start_cheat_block_timestamp_global(NOW + WINDOW);
    transact_well(account, array![pay(token, 10)]);
    assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);
    assert_eq!(paid(token), 20);
}

#[test]
fn a_clock_that_went_back_ends_no_window() {
    let (account, token) = limited(10, 10);
    transact_well(account, array![pay(token, 10)]);
    for time in array![NOW - 1, NOW - WINDOW, NOW - 2 * WINDOW, 1] {
        start_cheat_block_timestamp_global(time);
        assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);
    }
    start_cheat_block_timestamp_global(NOW + WINDOW);
    transact_well(account, array![pay(token, 10)]);
}

#[test]
fn calls_of_a_batch_add_up() {
    let (account, token) = limited(10, 15);
    assert_reverts_both_ways(
        account, session(), array![pay(token, 8), pay(token, 8)].span(), OVER_WINDOW,
    );
    assert_eq!((paid(token), spent(account, token)), (0, 0));
    transact_well(account, array![pay(token, 8), pay(token, 7)]);
    assert_eq!((paid(token), spent(account, token)), (15, 15));
}

#[test]
fn a_limited_token_is_found_wherever_it_stands_in_a_batch() {
    let (account, token) = limited(10, 40);
    let free = spend(deploy_mock("FreeToken"), selector!("approve"), MOST);
    for calls in array![
        array![free, pay(token, 11)], array![free, free, pay(token, 1), free, pay(token, 11)],
    ] {
        assert_reverts_both_ways(account, session(), calls.span(), OVER_CALL);
    }
    let calls = array![free, pay(token, 9), free, pay(token, 9)];
    assert_allowed_both_ways(account, session(), calls.span());
    assert_eq!(spent(account, token), 36);
}

#[test]
fn each_token_is_counted_apart() {
    let (account, token) = limited(10, 10);
    let other = deploy_mock("FreeToken");
    limit(account, other, 20, 20);
    transact_well(account, array![pay(token, 10), pay(other, 20)]);
    assert_eq!((spent(account, token), spent(account, other)), (10, 20));
    assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);
    assert_reverts_both_ways(account, session(), array![pay(other, 1)].span(), OVER_WINDOW);
}

#[test]
fn transfers_approvals_and_allowances_count_alike() {
    let (account, token) = limited(10, 40);
    for selector in counted() {
        assert_reverts_both_ways(
            account, session(), array![spend(token, selector, 11)].span(), OVER_CALL,
        );
    }
    for selector in counted() {
        transact_well(account, array![spend(token, selector, 10)]);
    }
    for selector in counted() {
        assert_reverts_both_ways(
            account, session(), array![spend(token, selector, 1)].span(), OVER_WINDOW,
        );
    }
    assert_eq!(spent(account, token), 40);
}

/// The token has `burn` and `balance_of`, so that it is the account which refuses them.
#[test]
fn any_other_selector_on_a_token_with_a_policy_is_refused() {
    let (account, token) = limited(10, 40);
    let other = deploy_mock("FreeToken");
    let error = 'Spending: selector not counted';
    for selector in array![
        selector!("burn"), selector!("balance_of"), selector!("transfer_from"),
        selector!("transferFrom"), selector!("send"), selector!("permit"), 0, 1,
    ] {
        assert_reverts_both_ways(
            account, session(), array![spend(token, selector, 1)].span(), error,
        );
        let calls = array![pay(token, 1), spend(token, selector, 0)];
        assert_reverts_both_ways(account, session(), calls.span(), error);
    }
    let elsewhere = array![spend(other, selector!("burn"), MOST)].span();
    assert_allowed_both_ways(account, session(), elsewhere);
    let burn = array![spend(token, selector!("burn"), 1)].span();
    transact_as_owner(account, burn).unwrap().unwrap();
}

#[test]
#[fuzzer]
fn no_selector_but_the_four_passes(selector: felt252) {
    let (account, token) = limited(10, 40);
    let outcome = relay_as_session(account, array![spend(token, selector, 1)].span());
    assert_reverts(outcome, 'Spending: selector not counted');
}

#[test]
fn calldata_without_an_amount_is_refused() {
    let (account, token) = limited(10, 40);
    let too_wide = 0x100000000000000000000000000000000;
    for selector in counted() {
        for calldata in array![
            array![], array![1], array![1, 1], array![1, too_wide, 0], array![1, 1, too_wide],
            array![1, -1, -1], array![1, too_wide + 1, 0],
        ] {
            let calls = array![Call { to: token, selector, calldata: calldata.span() }];
            assert_reverts_both_ways(account, session(), calls.span(), 'Spending: invalid amount');
        }
        transact_well(account, array![Call { to: token, selector, calldata: [1, 1, 0].span() }]);
    }
    assert_eq!(spent(account, token), 4);
}

#[test]
fn the_high_half_of_an_amount_counts_and_sums_do_not_overflow() {
    let (account, token) = limited(10, 40);
    let high = u256 { low: 0, high: 1 };
    assert_reverts_both_ways(account, session(), array![pay(token, high)].span(), OVER_CALL);
    let high = u256 { low: 1, high: 1 };
    assert_reverts_both_ways(account, session(), array![pay(token, high)].span(), OVER_CALL);

    let (account, token) = limited(MOST, MOST);
    let all = spend(token, selector!("approve"), MOST);
    transact_well(account, array![all]);
    assert_eq!(spent(account, token), MOST);
    assert_reverts_both_ways(account, session(), array![all].span(), OVER_WINDOW);
    assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);
    transact_well(account, array![pay(token, 0)]);
}

#[test]
fn what_reverts_is_not_spent() {
    let (account, token) = limited(10, 40);
    let failing = Call {
        to: deploy_mock("Echo"), selector: selector!("fail"), calldata: array![].span(),
    };
    assert_reverts_both_ways(
        account, session(), array![pay(token, 10), failing].span(), 'Echo: failed',
    );
    assert_eq!((paid(token), spent(account, token)), (0, 0));
    assert_eq!(policy(account, token).window_start, 0);
}

#[test]
fn a_policy_may_come_first_and_stays_through_updates_and_revocations() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let other = key('another session');
    let (public_key, end) = (other.public_key, END.into());
    let set = Call {
        to: account,
        selector: selector!("set_spending_policy"),
        calldata: array![public_key, token.into(), 10, 0, 40, 0, WINDOW.into()].span(),
    };
    let add = Call {
        to: account, selector: selector!("add_session"), calldata: [public_key, end, 9, 0].span(),
    };
    transact_as_owner(account, array![set, add].span()).unwrap().unwrap();

    let (r, s) = other.sign(HASH).unwrap();
    let signature = array![public_key, r, s, end];
    transact(account, array![pay(token, 7)].span(), signature.clone()).unwrap().unwrap();
    let before = felts(policies(account).get_spending_policy(public_key, token));
    assert_eq!(before, array![10, 0, 40, 0, WINDOW.into(), 7, 0, NOW.into()]);

    let keys = ISessionKeyManagerDispatcher { contract_address: account };
    let sessions = ISessionsDispatcher { contract_address: account };
    for step in 0..5_u8 {
        call_from_itself(account);
        if step == 1 {
            sessions.revoke_session(public_key);
        } else if step == 3 {
            sessions.revoke_all_sessions();
        } else {
            keys.add_or_update_session_key(public_key, END, 9, array![]);
        }
        assert_eq!(felts(policies(account).get_spending_policy(public_key, token)), before);
    }
    let outcome = transact(account, array![pay(token, 11)].span(), signature.clone());
    assert_reverts(outcome.unwrap(), OVER_CALL);
    transact(account, array![pay(token, 10)].span(), signature).unwrap().unwrap();
}

#[test]
fn a_session_and_its_policy_come_in_one_batch_in_either_order() {
    let (account, token) = (deploy(10, array![]), deploy_mock("FreeToken"));
    let (key, end) = (key('another session').public_key, END.into());
    let set = Call {
        to: account,
        selector: selector!("set_spending_policy"),
        calldata: array![key, token.into(), 10, 0, 40, 0, WINDOW.into()].span(),
    };
    let add = Call {
        to: account, selector: selector!("add_session"), calldata: [key, end, 9, 0].span(),
    };
    transact_as_owner(account, array![add, set].span()).unwrap().unwrap();
    let policy = policies(account).get_spending_policy(key, token);
    assert_eq!((policy.max_per_call, policy.max_per_window), (10, 40));
}

#[test]
fn setting_a_policy_again_keeps_what_was_spent_and_when() {
    let (account, token) = limited(10, 40);
    transact_well(account, array![pay(token, 10)]);
    start_cheat_block_timestamp_global(NOW + 60);
    limit(account, token, 5, 9);
    let now: felt252 = NOW.into();
    let kept = array![5, 0, 9, 0, WINDOW.into(), 10, 0, now];
    assert_eq!(felts(policy(account, token)), kept);
    // More than the new maximum is already spent, so that every amount is refused, even 0, and
    // nothing underflows.
    assert_reverts_both_ways(account, session(), array![pay(token, 1)].span(), OVER_WINDOW);
    assert_reverts_both_ways(account, session(), array![pay(token, 0)].span(), OVER_WINDOW);

    limit(account, token, 10, 12);
    assert_reverts_both_ways(account, session(), array![pay(token, 3)].span(), OVER_WINDOW);
    transact_well(account, array![pay(token, 2)]);
}

#[test]
fn a_removed_policy_limits_nothing_and_remembers_nothing() {
    let (account, token) = limited(10, 10);
    transact_well(account, array![pay(token, 10)]);
    remove(account, token);
    assert_eq!(felts(policy(account, token)), array![0, 0, 0, 0, 0, 0, 0, 0]);
    assert_allowed_both_ways(account, session(), array![pay(token, 100)].span());
    assert_allowed_both_ways(
        account, session(), array![spend(token, selector!("burn"), 100)].span(),
    );
    // Removing a policy that was already removed succeeds.
    remove(account, token);
    limit(account, token, 10, 10);
    assert_eq!((spent(account, token), policy(account, token).window_start), (0, 0));
}

#[test]
fn the_owner_and_other_sessions_spend_freely() {
    let (account, token) = limited(1, 1);
    let calls = array![pay(token, 100)].span();
    assert_reverts_both_ways(account, session(), calls, OVER_CALL);
    let other = key('another session');
    call_from_itself(account);
    ISessionsDispatcher { contract_address: account }
        .add_session(other.public_key, END, 9, array![]);
    let (r, s) = other.sign(HASH).unwrap();
    let signature = array![other.public_key, r, s, END.into()];
    transact(account, calls, signature).unwrap().unwrap();
    transact_as_owner(account, calls).unwrap().unwrap();
    // The transaction has the signature of the session with the policy, and the outside execution
    // that of the owner, which counts.
    snforge_std::start_cheat_signature_global(sign_as_session().span());
    relay_as_owner(account, calls).unwrap();
    assert_eq!((paid(token), spent(account, token)), (300, 0));
}

#[test]
#[feature("safe_dispatcher")]
fn setting_a_policy_refuses_each_bad_limit_and_everybody_else() {
    let (account, token) = (deploy(10, array![]), deploy_mock("FreeToken"));
    let safe = ISessionSpendingPolicySafeDispatcher { contract_address: account };
    let key = session().public_key;
    let zero = 0.try_into().unwrap();
    let high = u256 { low: 0, high: 1 };
    for (token, per_call, per_window, window_seconds, error) in array![
        (zero, 1, 1, 1, 'Spending: zero token'), (token, 1, 1, 0, 'Spending: zero window'),
        (token, 0, 1, 1, 'Spending: zero maximum'), (token, 0, 0, 1, 'Spending: zero maximum'),
        (token, 1, 0, 1, 'Spending: zero maximum'), (token, 2, 1, 1, 'Spending: inverted maxima'),
        (token, high, high - 1, 1, 'Spending: inverted maxima'),
    ] {
        call_from_itself(account);
        let refused = safe.set_spending_policy(key, token, per_call, per_window, window_seconds);
        assert_eq!(*refused.expect_err('not refused')[0], error);
    }
    limit(account, token, 1, 1);
    for caller in array![0, 'stranger', token.into()] {
        start_cheat_caller_address(account, caller.try_into().unwrap());
        let refused = safe.set_spending_policy(key, token, 9, 9, 9);
        assert_eq!(*refused.expect_err('not refused')[0], 'Account: unauthorized');
        let refused = safe.remove_spending_policy(key, token);
        assert_eq!(*refused.expect_err('not refused')[0], 'Account: unauthorized');
    }
    assert_eq!(policy(account, token).max_per_call, 1);
    remove(account, token);
    assert_eq!(policy(account, token).max_per_call, 0);
}

#[test]
fn policies_emit_events_with_key_and_token() {
    let (account, token) = (deploy(10, array![]), deploy_mock("FreeToken"));
    let key = session().public_key;
    let mut spy = spy_events();
    limit(account, token, 1, 2);
    remove(account, token);
    let set = Event {
        keys: array![selector!("SpendingPolicySet"), key, token.into()],
        data: array![1, 0, 2, 0, WINDOW.into()],
    };
    let removed = Event {
        keys: array![selector!("SpendingPolicyRemoved"), key, token.into()], data: array![],
    };
    assert_eq!(spy.get_events().events, array![(account, set), (account, removed)]);
}

/// Chipi's clients send a u256 as two felts, the low one first.
#[test]
fn the_calldata_is_what_deployed_clients_send() {
    let account = deploy(10, array![]);
    start_mock_call(0xb.try_into().unwrap(), selector!("balance_of"), 0_u256);
    let set = Call {
        to: account,
        selector: 0x27b6399a529753e66438fe0341234566c390277e9c20b0f556016eb33bb698,
        calldata: [0xa, 0xb, 1, 2, 3, 4, 5].span(),
    };
    let remove = Call {
        to: account,
        selector: 0x28dac008d849601a4f136c3a869aa4dcb43907ea63ab552ecddfd2281144040,
        calldata: [0xa, 0xb].span(),
    };
    let get = Call {
        to: account,
        selector: 0x3dfdf9f26d7d7bb37c449e8a7bf8995bcdf8b21b6a891a370ad299c2beef261,
        calldata: [0xa, 0xb].span(),
    };
    let results = relay_as_owner(account, array![set, get, remove, get].span()).unwrap();
    assert_eq!(*results[1], [1, 2, 3, 4, 5, 0, 0, 0].span());
    assert_eq!(*results[3], [0, 0, 0, 0, 0, 0, 0, 0].span());
}

#[test]
#[fuzzer]
fn amounts_of_any_size_keep_to_both_maxima(one: u256, two: u256, first: u256, second: u256) {
    let (per_call, per_window) = if one < two {
        (one, two)
    } else {
        (two, one)
    };
    let (account, token) = limited(per_call, per_window);
    let mut spent_so_far = 0;
    for amount in array![first, second, per_call, 1] {
        // The expected answer compares and subtracts, and never adds, so that it cannot overflow.
        let allowed = amount <= per_call && amount <= per_window - spent_so_far;
        let calls = array![spend(token, selector!("approve"), amount)].span();
        assert_eq!(relay_as_session(account, calls).is_ok(), allowed);
        if allowed {
            spent_so_far += amount;
        }
        assert_eq!(spent(account, token), spent_so_far);
    }
}

/// Makes twelve payments of 0 to 11, up to half a window apart. The model keeps the payments that
/// succeeded, and computes from them alone in which window a payment falls and what was spent
/// there.
#[test]
#[fuzzer(runs: 64)]
fn spending_follows_a_simple_model(amounts: u64, pauses: u64) {
    let (account, token) = limited(10, 15);
    let (mut amounts, mut pauses, mut now) = (amounts, pauses, NOW);
    let mut passed: Array<(u64, u256)> = array![];
    for _ in 0..12_u8 {
        let amount: u256 = (amounts % 12).into();
        now += pauses % (WINDOW / 2 + 1);
        amounts /= 12;
        pauses /= 30;
        start_cheat_block_timestamp_global(now);
        let calls = array![pay(token, amount)].span();
        let outcome = relay_as_session(account, calls);
        if amount > 10 {
            assert_reverts(outcome, OVER_CALL);
        } else if spent_in_window_at(now, passed.span()) + amount > 15 {
            assert_reverts(outcome, OVER_WINDOW);
        } else {
            outcome.unwrap();
            passed.append((now, amount));
        }
        assert!(spent_within_a_window_before(now, passed.span()) <= 30);
    }
}

/// Returns what was spent in the window that is open at `now`. A window begins with the first
/// payment after the window before.
fn spent_in_window_at(now: u64, passed: Span<(u64, u256)>) -> u256 {
    let (mut start, mut spent) = (0, 0);
    for (time, amount) in passed {
        if *time >= start + WINDOW {
            start = *time;
            spent = 0;
        }
        spent += *amount;
    }
    if now >= start + WINDOW {
        0
    } else {
        spent
    }
}

fn spent_within_a_window_before(now: u64, passed: Span<(u64, u256)>) -> u256 {
    let mut spent = 0;
    for (time, amount) in passed {
        if *time + WINDOW > now {
            spent += *amount;
        }
    }
    spent
}
