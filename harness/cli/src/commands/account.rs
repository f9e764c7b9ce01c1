//! Which account: an address, or one of the files that starkli and sncast keep of accounts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_client::SessionContract;
use session_client::network::Network;
use starknet_rust::core::types::Felt;
use zeroize::Zeroizing;

use super::chain::Chain;
use super::exit::{Failure, Kind};
use super::profile;
use super::settings::Settings;
use super::value::hexadecimal;

/// Where sncast keeps its accounts.
const ACCOUNTS_FILE: &str = "~/.starknet_accounts/starknet_open_zeppelin_accounts.json";

/// starkli's account file, which sncast takes along with a keystore.
#[derive(Deserialize)]
struct Descriptor {
    deployment: Deployment,
}

#[derive(Deserialize)]
struct Deployment {
    address: Option<Felt>,
}

/// Of sncast's accounts. Their private keys, which it keeps there in clear, are not read.
#[derive(Deserialize)]
struct Entry {
    address: Option<Felt>,
}

/// Returns the account that `settings` name, if it is there.
pub async fn open(settings: &Settings, chain: &Chain) -> Result<SessionContract, Failure> {
    let address = address(settings, &chain.network)?;
    exists(chain, address).await?;
    Ok(SessionContract::new(address, chain.node.clone()))
}

/// Asks that there is an account at `address`.
pub async fn exists(chain: &Chain, address: Felt) -> Result<(), Failure> {
    if chain.class_of(address).await?.is_some() {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Chain,
        format!("there is no account at {address:#066x} on {}", chain.network),
    )
    .remedy("check the address and the network; `deploy` deploys an account"))
}

/// Returns the account's address.
pub fn address(settings: &Settings, network: &Network) -> Result<Felt, Failure> {
    let Some(account) = settings.account.as_deref() else {
        return Err(Failure::usage(
            "no account is named",
            "give --account ADDRESS, set STARKNET_ACCOUNT, or write `account` into the profile",
        ));
    };
    if account.starts_with("0x") {
        return hexadecimal(account).map_err(|error| Failure::usage(error, "check --account"));
    }
    let path = profile::path(account);
    if path.is_file() {
        let Descriptor { deployment } = read(&path)?;
        return deployment.address.ok_or_else(|| {
            Failure::usage(
                format!("{}: that account is not deployed", path.display()),
                "deploy it, or give its address",
            )
        });
    }
    in_accounts_file(account, settings.accounts_file.as_ref(), network)
}

fn in_accounts_file(
    name: &str,
    path: Option<&PathBuf>,
    network: &Network,
) -> Result<Felt, Failure> {
    let path = path.cloned().unwrap_or_else(|| profile::path(ACCOUNTS_FILE));
    let unknown = || {
        Failure::usage(
            format!("`{name}` is no address, no file, and no account in {}", path.display()),
            "give the account's address: 0x…",
        )
    };
    if !path.is_file() {
        return Err(unknown());
    }
    let networks: BTreeMap<String, BTreeMap<String, Entry>> = read(&path)?;
    let of_network = match network {
        Network::Mainnet => "alpha-mainnet".to_owned(),
        Network::Sepolia => "alpha-sepolia".to_owned(),
        other => other.to_string(),
    };
    networks
        .get(&of_network)
        .and_then(|accounts| accounts.get(name))
        .and_then(|entry| entry.address)
        .ok_or_else(unknown)
}

/// Reads a file that may hold keys: what does not parse is not quoted.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    serde_json::from_str(&Zeroizing::new(text)).map_err(|_| {
        Failure::usage(
            format!("{}: no account file of starkli's or sncast's", path.display()),
            "give the account's address: 0x…",
        )
    })
}
