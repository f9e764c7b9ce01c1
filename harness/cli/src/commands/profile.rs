//! Reads the settings that somebody uses every day from `snfoundry.toml`. The format is sncast's
//! (`[sncast.NAME]`), and profiles are laid over one another as sncast does it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;
use session_client::network::Network;

use super::environment;
use super::exit::Failure;
use super::options::ProfileOptions;
use super::paths::{home, written_in};

const FILE: &str = "snfoundry.toml";
/// The path, below the home directory, of sncast's profiles for all projects.
const SHARED: &str = ".config/starknet-foundry/snfoundry.toml";
const DEFAULT: &str = "default";

/// What the profiles say together. Four are laid over one another, the later ones on top: the default one and
/// the named one of the file for all projects, and then the same two of the file here.
#[derive(Debug, Default)]
pub struct Profile {
    pub url: Option<Written>,
    pub network: Option<String>,
    /// The account's address, its name in sncast's accounts file, or the path of an account file.
    pub account: Option<String>,
    pub accounts_file: Option<PathBuf>,
    pub keystore: Option<PathBuf>,
    pub wait_params: Option<WaitParams>,
    networks: BTreeMap<String, Written>,
}

/// A value from a file, in which `$NAME` stands for the environment's variable `NAME`.
#[derive(Debug, Clone)]
pub struct Written {
    value: String,
    /// The file that it was read from; messages name it.
    pub origin: PathBuf,
}

/// One profile of one file. Other settings of sncast are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Layer {
    url: Option<String>,
    network: Option<String>,
    account: Option<String>,
    accounts_file: Option<String>,
    keystore: Option<String>,
    wait_params: Option<WaitParams>,
    #[serde(default)]
    networks: BTreeMap<String, String>,
}

/// For how long, and how often, to look for a transaction, in seconds.
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

#[derive(Debug, Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    sncast: BTreeMap<String, Layer>,
}

impl Profile {
    /// Reads the profiles that `options` name, or the default ones. Returns an empty profile if there is no
    /// file.
    pub fn find(options: &ProfileOptions) -> Result<Self, Failure> {
        let files: Vec<PathBuf> = shared().into_iter().chain(local(options)).collect();
        let mut profile = Self::default();
        let mut names = Vec::new();
        for path in &files {
            let mut manifest = read(path)?;
            names.extend(manifest.sncast.keys().cloned());
            for name in [Some(DEFAULT), options.profile.as_deref()].into_iter().flatten() {
                if let Some(layer) = manifest.sncast.remove(name) {
                    profile.lay(layer, path);
                }
            }
        }
        match (&options.profile, files.last()) {
            (Some(name), Some(path)) if !names.contains(name) => Err(Failure::usage(
                format!("{}: there is no profile `{name}`", path.display()),
                format!("the profiles there are: {}", names.join(", ")),
            )),
            (Some(name), None) => Err(Failure::usage(
                format!("there is no {FILE} to take the profile `{name}` from"),
                "name the file with --config",
            )),
            _ => Ok(profile),
        }
    }

    /// Lays the settings of `layer` over this profile. The layer's paths are relative to the folder of its
    /// file, `path`.
    fn lay(&mut self, layer: Layer, path: &Path) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let written = |value| Written { value, origin: path.to_owned() };
        let Layer { url, network, account, accounts_file, keystore, wait_params, networks } = layer;
        let in_folder = |text: &str| written_in(folder, text);
        self.url = url.map(written).or(self.url.take());
        self.network = network.or(self.network.take());
        self.account = account
            .map(|text| match in_folder(&text) {
                file if !text.starts_with("0x") && file.is_file() => {
                    file.into_os_string().into_string().unwrap_or(text)
                }
                _ => text,
            })
            .or(self.account.take());
        self.accounts_file = accounts_file.as_deref().map(in_folder).or(self.accounts_file.take());
        self.keystore = keystore.as_deref().map(in_folder).or(self.keystore.take());
        self.wait_params = wait_params.or(self.wait_params);
        self.networks.extend(networks.into_iter().map(|(name, url)| (name, written(url))));
    }

    /// Returns the URL that the profile has for `network`.
    pub fn url_of(&self, network: &Network) -> Option<&Written> {
        self.networks.get(&network.to_string())
    }
}

impl Written {
    /// Returns the value with each `$NAME` replaced. This is done for URLs only: an account's name is sent to
    /// the node and shown in messages, and the environment may hold keys.
    pub fn expanded(&self) -> Result<String, Failure> {
        let Some(name) = self.value.strip_prefix('$') else { return Ok(self.value.clone()) };
        let name = name.trim_start_matches('{').trim_end_matches('}');
        environment::variable(name).ok_or_else(|| {
            Failure::usage(
                format!("{}: the environment has no ${name}", self.origin.display()),
                format!("set {name}, or write the value into the profile"),
            )
        })
    }
}

/// Returns the folder in which session keys and records are kept: that of the profile's file, or the current
/// folder.
pub fn folder(options: &ProfileOptions) -> PathBuf {
    let file = local(options).or_else(shared);
    let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    // A relative path makes messages shorter.
    if env::current_dir().is_ok_and(|here| here == folder) {
        return PathBuf::new();
    }
    folder.to_owned()
}

fn read(path: &Path) -> Result<Manifest, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    toml::from_str(&text).map_err(|error| {
        // The parser's own message is not shown, because it quotes the file, and an address in it may hold a
        // key.
        Failure::usage(
            format!("{}: {}", path.display(), error.message()),
            "see sncast's manual on snfoundry.toml",
        )
    })
}

/// Returns the profile file that is named, or the one in this folder or the nearest parent.
fn local(options: &ProfileOptions) -> Option<PathBuf> {
    options.config.clone().or_else(|| {
        let here = env::current_dir().ok()?;
        here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
    })
}

/// Returns the file for all projects, if there is one.
fn shared() -> Option<PathBuf> {
    home().map(|home| home.join(SHARED)).filter(|path| path.is_file())
}
