//! Recognises why the chain or the account refuses, in one place.
//!
//! A node tells some causes by an error code of the specification, and others only by a text. A gateway
//! changes its texts: quotes and backticks become `'`, and most other special characters become spaces; the
//! devnet changes nothing. A text is therefore changed in the gateway's way before anything is searched in
//! it, so that both read the same.

use std::fmt;

use starknet_rust::core::types::{ContractExecutionError, Felt, StarknetError};
use starknet_rust::providers::jsonrpc::JsonRpcError;

use crate::rule::Rule;
use crate::words::printable;

/// The number of bytes of a node's text that are searched for a cause; every trace is shorter.
const LONGEST: usize = 256 * 1_024;

/// The texts by which nodes say that `__validate__` did not return `'VALID'`.
const NOT_VALID: [&str; 2] = ["return 'VALID'", "Invalid Argent"];

/// The text with which the chain begins its message that a transaction used more gas than its bounds
/// allow. What a called contract says comes after the chain's own words.
const OVER_BOUNDS: &str = "Insufficient max L";

/// The texts that a node's message may contain, each with the cause that it means.
const WORDS: [(&str, Cause); 11] = [
    ("exceed balance", Cause::Balance),
    ("exceeds balance", Cause::Balance),
    ("Invalid transaction nonce", Cause::Nonce),
    ("transaction nonce is invalid", Cause::Nonce),
    ("Resource bounds were not satisfied", Cause::Bounds),
    ("is below the required threshold", Cause::Bounds),
    ("Max gas price is too low", Cause::Bounds),
    ("is not deployed", Cause::NoContract),
    ("is not declared", Cause::NoClass),
    ("is already declared", Cause::ClassKnown),
    ("ENTRYPOINT_NOT_FOUND", Cause::NoFunction),
];

/// A refusal: what a node said against a transaction or a call, or what the client found by itself before
/// it sent anything, with the cause.
///
/// ```
/// use session_client::{Cause, Refusal, Rule};
///
/// // A gateway's text, with the account's error in it.
/// let refusal = Refusal::read("Execution failed. Failure reason: 'Session: expired'.");
/// assert_eq!(refusal.rule(), Some(Rule::Expired));
/// assert_eq!(Refusal::read("Resources bounds exceed balance").cause(), Cause::Balance);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    cause: Cause,
    said: String,
    is_foretold: bool,
    passed_estimate: bool,
}

/// The cause of a refusal.
///
/// ```
/// use session_client::{Cause, Refusal, Rule};
///
/// assert_eq!(Refusal::foretold(Rule::Exhausted).cause(), Cause::Rule(Rule::Exhausted));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The account panicked with the error of this rule.
    Rule(Rule),
    /// The account's `__validate__` did not return `'VALID'`; it does not say which rule is broken.
    NotValid,
    /// The account that pays holds less STRK than the transaction may cost.
    Balance,
    /// The transaction's resource bounds, or the prices in them, are too low.
    Bounds,
    /// The transaction used more gas than its resource bounds allow, so what it did was undone.
    OverBounds,
    /// Another transaction of the account has used this nonce, or the transaction before it is missing.
    Nonce,
    /// There is no contract at an address that the transaction names.
    NoContract,
    /// A class that the transaction names is not declared.
    NoClass,
    /// The class that the transaction declares is declared already.
    ClassKnown,
    /// A contract does not have the function that was called.
    NoFunction,
    /// Another cause, most often the error of another contract.
    Other,
}

impl Refusal {
    /// Recognises a refusal by the text `said`.
    #[must_use]
    pub fn read(said: impl Into<String>) -> Self {
        let said = said.into();
        let cause = recognise(&said[..said.floor_char_boundary(LONGEST)]);
        Self { cause, said: printable(&said), is_foretold: false, passed_estimate: false }
    }

    /// Recognises a refusal in an error of Starknet's JSON-RPC specification; `None` if the error is no
    /// refusal.
    #[must_use]
    pub fn of(error: &StarknetError) -> Option<Self> {
        let cause = match error {
            StarknetError::ContractError(data) => {
                return Some(Self::read(words(&data.revert_error)));
            }
            StarknetError::TransactionExecutionError(data) => {
                return Some(Self::read(words(&data.execution_error)));
            }
            StarknetError::ValidationFailure(reason) => return Some(Self::read(reason.as_str())),
            StarknetError::ContractNotFound => Cause::NoContract,
            StarknetError::ClassHashNotFound => Cause::NoClass,
            StarknetError::InvalidTransactionNonce(_) => Cause::Nonce,
            StarknetError::InsufficientResourcesForValidate => Cause::Bounds,
            StarknetError::InsufficientAccountBalance => Cause::Balance,
            StarknetError::ClassAlreadyDeclared => Cause::ClassKnown,
            StarknetError::EntrypointNotFound => Cause::NoFunction,
            // A gateway's refusals that have no code, and any other message of a node.
            StarknetError::UnexpectedError(said) => {
                return Some(Self::read(said.as_str())).filter(|it| it.cause != Cause::Other);
            }
            _ => return None,
        };
        let said = printable(&format!("{error:?}"));
        Some(Self { cause, said, is_foretold: false, passed_estimate: false })
    }

    /// Recognises a refusal in a node's error; `None` if the error is no refusal.
    ///
    /// starknet-rust recognises an error's code only with the data that the specification defines for it.
    /// Two refusals are recognised without their data too, as nodes of version 0.8 send an invalid nonce.
    pub(crate) fn of_answer(error: &JsonRpcError) -> Option<Self> {
        let message = || error.message.clone();
        Self::of(&match (StarknetError::try_from(error), error.code) {
            (Ok(error), _) => error,
            (Err(_), 52) => StarknetError::InvalidTransactionNonce(message()),
            (Err(_), 55) => StarknetError::ValidationFailure(message()),
            _ => return None,
        })
    }

    /// Builds the refusal that the account would answer with, before anything is sent: see
    /// [`preflight`](crate::preflight).
    #[must_use]
    pub fn foretold(rule: Rule) -> Self {
        let why = format!("{rule}: {}; {}", rule.meaning(), rule.remedy());
        Self::foreseen(Cause::Rule(rule), &why)
    }

    /// Builds a refusal for `cause` that the client found by itself; `why` explains it.
    pub(crate) fn foreseen(cause: Cause, why: &str) -> Self {
        let said = format!("foretold by the client, nothing was sent: {why}");
        Self { cause, said, is_foretold: true, passed_estimate: false }
    }

    /// Builds the refusal of a transaction whose hash `hash` another process has journalled for a payment
    /// of its own, so that its nonce is taken.
    pub(crate) fn of_a_twin(hash: Felt) -> Self {
        Self::of_a_nonce(format!("another process sends the very same transaction, {hash:#066x}"))
    }

    /// Builds the refusal of the transaction `hash`, which can never be included: its nonce is used.
    pub(crate) fn of_a_used_nonce(hash: Felt) -> Self {
        Self::of_a_nonce(format!(
            "the nonce of {hash:#066x} was used in a block by another transaction"
        ))
    }

    const fn of_a_nonce(said: String) -> Self {
        Self { cause: Cause::Nonce, said, is_foretold: false, passed_estimate: false }
    }

    /// Marks that the node's fee estimate accepted what the gateway then refused.
    pub(crate) fn after_estimate(self) -> Self {
        Self { passed_estimate: true, ..self }
    }

    /// Returns the cause.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the account's rule that is broken, if the cause is a rule.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        match self.cause {
            Cause::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// Says whether a contract, a function or a class was not there.
    pub(crate) const fn is_absence(&self) -> bool {
        matches!(self.cause, Cause::NoContract | Cause::NoFunction | Cause::NoClass)
    }

    /// Says whether the client found the refusal by itself, so that nothing was sent and nothing paid.
    #[must_use]
    pub const fn is_foretold(&self) -> bool {
        self.is_foretold
    }

    /// Says whether the gateway refused each try of a transaction whose fee estimate had succeeded. A
    /// gateway looks at the last block, and may not know yet what the transaction depends on.
    #[must_use]
    pub const fn passed_estimate(&self) -> bool {
        self.passed_estimate
    }

    /// Returns the node's text, as [`printable`](crate::printable) makes it; if the client found the
    /// refusal by itself, the reason that it gives.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Returns the first short string of the panic, of whichever contract: `Session: expired` where the
    /// chain says `('Session: expired')`. The short strings after it name the calls through which the panic
    /// passed.
    #[must_use]
    pub fn panic(&self) -> Option<&str> {
        let (_, rest) = self.said.split_once("('")?;
        rest.split_once("')").map(|(error, _)| error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said)
    }
}

fn recognise(said: &str) -> Cause {
    let cleaned = cleaned(said);
    if let Some(rule) = first_rule(said, &cleaned) {
        return Cause::Rule(rule);
    }
    if NOT_VALID.iter().any(|it| cleaned.contains(it)) {
        return Cause::NotValid;
    }
    if said.trim_start().starts_with(OVER_BOUNDS) {
        return Cause::OverBounds;
    }
    let known = WORDS.iter().find(|(words, _)| cleaned.contains(words));
    known.map_or(Cause::Other, |(_, cause)| *cause)
}

/// Finds the account's error that stands first in `said`, as a quoted short string or as a felt in
/// hexadecimal. `cleaned_said` is the same text as [`cleaned`] returns it.
fn first_rule(said: &str, cleaned_said: &str) -> Option<Rule> {
    let lower = said.to_ascii_lowercase();
    let place = |rule: Rule| {
        let quoted = cleaned_said.find(&cleaned(&format!("'{}'", rule.error())));
        quoted.or_else(|| lower.find(&format!("0x{}", hex(rule.error()))))
    };
    let found = Rule::ALL.iter().filter_map(|rule| place(*rule).map(|place| (place, *rule)));
    found.min().map(|(_, rule)| rule)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Replaces special characters as a gateway does. Each character becomes one byte, so that offsets in an
/// ASCII text do not change.
fn cleaned(said: &str) -> String {
    let clean = |sign| match sign {
        '"' | '`' => '\'',
        'A'..='Z' | 'a'..='z' | '0'..='9' => sign,
        ' ' | ':' | '.' | ',' | '[' | ']' | '(' | ')' | '{' | '}' | '\'' | '_' => sign,
        _ => ' ',
    };
    said.chars().map(clean).collect()
}

/// Returns the innermost message of an error that passed through several contracts.
fn words(error: &ContractExecutionError) -> String {
    match error {
        ContractExecutionError::Message(message) => message.clone(),
        ContractExecutionError::Nested(inner) => words(&inner.error),
    }
}
