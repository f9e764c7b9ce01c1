//! A devnet with the account's class, and accounts of that class.

use std::sync::Arc;

use anyhow::Result;
use session_client::class::{Artifact, Meter};
use session_client::deploy::{self, Counterfactual};
use session_client::{Node, Outcome, Owner, Session, SessionContract, SessionKey};
use session_devnet::{Bounds, Settings, Stage};
use starknet_rust::accounts::{Account, ConnectedAccount, ExecutionV3};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;
use url::Url;

/// The time at which an embedded devnet's clock starts, in Unix seconds.
pub const START: u64 = 1_800_000_000;
/// The end of sessions, in Unix seconds.
pub const END: u64 = START + 6 * 3_600;

/// The balance of each account at first: 10 STRK, in FRI.
const BALANCE: u64 = 10_000_000_000_000_000_000;
/// Fee bounds above what the largest transaction needs. With fixed bounds no transaction is executed twice,
/// as for an estimate.
const BOUNDS: Bounds = Bounds { l2_gas: 400_000_000, l1_data_gas: 100_000, ..Bounds::EMBEDDED };

/// A devnet on which the class under measurement is declared.
pub struct Chain {
    /// The devnet. Its first account declares and deploys, and its transactions are not measured: its class
    /// is older than Sierra 1.7, so the devnet measures it, and all that it calls, in Cairo steps.
    pub stage: Stage,
    pub class_hash: Felt,
    /// The unit in which the devnet measures the class.
    pub meter: Meter,
}

/// An account, with its owner's key.
pub struct Owned {
    pub key: SigningKey,
    pub owner: Owner,
    pub contract: SessionContract,
}

impl Chain {
    /// Starts an embedded devnet that is the same in every run.
    pub async fn start(artifact: &Artifact) -> Result<Self> {
        let settings = Settings { start_time: Some(START), ..Settings::default() };
        let chain = Self::on(Stage::start(settings).await?, artifact).await?;
        chain.stage.set_time(START).await?;
        Ok(chain)
    }

    /// Deploys an account that `key` owns, and gives it 10 STRK.
    pub async fn at(url: Url, artifact: &Artifact) -> Result<Self> {
        Self::on(Stage::at(url).await?, artifact).await
    }

    async fn on(stage: Stage, artifact: &Artifact) -> Result<Self> {
        let (_, meter) = stage.declare(artifact).await?;
        Ok(Self { stage, class_hash: artifact.class_hash, meter })
    }

    /// Deploys an account, owned by `key`, and gives it 10 STRK.
    pub async fn deploy(&self, key: SigningKey) -> Result<(Owned, Outcome)> {
        let public_key = key.verifying_key().scalar();
        let (address, outcome) =
            deploy::deploy(self.stage.payer(), self.class_hash, public_key, Felt::ZERO).await?;
        self.stage.mint(address, BALANCE).await?;
        Ok((Owned::new(self.stage.node(), address, key), outcome))
    }

    /// Lets an account that `key` owns deploy itself.
    pub async fn deploy_itself(&self, key: SigningKey) -> Result<Outcome> {
        let (node, class_hash) = (self.stage.node().clone(), self.class_hash);
        let account = Counterfactual::new(&node, class_hash, key, Felt::ZERO).await;
        self.stage.mint(account.address(), BALANCE).await?;
        Ok(account.deploy().await?)
    }

    /// Returns the session of `key` on the account at `address`, which ends at [`END`].
    pub fn session(&self, address: Felt, key: &Arc<SessionKey>) -> Session {
        Session::new(self.stage.node().clone(), address, key.clone(), END)
    }
}

impl Owned {
    fn new(node: &Node, address: Felt, key: SigningKey) -> Self {
        Self {
            owner: Owner::new(node.clone(), address, key.clone()),
            contract: SessionContract::new(address, node.clone()),
            key,
        }
    }
}

/// Sends a transaction of `account` that makes `calls`, and waits until it is in a block. It must succeed.
pub async fn send<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Result<Outcome> {
    Ok(BOUNDS.send(account, calls).await?.succeeded()?)
}

/// Sets fee bounds above what `execution` needs, so that no estimate is made.
pub fn bounded<A: Account>(execution: ExecutionV3<'_, A>) -> ExecutionV3<'_, A> {
    BOUNDS.execution(execution)
}
