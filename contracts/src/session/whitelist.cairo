//! Where a whitelist's entries are kept: a linked set, so that one slot an entry (two where it
//! names a contract) serves both to look it up at a constant cost and to list them all. Scoped or
//! not, an entry is a call: to a contract, or to 0 for any.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;
use starknet::ContractAddress;
use super::interface::AllowedCall;

/// The entry that follows in the list.
#[derive(Copy, Drop, starknet::Store)]
pub struct Link {
    /// Not 0 in any entry: what a lookup reads.
    pub selector: felt252,
    /// Written in scoped lists only.
    pub to: ContractAddress,
}

/// The selector that the last entry links to: not 0, so that it is found like the others.
pub const END: felt252 = 1;

/// Where registration `number` keeps the first entry of its list. Of another length than an entry's
/// key, so that no call reaches it.
pub fn head(number: u32) -> felt252 {
    PoseidonTrait::new().update(number.into()).finalize()
}

/// Where registration `number` keeps what follows `call` in its list. The number makes it
/// unreachable for every other registration.
pub fn entry(number: u32, call: AllowedCall) -> felt252 {
    PoseidonTrait::new()
        .update(number.into())
        .update(call.selector)
        .update(call.to.into())
        .finalize()
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
