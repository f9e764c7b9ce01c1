//! Whose JSON the paymaster speaks.

use serde::Serialize;

/// How the paymaster speaks and what it has users sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Dialect {
    /// By the SNIP's own JSON: times are texts, every error has its own code, and anybody may submit what
    /// is signed.
    #[default]
    Snip29,
    /// As AVNU's paymaster does, by its published code: times are numbers, most refusals are 156, sponsored
    /// transactions want an API key, and its forwarder alone may submit what is signed.
    Avnu,
}
