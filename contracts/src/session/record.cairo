//! A session key's record, packed into one storage slot. Each field is taken out by a function of
//! its own, since a session's transaction pays for each field that is unpacked.

use core::cmp::min;
use core::num::traits::CheckedSub;
use starknet::storage_access::StorePacking;

/// What the account keeps of a session key.
///
/// | half | offset | width | field |
/// | --- | ---: | ---: | --- |
/// | low | 0 | 40 | `valid_until`: Unix time in seconds; 0 once revoked |
/// | low | 40 | 2 | kind of the list: 0 none, 1 selectors on any contract, 2 calls |
/// | low | 42 | 16 | entries on the list |
/// | low | 64 | 32 | `max_calls` |
/// | low | 96 | 32 | calls left |
/// | high | 0 | 32 | epoch of the account in which the key was registered |
/// | high | 32 | 24 | generation: how often the key was registered |
/// | high | 58 | 65 | fee limit plus 1, in FRI; 0 if there is none |
///
/// The low half holds the terms of the session. The high half belongs to the key and stays when the
/// session ends. The kind stays too; it is in the low half, where each check of a call needs it.
#[derive(Copy, Drop)]
pub struct Record {
    pub terms: Terms,
    high: u128,
}

/// What a session may do: the low half of a record.
#[derive(Copy, Drop)]
pub struct Terms {
    low: u128,
}

/// The kinds of list, which say what a session may call. This class writes no other value; with
/// another one, a session may call nothing.
pub mod kind {
    /// Any call, except those that no session may make.
    pub const ANY_CALL: u128 = 0;
    /// Listed selectors, on any contract.
    pub const SELECTORS: u128 = 0x10000000000;
    /// Listed calls: selectors on contracts, with or without an argument.
    pub const CALLS: u128 = 0x20000000000;

    /// Says whether `kind` is one of the three.
    pub fn is_known(kind: u128) -> bool {
        kind == ANY_CALL || kind == SELECTORS || kind == CALLS
    }
}

/// The smallest `valid_until` that does not fit into a record.
pub const ENDS: u64 = 0x10000000000;
/// The smallest fee limit that is refused (F-8).
pub const FEE_LIMIT_BOUND: u128 = 0x10000000000000000;

const VALID_UNTIL_MASK: u128 = 0xffffffffff;
const KIND_MASK: u128 = 0x30000000000;
const ENTRIES_MASK: u128 = 0xffff;
const MAX_CALLS_MASK: u128 = 0xffffffff;
const EPOCH_MASK: u128 = 0xffffffff;
const GENERATION_MASK: u128 = 0xffffff00000000;
const FEE_LIMIT_MASK: u128 = 0x7fffffffffffffffc00000000000000;
const BELOW_FEE_LIMIT_MASK: u128 = 0x3ffffffffffffff;

/// The value of 1 in each field that does not begin at offset 0.
const ENTRIES: u128 = 0x40000000000;
const MAX_CALLS: u128 = 0x10000000000000000;
const CALLS_LEFT: u128 = 0x1000000000000000000000000;
const GENERATION: u128 = 0x100000000;
const FEE_LIMIT: u128 = 0x400000000000000;

/// The inverse of `GENERATION` modulo the prime of felts.
const INVERSE_OF_GENERATION: felt252 =
    0x7fffffff8000010ffffffef0000000000000000000000000000000000000001;
/// The largest high half that has no bit above its fields.
const FIELDS_MAX: u128 = 0x7ffffffffffffffffffffffffffffff;
const SHIFT_128: felt252 = 0x100000000000000000000000000000000;

/// What is subtracted from a packed record when a transaction is counted. Calls left are the
/// highest field of the low half, so that no other field changes if a call is left.
pub const ONE_CALL: felt252 = CALLS_LEFT.into();

/// The generation of a key that was registered once.
pub const FIRST_GENERATION: felt252 = 1;

/// Packs a record into its slot. Unpacking never panics, whatever felt another class wrote there.
pub impl RecordPacking of StorePacking<Record, felt252> {
    fn pack(value: Record) -> felt252 {
        value.terms.low.into() + value.high.into() * SHIFT_128
    }

    fn unpack(value: felt252) -> Record {
        let u256 { low, high } = value.into();
        Record { terms: Terms { low }, high }
    }
}

/// Returns the terms in the record `packed` if its key was registered once, in the account's epoch
/// `epoch`, and has no fee limit; otherwise `None`, as in every epoch of 2^32 or more.
///
/// The high half of such a record is known. Subtracting it leaves the low half, which is below
/// 2^128; from every other record it leaves more, since a felt has only one pair of halves. Asking
/// this first saves a plain transaction of such a record 4,470 gas, and makes one of any other
/// record 2,460 dearer.
pub fn unlimited_terms(packed: felt252, epoch: felt252) -> Option<Terms> {
    // An epoch of 2^32 would add 1 to the generation (T-9).
    let epoch: u32 = epoch.try_into()?;
    let high = epoch.into() + GENERATION.into() * FIRST_GENERATION;
    let low = (packed - high * SHIFT_128).try_into()?;
    Option::Some(Terms { low })
}

#[generate_trait]
pub impl TermsImpl of TermsTrait {
    /// Returns the last second in which the session is usable, in Unix time; 0 once revoked.
    fn valid_until(self: Terms) -> u128 {
        self.low & VALID_UNTIL_MASK
    }

    /// Returns what the session may call: one of `kind`, or a value that another class wrote.
    fn kind(self: Terms) -> u128 {
        self.low & KIND_MASK
    }

    /// Returns the number of entries on the list, below 2^16; 0 means any call.
    fn entries(self: Terms) -> u128 {
        (self.low / ENTRIES) & ENTRIES_MASK
    }

    /// Returns the number of transactions granted, below 2^32.
    fn max_calls(self: Terms) -> u128 {
        (self.low / MAX_CALLS) & MAX_CALLS_MASK
    }

    /// Returns the number of transactions made, below 2^32.
    fn calls_used(self: Terms) -> u128 {
        self.max_calls().checked_sub(self.calls_left()).unwrap_or(0)
    }

    /// Returns the number of transactions left, below 2^32.
    fn calls_left(self: Terms) -> u128 {
        self.low / CALLS_LEFT
    }

    /// Says whether a transaction is left.
    fn has_calls_left(self: Terms) -> bool {
        self.low >= CALLS_LEFT
    }
}

#[generate_trait]
pub impl RecordImpl of RecordTrait {
    /// Returns how often the key was registered, below 2^24; 0 if it never was. The masked half is
    /// the number times `GENERATION`: multiplying by the inverse divides exactly, and saves 1,380
    /// gas over a division.
    fn generation(self: Record) -> felt252 {
        (self.high & GENERATION_MASK).into() * INVERSE_OF_GENERATION
    }

    /// Returns the epoch in which the key was registered, below 2^32.
    fn epoch(self: Record) -> u128 {
        self.high & EPOCH_MASK
    }

    /// Returns the most that a plain transaction may commit to pay, in FRI. It is the highest
    /// field, so no mask is needed. Only another class can have left a limit of 2^64 or more.
    fn fee_limit(self: Record) -> Option<u128> {
        (self.high / FEE_LIMIT).checked_sub(1)
    }

    /// Says whether the key was ever registered.
    fn was_registered(self: Record) -> bool {
        self.generation() != 0
    }

    /// Returns the generation if the key's last registration was in the account's epoch `epoch`,
    /// else `None`. An epoch of 2^32 or more equals no record's.
    fn generation_in(self: Record, epoch: felt252) -> Option<felt252> {
        let generation = self.generation();
        if self.epoch().into() == epoch && generation != 0 { // T-9
            Option::Some(generation)
        } else {
            Option::None
        }
    }

    /// Says whether the key's last registration was for listed calls.
    fn was_for_calls(self: Record) -> bool {
        self.was_registered() && self.terms.kind() == kind::CALLS
    }

    /// Says whether the session lives in the account's epoch `epoch`: the key was registered, and
    /// the session was ended neither alone nor with all others. `authorize` asks the same in two
    /// parts, since the terms of both kinds of record are checked by `rules::check_use`.
    fn lives(self: Record, epoch: felt252) -> bool {
        self.generation_in(epoch).is_some() && self.terms.valid_until() != 0 // T-9
    }

    /// Returns the record as it is after the end of its session: of the terms only the kind stays,
    /// and the high half is unchanged (T-10).
    fn ended(self: Record) -> Record {
        Record { terms: Terms { low: self.terms.kind() }, ..self }
    }

    /// Returns the record of the key's next session, registered in `epoch`; `None` if the key was
    /// registered too often.
    fn renewed(
        self: Record, valid_until: u64, max_calls: u32, epoch: u32, entries: u16, kind: u128,
    ) -> Option<Record> {
        let max_calls: u128 = max_calls.into();
        let generation = ((self.high & GENERATION_MASK) + GENERATION) & GENERATION_MASK;
        if generation == 0 {
            return Option::None;
        }
        let low = valid_until.into()
            + kind
            + entries.into() * ENTRIES
            + max_calls * (MAX_CALLS + CALLS_LEFT);
        // The fee limit stays. If there is a bit above its field, which only another class can have
        // written, the limit becomes the largest that the field holds.
        let fee_limit = min(self.high, FIELDS_MAX) & FEE_LIMIT_MASK;
        let high = epoch.into() + generation + fee_limit;
        Option::Some(Record { terms: Terms { low }, high })
    }

    /// Returns the record with `fee_limit`, which must be below 2^64, or without a limit. No other
    /// field changes (T-10).
    fn limited(self: Record, fee_limit: Option<u128>) -> Record {
        let fee_limit = match fee_limit {
            Option::Some(limit) => (limit + 1) * FEE_LIMIT,
            Option::None => 0,
        };
        Record { high: (self.high & BELOW_FEE_LIMIT_MASK) + fee_limit, ..self }
    }
}
