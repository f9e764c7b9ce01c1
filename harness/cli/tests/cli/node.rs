//! Starts devnets, and gives funded accounts to tests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use session_client::felt::selector;
use session_client::{Status, class, deploy, token};
use session_devnet::faults::Faults;
use session_devnet::{PredeployedAccount, Settings, Stage, network};
use starknet_rust::accounts::Account;
use starknet_rust::core::codec::Encode;
use starknet_rust::core::types::{
    BlockId, BlockTag, BroadcastedInvokeTransaction, ByteArray, Call, Felt, InvokeTransaction,
    ResourceBoundsMapping, Transaction,
};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use url::Url;

/// The number of accounts that a devnet deploys itself. It keeps a copy of the class for each of them, some
/// 38 MB, and takes half a second to list 60. So tests that need more accounts deploy them.
const ACCOUNTS: u8 = 3;
/// The class of STRK on a devnet.
const TOKEN: Felt =
    Felt::from_hex_unchecked("0x02e77ee61d4df3d988ee1f42ea5442e913862cc82c2584d212ecda76666498fc");

/// The balance of each account, in FRI and in WEI: 1,000 STRK and 1,000 ETH.
const FUNDS: u128 = 1_000_000_000_000_000_000_000;

pub struct Node {
    stage: Stage,
    taken: AtomicUsize,
    /// Held by the test that has the stage's payer send.
    turn: Mutex<()>,
}

impl Node {
    /// Starts a chain for one test.
    pub fn start() -> Self {
        wait_for(async {
            let settings = Settings { accounts: ACCOUNTS, ..Settings::default() };
            Self::on(Stage::start(settings).await.unwrap())
        })
    }

    const fn on(stage: Stage) -> Self {
        // The first account pays for what the stage does.
        Self { stage, taken: AtomicUsize::new(1), turn: Mutex::const_new(()) }
    }

    /// Returns the chain that tests share, on which the class is declared.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Node> = OnceLock::new();
        SHARED.get_or_init(|| {
            let node = Self::start();
            wait_for(node.stage.declare(&class::session_account().unwrap())).unwrap();
            node
        })
    }

    /// Starts a chain for one test that behaves like a network, `speed` times as fast as a real one. Between
    /// its URL and its clients `faults` decides what goes wrong.
    pub fn network(speed: f64, faults: &str) -> (Self, Url) {
        wait_for(async {
            let mut stage = Stage::start(Settings::default()).await.unwrap();
            let faults: Faults = faults.parse().unwrap();
            let settings = network::Settings::default()
                .at_pace(network::Pace::Times(speed))
                .dropping(faults.dropped);
            stage.become_network(settings).await.unwrap();
            let (url, _) = stage.behind(faults.decide(7)).await.unwrap();
            (Self::on(stage), url)
        })
    }

    pub fn url(&self) -> &Url {
        self.stage.url()
    }

    /// Deploys and funds an account of OpenZeppelin's class for one test.
    pub fn funded(&self) -> PredeployedAccount {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if let Some(account) = self.stage.predeployed().get(number) {
            return account.clone();
        }
        let key = SigningKey::from_random();
        let public_key = key.verifying_key().scalar();
        wait_for(async {
            let node = self.stage.node();
            let class_hash = node.class_of(self.stage.payer().address()).await.unwrap().unwrap();
            let address = deploy::address(class_hash, public_key, Felt::ZERO);
            self.pay([
                deploy::deployment(class_hash, public_key, Felt::ZERO),
                token::transfer(token::STRK, address, FUNDS),
                token::transfer(token::ETH, address, FUNDS),
            ])
            .await;
            PredeployedAccount { address, private_key: key.secret_scalar() }
        })
    }

    /// Has the stage's payer make `calls`.
    async fn pay(&self, calls: impl Into<Vec<Call>>) {
        let _turn = self.turn.lock().await;
        let sent = self.stage.bounds().send(self.stage.payer(), calls.into()).await.unwrap();
        sent.succeeded().unwrap();
    }

    pub fn nonce(&self, address: Felt) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        wait_for(self.stage.node().get_nonce(block, address)).unwrap()
    }

    /// Returns the most that the transaction may cost, in FRI, by its own bounds.
    pub fn most_fee(&self, transaction: &str) -> u128 {
        let bounds = self.bounds(transaction);
        [bounds.l1_gas, bounds.l2_gas, bounds.l1_data_gas]
            .iter()
            .map(|it| u128::from(it.max_amount) * it.max_price_per_unit)
            .sum()
    }

    /// Returns the most that a unit of L2 gas of the transaction may cost, in FRI.
    pub fn price(&self, transaction: &str) -> u128 {
        self.bounds(transaction).l2_gas.max_price_per_unit
    }

    fn bounds(&self, transaction: &str) -> ResourceBoundsMapping {
        let hash = Felt::from_hex(transaction).unwrap();
        let found = wait_for(self.stage.node().get_transaction_by_hash(hash, None)).unwrap();
        let Transaction::Invoke(InvokeTransaction::V3(invoke)) = found else {
            panic!("no invoke transaction of version 3: {found:?}")
        };
        assert_eq!(invoke.tip, 0);
        invoke.resource_bounds
    }

    /// Makes a block, so that the next one has the present time: the devnet's pending block keeps the time at
    /// which it began.
    pub fn tick(&self) {
        wait_for(self.stage.devnet().create_block()).unwrap();
    }

    /// Returns the number that the devnet has for the account, from 1.
    pub fn number_of(&self, address: Felt) -> usize {
        let is_it = |account: &PredeployedAccount| account.address == address;
        self.stage.predeployed().iter().position(is_it).unwrap() + 1
    }

    /// Deploys a token that gives these answers about itself, with a supply of `supply` that `holder` gets.
    pub fn token(&self, symbol: &str, decimals: u8, holder: &str, supply: u64) -> String {
        let holder = Felt::from_hex(holder).unwrap();
        let mut calldata = Vec::new();
        for text in ["a token", symbol] {
            ByteArray::from(text).encode(&mut calldata).unwrap();
        }
        // The arguments are the decimals, the supply, its holder, two addresses with rights over the token,
        // and the delay of an upgrade.
        calldata.extend([decimals.into(), supply.into(), Felt::ZERO]);
        calldata.extend([holder, holder, holder, Felt::ZERO]);
        let salt = SigningKey::from_random().verifying_key().scalar();
        let address = get_udc_deployed_address(salt, TOKEN, &UdcUniqueness::NotUnique, &calldata);
        let mut deployment = vec![TOKEN, salt, Felt::ZERO, calldata.len().into()];
        deployment.extend(calldata);
        let call =
            Call { to: deploy::UDC, selector: selector("deployContract"), calldata: deployment };
        wait_for(self.pay([call]));
        format!("{address:#066x}")
    }

    /// Waits until the network has the transaction `hash`.
    pub fn wait_until_known(&self, hash: &str) {
        let hash = Felt::from_hex(hash).unwrap();
        let known = async || self.stage.node().status_of(hash).await.unwrap() != Status::Unknown;
        wait_for(async {
            while !known().await {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Says whether the chain does not know the transaction that a request's parameters name.
    pub fn is_unknown(&self, params: &Value) -> bool {
        let hash = params.get(0).or_else(|| params.get("transaction_hash"));
        let hash = Felt::from_hex(hash.and_then(Value::as_str).unwrap()).unwrap();
        wait_for(self.stage.node().status_of(hash)).unwrap() == Status::Unknown
    }

    /// Executes the transaction that is in the parameters of a request.
    pub fn execute(&self, params: &Value) {
        let invoke = params.get(0).or_else(|| params.get("invoke_transaction")).unwrap();
        let invoke: BroadcastedInvokeTransaction = serde_json::from_value(invoke.clone()).unwrap();
        wait_for(self.stage.node().add_invoke_transaction(invoke)).unwrap();
    }

    /// Returns the balance of `address` in STRK, in FRI.
    pub fn balance(&self, address: Felt) -> u128 {
        wait_for(token::balance(self.stage.node(), token::STRK, address)).unwrap()
    }

    /// Sends FRI to `address`.
    pub fn mint(&self, address: &str, amount: u64) {
        let address = Felt::from_hex(address).unwrap();
        wait_for(self.stage.mint(address, amount)).unwrap();
    }
}

/// Runs `future` on one runtime that all tests share, since a client's connections end with the runtime that
/// made them.
pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).block_on(future)
}
