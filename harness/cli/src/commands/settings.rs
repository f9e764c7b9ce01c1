//! The settings of a command: flags count before the environment, and the environment before the profile.

use std::fmt;
use std::path::PathBuf;

use session_client::network::Network;
use url::Url;

use super::exit::Failure;
use super::kept::Kept;
use super::options::{Globals, NodeOptions};
use super::profile::{self, Profile, WaitParams};

/// The URL at which a devnet listens by default.
const DEVNET: &str = "http://127.0.0.1:5050/rpc";

/// The source of a node's URL.
#[derive(Debug)]
pub enum Origin {
    /// A flag, or the environment.
    Told,
    /// A profile's file.
    Profile(PathBuf),
    /// Nothing names a URL, so the devnet's default is used.
    Usual,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told => formatter.write_str("--rpc or STARKNET_RPC_URL"),
            Self::Profile(path) => path.display().fmt(formatter),
            Self::Usual => formatter.write_str("nowhere: a devnet listens there"),
        }
    }
}

/// All settings except keys.
#[derive(Debug)]
pub struct Settings {
    pub url: Url,
    /// The network that the node must be of, if one was named.
    pub network: Option<Network>,
    pub account: Option<String>,
    pub accounts_file: Option<PathBuf>,
    /// The profile's keystore, used if neither flags nor the environment name one.
    pub keystore: Option<PathBuf>,
    pub wait: WaitParams,
    pub deployments: PathBuf,
    /// Where the URL comes from.
    pub origin: Origin,
    /// Whether answers are JSON, without reports of progress.
    pub json: bool,
}

impl Settings {
    pub fn resolve(globals: &Globals, options: &NodeOptions) -> Result<Self, Failure> {
        let profile = Profile::find(&options.profile)?;
        // A profile's network belongs to the profile's URL, so it does not count for another URL.
        let network = match (&options.network, &globals.rpc, &profile.network) {
            (Some(network), ..) => Some(network.clone()),
            (None, None, Some(name)) => Some(
                name.parse()
                    .map_err(|error| Failure::usage(error, "correct the profile's `network`"))?,
            ),
            _ => None,
        };

        let written = match &network {
            Some(network) => profile.url_of(network).or(profile.url.as_ref()),
            None => profile.url.as_ref(),
        };
        let (url, origin) = match (&globals.rpc, written, &network) {
            (Some(url), ..) => (url.clone(), Origin::Told),
            (None, Some(url), _) => (parse(&url.expanded()?)?, Origin::Profile(url.origin.clone())),
            (None, None, Some(Network::Devnet)) => (parse(DEVNET)?, Origin::Usual),
            (None, None, Some(network)) => {
                return Err(Failure::usage(
                    format!("no node of {network} is named"),
                    format!(
                        "give --rpc URL, set STARKNET_RPC_URL, or write `{network} = \"URL\"` \
                         under [sncast.default.networks] in snfoundry.toml"
                    ),
                ));
            }
            (None, None, None) => {
                return Err(Failure::usage(
                    "no node is named",
                    "give --rpc URL or --network devnet, set STARKNET_RPC_URL, or write a profile \
                     into snfoundry.toml",
                ));
            }
        };
        let wait = profile.wait_params.unwrap_or_default();
        Ok(Self {
            url,
            network,
            account: options.account.clone().or(profile.account),
            accounts_file: profile.accounts_file,
            keystore: profile.keystore,
            wait: WaitParams { timeout: options.timeout.unwrap_or(wait.timeout), ..wait },
            deployments: options
                .deployments
                .clone()
                .unwrap_or_else(|| profile::folder(&options.profile).join("deployments")),
            origin,
            json: globals.json,
        })
    }
}

impl Settings {
    /// Returns the journal to which transactions on `network` are written before they are sent. Its folder is
    /// beside the record of what was declared and deployed. A devnet has Sepolia's chain id, so the chain id
    /// alone does not tell the two apart.
    pub fn journal(&self, network: &Network) -> Kept {
        Kept::in_folder(self.journal_folder(network))
    }

    /// Returns the journal's folder.
    pub fn journal_folder(&self, network: &Network) -> PathBuf {
        self.deployments.join("journal").join(network.to_string())
    }
}

/// Reads the profile's URL. An error does not quote it, since it may hold a provider's key.
fn parse(url: &str) -> Result<Url, Failure> {
    Url::parse(url).map_err(|error| {
        Failure::usage(format!("the profile's URL is none: {error}"), "write it as https://…")
    })
}
