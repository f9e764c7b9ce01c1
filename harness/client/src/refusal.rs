//! Why the chain or the account refuses, recognised in one place.
//!
//! A node tells some causes by a code of the specification and others in words alone. A gateway cleans
//! its words: quotes and backticks become `'`, and most other signs spaces. The devnet cleans nothing. So
//! words are cleaned here before anything is looked for in them, and both read the same.

use std::fmt;

use starknet_rust::core::types::{ContractExecutionError, Felt, StarknetError};

use crate::rule::Rule;
use crate::words::printable;

/// How much of a node's words is looked through for what they come to, in bytes: more than any trace has.
const LONGEST: usize = 256 * 1_024;

/// How nodes say that `__validate__` did not return `'VALID'`.
const NOT_VALID: [&str; 2] = ["return 'VALID'", "Invalid Argent"];

/// What stands in a node's words, and what it comes to.
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

/// What a node said against a transaction or a call, or the client foretells, and what it comes to.
///
/// ```
/// use session_client::{Cause, Refusal, Rule};
///
/// // As a gateway writes it, and as the account's error stands in it.
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

/// Why something was refused.
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
    /// The transaction's bounds on resources or prices are too low.
    Bounds,
    /// Another transaction of the account has this nonce, or one before it is missing.
    Nonce,
    /// There is no contract at an address.
    NoContract,
    /// A class is not declared.
    NoClass,
    /// The class is declared already.
    ClassKnown,
    /// A contract has no such function.
    NoFunction,
    /// Something else: another contract's error above all.
    Other,
}

impl Refusal {
    /// Recognises what a node `said` in words.
    #[must_use]
    pub fn read(said: impl Into<String>) -> Self {
        let said = said.into();
        let cause = recognise(&said[..said.floor_char_boundary(LONGEST)]);
        Self { cause, said: printable(&said), is_foretold: false, passed_estimate: false }
    }

    /// Recognises an error of the specification's; `None` if it is no refusal.
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
            // A gateway's refusals without a code of their own, and whatever else a node wants to say.
            StarknetError::UnexpectedError(said) => {
                return Some(Self::read(said.as_str())).filter(|it| it.cause != Cause::Other);
            }
            _ => return None,
        };
        let said = printable(&format!("{error:?}"));
        Some(Self { cause, said, is_foretold: false, passed_estimate: false })
    }

    /// Returns the refusal that the account would answer with, foretold before anything was sent: see
    /// [`preflight`](crate::preflight).
    #[must_use]
    pub fn foretold(rule: Rule) -> Self {
        Self::foreseen(Cause::Rule(rule), &format!("{rule}: {}", rule.meaning()))
    }

    /// Returns the refusal for the same `cause` as the chain's, of which the client says `why`.
    pub(crate) fn foreseen(cause: Cause, why: &str) -> Self {
        let said = format!("foretold by the client, nothing was sent: {why}");
        Self { cause, said, is_foretold: true, passed_estimate: false }
    }

    /// Says that the very transaction `hash` is on its way for another intent, so that its nonce is taken.
    pub(crate) fn of_a_twin(hash: Felt) -> Self {
        Self::of_a_nonce(format!("another process sends the very same transaction, {hash:#x}"))
    }

    /// Says that the transaction `hash` can never land.
    pub(crate) fn of_a_used_nonce(hash: Felt) -> Self {
        Self::of_a_nonce(format!("another transaction than {hash:#x} has its nonce in a block"))
    }

    const fn of_a_nonce(said: String) -> Self {
        Self { cause: Cause::Nonce, said, is_foretold: false, passed_estimate: false }
    }

    /// Remembers that the node's estimate let pass what the network then refused.
    pub(crate) fn after_estimate(self) -> Self {
        Self { passed_estimate: true, ..self }
    }

    /// Returns what the refusal comes to.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// Returns the account's rule that is broken, if the account said which one.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        match self.cause {
            Cause::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// Says whether the client foretold it, so that nothing was sent and nothing paid.
    #[must_use]
    pub const fn is_foretold(&self) -> bool {
        self.is_foretold
    }

    /// Says whether the node's estimate let pass, time and again, what the network's gateway refused: it looks
    /// at the last block, and may not have seen yet what the transaction builds on.
    #[must_use]
    pub const fn passed_estimate(&self) -> bool {
        self.passed_estimate
    }

    /// Returns what the node said, in its own words, as [`printable`](crate::printable) makes them; or that
    /// the client foretells it, and why.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Returns the first short string of the panic, whichever contract's: `Session: expired` where the
    /// chain says `('Session: expired')`. What follows it names the frames that it passed through.
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
    let known = WORDS.iter().find(|(words, _)| cleaned.contains(words));
    known.map_or(Cause::Other, |(_, cause)| *cause)
}

/// Returns the first of the account's errors: either the short string in quotes, or the felt that it is.
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

/// Replaces signs as a gateway does. A sign becomes one byte, so places stay what they are in ASCII.
fn cleaned(said: &str) -> String {
    let clean = |sign| match sign {
        '"' | '`' => '\'',
        'A'..='Z' | 'a'..='z' | '0'..='9' => sign,
        ' ' | ':' | '.' | ',' | '[' | ']' | '(' | ')' | '{' | '}' | '\'' | '_' => sign,
        _ => ' ',
    };
    said.chars().map(clean).collect()
}

/// Returns the innermost words of an error that passed through several contracts.
fn words(error: &ContractExecutionError) -> String {
    match error {
        ContractExecutionError::Message(message) => message.clone(),
        ContractExecutionError::Nested(inner) => words(&inner.error),
    }
}
