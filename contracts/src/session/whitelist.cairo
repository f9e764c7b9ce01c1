//! Where a whitelist's entries are kept: a linked set, so that one slot an entry (two where it
//! names a contract) serves both to look it up at a constant cost and to list them all. Scoped or
//! not, an entry is a call: to a contract, or to 0 for any.

use starknet::storage_access::{StorageBaseAddress, Store};
use starknet::{ContractAddress, SyscallResultTrait};
use crate::slot;
use super::interface::AllowedCall;

/// The selector that the last entry links to: not 0, so that it is found like the others.
pub const END: felt252 = 1;

/// Stands for the name of a storage variable.
const DOMAIN: felt252 = selector!("Sessions_v1_whitelist");

/// Above every number.
const HEADS: felt252 = 0x100000000;

/// Where registration `number` keeps the first entry of its list: in a domain of its own, so that
/// no call reaches it.
pub fn head(number: felt252) -> StorageBaseAddress {
    slot::address(0, 0, DOMAIN + HEADS + number)
}

/// Where registration `number` keeps what follows `call` in its list: the selector, and the
/// contract in the slot after it if the list is scoped.
pub fn entry(number: felt252, scope: felt252, call: AllowedCall) -> StorageBaseAddress {
    let (first, second, domain) = key(number, scope, call);
    slot::address(first, second, domain)
}

/// Whether registration `number` lists `call`. Of 2^55 calls it may miss one that it lists.
#[inline(always)]
pub fn lists(number: felt252, scope: felt252, call: AllowedCall) -> bool {
    let (first, second, domain) = key(number, scope, call);
    match slot::read(first, second, domain) {
        Option::Some(next) => next != 0,
        Option::None => false,
    }
}

/// The contract counts `scope`, which is 0 if the list is not scoped: cheaper than a choice. The
/// number is in the domain (the capacity), which makes an entry unreachable for every other
/// registration.
#[inline(always)]
fn key(number: felt252, scope: felt252, call: AllowedCall) -> (felt252, felt252, felt252) {
    (call.to.into() * scope, call.selector, DOMAIN + number)
}

/// The selector that `slot` links to; 0 if nothing is there.
pub fn next_selector(slot: StorageBaseAddress) -> felt252 {
    Store::read(0, slot).unwrap_syscall()
}

/// The contract that `slot` of a scoped list links to.
pub fn next_contract(slot: StorageBaseAddress) -> ContractAddress {
    Store::read_at_offset(0, slot, 1).unwrap_syscall()
}

/// Links `slot` to `call`.
pub fn link(slot: StorageBaseAddress, call: AllowedCall, scoped: bool) {
    Store::write(0, slot, call.selector).unwrap_syscall();
    if scoped {
        Store::write_at_offset(0, slot, 1, call.to).unwrap_syscall();
    }
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
