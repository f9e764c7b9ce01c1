//! The owner's key passes to another, which must accept it: as OpenZeppelin's accounts ask, and this one.

use serde::{Deserialize, Serialize};
use starknet_rust::core::crypto::{HashFunction, Signature};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::{SigningKey, VerifyingKey};

use crate::contract::SessionContract;
use crate::error::{Error, Result};
use crate::felt::short_string;

/// A new owner's consent to own an account: without it an account could be given to a key that nobody has.
///
/// It travels as JSON from who has the new key to who has the old one.
///
/// ```
/// use session_client::Acceptance;
/// use session_client::starknet::signers::SigningKey;
///
/// let (old, new) = (SigningKey::from_random(), SigningKey::from_random());
/// let owner_now = old.verifying_key().scalar();
/// let acceptance = Acceptance::sign(7_u8.into(), owner_now, &new)?;
/// assert_eq!(acceptance.new_public_key, new.verifying_key().scalar());
/// assert!(acceptance.is_signed());
/// # Ok::<(), session_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The account.
    pub account: Felt,
    /// The public key that owns the account until then.
    pub owner_now: Felt,
    /// The public key that accepts.
    pub new_public_key: Felt,
    /// `[r, s]` of the new key.
    pub signature: [Felt; 2],
}

impl Acceptance {
    /// Signs with the new owner's key that it takes `account` over from `owner_now`.
    ///
    /// # Errors
    /// [`Error::Signing`] if the hash is 2^251 or more: then this key cannot take over this account.
    pub fn sign(account: Felt, owner_now: Felt, new_key: &SigningKey) -> Result<Self> {
        let signed = new_key.sign(&acceptance_hash(account, owner_now));
        let signature = signed.map_err(|error| Error::Signing(error.to_string()))?;
        let new_public_key = new_key.verifying_key().scalar();
        Ok(Self { account, owner_now, new_public_key, signature: [signature.r, signature.s] })
    }

    /// Says whether the new key signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let hash = acceptance_hash(self.account, self.owner_now);
        let [r, s] = self.signature;
        VerifyingKey::from_scalar(self.new_public_key)
            .verify(&hash, &Signature { r, s })
            .unwrap_or(false)
    }

    /// Returns the owner's call that hands the account over.
    #[must_use]
    pub fn call(&self) -> Call {
        SessionContract::new(self.account, ()).set_public_key(self.new_public_key, &self.signature)
    }
}

/// Hashes what a new owner signs to take `account` over from `owner_now`.
#[must_use]
pub fn acceptance_hash(account: Felt, owner_now: Felt) -> Felt {
    HashFunction::poseidon().hash_many(&[
        short_string("StarkNet Message"),
        short_string("accept_ownership"),
        account,
        owner_now,
    ])
}
