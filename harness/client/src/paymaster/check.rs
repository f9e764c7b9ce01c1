//! Compares what a paymaster asks to be signed with the request.

use std::fmt;

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::answer::Fees;
use super::claim::Claim;
use super::error::PaymasterError;
use super::request::{AllowedCaller, FeeMode, Request, TimeBounds, TimesAs};
use crate::error::Result;
use crate::felt::selector;
use crate::json::{hex, hexes};
use crate::outside_execution::{Caller, OutsideExecution, SignedOutsideExecution};
use crate::typed_data::TypedDataError;

/// How long an outside execution may be valid, in seconds, unless the request says otherwise.
const LIFETIME: u64 = 3_600;
/// By how much a paymaster's clock may differ from the clock that checks, in seconds.
const CLOCKS: u64 = 300;

/// A paymaster's answer to a request, not checked yet; it cannot be signed.
#[derive(Debug, Clone)]
#[must_use = "check it, and sign what passes"]
pub struct Quote {
    request: Request,
    times: TimesAs,
    typed_data: Option<Value>,
    fees: Fees,
}

/// A difference between what a paymaster asks to be signed and the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// The answer is another kind of transaction, such as one without anything to sign.
    #[error("it answers with another kind of transaction")]
    Kind,
    /// The typed data is not an outside execution that the account accepts: for example it has version 1,
    /// or its types make the hash cover something else.
    #[error("the typed data is refused: {0}")]
    TypedData(#[from] TypedDataError),
    /// The typed data is for another chain.
    #[error("it is for the chain {found:#x}, not for {asked:#x}")]
    Chain {
        /// The chain id that was asked for.
        asked: Felt,
        /// The chain id in the typed data.
        found: Felt,
    },
    /// A call differs from the requested one.
    #[error("call {index} is not the one that was asked for")]
    Call {
        /// The call's index, counted from 0.
        index: usize,
    },
    /// A requested call is missing.
    #[error("call {index} is missing")]
    CallMissing {
        /// The call's index, counted from 0.
        index: usize,
    },
    /// The paymaster added calls. A sponsor may add none; otherwise one call may be added, which must be
    /// the transfer of the fee.
    #[error("{added} calls were added, of which at most one may be, the transfer of the fee")]
    CallsAdded {
        /// The number of calls that were added.
        added: usize,
    },
    /// The fee is in another token.
    #[error("the fee is in the token {found:#066x}, not in {asked:#066x}")]
    FeeToken {
        /// The token that was asked for.
        asked: Felt,
        /// The contract that is called instead.
        found: Felt,
    },
    /// The fee is above the maximum.
    #[error("the fee is {found}, and may be {maximum} at most")]
    Fee {
        /// The maximum, in the token's smallest unit.
        maximum: u128,
        /// The amount that the transfer names.
        found: FeeAmount,
    },
    /// The fee goes to another contract than the requested forwarder.
    #[error("the fee goes to {found:#066x}, not to the forwarder {asked:#066x}")]
    FeeRecipient {
        /// The forwarder that was asked for.
        asked: Felt,
        /// The contract that would receive the fee.
        found: Felt,
    },
    /// Another contract may submit it than the request agrees to. Address 0, which means anyone, is always
    /// refused.
    #[error("{} may submit it, which the request's `caller` does not agree to", caller(*.found))]
    Caller {
        /// The `caller` of the outside execution.
        found: Felt,
    },
    /// It can be submitted at other times than requested; or it cannot be submitted now, is already too
    /// old, or is valid for longer than an hour.
    #[error("it can be submitted between {execute_after} and {execute_before}, in Unix seconds")]
    Times {
        /// The Unix time in seconds after which it can be submitted; that second is excluded.
        execute_after: u64,
        /// The Unix time in seconds before which it can be submitted; that second is excluded.
        execute_before: u64,
    },
    /// Its nonce is already spent. The account would never execute it, and the spent nonce would look as if
    /// it had been executed.
    #[error("its nonce {nonce:#x} is spent already")]
    NonceSpent {
        /// The outside execution's nonce.
        nonce: Felt,
    },
}

/// An amount in a transfer's calldata. Its halves may be too large for a `u256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeAmount {
    /// The lower 128 bits.
    pub low: Felt,
    /// The upper 128 bits.
    pub high: Felt,
}

impl fmt::Display for FeeAmount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.high == Felt::ZERO {
            return write!(formatter, "{}", self.low);
        }
        write!(formatter, "{} + {} * 2^128", self.low, self.high)
    }
}

impl Quote {
    /// Reads the answer of `paymaster_buildTransaction` to `request`.
    pub(super) fn read(
        request: &Request,
        times: TimesAs,
        answer: &Value,
    ) -> std::result::Result<Self, PaymasterError> {
        let fees = Fees::read(&answer["fee"])?;
        // Only a sponsored deployment without calls needs no signature. If the account pays in a token, it
        // signs that transfer.
        let is_deployment = request.deployment.is_some() && request.calls.is_empty();
        let pays = matches!(request.fee_mode, FeeMode::Token { .. });
        let is_signed = match (answer["type"].as_str(), request.deployment.is_some()) {
            (Some("deploy"), _) if is_deployment => false,
            (Some("invoke"), false) => true,
            (Some("deploy_and_invoke"), true) if !is_deployment || pays => true,
            _ => return Err(PaymasterError::NotWhatWasAsked(Difference::Kind)),
        };
        let typed_data = is_signed.then(|| answer["typed_data"].clone());
        Ok(Self { request: request.clone(), times, typed_data, fees })
    }

    /// Returns the paymaster's estimate of the fee.
    #[must_use]
    pub const fn fees(&self) -> Fees {
        self.fees
    }

    /// Compares the answer with the request, for the chain `chain_id` at the time `now`, in Unix seconds:
    /// the last block's time, or the real time.
    ///
    /// # Errors
    /// [`PaymasterError::NotWhatWasAsked`] with the first difference.
    pub fn check(self, chain_id: Felt, now: u64) -> std::result::Result<Checked, PaymasterError> {
        let checked = match &self.typed_data {
            None => Ok((None, 0)),
            Some(typed_data) => compare(&self.request, typed_data, chain_id, now)
                .map(|(execution, fee)| (Some(execution), fee)),
        };
        let (execution, fee) = checked.map_err(PaymasterError::NotWhatWasAsked)?;
        Ok(Checked { quote: self, chain_id, execution, fee })
    }
}

fn compare(
    request: &Request,
    typed_data: &Value,
    chain_id: Felt,
    now: u64,
) -> std::result::Result<(OutsideExecution, u128), Difference> {
    let (execution, found) = OutsideExecution::from_typed_data(typed_data)?;
    if found != chain_id {
        return Err(Difference::Chain { asked: chain_id, found });
    }
    let fee = check_calls(request, &execution.calls)?;
    check_caller(request.caller, execution.caller)?;
    check_times(request.time_bounds, &execution, now)?;
    Ok((execution, fee))
}

/// Compares `calls` with the request, and returns the amount of the fee's transfer.
fn check_calls(request: &Request, calls: &[Call]) -> std::result::Result<u128, Difference> {
    for (index, asked) in request.calls.iter().enumerate() {
        match calls.get(index) {
            Some(call) if call == asked => {}
            Some(_) => return Err(Difference::Call { index }),
            None => return Err(Difference::CallMissing { index }),
        }
    }
    match (request.fee_mode, calls.get(request.calls.len()..).unwrap_or_default()) {
        (_, []) => Ok(0),
        (FeeMode::Token { token, max_fee }, [added]) => {
            check_fee(token, max_fee, request.caller, added)
        }
        (_, added) => Err(Difference::CallsAdded { added: added.len() }),
    }
}

fn check_fee(
    token: Felt,
    maximum: u128,
    caller: AllowedCaller,
    added: &Call,
) -> std::result::Result<u128, Difference> {
    let &[recipient, low, high] = &added.calldata[..] else {
        return Err(Difference::CallsAdded { added: 1 });
    };
    if added.selector != selector("transfer") {
        return Err(Difference::CallsAdded { added: 1 });
    }
    if added.to != token {
        return Err(Difference::FeeToken { asked: token, found: added.to });
    }
    match caller {
        AllowedCaller::Forwarder(asked) if asked != recipient => {
            return Err(Difference::FeeRecipient { asked, found: recipient });
        }
        _ => {}
    }
    match u128::try_from(low) {
        Ok(fee) if high == Felt::ZERO && fee <= maximum => Ok(fee),
        _ => Err(Difference::Fee { maximum, found: FeeAmount { low, high } }),
    }
}

fn check_caller(allowed: AllowedCaller, caller: Caller) -> std::result::Result<(), Difference> {
    let is_agreed = match (allowed, caller) {
        (_, Caller::Only(caller)) if caller == Felt::ZERO => false,
        (AllowedCaller::Forwarder(forwarder), Caller::Only(caller)) => forwarder == caller,
        (AllowedCaller::OneContract, Caller::Only(_)) | (AllowedCaller::Anyone, _) => true,
        (AllowedCaller::OneContract | AllowedCaller::Forwarder(_), Caller::Any) => false,
    };
    if is_agreed { Ok(()) } else { Err(Difference::Caller { found: caller.into() }) }
}

fn check_times(
    asked: Option<TimeBounds>,
    execution: &OutsideExecution,
    now: u64,
) -> std::result::Result<(), Difference> {
    let &OutsideExecution { execute_after, execute_before, .. } = execution;
    let is_agreed = match asked {
        Some(asked) => asked == TimeBounds { execute_after, execute_before },
        None => {
            let latest = now.saturating_add(LIFETIME + CLOCKS);
            execute_after <= now && now < execute_before && execute_before <= latest
        }
    };
    if is_agreed { Ok(()) } else { Err(Difference::Times { execute_after, execute_before }) }
}

/// A paymaster's answer that fits the request.
#[derive(Debug, Clone)]
#[must_use = "sign and execute it"]
pub struct Checked {
    quote: Quote,
    chain_id: Felt,
    execution: Option<OutsideExecution>,
    fee: u128,
}

impl Checked {
    /// Returns the outside execution to sign; `None` for a sponsored deployment, which nobody signs.
    #[must_use]
    pub const fn outside_execution(&self) -> Option<&OutsideExecution> {
        self.execution.as_ref()
    }

    /// Returns the outside execution as typed data, for a wallet that signs it.
    #[must_use]
    pub fn typed_data(&self) -> Option<Value> {
        self.execution.as_ref().map(|it| it.typed_data(self.chain_id))
    }

    /// Returns the fee that the account will pay, in the requested token's smallest unit; 0 if it is
    /// sponsored.
    #[must_use]
    pub const fn fee(&self) -> u128 {
        self.fee
    }

    /// Returns the claim with which the chain is asked what became of the outside execution. Sign it only
    /// if its nonce [is not spent](Claim::is_spent) yet.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let execution = self.execution.as_ref()?;
        Some(Claim {
            account: self.quote.request.account,
            nonce: execution.nonce,
            execute_before: execution.execute_before,
        })
    }

    /// Signs it with `sign`, which signs for a session ([`OutsideExecution::sign_as_session`]) or for the
    /// owner ([`OutsideExecution::sign_as_owner`]). `sign` is not called if there is nothing to sign.
    ///
    /// # Errors
    /// [`PaymasterError::Signing`] if `sign` fails, [`PaymasterError::SignedAnother`] if it returns another
    /// outside execution or account than it was given.
    pub fn sign(
        self,
        sign: impl FnOnce(OutsideExecution) -> Result<SignedOutsideExecution>,
    ) -> std::result::Result<Executable, PaymasterError> {
        let Some(execution) = self.execution.clone() else {
            return Ok(self.with_signature(Vec::new()));
        };
        let signed = sign(execution).map_err(PaymasterError::Signing)?;
        let is_same = signed.account == self.quote.request.account
            && Some(&signed.outside_execution) == self.execution.as_ref();
        if !is_same {
            return Err(PaymasterError::SignedAnother);
        }
        Ok(self.with_signature(signed.signature))
    }

    /// Adds a signature that was made elsewhere.
    pub const fn with_signature(self, signature: Vec<Felt>) -> Executable {
        Executable { checked: self, signature }
    }
}

/// A checked and signed request, which a paymaster can execute.
#[derive(Debug, Clone)]
#[must_use = "execute it"]
pub struct Executable {
    checked: Checked,
    signature: Vec<Felt>,
}

impl Executable {
    /// Returns the claim with which the chain is asked what became of it: store it before you execute it.
    /// `None` for a sponsored deployment, which cannot be made twice.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.checked.claim()
    }

    /// Writes the parameters of `paymaster_executeTransaction`.
    pub(super) fn params(&self) -> Value {
        let Quote { request, times, typed_data, .. } = &self.checked.quote;
        // The paymaster's own JSON is returned unchanged: it was checked, and some paymasters compare it.
        let invoke = typed_data.as_ref().map(|typed_data| {
            json!({
                "user_address": hex(request.account),
                "typed_data": typed_data,
                "signature": hexes(&self.signature),
            })
        });
        let deployment = request.deployment.as_ref().map(super::Deployment::json);
        let transaction = match (deployment, invoke) {
            (None, invoke) => json!({ "type": "invoke", "invoke": invoke }),
            (Some(deployment), None) => json!({ "type": "deploy", "deployment": deployment }),
            (Some(deployment), Some(invoke)) => {
                json!({ "type": "deploy_and_invoke", "deployment": deployment, "invoke": invoke })
            }
        };
        json!({ "transaction": transaction, "parameters": request.parameters(*times) })
    }
}

/// Describes the `caller` of an outside execution.
fn caller(found: Felt) -> String {
    match Caller::from(found) {
        Caller::Any => "anybody (ANY_CALLER)".to_owned(),
        Caller::Only(contract) => format!("the contract {contract:#066x}"),
    }
}
