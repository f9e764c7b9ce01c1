//! The handover of an account to a new owner, who must accept it: this account and OpenZeppelin's require
//! that.

use serde::{Deserialize, Serialize};
use starknet_rust::core::crypto::{HashFunction, Signature};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::{SigningKey, VerifyingKey};

use crate::contract::SessionContract;
use crate::error::{Error, Result};
use crate::felt::short_string;

/// A new owner's signed consent to own an account. It prevents that an account is handed over to a key that
/// nobody has.
///
/// It is passed as JSON from the holder of the new key to the holder of the old one.
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
    /// The account's address.
    pub account: Felt,
    /// The present owner's public key.
    pub owner_now: Felt,
    /// The new owner's public key.
    pub new_public_key: Felt,
    /// The new owner's signature, `[r, s]`.
    pub signature: [Felt; 2],
}

impl Acceptance {
    /// Signs, with the new owner's key, the consent to take `account` over from `owner_now`.
    ///
    /// # Errors
    /// [`Error::Signing`] if the hash is 2^251 or more: `new_key` cannot take over this account from this
    /// owner.
    pub fn sign(account: Felt, owner_now: Felt, new_key: &SigningKey) -> Result<Self> {
        let signed = new_key.sign(&acceptance_hash(account, owner_now));
        let signature = signed.map_err(|error| Error::Signing(error.to_string()))?;
        let new_public_key = new_key.verifying_key().scalar();
        Ok(Self { account, owner_now, new_public_key, signature: [signature.r, signature.s] })
    }

    /// Says whether the new owner's key made the signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let hash = acceptance_hash(self.account, self.owner_now);
        let [r, s] = self.signature;
        VerifyingKey::from_scalar(self.new_public_key)
            .verify(&hash, &Signature { r, s })
            .unwrap_or(false)
    }

    /// Returns the call by which the present owner hands the account over.
    #[must_use]
    pub fn call(&self) -> Call {
        SessionContract::new(self.account, ()).set_public_key(self.new_public_key, &self.signature)
    }
}

/// Computes the hash that a new owner signs to take `account` over from `owner_now`.
#[must_use]
pub fn acceptance_hash(account: Felt, owner_now: Felt) -> Felt {
    HashFunction::poseidon().hash_many(&[
        short_string("StarkNet Message"),
        short_string("accept_ownership"),
        account,
        owner_now,
    ])
}
