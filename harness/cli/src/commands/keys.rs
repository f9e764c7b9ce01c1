//! The keys of accounts: from a keystore, or for CI from the environment.

use std::env;
use std::path::{Path, PathBuf};

use session_client::{SessionKey, keystore};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use zeroize::Zeroizing;

use super::ask::PasswordSource;
use super::exit::Failure;
use super::options::{OwnerOptions, PayerOptions};
use super::settings::{Settings, path_in_environment};
use super::value::hexadecimal;

struct KeySource<'a> {
    whose: &'static str,
    flag: &'static str,
    keystore: Option<&'a Path>,
    password_file: Option<&'a Path>,
    keystore_variable: &'static str,
    key_variable: &'static str,
    password_variables: &'static [&'static str],
    /// The profile's keystore: the last resort.
    fallback: Option<&'a Path>,
}

/// Returns the account owner's key.
pub fn owner(options: &OwnerOptions, settings: &Settings) -> Result<SigningKey, Failure> {
    KeySource {
        whose: "the owner",
        flag: "--keystore",
        keystore: options.keystore.as_deref(),
        password_file: options.password_file.as_deref(),
        keystore_variable: "STARKNET_KEYSTORE",
        key_variable: "STARKNET_PRIVATE_KEY",
        password_variables: &["STARKNET_KEYSTORE_PASSWORD", "KEYSTORE_PASSWORD"],
        fallback: settings.keystore.as_deref(),
    }
    .key()
}

/// Returns the payer's key.
pub fn payer(options: &PayerOptions) -> Result<SigningKey, Failure> {
    KeySource {
        whose: "the payer",
        flag: "--payer-keystore",
        keystore: options.payer_keystore.as_deref(),
        password_file: options.payer_password_file.as_deref(),
        keystore_variable: "STARKNET_PAYER_KEYSTORE",
        key_variable: "STARKNET_PAYER_PRIVATE_KEY",
        password_variables: &["STARKNET_PAYER_KEYSTORE_PASSWORD"],
        fallback: None,
    }
    .key()
}

impl KeySource<'_> {
    fn key(&self) -> Result<SigningKey, Failure> {
        if let Some(path) = self.keystore {
            return self.open(path);
        }
        let key = env::var(self.key_variable).ok().map(Zeroizing::new);
        match (path_in_environment(self.keystore_variable), key) {
            (Some(_), Some(_)) => Err(Failure::usage(
                format!("{} and {} are both set", self.keystore_variable, self.key_variable),
                "unset one of them",
            )),
            (Some(path), None) => self.open(&path),
            (None, Some(key)) => self.plain(&key),
            (None, None) => match self.fallback {
                Some(path) => self.open(path),
                None => Err(Failure::usage(
                    format!("no key of {} is named", self.whose),
                    format!(
                        "give {} PATH or set {}; in CI, {} may hold the key itself",
                        self.flag, self.keystore_variable, self.key_variable
                    ),
                )),
            },
        }
    }

    fn open(&self, path: &Path) -> Result<SigningKey, Failure> {
        // Before anybody is asked for a password.
        if !path.is_file() {
            return Err(Failure::usage(
                format!("{}: there is no keystore", path.display()),
                "check the path",
            ));
        }
        let password = PasswordSource {
            of: &path.display().to_string(),
            file: self.password_file,
            variables: self.password_variables,
        }
        .password()?;
        Ok(keystore::read(path, &password)?)
    }

    /// Reads a key; what is none is not quoted.
    fn plain(&self, text: &str) -> Result<SigningKey, Failure> {
        let is_key = |scalar: &Felt| SessionKey::from_private_key(*scalar).is_ok();
        let scalar = hexadecimal(text.trim()).ok().filter(is_key);
        scalar.map(SigningKey::from_secret_scalar).ok_or_else(|| {
            Failure::usage(
                format!("{} holds no private key", self.key_variable),
                "write it in hexadecimal: 0x and up to 64 digits",
            )
        })
    }
}

/// Returns where a session key's password comes from.
pub fn session_password<'a>(of: &'a str, file: Option<&'a PathBuf>) -> PasswordSource<'a> {
    PasswordSource {
        of,
        file: file.map(PathBuf::as_path),
        variables: &["SESSION_KEYSTORE_PASSWORD"],
    }
}
