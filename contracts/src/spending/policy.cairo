//! The rules of spending policies, as functions that do not touch storage.

use core::num::traits::Zero;
use starknet::ContractAddress;
use starknet::account::Call;
use crate::errors::spending as errors;
use super::interface::SpendingPolicy;

/// Returns the error of the first rule that does not hold for a policy of `token` with these
/// maxima.
pub fn check_policy(
    token: ContractAddress, max_per_call: u256, max_per_window: u256, window_seconds: u64,
) -> Result<(), felt252> {
    if token.is_zero() {
        Result::Err(errors::ZERO_TOKEN)
    } else if window_seconds == 0 {
        Result::Err(errors::ZERO_WINDOW)
    } else if max_per_call == 0 || max_per_window == 0 {
        Result::Err(errors::ZERO_MAXIMUM)
    } else if max_per_call > max_per_window {
        Result::Err(errors::INVERTED_MAXIMA)
    } else {
        Result::Ok(())
    }
}

/// Returns `policy` after `call`, which must be to its token, at the time `now`. Panics if the
/// policy does not allow the call.
#[inline(always)]
pub fn spend_named(policy: SpendingPolicy, call: @Call, now: u64) -> SpendingPolicy {
    assert(is_spending(*call.selector), errors::SELECTOR_NOT_COUNTED);
    let amount = amount(call);
    assert(amount <= policy.max_per_call, errors::OVER_CALL_MAXIMUM);
    spend(policy, amount, now)
}

/// Returns `policy` after `amount` was counted at the time `now`. Panics if it does not fit the
/// window's maximum.
#[inline(always)]
pub fn spend(policy: SpendingPolicy, amount: u256, now: u64) -> SpendingPolicy {
    let (window_start, spent) = if window_has_ended(@policy, now) {
        (now, 0)
    } else {
        (policy.window_start, policy.spent_in_window)
    };
    // The sum `spent + amount` could overflow, and so could `max_per_window - spent` if the maximum
    // was lowered below `spent`.
    assert(
        spent <= policy.max_per_window && amount <= policy.max_per_window - spent,
        errors::OVER_WINDOW_MAXIMUM,
    );
    SpendingPolicy { spent_in_window: spent + amount, window_start, ..policy }
}

/// Returns the amount in the calldata of `call`. Panics if there is none.
pub fn amount(call: @Call) -> u256 {
    let calldata = *call.calldata;
    assert(calldata.len() >= 3, errors::INVALID_AMOUNT);
    u256 {
        low: (*calldata[1]).try_into().expect(errors::INVALID_AMOUNT),
        high: (*calldata[2]).try_into().expect(errors::INVALID_AMOUNT),
    }
}

/// Says whether a call of `selector` lets a spender pull tokens later.
pub fn is_approval(selector: felt252) -> bool {
    selector == selector!("approve")
        || selector == selector!("increase_allowance")
        || selector == selector!("increaseAllowance")
}

/// Says whether no window of `policy` is open at the time `now`. A window begins with the first
/// amount that is counted, and ends after `window_seconds`. A time before its start does not end
/// it.
fn window_has_ended(policy: @SpendingPolicy, now: u64) -> bool {
    let start = *policy.window_start;
    start == 0 || (now >= start && now - start >= *policy.window_seconds)
}

/// Says whether a call of `selector` to a token with a policy is counted. Every other call to such
/// a token is refused.
fn is_spending(selector: felt252) -> bool {
    selector == selector!("transfer") || is_approval(selector)
}
