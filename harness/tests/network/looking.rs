//! Tests of what the client believes of a node's answers.

use std::sync::Arc;

use session_client::{Finality, Rule, Session, SessionContract, SessionKey};
use session_devnet::faults::{Fault, RetryAfter};
use session_e2e::END;
use starknet_rust::accounts::{Account, ConnectedAccount};

use crate::bed::{BLOCK, Bed, STEP, grant, payment};

const CALL: &str = "starknet_call";
const EVENTS: &str = "starknet_getEvents";

#[tokio::test(flavor = "multi_thread")]
async fn scenario_19_what_the_block_s_time_has_ended_is_not_sent_though_its_hour_runs() {
    let (bed, session) = Bed::with_session().await;
    // `__validate__` sees the last full hour, at which the session had not ended.
    bed.chain.set_time(END + 600).await;
    bed.network.pass(BLOCK).await;
    let refused = session.send(payment(5)).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::Expired), "{refused}");
    assert!(bed.node.unsettled(session.address()).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_21_a_read_waits_for_as_long_as_the_provider_asks_and_goes_on() {
    let (bed, session) = Bed::with_session().await;
    let asked = [
        Fault::TooMany(RetryAfter::Seconds(1)),
        Fault::TooMany(RetryAfter::Date(1)),
        Fault::Limited,
    ];
    let unasked = [
        Fault::TooMany(RetryAfter::Unsaid),
        Fault::Html,
        Fault::Unavailable,
        Fault::HangUp,
        Fault::NodeTimeout,
    ];
    for faults in [&asked[..], &unasked] {
        for fault in faults {
            bed.next(CALL, *fault);
        }
        assert_eq!(session.state().await.unwrap().unwrap().calls_left, 10);
        assert!(bed.all_went_wrong());
    }
}

/// A backend that is behind knows neither that a session was registered nor that another one has paid.
#[tokio::test(flavor = "multi_thread")]
async fn scenario_23_a_backend_that_is_behind_neither_stops_an_ending_nor_moves_a_nonce_back() {
    let (bed, session) = Bed::with_session().await;
    bed.proxy.fall_behind().await;
    bed.passing(session.send(payment(5))).await.unwrap();
    let used = session.get_nonce().await.unwrap();
    for _ in 0..2 {
        bed.next("starknet_getNonce", Fault::Stale);
    }
    bed.passing(session.send(payment(5))).await.unwrap();
    assert!(bed.all_went_wrong());
    assert_eq!((bed.paid().await, bed.used(&session).await), (10, 2));
    assert!(session.get_nonce().await.unwrap() > used);

    // The client does not believe at once a backend that does not know the session yet.
    bed.proxy.fall_behind().await;
    let key = Arc::new(SessionKey::generate());
    bed.passing(bed.owner().register(key.clone(), &grant())).await.unwrap();
    let new = Session::new(bed.node.clone(), session.address(), key, END);
    for _ in 0..3 {
        bed.next(CALL, Fault::Stale);
    }
    bed.passing(new.send(payment(5))).await.unwrap();
    assert!(bed.all_went_wrong());
    assert_eq!((bed.paid().await, bed.used(&new).await), (15, 1));

    // The owner can end a session though a backend does not know its registration yet.
    bed.proxy.fall_behind().await;
    let key = Arc::new(SessionKey::generate());
    bed.passing(bed.owner().register(key.clone(), &grant())).await.unwrap();
    bed.next(CALL, Fault::Stale);
    bed.passing(bed.owner().revoke(key.public_key())).await.unwrap();
    bed.chain.assert_over(&key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_24_an_account_that_is_deployed_in_the_block_in_progress_has_the_nonce_0() {
    let (bed, _) = Bed::with_session().await;
    let key = starknet_rust::signers::SigningKey::from_random().verifying_key().scalar();
    let class = bed.chain.class_hash().await;
    let call = session_client::deploy::deployment(class, key, 0_u8.into());
    let deployment = bed.chain.relayer.submit([call]).await.unwrap();
    bed.network.pass(STEP * 2).await;
    deployment.wait(Finality::PreConfirmed).await.unwrap();
    let address = session_client::deploy::address(class, key, 0_u8.into());
    assert_eq!(bed.node.nonce_of(address).await.unwrap(), 0_u8.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_25_pages_of_events_that_are_empty_or_end_hide_no_session() {
    let (bed, session) = Bed::with_session().await;
    let contract = SessionContract::new(session.address(), bed.node.clone());
    let is_shown =
        async || contract.registered(0).await.map(|it| it.contains_key(&session.public_key()));
    assert!(is_shown().await.unwrap());
    bed.next(EVENTS, Fault::EmptyPage);
    bed.next(EVENTS, Fault::EmptyPage);
    assert!(is_shown().await.unwrap(), "an empty page is not the last one");
    for fault in [Fault::UnknownPage, Fault::TooWide] {
        bed.next(EVENTS, fault);
        assert!(is_shown().await.unwrap(), "{fault:?}");
    }
}
