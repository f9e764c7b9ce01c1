//! The account's owner. It sends a transaction of the account, or signs an outside execution that another
//! account submits and pays for.

mod create;
mod execute;
mod hand_over;

use clap::Subcommand;
use session_client::{self as client, Error, SessionContract};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

use super::account;
use super::acting::Acting;
use super::answer::Answer;
use super::chain::Chain;
use super::exit::Failure;
use super::intent::Intent;
use super::keys;
use super::options::{Globals, OwnerOptions, PayerOptions};
use super::transaction::{Desk, Sent};

/// The owner: make its key, make calls, and hand the account over to another key
#[derive(Subcommand, Debug)]
pub enum OwnerCommand {
    Create(create::Create),
    Execute(execute::Execute),
    Accept(hand_over::Accept),
    HandOver(hand_over::HandOver),
}

impl OwnerCommand {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(globals),
            Self::Execute(execute) => execute.run(globals).await,
            Self::Accept(accept) => accept.run(globals).await,
            Self::HandOver(hand_over) => hand_over.run(globals).await,
        }
    }
}

/// Why --nonce does not go with --payer.
const OF_THE_PAYER: &str = "it is the --payer's transaction, and none of the account's";

/// An account and its owner's key.
pub struct Owner {
    pub account: client::Owner,
    /// The public key of the key that signs.
    pub public_key: Felt,
    payer: Option<client::Owner>,
}

impl Owner {
    /// Returns the account that `desk` names, with the key that `options` name.
    pub async fn open(
        desk: &Desk,
        options: &OwnerOptions,
        payer: Option<&PayerOptions>,
    ) -> Result<Self, Failure> {
        let address = account::address(&desk.settings, &desk.chain).await?;
        // This comes before anybody is asked for a password.
        account::exists(&desk.chain, address).await?;
        let payer = match payer {
            Some(payer) => open_payer(desk, payer).await?,
            None => None,
        };
        let key = keys::owner(options, &desk.settings, &desk.chain).await?;
        Self::with_key(&desk.chain, address, key, payer).await
    }

    /// Returns the account at `address`, if `key` owns it.
    pub async fn with_key(
        chain: &Chain,
        address: Felt,
        key: SigningKey,
        payer: Option<client::Owner>,
    ) -> Result<Self, Failure> {
        let account = owned(chain, address, &key).await?;
        Ok(Self { account, public_key: key.verifying_key().scalar(), payer })
    }

    /// Returns the account that `desk` names, with the key that `options` name. It does not ask the account
    /// who owns it, since a node that is behind must not delay the end of a session.
    pub async fn for_ending(
        desk: &Desk,
        options: &OwnerOptions,
        payer: &PayerOptions,
    ) -> Result<Self, Failure> {
        let address = account::address(&desk.settings, &desk.chain).await?;
        let payer = match address_of_payer(desk, payer).await? {
            Some(address) => Some((address, keys::payer(payer, &desk.chain).await?)),
            None => None,
        };
        let key = keys::owner(options, &desk.settings, &desk.chain).await?;
        let public_key = key.verifying_key().scalar();
        let owned = |(address, key)| client::Owner::new(desk.chain.node.clone(), address, key);
        Ok(Self { account: owned((address, key)), public_key, payer: payer.map(owned) })
    }

    /// Adds to `answer` the account that paid for what was `sent`, if it was another one.
    pub fn told_payer(&self, sent: &Sent, answer: Answer) -> Answer {
        let payer = self.payer.as_ref().map(Account::address);
        sent.tell_payer(answer, self.account.address(), payer)
    }

    /// Has the account make `calls`, which `deed` names. If an earlier run sent the same calls and nobody saw
    /// the result, the command goes on with that transaction instead.
    pub async fn send(&self, desk: &Desk, deed: &str, calls: Vec<Call>) -> Result<Sent, Failure> {
        self.act(desk, deed, self.intent(&calls, false), false).await
    }

    /// Makes `calls` even if an earlier run's transaction with the same calls may still be included.
    pub async fn send_beside(
        &self,
        desk: &Desk,
        deed: &str,
        calls: Vec<Call>,
    ) -> Result<Sent, Failure> {
        self.act(desk, deed, self.intent(&calls, false), true).await
    }

    /// Has the account make `calls`, which end sessions. They are sent whatever the node says of the
    /// sessions, and whatever an earlier run sent.
    pub async fn end(&self, desk: &Desk, deed: &str, calls: Vec<Call>) -> Result<Sent, Failure> {
        self.act(desk, deed, self.intent(&calls, true), false).await
    }

    fn intent<'a>(&self, calls: &'a [Call], is_ending: bool) -> Intent<'a> {
        let account = self.account.address();
        let payer = self.payer.as_ref().map_or(account, Account::address);
        Intent { account, payer, session_key: None, calls, is_ending }
    }

    async fn act(
        &self,
        desk: &Desk,
        deed: &str,
        intent: Intent<'_>,
        is_beside: bool,
    ) -> Result<Sent, Failure> {
        let payer = self.payer.as_ref();
        let acting = Acting { desk, intent, deed, payer, limit: None, is_beside };
        acting.by(&self.account, |execution| self.account.sign(execution)).await
    }
}

/// Returns the account that submits and pays, if --payer names one.
pub async fn open_payer(
    desk: &Desk,
    options: &PayerOptions,
) -> Result<Option<client::Owner>, Failure> {
    let Some(address) = address_of_payer(desk, options).await? else { return Ok(None) };
    desk.fee.without_nonce(OF_THE_PAYER)?;
    account::exists(&desk.chain, address).await?;
    let key = keys::payer(options, &desk.chain).await?;
    owned(&desk.chain, address, &key).await.map(Some)
}

/// Returns the address of the account that --payer names, if it names one.
pub async fn address_of_payer(
    desk: &Desk,
    options: &PayerOptions,
) -> Result<Option<Felt>, Failure> {
    let Some(payer) = &options.payer else { return Ok(None) };
    account::named(payer, "--payer", &desk.settings, &desk.chain).await.map(Some)
}

/// Returns the account at `address`. Fails if the account says that another key owns it.
async fn owned(chain: &Chain, address: Felt, key: &SigningKey) -> Result<client::Owner, Failure> {
    let public_key = key.verifying_key().scalar();
    let contract = SessionContract::new(address, chain.node.clone());
    match contract.public_key().await {
        Ok(owner) if owner != public_key => Err(Failure::usage(
            format!("the key does not own {address:#066x}: its public key is {public_key:#066x}"),
            format!("give the key of {owner:#066x}"),
        )),
        // Accounts of other makers need not say who owns them.
        Ok(_) | Err(Error::Refused(_)) => {
            Ok(client::Owner::new(chain.node.clone(), address, key.clone()))
        }
        Err(error) => Err(error.into()),
    }
}
