//! Recognises mistakes in requests that many clients make.

use serde_json::Value;
use starknet_rust::core::types::Felt;

use super::super::names;
use session_client::json::felt;

/// How many levels of the parameters are searched.
const DEPTH: usize = 4;
/// The bit in a transaction's version that marks a query, such as an estimate: 2^128.
const QUERY: Felt = Felt::from_hex_unchecked("0x100000000000000000000000000000000");

/// Returns a sentence about the mistake in `params`, if it is a known one.
pub fn of(params: &Value) -> Option<String> {
    within(params, DEPTH)
}

fn within(value: &Value, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::Array(values) => values
            .iter()
            .find_map(|it| if it == "pending" { Some(pending()) } else { within(it, depth) }),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match name.as_str() {
            "block_id" | "from_block" | "to_block" if value == "pending" => Some(pending()),
            "entry_point_selector" => {
                names::misplaced(value).map(|told| format!("entry_point_selector {told}"))
            }
            "version" => version(value),
            _ => within(value, depth),
        }),
        _ => None,
    }
}

fn pending() -> String {
    "pending is no block any more: since version 0.9 of the JSON-RPC it is pre_confirmed, and latest is the \
     last block that was made"
        .to_owned()
}

/// Returns a sentence about a transaction, sent or estimated, whose version is too old.
fn version(value: &Value) -> Option<String> {
    let version = felt(value)?;
    let version = if version >= QUERY { version - QUERY } else { version };
    (version < Felt::THREE).then(|| {
        format!(
            "a transaction of version {version} is taken no more: version 3 pays its fee in STRK"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_commonest_mistakes_are_named_and_nothing_else_is() {
        for (params, told) in [
            (json!(["0x1", "pending"]), "pre_confirmed"),
            (json!({ "block_id": "pending" }), "pre_confirmed"),
            (json!({ "invoke_transaction": { "version": "0x1" } }), "version 3"),
            (json!([[{ "version": "0x100000000000000000000000000000001" }]]), "version 1 is"),
            (json!([{ "entry_point_selector": "transfer" }]), "is the name transfer"),
        ] {
            let hint = of(&params).unwrap_or_default();
            assert!(hint.contains(told), "{params}: {hint}");
        }
        for params in [
            json!(["latest", { "version": "0x3", "entry_point_selector": "0x2" }]),
            json!({ "version": "0x100000000000000000000000000000003", "calldata": ["pending1"] }),
            json!(null),
        ] {
            assert_eq!(of(&params), None, "{params}");
        }
    }
}
