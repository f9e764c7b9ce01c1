use starknet_rust_core::types::{Call, Felt};

/// Calls as Cairo serializes an `Array<Call>`.
pub fn of_calls(calls: &[Call]) -> Vec<Felt> {
    let mut felts = vec![calls.len().into()];
    for call in calls {
        felts.extend([call.to, call.selector, call.calldata.len().into()]);
        felts.extend_from_slice(&call.calldata);
    }
    felts
}
