//! Tests of the stream of a session's changes.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use session_client::{Change, Grant, Result, Session, SessionKey, Watching};
use session_e2e::*;

/// Returns settings with nearly no pause between reads.
fn watching() -> Watching {
    Watching::default().with_interval(Duration::from_millis(1))
}

async fn watched(
    chain: &Chain,
    max_calls: u32,
) -> (Session, impl Stream<Item = Result<Change>> + Unpin) {
    let grant = Grant::for_selectors([chain.payment().selector])
        .until(END)
        .max_calls(max_calls)
        .without_fee_limit();
    let session = chain.owner.register(SessionKey::generate(), &grant).await.unwrap();
    let changes = Box::pin(session.watch(watching()));
    (session, changes)
}

async fn next(changes: &mut (impl Stream<Item = Result<Change>> + Unpin)) -> Option<Change> {
    changes.next().await.transpose().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_use_and_the_last_calls_are_told_until_it_has_run_out() {
    let chain = Chain::start().await;
    let (session, mut changes) = watched(&chain, 5).await;
    // The first read only gives the state with which later ones are compared.
    let first = tokio::time::timeout(Duration::from_millis(500), changes.next()).await;
    assert!(first.is_err(), "nothing has changed: {first:?}");
    session.send([chain.payment()]).await.unwrap();
    assert_eq!(next(&mut changes).await, Some(Change::Used { calls_left: 4 }));
    session.send([chain.payment()]).await.unwrap();
    assert_eq!(next(&mut changes).await, Some(Change::Used { calls_left: 3 }));
    assert_eq!(next(&mut changes).await, Some(Change::AboutToRunOut { calls_left: 3 }));
    for _ in 0..3 {
        session.send([chain.payment()]).await.unwrap();
    }
    assert_eq!(next(&mut changes).await, Some(Change::Used { calls_left: 0 }));
    assert_eq!(next(&mut changes).await, Some(Change::RanOut));
    assert_eq!(next(&mut changes).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_told_before_it_comes_and_when_it_has() {
    let chain = Chain::start().await;
    let (_session, mut changes) = watched(&chain, 5).await;
    chain.set_time(END - 60).await;
    assert_eq!(next(&mut changes).await, Some(Change::AboutToEnd { seconds_left: 60 }));
    chain.set_time(END + 1).await;
    assert_eq!(next(&mut changes).await, Some(Change::Expired));
    assert_eq!(next(&mut changes).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_told_with_its_transaction() {
    let chain = Chain::start().await;
    let (session, mut changes) = watched(&chain, 5).await;
    let first = tokio::time::timeout(Duration::from_millis(500), changes.next()).await;
    assert!(first.is_err(), "nothing has changed: {first:?}");
    chain.owner.set_fee_limit(session.public_key(), session_client::Fri(7)).await.unwrap();
    assert_eq!(next(&mut changes).await, Some(Change::Limited));
    let revoked = chain.owner.revoke(session.public_key()).await.unwrap();
    let transaction = Some(revoked.transaction_hash);
    assert_eq!(next(&mut changes).await, Some(Change::Revoked { transaction }));
    assert_eq!(next(&mut changes).await, None);
}
