//! Where sessions keep what belongs to a key: at Poseidon hashes, in a domain for each purpose. A
//! `Map` would ask for Pedersen, which costs more.

use core::poseidon::hades_permutation;
use starknet::SyscallResultTrait;
use starknet::storage::{Mutable, StoragePointer0Offset};
use starknet::storage_access::{StorageAddress, storage_base_address_from_felt252};
use starknet::syscalls::{storage_read_syscall, storage_write_syscall};

/// Returns the slot of a `T` for the key `(first, second)` in `domain`, which stands for the name
/// of a storage variable. Callers whose key is one felt pass it as both `first` and `second`: this
/// saves loading a constant.
pub fn pointer<T>(
    first: felt252, second: felt252, domain: felt252,
) -> StoragePointer0Offset<Mutable<T>> {
    let (hash, _, _) = hades_permutation(first, second, domain);
    at(hash)
}

/// Returns the slot of a `T` at `hash`.
pub fn at<T>(hash: felt252) -> StoragePointer0Offset<Mutable<T>> {
    StoragePointer0Offset { __storage_pointer_address__: storage_base_address_from_felt252(hash) }
}

/// Returns `hash` as an address as it is, which skips the reduction into the range of addresses and
/// saves 1,900 gas. Returns `None` for about one hash in 2^55, which is out of range; callers must
/// then take the strict answer.
pub fn raw(hash: felt252) -> Option<StorageAddress> {
    hash.try_into()
}

/// Reads the felt at `address`.
pub fn read(address: StorageAddress) -> felt252 {
    storage_read_syscall(0, address).unwrap_syscall()
}

/// Writes `value` to `address`.
pub fn write(address: StorageAddress, value: felt252) {
    storage_write_syscall(0, address, value).unwrap_syscall();
}
