//! Devnets, and who has funds on them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_client::felt::selector;
use session_client::{Status, class, deploy, token};
use session_devnet::faults::Faults;
use session_devnet::{PredeployedAccount, Settings, Stage, network};
use starknet_rust::accounts::Account;
use starknet_rust::core::codec::Encode;
use starknet_rust::core::types::{
    BlockId, BlockTag, ByteArray, Call, Felt, InvokeTransaction, Transaction,
};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use url::Url;

/// The accounts that a devnet deploys itself. It keeps a copy of the class for each of them, some 38 MB, and
/// takes half a second to list 60: whoever needs more has them deployed.
const ACCOUNTS: u8 = 3;
/// The devnet's class of STRK.
const TOKEN: Felt =
    Felt::from_hex_unchecked("0x02e77ee61d4df3d988ee1f42ea5442e913862cc82c2584d212ecda76666498fc");

/// What each account has, in FRI and in WEI: 1,000 STRK and 1,000 ETH.
const FUNDS: u128 = 1_000_000_000_000_000_000_000;

pub struct Node {
    stage: Stage,
    taken: AtomicUsize,
    /// Whose turn it is to have the stage's payer pay.
    turn: Mutex<()>,
}

impl Node {
    /// A chain of one's own.
    pub fn start() -> Self {
        wait_for(async {
            let settings = Settings { accounts: ACCOUNTS, ..Settings::default() };
            Self::on(Stage::start(settings).await.unwrap())
        })
    }

    const fn on(stage: Stage) -> Self {
        // The first pays for what the stage does.
        Self { stage, taken: AtomicUsize::new(1), turn: Mutex::const_new(()) }
    }

    /// The chain that tests share: the class is declared there.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Node> = OnceLock::new();
        SHARED.get_or_init(|| {
            let node = Self::start();
            wait_for(node.stage.declare(&class::session_account().unwrap())).unwrap();
            node
        })
    }

    /// A chain of one's own that behaves like a network, `speed` times as fast as one, and where it is
    /// reached between which and a client goes wrong what `faults` says.
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

    /// An account with funds, of OpenZeppelin's class, that nobody else uses.
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

    /// What the transaction may cost, in FRI, by its own bounds.
    pub fn most_fee(&self, transaction: &str) -> u128 {
        let hash = Felt::from_hex(transaction).unwrap();
        let found = wait_for(self.stage.node().get_transaction_by_hash(hash, None)).unwrap();
        let Transaction::Invoke(InvokeTransaction::V3(invoke)) = found else {
            panic!("no invoke transaction of version 3: {found:?}")
        };
        assert_eq!(invoke.tip, 0);
        let bounds = invoke.resource_bounds;
        [bounds.l1_gas, bounds.l2_gas, bounds.l1_data_gas]
            .iter()
            .map(|it| u128::from(it.max_amount) * it.max_price_per_unit)
            .sum()
    }

    /// Has the next block see the time that it is: the devnet's pending block keeps that of its start.
    pub fn tick(&self) {
        wait_for(self.stage.devnet().create_block()).unwrap();
    }

    /// Returns the number that the devnet has for the account, from 1.
    pub fn number_of(&self, address: Felt) -> usize {
        let is_it = |account: &PredeployedAccount| account.address == address;
        self.stage.predeployed().iter().position(is_it).unwrap() + 1
    }

    /// Deploys a token that says this of itself, of which `holder` gets `supply`.
    pub fn token(&self, symbol: &str, decimals: u8, holder: &str, supply: u64) -> String {
        let holder = Felt::from_hex(holder).unwrap();
        let mut calldata = Vec::new();
        for text in ["a token", symbol] {
            ByteArray::from(text).encode(&mut calldata).unwrap();
        }
        // Decimals, supply, its holder, two that have rights over it, the delay of an upgrade.
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

    /// Says what `address` holds of STRK, in FRI.
    pub fn balance(&self, address: Felt) -> u128 {
        wait_for(token::balance(self.stage.node(), token::STRK, address)).unwrap()
    }

    /// Gives `address` FRI.
    pub fn mint(&self, address: &str, amount: u64) {
        let address = Felt::from_hex(address).unwrap();
        wait_for(self.stage.mint(address, amount)).unwrap();
    }
}

/// Runs on the one runtime of all tests: a client's connections end with the runtime that made them.
pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).block_on(future)
}
