//! Where sessions keep what belongs to a key: Poseidon of the key in a domain of its own. A `Map`
//! would ask for Pedersen, which costs more.

use core::poseidon::hades_permutation;
use starknet::SyscallResultTrait;
use starknet::storage::{Mutable, StoragePointer0Offset};
use starknet::storage_access::{
    StorageAddress, StorageBaseAddress, storage_base_address_from_felt252,
};
use starknet::syscalls::storage_read_syscall;

/// Where a `T` for the key `(first, second)` is kept, `domain` standing for the name of a storage
/// variable. A key of one felt stands twice: cheaper than a constant beside it.
#[inline(always)]
pub fn pointer<T>(
    first: felt252, second: felt252, domain: felt252,
) -> StoragePointer0Offset<Mutable<T>> {
    StoragePointer0Offset { __storage_pointer_address__: address(first, second, domain) }
}

/// The address of that.
#[inline(always)]
pub fn address(first: felt252, second: felt252, domain: felt252) -> StorageBaseAddress {
    let (hash, _, _) = hades_permutation(first, second, domain);
    storage_base_address_from_felt252(hash)
}

/// The felt that is kept there: cheaper than by a pointer. None for the one key in 2^55 whose hash
/// is no address as it is.
#[inline(always)]
pub fn read(first: felt252, second: felt252, domain: felt252) -> Option<felt252> {
    let (hash, _, _) = hades_permutation(first, second, domain);
    let address: StorageAddress = hash.try_into()?;
    Option::Some(storage_read_syscall(0, address).unwrap_syscall())
}
