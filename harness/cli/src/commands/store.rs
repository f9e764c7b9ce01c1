//! Stores session keys in a folder, with one encrypted keystore for each key, named after its public key.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use session_client::SessionKey;
use starknet_rust::core::types::Felt;

use super::account;
use super::answer::hex;
use super::ask::warn_if_open;
use super::chain::Chain;
use super::exit::Failure;
use super::keys::session_password;
use super::options::{Globals, NodeOptions, ProfileOptions, SessionPasswordOptions, StoreOptions};
use super::profile;
use super::settings::Settings;
use super::state::State;
use super::value::hexadecimal;

/// Of how many keys the states are asked when they are listed.
const ASKED: usize = 20;

/// A folder of session keys.
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens the folder that `options` name, or the one of the profile.
    pub fn new(options: &StoreOptions, profile: &ProfileOptions) -> Self {
        let of_profile = || profile::folder(profile).join("sessions");
        Self { folder: options.sessions.clone().unwrap_or_else(of_profile) }
    }

    /// Makes a new key and stores it.
    pub fn create(
        &self,
        options: &SessionPasswordOptions,
    ) -> Result<(SessionKey, PathBuf), Failure> {
        let key = SessionKey::generate();
        let path = self.path(key.public_key());
        let of = path.display().to_string();
        let password =
            session_password(&of, options.session_password_file.as_ref()).new_password()?;
        create_private(&self.folder).map_err(|error| Failure::file(&self.folder, error))?;
        key.write(&path, &password)?;
        Ok((key, path))
    }

    /// Returns the key whose public key is `public_key`.
    pub fn open(
        &self,
        public_key: Felt,
        options: &SessionPasswordOptions,
    ) -> Result<SessionKey, Failure> {
        let path = self.path(public_key);
        if !path.is_file() {
            return Err(Failure::usage(
                format!(
                    "{}: there is no such file: the session's private key is not here",
                    path.display()
                ),
                "give the folder that holds it with --sessions",
            ));
        }
        warn_if_open(&path, "this keystore");
        let of = path.display().to_string();
        let password = session_password(&of, options.session_password_file.as_ref()).password()?;
        let key = SessionKey::read(&path, &password)?;
        if key.public_key() == public_key {
            return Ok(key);
        }
        Err(Failure::usage(
            format!("{of}: it holds another key than its name says"),
            "put the right keystore there",
        ))
    }

    /// Returns the public keys of all keys here.
    pub fn list(&self) -> Result<Vec<Felt>, Failure> {
        let failed = |error| Failure::file(&self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".json"));
            keys.extend(stem.and_then(|stem| hexadecimal(stem).ok()));
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// Returns the key `named`, or else the only one in the folder. If there are several, this fails and
    /// lists them with their states, as far as the node that `node` names shows them. It takes none of them by
    /// its state, since a node that is behind or lies would then choose which session is ended.
    pub async fn choose(
        &self,
        named: Option<Felt>,
        globals: &Globals,
        node: &NodeOptions,
    ) -> Result<Felt, Failure> {
        if let Some(key) = named {
            return Ok(key);
        }
        match self.list()?[..] {
            [key] => Ok(key),
            [] => Err(Failure::usage(
                format!("{}: there is no session key", self.folder.display()),
                "make one with `session create`, or give its public key",
            )),
            ref keys => {
                let told = states(keys, globals, node).await.unwrap_or_default();
                let keys = keys.iter().enumerate().map(|(nth, key)| match told.get(nth) {
                    Some(state) => format!("{} ({})", hex(*key), state.words()),
                    None => hex(*key),
                });
                Err(Failure::usage(
                    format!("{}: there is more than one session key", self.folder.display()),
                    format!(
                        "give the one that is meant as the argument SESSION_KEY: {}",
                        keys.collect::<Vec<_>>().join(", ")
                    ),
                ))
            }
        }
    }

    /// Says whether the folder has the private key.
    pub fn holds(&self, public_key: Felt) -> bool {
        self.path(public_key).is_file()
    }

    fn path(&self, public_key: Felt) -> PathBuf {
        self.folder.join(hex(public_key)).with_extension("json")
    }
}

/// Asks the node for the states of `keys`; they are only shown.
async fn states(
    keys: &[Felt],
    globals: &Globals,
    node: &NodeOptions,
) -> Result<Vec<State>, Failure> {
    let settings = Settings::resolve(globals, node)?;
    let chain = Chain::connect(&settings).await?;
    let contract = account::open(&settings, &chain).await?;
    let mut states = Vec::new();
    for key in keys.iter().take(ASKED) {
        states.push(State::of(&contract, *key).await?);
    }
    Ok(states)
}

/// Creates the folder. Only its owner can read a new folder; the mode of one that is there already stays.
fn create_private(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
