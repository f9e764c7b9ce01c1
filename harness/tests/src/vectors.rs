//! Reads test vectors of `tests/vectors/`, which an independent client made.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_client::{Caller, OutsideExecution};
use starknet_rust::core::types::{Call, Felt};

/// Reads the vectors `name`.
pub fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/../../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vectors are there");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

/// Outside executions that one session signed.
#[derive(Deserialize)]
pub struct OutsideExecutions {
    pub session_private_key: Felt,
    pub session_public_key: Felt,
    pub cases: Vec<Case>,
}

/// An outside execution, its hash and the session's signature of it.
#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub chain_id: Felt,
    pub account: Felt,
    pub caller: Felt,
    pub nonce: Felt,
    pub execute_after: Felt,
    pub execute_before: Felt,
    pub calls: Vec<Call>,
    pub message_hash: Felt,
    pub r: Felt,
    pub s: Felt,
}

impl Case {
    /// Returns the outside execution that was signed.
    pub fn outside_execution(&self) -> OutsideExecution {
        OutsideExecution {
            caller: Caller::Only(self.caller),
            nonce: self.nonce,
            execute_after: self.execute_after.try_into().expect("a u64"),
            execute_before: self.execute_before.try_into().expect("a u64"),
            calls: self.calls.clone(),
        }
    }
}
