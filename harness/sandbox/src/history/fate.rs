//! The words for what happened to a transaction: through which service it came, what was asked, what became of it,
//! and who pays.

use serde::Serialize;
use starknet_rust::core::types::Felt;

use super::super::diagnosis::Diagnosis;
use super::super::signer::Signer;
use session_client::{Fri, Outcome};

/// The service through which a transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The chain's own JSON-RPC.
    Rpc,
    /// SNIP-29.
    Paymaster,
    /// Chipi's endpoints.
    Chipi,
}

/// What a client asked to be done with a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// To send it.
    Send,
    /// To estimate its fee.
    Estimate,
    /// To simulate it.
    Simulate,
    /// To build it, so that the client can sign it.
    Build,
}

/// The result of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Fate {
    /// The transaction is in a block and succeeded.
    Accepted {
        /// The hash.
        transaction_hash: Felt,
        /// L2 gas used.
        l2_gas: u64,
        /// The fee, in FRI.
        fee: u128,
    },
    /// The transaction failed. It has a hash if it is in a block all the same.
    Refused {
        /// The hash, if it is in a block.
        transaction_hash: Option<Felt>,
        /// The rule of the account that refused it, if one did.
        rule: Option<String>,
        /// What to do about it.
        explanation: String,
        /// What the chain said.
        #[serde(skip)]
        trace: String,
        /// Who signed, as far as that is known.
        #[serde(skip)]
        signer: Signer,
    },
}

impl Fate {
    /// Makes the result of a transaction that is in a block and succeeded.
    pub const fn accepted(outcome: &Outcome) -> Self {
        let Outcome { transaction_hash, l2_gas, fee: Fri(fee), .. } = *outcome;
        Self::Accepted { transaction_hash, l2_gas, fee }
    }

    /// Makes the result of a transaction that was refused, as `diagnosis` explains.
    pub fn refused(diagnosis: &Diagnosis, transaction_hash: Option<Felt>) -> Self {
        let rule = diagnosis.rule.map(|it| it.to_string());
        let (explanation, trace) = (diagnosis.text(), diagnosis.trace.clone());
        let signer = diagnosis.signer.clone();
        Self::Refused { transaction_hash, rule, explanation, trace, signer }
    }

    /// Makes the result of what was refused for the reason `told`, without a word of the chain and before
    /// anything was signed.
    pub const fn turned_down(told: String) -> Self {
        Self::Refused {
            transaction_hash: None,
            rule: None,
            explanation: told,
            trace: String::new(),
            signer: Signer::unknown(&[]),
        }
    }

    /// Returns the first line of a refusal's explanation.
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Refused { explanation, .. } => explanation.lines().next(),
        }
    }
}

/// The one who pays the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Payer {
    /// The account itself.
    Account,
    /// Another account, which submits the outside execution, or a relayer that sponsors it.
    Other {
        /// Its address.
        address: Felt,
    },
    /// The user, by a transfer to the paymaster.
    Token {
        /// The amount and the token, in words.
        paid: String,
        /// The relayer, which submits it and pays the chain's fee.
        relayer: Felt,
    },
}
