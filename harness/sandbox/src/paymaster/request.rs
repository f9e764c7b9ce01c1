//! Reads the requests to the paymaster.

use serde_json::{Map, Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::super::dialect::Dialect;
use super::super::names::{self, Names};
use super::super::{typed_data, words};
use super::deployment::Deployment;
use super::failure::{self, Failure};
use session_client::OutsideExecution;
use session_client::json::{felt, felts, hex, u64};

/// A transaction to build or to execute.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The account that is to be deployed first.
    pub deployment: Option<Deployment>,
    /// The calls, or the signed typed data.
    pub invoke: Option<&'a Value>,
    /// The one who pays, and the time bounds.
    pub parameters: Parameters,
}

impl<'a> Asked<'a> {
    /// Reads the two parameters of `paymaster_buildTransaction` and `paymaster_executeTransaction`, which are
    /// given by name. The SNIP's JSON may also give them by position; AVNU's may be a list of the one object.
    pub fn read(dialect: Dialect, params: &'a Value) -> Result<Self, Failure> {
        let (transaction, parameters) = pair(dialect, params)
            .ok_or_else(|| failure::params("transaction and parameters must be given"))?;
        let (deployment, invoke) = parts(transaction)?;
        Ok(Self { deployment, invoke, parameters: Parameters::read(dialect, parameters)? })
    }
}

/// Returns the transaction and the parameters of a request.
fn pair<'a>(dialect: Dialect, params: &'a Value) -> Option<(&'a Value, &'a Value)> {
    let named =
        |fields: &'a Map<String, Value>| fields.get("transaction").zip(fields.get("parameters"));
    match (dialect, params) {
        (_, Value::Object(fields)) => named(fields),
        (Dialect::Snip29, Value::Array(values)) => values.first().zip(values.get(1)),
        (Dialect::Avnu, Value::Array(values)) => match values.as_slice() {
            [Value::Object(fields)] => named(fields),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the account and the calls of a request that is refused, as far as they can be read. If one of the
/// user's calls cannot be, none is returned.
pub fn asker(dialect: Dialect, params: &Value) -> Option<(Felt, Vec<Call>)> {
    let (transaction, _) = pair(dialect, params)?;
    let deployment = &transaction["deployment"];
    // A deployment alone has no calls, whatever stands beside it.
    let invoke = match transaction["type"].as_str() {
        Some("deploy") => &Value::Null,
        _ => &transaction["invoke"],
    };
    let account = user(invoke).ok().or_else(|| felt(&deployment["address"]))?;
    let deploy = Deployment::read(deployment).ok().map(|it| it.call());
    let calls = if invoke.is_null() { Vec::new() } else { calls(invoke).unwrap_or_default() };
    Some((account, deploy.into_iter().chain(calls).collect()))
}

/// Returns the two parts of a transaction: the account to deploy, and what to call.
fn parts(transaction: &Value) -> Result<(Option<Deployment>, Option<&Value>), Failure> {
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

/// The one who pays, and the time bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The token in which the user pays; `None` in sponsored mode.
    pub gas_token: Option<Felt>,
    /// The Unix seconds between which the transaction may be executed; both bounds are excluded.
    pub time_bounds: Option<(u64, u64)>,
    /// The tip that is offered. It is read and given back, and has no effect.
    tip: Option<Value>,
}

impl Parameters {
    /// Reads the parameters, which must have the version `0x1`.
    fn read(dialect: Dialect, value: &Value) -> Result<Self, Failure> {
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
        let tip = mode.get("tip").filter(|it| !it.is_null());
        if !tip.is_none_or(is_tip) {
            let tips = "parameters.fee_mode.tip is slow, normal, fast or { custom: an integer }";
            return Err(failure::params(tips));
        }
        let time_bounds = match value.get("time_bounds") {
            None | Some(Value::Null) => None,
            Some(bounds) => Some(time_bounds(dialect, bounds)?),
        };
        Ok(Self { gas_token, time_bounds, tip: tip.cloned() })
    }

    /// Writes the parameters in the form of `dialect`.
    pub fn json(&self, dialect: Dialect) -> Value {
        let mut fee_mode = match self.gas_token {
            None => json!({ "mode": "sponsored" }),
            Some(token) => json!({ "mode": "default", "gas_token": hex(token) }),
        };
        if let Some(tip) = &self.tip {
            fee_mode["tip"] = tip.clone();
        }
        let mut parameters = json!({ "version": "0x1", "fee_mode": fee_mode });
        if let Some((after, before)) = self.time_bounds {
            let time = |time: u64| match dialect {
                Dialect::Snip29 => json!(time.to_string()),
                Dialect::Avnu => json!(time),
            };
            parameters["time_bounds"] =
                json!({ "execute_after": time(after), "execute_before": time(before) });
        }
        parameters
    }
}

fn is_tip(tip: &Value) -> bool {
    matches!(tip.as_str(), Some("slow" | "normal" | "fast")) || tip["custom"].as_u64().is_some()
}

/// Reads the time bounds. In the SNIP they are texts, in starknet.js numbers; AVNU's paymaster accepts
/// numbers only.
fn time_bounds(dialect: Dialect, bounds: &Value) -> Result<(u64, u64), Failure> {
    let [after, before] = ["execute_after", "execute_before"].map(|name| &bounds[name]);
    if dialect == Dialect::Avnu && !(after.is_u64() && before.is_u64()) {
        let numbers = "parameters.time_bounds.execute_after and execute_before are numbers here";
        return Err(failure::params(numbers));
    }
    let (after, before) = u64(after)
        .zip(u64(before))
        .ok_or_else(|| failure::time("execute_after and execute_before are Unix seconds"))?;
    if let Some(told) = [after, before].into_iter().find_map(words::milliseconds) {
        return Err(failure::time(told));
    }
    if after >= before {
        return Err(failure::time("execute_after must come before execute_before"));
    }
    Ok((after, before))
}

/// An outside execution that a user signed.
#[derive(Debug)]
pub struct Executable<'a> {
    /// The user's account.
    pub account: Felt,
    /// The outside execution.
    pub execution: OutsideExecution,
    /// The typed data, as the client sent it.
    pub typed_data: &'a Value,
    /// The signature.
    pub signature: Vec<Felt>,
}

impl<'a> Executable<'a> {
    /// Reads what is to be executed, and adds the functions that it names to `names`.
    pub fn read(invoke: &'a Value, names: &Names) -> Result<Self, Failure> {
        let account = user(invoke)?;
        let typed_data = &invoke["typed_data"];
        let execution = typed_data::read(typed_data, names)
            .map_err(|error| failure::params(format!("invoke.typed_data: {error}")))?;
        let signature = felts(&invoke["signature"])
            .ok_or_else(|| failure::params("invoke.signature must be a list of felts"))?;
        Ok(Self { account, execution, typed_data, signature })
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
    if let Some(told) = names::misplaced(&value["selector"]) {
        return Err(failure::params(format!("invoke.calls[{index}].selector {told}")));
    }
    Ok(Call {
        to: felt(&value["to"]).ok_or_else(wrong("to"))?,
        selector: felt(&value["selector"]).ok_or_else(wrong("selector"))?,
        calldata: felts(&value["calldata"]).ok_or_else(wrong("calldata"))?,
    })
}
