//! Tests that a transaction's hash is journalled before it is sent, and that nothing is paid twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use session_client::journal::{Files, Journal};
use session_client::{Error, Finality, Grant, Node, Patience, Session, SessionKey, Status, Wait};
use session_e2e::proxy::{Fate, Proxy};
use session_e2e::*;

const INVOKE: &str = "starknet_addInvokeTransaction";

/// Registers a session for ten payments, which sends through `proxy` and keeps its journal in `folder`.
async fn session_through(chain: &Chain, proxy: &Proxy, folder: &std::path::Path) -> Session {
    let grant = Grant::for_selectors([chain.payment().selector])
        .until(END)
        .max_calls(10)
        .without_fee_limit();
    let key = std::sync::Arc::new(SessionKey::generate());
    chain.owner.register(key.clone(), &grant).await.unwrap();
    Session::new(node_through(proxy, folder).await, chain.account(), key, END)
}

async fn node_through(proxy: &Proxy, folder: &std::path::Path) -> Node {
    let patience = Patience::default().without_retries();
    let node = Node::connect_with(proxy.url().clone(), patience).await.unwrap();
    node.with_journal(Files::in_folder(folder))
}

/// Network scenario 10.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_answer_is_lost_is_found_by_its_hash_and_not_paid_again() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let lost = AtomicUsize::new(0);
    let proxy = Proxy::new(chain.url(), move |method| match method {
        INVOKE if lost.fetch_add(1, Ordering::SeqCst) == 0 => Fate::Lose,
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    session.send([chain.payment()]).await.unwrap();
    assert_eq!((proxy.sent(), chain.paid().await), (1, 1));
    assert!(session.node().unsettled(chain.account()).unwrap().is_empty());
}

/// Network scenario 22: a rate limiter that answers has not passed the transaction on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limiter_s_answer_has_the_same_bytes_sent_again() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let asked = AtomicUsize::new(0);
    let proxy = Proxy::new(chain.url(), move |method| match method {
        INVOKE if asked.fetch_add(1, Ordering::SeqCst) == 0 => Fate::Raw(
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n",
        ),
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    session.send([chain.payment()]).await.unwrap();
    assert_eq!((proxy.sent(), chain.paid().await), (2, 1));
}

/// Network scenarios 10 and 27: the node accepts the transaction and stops, and so does the process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_process_sent_is_resumed_and_not_sent_anew() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::new(chain.url(), |method| match method {
        INVOKE => Fate::Swallow,
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    let Err(Error::Uncertain { hash, .. }) = session.submit([chain.payment()]).await else {
        panic!("nobody said whether it was taken")
    };
    let entry = Files::in_folder(folder.path()).find(hash).unwrap().unwrap();
    assert!(entry.makes(&[chain.payment()]));

    // Another process uses a node that answers.
    let there = Proxy::new(chain.url(), |_| Fate::Pass);
    let node = node_through(&there, folder.path()).await;
    let [submission] = &node.unsettled(chain.account()).unwrap()[..] else { panic!("one is open") };
    assert_eq!(submission.hash(), hash);
    submission.wait(Finality::AcceptedOnL2).await.unwrap();
    assert!(node.unsettled(chain.account()).unwrap().is_empty());
    assert_eq!((there.sent(), chain.paid().await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_process_wrote_and_the_node_does_not_know_stops_the_next() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::new(chain.url(), |method| match method {
        INVOKE => Fate::Gone,
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    let Err(Error::Uncertain { hash, .. }) = session.submit([chain.payment()]).await else {
        panic!("nobody said whether it was taken")
    };
    let there = Proxy::new(chain.url(), |_| Fate::Pass);
    let node = node_through(&there, folder.path()).await;
    let again = Session::new(node.clone(), chain.account(), session.key().clone(), END);
    let refused = again.submit([chain.payment()]).await;
    assert!(matches!(refused, Err(Error::Unsettled { hash: it, .. }) if it == hash), "{refused:?}");
    assert_eq!((there.sent(), chain.paid().await), (0, 0));

    // The same bytes, sent again, are the same transaction.
    let submission = node.submission(hash).unwrap().unwrap();
    assert_eq!(submission.status().await.unwrap(), Status::Unknown);
    submission.resend().await.unwrap();
    submission.wait(Finality::AcceptedOnL2).await.unwrap();
    again.send([chain.payment()]).await.unwrap();
    assert_eq!(chain.paid().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_given_up_leaves_its_nonce_to_the_next() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::new(chain.url(), |method| match method {
        INVOKE => Fate::Gone,
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    let lost = session.submit([chain.payment()]).await;
    assert!(matches!(lost, Err(Error::Uncertain { .. })), "{lost:?}");
    let there = Proxy::new(chain.url(), |_| Fate::Pass);
    let node = node_through(&there, folder.path()).await;
    let [submission] = &node.unsettled(chain.account()).unwrap()[..] else { panic!("one is open") };
    let nonce = submission.entry().nonce;
    submission.clone().give_up().await.unwrap();
    let again = Session::new(node.clone(), chain.account(), session.key().clone(), END);
    let submission = again.submit([chain.payment()]).await.unwrap();
    assert_eq!(submission.entry().nonce, nonce);
    submission.wait(Finality::AcceptedOnL2).await.unwrap();
    assert_eq!(chain.paid().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_that_cannot_be_written_down() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::new(chain.url(), |_| Fate::Pass);
    let file = folder.path().join("a file where the folder should be");
    std::fs::write(&file, "").unwrap();
    let session = session_through(&chain, &proxy, &file).await;
    let refused = session.submit([chain.payment()]).await;
    assert!(matches!(refused, Err(Error::Journal(_))), "{refused:?}");
    assert_eq!((proxy.sent(), chain.paid().await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_outlives_failed_looks_and_tells_unknown_from_received() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let looks = AtomicUsize::new(0);
    let proxy = Proxy::new(chain.url(), move |method| match method {
        "starknet_getTransactionStatus" => match looks.fetch_add(1, Ordering::SeqCst) {
            0 => Fate::Raw("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"),
            1 => Fate::Error(29, "Transaction hash not found"),
            2 => Fate::Result(serde_json::json!({ "finality_status": "RECEIVED" })),
            _ => Fate::Pass,
        },
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    let submission = session.submit([chain.payment()]).await.unwrap();
    let mut seen = Vec::new();
    let outcome = submission
        .wait_with(Wait::default(), |progress| {
            seen.push(progress.seen.as_ref().map_err(ToString::to_string).copied());
        })
        .await;
    assert_eq!(outcome.unwrap().finality, Finality::AcceptedOnL2);
    let [failed, unknown, received] = &seen[..] else { panic!("{seen:?}") };
    assert!(failed.as_ref().is_err_and(|it| it.contains("502")), "{failed:?}");
    assert_eq!((unknown, received), (&Ok(Status::Unknown), &Ok(Status::Received)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pre_confirmed_transaction_is_no_block_s() {
    let (chain, folder) = (Chain::start().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::new(chain.url(), |method| match method {
        "starknet_getTransactionStatus" => Fate::Result(serde_json::json!({
            "finality_status": "PRE_CONFIRMED", "execution_status": "SUCCEEDED",
        })),
        _ => Fate::Pass,
    });
    let session = session_through(&chain, &proxy, folder.path()).await;
    let submission = session.submit([chain.payment()]).await.unwrap();
    assert!(submission.wait(Finality::PreConfirmed).await.is_ok());
    let wait = Wait::default().with_limit(std::time::Duration::ZERO);
    let waited = submission.wait_with(wait, |_| {}).await;
    let pre_confirmed = Status::Executed(Finality::PreConfirmed);
    assert!(
        matches!(waited, Err(Error::Pending { status, .. }) if status == pre_confirmed),
        "{waited:?}"
    );
}
