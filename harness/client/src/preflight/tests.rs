use starknet_rust::core::types::U256;

use super::*;
use crate::contract::{Allowed, SpendingPolicy};
use crate::felt::selector;
use crate::limits::AllowedCall;
use crate::token;

const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");
const KEY: Felt = Felt::from_hex_unchecked("0x5e");
const TOKEN: Felt = Felt::from_hex_unchecked("0x70");
const MERCHANT: Felt = Felt::from_hex_unchecked("0xbeef");
const RELAYER: Felt = Felt::from_hex_unchecked("0x4e1a");
/// A time that is 25 minutes after a full hour.
const NOW: u64 = 1_800_001_500;
const END: u64 = NOW + 600;
const STRK: Fri = Fri(1_000_000_000_000_000_000);

fn state() -> State {
    State { policies: vec![(TOKEN, policy())], ..State::new(KEY, END, 9) }
}

/// Returns a policy of at most 18 in one call and 30 in ten minutes.
fn policy() -> SpendingPolicy {
    SpendingPolicy {
        max_per_call: 18_u8.into(),
        max_per_window: 30_u8.into(),
        window_seconds: 600,
        spent_in_window: 0_u8.into(),
        window_start: 0,
    }
}

fn call(to: Felt, name: &str, calldata: &[Felt]) -> Call {
    Call { to, selector: selector(name), calldata: calldata.to_vec() }
}

fn pay(amount: u128) -> Call {
    token::transfer(TOKEN, MERCHANT, amount)
}

fn execution(calls: &[Call]) -> OutsideExecution {
    OutsideExecution::new(calls.to_vec(), NOW + 60)
}

/// Returns the rule that refuses `calls`, and checks that a plain transaction and an outside execution
/// break the same one.
#[track_caller]
fn both_ways(state: &State, calls: &[Call]) -> Option<Rule> {
    both_ways_of(&Known::new(ACCOUNT, Some(state), NOW), calls)
}

#[track_caller]
fn both_ways_of(known: &Known<'_>, calls: &[Call]) -> Option<Rule> {
    let plain = known.plain(&Plain::new(calls, END));
    let outside = known.outside(&Outside::new(&execution(calls), END));
    assert_eq!(plain, outside);
    rule_of(plain)
}

fn rule_of(checked: Result<(), Refusal>) -> Option<Rule> {
    checked.err().map(|refusal| {
        assert!(refusal.is_foretold());
        refusal.rule().expect("a rule")
    })
}

#[test]
fn what_breaks_no_rule_is_not_refused() {
    assert_eq!(both_ways(&state(), &[pay(18), pay(12)]), None);
}

#[test]
fn an_unknown_session_is_not_found_whatever_else_is_wrong() {
    assert_eq!(both_ways_of(&Known::new(ACCOUNT, None, NOW), &[]), Some(Rule::NotFound));
}

#[test]
fn the_end_in_the_signature_is_the_registered_one() {
    let (state, calls) = (State { calls_left: 0, ..state() }, [pay(1)]);
    // The session ended long ago and has no calls left, but the account compares the two ends first.
    let known = Known::new(ACCOUNT, Some(&state), END + 7_200);
    let claimed = Felt::from(END) + Felt::TWO.pow(64_u128);
    let plain = Plain { valid_until: claimed, ..Plain::new(&calls, END) };
    assert_eq!(known.validate(&plain), Err(Rule::WrongValidUntil));
    let execution = OutsideExecution::new(calls.to_vec(), u64::MAX);
    let outside = known.outside(&Outside::new(&execution, END - 1));
    assert_eq!(rule_of(outside), Some(Rule::WrongValidUntil));
}

#[test]
fn an_outside_execution_expires_to_the_second() {
    let (state, execution) = (state(), OutsideExecution::new(vec![pay(1)], u64::MAX));
    let rule_at = |now| {
        let known = Known::new(ACCOUNT, Some(&state), now);
        rule_of(known.outside(&Outside::new(&execution, END)))
    };
    assert_eq!((rule_at(END), rule_at(END + 1)), (None, Some(Rule::Expired)));
}

#[test]
fn a_plain_transaction_expires_in_execute_until_the_hour_is_over_and_then_in_validate() {
    let (state, calls) = (state(), [pay(1)]);
    let at = |now| {
        let (known, plain) = (Known::new(ACCOUNT, Some(&state), now), Plain::new(&calls, END));
        assert_eq!(
            rule_of(known.plain(&plain)),
            known.validate(&plain).and_then(|()| known.execute(&plain)).err()
        );
        (known.validate(&plain), known.execute(&plain))
    };
    assert_eq!(at(END), (Ok(()), Ok(())));
    assert_eq!(at(END + 1), (Ok(()), Err(Rule::Expired)));
    let next_hour = END - END % HOUR + HOUR;
    assert_eq!(at(next_hour - 1).0, Ok(()));
    assert_eq!(at(next_hour).0, Err(Rule::Expired));
}

#[test]
fn what_validate_refuses_comes_before_the_end_that_it_cannot_see() {
    let state = State { allowed: Some(Allowed::Selectors(vec![])), allowed_len: 1, ..state() };
    let known = Known::new(ACCOUNT, Some(&state), END + 1);
    let calls = [pay(1)];
    let plain = rule_of(known.plain(&Plain::new(&calls, END)));
    assert_eq!(plain, Some(Rule::CallNotAllowed));
    let execution = OutsideExecution::new(calls.to_vec(), u64::MAX);
    assert_eq!(rule_of(known.outside(&Outside::new(&execution, END))), Some(Rule::Expired));
}

#[test]
fn a_session_without_calls_left_is_exhausted_before_its_batch_is_looked_at() {
    assert_eq!(both_ways(&State { calls_left: 0, ..state() }, &[]), Some(Rule::Exhausted));
}

#[test]
fn a_plain_transaction_carries_no_other_data() {
    let state = State { fee_limit: Some(Fri(0)), ..state() };
    let known = Known::new(ACCOUNT, Some(&state), NOW);
    let plain = Plain { has_more_data: true, ..Plain::new(&[], END) };
    assert_eq!(known.validate(&plain), Err(Rule::NotPlain));
}

#[test]
fn a_fee_is_at_most_the_limit_and_under_the_limit_0_there_is_none() {
    let validated = |fee_limit: Option<u128>, most_fee: Option<u128>, calls: &[Call]| {
        let (fee_limit, most_fee) = (fee_limit.map(Fri), most_fee.map(Fri));
        let state = State { fee_limit, ..state() };
        let known = Known::new(ACCOUNT, Some(&state), NOW);
        known.validate(&Plain { most_fee, ..Plain::new(calls, END) })
    };
    let calls = [pay(1)];
    assert_eq!(validated(Some(7), Some(7), &calls), Ok(()));
    assert_eq!(validated(Some(7), Some(8), &[]), Err(Rule::OverFeeLimit));
    assert_eq!(validated(Some(7), None, &calls), Ok(()));
    assert_eq!(validated(Some(0), None, &calls), Err(Rule::OverFeeLimit));
    assert_eq!(validated(None, Some(u128::MAX), &calls), Ok(()));
    // An estimate pays no fee, and an outside execution is paid for by a relayer.
    let state = State { fee_limit: Some(Fri(0)), ..state() };
    let known = Known::new(ACCOUNT, Some(&state), NOW);
    let estimate = Plain { is_estimate: true, ..Plain::new(&calls, END).costing(Fri(1)) };
    assert_eq!(known.validate(&estimate), Ok(()));
    assert_eq!(known.outside(&Outside::new(&execution(&calls), END)), Ok(()));
}

#[test]
fn the_chain_asks_for_the_balance_before_the_account_is_asked_anything() {
    let known = Known::new(ACCOUNT, None, NOW);
    let calls = [pay(1)];
    let of = |holds| known.plain(&Plain::new(&calls, END).costing(STRK).paid_from(holds));
    let refusal = of(STRK - Fri(1)).expect_err("it cannot pay");
    assert_eq!((refusal.cause(), refusal.rule()), (Cause::Balance, None));
    assert!(refusal.is_foretold(), "{refusal}");
    assert_eq!(rule_of(of(STRK)), Some(Rule::NotFound));
}

#[test]
fn a_batch_is_not_empty() {
    assert_eq!(both_ways(&state(), &[]), Some(Rule::NoCalls));
}

#[test]
fn a_session_may_end_itself_alone_in_a_batch_and_call_nothing_else_of_the_account() {
    let only_pays = Allowed::Calls(vec![AllowedCall::new(TOKEN, selector("transfer"))]);
    let state = State { allowed: Some(only_pays), allowed_len: 1, ..state() };
    let end = call(ACCOUNT, "revoke_session", &[KEY]);
    assert_eq!(both_ways(&state, std::slice::from_ref(&end)), None);
    for calls in [
        vec![end.clone(), pay(1)],
        vec![end.clone(), end],
        vec![call(ACCOUNT, "revoke_session", &[MERCHANT])],
        vec![call(ACCOUNT, "revoke_session", &[KEY, KEY])],
        // The rule is not `BlockedSelector`, since the account checks a call's contract before its
        // selector.
        vec![call(ACCOUNT, "upgrade", &[])],
    ] {
        assert_eq!(both_ways(&state, &calls), Some(Rule::SelfCall), "{calls:?}");
    }
}

#[test]
fn a_blocked_selector_is_refused_with_a_list_and_without() {
    let upgrade = [call(TOKEN, "upgrade", &[])];
    assert_eq!(both_ways(&state(), &upgrade), Some(Rule::BlockedSelector));
    let listed = State { allowed: Some(Allowed::Selectors(vec![])), allowed_len: 1, ..state() };
    assert_eq!(both_ways(&listed, &upgrade), Some(Rule::BlockedSelector));
    let unknown = State { allowed: None, allowed_len: 1, ..state() };
    assert_eq!(both_ways(&unknown, &upgrade), Some(Rule::BlockedSelector));
}

#[test]
fn a_call_is_on_the_list_with_its_argument() {
    let pinned = AllowedCall::new(TOKEN, selector("transfer")).with_argument(0, MERCHANT);
    let state = State { allowed: Some(Allowed::Calls(vec![pinned])), allowed_len: 1, ..state() };
    assert_eq!(both_ways(&state, &[pay(1)]), None);
    for other in [
        token::transfer(TOKEN, RELAYER, 1),
        token::transfer(MERCHANT, MERCHANT, 1),
        call(TOKEN, "approve", &pay(1).calldata),
        call(TOKEN, "transfer", &[]),
    ] {
        assert_eq!(both_ways(&state, &[pay(1), other]), Some(Rule::CallNotAllowed));
    }
}

#[test]
fn the_first_call_that_is_refused_says_why() {
    let state = State { allowed: Some(Allowed::Selectors(vec![])), allowed_len: 1, ..state() };
    let (own, blocked) = (call(ACCOUNT, "upgrade", &[]), call(TOKEN, "upgrade", &[]));
    for (calls, rule) in [
        ([own.clone(), blocked.clone()], Rule::SelfCall),
        ([blocked.clone(), own.clone()], Rule::BlockedSelector),
        ([pay(1), own], Rule::CallNotAllowed),
        ([pay(1), blocked], Rule::CallNotAllowed),
    ] {
        assert_eq!(both_ways(&state, &calls), Some(rule));
    }
}

#[test]
fn without_a_list_the_account_answers_for_each_call() {
    let state = State { allowed: None, allowed_len: 3, ..state() };
    let known = Known::new(ACCOUNT, Some(&state), NOW);
    let calls = [pay(1), pay(2)];
    assert_eq!(both_ways_of(&known.answered(&[true, true]), &calls), None);
    let refused = both_ways_of(&known.answered(&[true, false]), &calls);
    assert_eq!(refused, Some(Rule::CallNotAllowed));
    // A call is not refused if it is unknown whether the list allows it.
    assert_eq!(both_ways_of(&known.answered(&[true]), &calls), None);
    assert_eq!(both_ways_of(&known, &calls), None);
}

#[test]
fn the_signature_is_asked_after_the_list_and_before_what_is_spent() {
    let state = state();
    let known = Known::new(ACCOUNT, Some(&state), NOW);
    let forged = |calls: &[Call]| {
        let plain = Plain { is_signed: Some(false), ..Plain::new(calls, END) };
        let execution = execution(calls);
        let outside = Outside { is_signed: Some(false), ..Outside::new(&execution, END) };
        assert_eq!(known.validate(&plain).err(), rule_of(known.outside(&outside)));
        rule_of(known.plain(&plain))
    };
    assert_eq!(forged(&[]), Some(Rule::NoCalls));
    assert_eq!(forged(&[pay(19)]), Some(Rule::InvalidSignature));
}

#[test]
fn an_outside_execution_is_submitted_by_whom_it_names() {
    let (state, calls) = (state(), [pay(1)]);
    let known = Known::new(ACCOUNT, Some(&state), NOW);
    let rule = |execution: &OutsideExecution, submitter| {
        rule_of(known.outside(&Outside { submitter, ..Outside::new(execution, END) }))
    };
    let named = execution(&calls).only_by(RELAYER);
    assert_eq!(rule(&named, Some(RELAYER)), None);
    assert_eq!(rule(&named, None), None);
    assert_eq!(rule(&named, Some(MERCHANT)), Some(Rule::OutsideInvalidCaller));
    assert_eq!(rule(&execution(&calls).only_by(Felt::ZERO), Some(MERCHANT)), None);
    assert_eq!(rule(&execution(&calls), Some(MERCHANT)), None);
}

#[test]
fn an_outside_execution_is_in_time_and_new_and_each_is_asked_before_the_session() {
    let known = Known::new(ACCOUNT, None, NOW);
    let rule = |execute_after, execute_before, is_nonce_spent| {
        let execution =
            OutsideExecution { execute_after, execute_before, ..execution(&[]).only_by(RELAYER) };
        let outside = Outside::new(&execution, END);
        rule_of(known.outside(&Outside { is_nonce_spent: Some(is_nonce_spent), ..outside }))
    };
    assert_eq!(rule(NOW, NOW, true), Some(Rule::OutsideTooEarly));
    assert_eq!(rule(NOW - 1, NOW, true), Some(Rule::OutsideTooLate));
    assert_eq!(rule(NOW - 1, NOW + 1, true), Some(Rule::OutsideNonceUsed));
    assert_eq!(rule(NOW - 1, NOW + 1, false), Some(Rule::NotFound));
    let execution = OutsideExecution { execute_after: NOW, ..execution(&[]).only_by(RELAYER) };
    let outside = known.outside(&Outside::new(&execution, END).submitted_by(MERCHANT));
    assert_eq!(rule_of(outside), Some(Rule::OutsideInvalidCaller));
}

#[test]
fn a_token_with_a_policy_is_moved_by_what_is_counted_alone() {
    for name in ["transfer", "approve", "increase_allowance", "increaseAllowance"] {
        let named = |amount: u128| [call(TOKEN, name, &pay(amount).calldata)];
        assert_eq!(both_ways(&state(), &named(18)), None);
        assert_eq!(both_ways(&state(), &named(19)), Some(Rule::SpendingOverCallMaximum));
    }
    // A function that is not counted is refused whatever its calldata is.
    for calldata in [pay(1).calldata, vec![]] {
        let other = [call(TOKEN, "transfer_from", &calldata)];
        assert_eq!(both_ways(&state(), &other), Some(Rule::SpendingSelectorNotCounted));
    }
    // The other token has no policy.
    assert_eq!(both_ways(&state(), &[token::transfer(RELAYER, MERCHANT, u128::MAX)]), None);
}

#[test]
fn an_amount_is_two_felts_below_2_to_the_128() {
    let above = Felt::TWO.pow(128_u128);
    for calldata in [
        vec![MERCHANT],
        vec![MERCHANT, Felt::ONE],
        vec![MERCHANT, above, Felt::ZERO],
        vec![MERCHANT, Felt::ONE, above],
    ] {
        let calls = [call(TOKEN, "transfer", &calldata)];
        assert_eq!(both_ways(&state(), &calls), Some(Rule::SpendingInvalidAmount), "{calldata:?}");
    }
    let high = [call(TOKEN, "transfer", &[MERCHANT, Felt::ZERO, Felt::ONE])];
    assert_eq!(both_ways(&state(), &high), Some(Rule::SpendingOverCallMaximum));
}

#[test]
fn what_a_batch_names_adds_up_in_its_window() {
    assert_eq!(both_ways(&state(), &[pay(18), pay(12)]), None);
    let over = [pay(18), pay(13)];
    assert_eq!(both_ways(&state(), &over), Some(Rule::SpendingOverWindowMaximum));
    // A call above the maximum for a call breaks that rule, unless an earlier call breaks the window's.
    let both = [pay(18), pay(19)];
    assert_eq!(both_ways(&state(), &both), Some(Rule::SpendingOverCallMaximum));
    let window_first = [pay(18), pay(13), pay(19)];
    assert_eq!(both_ways(&state(), &window_first), Some(Rule::SpendingOverWindowMaximum));
}

#[test]
fn a_window_is_open_until_its_length_has_passed() {
    let with = |window_start, max_per_window: u8| {
        let spent = SpendingPolicy {
            spent_in_window: 20_u8.into(),
            window_start,
            max_per_window: max_per_window.into(),
            ..policy()
        };
        both_ways(&State { policies: vec![(TOKEN, spent)], ..state() }, &[pay(11)])
    };
    assert_eq!(with(NOW - 599, 30), Some(Rule::SpendingOverWindowMaximum));
    assert_eq!(with(NOW - 600, 30), None);
    // A window does not end when the clock goes back.
    assert_eq!(with(NOW + 1, 30), Some(Rule::SpendingOverWindowMaximum));
    // The owner lowered the maximum below what was spent.
    assert_eq!(with(NOW - 1, 19), Some(Rule::SpendingOverWindowMaximum));
    assert_eq!(with(NOW - 1, 31), None);
}

#[test]
fn no_policy_makes_arithmetic_overflow() {
    let most = U256::from_words(u128::MAX, u128::MAX);
    let policy = SpendingPolicy {
        max_per_call: most,
        max_per_window: most,
        window_seconds: u64::MAX,
        spent_in_window: most,
        window_start: u64::MAX,
    };
    let state = State { policies: vec![(TOKEN, policy)], ..state() };
    assert_eq!(both_ways(&state, &[pay(0)]), None);
    assert_eq!(both_ways(&state, &[pay(1)]), Some(Rule::SpendingOverWindowMaximum));
}
