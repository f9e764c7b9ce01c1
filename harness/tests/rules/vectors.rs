//! Hashes, signatures and selectors made by an independent client: byte for byte.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use session_harness::{Caller, OutsideExecution, SessionKey, artifact};
use starknet_rust_core::types::{Call, Felt};

pub fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vectors are there");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

#[derive(Deserialize)]
pub struct OutsideExecutions {
    pub session_private_key: Felt,
    pub session_public_key: Felt,
    pub cases: Vec<Case>,
}

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

#[test]
fn outside_execution_hashes_are_those_of_an_independent_client() {
    let vectors: OutsideExecutions = load("outside_execution");
    assert_eq!(vectors.cases.len(), 10);
    for case in vectors.cases {
        let hash = case.outside_execution().message_hash(case.account, case.chain_id);
        assert_eq!(hash, case.message_hash, "{}", case.name);
    }
}

#[test]
fn outside_execution_signatures_are_those_of_an_independent_client() {
    let vectors: OutsideExecutions = load("outside_execution");
    let key = SessionKey::from_private_key(vectors.session_private_key).expect("a key");
    assert_eq!(key.public_key(), vectors.session_public_key);
    for case in vectors.cases {
        let ours = key.sign(&case.message_hash, 7).expect("a signature");
        assert_eq!(ours, [key.public_key(), case.r, case.s, 7_u64.into()], "{}", case.name);
    }
}

/// But for what the account never had and what is a token's.
#[test]
fn the_class_has_every_entry_point_of_an_independent_client() {
    #[derive(Deserialize)]
    struct Selectors {
        selectors: HashMap<String, Felt>,
    }
    let elsewhere =
        ["setPublicKey", "transfer", "approve", "increase_allowance", "increaseAllowance"];
    let class = artifact::session_account().expect("the artifact").class;
    let external = &class.entry_points_by_type.external;
    let vectors: Selectors = load("selectors");
    assert_eq!(vectors.selectors.len(), 25);
    for (name, selector) in vectors.selectors {
        let is_there = external.iter().any(|it| it.selector == selector);
        assert_eq!(is_there, !elsewhere.contains(&name.as_str()), "{name}");
    }
}
