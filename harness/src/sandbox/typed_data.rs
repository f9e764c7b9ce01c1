//! Outside executions as typed data: what is given to a client to sign, and what it sends back.

use serde_json::{Value, json};
use starknet_rust_core::types::{Call, Felt};

use super::felts::{felt, felt_or_text, felts, u64};
use super::names;
use crate::outside_execution::OutsideExecution;

/// How many differences are listed at most.
const MAX_DIFFERENCES: usize = 16;

/// SNIP-9's typed data, version 2, for `execution` on the chain `chain_id`.
pub fn write(execution: &OutsideExecution, chain_id: Felt) -> Value {
    let calls: Vec<_> = execution
        .calls
        .iter()
        .map(|call| {
            json!({
                "To": hex(call.to),
                "Selector": hex(call.selector),
                "Calldata": call.calldata.iter().copied().map(hex).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "types": {
            "StarknetDomain": [
                { "name": "name", "type": "shortstring" },
                { "name": "version", "type": "shortstring" },
                { "name": "chainId", "type": "shortstring" },
                { "name": "revision", "type": "shortstring" },
            ],
            "OutsideExecution": [
                { "name": "Caller", "type": "ContractAddress" },
                { "name": "Nonce", "type": "felt" },
                { "name": "Execute After", "type": "u128" },
                { "name": "Execute Before", "type": "u128" },
                { "name": "Calls", "type": "Call*" },
            ],
            "Call": [
                { "name": "To", "type": "ContractAddress" },
                { "name": "Selector", "type": "selector" },
                { "name": "Calldata", "type": "felt*" },
            ],
        },
        "primaryType": "OutsideExecution",
        "domain": {
            "name": "Account.execute_from_outside",
            "version": "2",
            "chainId": hex(chain_id),
            "revision": "1",
        },
        "message": {
            "Caller": hex(execution.caller.into()),
            "Nonce": hex(execution.nonce),
            "Execute After": hex(execution.execute_after.into()),
            "Execute Before": hex(execution.execute_before.into()),
            "Calls": calls,
        },
    })
}

/// The outside execution that `typed_data` says. Its types and its domain are not judged here: see
/// [`differences`].
pub fn read(typed_data: &Value) -> Result<OutsideExecution, String> {
    let message = &typed_data["message"];
    if message.get("calls").is_some() {
        return Err(
            "message.calls is SNIP-9 version 1: the account takes version 2, whose fields \
                    are Caller, Nonce, Execute After, Execute Before and Calls"
                .to_owned(),
        );
    }
    let calls = message["Calls"].as_array().ok_or("message.Calls must be a list of calls")?;
    Ok(OutsideExecution {
        caller: field("message.Caller", felt_or_text(&message["Caller"]))?.into(),
        nonce: field("message.Nonce", felt(&message["Nonce"]))?,
        execute_after: field("message[\"Execute After\"]", u64(&message["Execute After"]))?,
        execute_before: field("message[\"Execute Before\"]", u64(&message["Execute Before"]))?,
        calls: calls.iter().enumerate().map(read_call).collect::<Result<_, _>>()?,
    })
}

fn read_call((index, call): (usize, &Value)) -> Result<Call, String> {
    let path = |name| format!("message.Calls[{index}].{name}");
    let function = &call["Selector"];
    let by_name =
        || function.as_str().filter(|it| !it.is_empty() && !it.starts_with("0x")).map(names::learn);
    Ok(Call {
        to: field(&path("To"), felt(&call["To"]))?,
        selector: field(&path("Selector"), felt(function).or_else(by_name))?,
        calldata: field(&path("Calldata"), felts(&call["Calldata"]))?,
    })
}

fn field<T>(path: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("{path} is missing or out of range"))
}

/// Where `got` is not what `expected` is, field by field, whichever way a felt is written.
pub fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expected, got, &mut found);
    found
}

fn compare(path: &str, expected: &Value, got: &Value, found: &mut Vec<String>) {
    if found.len() == MAX_DIFFERENCES {
        return;
    }
    match (expected, got) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in fields {
                compare(&join(path, name), value, others.get(name).unwrap_or(&Value::Null), found);
            }
            for name in others.keys().filter(|name| !fields.contains_key(*name)) {
                found.push(format!("{} should not be there", join(path, name)));
            }
        }
        (Value::Array(values), Value::Array(others)) if values.len() == others.len() => {
            for (index, (value, other)) in values.iter().zip(others).enumerate() {
                compare(&format!("{path}[{index}]"), value, other, found);
            }
        }
        (Value::Array(values), Value::Array(others)) => {
            found.push(format!("{path} has {} elements instead of {}", others.len(), values.len()));
        }
        _ if expected == got || same_felt(expected, got) => {}
        (_, Value::Null) => found.push(format!("{path} is missing: it should be {expected}")),
        _ => found.push(format!("{path} is {} instead of {expected}", shortened(got))),
    }
    found.truncate(MAX_DIFFERENCES);
}

fn same_felt(one: &Value, other: &Value) -> bool {
    matches!((felt_or_text(one), felt_or_text(other)), (Some(one), Some(other)) if one == other)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A stranger's value, as much of it as is of use.
fn shortened(value: &Value) -> String {
    value.to_string().chars().take(100).collect()
}

fn hex(felt: Felt) -> String {
    format!("{felt:#x}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::name::{selector, short_string};
    use crate::outside_execution::Caller;

    fn execution() -> OutsideExecution {
        OutsideExecution {
            caller: Caller::Any,
            nonce: Felt::from(7),
            execute_after: 1,
            execute_before: 2_000_000_000,
            calls: vec![Call {
                to: Felt::ONE,
                selector: selector("transfer"),
                calldata: vec![Felt::TWO],
            }],
        }
    }

    #[test]
    fn typed_data_is_read_as_it_was_written() {
        let typed_data = write(&execution(), short_string("SN_SEPOLIA"));
        assert_eq!(read(&typed_data), Ok(execution()));
    }

    #[test]
    fn a_felt_may_be_written_in_another_way() {
        let expected = write(&execution(), short_string("SN_SEPOLIA"));
        let mut got = expected.clone();
        got["domain"]["chainId"] = json!("SN_SEPOLIA");
        got["message"]["Nonce"] = json!(7);
        got["message"]["Calls"][0]["Selector"] = json!("transfer");
        assert_eq!(read(&got), Ok(execution()));
        got["message"]["Calls"][0]["Selector"] =
            expected["message"]["Calls"][0]["Selector"].clone();
        assert_eq!(differences(&expected, &got), Vec::<String>::new());
    }

    #[test]
    fn differences_are_named_by_field() {
        let expected = write(&execution(), short_string("SN_SEPOLIA"));
        let mut got = expected.clone();
        got["domain"]["chainId"] = json!("SN_MAIN");
        got["types"]["OutsideExecution"][2]["type"] = json!("felt");
        got["message"]["Calls"][0]["Calldata"][0] = json!("0x3");
        let found = differences(&expected, &got);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found.iter().any(|it| it.starts_with("domain.chainId is \"SN_MAIN\"")),
            "{found:?}"
        );
        assert!(
            found.iter().any(|it| it.starts_with("types.OutsideExecution[2].type is \"felt\""))
        );
        assert!(found.iter().any(|it| it.starts_with("message.Calls[0].Calldata[0] is \"0x3\"")));
    }

    #[test]
    fn version_1_is_refused_by_name() {
        let error = read(&json!({ "message": { "calls": [] } })).unwrap_err();
        assert!(error.contains("version 1"), "{error}");
    }
}
