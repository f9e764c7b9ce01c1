//! Tests the simulated network by the rules of `docs/network.md`.

#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_client::token::{STRK, balance, transfer};
use session_client::{Node, Owner};
use session_devnet::network::{Codes, LOWEST_L2_PRICE, Pace, PoolStatus, Settings};
use session_devnet::{Bounds, Network, Stage};
use starknet_rust::accounts::{Account, AccountError, ConnectedAccount, ExecutionV3};
use starknet_rust::core::types::{
    BlockId, BlockTag, ExecutionResult, Felt, StarknetError, TransactionFinalityStatus,
    TransactionReceiptWithBlockInfo, TransactionStatus,
};
use starknet_rust::providers::{Provider, ProviderError};

const PAYEE: Felt = Felt::from_hex_unchecked("0xcafe");
const BLOCK: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(500);
const LATEST: BlockId = BlockId::Tag(BlockTag::Latest);
const PRE_CONFIRMED: BlockId = BlockId::Tag(BlockTag::PreConfirmed);

fn by_hand() -> Settings {
    Settings::default().at_pace(Pace::ByHand).with_still_prices()
}

async fn network(settings: Settings) -> (Stage, Network) {
    let mut stage = Stage::start(session_devnet::Settings::default()).await.unwrap();
    let network = stage.become_network(settings).await.unwrap();
    (stage, network)
}

/// Sends `amount` to the payee with the nonce `nonce`.
async fn pay(stage: &Stage, nonce: u64, amount: u128) -> Result<Felt, StarknetError> {
    pay_with(stage, *stage.bounds(), nonce, amount).await
}

async fn pay_with(
    stage: &Stage,
    bounds: Bounds,
    nonce: u64,
    amount: u128,
) -> Result<Felt, StarknetError> {
    let calls = vec![transfer(STRK, PAYEE, amount)];
    let execution = stage.payer().execute_v3(calls).nonce(nonce.into());
    sent(bounds.execution(execution)).await
}

async fn sent<A: ConnectedAccount + Sync>(
    execution: ExecutionV3<'_, A>,
) -> Result<Felt, StarknetError> {
    match execution.send().await {
        Ok(sent) => Ok(sent.transaction_hash),
        Err(AccountError::Provider(ProviderError::StarknetError(error))) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

async fn nonces(stage: &Stage) -> (Felt, Felt) {
    let (node, payer) = (stage.node(), stage.payer().address());
    (
        node.get_nonce(LATEST, payer).await.unwrap(),
        node.get_nonce(PRE_CONFIRMED, payer).await.unwrap(),
    )
}

async fn status(node: &Node, hash: Felt) -> Result<TransactionStatus, StarknetError> {
    node.get_transaction_status(hash).await.map_err(code)
}

async fn receipt(
    node: &Node,
    hash: Felt,
) -> Result<TransactionReceiptWithBlockInfo, StarknetError> {
    node.get_transaction_receipt(hash).await.map_err(code)
}

fn code(error: ProviderError) -> StarknetError {
    match error {
        ProviderError::StarknetError(error) => error,
        error => panic!("{error}"),
    }
}

fn refused_with(result: Result<Felt, StarknetError>) -> String {
    format!("{:?}", result.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_received_a_candidate_pre_confirmed_and_then_in_a_block() {
    let (stage, network) = network(by_hand().with_candidates()).await;
    let node = stage.node();
    let (before, _) = nonces(&stage).await;
    let hash = pay(&stage, 0, 5).await.unwrap();
    assert_eq!(status(node, hash).await, Ok(TransactionStatus::Received));
    assert_eq!(receipt(node, hash).await.unwrap_err(), StarknetError::TransactionHashNotFound);
    assert_eq!(nonces(&stage).await, (before, before));

    network.pass(STEP).await;
    assert_eq!(status(node, hash).await, Ok(TransactionStatus::Candidate));
    assert_eq!(nonces(&stage).await, (before, before));

    network.pass(STEP).await;
    assert_eq!(
        status(node, hash).await,
        Ok(TransactionStatus::PreConfirmed(ExecutionResult::Succeeded))
    );
    let early = receipt(node, hash).await.unwrap();
    assert!(!early.block.is_block() && early.block.block_hash().is_none());
    assert_eq!(nonces(&stage).await, (before, before + Felt::ONE));

    network.pass(BLOCK).await;
    assert_eq!(
        status(node, hash).await,
        Ok(TransactionStatus::AcceptedOnL2(ExecutionResult::Succeeded))
    );
    let final_one = receipt(node, hash).await.unwrap();
    assert_eq!(*final_one.receipt.finality_status(), TransactionFinalityStatus::AcceptedOnL2);
    assert!(final_one.block.block_hash().is_some());
    assert_eq!(nonces(&stage).await, (before + Felt::ONE, before + Felt::ONE));
    assert_eq!(balance(node, STRK, PAYEE).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_tells_what_it_refuses_by_52_55_59_and_63_in_cleaned_texts() {
    let (stage, network) = network(by_hand()).await;
    let bounds = *stage.bounds();
    let hash = pay(&stage, 0, 5).await.unwrap();

    // The same transaction is refused while it waits, and while it is pre-confirmed.
    assert_eq!(pay(&stage, 0, 5).await, Err(StarknetError::DuplicateTx));
    network.pass(STEP * 2).await;
    assert_eq!(network.status(hash).await, Some(PoolStatus::PreConfirmed));
    assert_eq!(pay(&stage, 0, 5).await, Err(StarknetError::DuplicateTx));
    // Another transaction with a nonce that is being executed is refused.
    assert!(refused_with(pay(&stage, 0, 6).await).contains("NonceTooOld"));
    network.pass(BLOCK).await;

    // Once the transaction is in a block, it is refused for its nonce.
    let old = refused_with(pay(&stage, 0, 5).await);
    assert!(old.contains("InvalidTransactionNonce"), "{old}");
    assert!(old.contains("Expected: 1    nonce    201, got: 0."), "{old}");
    let far = refused_with(pay(&stage, 202, 5).await);
    assert!(far.contains("got: 202."), "{far}");
    assert!(pay(&stage, 201, 5).await.is_ok(), "200 ahead is admitted");

    // The price bound is below the gateway's lowest one, below the last block's price, or 0.
    let low = Bounds { l2_gas_price: LOWEST_L2_PRICE - 1, ..bounds };
    assert_eq!(
        pay_with(&stage, low, 1, 5).await,
        Err(StarknetError::InsufficientResourcesForValidate)
    );
    let lower = Bounds { l2_gas_price: LOWEST_L2_PRICE, ..bounds };
    let below = refused_with(pay_with(&stage, lower, 1, 5).await);
    assert!(below.contains("is below the required threshold 12000000000."), "{below}");
    let none = Bounds { l1_gas_price: 0, ..bounds };
    let zero = refused_with(pay_with(&stage, none, 1, 5).await);
    assert!(zero.contains("ValidationFailure") && zero.contains("Max L1Gas price (0)"), "{zero}");

    // The balance is too low; the key is another account's.
    let dear = Bounds { l2_gas_price: u128::from(u64::MAX) * 1_000_000, ..bounds };
    let poor = refused_with(pay_with(&stage, dear, 1, 5).await);
    assert!(poor.contains("ValidationFailure") && poor.contains("exceed balance"), "{poor}");
    let [first, second] = [&stage.predeployed()[0], &stage.predeployed()[1]];
    let key = starknet_rust::signers::SigningKey::from_secret_scalar(second.private_key);
    let thief = Owner::new(stage.node().clone(), first.address, key);
    let call = vec![transfer(STRK, PAYEE, 5)];
    let stolen = sent(bounds.execution(thief.execute_v3(call).nonce(Felt::ONE))).await;
    let stolen = refused_with(stolen);
    assert!(stolen.contains("ValidationFailure") && !stolen.contains('`'), "{stolen}");

    network.close_gateway(Duration::from_secs(60)).await;
    assert!(refused_with(pay(&stage, 1, 5).await).contains("UnexpectedError"));
    network.pass(Duration::from_secs(60)).await;
    assert!(pay(&stage, 1, 5).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_devnets_own_codes_are_told_by_a_switch() {
    let (stage, _network) = network(by_hand().with_codes(Codes::Devnet)).await;
    let dear = Bounds { l2_gas_price: u128::from(u64::MAX) * 1_000_000, ..*stage.bounds() };
    assert_eq!(pay_with(&stage, dear, 0, 5).await, Err(StarknetError::InsufficientAccountBalance));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_a_nonce_is_replaced_by_what_pays_a_tenth_more_in_tip_and_price() {
    let (stage, network) = network(by_hand()).await;
    let first = Bounds { l2_gas_price: 20_000_000_000, tip: 100, ..*stage.bounds() };
    let old = pay_with(&stage, first, 0, 5).await.unwrap();
    for (tip, l2_gas_price) in [(109, 22_000_000_000), (110, 21_999_999_999), (100, 40_000_000_000)]
    {
        let bounds = Bounds { tip, l2_gas_price, ..first };
        let refused = refused_with(pay_with(&stage, bounds, 0, 5).await);
        assert!(refused.contains("DuplicateNonce"), "{refused}");
    }
    let higher = Bounds { tip: 110, l2_gas_price: 22_000_000_000, ..first };
    let new = pay_with(&stage, higher, 0, 5).await.unwrap();
    assert_eq!(status(stage.node(), old).await, Err(StarknetError::TransactionHashNotFound));
    network.pass(BLOCK + STEP).await;
    assert!(receipt(stage.node(), new).await.is_ok());
    assert_eq!(balance(stage.node(), STRK, PAYEE).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_300_s_is_forgotten_and_so_is_what_has_no_predecessor() {
    let (stage, network) = network(by_hand().with_blocks_of(Duration::from_secs(180))).await;
    let gap = pay(&stage, 1, 5).await.unwrap();
    network.pass(Duration::from_secs(270)).await;
    assert_eq!(status(stage.node(), gap).await, Ok(TransactionStatus::Received));
    network.pass(Duration::from_secs(30)).await;
    assert_eq!(status(stage.node(), gap).await, Err(StarknetError::TransactionHashNotFound));
    assert_eq!(balance(stage.node(), STRK, PAYEE).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pays_less_than_the_price_has_become_waits_until_the_price_falls() {
    let (stage, network) = network(by_hand()).await;
    let bounds = Bounds { l2_gas_price: 12_000_000_000, ..*stage.bounds() };
    network.set_l2_price(13_000_000_000).await;
    network.pass(BLOCK - STEP).await;
    // The gateway compares with the last block's price, and the next block has not begun.
    let hash = pay_with(&stage, bounds, 0, 5).await.unwrap();
    network.pass(BLOCK * 3).await;
    assert_eq!(status(stage.node(), hash).await, Ok(TransactionStatus::Received));
    let refused = refused_with(pay_with(&stage, bounds, 1, 5).await);
    assert!(refused.contains("below the required threshold 13000000000."), "{refused}");

    network.set_l2_price(12_000_000_000).await;
    network.pass(BLOCK * 2).await;
    assert!(receipt(stage.node(), hash).await.unwrap().block.is_block());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_dropped_takes_back_what_it_told_and_its_transactions_land_later() {
    let (stage, network) = network(by_hand()).await;
    let node = stage.node();
    network.drop_blocks(1).await;
    network.pass(BLOCK).await;

    let hash = pay(&stage, 0, 5).await.unwrap();
    network.pass(STEP * 2).await;
    assert!(matches!(status(node, hash).await, Ok(TransactionStatus::PreConfirmed(_))));
    let after = nonces(&stage).await;
    network.pass(BLOCK - STEP * 2).await;
    assert!(matches!(
        status(node, hash).await,
        Ok(TransactionStatus::Received | TransactionStatus::Candidate)
    ));
    assert_eq!(receipt(node, hash).await.unwrap_err(), StarknetError::TransactionHashNotFound);
    assert_eq!(nonces(&stage).await, (after.0, after.0));
    network.pass(BLOCK).await;
    assert!(receipt(node, hash).await.unwrap().block.is_block());
    assert_eq!(balance(node, STRK, PAYEE).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_about_to_be_deployed_can_send_its_first_transaction() {
    let (stage, network) = network(by_hand()).await;
    let node = stage.node();
    let class = node.get_class_hash_at(LATEST, stage.payer().address()).await.unwrap();
    let key = starknet_rust::signers::SigningKey::from_secret_scalar(Felt::from(77));
    let factory = starknet_rust::accounts::OpenZeppelinAccountFactory::new(
        class,
        node.chain_id(),
        starknet_rust::signers::LocalWallet::from_signing_key(key.clone()),
        node.provider(),
    )
    .await
    .unwrap();
    use starknet_rust::accounts::AccountFactory;
    let Bounds { l2_gas, l1_data_gas, l1_gas_price, l2_gas_price, l1_data_gas_price, .. } =
        *stage.bounds();
    let deployment = factory
        .deploy_v3(Felt::ZERO)
        .nonce(Felt::ZERO)
        .l1_gas(0)
        .l1_gas_price(l1_gas_price)
        .l2_gas(l2_gas)
        .l2_gas_price(l2_gas_price)
        .l1_data_gas(l1_data_gas)
        .l1_data_gas_price(l1_data_gas_price)
        .tip(0);
    let address = deployment.address();
    stage.mint(address, 10_000_000_000_000_000_000).await.unwrap();
    network.pass(BLOCK).await;

    let deployed = deployment.send().await.unwrap();
    assert_eq!(deployed.contract_address, address);
    let account = Owner::new(node.clone(), address, key);
    let first = |nonce: u64| {
        let execution = account.execute_v3(vec![transfer(STRK, PAYEE, 5)]).nonce(nonce.into());
        stage.bounds().execution(execution)
    };
    let hash = sent(first(1)).await.unwrap();
    let second = refused_with(sent(first(2)).await);
    assert!(second.contains("ValidationFailure"), "{second}");
    network.pass(BLOCK + STEP * 2).await;
    assert!(receipt(node, hash).await.unwrap().block.is_block());
    assert_eq!(balance(node, STRK, PAYEE).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_versions_than_3_are_refused_with_61() {
    let (stage, _network) = network(by_hand()).await;
    let transaction = json!({ "type": "INVOKE", "version": "0x1" });
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "starknet_addInvokeTransaction",
        "params": { "invoke_transaction": transaction },
    });
    let answer = reqwest::Client::new().post(stage.url().clone()).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], 61);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_passes_by_itself_at_the_pace_that_was_set() {
    let quick = Settings::default().with_still_prices().at_pace(Pace::Times(60.0));
    let (stage, _network) = network(quick).await;
    let (before, start) = (stage.now().await.unwrap(), Instant::now());
    let outcome = stage.bounds().send(stage.payer(), vec![transfer(STRK, PAYEE, 5)]).await.unwrap();
    assert_eq!(outcome.reverted, None);
    let passed = Duration::from_secs(stage.now().await.unwrap() - before);
    assert!(passed > 10 * start.elapsed(), "{passed:?} passed in {:?}", start.elapsed());
}
