//! Compares hashes, signatures and selectors with those of an independent client, byte for byte.

use std::collections::HashMap;

use serde::Deserialize;
use session_client::SessionKey;
use session_e2e::class;
use session_e2e::vectors::{OutsideExecutions, load};
use starknet_rust::core::types::Felt;

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

/// Entry points that the account never had, and those of tokens, are left out.
#[test]
fn the_class_has_every_entry_point_of_an_independent_client() {
    #[derive(Deserialize)]
    struct Selectors {
        selectors: HashMap<String, Felt>,
    }
    let elsewhere =
        ["setPublicKey", "transfer", "approve", "increase_allowance", "increaseAllowance"];
    let class = class().class;
    let external = &class.entry_points_by_type.external;
    let vectors: Selectors = load("selectors");
    assert_eq!(vectors.selectors.len(), 25);
    for (name, selector) in vectors.selectors {
        let is_there = external.iter().any(|it| it.selector == selector);
        assert_eq!(is_there, !elsewhere.contains(&name.as_str()), "{name}");
    }
}
