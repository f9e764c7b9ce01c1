//! Who signed a transaction.

use serde::Serialize;
use starknet_rust::core::types::Felt;

/// Who signed. If the account accepted the signature, its length says who. If not, it is checked whose key fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Signer {
    /// The account's owner.
    Owner,
    /// A session.
    Session {
        /// The session's public key.
        session_key: Felt,
    },
    /// No known key fits the signature.
    Unknown {
        /// The number of felts.
        felts: usize,
    },
}

impl Signer {
    /// Returns the signer that the length of `signature` names, as the account reads it. Whose key signed is
    /// only certain if the account accepted the signature.
    pub fn of(signature: &[Felt]) -> Self {
        match *signature {
            [_, _] => Self::Owner,
            [session_key, _, _, _] => Self::Session { session_key },
            _ => Self::unknown(signature),
        }
    }

    /// Returns the signer of a `signature` that no known key fits.
    pub const fn unknown(signature: &[Felt]) -> Self {
        Self::Unknown { felts: signature.len() }
    }
}
