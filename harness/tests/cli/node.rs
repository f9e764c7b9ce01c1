//! Devnets, and who has funds on them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_harness::devnet::{Devnet, Embedded, PredeployedAccount, Settings};
use session_harness::name::selector;
use session_harness::{artifact, deploy, owner_account, send};
use starknet_rust_accounts::Account;
use starknet_rust_core::codec::Encode;
use starknet_rust_core::types::{
    BlockId, BlockTag, ByteArray, Call, Felt, InvokeTransaction, Transaction,
};
use starknet_rust_core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;
use tokio::runtime::Runtime;
use url::Url;

/// More than are taken: each test takes some, so that no two share a nonce.
const ACCOUNTS: u8 = 120;
/// The devnet's class of STRK.
const TOKEN: Felt =
    Felt::from_hex_unchecked("0x02e77ee61d4df3d988ee1f42ea5442e913862cc82c2584d212ecda76666498fc");

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
        let payer = self.funded();
        let salt = payer.address;
        let address = get_udc_deployed_address(salt, TOKEN, &UdcUniqueness::NotUnique, &calldata);
        let mut deployment = vec![TOKEN, salt, Felt::ZERO, calldata.len().into()];
        deployment.extend(calldata);
        let call =
            Call { to: deploy::UDC, selector: selector("deployContract"), calldata: deployment };
        wait_for(async {
            let client = JsonRpcClient::new(HttpTransport::new(self.url().clone()));
            let chain_id = client.chain_id().await.unwrap();
            let key = SigningKey::from_secret_scalar(payer.private_key);
            let account = owner_account(client, payer.address, chain_id, key);
            send(account.execute_v3(vec![call]), &account).await.unwrap();
        });
        format!("{address:#066x}")
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
