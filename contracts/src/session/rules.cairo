//! The rules for sessions, apart from storage: what may be registered, and what a session may do.

use core::num::traits::Zero;
use starknet::{ContractAddress, TxInfo};
use crate::errors::session as errors;
use crate::signature::is_public_key;
use crate::transaction::{is_included, is_plain, max_fee};
use super::interface::AllowedCall;
use super::record::{Record, RecordTrait};

/// Whether a key with these limits may be registered at the time `now`.
pub fn check_registration(
    session_key: felt252, owner_key: felt252, valid_until: u64, max_calls: u32, now: u64,
) -> Result<(), felt252> {
    if session_key == 0 {
        Result::Err(errors::ZERO_KEY)
    } else if !is_public_key(session_key) {
        Result::Err(errors::INVALID_KEY)
    } else if session_key == owner_key {
        Result::Err(errors::OWNER_KEY)
    } else if valid_until <= now {
        Result::Err(errors::END_NOT_IN_FUTURE)
    } else if max_calls == 0 {
        Result::Err(errors::ZERO_CALLS)
    } else {
        Result::Ok(())
    }
}

/// Whether `call` may stand in a whitelist, which names contracts if it is `scoped`.
pub fn check_listing(
    call: AllowedCall, scoped: bool, account: ContractAddress,
) -> Result<(), felt252> {
    if scoped && call.to.is_zero() {
        Result::Err(errors::ZERO_TARGET)
    } else if call.to == account {
        Result::Err(errors::SELF_CALL)
    } else if call.selector == 0 {
        Result::Err(errors::ZERO_SELECTOR)
    } else if is_blocked(call.selector) {
        Result::Err(errors::BLOCKED_SELECTOR)
    } else {
        Result::Ok(())
    }
}

/// The session of `record` after one more transaction at the time `now`, `valid_until` standing in
/// its signature.
#[inline(always)]
pub fn count(record: Record, valid_until: felt252, now: u64) -> Result<Record, felt252> {
    let last_second = record.valid_until();
    if valid_until != last_second.into() {
        Result::Err(errors::WRONG_VALID_UNTIL)
    } else if now.into() > last_second {
        Result::Err(errors::EXPIRED)
    } else {
        record.counted().ok_or(errors::EXHAUSTED)
    }
}

/// Whether the session of `record` may have the account pay for the plain transaction `tx_info`.
#[inline(always)]
pub fn check_transaction(record: Record, tx_info: Box<TxInfo>) -> Result<(), felt252> {
    let tx_info = @tx_info.unbox();
    if !is_plain(tx_info) {
        Result::Err(errors::NOT_PLAIN)
    } else if record.may_be_limited() && is_over_limit(record, tx_info) {
        Result::Err(errors::OVER_FEE_LIMIT)
    } else {
        Result::Ok(())
    }
}

#[inline(always)]
fn is_over_limit(record: Record, tx_info: @TxInfo) -> bool {
    match record.fee_limit() {
        Option::Some(limit) => is_included(tx_info) && is_over(max_fee(tx_info), limit),
        Option::None => false,
    }
}

fn is_over(fee: felt252, limit: u128) -> bool {
    match fee.try_into() {
        Option::Some(fee) => limit < fee,
        Option::None => true,
    }
}

/// Whether a session of `account` may call `to`, whatever its whitelist. Stricter than SNIP-163,
/// which allows whitelisted calls to the account.
pub fn check_target(to: ContractAddress, account: ContractAddress) -> Result<(), felt252> {
    if to == account {
        Result::Err(errors::SELF_CALL)
    } else {
        Result::Ok(())
    }
}

/// Whether a session without a whitelist may call `selector`, on any contract.
pub fn check_selector(selector: felt252) -> Result<(), felt252> {
    if is_blocked(selector) {
        Result::Err(errors::BLOCKED_SELECTOR)
    } else {
        Result::Ok(())
    }
}

/// The seconds, at the time `now`, until a session that ends with `valid_until` ends; none if it
/// has. `__validate__` is shown a time rounded down to the hour, so `__execute__` asks this again,
/// of a `valid_until` that `__validate__` has found below 2^64.
pub fn time_left(valid_until: felt252, now: u64) -> Option<u128> {
    (valid_until - now.into()).try_into()
}

/// Panics with the error of a rule that does not hold.
pub fn ensure(checked: Result<(), felt252>) {
    if let Result::Err(error) = checked {
        core::panic_with_felt252(error);
    }
}

/// SNIP-163, part D: what no session may call, on any contract.
fn is_blocked(selector: felt252) -> bool {
    selector == selector!("upgrade")
        || selector == selector!("add_or_update_session_key")
        || selector == selector!("revoke_session_key")
        || selector == selector!("__execute__")
        || selector == selector!("set_public_key")
        || selector == selector!("setPublicKey")
        || selector == selector!("execute_from_outside_v2")
        || selector == selector!("set_spending_policy")
        || selector == selector!("remove_spending_policy")
}
