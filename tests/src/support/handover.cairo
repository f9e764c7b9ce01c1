//! Hands the account over to another owner.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;
use session_account::owner::interface::{IPublicKeySafeDispatcher, IPublicKeySafeDispatcherTrait};
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use starknet::ContractAddress;
use super::account::{key, owner};
use super::outside::call_from_itself;

/// Returns the key of the next owner.
pub fn heir() -> StarkCurveKeyPair {
    key('heir')
}

/// Returns the hash that a new owner signs, as OpenZeppelin's account defines it.
pub fn acceptance_hash(account: ContractAddress, current_owner: felt252) -> felt252 {
    PoseidonTrait::new()
        .update('StarkNet Message')
        .update('accept_ownership')
        .update(account.into())
        .update(current_owner)
        .finalize()
}

/// Returns the signature by which `key` accepts the account from the owner.
pub fn acceptance(account: ContractAddress, key: StarkCurveKeyPair) -> Array<felt252> {
    let (r, s) = key.sign(acceptance_hash(account, owner().public_key)).unwrap();
    array![r, s]
}

/// Has the account call its own `set_public_key`.
#[feature("safe_dispatcher")]
pub fn set_public_key(
    account: ContractAddress, key: felt252, signature: Array<felt252>,
) -> Result<(), Array<felt252>> {
    call_from_itself(account);
    IPublicKeySafeDispatcher { contract_address: account }.set_public_key(key, signature.span())
}

/// Makes the heir the owner.
pub fn hand_over(account: ContractAddress) {
    set_public_key(account, heir().public_key, acceptance(account, heir())).unwrap();
}
