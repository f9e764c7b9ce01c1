#![allow(clippy::unwrap_used)]

use super::*;

const TOKEN: &str = include_str!("../../../../mocks/artifacts/Token.contract_class.json");
const ACCOUNT: &str = include_str!("../../../../artifacts/SessionAccount.abi.json");

/// Functions with a parameter of every kind, in the form of a Cairo ABI.
const KINDS: &str = r#"[
    { "type": "enum", "name": "a::Side", "variants": [{ "name": "Buy", "type": "()" }] },
    { "type": "struct", "name": "a::Id", "members": [{ "name": "value", "type": "core::felt252" }] },
    { "type": "struct", "name": "a::Order", "members": [
        { "name": "pair", "type": "(core::felt252, core::integer::u256)" },
        { "name": "route", "type": "[core::integer::u8; 2]" },
        { "name": "owner", "type": "core::starknet::contract_address::ContractAddress" }
    ] },
    { "type": "struct", "name": "a::Endless", "members": [{ "name": "again", "type": "a::Endless" }] },
    { "type": "function", "name": "place", "inputs": [
        { "name": "id", "type": "a::Id" },
        { "name": "order", "type": "a::Order" },
        { "name": "is_final", "type": "core::bool" },
        { "name": "side", "type": "a::Side" },
        { "name": "note", "type": "core::felt252" }
    ] },
    { "type": "function", "name": "say", "inputs": [
        { "name": "words", "type": "core::byte_array::ByteArray" },
        { "name": "to", "type": "core::felt252" }
    ] },
    { "type": "function", "name": "maybe", "inputs": [
        { "name": "first", "type": "core::option::Option::<core::felt252>" },
        { "name": "to", "type": "core::felt252" }
    ] },
    { "type": "function", "name": "far", "inputs": [
        { "name": "before", "type": "[core::felt252; 255]" },
        { "name": "last", "type": "core::felt252" },
        { "name": "beyond", "type": "core::felt252" }
    ] },
    { "type": "function", "name": "endless", "inputs": [{ "name": "it", "type": "a::Endless" }] },
    { "type": "function", "name": "empty", "inputs": [
        { "name": "it", "type": "[(); 4000000000]" },
        { "name": "to", "type": "core::felt252" }
    ] },
    { "type": "function", "name": "nothing", "inputs": [] },
    { "type": "function", "name": "twice", "inputs": [] },
    { "type": "interface", "name": "a::I", "items": [
        { "type": "function", "name": "twice", "inputs": [{ "name": "a", "type": "core::felt252" }] }
    ] }
]"#;

/// An ABI of Cairo 0, which writes a length before each pointer.
const LEGACY: &str = r#"[
    { "type": "struct", "name": "Uint256", "size": 2, "members": [
        { "name": "low", "offset": 0, "type": "felt" }, { "name": "high", "offset": 1, "type": "felt" }
    ] },
    { "type": "function", "name": "transfer", "outputs": [], "inputs": [
        { "name": "recipient", "type": "felt" }, { "name": "amount", "type": "Uint256" }
    ] },
    { "type": "function", "name": "send", "outputs": [], "inputs": [
        { "name": "data_len", "type": "felt" }, { "name": "data", "type": "felt*" },
        { "name": "to", "type": "felt" }
    ] },
    { "type": "event", "name": "Transfer", "keys": [], "data": [] }
]"#;

fn kinds() -> Abi {
    Abi::parse(KINDS).unwrap()
}

fn token() -> Abi {
    let class: serde_json::Value = serde_json::from_str(TOKEN).unwrap();
    let abi = &class["abi"];
    Abi::parse(&abi.as_str().map_or_else(|| abi.to_string(), str::to_owned)).unwrap()
}

#[track_caller]
fn index(abi: &Abi, function: &str, name: &str) -> u8 {
    let by_name = abi.parameter(selector(function), name).unwrap();
    let by_place = abi.parameter_at(selector(function), by_name.index).unwrap();
    assert_eq!((by_name.index, &by_name.kind), (by_place.index, &by_place.kind));
    by_name.index
}

#[test]
fn a_token_s_recipient_spender_and_payer_have_places() {
    let abi = token();
    assert_eq!(index(&abi, "transfer", "recipient"), 0);
    assert_eq!(index(&abi, "approve", "spender"), 0);
    assert_eq!(index(&abi, "transfer_from", "sender"), 0);
    assert_eq!(index(&abi, "transfer_from", "recipient"), 1);
    let first = abi.first_parameter(selector("transfer")).unwrap();
    assert_eq!((&*first.name, first.index), ("recipient", 0));
    for name in ["amount", "amount.low", "amount.high"] {
        let refused = abi.parameter(selector("transfer"), name);
        assert!(matches!(refused, Err(AbiError::WideNumber { .. })), "{name}: {refused:?}");
    }
    for place in [1, 2] {
        let refused = abi.parameter_at(selector("transfer"), place);
        assert!(matches!(refused, Err(AbiError::WideNumber { .. })), "{place}: {refused:?}");
    }
    let beyond = abi.parameter_at(selector("transfer"), 3);
    assert!(matches!(beyond, Err(AbiError::NoPlace { felts: 3, index: 3, .. })), "{beyond:?}");
}

#[test]
fn nothing_behind_a_list_has_a_place() {
    let abi = Abi::parse(ACCOUNT).unwrap();
    let outside = selector("execute_from_outside_v2");
    for name in ["outside_execution.caller", "outside_execution.nonce"] {
        assert!(abi.parameter(outside, name).is_ok(), "{name}");
    }
    for name in ["outside_execution.calls", "signature"] {
        let Err(AbiError::NotFixed { part, .. }) = abi.parameter(outside, name) else {
            panic!("{name} has a place")
        };
        assert_eq!(part, "outside_execution.calls");
    }
    let several = abi.parameter(outside, "outside_execution");
    assert!(matches!(several, Err(AbiError::SeveralFelts { .. })), "{several:?}");
    // The length before a list is no parameter.
    assert!(matches!(abi.parameter_at(outside, 4), Err(AbiError::NotFixed { .. })));
    assert!(matches!(abi.parameter_at(outside, 200), Err(AbiError::NotFixed { .. })));
    assert_eq!(index(&abi, "add_session", "max_calls"), 2);
}

#[test]
fn structs_tuples_and_fixed_arrays_are_taken_apart() {
    let abi = kinds();
    for (name, place) in [
        ("id", 0),
        ("id.value", 0),
        ("order.pair.0", 1),
        ("order.route.0", 4),
        ("order.route.1", 5),
        ("order.owner", 6),
        ("is_final", 7),
    ] {
        assert_eq!(abi.parameter(selector("place"), name).unwrap().index, place, "{name}");
    }
    let half = abi.parameter(selector("place"), "order.pair.1");
    assert!(matches!(half, Err(AbiError::WideNumber { .. })), "{half:?}");
    assert!(matches!(
        abi.parameter_at(selector("place"), 3),
        Err(AbiError::WideNumber { parameter, .. }) if parameter == "order.pair.1"
    ));
}

#[test]
fn nothing_of_or_behind_an_enum_an_option_or_a_text_has_a_place() {
    for (function, name, open) in [
        ("place", "side", "side"),
        ("place", "note", "side"),
        ("say", "words", "words"),
        ("say", "to", "words"),
        ("maybe", "first", "first"),
        ("maybe", "to", "first"),
    ] {
        let Err(AbiError::NotFixed { part, .. }) = kinds().parameter(selector(function), name)
        else {
            panic!("{name} of {function} has a place")
        };
        assert_eq!(part, open, "{name} of {function}");
    }
}

#[test]
fn the_last_place_is_255_and_no_abi_is_looked_through_without_an_end() {
    let abi = kinds();
    assert_eq!(index(&abi, "far", "last"), 255);
    assert_eq!(
        abi.parameter(selector("far"), "beyond"),
        Err(AbiError::TooFar("beyond".to_owned()))
    );
    for (function, name) in [("endless", "it"), ("empty", "to")] {
        let refused = abi.parameter(selector(function), name);
        assert!(matches!(refused, Err(AbiError::TooFar(_))), "{function}: {refused:?}");
    }
    assert!(matches!(abi.parameter_at(selector("empty"), 0), Err(AbiError::TooFar(_))));
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let abi = kinds();
    let Err(error) = abi.parameter(selector("place"), "owner") else { panic!("there is one") };
    assert_eq!(
        error.to_string(),
        "`place` has no parameter `owner`; it has `id`, `order`, `is_final`, `side`, `note`"
    );
    assert!(matches!(abi.first_parameter(selector("nothing")), Err(AbiError::NoPlace { .. })));
    assert!(matches!(abi.first_parameter(selector("nowhere")), Err(AbiError::NoFunction(_))));
    assert!(matches!(abi.first_parameter(selector("twice")), Err(AbiError::TwoFunctions(_))));
    for text in ["", "null", "{}", "[1]"] {
        assert!(matches!(Abi::parse(text), Err(AbiError::Unreadable(_))), "{text}");
    }
}

#[test]
fn names_that_could_deceive_a_reader_are_left_out() {
    let abi = |function: &str, parameter: &str, kind: &str| {
        let inputs = serde_json::json!([{ "name": parameter, "type": kind }]);
        let entry = serde_json::json!({ "type": "function", "name": function, "inputs": inputs });
        Abi::parse(&serde_json::json!([entry]).to_string()).unwrap()
    };
    assert!(abi("pay", "to", "felt").first_parameter(selector("pay")).is_ok());
    for (parameter, kind) in [
        ("to\n  - pay", "felt"),
        ("to = 0x5", "felt"),
        ("", "felt"),
        ("to", "felt\u{1b}[2J"),
        ("t\u{43e}", "felt"),
    ] {
        let refused = abi("pay", parameter, kind).first_parameter(selector("pay"));
        assert!(matches!(refused, Err(AbiError::NoFunction(_))), "{parameter:?}: {refused:?}");
    }
    assert_eq!(abi("pay me", "to", "felt").function_name(selector("pay me")), None);
}

#[test]
fn cairo_0_is_read_too() {
    let abi = Abi::parse(LEGACY).unwrap();
    assert_eq!(index(&abi, "transfer", "recipient"), 0);
    let half = abi.parameter(selector("transfer"), "amount.low");
    assert!(matches!(half, Err(AbiError::WideNumber { .. })), "{half:?}");
    let behind = abi.parameter(selector("send"), "to");
    assert!(matches!(behind, Err(AbiError::NotFixed { part, .. }) if part == "data"));
}

#[test]
fn a_value_that_the_type_cannot_hold_is_refused() {
    let abi = kinds();
    let flag = abi.parameter(selector("place"), "is_final").unwrap();
    assert_eq!(flag.pinned(Felt::ONE), Ok(AllowedArgument { index: 7, value: Felt::ONE }));
    assert!(matches!(flag.pinned(Felt::TWO), Err(AbiError::Value { .. })));
    let owner = abi.parameter(selector("place"), "order.owner").unwrap();
    assert!(matches!(owner.pinned(Felt::MAX), Err(AbiError::Value { .. })));
    let id = abi.parameter(selector("place"), "id").unwrap();
    assert!(id.pinned(Felt::MAX).is_ok());
}
