//! Tests of lost answers, copies, competing senders, and transactions that wait for too long.

use session_client::{Error, Finality, Node, Session, Status, Terms, Tip};
use session_devnet::faults::{Fault, RetryAfter};
use session_devnet::network::LOWEST_L2_PRICE;
use session_e2e::END;
use starknet_rust::accounts::Account;

use crate::bed::{BLOCK, Bed, payment};

const ADD: &str = "starknet_addInvokeTransaction";

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_10_and_22_whatever_is_answered_when_it_is_sent_it_is_paid_once() {
    let (bed, session) = Bed::with_session().await;
    let faults = [
        Fault::LostAnswer,
        Fault::HangUp,
        Fault::GatewayTimeout,
        Fault::NodeTimeout,
        Fault::Unavailable,
        Fault::TooMany(RetryAfter::Seconds(0)),
        Fault::Limited,
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        bed.next(ADD, fault);
        bed.passing(session.send(payment(1))).await.unwrap_or_else(|it| panic!("{fault:?}: {it}"));
        assert!(bed.all_went_wrong());
        let times = u32::try_from(index).unwrap() + 1;
        assert_eq!(bed.used(&session).await, times, "{fault:?}");
        assert_eq!(bed.paid().await, times.into(), "{fault:?}");
    }
    assert!(bed.node.unsettled(session.address()).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_11_what_is_in_the_pool_already_is_waited_for() {
    let (bed, session) = Bed::with_session().await;
    let submission = session.submit(payment(5)).await.unwrap();
    submission.resend().await.unwrap();
    submission.resend().await.unwrap();
    bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}

/// Two clients that share no journal make the same calls at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn scenario_12_of_two_with_one_nonce_the_loser_takes_the_next_one_and_both_are_paid() {
    let (bed, one) = Bed::with_session().await;
    let node = Node::connect(bed.chain.url().clone()).await.unwrap();
    let other = Session::new(node, one.address(), one.key().clone(), END);
    let both = async { tokio::join!(one.send(payment(5)), other.send(payment(5))) };
    let (first, second) = bed.passing(both).await;
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.transaction_hash, second.transaction_hash);
    assert_eq!((bed.paid().await, bed.used(&one).await), (10, 2));
}

/// The price rises above the transaction's bound: the transaction is stuck, then dropped, and at last
/// replaced.
#[tokio::test(flavor = "multi_thread")]
async fn scenarios_13_and_16_what_is_stuck_is_replaced_at_its_nonce_and_paid_once() {
    let (bed, session) = Bed::with_session().await;
    let terms = Terms::default().with_tip(Tip::Of(100));
    let session = session.on_terms(terms);
    // It is sent in the last step of a block, so that the next block's price decides.
    bed.network.set_l2_price(LOWEST_L2_PRICE * 10).await;
    bed.network.pass(BLOCK * 5 / 6).await;
    let stuck = session.submit(payment(5)).await.unwrap();
    bed.network.pass(BLOCK * 3).await;
    assert_eq!(stuck.status().await.unwrap(), Status::Received);
    assert_eq!(bed.paid().await, 0);

    // Scenario 13: the mempool drops it, as after 300 s.
    bed.network.evict(stuck.hash()).await;
    assert_eq!(stuck.status().await.unwrap(), Status::Unknown);
    let make = || session.execute_v3(payment(5).to_vec());
    let replacement = stuck.replace(make, &Terms::default()).await.unwrap();
    assert_eq!(replacement.entry().nonce, stuck.entry().nonce);
    bed.passing(replacement.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!(stuck.status().await.unwrap(), Status::Unknown);
    assert!(stuck.is_overtaken().await.unwrap());
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
    let again = stuck.resend().await;
    assert!(matches!(again, Err(Error::Uncertain { .. } | Error::Refused(_))), "{again:?}");
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}
