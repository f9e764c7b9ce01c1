//! Tests of many transactions at once through one account.

use std::collections::HashSet;

use session_client::{Error, Finality, Grant, Rule, SessionKey, token};
use session_e2e::*;
use tokio::task::JoinSet;

const TASKS: u32 = 8;
const EACH: u32 = 25;

/// No transaction is lost and none is made twice: as many payments arrive as were sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_transactions_of_eight_tasks_all_land_once() {
    let chain = Chain::start().await;
    let grant = Grant::for_selectors([chain.payment().selector])
        .until(END)
        .max_calls(TASKS * EACH)
        .without_fee_limit();
    let session = chain.owner.register(SessionKey::generate(), &grant).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (session, payment) = (session.clone(), chain.payment());
        tasks.spawn(async move {
            let mut sent = Vec::new();
            for _ in 0..EACH {
                sent.push(session.submit([payment.clone()]).await.unwrap());
            }
            let mut hashes = Vec::new();
            for submission in sent {
                hashes
                    .push(submission.wait(Finality::AcceptedOnL2).await.unwrap().transaction_hash);
            }
            hashes
        });
    }
    let hashes: HashSet<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(hashes.len(), (TASKS * EACH) as usize);
    assert_eq!(chain.paid().await, u128::from(TASKS * EACH));
    assert_eq!(session.state().await.unwrap().unwrap().calls_left, 0);
    assert!(chain.node.unsettled(chain.account()).unwrap().is_empty(), "all are settled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_and_a_session_of_one_process_share_the_account_s_nonces() {
    let chain = Chain::start().await;
    let grant = Grant::for_selectors([chain.payment().selector])
        .until(END)
        .max_calls(10)
        .without_fee_limit();
    let session = chain.owner.register(SessionKey::generate(), &grant).await.unwrap();
    let (mut tasks, payment) = (JoinSet::new(), chain.payment());
    for _ in 0..5 {
        let (session, owner) = (session.clone(), chain.owner.clone());
        let (one, other) = (payment.clone(), token::transfer(STRK, NO_POINT, 1));
        tasks.spawn(async move { session.send([one]).await.map(drop) });
        tasks.spawn(async move { owner.send([other]).await.map(drop) });
    }
    for sent in tasks.join_all().await {
        sent.unwrap();
    }
    assert_eq!((chain.paid().await, chain.balance(NO_POINT).await), (5, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_the_race_for_the_last_call_is_told_the_rule() {
    let chain = Chain::start().await;
    let grant = Grant::for_selectors([chain.payment().selector])
        .until(END)
        .max_calls(2)
        .without_fee_limit();
    let session = chain.owner.register(SessionKey::generate(), &grant).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let (session, payment) = (session.clone(), chain.payment());
        tasks.spawn(async move { session.send([payment]).await });
    }
    let mut lost = 0;
    for sent in tasks.join_all().await {
        match sent {
            Ok(_) => {}
            Err(Error::Refused(refusal)) => {
                assert_eq!(refusal.rule(), Some(Rule::Exhausted), "{refusal}");
                lost += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((lost, chain.paid().await), (4, 2));
}
