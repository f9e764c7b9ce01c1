//! Finds the account that the user means: an address, or an entry of the account files of starkli and sncast.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_client::network::{Network, chain_name};
use session_client::{Cause, Error, SessionContract};
use session_devnet::PredeployedAccount;
use starknet_rust::core::types::Felt;
use zeroize::Zeroizing;

use super::chain::Chain;
use super::exit::{Failure, Kind};
use super::paths::expanded;
use super::settings::Settings;
use super::value::hexadecimal;

/// Where sncast keeps its accounts.
const ACCOUNTS_FILE: &str = "~/.starknet_accounts/starknet_open_zeppelin_accounts.json";

/// starkli's account file. sncast reads it too, together with a keystore.
#[derive(Deserialize)]
struct Descriptor {
    deployment: Deployment,
}

#[derive(Deserialize)]
struct Deployment {
    address: Option<Felt>,
}

/// One of sncast's accounts. sncast keeps private keys there in clear text; they are not read.
#[derive(Deserialize)]
struct Entry {
    address: Option<Felt>,
}

/// Returns the account that `settings` name. Fails if there is no contract at its address.
pub async fn open(settings: &Settings, chain: &Chain) -> Result<SessionContract, Failure> {
    let address = address(settings, chain).await?;
    exists(chain, address).await?;
    Ok(SessionContract::new(address, chain.node.clone()))
}

/// Makes the failure of a question about sessions to `contract`. Says it if the account's class has none.
pub fn unanswered(contract: &SessionContract, error: Error) -> Failure {
    match error {
        Error::Refused(refusal) if refusal.cause() == Cause::NoFunction => {
            let what =
                format!("the class of the account {:#066x} has no sessions", contract.address());
            Failure::new(Kind::Chain, what).remedy(
                "`doctor` names the class, and `upgrade` moves the account to one that has them; or name \
                 another account",
            )
        }
        other => other.into(),
    }
}

/// Fails unless there is a contract at `address`.
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
pub async fn address(settings: &Settings, chain: &Chain) -> Result<Felt, Failure> {
    let Some(account) = settings.account.as_deref() else {
        return Err(Failure::usage(
            "no account is named",
            "give --account ADDRESS, set STARKNET_ACCOUNT, or write `account` into the profile",
        ));
    };
    named(account, "--account", settings, chain).await
}

/// Returns the address of `account`, the value of `flag`: an address, a starkli account file, a name in
/// sncast's accounts file, or `devnet-N`.
pub async fn named(
    account: &str,
    flag: &str,
    settings: &Settings,
    chain: &Chain,
) -> Result<Felt, Failure> {
    if account.starts_with("0x") {
        return hexadecimal(account)
            .map_err(|error| Failure::usage(error, format!("check {flag}")));
    }
    if let Some(predeployed) = predeployed(account, chain).await? {
        return Ok(predeployed.address);
    }
    let path = expanded(account.into());
    if path.is_file() {
        let Descriptor { deployment } = read(&path)?;
        return deployment.address.ok_or_else(|| {
            Failure::usage(
                format!("{}: that account is not deployed", path.display()),
                "deploy it, or give its address",
            )
        });
    }
    in_accounts_file(account, settings.accounts_file.as_ref(), chain.node.chain_id())
}

/// Returns the account that is named `devnet-N`, if `account` is such a name. The devnet deployed it, and
/// everybody knows its key.
pub async fn predeployed(
    account: &str,
    chain: &Chain,
) -> Result<Option<PredeployedAccount>, Failure> {
    let number = account.strip_prefix("devnet-").and_then(|it| it.parse::<usize>().ok());
    let Some(number) = number else { return Ok(None) };
    let accounts = chain.predeployed().await?;
    let found = number.checked_sub(1).and_then(|index| accounts.get(index)).cloned();
    found.map(Some).ok_or_else(|| {
        Failure::usage(
            format!("the devnet deployed {} accounts, and no devnet-{number}", accounts.len()),
            "give a number from 1 on: devnet-1 is the first",
        )
    })
}

fn in_accounts_file(name: &str, path: Option<&PathBuf>, chain_id: Felt) -> Result<Felt, Failure> {
    let path = path.cloned().unwrap_or_else(|| expanded(ACCOUNTS_FILE.into()));
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
    // sncast files accounts by the chain id alone, and a devnet has Sepolia's.
    let of_network = match Network::of(chain_id) {
        Network::Mainnet => "alpha-mainnet".to_owned(),
        Network::Sepolia => "alpha-sepolia".to_owned(),
        _ => chain_name(chain_id),
    };
    networks
        .get(&of_network)
        .and_then(|accounts| accounts.get(name))
        .and_then(|entry| entry.address)
        .ok_or_else(unknown)
}

/// Reads a file that may hold keys. So the error of a file that does not parse does not quote it.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    serde_json::from_str(&Zeroizing::new(text)).map_err(|_| {
        Failure::usage(
            format!("{}: no account file of starkli's or sncast's", path.display()),
            "give the account's address: 0x…",
        )
    })
}
