//! Where a whitelist's entries are kept: a linked set, so that one slot an entry (two where it
//! names a contract) serves both to look it up at a constant cost and to list them all. Scoped or
//! not, an entry is a call: to a contract, or to 0 for any.

use core::poseidon::hades_permutation;
use super::interface::AllowedCall;

/// The selector that the last entry links to: not 0, so that it is found like the others.
pub const END: felt252 = 1;

/// Above every number.
const HEADS: felt252 = 0x100000000;

/// Where registration `number` keeps the first entry of its list: in a domain of its own, so that
/// no call reaches it.
pub fn head(number: u32) -> felt252 {
    let (key, _, _) = hades_permutation(0, 0, number.into() + HEADS);
    key
}

/// Where registration `number` keeps what follows `call` in its list: Poseidon of the call, with
/// the number as its domain (the capacity), which makes it unreachable for every other
/// registration.
pub fn entry(number: u32, call: AllowedCall) -> felt252 {
    let (key, _, _) = hades_permutation(call.to.into(), call.selector, number.into());
    key
}

/// `selector` of any contract.
pub fn on_any(selector: felt252) -> AllowedCall {
    AllowedCall { to: 0.try_into().unwrap(), selector }
}

/// `selectors` of any contract.
pub fn all_on_any(selectors: Span<felt252>) -> Span<AllowedCall> {
    let mut calls = array![];
    append_all(selectors, ref calls);
    calls.span()
}

fn append_all(mut selectors: Span<felt252>, ref calls: Array<AllowedCall>) {
    while let Option::Some(selector) = selectors.pop_front() {
        calls.append(on_any(*selector));
    }
}
