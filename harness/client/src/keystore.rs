//! Private keys in files: the encrypted JSON keystores of starkli and sncast (Web3 secret storage).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use eth_keystore::{EthKeystore, KdfparamsType};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use zeroize::Zeroizing;

use crate::curve::is_private_key;
use crate::files::place;

/// Keystores are some 500 bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// Key, initialization vector and derived key, in bytes: the format has no others.
const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 16;
const DERIVED_BYTES: u8 = 32;
/// What deriving the key may cost: 128 times the work of starkli's scrypt, 38 times geth's rounds.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// Why a keystore cannot be read or written. None of them holds a key or a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The keystore.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no keystore of this format.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The keystore.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The password does not open it.
    #[error("{}: the password is wrong, or the file is damaged", path.display())]
    Password {
        /// The keystore.
        path: PathBuf,
    },
    /// There is a file already, which is never overwritten.
    #[error("{}: there is a file already", path.display())]
    Exists {
        /// The keystore.
        path: PathBuf,
    },
}

/// Returns the private key in the keystore at `path`.
///
/// # Errors
/// [`KeystoreError`]; a hostile file makes neither a panic nor a computation without end.
pub fn read(path: &Path, password: &str) -> Result<SigningKey, KeystoreError> {
    check(path)?;
    // Not starknet-rust's `from_keystore`, which takes what was decrypted modulo the field's prime.
    let bytes = eth_keystore::decrypt_key(path, password)
        .map(Zeroizing::new)
        .map_err(|_| KeystoreError::Password { path: path.to_owned() })?;
    let scalar = Felt::from_bytes_be_slice(&bytes);
    if scalar.to_bytes_be()[..] == bytes[..] && is_private_key(scalar) {
        Ok(SigningKey::from_secret_scalar(scalar))
    } else {
        Err(format(path, "it holds no Stark private key"))
    }
}

/// Writes `key` to a new keystore at `path`: readable by its owner alone, and whole or not at all.
///
/// # Errors
/// [`KeystoreError::Exists`] if there is a file, [`KeystoreError::File`] if it cannot be written.
pub fn write(path: &Path, key: &SigningKey, password: &str) -> Result<(), KeystoreError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists { path: path.to_owned() },
        _ => KeystoreError::File { path: path.to_owned(), source },
    };
    if path.symlink_metadata().is_ok() {
        return Err(KeystoreError::Exists { path: path.to_owned() });
    }

    // Temporary files have mode 0600, and are gone when they are dropped.
    let folder = path.parent().unwrap_or(Path::new(""));
    let draft = tempfile::Builder::new().suffix(".draft").tempfile_in(folder).map_err(failed)?;
    key.save_as_keystore(draft.path(), password)
        .map_err(|error| failed(io::Error::other(error.to_string())))?;
    draft.as_file().sync_all().map_err(failed)?;
    place(draft, path).map_err(failed)
}

/// Checks that decrypting it neither panics nor takes all memory or time, whoever wrote the file. Read as
/// `decrypt_key` reads it, so that both see the same parameters.
fn check(path: &Path) -> Result<(), KeystoreError> {
    let failed = |source| KeystoreError::File { path: path.to_owned(), source };
    let mut text = Zeroizing::new(String::new());
    let size = File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .map_err(failed)?;
    let EthKeystore { version, crypto, .. } = serde_json::from_str(&text)
        .ok()
        .filter(|_| (size as u64) < MAX_BYTES)
        .ok_or_else(|| format(path, "it is no JSON keystore"))?;

    let is_known = version == 3 && crypto.cipher == "aes-128-ctr";
    let is_sized = crypto.ciphertext.len() == KEY_BYTES && crypto.cipherparams.iv.len() == IV_BYTES;
    let is_cheap = match crypto.kdfparams {
        KdfparamsType::Pbkdf2 { c, dklen, .. } => {
            dklen == DERIVED_BYTES && (1..=MAX_PBKDF2_ROUNDS).contains(&c)
        }
        KdfparamsType::Scrypt { dklen, n, p, r, .. } => {
            let bytes = [n, r, p].into_iter().map(u64::from).fold(128, u64::saturating_mul);
            dklen == DERIVED_BYTES
                && n.is_power_of_two()
                && n > 1
                && (1..=MAX_SCRYPT_BYTES).contains(&bytes)
        }
    };
    match (is_known, is_sized, is_cheap) {
        (false, ..) => Err(format(path, "it is no keystore of version 3 with aes-128-ctr")),
        (_, false, _) => Err(format(path, "it holds something other than a key of 32 bytes")),
        (.., false) => Err(format(path, "its key derivation has parameters out of range")),
        _ => Ok(()),
    }
}

fn format(path: &Path, reason: &'static str) -> KeystoreError {
    KeystoreError::Format { path: path.to_owned(), reason }
}
