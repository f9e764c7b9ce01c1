//! Tests of transactions between the mempool and a block.

use std::time::Duration;

use session_client::deploy::Counterfactual;
use session_client::token::ETH;
use session_client::{Error, Finality, Owner, Status, Terms, Wait};
use session_devnet::network::PoolStatus;
use session_e2e::{ask, mocks};
use starknet_rust::accounts::{Account, ConnectedAccount};
use starknet_rust::core::types::{BlockId, BlockTag, Felt};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use tokio::time::timeout;

use crate::bed::{BLOCK, Bed, PAYEE, STEP, payment};

const A_MOMENT: Duration = Duration::from_millis(800);

#[tokio::test(flavor = "multi_thread")]
async fn scenario_1_what_is_pre_confirmed_is_progress_and_only_a_block_is_the_end() {
    let (bed, session) = Bed::with_session().await;
    let submission = session.submit(payment(5)).await.unwrap();
    bed.network.pass(STEP * 2).await;
    assert_eq!(bed.network.status(submission.hash()).await, Some(PoolStatus::PreConfirmed));
    let mut seen = Vec::new();
    let wait = submission.wait_with(Wait::default(), |it| seen.push(*it.seen.as_ref().unwrap()));
    assert!(timeout(A_MOMENT, wait).await.is_err(), "there is no block");
    assert_eq!(seen.last(), Some(&Status::Executed(Finality::PreConfirmed)));

    // A wait for less finality returns at once.
    let early = submission.wait(Finality::PreConfirmed).await.unwrap();
    assert_eq!(early.finality, Finality::PreConfirmed);
    let outcome = bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!(outcome.finality, Finality::AcceptedOnL2);
    assert_eq!(bed.paid().await, 5);
}

/// The client sends an account's first transaction only after its deployment is in a block.
#[tokio::test(flavor = "multi_thread")]
async fn scenario_6_an_account_that_deploys_itself_sends_its_first_transaction_after_that() {
    let (bed, _) = Bed::with_session().await;
    let (class, key) = (bed.chain.class_hash().await, SigningKey::from_random());
    let account = Counterfactual::new(&bed.node, class, key.clone(), Felt::ZERO).await;
    bed.chain.devnet.mint(account.address(), 10_000_000_000_000_000_000).await.unwrap();
    bed.network.pass(BLOCK).await;
    let owner = Owner::new(bed.node.clone(), account.address(), key);
    bed.passing(async {
        let outcome = account.deploy().await.unwrap();
        assert_eq!(outcome.finality, Finality::AcceptedOnL2);
        owner.send(payment(5)).await.unwrap();
    })
    .await;
    assert_eq!((bed.paid().await, owner.get_nonce().await.unwrap()), (5, Felt::TWO));
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_7_a_payment_in_a_block_that_is_dropped_is_waited_for_and_made_once() {
    let (bed, session) = Bed::with_session().await;
    bed.network.drop_blocks(1).await;
    bed.network.pass(BLOCK).await;
    let submission = session.submit(payment(5)).await.unwrap();
    bed.network.pass(STEP * 2).await;
    submission.wait(Finality::PreConfirmed).await.unwrap();
    bed.network.pass(BLOCK).await;
    let outcome = bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!(outcome.transaction_hash, submission.hash());
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}

/// Between the dropped block and the next one, another account withdraws an approval: what succeeded in the
/// first block fails in the second.
#[tokio::test(flavor = "multi_thread")]
async fn scenario_8_what_was_told_of_a_dropped_block_is_not_what_is_told_in_the_end() {
    let (bed, _) = Bed::with_session().await;
    let (owner, stranger) = (bed.owner(), &bed.chain.stranger);
    let approve = |amount| mocks::approve(ETH, owner.address(), amount);
    bed.passing(stranger.send(vec![approve(7)])).await.unwrap();
    bed.network.drop_blocks(1).await;
    bed.pass_to_next_block().await;

    let from = [stranger.address(), PAYEE, Felt::from(7), Felt::ZERO];
    let submission = owner.submit([ask(ETH, "transfer_from", from)]).await.unwrap();
    bed.network.pass(STEP * 5).await;
    submission.wait(Finality::PreConfirmed).await.unwrap();
    // It is too late for this block; in the next one its higher tip puts it first.
    let terms = Terms::default().with_tip(session_client::Tip::Of(1_000));
    let withdrawn = stranger.clone().on_terms(terms).submit([approve(1)]).await.unwrap();
    bed.network.pass(STEP).await;
    assert_eq!(submission.status().await.unwrap(), Status::Received);
    let reverted = bed.passing(submission.wait(Finality::AcceptedOnL2)).await;
    assert!(matches!(reverted, Err(Error::Reverted { .. })), "{reverted:?}");
    bed.passing(withdrawn.wait(Finality::AcceptedOnL2)).await.unwrap();
    let paid = session_client::token::balance(&bed.node, ETH, PAYEE).await.unwrap();
    assert_eq!(paid, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_9_what_was_dropped_and_forgotten_is_not_paid_and_can_be_sent_again_at_its_nonce()
{
    let (bed, session) = Bed::with_session().await;
    let latest = BlockId::Tag(BlockTag::Latest);
    let before = bed.node.get_nonce(latest, session.address()).await.unwrap();
    bed.network.drop_blocks(1).await;
    bed.network.pass(BLOCK).await;
    let submission = session.submit(payment(5)).await.unwrap();
    bed.network.pass(STEP * 2).await;
    submission.wait(Finality::PreConfirmed).await.unwrap();
    bed.network.pass(BLOCK - STEP * 2).await;
    bed.network.evict(submission.hash()).await;
    bed.network.pass(BLOCK).await;

    let wait = Wait::default().with_limit(Duration::from_millis(300));
    let gone = submission.wait_with(wait, |_| {}).await;
    assert!(matches!(gone, Err(Error::Pending { status: Status::Unknown, .. })), "{gone:?}");
    let after = bed.node.get_nonce(latest, session.address()).await.unwrap();
    assert_eq!((after, bed.paid().await), (before, 0), "not paid");
    assert!(!submission.is_overtaken().await.unwrap());

    submission.resend().await.unwrap();
    bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
    let nonce = bed.chain.owner.get_nonce().await.unwrap();
    assert_eq!(nonce, before + Felt::ONE);
}
