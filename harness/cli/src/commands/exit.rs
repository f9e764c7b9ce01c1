//! How a command fails: it says what happened and what to do about it, and has an exit code for each kind of
//! failure.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use session_client::keystore::KeystoreError;
use session_client::{Cause, Error, Refusal, Trouble};
use starknet_rust::core::types::Felt;

use super::hint;
use super::terminal::{printable, say};
use super::trace::last_cause;

/// How many characters of a node's message are shown; the message may hold a transaction's whole trace.
const MAX_WORDS: usize = 1_500;

/// The kinds of failure. A script can act on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A check found a problem, or this machine failed.
    Check,
    /// Flags, files, passwords or the network are not what they should be: nothing was sent.
    Usage,
    /// The node cannot be reached, or cannot be understood.
    Network,
    /// The chain refused: balance, fee, nonce, or another contract.
    Chain,
    /// The account refused: its owner's or its session's limits.
    Account,
    /// A transaction was sent, and is in no block yet.
    Pending,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Check => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Chain => 4,
            Self::Account => 5,
            Self::Pending => 6,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Usage => "usage",
            Self::Network => "network",
            Self::Chain => "refused by the chain",
            Self::Account => "refused by the account",
            Self::Pending => "pending",
        }
    }
}

/// The exit codes, for `--help`.
pub const CODES: &str = "\
Exit codes: 0 done, or nothing to do; 1 a check failed; 2 usage; 3 the node failed; 4 refused by the
chain; 5 refused by the account; 6 sent, but in no block within the time limit.";

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    what: String,
    remedy: Option<String>,
    transaction: Option<Felt>,
    /// The whole message of the node, for --verbose.
    said: Option<String>,
}

impl Failure {
    /// Makes the failure `what`.
    pub fn new(kind: Kind, what: impl fmt::Display) -> Self {
        Self { kind, what: what.to_string(), remedy: None, transaction: None, said: None }
    }

    /// Makes the failure of an input that must be corrected before the command is run again.
    pub fn usage(what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, what).remedy(remedy)
    }

    /// Makes the failure of a file that cannot be read or written.
    pub fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(Kind::Check, format!("{}: {error}", path.display()))
    }

    /// Sets what to do about the failure.
    #[must_use]
    pub fn remedy(mut self, remedy: impl fmt::Display) -> Self {
        self.remedy = Some(remedy.to_string());
        self
    }

    /// Replaces the message by `what`, and keeps the kind.
    #[must_use]
    pub fn but(self, what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), ..self }
    }

    /// Adds the hash of the transaction that was sent.
    #[must_use]
    pub const fn of(mut self, transaction: Felt) -> Self {
        self.transaction = Some(transaction);
        self
    }

    /// Says whether the chain refused the transaction before it was in a block.
    pub fn is_of_the_chain(&self) -> bool {
        self.kind == Kind::Chain && self.transaction.is_none()
    }

    /// Says whether the user must change what the command was given, or did not agree to it.
    pub fn is_of_the_user(&self) -> bool {
        self.kind == Kind::Usage
    }

    /// Says whether the node failed.
    pub fn is_of_the_node(&self) -> bool {
        self.kind == Kind::Network
    }

    /// Returns the hash of what is in a block and reverted.
    pub fn reverted(&self) -> Option<Felt> {
        self.transaction.filter(|_| matches!(self.kind, Kind::Chain | Kind::Account))
    }

    /// Says whether the account refused the transaction before it was in a block.
    pub fn is_of_the_account(&self) -> bool {
        self.kind == Kind::Account && self.transaction.is_none()
    }

    /// Returns the message, for a warning.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Adds the whole message of the node.
    #[must_use]
    fn said(self, said: &str) -> Self {
        Self { said: Some(said.to_owned()), ..self }
    }

    /// Writes the failure to stderr; with `is_verbose`, also the whole message of the node.
    pub fn tell(&self, json: bool, is_verbose: bool) -> ExitCode {
        let Self { kind, what, remedy, transaction, said } = self;
        let what = printable(what);
        let said = said.as_ref().filter(|_| is_verbose).map(|it| printable(it));
        if json {
            let mut line = json!({
                "error": what,
                "kind": kind.name(),
                "remedy": remedy,
                "transaction": transaction.map(|hash| format!("{hash:#066x}")),
            });
            if let Some(said) = said {
                line["said"] = said.into();
            }
            say(line);
        } else {
            say(format!("error: {}", what));
            if let Some(remedy) = remedy {
                say(format!("  what to do: {}", printable(remedy)));
            }
            if let Some(hash) = transaction {
                say(format!("  transaction: {hash:#066x}"));
            }
            if let Some(said) = said {
                say(format!("  the node said: {said}"));
            }
        }
        ExitCode::from(kind.code())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refused(&refusal),
            Error::Reverted { hash, refusal } => refused(&refusal).of(hash),
            Error::Pending { hash, .. } => Self::new(Kind::Pending, error).of(hash),
            Error::Uncertain { hash, ref why } => Self::new(
                Kind::Network,
                format!("{why}. The transaction may have been sent all the same"),
            )
            .remedy(format!(
                "look with `{}` before anything is sent again",
                hint::wait(hash)
            ))
            .of(hash),
            Error::Unsettled { hash, .. } => Self::new(
                Kind::Pending,
                format!(
                    "an earlier transaction of the account may still land, and the node does not know \
                     it: {hash:#066x}. Nothing was sent"
                ),
            )
            .remedy(format!(
                "`{}` sends the same bytes again, which pay once, and waits; \
                 with --give-up it frees the nonce",
                hint::wait(hash)
            ))
            .of(hash),
            Error::NotNext { asked, next } => Self::usage(
                format!(
                    "the account's next transaction is number {next}, and not {asked}, which {}: nothing was \
                     sent",
                    if asked < next { "is used" } else { "would leave a gap and wait behind it" }
                ),
                format!("give --nonce {next}, or leave --nonce out"),
            ),
            Error::NonceTaken { hash, nonce } => Self::new(
                Kind::Pending,
                format!(
                    "an earlier transaction of the account has the nonce {nonce}, and may still land: \
                     {hash:#066x}. Nothing was sent"
                ),
            )
            .remedy(format!(
                "wait for it with `{}`; with --replace the same calls are \
                 sent at a higher price in its place, and with --give-up its nonce is freed",
                hint::wait(hash)
            ))
            .of(hash),
            Error::OverLimit { needs, limit } => Self::usage(
                format!("the fee is estimated at {needs}, above the limit of {limit}: nothing was sent"),
                "raise the limit, or wait for lower gas prices",
            ),
            Error::CannotPay { account, has, needs } => Self::new(
                Kind::Chain,
                format!("{account:#066x} has {has}, and this may cost {needs}: nothing was sent"),
            )
            .remedy(format!("send at least {} to {account:#066x} and run this again", needs - has)),
            // This is a node's address, and the node asks to wait or does not answer.
            Error::Unreachable(ref why) if *why.trouble() == Trouble::RateLimited => {
                Self::new(Kind::Network, error)
                    .remedy("run this again later, with a longer --timeout, or by another provider")
            }
            Error::Unreachable(ref why) if matches!(why.trouble(), Trouble::Status(500..)) => {
                Self::new(Kind::Network, error)
                    .remedy("the node is away: run this again in a minute, or by another node")
            }
            Error::Unreachable(ref why) if matches!(why.trouble(), Trouble::Status(300..400)) => {
                Self::new(Kind::Network, error).remedy("name the address to which it sends, if it is yours")
            }
            Error::Unreachable(_) | Error::Node(_) => Self::new(Kind::Network, error)
                .remedy("check --rpc (or STARKNET_RPC_URL, or the profile's `url`); try again"),
            Error::Answer(_) => Self::new(Kind::Network, error)
                .remedy("check that the URL is a Starknet node's JSON-RPC, of version 0.10"),
            Error::Incomplete { .. } => Self::new(Kind::Network, error)
                .remedy("ask another node, one that keeps all of the account's events"),
            Error::PrivateKey => Self::new(Kind::Usage, error),
            _ => Self::new(Kind::Check, error),
        }
    }
}

impl From<KeystoreError> for Failure {
    fn from(error: KeystoreError) -> Self {
        let remedy = match &error {
            KeystoreError::File { .. } => "check the path",
            KeystoreError::Format { .. } => {
                "give an encrypted JSON keystore, as `starkli signer keystore` makes them"
            }
            KeystoreError::Password { .. } => "try again with the keystore's password",
            KeystoreError::Exists { .. } => "choose another path: keys are never overwritten",
            _ => "check the keystore",
        };
        Self::usage(error, remedy)
    }
}

/// Returns why the chain or the account refuses a transaction, and what to do about it.
fn refused(refusal: &Refusal) -> Failure {
    explained(refusal).said(refusal.said())
}

fn explained(refusal: &Refusal) -> Failure {
    if refusal.passed_estimate() {
        // The refusal does not show the real cause, since the transaction was valid on the newest state.
        let kind = match refusal.cause() {
            Cause::Rule(_) | Cause::NotValid => Kind::Account,
            _ => Kind::Chain,
        };
        let words: String = last_cause(refusal.said()).chars().take(MAX_WORDS).collect();
        let what = format!(
            "the network refuses for some blocks what the node's estimate lets pass: {words}"
        );
        return Failure::new(kind, what).remedy(
            "the network's gateway, or one of the node's, may be behind: run this again in a minute",
        );
    }
    let (what, remedy) = match refusal.cause() {
        Cause::Rule(rule) => {
            let what = format!("the account refused: {} ('{rule}')", rule.meaning());
            return Failure::new(Kind::Account, what).remedy(rule.remedy());
        }
        Cause::NotValid => {
            return Failure::new(Kind::Account, "the account refused the signature").remedy(
                "sign with the account's own key: `doctor` says which one owns it, and `session \
                 status` what a session may do",
            );
        }
        Cause::Balance => {
            ("the account that pays has not enough STRK", "send it STRK and run this again")
        }
        Cause::Bounds | Cause::OverBounds => {
            ("the fee was bounded too low", "raise --max-fee, or run this again for a new estimate")
        }
        Cause::Nonce => ("another transaction of the same account came first", "run this again"),
        Cause::NoContract => (
            "there is no contract at an address that this needs",
            "check the account's address and the network; `deploy` deploys an account",
        ),
        Cause::NoClass => ("the class is not declared on this network", "run `declare` first"),
        Cause::NoFunction => (
            "a contract has no such function",
            "check the function's name, and that the account's class is the session account's",
        ),
        _ => ("the chain refused", ""),
    };
    let words: String = last_cause(refusal.said()).chars().take(MAX_WORDS).collect();
    let failure = Failure::new(Kind::Chain, format!("{what}: {words}"));
    if remedy.is_empty() { failure } else { failure.remedy(remedy) }
}
