//! Counts named amounts: those in the calldata of a batch's calls to tokens with a policy
//! (SNIP-163, part H).

use starknet::ContractAddress;
use starknet::account::Call;
use super::session::Session;
use super::{policy, storage};

/// Counts the amounts that `calls` name, and writes them to the windows. Callers must not have made
/// any call before. Returns the contracts without a policy that `calls` call, in their order: what
/// leaves in these calls must be measured.
///
/// Requirements, for each call of a token with a policy:
///
/// - It is one of the four that are counted, else `Spending: selector not counted`.
/// - It names an amount, else `Spending: invalid amount`.
/// - The amount is within both maxima, else `Spending: over call maximum` or `Spending: over window
///   maximum`.
pub fn charge(session: Session, mut calls: Span<Call>) -> Array<ContractAddress> {
    let Session { key, account, now, .. } = session;
    let mut others = array![];
    while let Option::Some(call) = calls.pop_front() {
        let token = *call.to;
        if token == account { // P-24: a session's only call to the account ends the session.
            continue;
        }
        let window_seconds = storage::window_seconds(key, token);
        if window_seconds == 0 {
            others.append(token);
        } else {
            let former = storage::read(key, token, window_seconds);
            storage::write_spent(key, token, former, policy::spend_named(former, call, now));
        }
    }
    others
}
