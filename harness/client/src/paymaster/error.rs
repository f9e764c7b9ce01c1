//! What can go wrong with a paymaster.

use std::fmt;

use serde_json::Value;

use super::check::Difference;
use super::claim::Claim;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// How much of what a paymaster says is kept, in characters.
const SAID: usize = 4_096;
/// How many contracts deep an error's innermost words are looked for.
const DEPTH: usize = 32;
/// How AVNU's paymaster says 154 in an error of code 156.
const AMOUNT_TOO_LOW: &str = "max amount of gas token too low";

/// What can go wrong with a paymaster. Neither its address nor an API key is in any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaymasterError {
    /// The request asks for what cannot be: nothing was sent.
    #[error("the request cannot be made: {0}")]
    Request(&'static str),
    /// The API key cannot stand in an HTTP header: nothing was sent.
    #[error("the API key has characters that no HTTP header may have")]
    ApiKey,
    /// The paymaster cannot be reached, or does not answer in time.
    #[error("the paymaster failed: {0}")]
    Transport(String),
    /// The paymaster answers with this HTTP status, and with no JSON-RPC. Redirects are not followed: they
    /// would take the API key along.
    #[error("the paymaster answers with HTTP status {0}")]
    Status(u16),
    /// The paymaster answers what SNIP-29 does not have.
    #[error("the paymaster's answer cannot be read: {0}")]
    Answer(&'static str),
    /// The paymaster refuses.
    #[error("the paymaster refuses: {0}")]
    Refused(PaymasterRefusal),
    /// The paymaster wants something else signed than it was asked for. Nothing was signed.
    #[error("the paymaster wants something else signed: {0}")]
    NotWhatWasAsked(Difference),
    /// The node does not tell the time, or whether a nonce is spent. Nothing was signed.
    #[error(transparent)]
    Node(Error),
    /// The signature could not be made. Nothing was sent.
    #[error(transparent)]
    Signing(Error),
    /// The signer signed something else than it was given. Nothing was sent.
    #[error("the signer signed for another account, or something else than it was given")]
    SignedAnother,
    /// What was signed has left, and the paymaster did not confirm it: it may be submitted until it
    /// lapses, whatever the cause says. [`Claim::settle`] tells what became of it; only then build anew.
    #[error("{cause}; what was signed may be submitted all the same: settle it first")]
    Unconfirmed {
        /// What to settle.
        claim: Claim,
        /// Why it is not confirmed.
        #[source]
        cause: Box<PaymasterError>,
    },
}

impl PaymasterError {
    /// Returns the paymaster's refusal, whether or not something signed had left by then.
    #[must_use]
    pub fn refusal(&self) -> Option<&PaymasterRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unconfirmed { cause, .. } => cause.refusal(),
            _ => None,
        }
    }
}

/// A paymaster's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymasterRefusal {
    code: i64,
    reason: Reason,
    said: Refusal,
}

/// What a paymaster's error comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// 150: the account's address is none, or there is no account.
    InvalidAddress,
    /// 151: the paymaster does not take the token.
    TokenNotSupported,
    /// 153: the account does not accept the signature.
    InvalidSignature,
    /// 154: the fee that was signed no longer suffices. Build and sign again, within a maximum.
    MaxAmountTooLow,
    /// 155: the paymaster does not serve accounts of this class.
    ClassNotSupported,
    /// 156: the account or a call refuses; AVNU's paymaster says most things by it. See
    /// [`PaymasterRefusal::rule`].
    Execution,
    /// 157: the time bounds are past, or no bounds.
    InvalidTimeBounds,
    /// 158: the deployment does not lead to its address.
    InvalidDeployment,
    /// 159: the class hash is none. AVNU's paymaster has other meanings for 159 and from 161 on.
    InvalidClassHash,
    /// 160: the paymaster does not know the tracking id.
    InvalidId,
    /// 163: anything else; with AVNU's paymaster also a wrong API key.
    Unknown,
    /// JSON-RPC's -32601: the paymaster does not have the method.
    NoMethod,
    /// JSON-RPC's -32602: the paymaster does not take the parameters.
    InvalidParams,
    /// A code that SNIP-29 does not have.
    Other,
}

impl PaymasterRefusal {
    /// Reads a JSON-RPC error; `None` if it is none. `secret` is blotted out wherever it is repeated.
    pub(super) fn read(error: &Value, secret: Option<&str>) -> Option<Self> {
        let code = error.get("code")?.as_i64()?;
        let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
        let said = match error.get("data").and_then(|data| innermost(data, DEPTH)) {
            Some(data) if message.is_empty() => data.to_owned(),
            Some(data) => format!("{message}: {data}"),
            None => message.to_owned(),
        };
        let said = match secret.filter(|it| !it.is_empty()) {
            Some(secret) => said.replace(secret, "(the API key)"),
            None => said,
        };
        let said: String =
            said.chars().map(|it| if it.is_control() { ' ' } else { it }).take(SAID).collect();
        Some(Self { code, reason: Reason::of(code, &said), said: Refusal::read(said) })
    }

    /// Returns the error's code.
    #[must_use]
    pub const fn code(&self) -> i64 {
        self.code
    }

    /// Returns what the error comes to.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the account's rule that is broken, if the paymaster repeats what the account said.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        self.said.rule()
    }

    /// Returns what the paymaster said, in its own words, as if a node had said it.
    #[must_use]
    pub const fn said(&self) -> &Refusal {
        &self.said
    }
}

impl fmt::Display for PaymasterRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (code {})", self.said, self.code)
    }
}

impl Reason {
    fn of(code: i64, said: &str) -> Self {
        match code {
            150 => Self::InvalidAddress,
            151 => Self::TokenNotSupported,
            153 => Self::InvalidSignature,
            154 => Self::MaxAmountTooLow,
            155 => Self::ClassNotSupported,
            156 if said.contains(AMOUNT_TOO_LOW) => Self::MaxAmountTooLow,
            156 => Self::Execution,
            157 => Self::InvalidTimeBounds,
            158 => Self::InvalidDeployment,
            159 => Self::InvalidClassHash,
            160 => Self::InvalidId,
            163 => Self::Unknown,
            -32_601 => Self::NoMethod,
            -32_602 => Self::InvalidParams,
            _ => Self::Other,
        }
    }
}

/// Returns the words in an error's data: a text, or the innermost error of an execution.
fn innermost(data: &Value, depth: usize) -> Option<&str> {
    match data {
        Value::String(text) => Some(text),
        Value::Object(fields) if depth > 0 => {
            let inner = fields.get("execution_error").or_else(|| fields.get("error"))?;
            innermost(inner, depth - 1)
        }
        _ => None,
    }
}
