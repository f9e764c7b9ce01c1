#![allow(clippy::unwrap_used)]

mod execute;
mod hostile;
mod settled;
mod shapes;

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::*;
use crate::felt::selector;
use crate::key::SessionKey;
use crate::outside_execution::{Caller, OutsideExecution, SignedOutsideExecution};
use crate::server::{Asked, Reply, Server};
use crate::token::{ETH, STRK, transfer};

const SEPOLIA: Felt = Felt::from_hex_unchecked("0x534e5f5345504f4c4941");
const ACCOUNT: Felt = Felt::from_hex_unchecked("0xacc");
const FORWARDER: Felt = Felt::from_hex_unchecked("0xf0a");
const NOW: u64 = 1_800_000_000;
const MAX_FEE: u128 = 1_000;
const FEE: u128 = 900;
const API_KEY: &str = "KEY-of-the-sponsor";

const BUILD: &str = "paymaster_buildTransaction";
const EXECUTE: &str = "paymaster_executeTransaction";

fn calls() -> Vec<Call> {
    let claim =
        Call { to: Felt::THREE, selector: selector("claim"), calldata: vec![Felt::ONE, Felt::TWO] };
    vec![transfer(STRK, Felt::TWO, 7), claim]
}

fn sponsored() -> Request {
    Request::new(ACCOUNT, calls(), FeeMode::Sponsored)
}

fn paid() -> Request {
    Request::new(ACCOUNT, calls(), FeeMode::Token { token: ETH, max_fee: MAX_FEE })
}

/// Builds what an honest paymaster builds for `request`, in AVNU's form.
fn honest(request: &Request) -> OutsideExecution {
    let mut calls = request.calls.clone();
    if let FeeMode::Token { token, .. } = request.fee_mode {
        calls.push(transfer(token, FORWARDER, FEE));
    }
    let execution = OutsideExecution::new(calls, NOW + 3_600).only_by(FORWARDER);
    OutsideExecution { execute_after: 1, ..execution }
}

fn fee() -> Value {
    json!({
        "gas_token_price_in_strk": "0xde0b6b3a7640000",
        "estimated_fee_in_strk": "0x64",
        "estimated_fee_in_gas_token": "0x64",
        "suggested_max_fee_in_strk": "0x384",
        "suggested_max_fee_in_gas_token": "0x384",
    })
}

/// The answer to `paymaster_buildTransaction` of an invoke transaction.
fn built(typed_data: &Value) -> Value {
    json!({
        "type": "invoke",
        "typed_data": typed_data,
        "parameters": { "version": "0x1", "fee_mode": { "mode": "sponsored" } },
        "fee": fee(),
    })
}

fn submitted() -> Value {
    json!({ "tracking_id": "0x0", "transaction_hash": "0xabc" })
}

/// Starts a paymaster that answers every `build` with `answer`, and submits what it receives.
async fn answering(answer: Value) -> (Server, Paymaster) {
    serving(move |asked| match asked.method.as_str() {
        BUILD => Reply::Result(answer.clone()),
        _ => Reply::Result(submitted()),
    })
    .await
}

async fn serving(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (Server, Paymaster) {
    let server = Server::new(reply).await;
    let paymaster = Paymaster::new(server.url.parse().unwrap()).unwrap();
    (server, paymaster.with_api_key(API_KEY.to_owned().into()).unwrap())
}

fn sign(execution: OutsideExecution) -> crate::Result<SignedOutsideExecution> {
    execution.sign_as_session(ACCOUNT, SEPOLIA, &SessionKey::generate(), NOW)
}

/// Does what [`Paymaster::send`] does, without a node.
async fn send(
    paymaster: &Paymaster,
    request: &Request,
    sign: impl FnOnce(OutsideExecution) -> crate::Result<SignedOutsideExecution>,
) -> Result<Submitted, PaymasterError> {
    let executable = paymaster.build(request).await?.check(SEPOLIA, NOW)?.sign(sign)?;
    paymaster.execute(&executable).await
}
