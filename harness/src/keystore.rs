//! Private keys in files: the encrypted JSON keystores of starkli and sncast (Web3 secret storage).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use starknet_rust_signers::SigningKey;
use zeroize::Zeroizing;

use crate::curve::is_private_key;

/// Keystores are some 500 bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// Key, initialization vector and derived key, in bytes: the format has no others.
const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 16;
const DERIVED_BYTES: u8 = 32;
/// What deriving the key may cost: 32 times the memory, and 10 times the rounds, of what is usual.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
const MAX_SCRYPT_PARALLELISM: u32 = 16;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// Why a keystore cannot be read or written. None of them holds a key or a password.
#[derive(Debug, thiserror::Error)]
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

/// The private key in the keystore at `path`.
///
/// # Errors
/// [`KeystoreError`]; a hostile file makes neither a panic nor a computation without end.
pub fn read(path: &Path, password: &str) -> Result<SigningKey, KeystoreError> {
    check(path)?;
    // Not starknet-rust's `from_keystore`, which takes what was decrypted modulo the field's prime.
    let key = SigningKey::from_keystore(path, password)
        .map_err(|_| KeystoreError::Password { path: path.to_owned() })?;
    if is_private_key(key.secret_scalar()) {
        Ok(key)
    } else {
        Err(format(path, "it holds no Stark private key"))
    }
}

/// Writes `key` to a new keystore at `path`: readable by its owner alone, and whole or not at all.
///
/// # Errors
/// [`KeystoreError::Exists`] if there is a file, [`KeystoreError::File`] if it cannot be written.
pub fn write(path: &Path, key: &SigningKey, password: &str) -> Result<(), KeystoreError> {
    let failed = |source| KeystoreError::File { path: path.to_owned(), source };
    if path.symlink_metadata().is_ok() {
        return Err(KeystoreError::Exists { path: path.to_owned() });
    }

    let draft = Draft::beside(path).map_err(failed)?;
    key.save_as_keystore(&draft.path, password)
        .map_err(|error| failed(io::Error::other(error.to_string())))?;
    draft.file.sync_all().map_err(failed)?;
    // A link, unlike a rename, takes nobody's place.
    fs::hard_link(&draft.path, path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists { path: path.to_owned() },
        _ => failed(error),
    })
}

/// A file that is gone when it is dropped.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}.draft", rand::random::<u64>()));
        let path = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok(Self { path, file })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[derive(Deserialize)]
struct Keystore {
    version: u8,
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdfparams: KdfParams,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum KdfParams {
    Pbkdf2 { c: u32, dklen: u8 },
    Scrypt { dklen: u8, n: u32, p: u32, r: u32 },
}

/// That decrypting it neither panics nor takes all memory or time, whoever wrote the file.
fn check(path: &Path) -> Result<(), KeystoreError> {
    let failed = |source| KeystoreError::File { path: path.to_owned(), source };
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .map_err(failed)?;
    let Keystore { version, crypto } =
        serde_json::from_str(&text).map_err(|_| format(path, "it is no JSON keystore"))?;

    let is_known = version == 3 && crypto.cipher == "aes-128-ctr";
    let is_sized =
        crypto.ciphertext.len() == 2 * KEY_BYTES && crypto.cipherparams.iv.len() == 2 * IV_BYTES;
    let is_cheap = match crypto.kdfparams {
        KdfParams::Pbkdf2 { c, dklen } => {
            dklen == DERIVED_BYTES && (1..=MAX_PBKDF2_ROUNDS).contains(&c)
        }
        KdfParams::Scrypt { dklen, n, p, r } => {
            let bytes = u64::from(n).saturating_mul(u64::from(r)).saturating_mul(128);
            dklen == DERIVED_BYTES
                && n.is_power_of_two()
                && n > 1
                && r > 0
                && (1..=MAX_SCRYPT_PARALLELISM).contains(&p)
                && bytes <= MAX_SCRYPT_BYTES
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
