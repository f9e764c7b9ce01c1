//! The plan of a process of the soak: its payments, each to another recipient.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use session_client::token::{STRK, transfer};
use starknet_rust::core::types::{Call, Felt};
use url::Url;

/// The address of the first recipient; no contract has an address near it.
const RECIPIENTS: u128 = 0x50a4_0000_0000;

/// A payment. No other payment has its recipient, so the recipient's balance shows how often it was made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Intent {
    /// The payment's number, from 0 on.
    pub id: u32,
    /// The index of the paying session in the plan.
    pub session: usize,
}

impl Intent {
    /// Returns the recipient's address.
    pub fn recipient(self) -> Felt {
        Felt::from(RECIPIENTS + u128::from(self.id))
    }

    /// Returns the amount, in FRI.
    pub fn amount(self) -> u128 {
        1 + u128::from(self.id % 1_000)
    }

    /// Returns the call that pays.
    pub fn call(self) -> Call {
        transfer(STRK, self.recipient(), self.amount())
    }
}

/// A session that pays. Its key has no value outside the soak's own chain.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Payer {
    /// The account's address.
    pub account: Felt,
    /// The session's private key.
    pub private_key: Felt,
    /// The session's end, in Unix seconds.
    pub valid_until: u64,
}

/// The plan of one process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The URL of the node, on whose connection faults occur.
    pub node: Url,
    /// The folder of the journal, which all processes share.
    pub journal: PathBuf,
    /// The ledger's path.
    pub ledger: PathBuf,
    /// How many payments the process makes at the same time.
    pub at_once: usize,
    /// The paying sessions.
    pub payers: Vec<Payer>,
    /// The payments.
    pub intents: Vec<Intent>,
}
