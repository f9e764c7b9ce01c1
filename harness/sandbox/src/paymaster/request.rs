//! What clients ask of the paymaster.

use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};

use super::deployment::Deployment;
use super::failure::{self, Failure};
use session_client::json::{felt, felts, u64};

/// Returns the two parameters of a method, by name or by place.
pub fn params(params: &Value) -> Result<(&Value, &Value), Failure> {
    let pair = match params {
        Value::Object(fields) => fields.get("transaction").zip(fields.get("parameters")),
        Value::Array(values) => values.first().zip(values.get(1)),
        _ => None,
    };
    pair.ok_or_else(|| failure::params("transaction and parameters must be given"))
}

/// Returns what kind of transaction it is: what is to be deployed, and what to be called.
pub fn parts(transaction: &Value) -> Result<(Option<Deployment>, Option<&Value>), Failure> {
    let deployment = || Deployment::read(&transaction["deployment"]);
    let invoke = || {
        transaction.get("invoke").ok_or_else(|| failure::params("transaction.invoke is missing"))
    };
    match transaction["type"].as_str() {
        Some("invoke") => Ok((None, Some(invoke()?))),
        Some("deploy") => Ok((Some(deployment()?), None)),
        Some("deploy_and_invoke") => Ok((Some(deployment()?), Some(invoke()?))),
        _ => Err(failure::params("transaction.type is invoke, deploy or deploy_and_invoke")),
    }
}

/// Who pays, and until when it may be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// The token that the user pays in; none in sponsored mode.
    pub gas_token: Option<Felt>,
    /// When it may be executed, in Unix seconds, both excluded.
    pub time_bounds: Option<(u64, u64)>,
}

impl Parameters {
    /// Reads version `0x1` of them.
    pub fn read(value: &Value) -> Result<Self, Failure> {
        if felt(&value["version"]) != Some(Felt::ONE) {
            return Err(failure::params("parameters.version must be 0x1"));
        }
        let mode = &value["fee_mode"];
        let gas_token = match mode["mode"].as_str() {
            Some("sponsored") => None,
            Some("default") => Some(
                felt(&mode["gas_token"])
                    .ok_or_else(|| failure::token("parameters.fee_mode.gas_token is no address"))?,
            ),
            _ => {
                let modes = "parameters.fee_mode.mode is sponsored or default";
                return Err(failure::params(modes));
            }
        };
        let time_bounds = match value.get("time_bounds") {
            None | Some(Value::Null) => None,
            Some(bounds) => Some(
                u64(&bounds["execute_after"])
                    .zip(u64(&bounds["execute_before"]))
                    .filter(|(after, before)| after < before)
                    .ok_or_else(|| {
                        failure::time("execute_after must come before execute_before")
                    })?,
            ),
        };
        Ok(Self { gas_token, time_bounds })
    }
}

/// Returns the user's address.
pub fn user(invoke: &Value) -> Result<Felt, Failure> {
    felt(&invoke["user_address"])
        .filter(|it| *it != Felt::ZERO)
        .ok_or_else(|| failure::address("invoke.user_address must be an address"))
}

/// Returns the user's calls.
pub fn calls(invoke: &Value) -> Result<Vec<Call>, Failure> {
    let calls = invoke["calls"].as_array().filter(|it| !it.is_empty());
    let calls = calls.ok_or_else(|| failure::params("invoke.calls must name at least one call"))?;
    calls.iter().enumerate().map(call).collect()
}

fn call((index, value): (usize, &Value)) -> Result<Call, Failure> {
    let wrong = |name| {
        move || failure::params(format!("invoke.calls[{index}].{name} is missing or no felt"))
    };
    Ok(Call {
        to: felt(&value["to"]).ok_or_else(wrong("to"))?,
        selector: felt(&value["selector"]).ok_or_else(wrong("selector"))?,
        calldata: felts(&value["calldata"]).ok_or_else(wrong("calldata"))?,
    })
}
