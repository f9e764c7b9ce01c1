//! The rules for sessions, as functions that do not touch storage: what may be registered, and what
//! a session may do.

use core::num::traits::Zero;
use starknet::account::Call;
use starknet::{ContractAddress, TxInfo};
use crate::errors::session as errors;
use crate::signature::is_public_key;
use crate::transaction::{is_included, is_plain, max_fee};
use super::record::{ENDS, Terms, TermsTrait};

/// Returns the error of the first rule that does not hold for registering a key with these limits
/// at the time `now`.
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
    } else if valid_until >= ENDS {
        // R-20: a time in milliseconds, read as seconds, would be some 50,000 years from now.
        Result::Err(errors::END_TOO_FAR)
    } else if max_calls == 0 {
        Result::Err(errors::ZERO_CALLS)
    } else {
        Result::Ok(())
    }
}

/// Returns the error of the first rule that does not hold for an entry of `selector` on `to` in a
/// list of `account`.
pub fn check_listed_call(
    to: ContractAddress, selector: felt252, account: ContractAddress,
) -> Result<(), felt252> {
    if to.is_zero() {
        Result::Err(errors::ZERO_TARGET)
    } else if to == account {
        Result::Err(errors::SELF_CALL)
    } else {
        check_listed_selector(selector)
    }
}

/// Returns the error of the first rule that does not hold for an entry of `selector`.
pub fn check_listed_selector(selector: felt252) -> Result<(), felt252> {
    if selector == 0 {
        Result::Err(errors::ZERO_SELECTOR)
    } else {
        check_selector(selector)
    }
}

/// Returns the error of the first rule that does not hold when a session with `terms` makes one
/// more transaction at the time `now`. `valid_until` is the end in its signature. Callers must have
/// found out that the key was registered in the account's epoch.
pub fn check_use(terms: Terms, valid_until: felt252, now: u64) -> Result<(), felt252> {
    let last_second = terms.valid_until();
    if last_second == 0 { // T-9
        Result::Err(errors::NOT_FOUND)
    } else if valid_until != last_second.into() { // S-1
        Result::Err(errors::WRONG_VALID_UNTIL)
    } else if now.into() > last_second { // S-3
        Result::Err(errors::EXPIRED)
    } else if !terms.has_calls_left() { // S-4
        Result::Err(errors::EXHAUSTED)
    } else {
        Result::Ok(())
    }
}

/// Returns an error if the plain transaction `tx_info` has paymaster data or account-deployment
/// data.
pub fn check_plain(tx_info: @TxInfo) -> Result<(), felt252> {
    if is_plain(tx_info) {
        Result::Ok(())
    } else {
        Result::Err(errors::NOT_PLAIN) // S-5
    }
}

/// Returns an error if the plain transaction `tx_info` breaks `fee_limit`. Inlining it saves 2,850
/// gas.
#[inline(always)]
pub fn check_fee(tx_info: @TxInfo, fee_limit: Option<u128>) -> Result<(), felt252> {
    match fee_limit {
        Option::Some(limit) => if is_over_limit(tx_info, limit) {
            Result::Err(errors::OVER_FEE_LIMIT) // F-4
        } else {
            Result::Ok(())
        },
        Option::None => Result::Ok(()),
    }
}

/// Says whether `tx_info` can be included in a block and breaks the fee limit `limit`: it commits
/// to pay more, or the limit is 0. Under the limit 0 no plain transaction is valid, not even one
/// that commits to pay 0, and the session works through a relayer only. Inlining it saves 2,450
/// gas.
#[inline(always)]
fn is_over_limit(tx_info: @TxInfo, limit: u128) -> bool {
    is_included(tx_info) && (limit == 0 || is_over(max_fee(tx_info), limit)) // F-5
}

/// Says whether `fee` is more than `limit`. A fee of `None`, which is not known, counts as more.
fn is_over(fee: Option<felt252>, limit: u128) -> bool {
    let Option::Some(fee) = fee else {
        return true;
    };
    match fee.try_into() {
        Option::Some(fee) => limit < fee,
        Option::None => true,
    }
}

/// Returns an error if `selector` is one that no session may call.
pub fn check_selector(selector: felt252) -> Result<(), felt252> {
    if is_blocked(selector) {
        Result::Err(errors::BLOCKED_SELECTOR)
    } else {
        Result::Ok(())
    }
}

/// Says whether `call`, which must be to the account itself, ends the session of `session_key`. A
/// session may make this one call to the account, alone in a batch.
pub fn is_self_ending(call: Call, session_key: felt252) -> bool {
    call.selector == selector!("revoke_session")
        && call.calldata.len() == 1
        && *call.calldata[0] == session_key
}

/// Returns the seconds from `now` to `valid_until`, or `None` if `valid_until` has passed.
/// `__execute__` asks for it, since `__validate__` sees a time that is rounded down to the hour.
/// `valid_until` must be below 2^64: `__validate__` has found it equal to a stored one.
pub fn time_left(valid_until: felt252, now: u64) -> Option<u128> {
    (valid_until - now.into()).try_into()
}

/// Says whether `selector` is one of the nine that no session may call, on any contract (SNIP-163,
/// part D).
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
