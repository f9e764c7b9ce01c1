//! A devnet for tests, demo and measurements, embedded or at a URL.

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

/// A devnet with funded accounts, a clock that can be set, and fixed fee bounds. Dropping it stops an
/// embedded devnet.
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
    /// The embedded devnet, which stops when it is dropped.
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

    /// Uses a devnet that was started inside this process.
    ///
    /// # Errors
    /// [`Error::Node`] if the devnet does not answer, [`Error::Answer`] if it has no account.
    #[cfg(feature = "embedded")]
    pub async fn on(embedded: Embedded) -> Result<Self> {
        let mut stage = Self::open(embedded.url().clone()).await?;
        stage.embedded = Some(embedded);
        Ok(stage)
    }

    /// Starts a simulated [network](crate::network) on the chain, which cannot be stopped, and adapts the
    /// [`bounds`](Self::bounds) to its prices.
    ///
    /// # Errors
    /// [`StartError`] if the network was started before, if the devnet is not inside this process, or if
    /// the node fails.
    #[cfg(feature = "embedded")]
    pub async fn become_network(
        &mut self,
        settings: crate::network::Settings,
    ) -> std::result::Result<Network, StartError> {
        let network = self.embedded()?.become_network(settings).await?;
        self.bounds = Bounds::after(&self.next_block().await?)?;
        Ok(network)
    }

    /// Serves the chain at a second URL, where faults occur: see [`Proxy::before`].
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

    /// Uses the devnet that runs at `url`. Its prices may rise, so the bounds are twice its present prices.
    ///
    /// # Errors
    /// [`Error::Node`] if the node cannot be reached or is not a devnet, which is checked first;
    /// [`Error::Answer`] if it has no account.
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

    /// Returns the URL of the devnet's JSON-RPC.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the URL's host and port; the rest may contain a provider's API key.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(&self.url)
    }

    /// Returns the client of the methods that only devnets have.
    #[must_use]
    pub const fn devnet(&self) -> &Devnet {
        &self.devnet
    }

    /// Returns the node.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Returns the chain id.
    #[must_use]
    pub const fn chain_id(&self) -> Felt {
        self.node.chain_id()
    }

    /// Returns the fixed fee bounds of transactions on this devnet.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Sets the [`bounds`](Self::bounds) of `execution`.
    pub fn bounded<'a, A: Account>(&self, execution: ExecutionV3<'a, A>) -> ExecutionV3<'a, A> {
        self.bounds.execution(execution)
    }

    /// Returns the accounts that the devnet deployed and funded, at least one, of OpenZeppelin's class.
    #[must_use]
    pub fn accounts(&self) -> &[Owner] {
        &self.accounts
    }

    /// Returns the same accounts with their private keys, in the same order, for clients in other
    /// processes.
    #[must_use]
    pub fn predeployed(&self) -> &[PredeployedAccount] {
        &self.predeployed
    }

    /// Returns the first of the accounts, which pays for declarations.
    #[must_use]
    pub const fn payer(&self) -> &Owner {
        &self.payer
    }

    /// Declares `artifact`, in the form that a devnet measures in Sierra gas, unless the class is declared
    /// already. Returns the declaration's outcome, if there was one, and the unit in which the devnet
    /// measures the class. A devnet keeps the version of Sierra with which a class was declared first.
    ///
    /// # Errors
    /// [`Error::Reverted`] or [`Error::Refused`] if the declaration is not accepted, [`Error::Node`] if the
    /// node fails.
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

    /// Mints `amount` FRI for `address`.
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

    /// Returns the pre-confirmed block, in which the next transaction will be executed.
    async fn next_block(&self) -> Result<PreConfirmedBlockWithTxHashes> {
        match self.node.get_block_with_tx_hashes(NEXT_BLOCK).await? {
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => Ok(block),
            MaybePreConfirmedBlockWithTxHashes::Block(_) => {
                Err(Error::Answer("the node shows no pre-confirmed block".to_owned()))
            }
        }
    }
}

/// Shows the URL's host and port alone.
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
