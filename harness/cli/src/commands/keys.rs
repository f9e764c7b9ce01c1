//! Finds the private keys of accounts: in a keystore, or for CI in the environment.

use std::path::{Path, PathBuf};

use session_client::{SessionKey, keystore};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use zeroize::Zeroizing;

use super::account;
use super::ask::{PasswordSource, warn_if_open};
use super::chain::Chain;
use super::environment;
use super::exit::Failure;
use super::options::{NewOwnerOptions, OwnerOptions, PayerOptions};
use super::settings::Settings;
use super::value::hexadecimal;

/// The environment variables that may hold the password of the owner's keystore.
const OWNER_PASSWORD: &[&str] = &["STARKNET_KEYSTORE_PASSWORD", "KEYSTORE_PASSWORD"];

struct KeySource<'a> {
    whose: &'static str,
    flag: &'static str,
    keystore: Option<&'a Path>,
    password_file: Option<&'a Path>,
    keystore_variable: &'static str,
    key_variable: &'static str,
    password_variables: &'static [&'static str],
    /// The profile's keystore, used if nothing else names a key.
    fallback: Option<&'a Path>,
}

/// Returns the private key of the account's owner. For an account that a devnet deployed, no key need be
/// named.
pub async fn owner(
    options: &OwnerOptions,
    settings: &Settings,
    chain: &Chain,
) -> Result<SigningKey, Failure> {
    let source = KeySource {
        whose: "the owner",
        flag: "--keystore",
        keystore: options.keystore.as_deref(),
        password_file: options.password_file.as_deref(),
        keystore_variable: "STARKNET_KEYSTORE",
        key_variable: "STARKNET_PRIVATE_KEY",
        password_variables: OWNER_PASSWORD,
        fallback: settings.keystore.as_deref(),
    };
    source.key_of(settings.account.as_deref(), chain).await
}

/// Returns the payer's key. For an account that a devnet deployed, no key need be named.
pub async fn payer(options: &PayerOptions, chain: &Chain) -> Result<SigningKey, Failure> {
    let source = KeySource {
        whose: "the payer",
        flag: "--payer-keystore",
        keystore: options.payer_keystore.as_deref(),
        password_file: options.payer_password_file.as_deref(),
        keystore_variable: "STARKNET_PAYER_KEYSTORE",
        key_variable: "STARKNET_PAYER_PRIVATE_KEY",
        password_variables: &["STARKNET_PAYER_KEYSTORE_PASSWORD"],
        fallback: None,
    };
    source.key_of(options.payer.as_deref(), chain).await
}

/// Returns the key of the account's next owner.
pub fn new_owner(options: &NewOwnerOptions) -> Result<SigningKey, Failure> {
    KeySource {
        whose: "the new owner",
        flag: "--new-keystore",
        keystore: options.new_keystore.as_deref(),
        password_file: options.new_password_file.as_deref(),
        keystore_variable: "STARKNET_NEW_KEYSTORE",
        key_variable: "STARKNET_NEW_PRIVATE_KEY",
        password_variables: &["STARKNET_NEW_KEYSTORE_PASSWORD"],
        fallback: None,
    }
    .key()
}

impl KeySource<'_> {
    /// Says whether a flag or a variable names a key; the profile does not count.
    fn is_named(&self) -> bool {
        self.keystore.is_some()
            || environment::path(self.keystore_variable).is_some()
            || environment::variable(self.key_variable).is_some()
    }

    /// Returns the key of `account`, which may be one that a devnet deployed.
    async fn key_of(&self, account: Option<&str>, chain: &Chain) -> Result<SigningKey, Failure> {
        if let Some(account) = account.filter(|_| !self.is_named())
            && let Some(account) = account::predeployed(account, chain).await?
        {
            return Ok(SigningKey::from_secret_scalar(account.private_key));
        }
        self.key()
    }

    fn key(&self) -> Result<SigningKey, Failure> {
        if let Some(path) = self.keystore {
            return self.open(path);
        }
        let key = environment::variable(self.key_variable).map(Zeroizing::new);
        match (environment::path(self.keystore_variable), key) {
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
        // This comes before anybody is asked for a password.
        if !path.is_file() {
            return Err(Failure::usage(
                format!("{}: there is no keystore", path.display()),
                "check the path",
            ));
        }
        warn_if_open(path, "this keystore");
        let password = PasswordSource {
            of: &path.display().to_string(),
            file: self.password_file,
            variables: self.password_variables,
        }
        .password()?;
        Ok(keystore::read(path, &password)?)
    }

    /// Reads a private key. An error does not quote the text, which may be a key.
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

/// Returns the places where the password of an owner's keystore may be given.
pub const fn owner_password<'a>(of: &'a str, file: Option<&'a Path>) -> PasswordSource<'a> {
    PasswordSource { of, file, variables: OWNER_PASSWORD }
}

/// Returns the places where the password of a session key may be given.
pub fn session_password<'a>(of: &'a str, file: Option<&'a PathBuf>) -> PasswordSource<'a> {
    PasswordSource {
        of,
        file: file.map(PathBuf::as_path),
        variables: &["SESSION_KEYSTORE_PASSWORD"],
    }
}
