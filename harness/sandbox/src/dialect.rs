//! The variants of the paymaster's JSON.

use serde::Serialize;

/// Which variant of the JSON the paymaster uses, and what it has users sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Dialect {
    /// SNIP-29's own JSON: times are texts, every error has its own code, and anybody may submit what a user
    /// signed.
    #[default]
    Snip29,
    /// The JSON of AVNU's paymaster, by its published code: times are numbers, most refusals have the code
    /// 156, sponsored transactions need an API key, and only its forwarder may submit what a user signed.
    Avnu,
}
