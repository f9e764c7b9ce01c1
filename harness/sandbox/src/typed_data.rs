//! Reads the typed data that clients send back, and says where it differs from what they were given.

use serde_json::Value;

use super::names::Names;
use session_client::OutsideExecution;
use session_client::json::felt_or_text;
use session_client::typed_data::{TypedDataError, message};

/// How many differences are listed at most.
const MAX_DIFFERENCES: usize = 16;
/// How long a field's name is at most that is shown as it is.
const MAX_NAME: usize = 40;

/// Reads the outside execution in `typed_data`, and adds the functions that it names to `names`. It does not
/// check types and domain; [`differences`] finds what is wrong with them.
pub fn read(typed_data: &Value, names: &Names) -> Result<OutsideExecution, TypedDataError> {
    let execution = message(typed_data)?;
    let calls = typed_data["message"]["Calls"].as_array().into_iter().flatten();
    for name in calls.filter_map(|call| call["Selector"].as_str()) {
        if !name.starts_with("0x") && !name.starts_with("0X") {
            names.learn(name);
        }
    }
    Ok(execution)
}

/// Lists the fields in which `got` differs from `expected`. Different ways to write the same felt do not
/// count.
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

/// Adds a field's name to `path`. A name that a stranger sent is quoted and cut if it is no usual one.
fn join(path: &str, name: &str) -> String {
    let is_usual = |it: char| it.is_ascii_alphanumeric() || "_- ".contains(it);
    let name = if name.len() <= MAX_NAME && name.chars().all(is_usual) {
        name.to_owned()
    } else {
        shortened(&name.into())
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// Shows a value that a stranger sent, cut to a useful length.
fn shortened(value: &Value) -> String {
    value.to_string().chars().take(100).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;
    use session_client::Caller;
    use session_client::felt::{selector, short_string};
    use starknet_rust::core::types::{Call, Felt};

    use super::*;

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
    fn a_felt_may_be_written_in_another_way() {
        let expected = execution().typed_data(short_string("SN_SEPOLIA"));
        let mut got = expected.clone();
        got["domain"]["chainId"] = json!("SN_SEPOLIA");
        got["message"]["Nonce"] = json!(7);
        got["message"]["Calls"][0]["Selector"] = json!("transfer");
        assert_eq!(read(&got, &Names::default()), Ok(execution()));
        got["message"]["Calls"][0]["Selector"] =
            expected["message"]["Calls"][0]["Selector"].clone();
        assert_eq!(differences(&expected, &got), Vec::<String>::new());
    }

    #[test]
    fn a_strange_name_of_a_field_is_quoted_and_cut() {
        let expected = json!({ "Execute After": 1 });
        let got = json!({ "Execute After": 1, "a\nb": 1, "c".repeat(10_000): 1 });
        let found = differences(&expected, &got);
        assert_eq!(found[0], r#""a\nb" should not be there"#);
        assert!(found[1].starts_with("\"ccc") && found[1].len() < 200, "{found:?}");
        assert_eq!(differences(&expected, &json!({})).len(), 1);
        assert!(differences(&expected, &json!({}))[0].starts_with("Execute After is missing"));
    }

    #[test]
    fn differences_are_named_by_field() {
        let expected = execution().typed_data(short_string("SN_SEPOLIA"));
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
}
