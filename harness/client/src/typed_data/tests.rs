#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde::Deserialize;
use starknet_rust::core::types::TypedData;

use super::*;
use crate::outside_execution::Caller;

const SEPOLIA: Felt = Felt::from_hex_unchecked("0x534e5f5345504f4c4941");
const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");

fn execution() -> OutsideExecution {
    OutsideExecution {
        caller: Caller::Any,
        nonce: Felt::from(7),
        execute_after: 1,
        execute_before: 2_000_000_000,
        calls: vec![
            Call { to: Felt::ONE, selector: selector("transfer"), calldata: vec![Felt::TWO] },
            Call { to: Felt::TWO, selector: selector("claim"), calldata: vec![] },
        ],
    }
}

/// Replaces the selectors in `typed_data` by the functions' names, which starknet-rust requires.
fn by_name(mut typed_data: Value) -> Value {
    typed_data["message"]["Calls"][0]["Selector"] = json!("transfer");
    typed_data["message"]["Calls"][1]["Selector"] = json!("claim");
    typed_data
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<(OutsideExecution, Felt), TypedDataError> {
    let mut typed_data = execution().typed_data(SEPOLIA);
    change(&mut typed_data);
    OutsideExecution::from_typed_data(&typed_data)
}

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    chain_id: Felt,
    account: Felt,
    caller: Felt,
    nonce: Felt,
    execute_after: Felt,
    execute_before: Felt,
    calls: Vec<Call>,
    message_hash: Felt,
}

fn cases() -> Vec<(Case, OutsideExecution)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/outside_execution.json");
    let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(vectors.cases.len(), 10);
    let with_execution = |case: Case| {
        let execution = OutsideExecution {
            caller: case.caller.into(),
            nonce: case.nonce,
            execute_after: case.execute_after.try_into().unwrap(),
            execute_before: case.execute_before.try_into().unwrap(),
            calls: case.calls.clone(),
        };
        (case, execution)
    };
    vectors.cases.into_iter().map(with_execution).collect()
}

#[test]
fn hashes_are_those_of_an_independent_client_before_and_after_typed_data() {
    for (case, execution) in cases() {
        let hash = execution.message_hash(case.account, case.chain_id);
        assert_eq!(hash, case.message_hash, "{}", case.name);
        let typed_data = execution.typed_data(case.chain_id);
        let (read, chain_id) = OutsideExecution::from_typed_data(&typed_data).unwrap();
        assert_eq!((&read, chain_id), (&execution, case.chain_id), "{}", case.name);
    }
}

/// starknet-rust hashes selectors only by their names. When the second assertion fails, it hashes
/// hexadecimal selectors too, and our own hash can be removed.
#[test]
fn a_library_computes_the_same_hash_where_it_can() {
    let typed_data = execution().typed_data(SEPOLIA);
    let library: TypedData = serde_json::from_value(by_name(typed_data.clone())).unwrap();
    assert_eq!(library.message_hash(ACCOUNT).unwrap(), execution().message_hash(ACCOUNT, SEPOLIA));
    let in_hex: TypedData = serde_json::from_value(typed_data).unwrap();
    assert_ne!(in_hex.message_hash(ACCOUNT).unwrap(), execution().message_hash(ACCOUNT, SEPOLIA));
}

/// AVNU's paymaster returns typed data in the form in which starknet-rust serializes it, and so do some
/// wallets.
#[test]
fn typed_data_that_a_library_wrote_again_reads_the_same() {
    let library: TypedData = serde_json::from_value(execution().typed_data(SEPOLIA)).unwrap();
    let written = serde_json::to_value(&library).unwrap();
    assert_eq!(written["domain"]["chainId"], "SN_SEPOLIA");
    assert_eq!(OutsideExecution::from_typed_data(&written), Ok((execution(), SEPOLIA)));
}

#[test]
fn a_value_may_be_written_in_every_way_that_wallets_take() {
    let read = changed(|it| {
        *it = by_name(it.take());
        it["domain"] = json!({
            "chainId": "SN_SEPOLIA", "revision": 1, "version": 2,
            "name": hex(short_string(DOMAIN)),
        });
        it["message"]["Caller"] = json!("ANY_CALLER");
        it["message"]["Nonce"] = json!(7);
        it["message"]["Execute After"] = json!("1");
        it["message"]["Execute Before"] = json!(2_000_000_000);
        it["message"]["Calls"][0]["To"] = json!("0x0001");
        it["message"]["Calls"][0]["Calldata"][0] = json!("2");
    });
    assert_eq!(read, Ok((execution(), SEPOLIA)));
}

#[test]
fn version_1_is_refused_by_name() {
    let version_1 = json!({
        "domain": { "name": DOMAIN, "version": "1", "chainId": "SN_SEPOLIA", "revision": "1" },
        "message": { "caller": "0x1", "nonce": "0x1", "calls_len": "0x0", "calls": [] },
    });
    assert_eq!(OutsideExecution::from_typed_data(&version_1), Err(TypedDataError::Version1));
}

#[test]
fn another_domain_or_type_is_another_hash_and_refused() {
    let fixed = |change: fn(&mut Value), path: &str| match changed(change) {
        Err(TypedDataError::Fixed { path: found, .. }) => assert_eq!(found, path),
        other => panic!("{path}: {other:?}"),
    };
    fixed(|it| it["domain"]["version"] = json!("1"), "domain.version");
    fixed(|it| it["domain"]["version"] = json!("0x32"), "domain.version");
    fixed(|it| it["domain"]["revision"] = json!("0"), "domain.revision");
    fixed(|it| it["domain"]["name"] = json!("Account.execute_from_inside"), "domain.name");
    fixed(|it| it["primaryType"] = json!("Call"), "primaryType");
    fixed(|it| it["types"]["Call"][1]["type"] = json!("felt"), "types.Call");
    fixed(|it| it["types"]["Call"][1]["name"] = json!("selector"), "types.Call");
    fixed(|it| it["types"]["Call"].as_array_mut().unwrap().swap(0, 1), "types.Call");
    fixed(
        |it| it["types"]["OutsideExecution"].as_array_mut().unwrap().truncate(4),
        "types.OutsideExecution",
    );
    fixed(
        |it| it["types"]["StarknetDomain"].as_array_mut().unwrap().truncate(3),
        "types.StarknetDomain",
    );
    fixed(|it| it["types"]["Call"][0]["contains"] = json!("x"), "types.Call");
}

#[test]
fn what_a_signature_does_not_cover_is_refused() {
    let unsigned = |change: fn(&mut Value), path: &str| {
        assert_eq!(changed(change), Err(TypedDataError::Unsigned { path: path.to_owned() }));
    };
    unsigned(|it| it["note"] = json!(1), "note");
    unsigned(|it| it["domain"]["salt"] = json!(1), "domain.salt");
    unsigned(|it| it["message"]["Fee"] = json!(1), "message.Fee");
    unsigned(|it| it["message"]["Calls"][1]["Value"] = json!(1), "message.Calls[1].Value");
    // A wallet would use this type instead of its own type of the same name.
    unsigned(|it| it["types"]["felt"] = json!([]), "types.felt");
    unsigned(|it| it["message"]["\u{1b}[2J"] = json!(1), "message.\\u{1b}[2J");
}

#[test]
fn a_value_that_a_wallet_would_read_otherwise_is_refused() {
    let refused = |change: fn(&mut Value)| {
        let read = changed(change);
        assert!(matches!(read, Err(TypedDataError::Value { .. })), "{read:?}");
    };
    // starknet.js and starknet-rust take decimal text for a function's name, and do not read a number.
    refused(|it| it["message"]["Calls"][0]["Selector"] = json!("123"));
    refused(|it| it["message"]["Calls"][0]["Selector"] = json!(123));
    refused(|it| it["message"]["Calls"][0]["Selector"] = json!("trans fer"));
    refused(|it| it["message"]["Calls"][0]["Selector"] = json!(""));
    // JSON's floating-point numbers are refused, and so is a time that does not fit the account's u64.
    refused(|it| it["message"]["Execute Before"] = json!(2e9));
    refused(|it| it["message"]["Execute Before"] = json!("0x10000000000000000"));
    refused(|it| it["message"]["Nonce"] = json!("abc"));
    refused(|it| it["message"]["Nonce"] = json!("-1"));
    refused(|it| it["message"]["Calls"] = json!({}));
    refused(|it| it["message"]["Calls"][0]["Calldata"] = json!("0x1"));
    refused(|it| it["domain"]["chainId"] = json!(null));
    refused(|it| it["types"] = json!([]));
    refused(|it| *it = json!([]));
}

proptest! {
    #[test]
    fn reading_takes_no_outside_execution_for_another(
        nonce: u128, times: (u64, u64), caller: u64, calldata: Vec<u64>, to: u64, named: u64
    ) {
        let call = Call {
            to: to.into(),
            selector: named.into(),
            calldata: calldata.into_iter().map(Felt::from).collect(),
        };
        let execution = OutsideExecution {
            caller: Felt::from(caller).into(),
            nonce: nonce.into(),
            execute_after: times.0,
            execute_before: times.1,
            calls: vec![call],
        };
        let read = OutsideExecution::from_typed_data(&execution.typed_data(SEPOLIA));
        prop_assert_eq!(read, Ok((execution, SEPOLIA)));
    }
}
