//! What a process of the soak is to do: payments, each to a recipient of its own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use session_client::token::{STRK, transfer};
use starknet_rust::core::types::{Call, Felt};
use url::Url;

/// Where recipients begin: far from all addresses that there are.
const RECIPIENTS: u128 = 0x50a4_0000_0000;

/// One payment. Its recipient is nobody else's, so its balance tells how often it was made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Intent {
    /// Its number, from 0 on.
    pub id: u32,
    /// Which of the plan's sessions pays.
    pub session: usize,
}

impl Intent {
    /// Returns who is paid.
    pub fn recipient(self) -> Felt {
        Felt::from(RECIPIENTS + u128::from(self.id))
    }

    /// Returns how much is paid, in FRI.
    pub fn amount(self) -> u128 {
        1 + u128::from(self.id % 1_000)
    }

    /// Returns the call that pays.
    pub fn call(self) -> Call {
        transfer(STRK, self.recipient(), self.amount())
    }
}

/// A session that pays. Its key is worth nothing outside the soak's own chain.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Payer {
    /// The account.
    pub account: Felt,
    /// The session's private key.
    pub private_key: Felt,
    /// When the session ends, in Unix seconds.
    pub valid_until: u64,
}

/// What one process does.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The node, between which and the process things go wrong.
    pub node: Url,
    /// The folder of the journal, which all processes share.
    pub journal: PathBuf,
    /// Where the process writes what it sends and what became of it.
    pub ledger: PathBuf,
    /// How many payments it makes at a time.
    pub at_once: usize,
    /// Who pays.
    pub payers: Vec<Payer>,
    /// What is to be paid.
    pub intents: Vec<Intent>,
}
