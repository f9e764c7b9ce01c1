//! The ciphers of Web3 secret storage: a key derived from the password, of which one half encrypts and the
//! other tells a wrong password.

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::Hmac;
use sha2::Sha256;
use sha3::{Digest, Keccak256};
use zeroize::Zeroizing;

/// Key, derived key and check sum, in bytes.
pub const BYTES: usize = 32;
/// Initialization vector, in bytes: a number, which AES counts up.
pub const IV_BYTES: usize = 16;
/// Half of the derived key encrypts.
const HALF: usize = BYTES / 2;

/// How the password becomes a key, within bounds: whoever wrote the file cannot take all memory or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivation {
    /// scrypt, of 2 to the power of `log_n` blocks.
    Scrypt { log_n: u8, r: u32, p: u32 },
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2 { rounds: u32 },
}

impl Derivation {
    /// Derives the key; `None` if the parameters are none.
    pub fn key(self, password: &str, salt: &[u8]) -> Option<Zeroizing<[u8; BYTES]>> {
        let mut key = Zeroizing::new([0; BYTES]);
        let password = password.as_bytes();
        match self {
            Self::Scrypt { log_n, r, p } => {
                let params = scrypt::Params::new(log_n, r, p).ok()?;
                scrypt::scrypt(password, salt, &params, &mut *key).ok()?;
            }
            Self::Pbkdf2 { rounds } => {
                pbkdf2::pbkdf2::<Hmac<Sha256>>(password, salt, rounds, &mut *key);
            }
        }
        Some(key)
    }
}

/// Encrypts `text` in place, or decrypts it: it is the same.
pub fn apply(key: &[u8; BYTES], iv: &[u8; IV_BYTES], text: &mut [u8; BYTES]) {
    let mut half = Zeroizing::new([0; HALF]);
    half.copy_from_slice(&key[..HALF]);
    Ctr128BE::<Aes128>::new((&*half).into(), iv.into()).apply_keystream(text);
}

/// Computes the check sum of an encrypted text.
pub fn check_sum(key: &[u8; BYTES], encrypted: &[u8; BYTES]) -> [u8; BYTES] {
    Keccak256::new().chain_update(&key[HALF..]).chain_update(encrypted).finalize().into()
}
