//! Lists: what sessions may call, one entry in storage for each call or pinned argument.

use core::dict::{Felt252Dict, Felt252DictEntryTrait, Felt252DictTrait};
use core::poseidon::hades_permutation;
use starknet::ContractAddress;
use starknet::account::Call;
use crate::errors::{ensure, session as errors};
use crate::slot;
use super::interface::AllowedCall;
use super::record::kind;
use super::rules;

/// The list of one registration of one key.
///
/// The addresses of a list's cells come out of `hades`, the Poseidon permutation. Each of its
/// outputs has one use:
///
/// ```text
/// (r0, r1, _)  = hades(key, key, selector!("Sessions_v2_records"))   the record is at r0
/// id           = r1 + generation                                     of this list and no other
/// (c0, c1, c2) = hades(to, selector, id)                             to = 0 means any contract
/// cell at c0   : 0 no entry, 1 any calldata, 2 + index an argument there, anything else refused
/// (p0, _, _)   = hades(c1, value, c2)
/// cell at p0   : 1 the argument may have this value, anything else refused
/// ```
///
/// Cells of different calls, arguments or lists are never the same (T-11; `docs/architecture.md`
/// says why). A list cannot be read back from storage; events show it when it is written.
#[derive(Copy, Drop)]
pub struct List {
    id: felt252,
}

/// The values of a call's cell. An index is added to the second.
const ANY_CALLDATA: felt252 = 1;
const FIRST_ARGUMENT: felt252 = 2;

/// The value of an argument's cell.
const ALLOWED: felt252 = 1;

#[generate_trait]
pub impl ListImpl of ListTrait {
    /// Returns the list of the registration number `generation` of the key whose second hash is
    /// `r1`.
    fn new(r1: felt252, generation: felt252) -> List {
        List { id: r1 + generation }
    }

    /// Says whether the list, which is of `kind`, allows `call`. It never panics, and its cost does
    /// not depend on the length of the list (L-5). About one listed call in 2^55 is refused, since
    /// its hash is no address. Inlining it saves 2,570 gas.
    #[inline(always)]
    fn allows(self: List, kind: u128, call: Call) -> bool {
        let to = if kind == kind::SELECTORS {
            0
        } else if kind == kind::CALLS {
            call.to.into()
        } else {
            return false; // L-8
        };
        // S-9: look the call's cell up.
        let (c0, c1, c2) = hades_permutation(to, call.selector, self.id);
        let Option::Some(address) = slot::raw(c0) else {
            return false;
        };
        let cell = slot::read(address);
        // L-1: an entry without an argument allows any calldata.
        cell == ANY_CALLDATA || has_argument(cell, c1, c2, call.calldata)
    }

    /// Writes the entries of a list of selectors on any contract.
    ///
    /// Requirements, for each of `selectors`:
    ///
    /// - It may be listed, else the error of `rules::check_listed_selector`.
    /// - It is listed once, else `Session: duplicate selector`.
    fn write_selectors(self: List, mut selectors: Span<felt252>) {
        let mut cells = Default::default();
        while let Option::Some(selector) = selectors.pop_front() {
            ensure(rules::check_listed_selector(*selector));
            let (c0, _, _) = hades_permutation(0, *selector, self.id);
            assert(replace(ref cells, c0, ANY_CALLDATA) == 0, errors::DUPLICATE_SELECTOR);
        }
    }

    /// Writes the entries of a list of calls.
    ///
    /// Requirements, for each of `calls`:
    ///
    /// - It may be listed by `account`, else the error of `rules::check_listed_call`.
    /// - No other entry allows what it allows, else `Session: duplicate call` (L-4). Entries of the
    ///   same contract and selector may have different values of the same argument (L-3).
    fn write_calls(self: List, mut calls: Span<AllowedCall>, account: ContractAddress) {
        let mut cells = Default::default();
        while let Option::Some(call) = calls.pop_front() {
            let AllowedCall { to, selector, argument } = *call;
            ensure(rules::check_listed_call(to, selector, account));
            let (c0, c1, c2) = hades_permutation(to.into(), selector, self.id);
            match argument {
                Option::None => assert(
                    replace(ref cells, c0, ANY_CALLDATA) == 0, errors::DUPLICATE_CALL,
                ),
                Option::Some(argument) => {
                    let cell = FIRST_ARGUMENT + argument.index.into();
                    let former = replace(ref cells, c0, cell);
                    assert(former == 0 || former == cell, errors::DUPLICATE_CALL); // L-3, L-4
                    let (p0, _, _) = hades_permutation(c1, argument.value, c2);
                    assert(replace(ref cells, p0, ALLOWED) == 0, errors::DUPLICATE_CALL);
                },
            }
        }
    }
}

/// Says whether the felt of `calldata` at the index that `cell` holds is an allowed argument of the
/// call with `c1` and `c2`. It is not if `cell` holds no index, or if `calldata` is too short (L-2,
/// L-8). Inlining it saves 1,700 gas.
#[inline(always)]
fn has_argument(cell: felt252, c1: felt252, c2: felt252, calldata: Span<felt252>) -> bool {
    let index: Option<u8> = (cell - FIRST_ARGUMENT).try_into();
    let Option::Some(index) = index else {
        return false;
    };
    let Option::Some(argument) = calldata.get(index.into()) else {
        return false;
    };
    let (p0, _, _) = hades_permutation(c1, *argument.unbox(), c2);
    match slot::raw(p0) {
        Option::Some(address) => slot::read(address) == ALLOWED,
        Option::None => false,
    }
}

/// Writes `value` to the cell at `hash`, and returns what this registration wrote there before, or
/// 0. The dictionary `cells` remembers it, since a read of storage would cost 24,000 gas. What
/// another class once wrote to the cell is overwritten.
fn replace(ref cells: Felt252Dict<felt252>, hash: felt252, value: felt252) -> felt252 {
    let (entry, former) = cells.entry(hash);
    cells = entry.finalize(value);
    if former != value {
        // Where the hash is no address, `allows` refuses without a read, so nothing need be
        // written.
        if let Option::Some(address) = slot::raw(hash) {
            slot::write(address, value);
        }
    }
    former
}
