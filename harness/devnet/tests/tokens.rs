//! Tests which arguments of a devnet's tokens can be pinned; their classes are those of real networks.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used)]

use session_client::abi::{Abi, AbiError};
use session_client::felt::selector;
use starknet_devnet_core::constants::{ETH_ERC20_CONTRACT_CLASS, STRK_ERC20_CONTRACT_CLASS};

fn tokens() -> [Abi; 2] {
    [STRK_ERC20_CONTRACT_CLASS, ETH_ERC20_CONTRACT_CLASS].map(|class| {
        let class: serde_json::Value = serde_json::from_str(class).unwrap();
        let abi = &class["abi"];
        Abi::parse(&abi.as_str().map_or_else(|| abi.to_string(), str::to_owned)).unwrap()
    })
}

#[track_caller]
fn index(abi: &Abi, function: &str, name: &str) -> u8 {
    abi.parameter(selector(function), name).unwrap().index
}

#[test]
fn a_recipient_a_spender_and_a_payer_have_places_and_an_amount_has_none() {
    for abi in tokens() {
        assert_eq!(index(&abi, "transfer", "recipient"), 0);
        assert_eq!(index(&abi, "approve", "spender"), 0);
        assert_eq!(index(&abi, "transfer_from", "sender"), 0);
        assert_eq!(index(&abi, "transfer_from", "recipient"), 1);
        let refused = abi.parameter(selector("transfer"), "amount");
        assert!(matches!(refused, Err(AbiError::WideNumber { .. })), "{refused:?}");
    }
}

#[test]
fn the_old_names_of_a_token_s_functions_have_places_too() {
    for abi in tokens() {
        assert_eq!(index(&abi, "transferFrom", "recipient"), 1);
        assert_eq!(index(&abi, "increaseAllowance", "spender"), 0);
        assert_eq!(abi.function_name(selector("transferFrom")), Some("transferFrom"));
    }
}
