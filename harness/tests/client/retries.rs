//! Tests that requests that only read are retried, and that errors name the right cause.

use std::sync::atomic::{AtomicUsize, Ordering};

use session_client::{Error, Node, Patience, Trouble};
use session_e2e::Chain;
use session_e2e::proxy::{Fate, Proxy};

const LIMITED: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";
const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>";
const AWAY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
const LIMITED_IN_JSON: i64 = -32_005;

/// The first requests fail in every way that public providers are known for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_tried_again_when_the_trouble_may_pass() {
    let chain = Chain::start().await;
    let asked = AtomicUsize::new(0);
    let proxy = Proxy::new(chain.url(), move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Fate::Raw(LIMITED),
        1 => Fate::Raw(PAGE),
        2 => Fate::Error(LIMITED_IN_JSON, "rate limited"),
        3 => Fate::Raw(AWAY),
        _ => Fate::Pass,
    });
    let node = Node::connect(proxy.url().clone()).await.unwrap();
    assert_eq!(node.chain_id(), chain.node.chain_id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed() {
    let chain = Chain::start().await;
    let proxy = Proxy::new(chain.url(), |_| {
        Fate::Raw(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
        )
    });
    let patience = Patience::default().without_retries();
    let Err(Error::Unreachable(error)) = Node::connect_with(proxy.url().clone(), patience).await
    else {
        panic!("it is another node's answer")
    };
    assert_eq!(error.trouble(), &Trouble::Status(307));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_names_host_and_status_and_never_the_url_s_key() {
    let chain = Chain::start().await;
    let proxy = Proxy::new(chain.url(), |_| Fate::Raw(AWAY));
    let mut url = proxy.url().clone();
    url.set_path("/rpc/a-provider-s-key");
    url.set_query(Some("key=another"));
    let patience = Patience::default().without_retries();
    let error = Node::connect_with(url.clone(), patience).await.unwrap_err();
    let told = format!("{error} {error:?}");
    let port = url.port().unwrap().to_string();
    assert!(told.contains("503") && told.contains("127.0.0.1") && told.contains(&port), "{told}");
    assert!(!told.contains("key"), "{told}");
}

/// Behind a load balancer, the next backend may know what the first one does not know yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_asked_for_again_before_it_is_believed() {
    const NO_CONTRACT: i64 = 20;
    let chain = Chain::start().await;
    let asked = AtomicUsize::new(0);
    let proxy = Proxy::new(chain.url(), move |method| match method {
        "starknet_getClassHashAt" if asked.fetch_add(1, Ordering::SeqCst) < 2 => {
            Fate::Error(NO_CONTRACT, "Contract not found")
        }
        _ => Fate::Pass,
    });
    let node = Node::connect(proxy.url().clone()).await.unwrap();
    let class_hash = chain.class_hash().await;
    assert_eq!(node.class_of(chain.account()).await.unwrap(), Some(class_hash));
}
