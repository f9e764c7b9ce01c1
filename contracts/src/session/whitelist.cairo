//! Where a whitelist's entries are kept: a linked set, so that one slot an entry serves both to
//! look it up at a constant cost and to list them all.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;

/// What the last entry holds: not 0, so that it is found like the others.
pub const END: felt252 = 1;

/// Where registration `number` keeps the first entry of its list. Of another length than an entry's
/// key, so that no selector reaches it.
pub fn head(number: u32) -> felt252 {
    PoseidonTrait::new().update(number.into()).finalize()
}

/// Where registration `number` keeps what follows `selector` in its list. The number makes it
/// unreachable for every other registration.
pub fn entry(number: u32, selector: felt252) -> felt252 {
    PoseidonTrait::new().update(number.into()).update(selector).finalize()
}
