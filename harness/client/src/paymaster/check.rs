//! What a paymaster wants signed, held against what it was asked for.

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

/// How long what is signed may be submitted unless the request says otherwise, in seconds.
const LIFETIME: u64 = 3_600;
/// How far a paymaster's clock may be ahead of the one that checks, in seconds.
const CLOCKS: u64 = 300;

/// What a paymaster offers, not yet checked: nothing of it can be signed before it is.
#[derive(Debug, Clone)]
#[must_use = "check it, and sign what passes"]
pub struct Quote {
    request: Request,
    times: TimesAs,
    typed_data: Option<Value>,
    fees: Fees,
}

/// What a paymaster wants signed that is not what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// It is another kind of transaction, such as one without anything to sign.
    #[error("it answers with another kind of transaction")]
    Kind,
    /// It is no outside execution that the account takes: of version 1, for instance, or with types that
    /// make the hash cover something else.
    #[error("the typed data is refused: {0}")]
    TypedData(#[from] TypedDataError),
    /// It is for another chain.
    #[error("it is for the chain {found:#x}, not for {asked:#x}")]
    Chain {
        /// The chain's id that was asked for.
        asked: Felt,
        /// The one in the typed data.
        found: Felt,
    },
    /// A call is not the one that was asked for.
    #[error("call {index} is not the one that was asked for")]
    Call {
        /// Its place, counted from 0.
        index: usize,
    },
    /// A call is missing.
    #[error("call {index} is missing")]
    CallMissing {
        /// Its place, counted from 0.
        index: usize,
    },
    /// Calls were added that nobody asked for: any in sponsored mode, more than the one transfer of the
    /// fee otherwise, or another one than a transfer.
    #[error("{added} calls were added, of which at most one may be, the transfer of the fee")]
    CallsAdded {
        /// How many.
        added: usize,
    },
    /// The fee is to be paid in another token.
    #[error("the fee is in the token {found:#x}, not in {asked:#x}")]
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
        /// What the transfer says: `[low, high]` of a `u256`.
        found: FeeAmount,
    },
    /// The fee goes to somebody else than the forwarder that was asked for.
    #[error("the fee goes to {found:#x}, not to the forwarder {asked:#x}")]
    FeeRecipient {
        /// The forwarder that was asked for.
        asked: Felt,
        /// Who would get it.
        found: Felt,
    },
    /// Somebody else may submit it than was agreed to: address 0, which means anyone, is always refused.
    #[error("{} may submit it, which the request's `caller` does not agree to", caller(*.found))]
    Caller {
        /// Who may submit it.
        found: Felt,
    },
    /// It can be submitted at other times than was asked for; or not now, past already, or for longer
    /// than an hour.
    #[error("it can be submitted between {execute_after} and {execute_before}, in Unix seconds")]
    Times {
        /// Unix time in seconds, excluded.
        execute_after: u64,
        /// Unix time in seconds, excluded.
        execute_before: u64,
    },
    /// Its nonce is spent already, so that it can never be made and would look as if it had been.
    #[error("its nonce {nonce:#x} is spent already")]
    NonceSpent {
        /// The outside execution's nonce.
        nonce: Felt,
    },
}

/// An amount as a transfer's calldata has it, which may be no amount at all.
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
        // Only a deployment alone needs no signature; who pays for it in a token signs that transfer.
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

    /// Returns what the paymaster expects it to cost.
    #[must_use]
    pub const fn fees(&self) -> Fees {
        self.fees
    }

    /// Lets it through if it is what was asked for, on the chain `chain_id` at the time `now`, in Unix
    /// seconds: the last block's, or the real time.
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

/// Returns the fee that is transferred.
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

/// What a paymaster wants signed, and what it was asked for: the same.
#[derive(Debug, Clone)]
#[must_use = "sign and execute it"]
pub struct Checked {
    quote: Quote,
    chain_id: Felt,
    execution: Option<OutsideExecution>,
    fee: u128,
}

impl Checked {
    /// Returns what is to be signed; `None` for a deployment that the paymaster sponsors, which nobody
    /// signs.
    #[must_use]
    pub const fn outside_execution(&self) -> Option<&OutsideExecution> {
        self.execution.as_ref()
    }

    /// Returns it as typed data, for a wallet that signs elsewhere.
    #[must_use]
    pub fn typed_data(&self) -> Option<Value> {
        self.execution.as_ref().map(|it| it.typed_data(self.chain_id))
    }

    /// Returns the fee that the account pays when it signs, in the asked token's smallest unit; 0 if it is
    /// sponsored.
    #[must_use]
    pub const fn fee(&self) -> u128 {
        self.fee
    }

    /// Returns what it will be known by on chain. Sign only if it [is not spent](Claim::is_spent) yet.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let execution = self.execution.as_ref()?;
        Some(Claim {
            account: self.quote.request.account,
            nonce: execution.nonce,
            execute_before: execution.execute_before,
        })
    }

    /// Has it signed: by a session ([`OutsideExecution::sign_as_session`]) or by the owner
    /// ([`OutsideExecution::sign_as_owner`]). `sign` is not called if there is nothing to sign.
    ///
    /// # Errors
    /// [`PaymasterError::Signing`] if `sign` fails, [`PaymasterError::SignedAnother`] if it returns
    /// something else than it was given.
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

    /// Puts a signature made elsewhere to it.
    pub const fn with_signature(self, signature: Vec<Felt>) -> Executable {
        Executable { checked: self, signature }
    }
}

/// What a paymaster can execute: checked, and signed.
#[derive(Debug, Clone)]
#[must_use = "execute it"]
pub struct Executable {
    checked: Checked,
    signature: Vec<Felt>,
}

impl Executable {
    /// Returns what it is known by on chain: note it before it is executed. `None` for a deployment alone,
    /// which can be made but once.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.checked.claim()
    }

    /// Writes the parameters of `paymaster_executeTransaction`.
    pub(super) fn params(&self) -> Value {
        let Quote { request, times, typed_data, .. } = &self.checked.quote;
        // As the paymaster wrote it, since it was found to say what was signed, and some compare.
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

/// Says who may submit an outside execution of this caller.
fn caller(found: Felt) -> String {
    match Caller::from(found) {
        Caller::Any => "anybody (ANY_CALLER)".to_owned(),
        Caller::Only(contract) => format!("the contract {contract:#x}"),
    }
}
