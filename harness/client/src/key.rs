//! A session's key pair.

use std::fmt;
use std::path::Path;

use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use zeroize::Zeroizing;

use crate::curve::is_private_key;
use crate::error::{Error, Result};
use crate::keystore::{self, KeystoreError};

/// A session's key pair, made on the client and never sent anywhere.
///
/// The secret is wiped from memory when the key is dropped, and `Debug` does not show it. Register a fresh
/// key for every session: if a key is registered again, signatures that it made before can be valid again.
///
/// ```
/// use session_client::SessionKey;
///
/// let key = SessionKey::generate();
/// let signature = key.sign(&7_u8.into(), 1_800_000_000)?;
/// assert_eq!(signature[0], key.public_key());
/// // `Debug` shows the public key alone.
/// assert_eq!(format!("{key:?}"), format!("SessionKey({:#x})", key.public_key()));
/// # Ok::<(), session_client::Error>(())
/// ```
pub struct SessionKey {
    secret: Zeroizing<[u8; 32]>,
    public_key: Felt,
}

impl SessionKey {
    /// Makes a new key pair from the operating system's random numbers.
    #[must_use]
    pub fn generate() -> Self {
        Self::new(&SigningKey::from_random())
    }

    /// Builds the key pair from a private key that was made elsewhere.
    ///
    /// # Errors
    /// [`Error::PrivateKey`] if it is 0 or not below the curve's order.
    pub fn from_private_key(private_key: Felt) -> Result<Self> {
        if !is_private_key(private_key) {
            return Err(Error::PrivateKey);
        }
        Ok(Self::new(&SigningKey::from_secret_scalar(private_key)))
    }

    /// Reads the key pair from the keystore at `path`.
    ///
    /// # Errors
    /// [`KeystoreError`] if there is no keystore, or `password` does not decrypt it.
    pub fn read(path: &Path, password: &str) -> std::result::Result<Self, KeystoreError> {
        keystore::read(path, password).map(|key| Self::new(&key))
    }

    /// Writes the private key to a new encrypted keystore at `path`.
    ///
    /// # Errors
    /// [`KeystoreError`] if there is a file already, or it cannot be written.
    pub fn write(&self, path: &Path, password: &str) -> std::result::Result<(), KeystoreError> {
        keystore::write(path, &self.signing_key(), password)
    }

    /// Returns the private key as hexadecimal text. Whoever sees it can do everything that the session may
    /// do.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{:#066x}", self.signing_key().secret_scalar()))
    }

    fn new(key: &SigningKey) -> Self {
        Self {
            secret: Zeroizing::new(key.secret_scalar().to_bytes_be()),
            public_key: key.verifying_key().scalar(),
        }
    }

    /// Returns the x coordinate of the public key: what the owner registers.
    #[must_use]
    pub const fn public_key(&self) -> Felt {
        self.public_key
    }

    /// Signs `hash` in SNIP-163's format: `[public_key, r, s, valid_until]`.
    ///
    /// `valid_until`, in Unix seconds, must equal the session's registered end. The signature does not
    /// cover it.
    ///
    /// # Errors
    /// [`Error::Signing`] if `hash` is 2^251 or more.
    pub fn sign(&self, hash: &Felt, valid_until: u64) -> Result<Vec<Felt>> {
        let signature =
            self.signing_key().sign(hash).map_err(|error| Error::Signing(error.to_string()))?;
        Ok(vec![self.public_key, signature.r, signature.s, valid_until.into()])
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_secret_scalar(Felt::from_bytes_be(&self.secret))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SessionKey({:#x})", self.public_key)
    }
}
