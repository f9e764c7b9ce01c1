//! Serializes calls as Cairo does, and reads them.

use starknet_rust::core::types::{Call, Felt};

/// Serializes calls as Cairo serializes an `Array<Call>`.
pub fn of_calls(calls: &[Call]) -> Vec<Felt> {
    let mut felts = vec![calls.len().into()];
    for call in calls {
        felts.extend([call.to, call.selector, call.calldata.len().into()]);
        felts.extend_from_slice(&call.calldata);
    }
    felts
}

/// Reads calls as Cairo reads an `Array<Call>`, and returns them with the felts that follow; `None` if
/// `felts` is too short.
pub fn calls_of(felts: &[Felt]) -> Option<(Vec<Call>, &[Felt])> {
    let (&count, mut rest) = felts.split_first()?;
    let mut calls = Vec::new();
    for _ in 0..usize::try_from(count).ok().filter(|it| *it <= rest.len())? {
        let (&[to, selector], after) = rest.split_first_chunk()?;
        let (calldata, after) = span_of(after)?;
        calls.push(Call { to, selector, calldata: calldata.to_vec() });
        rest = after;
    }
    Some((calls, rest))
}

/// Reads felts as Cairo reads a `Span<felt252>`, and returns them with the felts that follow; `None` if
/// `felts` is too short.
pub fn span_of(felts: &[Felt]) -> Option<(&[Felt], &[Felt])> {
    let (&length, rest) = felts.split_first()?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}
