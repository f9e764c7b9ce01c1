//! A network with a session account on it, and a node between which and the client things go wrong.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use session_client::{AllowedCall, Grant, Node, Owner, Session, SessionKey, felt::selector};
use session_devnet::Network;
use session_devnet::faults::{Fault, Proxy};
use session_devnet::network::{Pace, Settings};
use session_e2e::{Chain, END, STRK};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::providers::Provider;

/// How long a block takes, and a step of the network's time, of which a block has six.
pub const BLOCK: Duration = Duration::from_secs(3);
pub const STEP: Duration = Duration::from_millis(500);
/// Whom the sessions pay.
pub const PAYEE: Felt = Felt::from_hex_unchecked("0xcafe");
/// How long the clock on the wall runs between two steps that are taken by hand.
const BREATH: Duration = Duration::from_millis(15);

/// The faults that are due, each with the method that meets it.
type Due = Arc<Mutex<VecDeque<(&'static str, Fault)>>>;

/// A network whose time passes by hand. `node` is where things go wrong; `chain.node` is where they do not.
pub struct Bed {
    pub chain: Chain,
    pub network: Network,
    pub node: Node,
    pub proxy: Proxy,
    due: Due,
}

impl Bed {
    /// Opens one, with a session for `transfer` of STRK that the owner registered before there was a network.
    pub async fn with_session() -> (Self, Session) {
        let mut chain = Chain::start().await;
        let key = Arc::new(SessionKey::generate());
        let owner = &chain.owner;
        owner.register(key.clone(), &grant()).await.unwrap();
        let settings = Settings::default().at_pace(Pace::ByHand).with_still_prices();
        let network = chain.become_network(settings).await;
        let due = Due::default();
        let next = due.clone();
        let decide = move |method: &str, _: &Value| {
            let mut due = next.lock().unwrap();
            let place = due.iter().position(|(of, _)| *of == method)?;
            due.remove(place).map(|(_, fault)| fault)
        };
        let (url, proxy) = chain.behind(decide).await;
        let node = Node::connect(url).await.unwrap();
        let session = Session::new(node.clone(), chain.account(), key, END);
        (Self { chain, network, node, proxy, due }, session)
    }

    /// Lets the next request of `method` meet `fault`.
    pub fn next(&self, method: &'static str, fault: Fault) {
        self.due.lock().unwrap().push_back((method, fault));
    }

    /// Says whether everything went wrong that was to.
    pub fn all_went_wrong(&self) -> bool {
        self.due.lock().unwrap().is_empty()
    }

    /// Lets the network's time pass, step by step, until `work` is done.
    pub async fn passing<T>(&self, work: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                tokio::time::sleep(BREATH).await;
                self.network.pass(STEP).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = passing => unreachable!("time passes without an end"),
        }
    }

    /// Lets time pass until the next block begins.
    pub async fn pass_to_next_block(&self) {
        let number = async || self.chain.node.block_number().await.unwrap();
        let before = number().await;
        while number().await == before {
            self.network.pass(STEP).await;
        }
    }

    /// Returns the account's owner, at the node where things go wrong.
    pub fn owner(&self) -> Owner {
        Owner::new(self.node.clone(), self.chain.account(), self.chain.owner_key.clone())
    }

    /// Says what the payee holds, in FRI.
    pub async fn paid(&self) -> u128 {
        self.chain.balance(PAYEE).await
    }

    /// Says how many transactions the session has made.
    pub async fn used(&self, session: &Session) -> u32 {
        self.chain.calls_used(session.key()).await
    }
}

/// Lets a session transfer STRK 10 times.
pub fn grant() -> Grant {
    Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(END)
        .max_calls(10)
        .fee_limit("10strk".parse().unwrap())
}

/// Makes a payment to the payee.
pub fn payment(amount: u128) -> [Call; 1] {
    [session_client::token::transfer(STRK, PAYEE, amount)]
}
