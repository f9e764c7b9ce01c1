//! What a client needs to know of the sandbox.

use std::collections::BTreeMap;

use serde::Serialize;
use starknet_rust::core::types::Felt;

use session_client::class::Meter;

/// The services of the sandbox, and their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// The page for people.
    pub page_url: String,
    /// Starknet's JSON-RPC, and the devnet's methods.
    pub rpc_url: String,
    /// The same as `rpc_url`, as a WebSocket with subscriptions.
    pub ws_url: String,
    /// The SNIP-29 paymaster.
    pub paymaster_url: String,
    /// What Chipi's SDKs take as `alphaUrl` and `alpha_url`.
    pub chipi_url: String,
    /// The chain's id, as a short string.
    pub chain_id: Felt,
    /// The session account's class.
    pub class_hash: Felt,
    /// How the chain meters that class, by its answer to `starknet_getClass`.
    pub meter: Meter,
    /// The addresses of the tokens, by name.
    pub tokens: BTreeMap<&'static str, Felt>,
    /// Session accounts, deployed and funded.
    pub accounts: Vec<Account>,
    /// An account of OpenZeppelin's class with funds, with which clients can submit outside executions.
    pub submitter: Submitter,
    /// The accounts that submit and pay for what comes through the paymaster and Chipi's endpoints. No client
    /// gets their keys.
    pub relayers: Vec<Felt>,
}

impl Info {
    /// Returns the page's name for the account at `address`, if it is one of these accounts.
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

/// A session account. Its key is worth nothing outside this sandbox, since everybody can compute it from the
/// seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The account's address.
    pub address: Felt,
    /// Its owner's public key.
    pub public_key: Felt,
    /// Its owner's private key.
    pub private_key: Felt,
}

/// An account that pays its own fees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Submitter {
    /// The account's address.
    pub address: Felt,
    /// The account's private key.
    pub private_key: Felt,
}
