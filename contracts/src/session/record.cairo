//! A session's record, packed into one storage slot. Each field is taken out by a function of its
//! own, since a session's transaction pays for each field that is unpacked.

use core::num::traits::CheckedSub;
use starknet::storage_access::StorePacking;

/// What the account keeps of a session key.
///
/// | half | offset | width | field |
/// | --- | ---: | ---: | --- |
/// | low | 0 | 40 | `valid_until`: Unix time in seconds; 0 once revoked |
/// | low | 40 | 24 | generation: how often the key was registered |
/// | low | 64 | 32 | `max_calls` |
/// | low | 96 | 32 | calls left |
/// | high | 0 | 32 | epoch of the account in which the key was registered |
/// | high | 32 | 16 | entries on the list |
/// | high | 48 | 2 | kind of the list: 0 none, 1 selectors on any contract, 2 calls |
/// | high | 50 | 65 | fee limit plus 1, in FRI; 0 if there is none |
///
/// Generation, epoch, kind and fee limit belong to the key: they stay when its session ends.
#[derive(Copy, Drop)]
pub struct Record {
    low: u128,
    high: u128,
}

/// A session that was neither revoked alone nor ended with all others, and the fields that show
/// this.
#[derive(Copy, Drop)]
pub struct Living {
    /// What `RecordTrait::valid_until` returns, and not 0.
    pub valid_until: u128,
    /// What `RecordTrait::generation` returns, and not 0.
    pub generation: u128,
}

/// The kinds of list, which say what a session may call. This class writes no other value; with
/// another one, a session may call nothing.
pub mod kind {
    /// Any call, except those that no session may make.
    pub const ANY_CALL: u128 = 0;
    /// Listed selectors, on any contract.
    pub const SELECTORS: u128 = 0x1000000000000;
    /// Listed calls: selectors on contracts, with or without an argument.
    pub const CALLS: u128 = 0x2000000000000;

    /// Says whether `kind` is one of the three.
    pub fn is_known(kind: u128) -> bool {
        kind == ANY_CALL || kind == SELECTORS || kind == CALLS
    }
}

/// The smallest `valid_until` that does not fit into a record.
pub const ENDS: u64 = 0x10000000000;

const VALID_UNTIL_MASK: u128 = 0xffffffffff;
const GENERATION_MASK: u128 = 0xffffff0000000000;
const MAX_CALLS_MASK: u128 = 0xffffffff;
const EPOCH_MASK: u128 = 0xffffffff;
const ENTRIES_MASK: u128 = 0xffff;
const KIND_MASK: u128 = 0x3000000000000;
const BELOW_FEE_LIMIT_MASK: u128 = 0x3ffffffffffff;
const FEE_LIMIT_MASK: u128 = 0x7fffffffffffffffc000000000000;
/// The fields of the high half that stay when a session ends.
const KEY_MASK: u128 = 0x7ffffffffffffffff0000ffffffff;

/// The value of 1 in each field that does not begin at offset 0.
const GENERATION: u128 = 0x10000000000;
const MAX_CALLS: u128 = 0x10000000000000000;
const CALLS_LEFT: u128 = 0x1000000000000000000000000;
const ENTRIES: u128 = 0x100000000;
const FEE_LIMIT: u128 = 0x4000000000000;
/// How many values the field of the fee limit has.
const FEE_LIMITS: u128 = 0x20000000000000000;

const SHIFT_128: felt252 = 0x100000000000000000000000000000000;

/// What is subtracted from a packed record when a transaction is counted. Calls left are the
/// highest field of the low half, so that no other field changes if a call is left.
pub const ONE_CALL: felt252 = CALLS_LEFT.into();

/// Packs a record into its slot. Unpacking never panics, whatever felt another class wrote there.
pub impl RecordPacking of StorePacking<Record, felt252> {
    fn pack(value: Record) -> felt252 {
        value.low.into() + value.high.into() * SHIFT_128
    }

    fn unpack(value: felt252) -> Record {
        let u256 { low, high } = value.into();
        Record { low, high }
    }
}

#[generate_trait]
pub impl RecordImpl of RecordTrait {
    /// Returns the last second in which the session is usable, in Unix time; 0 once revoked.
    fn valid_until(self: Record) -> u128 {
        self.low & VALID_UNTIL_MASK
    }

    /// Returns how often the key was registered, times 2^40, since the field is not shifted down; 0 if
    /// it never was.
    fn generation(self: Record) -> u128 {
        self.low & GENERATION_MASK
    }

    /// Returns the number of transactions granted, below 2^32.
    fn max_calls(self: Record) -> u128 {
        (self.low / MAX_CALLS) & MAX_CALLS_MASK
    }

    /// Returns the number of transactions made, below 2^32.
    fn calls_used(self: Record) -> u128 {
        self.max_calls().checked_sub(self.calls_left()).unwrap_or(0)
    }

    /// Returns the number of transactions left, below 2^32.
    fn calls_left(self: Record) -> u128 {
        self.low / CALLS_LEFT
    }

    /// Returns the epoch in which the key was registered, below 2^32.
    fn epoch(self: Record) -> u128 {
        self.high & EPOCH_MASK
    }

    /// Returns the number of entries on the list, below 2^16; 0 means any call.
    fn entries(self: Record) -> u128 {
        (self.high / ENTRIES) & ENTRIES_MASK
    }

    /// Returns what the session may call: one of `kind`, or a value that another class wrote.
    fn kind(self: Record) -> u128 {
        self.high & KIND_MASK
    }

    /// Says whether the record may have a fee limit. Asking this before `fee_limit` saves 2,420 gas
    /// if there is none. Bits above the field, which only another class can have written, make this
    /// `true` although there is no limit.
    fn may_be_limited(self: Record) -> bool {
        self.high > BELOW_FEE_LIMIT_MASK
    }

    /// Returns the most that a plain transaction may commit to pay, in FRI, below 2^64.
    fn fee_limit(self: Record) -> Option<u128> {
        (self.high / FEE_LIMIT % FEE_LIMITS).checked_sub(1)
    }

    /// Says whether the key was ever registered.
    fn was_registered(self: Record) -> bool {
        self.generation() != 0
    }

    /// Says whether the key's last registration was for listed calls.
    fn was_for_calls(self: Record) -> bool {
        self.was_registered() && self.kind() == kind::CALLS
    }

    /// Returns the session if it lives in the account's epoch `epoch`: the key was registered, and
    /// the session was ended neither alone nor with all others. An epoch of 2^32 or more equals no
    /// record's.
    fn living(self: Record, epoch: felt252) -> Option<Living> {
        let valid_until = self.valid_until();
        let generation = self.generation();
        if self.epoch().into() == epoch && valid_until != 0 && generation != 0 { // T-9
            Option::Some(Living { valid_until, generation })
        } else {
            Option::None
        }
    }

    /// Says whether the session lives in the account's epoch `epoch`.
    fn lives(self: Record, epoch: felt252) -> bool {
        self.living(epoch).is_some()
    }

    /// Says whether a transaction is left.
    fn has_calls_left(self: Record) -> bool {
        self.low >= CALLS_LEFT
    }

    /// Returns the record as it is after the end of its session: only the fields that belong to the
    /// key are kept (T-10).
    fn ended(self: Record) -> Record {
        Record { low: self.low & GENERATION_MASK, high: self.high & KEY_MASK }
    }

    /// Returns the record of the key's next session, registered in `epoch`; `None` if the key was
    /// registered too often.
    fn renewed(
        self: Record, valid_until: u64, max_calls: u32, epoch: u32, entries: u16, kind: u128,
    ) -> Option<Record> {
        let max_calls: u128 = max_calls.into();
        let generation = (self.generation() + GENERATION) & GENERATION_MASK;
        if generation == 0 {
            return Option::None;
        }
        Option::Some(
            Record {
                low: valid_until.into() + generation + max_calls * (MAX_CALLS + CALLS_LEFT),
                high: (self.high & FEE_LIMIT_MASK) + epoch.into() + entries.into() * ENTRIES + kind,
            },
        )
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
