//! A devnet with the account's class, and accounts on it.

use std::sync::Arc;

use anyhow::{Context, Result};
use session_harness::artifact::{Artifact, Meter};
use session_harness::deploy::{self, Counterfactual};
use session_harness::devnet::{Devnet, Embedded, Settings};
use session_harness::{
    Error, Outcome, OwnerAccount, SessionAccount, SessionContract, SessionKey, owner_account, wait,
};
use starknet_rust_accounts::{Account, ConnectedAccount, ExecutionV3};
use starknet_rust_core::types::{Call, Felt};
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;
use url::Url;

pub type Node = Arc<JsonRpcClient<HttpTransport>>;

/// When an embedded devnet's clock starts, in Unix seconds.
pub const START: u64 = 1_800_000_000;
/// When sessions end.
pub const END: u64 = START + 6 * 3_600;

/// 10 STRK, in FRI.
const BALANCE: u64 = 10_000_000_000_000_000_000;
const L2_GAS: u64 = 400_000_000;
const L1_DATA_GAS: u64 = 100_000;
const GAS_PRICE: u128 = 1_000_000_000;

/// A devnet on which the class to measure is declared.
pub struct Chain {
    /// Stops when it is dropped.
    _embedded: Option<Embedded>,
    pub devnet: Devnet,
    pub node: Node,
    pub chain_id: Felt,
    pub class_hash: Felt,
    /// How the chain meters the class.
    pub meter: Meter,
    /// The devnet's first account, which declares and deploys. Nothing that it sends is measured: its
    /// class is older than Sierra 1.7, so the chain meters it, and all that it calls, in steps.
    pub payer: OwnerAccount<Node>,
}

/// An account, with its owner's key.
pub struct Owned {
    pub key: SigningKey,
    pub owner: OwnerAccount<Node>,
    pub contract: SessionContract<Node>,
}

impl Chain {
    /// An embedded devnet with nothing on it that differs from run to run.
    pub async fn start(artifact: &Artifact) -> Result<Self> {
        let settings = Settings { start_time: Some(START), ..Settings::default() };
        let embedded = Embedded::start(settings).await?;
        let url = embedded.url().clone();
        let chain = Self::open(url, Some(embedded), artifact).await?;
        chain.devnet.set_time(START).await?;
        Ok(chain)
    }

    /// The devnet that runs at `url`.
    pub async fn at(url: Url, artifact: &Artifact) -> Result<Self> {
        Self::open(url, None, artifact).await
    }

    async fn open(url: Url, embedded: Option<Embedded>, artifact: &Artifact) -> Result<Self> {
        let devnet = Devnet::new(url.clone());
        let node = Arc::new(JsonRpcClient::new(HttpTransport::new(url)));
        let chain_id = node.chain_id().await?;
        let first = devnet.predeployed_accounts().await?.into_iter().next();
        let first = first.context("the devnet has an account")?;
        let key = SigningKey::from_secret_scalar(first.private_key);
        let payer = owner_account(node.clone(), first.address, chain_id, key);
        let class_hash = artifact.class_hash;
        let (_, meter) = deploy::declare_on_devnet(&payer, artifact).await?;
        Ok(Self { _embedded: embedded, devnet, node, chain_id, class_hash, meter, payer })
    }

    /// Deploys an account, owned by `key`, and gives it 10 STRK.
    pub async fn deploy(&self, key: SigningKey) -> Result<(Owned, Outcome)> {
        let public_key = key.verifying_key().scalar();
        let (address, outcome) =
            deploy::deploy(&self.payer, self.class_hash, public_key, Felt::ZERO).await?;
        self.devnet.mint(address, BALANCE).await?;
        Ok((Owned::new(&self.node, self.chain_id, address, key), outcome))
    }

    /// Has an account, owned by `key`, deploy itself.
    pub async fn deploy_itself(&self, key: SigningKey) -> Result<Outcome> {
        let (node, class_hash) = (self.node.clone(), self.class_hash);
        let account = Counterfactual::new(node, self.chain_id, class_hash, key, Felt::ZERO).await;
        self.devnet.mint(account.address(), BALANCE).await?;
        Ok(account.deploy().await?)
    }

    /// The account at `address` as the session of `key`, which ends at [`END`], sees it.
    pub fn session(&self, address: Felt, key: &Arc<SessionKey>) -> SessionAccount<Node> {
        SessionAccount::new(self.node.clone(), address, self.chain_id, key.clone(), END)
    }
}

impl Owned {
    fn new(node: &Node, chain_id: Felt, address: Felt, key: SigningKey) -> Self {
        Self {
            owner: owner_account(node.clone(), address, chain_id, key.clone()),
            contract: SessionContract::new(address, node.clone()),
            key,
        }
    }
}

/// Has `account` make `calls`, and waits until they are in a block. They must succeed.
pub async fn send<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Result<Outcome> {
    let sent = bounded(account.execute_v3(calls)).send().await.map_err(Error::from)?;
    Ok(wait(account.provider(), sent.transaction_hash).await?.succeeded()?)
}

/// With bounds above what it needs: an estimate would cost a second run.
pub fn bounded<A: Account>(execution: ExecutionV3<'_, A>) -> ExecutionV3<'_, A> {
    execution
        .l1_gas(0)
        .l1_gas_price(GAS_PRICE)
        .l2_gas(L2_GAS)
        .l2_gas_price(GAS_PRICE)
        .l1_data_gas(L1_DATA_GAS)
        .l1_data_gas_price(GAS_PRICE)
        .tip(0)
}
