//! Reads and writes private keys in files: the encrypted JSON keystores of starkli and sncast (Web3 Secret
//! Storage), and the variants that other tools write.

mod cipher;
mod format;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use zeroize::Zeroizing;

use crate::curve::is_private_key;
use crate::files::{decode, place};
use cipher::{BYTES, Derivation, IV_BYTES};
use format::Encrypted;

/// The longest file that is read. A keystore has some 500 bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// The key derivation of a new keystore. Each guess at the password costs a third of a second and 128 MiB,
/// 16 times what starkli and sncast use; both can read it.
const COST: Derivation = Derivation::Scrypt { log_n: 17, r: 8, p: 1 };

/// The error of reading or writing a keystore. No variant contains a key or a password.
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
    /// The file is not a keystore of this format.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The keystore.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The password does not decrypt the keystore.
    #[error("{}: the password is wrong, or the file is damaged", path.display())]
    Password {
        /// The keystore.
        path: PathBuf,
    },
    /// There is a file at the path already; it is not overwritten.
    #[error("{}: there is a file already", path.display())]
    Exists {
        /// The keystore.
        path: PathBuf,
    },
}

/// Returns the private key in the keystore at `path`.
///
/// # Errors
/// [`KeystoreError`]. A hostile file causes neither a panic nor an unbounded computation.
pub fn read(path: &Path, password: &str) -> Result<SigningKey, KeystoreError> {
    let Encrypted { derivation, salt, iv, text, check_sum } =
        Encrypted::parse(&load(path)?).map_err(|reason| format(path, reason))?;
    let key = derivation
        .key(password, &salt)
        .ok_or_else(|| format(path, "its key derivation has parameters out of range"))?;
    if cipher::check_sum(&key, &text) != check_sum {
        return Err(KeystoreError::Password { path: path.to_owned() });
    }
    let mut bytes = Zeroizing::new(text);
    cipher::apply(&key, &iv, &mut bytes);
    // A number that is not below the field's prime is refused here; starknet-rust would reduce it.
    let scalar = Felt::from_bytes_be(&bytes);
    if scalar.to_bytes_be() == *bytes && is_private_key(scalar) {
        Ok(SigningKey::from_secret_scalar(scalar))
    } else {
        Err(format(path, "it holds no Stark private key"))
    }
}

/// Writes `key` to a new keystore at `path`, which only its owner can read. The file is written completely
/// or not at all.
///
/// # Errors
/// [`KeystoreError::Exists`] if there is a file at `path`, [`KeystoreError::File`] if it cannot be written.
pub fn write(path: &Path, key: &SigningKey, password: &str) -> Result<(), KeystoreError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists { path: path.to_owned() },
        _ => KeystoreError::File { path: path.to_owned(), source },
    };
    if path.symlink_metadata().is_ok() {
        return Err(KeystoreError::Exists { path: path.to_owned() });
    }

    let (salt, iv): ([u8; BYTES], [u8; IV_BYTES]) = (rand::random(), rand::random());
    let derived =
        COST.key(password, &salt).ok_or_else(|| format(path, "it cannot be encrypted"))?;
    let mut text = Zeroizing::new(key.secret_scalar().to_bytes_be());
    cipher::apply(&derived, &iv, &mut text);
    let check_sum = cipher::check_sum(&derived, &text);
    let encrypted = Encrypted { derivation: COST, salt: salt.to_vec(), iv, text: *text, check_sum };

    // A temporary file has mode 0600, and is deleted when it is dropped.
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut draft =
        tempfile::Builder::new().suffix(".draft").tempfile_in(folder).map_err(failed)?;
    writeln!(draft, "{}", encrypted.to_json()).map_err(failed)?;
    draft.as_file().sync_all().map_err(failed)?;
    place(draft, path).map_err(failed)
}

/// Reads the file if it is shorter than `MAX_BYTES`; a longer one is no keystore.
fn load(path: &Path) -> Result<Zeroizing<String>, KeystoreError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let size = File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
        .map_err(|source| KeystoreError::File { path: path.to_owned(), source })?;
    decode(&bytes)
        .filter(|_| (size as u64) < MAX_BYTES)
        .ok_or_else(|| format(path, "it is no JSON keystore"))
}

fn format(path: &Path, reason: impl Into<String>) -> KeystoreError {
    KeystoreError::Format { path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PASSWORD: &str = "correct horse";
    /// The cost that starkli uses, which keeps the tests fast.
    const CHEAP: Derivation = Derivation::Scrypt { log_n: 13, r: 8, p: 1 };

    /// A keystore of the private key 7, with an `iv` that begins with zeros.
    fn keystore() -> Value {
        let salt = vec![5; BYTES];
        let key = CHEAP.key(PASSWORD, &salt).unwrap();
        let mut iv = [0; IV_BYTES];
        iv[2..].copy_from_slice(&[9; IV_BYTES - 2]);
        let mut text = Felt::from(7).to_bytes_be();
        cipher::apply(&key, &iv, &mut text);
        let check_sum = cipher::check_sum(&key, &text);
        Encrypted { derivation: CHEAP, salt, iv, text, check_sum }.to_json()
    }

    fn read_text(bytes: impl AsRef<[u8]>) -> Result<Felt, KeystoreError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        std::fs::write(&path, bytes).unwrap();
        read(&path, PASSWORD).map(|key| key.secret_scalar())
    }

    #[test]
    fn keystores_of_other_tools_are_read() {
        let ours = keystore();
        let mut ethers = ours.clone();
        let crypto = ethers.as_object_mut().unwrap().remove("crypto").unwrap();
        ethers["Crypto"] = crypto;
        ethers["x-ethers"] = json!({ "client": "ethers.js" });
        let mut nameless = ours.clone();
        nameless.as_object_mut().unwrap().remove("id");
        let mut prefixed = ours.clone();
        for field in ["ciphertext", "mac"] {
            prefixed["crypto"][field] =
                json!(format!("0x{}", ours["crypto"][field].as_str().unwrap().to_uppercase()));
        }
        let mut short = ours.clone();
        let iv = ours["crypto"]["cipherparams"]["iv"].as_str().unwrap().to_owned();
        short["crypto"]["cipherparams"]["iv"] = json!(iv.trim_start_matches('0'));
        assert!(iv.trim_start_matches('0').len() < 2 * IV_BYTES);
        for other in [&ours, &ethers, &nameless, &prefixed, &short] {
            assert_eq!(read_text(other.to_string()).unwrap(), Felt::from(7), "{other}");
        }
        assert_eq!(read_text(format!("\u{feff}{ours}")).unwrap(), Felt::from(7));
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        for (pointer, value, says) in [
            ("/version", json!(1), "`version`"),
            ("/crypto", json!(5), "`crypto`"),
            ("/crypto/cipher", json!("aes-256-gcm"), "`cipher`"),
            ("/crypto/cipherparams/iv", json!(""), "`iv`"),
            ("/crypto/cipherparams/iv", json!("0".repeat(34)), "`iv`"),
            ("/crypto/ciphertext", json!("ab"), "`ciphertext`"),
            ("/crypto/mac", json!("no"), "`mac`"),
            ("/crypto/kdf", json!("argon2id"), "`kdf`"),
            ("/crypto/kdfparams/n", json!(3), "`n`"),
            ("/crypto/kdfparams/n", Value::Null, "`n`"),
            ("/crypto/kdfparams/r", json!(1_u64 << 40), "`n`"),
            ("/crypto/kdfparams/dklen", json!(64), "`dklen`"),
            ("/crypto/kdfparams/salt", json!(5), "`salt`"),
        ] {
            let mut wrong = keystore();
            *wrong.pointer_mut(pointer).unwrap() = value;
            let error = read_text(wrong.to_string()).unwrap_err();
            assert!(matches!(error, KeystoreError::Format { .. }), "{pointer}: {error}");
            assert!(error.to_string().contains(says), "{pointer}: {error}");
        }
        let mut wrong = keystore();
        wrong["crypto"]["kdfparams"] =
            json!({ "dklen": 32, "c": 0, "prf": "hmac-sha256", "salt": "" });
        wrong["crypto"]["kdf"] = json!("pbkdf2");
        assert!(read_text(wrong.to_string()).unwrap_err().to_string().contains("`c`"));
    }

    #[test]
    fn a_new_keystore_costs_what_a_short_password_deserves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        write(&path, &SigningKey::from_secret_scalar(Felt::from(7)), PASSWORD).unwrap();
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(json["crypto"]["kdfparams"]["n"], 131_072);
        assert_eq!(read(&path, PASSWORD).unwrap().secret_scalar(), Felt::from(7));
        assert!(matches!(read(&path, "wrong"), Err(KeystoreError::Password { .. })));
        // starknet-rust, whose format it is, reads the new keystore too.
        let theirs = SigningKey::from_keystore(&path, PASSWORD).unwrap();
        assert_eq!(theirs.secret_scalar(), Felt::from(7));
    }
}
