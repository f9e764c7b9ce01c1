//! Devnets, and who has funds on them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_harness::devnet::{Devnet, Embedded, PredeployedAccount, Settings};
use session_harness::{artifact, deploy, owner_account};
use starknet_rust_core::types::{BlockId, BlockTag, Felt, InvokeTransaction, Transaction};
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;
use tokio::runtime::Runtime;
use url::Url;

/// More than there are tests: each takes one, so that no two share a nonce.
const ACCOUNTS: u8 = 80;

pub struct Node {
    embedded: Embedded,
    funded: Vec<PredeployedAccount>,
    taken: AtomicUsize,
}

impl Node {
    /// A chain of one's own.
    pub fn start() -> Self {
        wait_for(async {
            let settings = Settings { accounts: ACCOUNTS, ..Settings::default() };
            let embedded = Embedded::start(settings).await.unwrap();
            let devnet = Devnet::new(embedded.url().clone());
            let funded = devnet.predeployed_accounts().await.unwrap();
            Self { embedded, funded, taken: AtomicUsize::new(0) }
        })
    }

    /// The chain that tests share: the class is declared there.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Node> = OnceLock::new();
        SHARED.get_or_init(|| {
            let node = Self::start();
            let payer = node.funded();
            wait_for(async {
                let client = JsonRpcClient::new(HttpTransport::new(node.url().clone()));
                let chain_id = client.chain_id().await.unwrap();
                let key = SigningKey::from_secret_scalar(payer.private_key);
                let account = owner_account(client, payer.address, chain_id, key);
                let class = artifact::session_account().unwrap().for_devnet();
                deploy::declare(&account, &class).await.unwrap();
            });
            node
        })
    }

    pub fn url(&self) -> &Url {
        self.embedded.url()
    }

    /// An account with funds, of OpenZeppelin's class, that nobody else uses.
    pub fn funded(&self) -> PredeployedAccount {
        self.funded[self.taken.fetch_add(1, Ordering::Relaxed)].clone()
    }

    pub fn nonce(&self, address: Felt) -> Felt {
        let client = JsonRpcClient::new(HttpTransport::new(self.url().clone()));
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        wait_for(client.get_nonce(block, address)).unwrap()
    }

    /// What the transaction may cost, in FRI, by its own bounds.
    pub fn most_fee(&self, transaction: &str) -> u128 {
        let client = JsonRpcClient::new(HttpTransport::new(self.url().clone()));
        let hash = Felt::from_hex(transaction).unwrap();
        let found = wait_for(client.get_transaction_by_hash(hash, None)).unwrap();
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
        wait_for(Devnet::new(self.url().clone()).create_block()).unwrap();
    }

    /// Gives `address` FRI.
    pub fn mint(&self, address: &str, amount: u64) {
        let address = Felt::from_hex(address).unwrap();
        wait_for(Devnet::new(self.url().clone()).mint(address, amount)).unwrap();
    }
}

pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    Runtime::new().unwrap().block_on(future)
}
