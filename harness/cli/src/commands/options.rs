//! The flags that commands share.

use std::path::PathBuf;

use clap::Args;
use session_client::network::Network;
use session_client::{Fri, Terms, Tip};
use starknet_rust::core::types::Felt;
use url::Url;

use super::exit::Failure;
use super::paths::path;
use super::value::{felt, strk};

/// The flags of every command.
#[derive(Debug, Clone)]
pub struct Globals {
    pub rpc: Option<Url>,
    pub json: bool,
    /// Whether failures show the whole message of the node.
    pub is_verbose: bool,
}

/// Which profile to use. Session keys and records are kept in its folder.
#[derive(Args, Debug)]
#[command(next_help_heading = "Network and account")]
pub struct ProfileOptions {
    /// The profile of snfoundry.toml to use, over the default one [default: `default`, if there is one]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// The snfoundry.toml to use, over the one for all projects [default: the one here or in the nearest
    /// parent]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub config: Option<PathBuf>,
}

/// The flags for the chain and the account on it.
#[derive(Args, Debug)]
#[command(next_help_heading = "Network and account")]
pub struct NodeOptions {
    /// The network, mainnet, sepolia or devnet; the node must be of it
    #[arg(long, value_name = "NAME", env = "STARKNET_NETWORK")]
    pub network: Option<Network>,

    #[command(flatten)]
    pub profile: ProfileOptions,

    /// The account: its address, a starkli account file, a name in sncast's accounts file, or devnet-N for
    /// the Nth of those that a devnet deployed
    #[arg(long, value_name = "ACCOUNT", env = "STARKNET_ACCOUNT")]
    pub account: Option<String>,

    /// How long to wait for a transaction, in seconds [default: the profile's, or 300]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,

    /// The folder in which declarations and deployments are recorded, one file for each network [default:
    /// `deployments` in the profile's folder, or here]
    #[arg(long, value_name = "DIR", value_parser = path())]
    pub deployments: Option<PathBuf>,
}

/// The flags for the key that signs. Keys and passwords are never arguments.
#[derive(Args, Debug)]
#[command(next_help_heading = "Owner's key")]
pub struct OwnerOptions {
    /// The owner's encrypted JSON keystore [env: STARKNET_KEYSTORE; for CI, without a keystore:
    /// STARKNET_PRIVATE_KEY]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub keystore: Option<PathBuf>,

    /// A file with the keystore's password [env, with the password itself:
    /// STARKNET_KEYSTORE_PASSWORD; else it is asked for]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub password_file: Option<PathBuf>,
}

/// The flags for the new owner's key.
#[derive(Args, Debug)]
#[command(next_help_heading = "New owner's key")]
pub struct NewOwnerOptions {
    /// The new owner's keystore [env: STARKNET_NEW_KEYSTORE or STARKNET_NEW_PRIVATE_KEY]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub new_keystore: Option<PathBuf>,

    /// A file with the password of --new-keystore [env, with the password itself:
    /// STARKNET_NEW_KEYSTORE_PASSWORD; else it is asked for]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub new_password_file: Option<PathBuf>,
}

/// The flags for the fee, and for asking before it is spent.
#[derive(Args, Debug)]
#[command(next_help_heading = "Fee")]
pub struct FeeOptions {
    /// The most that the transaction may cost
    #[arg(long, value_name = "STRK", value_parser = strk)]
    pub max_fee: Option<Fri>,

    /// Pay this much more for each unit of L2 gas, to be executed before others, in FRI [default: 0]
    #[arg(long, value_name = "FRI")]
    pub tip: Option<u64>,

    /// Send the transaction with this nonce of the account, or not at all [default: the next nonce]
    #[arg(long, value_name = "NUMBER", value_parser = felt)]
    pub nonce: Option<Felt>,

    /// Estimate and show the transaction, and send nothing
    #[arg(long, overrides_with = "dry_run")]
    pub dry_run: bool,

    /// Do not ask before spending, on a network where that costs money
    #[arg(long)]
    pub yes: bool,
}

impl FeeOptions {
    /// Returns the terms of a transaction that these flags set: its fee limit, tip and nonce.
    pub fn terms(&self) -> Terms {
        let terms = Terms::default().within(self.max_fee);
        let terms = self.tip.map(Tip::Of).into_iter().fold(terms, Terms::with_tip);
        self.nonce.into_iter().fold(terms, Terms::at_nonce)
    }

    /// Refuses --nonce for a transaction that needs another nonce; `why` gives the reason.
    pub fn without_nonce(&self, why: &str) -> Result<(), Failure> {
        match self.nonce {
            Some(_) => Err(Failure::usage(
                format!("--nonce does not go with this: {why}: nothing was sent"),
                "leave --nonce out",
            )),
            None => Ok(()),
        }
    }
}

/// The flags for another account that submits and pays.
#[derive(Args, Debug)]
#[command(next_help_heading = "Another account that submits and pays (SNIP-9)")]
pub struct PayerOptions {
    /// Sign an outside execution that only this account may submit, and let it pay. An outside execution does
    /// not use the account's nonce, so whoever holds a session key cannot get in its way
    #[arg(long, value_name = "ACCOUNT", env = "STARKNET_PAYER")]
    pub payer: Option<String>,

    /// The payer's keystore [env: STARKNET_PAYER_KEYSTORE or STARKNET_PAYER_PRIVATE_KEY]
    #[arg(long, value_name = "PATH", value_parser = path(), requires = "payer")]
    pub payer_keystore: Option<PathBuf>,

    /// A file with the password of --payer-keystore [env: STARKNET_PAYER_KEYSTORE_PASSWORD]
    #[arg(long, value_name = "PATH", value_parser = path(), requires = "payer")]
    pub payer_password_file: Option<PathBuf>,
}

/// The flags for the owner's transactions.
#[derive(Args, Debug)]
pub struct ActOptions {
    #[command(flatten)]
    pub node: NodeOptions,
    #[command(flatten)]
    pub owner: OwnerOptions,
    #[command(flatten)]
    pub payer: PayerOptions,
    #[command(flatten)]
    pub fee: FeeOptions,
}

/// The flag for the folder of session keys.
#[derive(Args, Debug)]
#[command(next_help_heading = "Session keys")]
pub struct StoreOptions {
    /// The folder in which session keys are kept, each in an encrypted keystore named after its public key
    /// [default: `sessions` in the profile's folder, or here]
    #[arg(long, value_name = "DIR", value_parser = path())]
    pub sessions: Option<PathBuf>,
}

/// The flag for the password of a session's keystore.
#[derive(Args, Debug)]
#[command(next_help_heading = "Session keys")]
pub struct SessionPasswordOptions {
    /// A file with the session keystore's password [env, with the password itself:
    /// SESSION_KEYSTORE_PASSWORD; else it is asked for]
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub session_password_file: Option<PathBuf>,
}

/// The flags for a session's own transactions.
#[derive(Args, Debug)]
pub struct SessionActOptions {
    #[command(flatten)]
    pub store: StoreOptions,
    #[command(flatten)]
    pub password: SessionPasswordOptions,
    #[command(flatten)]
    pub node: NodeOptions,
    #[command(flatten)]
    pub payer: PayerOptions,
    #[command(flatten)]
    pub fee: FeeOptions,
}
