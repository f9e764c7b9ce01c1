//! The owner's key passes to another.

use session_client::felt::{selector, short_string};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;
use starknet_rust_crypto::poseidon_hash_many;

use crate::chain::Chain;

/// Hashes what a new owner signs, as OpenZeppelin's account asks.
pub fn acceptance_hash(account: Felt, current_owner: Felt) -> Felt {
    let parts = [short_string("StarkNet Message"), short_string("accept_ownership")];
    poseidon_hash_many(&[parts[0], parts[1], account, current_owner])
}

/// Makes the call that names a new owner, who signed `signature`.
pub fn set_public_key(chain: &Chain, new_public_key: Felt, signature: &[Felt]) -> Call {
    let mut calldata = vec![new_public_key, signature.len().into()];
    calldata.extend_from_slice(signature);
    Call { to: chain.account(), selector: selector("set_public_key"), calldata }
}

/// Makes the call by which the account becomes that of `new_key`.
pub fn handover(chain: &Chain, new_key: &SigningKey) -> Call {
    let hash = acceptance_hash(chain.account(), chain.owner_key.verifying_key().scalar());
    let signature = new_key.sign(&hash).unwrap();
    set_public_key(chain, new_key.verifying_key().scalar(), &[signature.r, signature.s])
}
