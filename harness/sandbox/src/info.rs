//! All that a client needs to know.

use std::collections::BTreeMap;

use serde::Serialize;
use starknet_rust::core::types::Felt;

use session_client::class::Meter;

/// What the sandbox serves, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// The page for people.
    pub page_url: String,
    /// Starknet's JSON-RPC, and the devnet's methods.
    pub rpc_url: String,
    /// The same as a WebSocket, with subscriptions.
    pub ws_url: String,
    /// The SNIP-29 paymaster.
    pub paymaster_url: String,
    /// What Chipi's SDKs take as `alphaUrl` and `alpha_url`.
    pub chipi_url: String,
    /// As a short string.
    pub chain_id: Felt,
    /// The session account's class.
    pub class_hash: Felt,
    /// How the chain meters that class, by what it answers to `starknet_getClass`.
    pub meter: Meter,
    /// Tokens by name.
    pub tokens: BTreeMap<&'static str, Felt>,
    /// Session accounts, deployed and funded.
    pub accounts: Vec<Account>,
    /// An account of OpenZeppelin's class with funds, to submit outside executions with.
    pub submitter: Submitter,
    /// Who pays for what comes through the paymaster and Chipi's endpoints: accounts whose keys nobody is told.
    pub relayers: Vec<Felt>,
}

impl Info {
    /// Returns what the page calls the account at `address`, if it is one of these.
    pub(crate) fn name_of(&self, address: Felt) -> Option<String> {
        let numbered = |name: &str, index: usize| format!("{name} {}", index + 1);
        let account = self.accounts.iter().position(|it| it.address == address);
        let relayer = self.relayers.iter().position(|it| *it == address);
        let submitter = || (self.submitter.address == address).then(|| "the submitter".to_owned());
        account
            .map(|it| numbered("account", it))
            .or_else(|| relayer.map(|it| numbered("relayer", it)))
            .or_else(submitter)
    }
}

/// A session account. Its key is worth nothing outside this sandbox: it follows from the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Where it is.
    pub address: Felt,
    /// Its owner's public key.
    pub public_key: Felt,
    /// Its owner's private key.
    pub private_key: Felt,
}

/// An account that pays for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Submitter {
    /// Where it is.
    pub address: Felt,
    /// Its private key.
    pub private_key: Felt,
}
