//! A simulated network with a session account, and a node on whose connection faults occur.

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

/// The time between blocks, and the step of the network's time; a block has six steps.
pub const BLOCK: Duration = Duration::from_secs(3);
pub const STEP: Duration = Duration::from_millis(500);
/// The recipient of the sessions' payments.
pub const PAYEE: Felt = Felt::from_hex_unchecked("0xcafe");
/// The real time between two steps.
const BREATH: Duration = Duration::from_millis(15);

/// The faults that will occur, each with the method for which it occurs.
type Due = Arc<Mutex<VecDeque<(&'static str, Fault)>>>;

/// A network whose time tests advance. Faults occur on the connection of `node`, and not on that of
/// `chain.node`.
pub struct Bed {
    pub chain: Chain,
    pub network: Network,
    pub node: Node,
    pub proxy: Proxy,
    due: Due,
}

impl Bed {
    /// Starts the chain and registers a session for `transfer` of STRK; then the network begins.
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

    /// Causes `fault` for the next request of `method`.
    pub fn next(&self, method: &'static str, fault: Fault) {
        self.due.lock().unwrap().push_back((method, fault));
    }

    /// Says whether all faults have occurred.
    pub fn all_went_wrong(&self) -> bool {
        self.due.lock().unwrap().is_empty()
    }

    /// Advances the network's time, step by step, until `work` is done.
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

    /// Advances the network's time until the next block begins.
    pub async fn pass_to_next_block(&self) {
        let number = async || self.chain.node.block_number().await.unwrap();
        let before = number().await;
        while number().await == before {
            self.network.pass(STEP).await;
        }
    }

    /// Returns the account's owner, on the connection with faults.
    pub fn owner(&self) -> Owner {
        Owner::new(self.node.clone(), self.chain.account(), self.chain.owner_key.clone())
    }

    /// Returns the payee's balance, in FRI.
    pub async fn paid(&self) -> u128 {
        self.chain.balance(PAYEE).await
    }

    /// Returns how many transactions the session has made.
    pub async fn used(&self, session: &Session) -> u32 {
        self.chain.calls_used(session.key()).await
    }
}

/// Returns a grant for 10 transfers of STRK.
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
