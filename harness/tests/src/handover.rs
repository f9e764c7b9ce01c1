//! The handover of the account to a new owner.

use session_client::Acceptance;
pub use session_client::acceptance_hash;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

use crate::chain::Chain;

/// Returns the call that names a new owner, with the new owner's `signature`.
pub fn set_public_key(chain: &Chain, new_public_key: Felt, signature: &[Felt]) -> Call {
    chain.contract.set_public_key(new_public_key, signature)
}

/// Returns the call by which `new_key` becomes the owner's.
pub fn handover(chain: &Chain, new_key: &SigningKey) -> Call {
    let owner_now = chain.owner_key.verifying_key().scalar();
    Acceptance::sign(chain.account(), owner_now, new_key).expect("it signs").call()
}
