//! The signed message that was refused.

use starknet_rust::core::types::{Call, Felt};

use super::super::names::Names;
use super::hashes::Candidate;

/// How many calls are named at most, since strangers can make a list of calls long.
pub const TOLD: usize = 8;

/// What kind of message was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A transaction that the account sends and pays for.
    Plain,
    /// An outside execution, which another account submits.
    Outside,
}

/// A signed message: what was signed, by whom, and for which calls.
#[derive(Debug)]
pub struct Signed<'a> {
    /// What kind of message it is.
    pub kind: Kind,
    /// The account.
    pub account: Felt,
    /// The calls that the account was to make.
    pub calls: &'a [Call],
    /// The signature.
    pub signature: &'a [Felt],
    /// The most that a plain transaction commits the account to pay, in FRI; `None` if another pays.
    pub max_fee: Option<Felt>,
    /// The hash that the account computes, and others that a client may have signed instead.
    pub hashes: Vec<Candidate>,
    /// The places at which the client's typed data differs from what the account hashes.
    pub differences: Vec<String>,
    /// The keys of the account's sessions, as far as the sandbox knows them.
    pub session_keys: Vec<Felt>,
    /// The names by which functions are shown.
    pub names: &'a Names,
}
