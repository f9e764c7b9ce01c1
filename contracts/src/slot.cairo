//! Computes the storage addresses of what belongs to a session key: Poseidon hashes, in a domain
//! for each purpose. A `Map` would compute Pedersen hashes, which cost more.

use core::poseidon::hades_permutation;
use starknet::SyscallResultTrait;
use starknet::storage::{Mutable, StoragePointer0Offset};
use starknet::storage_access::{StorageAddress, storage_base_address_from_felt252};
use starknet::syscalls::{storage_read_syscall, storage_write_syscall};

/// Returns the slot of the `T` that belongs to `(first, second)` in `domain`, which takes the place
/// of a storage variable's name. Callers with a single felt pass it as both `first` and `second`:
/// this saves loading a constant.
pub fn pointer<T>(
    first: felt252, second: felt252, domain: felt252,
) -> StoragePointer0Offset<Mutable<T>> {
    let (hash, _, _) = hades_permutation(first, second, domain);
    at(hash)
}

/// Returns the slot of a `T` at `hash`, which is reduced into the range of addresses.
pub fn at<T>(hash: felt252) -> StoragePointer0Offset<Mutable<T>> {
    StoragePointer0Offset { __storage_pointer_address__: storage_base_address_from_felt252(hash) }
}

/// Returns `hash` itself as an address: skipping the reduction into the range of addresses saves
/// 1,900 gas. Returns `None` for about one hash in 2^55, which is out of range; callers must then
/// take the strict answer, as if nothing were stored there.
pub fn raw(hash: felt252) -> Option<StorageAddress> {
    hash.try_into()
}

pub fn read(address: StorageAddress) -> felt252 {
    storage_read_syscall(0, address).unwrap_syscall()
}

pub fn write(address: StorageAddress, value: felt252) {
    storage_write_syscall(0, address, value).unwrap_syscall();
}
