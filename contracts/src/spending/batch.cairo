//! Makes a batch of a session whose key has policies.

use starknet::account::Call;
use crate::batch;
use super::session::Session;
use super::{named, outflow};

/// Makes all of `calls`, or reverts.
///
/// Requirements:
///
/// - The amounts that the calls name, and what leaves the account while they run, are within the
///   key's policies, else the error of `named::charge` or `outflow::execute`.
pub fn execute(session: Session, calls: Span<Call>) {
    let others = named::charge(session, calls).span();
    if others.is_empty() {
        batch::execute(calls);
    } else {
        outflow::execute(session, calls, others);
    }
}

/// Makes `calls` as `execute` does, and returns what each returned.
pub fn execute_and_return(session: Session, calls: Span<Call>) -> Array<Span<felt252>> {
    let others = named::charge(session, calls).span();
    if others.is_empty() {
        batch::execute_and_return(calls)
    } else {
        outflow::execute(session, calls, others)
    }
}
