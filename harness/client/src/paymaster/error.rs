//! The errors of a paymaster's client.

use std::fmt;

use serde_json::Value;

use super::check::Difference;
use super::claim::Claim;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// How much of a paymaster's text is kept, in characters.
const SAID: usize = 4_096;
/// How many nested errors are followed to find the innermost text.
const DEPTH: usize = 32;
/// The text with which AVNU's paymaster reports code 154 in an error of code 156.
const AMOUNT_TOO_LOW: &str = "max amount of gas token too low";

/// The error of a request to a paymaster. No variant contains its URL or an API key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaymasterError {
    /// The request is invalid; nothing was sent.
    #[error("the request cannot be made: {0}")]
    Request(&'static str),
    /// The API key contains characters that an HTTP header must not; nothing was sent.
    #[error("the API key has characters that no HTTP header may have")]
    ApiKey,
    /// The paymaster cannot be reached, or does not answer in time.
    #[error("the paymaster failed: {0}")]
    Transport(String),
    /// The paymaster answered with this HTTP status and without JSON-RPC. Redirects are not followed, since
    /// they would pass the API key on.
    #[error("the paymaster answers with HTTP status {0}")]
    Status(u16),
    /// The paymaster's answer is not one of SNIP-29.
    #[error("the paymaster's answer cannot be read: {0}")]
    Answer(&'static str),
    /// The paymaster refused the request.
    #[error("the paymaster refuses: {0}")]
    Refused(PaymasterRefusal),
    /// The paymaster asks for a signature on something else than the request. Nothing was signed.
    #[error("the paymaster wants something else signed: {0}")]
    NotWhatWasAsked(Difference),
    /// The node did not answer with the time, or whether a nonce is spent. Nothing was signed.
    #[error(transparent)]
    Node(Error),
    /// The signature could not be made. Nothing was sent.
    #[error(transparent)]
    Signing(Error),
    /// The signer returned another outside execution or account than it was given. Nothing was sent.
    #[error("the signer signed for another account, or something else than it was given")]
    SignedAnother,
    /// The signed outside execution was sent, and the paymaster did not confirm it. Whatever the cause
    /// says, it may be submitted until its end. [`Claim::settle`] tells what became of it; build a new one
    /// only then.
    #[error("{cause}; what was signed may be submitted all the same: settle it first")]
    Unconfirmed {
        /// The claim to settle.
        claim: Claim,
        /// Why the paymaster did not confirm it.
        #[source]
        cause: Box<PaymasterError>,
    },
}

impl PaymasterError {
    /// Returns the paymaster's refusal, whether or not the request was signed and sent.
    #[must_use]
    pub fn refusal(&self) -> Option<&PaymasterRefusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unconfirmed { cause, .. } => cause.refusal(),
            _ => None,
        }
    }
}

/// A refusal of a paymaster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymasterRefusal {
    code: i64,
    reason: Reason,
    said: Refusal,
}

/// Why a paymaster refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// 150: the account's address is invalid, or there is no account at it.
    InvalidAddress,
    /// 151: the paymaster does not accept the token.
    TokenNotSupported,
    /// 153: the account does not accept the signature.
    InvalidSignature,
    /// 154: the signed fee is no longer enough. Build and sign again, within a maximum.
    MaxAmountTooLow,
    /// 155: the paymaster does not serve accounts of this class.
    ClassNotSupported,
    /// 156: the account or a call refused; AVNU's paymaster uses it for most errors. See
    /// [`PaymasterRefusal::rule`].
    Execution,
    /// 157: the time bounds are over or invalid.
    InvalidTimeBounds,
    /// 158: the deployment's parameters do not result in the account's address.
    InvalidDeployment,
    /// 159: the class hash is invalid. AVNU's paymaster uses 159, and the codes from 161 on, for other
    /// errors.
    InvalidClassHash,
    /// 160: the paymaster does not know the tracking id.
    InvalidId,
    /// 163: any other error; AVNU's paymaster uses it for a wrong API key too.
    Unknown,
    /// JSON-RPC's -32601: the paymaster does not have the method.
    NoMethod,
    /// JSON-RPC's -32602: the paymaster does not accept the parameters.
    InvalidParams,
    /// A code that SNIP-29 does not define.
    Other,
}

impl PaymasterRefusal {
    /// Reads a JSON-RPC error; `None` if `error` is not one. Every copy of `secret` in it is masked.
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

    /// Returns the reason.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the account's rule that is broken, if the paymaster's text contains the account's error.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        self.said.rule()
    }

    /// Returns the paymaster's text, as a [`Refusal`].
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

/// Returns the text in an error's data: a string, or the innermost error of an execution.
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
