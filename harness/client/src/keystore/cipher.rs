//! The cryptography of Web3 Secret Storage. A key of 32 bytes is derived from the password: its first half
//! encrypts, and its second half authenticates, so that a wrong password is noticed.

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::Hmac;
use sha2::Sha256;
use sha3::{Digest, Keccak256};
use zeroize::Zeroizing;

/// The length of the derived key, of the private key and of the check sum, in bytes.
pub const BYTES: usize = 32;
/// The length of the initialization vector, in bytes: the start value of AES-CTR's counter.
pub const IV_BYTES: usize = 16;
/// The length of the half of the derived key that encrypts, in bytes.
const HALF: usize = BYTES / 2;

/// The function that derives the key from the password. The reader bounds its parameters, so that a hostile
/// file cannot use up memory or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivation {
    /// scrypt with 2^`log_n` blocks.
    Scrypt { log_n: u8, r: u32, p: u32 },
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2 { rounds: u32 },
}

impl Derivation {
    /// Derives the key; `None` if the parameters are invalid.
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

/// Encrypts or decrypts `text` in place; AES-CTR does the same for both.
pub fn apply(key: &[u8; BYTES], iv: &[u8; IV_BYTES], text: &mut [u8; BYTES]) {
    let mut half = Zeroizing::new([0; HALF]);
    half.copy_from_slice(&key[..HALF]);
    Ctr128BE::<Aes128>::new((&*half).into(), iv.into()).apply_keystream(text);
}

/// Computes the check sum (`mac`) of an encrypted text.
pub fn check_sum(key: &[u8; BYTES], encrypted: &[u8; BYTES]) -> [u8; BYTES] {
    Keccak256::new().chain_update(&key[HALF..]).chain_update(encrypted).finalize().into()
}
