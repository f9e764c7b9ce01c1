//! A session's list, as far as the account's events show it.

use serde_json::{Value, json};
use session_client::{Allowed, AllowedCall, Error, SessionContract};
use starknet_rust::core::types::Felt;

use crate::commands::abis::{Abis, Names, known_function};
use crate::commands::answer::hex;

/// A session's list, as far as it is known. Only the account's events hold it in a form that can be read.
pub enum Shown {
    /// The whole list.
    Whole(Allowed),
    /// The node's events do not show the whole list; the text says why.
    Unknown(String),
}

impl Shown {
    /// Looks for the list of `session_key`, which has a session.
    pub async fn find(contract: &SessionContract, session_key: Felt) -> Self {
        match contract.allowed(session_key).await {
            Ok(Some(allowed)) => Self::Whole(allowed),
            Ok(None) => Self::Unknown("unknown: the session ended just now".to_owned()),
            Err(error) => Self::unknown(&error),
        }
    }

    /// Returns a list that is not known because of `error`.
    pub fn unknown(error: &Error) -> Self {
        Self::Unknown(match error {
            Error::Incomplete { shown, of } => {
                format!("unknown: the node's events show {shown} of its {of} entries")
            }
            other => format!("unknown: the node does not give the account's events ({other})"),
        })
    }

    /// Returns what kind of list it is, for scripts.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Whole(Allowed::AnyCall) => "any_call",
            Self::Whole(Allowed::Selectors(_)) => "selectors",
            Self::Whole(Allowed::Calls(_)) => "calls",
            // Or of a kind that this version does not know.
            Self::Whole(_) | Self::Unknown(_) => "unknown",
        }
    }

    /// Describes the list, one entry in a line.
    pub async fn words(&self, abis: &mut Abis<'_>) -> Vec<String> {
        match self {
            Self::Whole(allowed) => abis.words(allowed).await,
            Self::Unknown(why) => vec![why.clone()],
        }
    }

    /// Returns the list for scripts, entry by entry; null if there is none, or it is not known.
    pub async fn rows(&self, abis: &mut Abis<'_>) -> Value {
        match self {
            Self::Whole(Allowed::Calls(calls)) => rows(calls, abis).await,
            Self::Whole(Allowed::Selectors(selectors)) => {
                let row = |selector: &Felt| {
                    json!({
                        "contract": null,
                        "selector": hex(*selector),
                        "function": known_function(*selector),
                    })
                };
                selectors.iter().map(row).collect()
            }
            Self::Whole(_) | Self::Unknown(_) => Value::Null,
        }
    }

    /// Returns the entries of a list of calls; none for any other list.
    pub fn calls(&self) -> &[AllowedCall] {
        match self {
            Self::Whole(Allowed::Calls(calls)) => calls,
            _ => &[],
        }
    }
}

/// Returns `calls` for scripts, one by one.
async fn rows(calls: &[AllowedCall], abis: &mut Abis<'_>) -> Value {
    let mut rows = Vec::new();
    for call in calls {
        let Names { function, argument } = abis.names_of(call).await;
        rows.push(json!({
            "contract": hex(call.to),
            "selector": hex(call.selector),
            "function": function,
            "argument": argument,
            "argument_index": call.argument.map(|it| it.index),
            "argument_value": call.argument.map(|it| hex(it.value)),
        }));
    }
    json!(rows)
}
