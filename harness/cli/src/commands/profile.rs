//! What one types every day, from `snfoundry.toml`: sncast's format, `[sncast.NAME]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;
use session_client::network::Network;

use super::exit::Failure;
use super::options::NodeOptions;

const FILE: &str = "snfoundry.toml";
/// Below the home directory: sncast's profiles for all projects.
const SHARED: &str = ".config/starknet-foundry/snfoundry.toml";
const DEFAULT: &str = "default";

/// One profile; sncast's other settings are none of ours.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Profile {
    /// Where it was read, for messages.
    #[serde(skip)]
    pub origin: Option<PathBuf>,
    pub url: Option<String>,
    pub network: Option<String>,
    pub account: Option<String>,
    pub accounts_file: Option<String>,
    pub keystore: Option<String>,
    pub wait_params: Option<WaitParams>,
    #[serde(default)]
    networks: BTreeMap<String, String>,
}

/// How long, and how often, to look for a transaction, in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WaitParams {
    #[serde(default = "WaitParams::timeout")]
    pub timeout: u64,
    #[serde(default = "WaitParams::retry_interval")]
    pub retry_interval: u64,
}

impl WaitParams {
    const fn timeout() -> u64 {
        300
    }

    const fn retry_interval() -> u64 {
        1
    }
}

impl Default for WaitParams {
    fn default() -> Self {
        Self { timeout: Self::timeout(), retry_interval: Self::retry_interval() }
    }
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    sncast: BTreeMap<String, Profile>,
}

impl Profile {
    /// Returns the profile that `options` name, or the default one, or an empty one.
    pub fn find(options: &NodeOptions) -> Result<Self, Failure> {
        let path = match &options.config {
            Some(path) => Some(path.clone()),
            None => nearest().or_else(shared),
        };
        let Some(path) = path else {
            return match &options.profile {
                Some(name) => Err(Failure::usage(
                    format!("there is no {FILE} to take the profile `{name}` from"),
                    "name the file with --config",
                )),
                None => Ok(Self::default()),
            };
        };

        let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
        let mut manifest: Manifest = toml::from_str(&text).map_err(|error| {
            // Not its own words, which quote the file: an address in it may hold a key.
            Failure::usage(
                format!("{}: {}", path.display(), error.message()),
                "see sncast's manual on snfoundry.toml",
            )
        })?;
        let name = options.profile.as_deref().unwrap_or(DEFAULT);
        match manifest.sncast.remove(name) {
            Some(profile) => Self { origin: Some(path), ..profile }.expanded(),
            None if options.profile.is_none() => Ok(Self::default()),
            None => {
                let names: Vec<_> = manifest.sncast.keys().map(String::as_str).collect();
                Err(Failure::usage(
                    format!("{}: there is no profile `{name}`", path.display()),
                    format!("the profiles there are: {}", names.join(", ")),
                ))
            }
        }
    }

    /// Returns the URL that the profile has for `network`.
    pub fn url_of(&self, network: &Network) -> Option<&str> {
        self.networks.get(&network.to_string()).map(String::as_str)
    }

    /// Puts in what `$NAME` stands for, as sncast has it, but in URLs alone: an account's name goes to
    /// the node and into messages, and the environment holds keys.
    fn expanded(mut self) -> Result<Self, Failure> {
        let Self { origin, url, networks, .. } = &mut self;
        for value in url.iter_mut().chain(networks.values_mut()) {
            if let Some(name) = value.strip_prefix('$') {
                let name = name.trim_start_matches('{').trim_end_matches('}');
                *value = env::var(name).map_err(|_| {
                    let file = origin.as_deref().unwrap_or(Path::new(FILE)).display();
                    Failure::usage(
                        format!("{file}: the environment has no ${name}"),
                        format!("set {name}, or write the value into the profile"),
                    )
                })?;
            }
        }
        Ok(self)
    }
}

/// Returns the path `text`, where `~/` stands for the home directory.
pub fn path(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => text.into(),
    }
}

fn nearest() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

fn shared() -> Option<PathBuf> {
    home().map(|home| home.join(SHARED)).filter(|path| path.is_file())
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}
