//! Where a whitelist's entries are kept: a linked set, so that one slot an entry serves both to look
//! it up at a constant cost and to list them all.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;

/// The link that starts a list; no selector is 0.
pub const HEAD: felt252 = 0;
/// The link of the last entry: not 0, so that it is found like the others.
pub const END: felt252 = 1;

/// Where registration `number` keeps its entry for `selector`. The number makes it unreachable for
/// every other registration.
pub fn key(number: u32, selector: felt252) -> felt252 {
    PoseidonTrait::new().update(number.into()).update(selector).finalize()
}
