//! What the calls of a batch name of tokens with a policy (SNIP-163, part H).

use starknet::ContractAddress;
use starknet::account::Call;
use super::session::Session;
use super::{policy, storage};

/// Counts what `calls` name, and writes it: nothing is called before. Returns the contracts without
/// a policy that they call, in this order: calls of them are to be measured.
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
        if token == account { // P-24: the one call of it that a session makes ends that session.
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
