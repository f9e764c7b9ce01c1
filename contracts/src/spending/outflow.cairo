//! What leaves the account's balance while a session's batch calls contracts without a policy.

use core::num::traits::{CheckedAdd, SaturatingSub};
use starknet::ContractAddress;
use starknet::account::Call;
use crate::batch;
use crate::errors::spending as errors;
use super::session::Session;
use super::{ask, policy, storage, tokens};

/// Makes `calls` and returns what each returned, as `batch::execute_and_return` does, and counts
/// what left of each token of the key in the calls of `others`, contracts without a policy in the
/// order in which they are called. What comes in is never set off.
///
/// Requirements:
///
/// - What left of a token, less the approvals of the batch that were used up, fits the window of
///   its policy, else `Spending: over window maximum`.
/// - Each token of the key says what the account holds, else `Spending: no balance`.
pub fn execute(
    session: Session, calls: Span<Call>, others: Span<ContractAddress>,
) -> Array<Span<felt252>> {
    let account = session.account;
    // 1. The tokens are read once: the calls may set and remove policies.
    let tokens = tokens::all(session.key, session.token_count).span();
    // 2. The calls are made, and the tokens asked around those of `others`.
    let (results, mut outflows, explained) = make(calls, others, tokens, account);
    if !outflows.is_empty() {
        // 3. All other answers come before any window is read: between reading a window and writing
        // it nothing is called.
        let used_up = used_up(approvals(calls, others), outflows.span(), account);
        if !used_up.is_empty() && may_move_another(tokens) {
            look(tokens, account, explained, ref outflows);
        }
        // 4. The windows, as they are now.
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

/// Makes `calls`. Returns what each returned, what left of `tokens`, and what the account holds
/// afterwards as far as its own calls explain it.
///
/// The tokens are asked before and after each call of `others`; calls that follow each other share
/// a look. What is less than the last look and the calls of tokens since explain has left too: a
/// token may have moved another one while it was asked (P-37).
fn make(
    mut calls: Span<Call>,
    mut others: Span<ContractAddress>,
    tokens: Span<ContractAddress>,
    account: ContractAddress,
) -> (Array<Span<felt252>>, Array<Amount>, Span<u256>) {
    let (mut results, mut outflows) = (array![], array![]);
    let mut explained = array![].span();
    let mut is_fresh = false; // whether nothing was called since the last look
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

/// Says whether one of `tokens` could move another one while it is asked. A token alone is trusted
/// in what it says of itself, and two looks are saved.
fn may_move_another(tokens: Span<ContractAddress>) -> bool {
    tokens.len() > 1
}

/// Returns what `call`, of a token with a policy, leaves of `balances`, as its calldata says. There
/// are none before the tokens are asked first.
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

/// Asks `tokens` what the account holds, and returns it. Adds to `outflows` what is less than
/// `before`, if they were asked before.
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

/// Says whether `contract` is the first of `others`, and takes it from them.
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

/// What a batch names for a spender of a token.
#[derive(Copy, Drop)]
struct Approval {
    token: ContractAddress,
    spender: felt252,
    amount: u256,
}

/// Returns the approvals among `calls` that were counted as named: those that are not of `others`.
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

/// Returns what `outflows` of each of `tokens` are beyond what was `used_up` of its approvals: that
/// was counted as named.
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

/// Returns the sum of `amounts` of `token`. Only a token that lies comes to more than a u256 holds.
fn sum_of(amounts: Span<Amount>, token: ContractAddress) -> u256 {
    let mut sum: u256 = 0;
    for amount in amounts {
        if *amount.token == token {
            sum = sum.checked_add(*amount.amount).expect(errors::OVER_WINDOW_MAXIMUM);
        }
    }
    sum
}

/// Returns what was used up of the `approvals` of tokens of which something `left`: for each
/// spender what was named for him less what he may still pull. A sum fits the policy's window,
/// since all of it was counted.
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

/// Says whether one of `approvals` is of `token`, for `spender`. Not by a closure: its type's name
/// holds the path of this file, and so the class hash would depend on the folder.
fn is_among(approvals: Span<Approval>, token: ContractAddress, spender: felt252) -> bool {
    let mut is_among = false;
    for approval in approvals {
        if *approval.token == token && *approval.spender == spender {
            is_among = true;
        }
    }
    is_among
}

/// Returns what `approvals` of `token` name for `spender`.
fn named_for(spender: felt252, token: ContractAddress, approvals: Span<Approval>) -> u256 {
    let mut sum = 0;
    for approval in approvals {
        if *approval.token == token && *approval.spender == spender {
            sum += *approval.amount;
        }
    }
    sum
}

/// Adds `excesses` to the windows as they are now. A policy that was removed meanwhile counts
/// nothing.
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
