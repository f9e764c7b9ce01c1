//! A session's record: one storage slot.

use starknet::storage_access::StorePacking;

/// What the account keeps of a session key.
#[derive(Copy, Drop)]
pub struct Record {
    /// Transactions made.
    pub calls_used: u32,
    /// Transactions granted.
    pub max_calls: u32,
    /// Unix time in seconds of the last one in which the session is usable; 0 once revoked.
    pub valid_until: u64,
    /// The number of the key's last registration; 0 if it never had one.
    pub number: u32,
    /// Whitelist entries; 0 means any call.
    pub allowed: u16,
    /// Whether the whitelist's entries name contracts.
    pub scoped: bool,
    /// The most that a plain transaction may commit to pay, in FRI, below 2^64. The key's own: it
    /// outlasts the session.
    pub fee_limit: Option<u128>,
}

const TWO: NonZero<u128> = 2;
const TWO_POW_16: NonZero<u128> = 0x10000;
const TWO_POW_32: NonZero<u128> = 0x100000000;
const SHIFT_32: felt252 = 0x100000000;
const SHIFT_64: felt252 = 0x10000000000000000;
const SHIFT_128: felt252 = 0x100000000000000000000000000000000;
const SHIFT_160: felt252 = 0x10000000000000000000000000000000000000000;
const SHIFT_176: felt252 = 0x100000000000000000000000000000000000000000000;
const SHIFT_177: felt252 = 0x200000000000000000000000000000000000000000000;
const SHIFT_178: felt252 = 0x400000000000000000000000000000000000000000000;

/// From the low bit: `calls_used` 32, `max_calls` 32, `valid_until` 64, `number` 32, `allowed` 16,
/// `scoped` 1, whether there is a `fee_limit` 1, the limit 64. Unpacking never panics, whatever
/// another class left in the slot.
pub impl RecordPacking of StorePacking<Record, felt252> {
    fn pack(value: Record) -> felt252 {
        value.calls_used.into()
            + value.max_calls.into() * SHIFT_32
            + value.valid_until.into() * SHIFT_64
            + value.number.into() * SHIFT_128
            + value.allowed.into() * SHIFT_160
            + if value.scoped {
                SHIFT_176
            } else {
                0
            }
            + match value.fee_limit {
                Option::Some(limit) => SHIFT_177 + limit.into() * SHIFT_178,
                Option::None => 0,
            }
    }

    fn unpack(value: felt252) -> Record {
        let u256 { low, high } = value.into();
        let (low, calls_used) = DivRem::div_rem(low, TWO_POW_32);
        let (valid_until, max_calls) = DivRem::div_rem(low, TWO_POW_32);
        let (high, number) = DivRem::div_rem(high, TWO_POW_32);
        let (high, allowed) = DivRem::div_rem(high, TWO_POW_16);
        let (high, scoped) = DivRem::div_rem(high, TWO);
        let (limit, limited) = DivRem::div_rem(high, TWO);
        Record {
            calls_used: calls_used.try_into().unwrap(),
            max_calls: max_calls.try_into().unwrap(),
            valid_until: valid_until.try_into().unwrap(),
            number: number.try_into().unwrap(),
            allowed: allowed.try_into().unwrap(),
            scoped: scoped != 0,
            fee_limit: if limited != 0 {
                Option::Some(limit)
            } else {
                Option::None
            },
        }
    }
}

/// The numbers of registrations: one slot for the account.
#[derive(Copy, Drop)]
pub struct Registry {
    /// The last number given out. Never goes back.
    pub last: u32,
    /// Registrations up to and including this number have ended.
    pub floor: u32,
}

pub impl RegistryPacking of StorePacking<Registry, felt252> {
    fn pack(value: Registry) -> felt252 {
        value.floor.into() + value.last.into() * SHIFT_32
    }

    fn unpack(value: felt252) -> Registry {
        let u256 { low, .. } = value.into();
        let (low, floor) = DivRem::div_rem(low, TWO_POW_32);
        let (_, last) = DivRem::div_rem(low, TWO_POW_32);
        Registry { last: last.try_into().unwrap(), floor: floor.try_into().unwrap() }
    }
}

#[generate_trait]
pub impl RecordImpl of RecordTrait {
    /// Whether there is a session: registered, and not revoked, neither alone nor with all others.
    /// A number that was never given out is nobody's: another class may have written it.
    fn exists(self: @Record, registry: Registry) -> bool {
        *self.valid_until != 0 && *self.number > registry.floor && *self.number <= registry.last
    }

    /// What stays when the session ends: that the key was used, and its fee limit.
    fn ended(self: Record) -> Record {
        Record {
            calls_used: 0,
            max_calls: 0,
            valid_until: 0,
            number: self.number,
            allowed: 0,
            scoped: false,
            fee_limit: self.fee_limit,
        }
    }

    /// Transactions left.
    fn remaining_calls(self: @Record) -> u32 {
        if *self.calls_used < *self.max_calls {
            *self.max_calls - *self.calls_used
        } else {
            0
        }
    }
}
