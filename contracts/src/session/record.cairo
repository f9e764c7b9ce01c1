//! A session's record: one storage slot. Its fields are taken out of it one by one, since a
//! session's transactions pay for each that they look at.

use core::cmp::min;
use core::num::traits::CheckedSub;
use starknet::storage_access::StorePacking;

/// What the account keeps of a session key.
#[derive(Copy, Drop)]
pub struct Record {
    /// From the low bit: `valid_until` 64, `max_calls` 32, calls left 32.
    low: u128,
    /// From the low bit: `number` 32, `allowed` 16, `kind` 2, the fee limit plus 1 or else 0, 65.
    high: u128,
}

const VALID_UNTIL_MASK: u128 = 0xffffffffffffffff;
const MAX_CALLS_MASK: u128 = 0xffffffff;
const NUMBER_MASK: u128 = 0xffffffff;
const ALLOWED_MASK: u128 = 0xffff;
const KIND_MASK: u128 = 0x3000000000000;
const BELOW_FEE_LIMIT_MASK: u128 = 0x3ffffffffffff;
const FEE_LIMIT_MASK: u128 = 0x7fffffffffffffffc000000000000;
/// The number and the fee limit: the key's own, whatever becomes of its session.
const KEY_MASK: u128 = 0x7fffffffffffffffc0000ffffffff;

/// A field's 1, where the field is not the lowest.
const MAX_CALLS: u128 = 0x10000000000000000;
const CALLS_LEFT: u128 = 0x1000000000000000000000000;
const ALLOWED: u128 = 0x100000000;
/// A whitelist of selectors, and one that names contracts too.
const LISTED: u128 = 0x1000000000000;
const SCOPED: u128 = 0x2000000000000;
const FEE_LIMIT: u128 = 0x4000000000000;
/// How many values the fee limit's field has.
const FEE_LIMITS: u128 = 0x20000000000000000;

/// Of a registry's fields.
const FLOOR_MASK: u128 = 0xffffffffffffffff;
const LAST: u128 = 0x10000000000000000;

const SHIFT_128: felt252 = 0x100000000000000000000000000000000;

/// Unpacking never panics, whatever another class left in the slot.
pub impl RecordPacking of StorePacking<Record, felt252> {
    fn pack(value: Record) -> felt252 {
        value.low.into() + value.high.into() * SHIFT_128
    }

    #[inline(always)]
    fn unpack(value: felt252) -> Record {
        let u256 { low, high } = value.into();
        Record { low, high }
    }
}

/// The numbers of registrations: one slot for the account.
#[derive(Copy, Drop, starknet::Store)]
pub struct Registry {
    /// From the low bit: the floor, up to and including which registrations have ended, 64; the
    /// last number given out, which never goes back, 64. A felt still, since another class may have
    /// left anything.
    packed: felt252,
}

/// What a contract counts in the entries of a whitelist of `kind`: 0 if they are of any contract.
#[inline(always)]
pub fn scope(kind: u128) -> felt252 {
    kind.into() - LISTED.into()
}

#[generate_trait]
pub impl RegistryImpl of RegistryTrait {
    /// Whether registration `number`, below 2^32, was made and has not ended with all others.
    fn is_live(self: Registry, number: u128) -> bool {
        let since: Option<u128> = (self.packed - number.into() * LAST.into()).try_into();
        match since {
            Option::Some(since) => number > since & FLOOR_MASK,
            Option::None => false,
        }
    }

    /// The number of the next registration, and the registry after it; none if there are too many.
    fn next(self: Registry) -> Option<(u32, Registry)> {
        let packed: u128 = self.packed.try_into()?;
        let last = packed / LAST;
        // Another class left it: what is registered would be dead.
        if packed & FLOOR_MASK > last {
            return Option::None;
        }
        let number = (last + 1).try_into()?;
        Option::Some((number, Registry { packed: self.packed + LAST.into() }))
    }

    /// The registry after the end of every session. Of one that is not this class's, no number is
    /// left to give out: one that another class gave out could come to life again.
    fn ended(self: Registry) -> Registry {
        let last = match self.packed.try_into() {
            Option::Some(packed) => min(packed / LAST, NUMBER_MASK),
            Option::None => NUMBER_MASK,
        };
        Registry { packed: (last * LAST + last).into() }
    }
}

#[generate_trait]
pub impl RecordImpl of RecordTrait {
    /// Unix time in seconds of the last one in which the session is usable, below 2^64; 0 once
    /// revoked.
    fn valid_until(self: Record) -> u128 {
        self.low & VALID_UNTIL_MASK
    }

    /// Transactions granted, below 2^32.
    fn max_calls(self: Record) -> u128 {
        (self.low / MAX_CALLS) & MAX_CALLS_MASK
    }

    /// Transactions made, below 2^32.
    fn calls_used(self: Record) -> u128 {
        self.max_calls().checked_sub(self.calls_left()).unwrap_or(0)
    }

    /// Transactions left, below 2^32.
    fn calls_left(self: Record) -> u128 {
        self.low / CALLS_LEFT
    }

    /// The number of the key's last registration, below 2^32; 0 if it never had one.
    fn number(self: Record) -> u128 {
        self.high & NUMBER_MASK
    }

    /// Whitelist entries, below 2^16; 0 means any call.
    fn allowed(self: Record) -> u128 {
        (self.high / ALLOWED) & ALLOWED_MASK
    }

    /// Which whitelist there is: 0 if there is none and any call is allowed.
    fn kind(self: Record) -> u128 {
        self.high & KIND_MASK
    }

    /// Whether the whitelist's entries name contracts.
    fn is_scoped(self: Record) -> bool {
        self.kind() == SCOPED
    }

    /// Whether there may be a fee limit: cheaper than to ask which. There is none if all that
    /// another class left is above its field.
    fn may_be_limited(self: Record) -> bool {
        self.high > BELOW_FEE_LIMIT_MASK
    }

    /// The most that a plain transaction may commit to pay, in FRI, below 2^64. The key's own: it
    /// outlasts the session.
    fn fee_limit(self: Record) -> Option<u128> {
        // Not by the mask: a bitwise here would cost the sessions without a limit, too.
        (self.high / FEE_LIMIT % FEE_LIMITS).checked_sub(1)
    }

    /// The number of the session, if there is one: registered, and not revoked, neither alone nor
    /// with all others. A number that was never given out is nobody's: another class may have
    /// written it.
    fn live_number(self: Record, registry: Registry) -> Option<u128> {
        let number = self.number();
        if self.low != 0 && registry.is_live(number) {
            Option::Some(number)
        } else {
            Option::None
        }
    }

    /// Whether there is a session.
    fn exists(self: Record, registry: Registry) -> bool {
        self.live_number(registry).is_some()
    }

    /// The record after one more transaction; none if none is left.
    fn counted(self: Record) -> Option<Record> {
        match self.low.checked_sub(CALLS_LEFT) {
            Option::Some(low) => Option::Some(Record { low, ..self }),
            Option::None => Option::None,
        }
    }

    /// What stays when the session ends: that the key was used, and its fee limit.
    fn ended(self: Record) -> Record {
        Record { low: 0, high: self.high & KEY_MASK }
    }

    /// The record of the key's next session.
    fn renewed(
        self: Record, valid_until: u64, max_calls: u32, number: u32, allowed: u16, is_scoped: bool,
    ) -> Record {
        let max_calls: u128 = max_calls.into();
        let kind = if is_scoped {
            SCOPED
        } else if allowed != 0 {
            LISTED
        } else {
            0
        };
        let below_fee_limit = number.into() + allowed.into() * ALLOWED + kind;
        Record {
            low: valid_until.into() + max_calls * (MAX_CALLS + CALLS_LEFT),
            high: (self.high & FEE_LIMIT_MASK) + below_fee_limit,
        }
    }

    /// The record with another fee limit, below 2^64, or none.
    fn limited(self: Record, fee_limit: Option<u128>) -> Record {
        let fee_limit = match fee_limit {
            Option::Some(limit) => (limit + 1) * FEE_LIMIT,
            Option::None => 0,
        };
        Record { high: (self.high & BELOW_FEE_LIMIT_MASK) + fee_limit, ..self }
    }
}
