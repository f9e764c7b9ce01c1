//! `deploy`: deploys an account.

use std::time::Duration;

use clap::Args;
use serde_json::Value;
use session_client::deploy::{self, Counterfactual};
use session_client::{Error, SessionContract, class};
use starknet_rust::accounts::Account as _;
use starknet_rust::core::types::Felt;

use super::account;
use super::answer::{Answer, Outcome, hex};
use super::chain::Chain;
use super::deployments::{Account, Deployments, Made};
use super::exit::{Failure, Kind};
use super::intent::Intent;
use super::keys;
use super::options::{FeeOptions, Globals, NodeOptions, OwnerOptions};
use super::owner::Owner;
use super::transaction::{Desk, Sent};
use super::value::{felt, hexadecimal};

/// Deploy an account
///
/// By default another account (--account) pays, through the Universal Deployer Contract. With
/// --counterfactual the new account pays for itself: the command shows its address first, so that it can be
/// funded. Both ways lead to the same address. The command does nothing if the account is deployed already.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness deploy --network devnet --public-key 0xbeef --dry-run
  session-harness deploy --network devnet --same-key --salt 1")]
pub struct Deploy {
    /// The new account pays for its own deployment; --keystore is the keystore of its owner's key
    #[arg(long, conflicts_with = "public_key")]
    counterfactual: bool,

    /// The public key that owns the new account
    #[arg(long, value_name = "KEY", value_parser = hexadecimal)]
    public_key: Option<Felt>,

    /// The key that pays, the one of --keystore, owns the new account too. Mind that many people can often
    /// reach a deployer's key
    #[arg(long, conflicts_with_all = ["public_key", "counterfactual"])]
    same_key: bool,

    /// Any number: the same owner gets another account for each
    #[arg(long, value_name = "FELT", value_parser = felt, default_value = "0")]
    salt: Felt,

    /// Hash of the account's class [default: the embedded one's]
    #[arg(long, value_name = "HASH", value_parser = hexadecimal)]
    class_hash: Option<Felt>,

    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    owner: OwnerOptions,
    #[command(flatten)]
    fee: FeeOptions,
}

impl Deploy {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let class_hash = match self.class_hash {
            Some(class_hash) => class_hash,
            None => class::session_account()?.class_hash,
        };
        let desk = Desk::open(globals, &self.node, self.fee).await?;
        let Desk { chain, settings, .. } = &desk;
        let key = match self.public_key {
            Some(_) => None,
            None if self.same_key || self.counterfactual => {
                Some(keys::owner(&self.owner, settings, chain).await?)
            }
            None => {
                return Err(Failure::usage(
                    "the new account's owner is not named: nothing was sent",
                    "give its owner's --public-key, or --counterfactual with its owner's key; or if the \
                     key that pays is to own it, --same-key",
                ));
            }
        };
        let public_key = match (self.public_key, &key) {
            (Some(public_key), _) => public_key,
            (None, Some(key)) => key.verifying_key().scalar(),
            (None, None) => return Err(Failure::usage("no owner is named", "give --public-key")),
        };
        let address = deploy::address(class_hash, public_key, self.salt);
        let mut deployments = Deployments::open(&desk)?;
        desk.printer.note(format!("the account's address: {address:#066x}"));
        let entry = |made, is_deployed| Account {
            class_hash: hex(class_hash),
            public_key: hex(public_key),
            salt: hex(self.salt),
            made,
            is_deployed,
        };
        let answer = |said: String| {
            Answer::new(said)
                .felt("address", address)
                .felt("class_hash", class_hash)
                .felt("public_key", public_key)
                .with("network", chain.network.to_string())
        };

        if let Some(class_of_account) = chain.class_in_block(address).await? {
            if !desk.fee.dry_run {
                deployments.record_account(address, entry(Made::default(), true))?;
            }
            let answer =
                answer("already deployed: nothing was sent".to_owned()).was(Outcome::Unchanged);
            let answer = with_owner(chain, address, class_of_account, answer).await?;
            return desk.printer.print(answer);
        }
        if !chain.is_declared(class_hash).await? {
            return Err(Failure::new(
                Kind::Chain,
                format!("the class {class_hash:#066x} is not declared on {}", chain.network),
            )
            .remedy("run `declare` first"));
        }
        let resumed = if desk.fee.dry_run {
            None
        } else {
            desk.resume(deployments.deployment(address)).await?
        };
        let sent = match (resumed, key) {
            (Some(sent), _) => Ok(sent),
            (None, Some(key)) if self.counterfactual => {
                let (node, salt) = (chain.node.clone(), self.salt);
                let account = Counterfactual::new(&node, class_hash, key, salt).await;
                let make = || account.transaction();
                let record = |hash| {
                    deployments.record_account(address, entry(Made::sent(hash, address), false))
                };
                desk.send_recorded(&Intent::of(address), "deploy the account", make, None, record)
                    .await
            }
            (None, key) => {
                let payer = match key {
                    Some(key) => {
                        let address = account::address(settings, chain).await?;
                        account::exists(chain, address).await?;
                        Owner::with_key(chain, address, key, None).await?
                    }
                    None => Owner::open(&desk, &self.owner, None).await?,
                };
                let payer = payer.account;
                let call = deploy::deployment(class_hash, public_key, self.salt);
                let make = || payer.execute_v3(vec![call.clone()]);
                let from = payer.address();
                let record = |hash| {
                    deployments.record_account(address, entry(Made::sent(hash, from), false))
                };
                desk.send_recorded(&Intent::of(from), "deploy the account", make, None, record)
                    .await
            }
        };

        let limit = Duration::from_secs(desk.settings.wait.timeout);
        let sent = match sent {
            // Another transaction deployed the account first: one of an earlier run that the network had held
            // back, or somebody else's.
            Err(failure) if failure.is_of_the_chain() => {
                let Some(class_now) = chain.account_comes(address, limit).await? else {
                    return Err(failure);
                };
                if !desk.fee.dry_run {
                    deployments.record_account(address, entry(Made::default(), true))?;
                }
                let answer = answer("already deployed by another transaction".to_owned())
                    .was(Outcome::Unchanged);
                return desk.printer.print(with_owner(chain, address, class_now, answer).await?);
            }
            sent => sent?,
        };
        if let Sent::Included(outcome) = &sent {
            let made = Made::included(outcome);
            sent.then(deployments.record_account(address, entry(made, true)))?;
        }
        sent.print(desk.printer, answer(sent.said("deployed")))
    }
}

/// Adds to `answer` the class and the owner that the account at `address` has now.
async fn with_owner(
    chain: &Chain,
    address: Felt,
    class_now: Felt,
    answer: Answer,
) -> Result<Answer, Failure> {
    // If the account has moved to another class, that class need not have a view of the owner.
    let owner_now = match SessionContract::new(address, chain.node.clone()).public_key().await {
        Ok(key) => hex(key).into(),
        Err(Error::Refused(_)) => Value::Null,
        Err(error) => return Err(error.into()),
    };
    Ok(answer.felt("class_now", class_now).with("owner_now", owner_now))
}
