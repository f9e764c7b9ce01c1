//! Reads the owner change in `vectors/owner_change.json`.

use snforge_std::fs::{FileParser, FileTrait};
use starknet::ContractAddress;
use super::felt;

/// An owner change that the client hashed and its new owner signed.
#[derive(Drop)]
pub struct OwnerChange {
    pub account: ContractAddress,
    pub current_public_key: felt252,
    pub new_public_key: felt252,
    pub message_hash: felt252,
    pub r: felt252,
    pub s: felt252,
}

pub fn owner_change() -> OwnerChange {
    let file = FileTrait::new("vectors/owner_change.json");
    let file: OwnerChangeFile = FileParser::parse_json(@file).unwrap();
    OwnerChange {
        account: felt(@file.account).try_into().unwrap(),
        current_public_key: felt(@file.current_public_key),
        new_public_key: felt(@file.new_public_key),
        message_hash: felt(@file.message_hash),
        r: felt(@file.r),
        s: felt(@file.s),
    }
}

#[derive(Drop, Serde)]
struct OwnerChangeFile {
    account: ByteArray,
    current_public_key: ByteArray,
    message: Array<ByteArray>,
    message_hash: ByteArray,
    new_private_key: ByteArray,
    new_public_key: ByteArray,
    r: ByteArray,
    s: ByteArray,
}
