//! Outside executions as typed data (SNIP-9 version 2, SNIP-12 revision 1): what a wallet is asked to sign,
//! and what a wallet or a paymaster sends back.
//!
//! Outside executions of version 1 are refused: the account has only `execute_from_outside_v2`.
//!
//! Reading is strict, since what is read is about to be signed. A value may be written in any form that
//! wallets read as the same felt: hexadecimal or decimal text, a number, a short string in the domain, a
//! function's name for its selector. The types, their fields and the order of the fields are part of the
//! hash, and must be SNIP-9's. Anything that the hash does not cover, such as an additional field in the
//! domain, in a call or in the types, is refused: a wallet could show it or use it as a type, and the
//! account would never see it.
//!
//! Sign the hash [`OutsideExecution::message_hash`]. The hash of starknet-rust's `TypedData` is another
//! one, since it hashes a hexadecimal selector as if it were a name.
//!
//! ```
//! use session_client::felt::short_string;
//! use session_client::token::{STRK, transfer};
//! use session_client::OutsideExecution;
//! use starknet_rust::core::types::Felt;
//!
//! let sepolia = short_string("SN_SEPOLIA");
//! let execution = OutsideExecution::new(vec![transfer(STRK, Felt::TWO, 7)], 1_900_000_000);
//! // A wallet is asked to sign this; a paymaster sends the same form.
//! let typed_data = execution.typed_data(sepolia);
//! let (read, chain_id) = OutsideExecution::from_typed_data(&typed_data)?;
//! assert_eq!((read, chain_id), (execution, sepolia));
//! # Ok::<(), session_client::typed_data::TypedDataError>(())
//! ```

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use starknet_rust::core::types::{Call, Felt};

use crate::felt::{selector, short_string};
use crate::json::{felt, felt_or_text, felts, hex, hexes, u64};
use crate::outside_execution::{DOMAIN, OutsideExecution};

const PRIMARY_TYPE: &str = "OutsideExecution";

/// The types and their fields, in the order in which they are hashed.
const TYPES: [(&str, &[(&str, &str)]); 3] = [
    (
        "StarknetDomain",
        &[
            ("name", "shortstring"),
            ("version", "shortstring"),
            ("chainId", "shortstring"),
            ("revision", "shortstring"),
        ],
    ),
    (
        PRIMARY_TYPE,
        &[
            ("Caller", "ContractAddress"),
            ("Nonce", "felt"),
            ("Execute After", "u128"),
            ("Execute Before", "u128"),
            ("Calls", "Call*"),
        ],
    ),
    ("Call", &[("To", "ContractAddress"), ("Selector", "selector"), ("Calldata", "felt*")]),
];

/// How many characters of an unknown field's name an error repeats.
const NAME: usize = 40;

/// Why typed data must not be signed, or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedDataError {
    /// It is an outside execution of SNIP-9 version 1, which the account does not take.
    #[error(
        "it is of SNIP-9 version 1: the account takes version 2, whose fields are Caller, Nonce, \
         Execute After, Execute Before and Calls"
    )]
    Version1,
    /// A value is missing, or does not have its type.
    #[error("{path} is missing or out of range: it must be {expected}")]
    Value {
        /// The path of the value.
        path: String,
        /// What the value must be.
        expected: &'static str,
    },
    /// A part differs from SNIP-9 version 2, so that the account would compute another hash.
    #[error("{path} must be {expected}, as SNIP-9 version 2 defines")]
    Fixed {
        /// The path of the part.
        path: String,
        /// What the part must be.
        expected: String,
    },
    /// The hash does not cover a field, so that a wallet would show it and not sign it.
    #[error("{path} should not be there: the signature would not cover it")]
    Unsigned {
        /// The path of the field.
        path: String,
    },
}

impl OutsideExecution {
    /// Writes the outside execution as typed data for the chain `chain_id`, as wallets take it.
    #[must_use]
    pub fn typed_data(&self, chain_id: Felt) -> Value {
        let types: Map<_, _> =
            TYPES.iter().map(|(name, fields)| ((*name).to_owned(), fields_of(fields))).collect();
        let calls: Value = self
            .calls
            .iter()
            .map(|call| {
                json!({
                    "To": hex(call.to),
                    "Selector": hex(call.selector),
                    "Calldata": hexes(&call.calldata),
                })
            })
            .collect();
        json!({
            "types": types,
            "primaryType": PRIMARY_TYPE,
            "domain": {
                "name": DOMAIN,
                "version": "2",
                "chainId": hex(chain_id),
                "revision": "1",
            },
            "message": {
                "Caller": hex(self.caller.into()),
                "Nonce": hex(self.nonce),
                "Execute After": hex(self.execute_after.into()),
                "Execute Before": hex(self.execute_before.into()),
                "Calls": calls,
            },
        })
    }

    /// Reads typed data. Returns the outside execution and the id of the chain that it is for. A wallet
    /// that signs `typed_data` signs the [`message_hash`](Self::message_hash) of the returned outside
    /// execution.
    ///
    /// # Errors
    /// [`TypedDataError`] if `typed_data` is anything but an outside execution of SNIP-9 version 2.
    pub fn from_typed_data(typed_data: &Value) -> Result<(Self, Felt), TypedDataError> {
        let execution = message(typed_data)?;
        only(typed_data, "", &["types", "primaryType", "domain", "message"])?;
        check_types(&typed_data["types"])?;
        if typed_data["primaryType"] != PRIMARY_TYPE {
            return Err(fixed("primaryType", PRIMARY_TYPE));
        }
        let domain = &typed_data["domain"];
        only(domain, "domain", &["name", "version", "chainId", "revision"])?;
        for (name, value, shown) in [
            ("name", short_string(DOMAIN), DOMAIN),
            ("version", Felt::TWO, "2"),
            ("revision", Felt::ONE, "1"),
        ] {
            if felt_or_text(&domain[name]) != Some(value) {
                return Err(fixed(&format!("domain.{name}"), shown));
            }
        }
        let chain_id = value("domain.chainId", felt_or_text(&domain["chainId"]), "a short text")?;
        only_signed(&typed_data["message"])?;
        Ok((execution, chain_id))
    }
}

/// Reads the message of `typed_data`, and checks neither its types nor its domain. It is for servers that
/// then tell a client what is wrong with these. Do not sign what it returns: use
/// [`OutsideExecution::from_typed_data`].
///
/// # Errors
/// [`TypedDataError`] if the message is not one of SNIP-9 version 2.
pub fn message(typed_data: &Value) -> Result<OutsideExecution, TypedDataError> {
    let message = &typed_data["message"];
    if message.get("calls").is_some() {
        return Err(TypedDataError::Version1);
    }
    let calls = value("message.Calls", message["Calls"].as_array(), "a list of calls")?;
    Ok(OutsideExecution {
        caller: value("message.Caller", felt_or_text(&message["Caller"]), "a felt")?.into(),
        nonce: value("message.Nonce", felt(&message["Nonce"]), "a felt")?,
        execute_after: seconds("Execute After", message)?,
        execute_before: seconds("Execute Before", message)?,
        calls: calls.iter().enumerate().map(call).collect::<Result<_, _>>()?,
    })
}

fn seconds(name: &str, message: &Value) -> Result<u64, TypedDataError> {
    value(&format!("message[\"{name}\"]"), u64(&message[name]), "Unix seconds")
}

fn call((index, call): (usize, &Value)) -> Result<Call, TypedDataError> {
    let path = |name| format!("message.Calls[{index}].{name}");
    Ok(Call {
        to: value(&path("To"), felt(&call["To"]), "a felt")?,
        selector: value(
            &path("Selector"),
            selector_of(&call["Selector"]),
            "hexadecimal or a function's name",
        )?,
        calldata: value(&path("Calldata"), felts(&call["Calldata"]), "a list of felts")?,
    })
}

/// Reads a selector from hexadecimal text or a function's name. Decimal text and numbers are refused, since
/// wallets take them for a name, or do not read them.
fn selector_of(value: &Value) -> Option<Felt> {
    let text = value.as_str()?;
    if text.starts_with("0x") || text.starts_with("0X") {
        return felt(value);
    }
    let is_name = text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_name.then(|| selector(text))
}

fn check_types(types: &Value) -> Result<(), TypedDataError> {
    only(types, "types", &TYPES.map(|(name, _)| name))?;
    for (name, fields) in TYPES {
        let expected = fields_of(fields);
        if types[name] != expected {
            return Err(fixed(&format!("types.{name}"), &expected.to_string()));
        }
    }
    Ok(())
}

fn only_signed(message: &Value) -> Result<(), TypedDataError> {
    only(message, "message", &names_of(PRIMARY_TYPE))?;
    let fields = names_of("Call");
    for (index, call) in message["Calls"].as_array().into_iter().flatten().enumerate() {
        only(call, &format!("message.Calls[{index}]"), &fields)?;
    }
    Ok(())
}

/// Refuses a `value` that has other fields than `names`.
fn only(value: &Value, path: &str, names: &[&str]) -> Result<(), TypedDataError> {
    let fields = value.as_object().ok_or_else(|| TypedDataError::Value {
        path: if path.is_empty() { "typed data".to_owned() } else { path.to_owned() },
        expected: "an object",
    })?;
    match fields.keys().find(|it| !names.contains(&it.as_str())) {
        Some(name) => {
            let name: String = name.chars().take(NAME).flat_map(char::escape_default).collect();
            let path = if path.is_empty() { name } else { format!("{path}.{name}") };
            Err(TypedDataError::Unsigned { path })
        }
        None => Ok(()),
    }
}

fn names_of(kind: &str) -> Vec<&'static str> {
    let found = TYPES.iter().find(|(name, _)| *name == kind);
    found.into_iter().flat_map(|(_, fields)| fields.iter().map(|(name, _)| *name)).collect()
}

fn fields_of(fields: &[(&str, &str)]) -> Value {
    fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
}

fn value<T>(path: &str, read: Option<T>, expected: &'static str) -> Result<T, TypedDataError> {
    read.ok_or_else(|| TypedDataError::Value { path: path.to_owned(), expected })
}

fn fixed(path: &str, expected: &str) -> TypedDataError {
    TypedDataError::Fixed { path: path.to_owned(), expected: expected.to_owned() }
}
