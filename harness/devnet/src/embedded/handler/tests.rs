//! Compares the answers of this handler with the devnet's, for transactions that the devnet can estimate:
//! those of its own accounts, which are measured in Cairo steps and need no L2 gas.

#![allow(clippy::unwrap_used)]

use std::slice::from_ref;

use serde_json::{Value, json};
use starknet_devnet_core::constants::CAIRO_1_ACCOUNT_CONTRACT_SIERRA_HASH;
use starknet_devnet_server::rpc_handler::RpcHandler;
use starknet_rust::accounts::{Account, AccountFactory, ExecutionV3, OpenZeppelinAccountFactory};
use starknet_rust::core::types::{BroadcastedTransaction, Call, Felt};
use starknet_rust::signers::SigningKey;

use crate::{Embedded, Handler, Settings, Stage};
use session_client::token::{STRK, transfer};
use session_client::{Owner, OwnerSigner};
use session_client::{class, deploy};

struct Chain {
    handler: Handler,
    stage: Stage,
}

impl Chain {
    async fn start() -> Self {
        let embedded = Embedded::start(Settings::default()).await.unwrap();
        let handler = embedded.handler();
        Self { handler, stage: Stage::on(embedded).await.unwrap() }
    }

    /// Checks that the two answers to `transactions` are equal, and returns them.
    async fn answers(
        &self,
        transactions: &[BroadcastedTransaction],
        block_id: Value,
    ) -> [Value; 3] {
        let estimate = |flags: Value| {
            let params = json!({
                "request": transactions, "simulation_flags": flags, "block_id": block_id
            });
            self.answer("starknet_estimateFee", params)
        };
        let simulate = |flags: Value| {
            let params = json!({
                "transactions": transactions, "simulation_flags": flags, "block_id": block_id
            });
            self.answer("starknet_simulateTransactions", params)
        };
        simulate(json!(["SKIP_FEE_CHARGE", "RETURN_INITIAL_READS"])).await;
        simulate(json!(["SKIP_FEE_CHARGE", "SKIP_VALIDATE"])).await;
        simulate(json!([])).await;
        [
            estimate(json!([])).await,
            estimate(json!(["SKIP_VALIDATE"])).await,
            simulate(json!(["SKIP_FEE_CHARGE"])).await,
        ]
    }

    async fn answer(&self, method: &str, params: Value) -> Value {
        let [ours, theirs] = self.both(method, &params).await;
        assert_eq!(ours, theirs, "{method} {params}");
        ours
    }

    /// Returns this handler's answer and the devnet's answer.
    async fn both(&self, method: &str, params: &Value) -> [Value; 2] {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let call = || serde_json::from_value(request.clone()).unwrap();
        let Self { handler, .. } = self;
        let answers = [handler.on_call(call()).await, handler.devnet.on_call(call()).await];
        answers.map(|answer| sorted(serde_json::to_value(answer).unwrap()))
    }
}

/// Sorts each array of objects: state differences have no order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => {
            let mut values: Vec<_> = values.into_iter().map(sorted).collect();
            if values.iter().all(Value::is_object) {
                values.sort_by_key(Value::to_string);
            }
            Value::Array(values)
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        value => value,
    }
}

/// Returns the transaction in the form in which clients send it for an estimate: with bounds of 0.
async fn unbounded(account: &Owner, calls: Vec<Call>, nonce: u64) -> BroadcastedTransaction {
    let execution: ExecutionV3<'_, _> = account.execute_v3(calls);
    let execution = execution.nonce(nonce.into()).tip(0);
    let execution = execution.l1_gas(0).l1_gas_price(0).l2_gas(0).l2_gas_price(0);
    let prepared = execution.l1_data_gas(0).l1_data_gas_price(0).prepared().unwrap();
    BroadcastedTransaction::Invoke(prepared.get_invoke_request(true, false).await.unwrap())
}

fn latest() -> Value {
    json!("latest")
}

#[tokio::test]
async fn a_transfer_is_estimated_and_simulated_alike() {
    let chain = Chain::start().await;
    let [pay, again] = [0, 1]
        .map(|nonce| unbounded(chain.stage.payer(), vec![transfer(STRK, Felt::TWO, 5)], nonce));
    let (pay, again) = (pay.await, again.await);
    for block_id in [latest(), json!("pre_confirmed"), json!({ "block_number": 0 })] {
        let [estimated, _, simulated] = chain.answers(from_ref(&pay), block_id).await;
        assert!(estimated["result"][0]["overall_fee"].is_string(), "{estimated}");
        let trace = &simulated["result"][0]["transaction_trace"];
        assert!(trace["validate_invocation"].is_object(), "{simulated}");
        assert!(trace["execute_invocation"]["calls"][0].is_object(), "{simulated}");
    }
    let [both, ..] = chain.answers(&[pay, again], latest()).await;
    assert_eq!(both["result"].as_array().unwrap().len(), 2, "{both}");
}

#[tokio::test]
async fn refusals_are_worded_alike() {
    let chain = Chain::start().await;
    let address = chain.stage.payer().address();
    let stranger = |address| {
        let key = SigningKey::from_random();
        Owner::new(chain.stage.node().clone(), address, key)
    };
    let calls = || vec![transfer(STRK, Felt::TWO, 5)];

    let forged = unbounded(&stranger(address), calls(), 0).await;
    let [refused, skipped, simulated] = chain.answers(from_ref(&forged), latest()).await;
    assert_eq!(refused["error"]["code"], 41, "{refused}");
    assert_eq!(simulated["error"]["code"], 41, "{simulated}");
    assert!(skipped["result"].is_array(), "{skipped}");

    let nowhere = unbounded(&stranger(Felt::from(0x1234)), calls(), 0).await;
    chain.answers(&[nowhere], latest()).await;
    let early = unbounded(chain.stage.payer(), calls(), 1).await;
    chain.answers(&[early], latest()).await;

    let too_much =
        unbounded(chain.stage.payer(), vec![transfer(STRK, Felt::TWO, u128::MAX)], 0).await;
    let [reverted, _, simulated] = chain.answers(&[too_much], latest()).await;
    assert_eq!(reverted["error"]["code"], 41, "{reverted}");
    let execution = &simulated["result"][0]["transaction_trace"]["execute_invocation"];
    assert!(execution["revert_reason"].is_string(), "{simulated}");

    let good = unbounded(chain.stage.payer(), calls(), 0).await;
    let [second, ..] = chain.answers(&[good.clone(), forged], latest()).await;
    assert_eq!(second["error"]["data"]["transaction_index"], 1, "{second}");

    let nothing = chain.answers(from_ref(&good), json!({ "block_number": 9 })).await;
    assert_eq!(nothing[0]["error"]["code"], 24, "{}", nothing[0]);
    chain.stage.devnet().create_block().await.unwrap();
    let past = chain.answers(&[good], json!({ "block_number": 0 })).await;
    assert!(past[0]["error"].is_object(), "{}", past[0]);
}

#[tokio::test]
async fn declarations_and_deployments_are_answered_alike() {
    let chain = Chain::start().await;
    let artifact = class::session_account().unwrap();
    let declaration = chain.stage.payer().declare_v3(artifact.class, artifact.compiled_class_hash);
    let declaration = declaration.nonce(Felt::ZERO).tip(0).l1_gas(0).l1_gas_price(0).l2_gas(0);
    let declaration = declaration.l2_gas_price(0).l1_data_gas(0).l1_data_gas_price(0);
    let declaration = declaration.prepared().unwrap().get_declare_request(true, false).await;
    let declaration = BroadcastedTransaction::Declare(declaration.unwrap());

    let class_hash = Felt::from_hex(CAIRO_1_ACCOUNT_CONTRACT_SIERRA_HASH).unwrap();
    let signer = OwnerSigner::from(SigningKey::from_random());
    let node = chain.stage.node().provider().clone();
    let factory =
        OpenZeppelinAccountFactory::new(class_hash, chain.stage.chain_id(), signer, node).await;
    let factory = factory.unwrap();
    let deployment = factory.deploy_v3(Felt::ONE).nonce(Felt::ZERO).tip(0).l1_gas(0).l2_gas(0);
    let deployment = deployment.l1_gas_price(0).l2_gas_price(0).l1_data_gas(0);
    let deployment = deployment.l1_data_gas_price(0).prepared().unwrap();
    let deployment = deployment.get_deploy_request(true, false).await.unwrap();
    let deployment = BroadcastedTransaction::DeployAccount(deployment);

    let [both, _, simulated] = chain.answers(&[declaration, deployment], latest()).await;
    assert_eq!(both["result"].as_array().unwrap().len(), 2, "{both}");
    assert_eq!(simulated["result"].as_array().unwrap().len(), 2, "{simulated}");
}

/// When this test fails, the devnet can estimate such transactions itself, and this module can be removed.
#[tokio::test]
async fn only_here_has_a_class_gas_that_is_metered_in_it() {
    let chain = Chain::start().await;
    let artifact = class::session_account().unwrap();
    deploy::declare(chain.stage.payer(), &artifact.for_devnet()).await.unwrap();
    let key = SigningKey::from_random();
    let (class_hash, public_key) = (artifact.class_hash, key.verifying_key().scalar());
    let (address, _) =
        deploy::deploy(chain.stage.payer(), class_hash, public_key, Felt::ZERO).await.unwrap();
    let account = Owner::new(chain.stage.node().clone(), address, key);
    let pay = unbounded(&account, vec![transfer(STRK, Felt::TWO, 0)], 0).await;

    let params = json!({ "request": [pay], "simulation_flags": [], "block_id": "latest" });
    let [ours, theirs] = chain.both("starknet_estimateFee", &params).await;
    assert!(theirs["error"].to_string().contains("Out of gas"), "{theirs}");
    let estimate = &ours["result"][0];

    let flags = json!(["SKIP_FEE_CHARGE"]);
    let params = json!({ "transactions": [pay], "simulation_flags": flags, "block_id": "latest" });
    let [ours, theirs] = chain.both("starknet_simulateTransactions", &params).await;
    assert!(theirs["error"].to_string().contains("Out of gas"), "{theirs}");
    let simulated = &ours["result"][0];
    assert_eq!(&simulated["fee_estimation"], estimate, "{simulated}");
    let validate = &simulated["transaction_trace"]["validate_invocation"];
    assert_eq!(validate["result"], json!(["0x56414c4944"]), "{simulated}");
}
