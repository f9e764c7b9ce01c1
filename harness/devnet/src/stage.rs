//! A devnet to work on, whoever runs it.

use std::fmt;

use session_client::class::{Artifact, Meter};
use session_client::{Error, Finality, NEXT_BLOCK, Node, Outcome, Owner, Result, authority};
use starknet_rust::accounts::{Account, ExecutionV3};
use starknet_rust::core::types::{
    Felt, MaybePreConfirmedBlockWithTxHashes, PreConfirmedBlockWithTxHashes, StarknetError,
};
use starknet_rust::providers::{Provider, ProviderError};
use starknet_rust::signers::SigningKey;
use url::Url;

#[cfg(feature = "embedded")]
use crate::faults::{Fault, Proxy};
use crate::{Bounds, Devnet, PredeployedAccount};
#[cfg(feature = "embedded")]
use crate::{Embedded, Network, Settings, StartError};

/// A devnet with accounts that have funds, a clock that can be set, and fixed bounds that what is sent
/// there keeps to. Dropping it stops an embedded devnet.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use session_devnet::{Settings, Stage};
///
/// let stage = Stage::start(Settings::default()).await?;
/// stage.declare(&session_client::class::session_account()?).await?;
/// stage.set_time(1_900_000_000).await?;
/// let outcome = stage.bounds().send(stage.payer(), vec![]).await?;
/// assert_eq!(outcome.reverted, None);
/// # Ok(())
/// # }
/// ```
pub struct Stage {
    url: Url,
    devnet: Devnet,
    node: Node,
    bounds: Bounds,
    predeployed: Vec<PredeployedAccount>,
    accounts: Vec<Owner>,
    payer: Owner,
    /// Stops when it is dropped.
    #[cfg(feature = "embedded")]
    embedded: Option<Embedded>,
}

impl Stage {
    /// Starts a devnet inside this process.
    ///
    /// # Errors
    /// [`StartError`] if the chain does not start or no port is free, and as for [`on`](Self::on).
    #[cfg(feature = "embedded")]
    pub async fn start(settings: Settings) -> std::result::Result<Self, StartError> {
        Ok(Self::on(Embedded::start(settings).await?).await?)
    }

    /// Takes over a devnet that runs inside this process.
    ///
    /// # Errors
    /// [`Error::Node`] if it does not answer, [`Error::Answer`] if it has no account.
    #[cfg(feature = "embedded")]
    pub async fn on(embedded: Embedded) -> Result<Self> {
        let mut stage = Self::open(embedded.url().clone()).await?;
        stage.embedded = Some(embedded);
        Ok(stage)
    }

    /// Puts a [network](crate::network) before the chain, for good, and adapts the
    /// [`bounds`](Self::bounds) to its prices.
    ///
    /// # Errors
    /// [`StartError`] if there is one already, if the devnet is not inside this process, and if the node
    /// fails.
    #[cfg(feature = "embedded")]
    pub async fn become_network(
        &mut self,
        settings: crate::network::Settings,
    ) -> std::result::Result<Network, StartError> {
        let network = self.embedded()?.become_network(settings).await?;
        self.bounds = Bounds::after(&self.next_block().await?)?;
        Ok(network)
    }

    /// Serves the chain at another place too, where things go wrong: see [`Proxy::before`].
    ///
    /// # Errors
    /// [`StartError`] if the devnet is not inside this process, or no port is free.
    #[cfg(feature = "embedded")]
    pub async fn behind(
        &self,
        decide: impl Fn(&str, &serde_json::Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> std::result::Result<(Url, Proxy), StartError> {
        Proxy::before(self.embedded()?, decide).await
    }

    #[cfg(feature = "embedded")]
    fn embedded(&self) -> std::result::Result<&Embedded, StartError> {
        let elsewhere = || StartError::Start("the devnet is not inside this process".to_owned());
        self.embedded.as_ref().ok_or_else(elsewhere)
    }

    /// Uses the devnet that runs at `url`. Its prices may rise, so bounds are twice what they are now.
    ///
    /// # Errors
    /// [`Error::Node`] if the node cannot be reached or is no devnet, which is found out before anything
    /// else is asked of it; [`Error::Answer`] if it has no account.
    pub async fn at(url: Url) -> Result<Self> {
        let mut stage = Self::open(url).await?;
        stage.bounds = Bounds::after(&stage.next_block().await?)?;
        Ok(stage)
    }

    async fn open(url: Url) -> Result<Self> {
        let devnet = Devnet::new(url.clone());
        let predeployed = devnet.predeployed_accounts().await?;
        let node = Node::connect(url.clone()).await?;
        let accounts: Vec<_> = predeployed
            .iter()
            .map(|it| {
                let key = SigningKey::from_secret_scalar(it.private_key);
                Owner::new(node.clone(), it.address, key)
            })
            .collect();
        let payer = accounts.first().cloned();
        let payer = payer.ok_or_else(|| Error::Answer("the devnet has no accounts".to_owned()))?;
        Ok(Self {
            url,
            devnet,
            node,
            bounds: Bounds::EMBEDDED,
            predeployed,
            accounts,
            payer,
            #[cfg(feature = "embedded")]
            embedded: None,
        })
    }

    /// Returns where its JSON-RPC is served.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Its host and port: the rest of the address may hold a provider's key.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(&self.url)
    }

    /// Returns what only a devnet can do.
    #[must_use]
    pub const fn devnet(&self) -> &Devnet {
        &self.devnet
    }

    /// Returns the node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the chain's id, to which signatures bind.
    #[must_use]
    pub const fn chain_id(&self) -> Felt {
        self.node.chain_id()
    }

    /// Returns the bounds that what is sent here keeps to.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Gives `execution` the stage's [`bounds`](Self::bounds).
    pub fn bounded<'a, A: Account>(&self, execution: ExecutionV3<'a, A>) -> ExecutionV3<'a, A> {
        self.bounds.execution(execution)
    }

    /// Returns the accounts that the devnet deployed and funded, of OpenZeppelin's class: at least one.
    #[must_use]
    pub fn accounts(&self) -> &[Owner] {
        &self.accounts
    }

    /// Returns the same accounts with their keys, in the same order: for clients that sign elsewhere.
    #[must_use]
    pub fn predeployed(&self) -> &[PredeployedAccount] {
        &self.predeployed
    }

    /// Returns the first of the accounts, which pays for what the stage itself does.
    #[must_use]
    pub const fn payer(&self) -> &Owner {
        &self.payer
    }

    /// Declares `artifact`, in the form that is metered as networks do, unless the devnet knows its
    /// class. Returns what the declaration came to, if there was one, and how the devnet meters the
    /// class: it keeps the version of Sierra that it was first declared with.
    ///
    /// # Errors
    /// [`Error::Reverted`] or [`Error::Refused`] if the class is not taken, [`Error::Node`] if the node
    /// fails.
    pub async fn declare(&self, artifact: &Artifact) -> Result<(Option<Outcome>, Meter)> {
        let class = || self.node.get_class(NEXT_BLOCK, artifact.class_hash);
        match class().await {
            Err(ProviderError::StarknetError(StarknetError::ClassHashNotFound)) => {
                let Artifact { class: sierra, compiled_class_hash, .. } = artifact.for_devnet();
                let declaration = self.payer.declare_v3(sierra, compiled_class_hash);
                let sent = self.bounds.declaration(declaration).send().await?;
                let outcome = self.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await?;
                Ok((Some(outcome.succeeded()?), Meter::of(&class().await?)))
            }
            known => Ok((None, Meter::of(&known?))),
        }
    }

    /// Gives `address` STRK, in FRI.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails.
    pub async fn mint(&self, address: Felt, amount: u64) -> Result<()> {
        self.devnet.mint(address, amount).await
    }

    /// Sets the clock: the next transaction runs at exactly `time`, in Unix seconds.
    ///
    /// # Errors
    /// [`Error::Node`] if the time lies before the last block's.
    pub async fn set_time(&self, time: u64) -> Result<()> {
        self.devnet.set_time(time).await
    }

    /// Returns the time that the next transaction will see, in Unix seconds.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails.
    pub async fn now(&self) -> Result<u64> {
        Ok(self.next_block().await?.timestamp)
    }

    /// Returns the block that the next transaction will run in.
    async fn next_block(&self) -> Result<PreConfirmedBlockWithTxHashes> {
        match self.node.get_block_with_tx_hashes(NEXT_BLOCK).await? {
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => Ok(block),
            MaybePreConfirmedBlockWithTxHashes::Block(_) => {
                Err(Error::Answer("the node shows no block to come".to_owned()))
            }
        }
    }
}

/// Shows host and port alone.
impl fmt::Debug for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stage({})", self.authority())
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there fails")]

    use session_client::token::{STRK, balance, transfer};

    use super::*;

    #[tokio::test]
    async fn what_is_sent_within_the_bounds_is_included() {
        let stage = Stage::start(Settings::default()).await.unwrap();
        let payment = transfer(STRK, Felt::TWO, 5);
        let outcome = stage.bounds().send(stage.payer(), vec![payment]).await.unwrap();
        assert_eq!(outcome.reverted, None);
        assert_eq!(balance(stage.node(), STRK, Felt::TWO).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn the_bounds_of_a_devnet_inside_the_process_are_its_prices_and_elsewhere_twice_them() {
        let stage = Stage::start(Settings::default()).await.unwrap();
        let elsewhere = Stage::at(stage.url().clone()).await.unwrap();
        let Bounds { l2_gas_price, l1_data_gas_price, .. } = *stage.bounds();
        assert_eq!(elsewhere.bounds().l2_gas_price, 2 * l2_gas_price);
        assert_eq!(elsewhere.bounds().l1_data_gas_price, 2 * l1_data_gas_price);
    }

    #[tokio::test]
    async fn a_class_is_declared_once_and_metered_as_networks_do() {
        let stage = Stage::start(Settings::default()).await.unwrap();
        let artifact = session_client::class::session_account().unwrap();
        let (outcome, meter) = stage.declare(&artifact).await.unwrap();
        assert!(outcome.is_some());
        assert_eq!(meter, Meter::SierraGas);
        assert_eq!(stage.declare(&artifact).await.unwrap(), (None, Meter::SierraGas));
    }

    #[tokio::test]
    async fn the_next_transaction_sees_the_time_that_was_set() {
        let stage = Stage::start(Settings::default()).await.unwrap();
        stage.set_time(4_000_000_000).await.unwrap();
        assert_eq!(stage.now().await.unwrap(), 4_000_000_000);
    }

    #[tokio::test]
    async fn a_stage_shows_neither_keys_nor_the_path_of_its_address() {
        let stage = Stage::start(Settings::default()).await.unwrap();
        let port = stage.url().port().unwrap();
        assert_eq!(format!("{stage:?}"), format!("Stage(127.0.0.1:{port})"));
    }
}
