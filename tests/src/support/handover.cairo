//! The account is handed over to another owner.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;
use session_account::owner::interface::{IPublicKeySafeDispatcher, IPublicKeySafeDispatcherTrait};
use snforge_std::signature::stark_curve::{StarkCurveKeyPair, StarkCurveSignerImpl};
use starknet::ContractAddress;
use super::account::{key, owner};
use super::outside::call_from_itself;

/// The key of the next owner.
pub fn heir() -> StarkCurveKeyPair {
    key('heir')
}

/// What a new owner signs, as OpenZeppelin's account asks.
pub fn acceptance_hash(account: ContractAddress, current_owner: felt252) -> felt252 {
    PoseidonTrait::new()
        .update('StarkNet Message')
        .update('accept_ownership')
        .update(account.into())
        .update(current_owner)
        .finalize()
}

/// `key` accepts the account from the owner.
pub fn acceptance(account: ContractAddress, key: StarkCurveKeyPair) -> Array<felt252> {
    let (r, s) = key.sign(acceptance_hash(account, owner().public_key)).unwrap();
    array![r, s]
}

/// What comes of it when the account takes `key` for its owner's, who signed `signature`.
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
