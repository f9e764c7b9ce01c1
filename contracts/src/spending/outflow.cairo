//! Measures what leaves the account's balance while a session's batch calls contracts without a
//! policy.
//!
//! A *look* asks each token of the key how much the account holds. An approval is *used up* as far
//! as its spender can no longer pull the amount that the batch named for it.

use core::num::traits::{CheckedAdd, SaturatingSub};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::batch;
use crate::errors::spending as errors;
use super::session::Session;
use super::{ask, policy, storage, tokens};

/// Makes `calls`, and returns what each returned. Counts how much of each of the key's tokens left
/// the account during calls to `others`, which are the contracts without a policy in the order in
/// which `calls` call them. What comes in during one call does not reduce what leaves in another.
///
/// Requirements:
///
/// - What left of a token, less what was used up of the batch's approvals, fits the window of its
///   policy, else `Spending: over window maximum`.
/// - Each token of the key answers `balance_of` for the account, else `Spending: no balance`.
pub fn execute(
    session: Session, calls: Span<Call>, others: Span<ContractAddress>,
) -> Array<Span<felt252>> {
    let account = session.account;
    // 1. Read the key's tokens once, since the calls may set and remove policies.
    let tokens = tokens::all(session.key, session.token_count).span();
    // 2. Make the calls, with looks around those to `others`.
    let (results, mut outflows, explained) = make(calls, others, tokens, account);
    if !outflows.is_empty() {
        // 3. Ask for allowances, and look once more, before any window is read: nothing may be
        // called between reading a window and writing it.
        let used_up = used_up(approvals(calls, others), outflows.span(), account);
        if !used_up.is_empty() && may_move_another(tokens) {
            look(tokens, account, explained, ref outflows);
        }
        // 4. Add what remains to the windows as they are now: a nested batch may have changed them.
        charge(session, excesses(tokens, outflows.span(), used_up.span()));
    }
    results
}

/// An amount of a token, in its smallest unit.
#[derive(Copy, Drop)]
struct Amount {
    token: ContractAddress,
    amount: u256,
}

/// Makes `calls`. Returns what each call returned, how much of `tokens` left the account, and each
/// token's *explained* balance: what the last look found, less the amounts that calls have named
/// since then.
///
/// There is a look before and after each call to `others`; between two such calls that follow each
/// other directly, one look serves both. What a look finds to be missing from an explained balance
/// counts as having left too: a token may have moved another one while it was asked (P-37).
fn make(
    mut calls: Span<Call>,
    mut others: Span<ContractAddress>,
    tokens: Span<ContractAddress>,
    account: ContractAddress,
) -> (Array<Span<felt252>>, Array<Amount>, Span<u256>) {
    let (mut results, mut outflows) = (array![], array![]);
    let mut explained = array![].span();
    let mut is_fresh = false; // whether no call was made since the last look
    if may_move_another(tokens) {
        explained = look(tokens, account, explained, ref outflows);
        is_fresh = true;
    }
    while let Option::Some(call) = calls.pop_front() {
        if is_next(ref others, *call.to) {
            if !is_fresh {
                explained = look(tokens, account, explained, ref outflows);
            }
            results.append(batch::make(*call));
            explained = look(tokens, account, explained, ref outflows);
            is_fresh = true;
        } else {
            results.append(batch::make(*call));
            explained = after_named(tokens, explained, call);
            is_fresh = false;
        }
    }
    (results, outflows, explained)
}

/// Says whether one of `tokens` could move another one while it is asked. With a single token there
/// is no other one: it is trusted in what it says of itself, and `execute` and `make` save a look
/// each.
fn may_move_another(tokens: Span<ContractAddress>) -> bool {
    tokens.len() > 1
}

/// Returns `balances` after `call`, a call to a token with a policy: less the amount that its
/// calldata names, unless it is an approval. `balances` is empty before the first look.
fn after_named(tokens: Span<ContractAddress>, mut balances: Span<u256>, call: @Call) -> Span<u256> {
    if policy::is_approval(*call.selector) {
        return balances;
    }
    let amount = policy::amount(call);
    let mut remaining = array![];
    for token in tokens {
        if let Option::Some(balance) = balances.pop_front() {
            let named = if token == call.to {
                amount
            } else {
                0
            };
            remaining.append((*balance).saturating_sub(named));
        }
    }
    remaining.span()
}

/// Asks `tokens` how much the account holds, and returns the answers. Adds to `outflows` how much
/// less than `before` that is. `before` is empty at the first look.
fn look(
    tokens: Span<ContractAddress>,
    account: ContractAddress,
    mut before: Span<u256>,
    ref outflows: Array<Amount>,
) -> Span<u256> {
    let mut balances = array![];
    for token in tokens {
        let token = *token;
        let after = ask::balance(token, account);
        if let Option::Some(before) = before.pop_front() {
            if after < *before {
                outflows.append(Amount { token, amount: *before - after });
            }
        }
        balances.append(after);
    }
    balances.span()
}

/// Says whether `contract` is the first of `others`, and removes it from them if it is.
fn is_next(ref others: Span<ContractAddress>, contract: ContractAddress) -> bool {
    let mut rest = others;
    match rest.pop_front() {
        Option::Some(other) => {
            let is_first = *other == contract;
            if is_first {
                others = rest;
            }
            is_first
        },
        Option::None => false,
    }
}

/// An amount of a token that a batch names for a spender.
#[derive(Copy, Drop)]
struct Approval {
    token: ContractAddress,
    spender: felt252,
    amount: u256,
}

/// Returns the approvals among `calls` that were counted as named amounts: those whose contract is
/// not one of `others`.
fn approvals(mut calls: Span<Call>, mut others: Span<ContractAddress>) -> Span<Approval> {
    let mut approvals = array![];
    while let Option::Some(call) = calls.pop_front() {
        if !is_next(ref others, *call.to) && policy::is_approval(*call.selector) {
            let calldata = *call.calldata;
            let (spender, amount) = (*calldata[0], policy::amount(call));
            approvals.append(Approval { token: *call.to, spender, amount });
        }
    }
    approvals.span()
}

/// Returns by how much the `outflows` of each of `tokens` exceed what was `used_up` of its
/// approvals, which was already counted as named.
fn excesses(
    tokens: Span<ContractAddress>, outflows: Span<Amount>, used_up: Span<Amount>,
) -> Span<Amount> {
    let mut excesses = array![];
    for token in tokens {
        let (outflow, used_up) = (sum_of(outflows, *token), sum_of(used_up, *token));
        if outflow > used_up {
            excesses.append(Amount { token: *token, amount: outflow - used_up });
        }
    }
    excesses.span()
}

/// Returns the sum of `amounts` of `token`. Only the answers of a token that lies can add up to
/// more than a u256 holds.
fn sum_of(amounts: Span<Amount>, token: ContractAddress) -> u256 {
    let mut sum: u256 = 0;
    for amount in amounts {
        if *amount.token == token {
            sum = sum.checked_add(*amount.amount).expect(errors::OVER_WINDOW_MAXIMUM);
        }
    }
    sum
}

/// Returns what was used up of the `approvals` of tokens with `outflows`: for each spender, what
/// was named for it less what it may still pull. The sum of what was named cannot overflow, since
/// all of it was counted within a window's maximum.
fn used_up(
    mut approvals: Span<Approval>, outflows: Span<Amount>, account: ContractAddress,
) -> Array<Amount> {
    let mut used_up = array![];
    let mut asked: Array<Approval> = array![];
    while let Option::Some(approval) = approvals.pop_front() {
        let Approval { token, spender, amount } = *approval;
        if is_among(asked.span(), token, spender) || sum_of(outflows, token) == 0 {
            continue;
        }
        asked.append(*approval);
        let named = amount + named_for(spender, token, approvals);
        if let Option::Some(still) = ask::allowance(token, account, spender) {
            if still < named {
                used_up.append(Amount { token, amount: named - still });
            }
        }
    }
    used_up
}

/// Says whether one of `approvals` is of `token`, for `spender`. This is no closure, since the name
/// of a closure's type contains the path of this file, and the class hash would then depend on the
/// folder.
fn is_among(approvals: Span<Approval>, token: ContractAddress, spender: felt252) -> bool {
    let mut is_among = false;
    for approval in approvals {
        if *approval.token == token && *approval.spender == spender {
            is_among = true;
        }
    }
    is_among
}

/// Returns the sum of the `approvals` of `token` for `spender`.
fn named_for(spender: felt252, token: ContractAddress, approvals: Span<Approval>) -> u256 {
    let mut sum = 0;
    for approval in approvals {
        if *approval.token == token && *approval.spender == spender {
            sum += *approval.amount;
        }
    }
    sum
}

/// Adds `excesses` to the windows as they are now. A policy that was removed during the batch
/// counts nothing.
fn charge(session: Session, excesses: Span<Amount>) {
    let Session { key, now, .. } = session;
    for excess in excesses {
        let Amount { token, amount } = *excess;
        let window_seconds = storage::window_seconds(key, token);
        if window_seconds != 0 {
            let former = storage::read(key, token, window_seconds);
            storage::write_spent(key, token, former, policy::spend(former, amount, now));
        }
    }
}
