//! The chain on which a command works: a node of the network that the user named.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use session_client::class::{Artifact, Meter};
use session_client::felt::selector;
use session_client::network::{Network, chain_name};
use session_client::{Error, NEXT_BLOCK, Node, Patience, Transport, authority};
use session_devnet::PredeployedAccount;
use starknet_rust::core::types::{
    BlockId, BlockTag, ContractClass, Felt, FunctionCall, MaybePreConfirmedBlockWithTxHashes,
    StarknetError,
};
use starknet_rust::providers::{Provider, ProviderError};
use tokio::time::{Instant, sleep};
use url::Url;

use super::answer::Printer;
use super::devnet::Devnet;
use super::exit::{Failure, Kind};
use super::settings::Settings;

/// How long one request may take at least, whatever `--timeout` says.
const SHORTEST_REQUEST: Duration = Duration::from_secs(10);
/// How many seconds a public chain's clock may be ahead of or behind this machine's.
const APART: u64 = 600;
/// The last block that was made, without what is only pre-confirmed.
const LAST_BLOCK: BlockId = BlockId::Tag(BlockTag::Latest);
/// The pause between two looks for a block.
const LOOK: Duration = Duration::from_secs(1);
/// Shorter pauses between two tries are not reported.
const TOLD: Duration = Duration::from_secs(1);

/// A node that answers and is of the network that was named.
pub struct Chain {
    pub node: Node,
    pub network: Network,
    url: Url,
    devnet: Devnet,
}

impl Chain {
    /// Connects to the node. A request that fails in a way that may pass is made again for as long as
    /// `--timeout` says, and this is reported.
    pub async fn connect(settings: &Settings) -> Result<Self, Failure> {
        let url = settings.url.clone();
        let printer = Printer { json: settings.json };
        let limit = Duration::from_secs(settings.wait.timeout);
        let usual = Patience::default();
        let mut patience = usual.retrying_for(limit).catching_up_for(usual.catching_up.min(limit));
        patience.request = usual.request.min(limit.max(SHORTEST_REQUEST));
        let transport = Transport::new(url.clone(), patience).map_err(Error::from)?;
        let transport = transport.telling(move |error, pause| {
            // A message about a shorter pause could not be read in time.
            if pause >= TOLD {
                printer.note(format!("{error}: once more in {} s", pause.as_secs()));
            }
        });
        let node = Node::connect_by(transport).await?;
        let chain_id = node.chain_id();
        let devnet = Devnet::new(url.clone(), node.transport().client().clone(), limit);

        let network = match &settings.network {
            // What a command does on a devnet that is called Sepolia would be recorded as done on Sepolia. A
            // public node may never answer clearly, so the user is then believed.
            Some(Network::Sepolia)
                if Network::Sepolia.admits(chain_id)
                    && devnet.is_there().await.is_ok_and(|it| it) =>
            {
                return Err(Failure::usage(
                    format!("the node at {} is a devnet, and not of sepolia", authority(&url)),
                    "give --network devnet, or name a node of Sepolia",
                ));
            }
            Some(network) if network.admits(chain_id) => network.clone(),
            Some(network) => {
                return Err(Failure::usage(
                    format!(
                        "the node at {} is of the chain {}, not of {network}",
                        authority(&url),
                        chain_name(chain_id)
                    ),
                    "name a node of that network, or the network of that node",
                ));
            }
            // A devnet has Sepolia's chain id. On every other chain the node is not believed if it says that
            // it is a devnet, since what is sent there may cost money.
            None => match Network::of(chain_id) {
                Network::Sepolia if devnet.is_there().await? => Network::Devnet,
                network => network,
            },
        };
        let node = node.with_journal(settings.journal(&network));
        Ok(Self { node, network, url, devnet })
    }

    /// Returns the network and the node's host. The rest of the URL is left out, because it may hold a
    /// provider's key.
    pub fn name(&self) -> String {
        let (network, chain) = (self.network.to_string(), chain_name(self.node.chain_id()));
        format!("{network} (chain {chain}) at {}", authority(&self.url))
    }

    /// Returns the time that the next transaction will see, in Unix seconds. A session's end is computed from
    /// this time, so the node's clock may be far ahead of this machine's only on a devnet.
    pub async fn now(&self) -> Result<u64, Failure> {
        let time = self.node.now().await?;
        let ahead = time.saturating_sub(here());
        if self.network == Network::Devnet || ahead <= APART {
            return Ok(time);
        }
        Err(Failure::new(
            Kind::Network,
            format!("the node's clock is {ahead} s ahead of this machine's"),
        )
        .remedy("set this machine's clock right; if it is, do not trust this node"))
    }

    /// Returns the price of L2 gas in the block that is being made, in FRI.
    pub async fn l2_gas_price(&self) -> Result<u128, Failure> {
        let block = self.node.get_block_with_tx_hashes(NEXT_BLOCK).await.map_err(Error::from)?;
        let price = match block {
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block.l2_gas_price,
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => block.l2_gas_price,
        };
        u128::try_from(price.price_in_fri)
            .map_err(|_| Failure::new(Kind::Network, "the node's price of gas is no amount"))
    }

    /// Says how far the node's last block is behind this machine's clock, such as `3 hours behind`, if that
    /// is more than on a network that works. Devnets are left out: they make blocks only when told to.
    pub async fn behind(&self) -> Result<Option<String>, Failure> {
        let block = self.node.get_block_with_tx_hashes(LAST_BLOCK).await.map_err(Error::from)?;
        let time = match block {
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block.timestamp,
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => block.timestamp,
        };
        let behind = here().saturating_sub(time);
        let is_behind = self.network != Network::Devnet && behind > APART;
        Ok(is_behind.then(|| format!("{} behind this machine's clock", span(behind))))
    }

    /// Returns the class of the contract at `address`, if there is one.
    pub async fn class_of(&self, address: Felt) -> Result<Option<Felt>, Failure> {
        Ok(self.node.class_of(address).await?)
    }

    /// Returns the class of the contract at `address` in the last block, if there is one. What is only
    /// pre-confirmed does not count, since it may still be dropped.
    pub async fn class_in_block(&self, address: Felt) -> Result<Option<Felt>, Failure> {
        match self.node.get_class_hash_at(LAST_BLOCK, address).await {
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => Ok(None),
            class_hash => Ok(Some(class_hash.map_err(Error::from)?)),
        }
    }

    /// Waits, for at most `limit`, until the view `view` answers in the last block as it does for the next
    /// transaction. Until then the state may still be dropped, and no command calls it done.
    pub async fn agrees(
        &self,
        contract: Felt,
        view: &str,
        arguments: &[Felt],
        limit: Duration,
    ) -> Result<(), Failure> {
        let start = Instant::now();
        loop {
            let ask = |block| async move {
                let calldata = arguments.to_vec();
                let entry_point_selector = selector(view);
                let call =
                    FunctionCall { contract_address: contract, entry_point_selector, calldata };
                match self.node.provider().call(call, block).await {
                    Ok(felts) => Ok(Some(felts)),
                    // There is no such contract or function there. Whoever calls the view next reports this.
                    Err(ProviderError::StarknetError(_)) => Ok(None),
                    Err(error) => Err(Failure::from(Error::from(error))),
                }
            };
            if ask(LAST_BLOCK).await? == ask(NEXT_BLOCK).await? {
                return Ok(());
            }
            if start.elapsed() >= limit {
                let what = "an earlier transaction is pre-confirmed, and in no block yet: nothing was sent";
                return Err(Failure::new(Kind::Pending, what).remedy("run this again in a minute"));
            }
            sleep(LOOK).await;
        }
    }

    /// Waits, for at most `limit`, until the deployment of an account that somebody is deploying is in a
    /// block. Returns `None` at once if nobody is deploying it.
    pub async fn account_comes(
        &self,
        address: Felt,
        limit: Duration,
    ) -> Result<Option<Felt>, Failure> {
        let start = Instant::now();
        loop {
            let class_hash = self.class_in_block(address).await?;
            if class_hash.is_some() || self.class_of(address).await?.is_none() {
                return Ok(class_hash);
            }
            if start.elapsed() >= limit {
                let what = "the account is pre-confirmed, and in no block yet";
                return Err(Failure::new(Kind::Pending, what).remedy("run this again in a minute"));
            }
            sleep(LOOK).await;
        }
    }

    /// Says whether the class is declared for the next transaction, so also if the declaration is only
    /// pre-confirmed.
    pub async fn is_declared(&self, class_hash: Felt) -> Result<bool, Failure> {
        Ok(self.class(class_hash).await?.is_some())
    }

    /// Says whether the class is declared in a block.
    pub async fn is_declared_in_block(&self, class_hash: Felt) -> Result<bool, Failure> {
        Ok(self.class_at(LAST_BLOCK, class_hash).await?.is_some())
    }

    /// Waits, for at most `limit`, until the declaration of a class that somebody is declaring is in a block.
    /// Returns false at once if nobody is declaring it.
    pub async fn comes(&self, class_hash: Felt, limit: Duration) -> Result<bool, Failure> {
        let start = Instant::now();
        while !self.is_declared_in_block(class_hash).await? {
            if !self.is_declared(class_hash).await? {
                return Ok(false);
            }
            if start.elapsed() >= limit {
                let what = "the class is pre-confirmed, and in no block yet";
                return Err(Failure::new(Kind::Pending, what).remedy("run this again in a minute"));
            }
            sleep(LOOK).await;
        }
        Ok(true)
    }

    /// Returns the class that is declared under `class_hash`, if one is.
    pub async fn class(&self, class_hash: Felt) -> Result<Option<ContractClass>, Failure> {
        self.class_at(NEXT_BLOCK, class_hash).await
    }

    async fn class_at(
        &self,
        block: BlockId,
        class_hash: Felt,
    ) -> Result<Option<ContractClass>, Failure> {
        match self.node.get_class(block, class_hash).await {
            Ok(class) => Ok(Some(class)),
            Err(ProviderError::StarknetError(StarknetError::ClassHashNotFound)) => Ok(None),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Returns the accounts that the devnet deployed.
    ///
    /// # Errors
    /// If the chain is no devnet, the user named another network, or the node does not answer clearly.
    pub async fn predeployed(&self) -> Result<Vec<PredeployedAccount>, Failure> {
        if self.network == Network::Devnet
            && let Some(accounts) = self.devnet.accounts().await?
        {
            return Ok(accounts);
        }
        let what = format!("{} is no devnet: it has no predeployed accounts", self.network);
        Err(Failure::usage(what, "give the account's address: 0x…"))
    }

    /// Says whether the node says itself that it is a devnet, and the user did not name another network.
    pub async fn is_devnet(&self) -> Result<bool, Failure> {
        Ok(self.network == Network::Devnet && self.devnet.is_there().await?)
    }

    /// Returns `artifact` in the form in which it must be declared here, so that the chain meters it as
    /// networks do.
    pub async fn form_of(&self, artifact: &Artifact) -> Result<Artifact, Failure> {
        let is_devnet = self.is_devnet().await?;
        Ok(if is_devnet { artifact.for_devnet() } else { artifact.clone() })
    }

    /// Returns how a devnet meters the class that is declared under `class_hash`. Returns `None` if the chain
    /// is no devnet or has no such class.
    pub async fn meter_of(&self, class_hash: Felt) -> Result<Option<Meter>, Failure> {
        if !self.is_devnet().await? {
            return Ok(None);
        }
        Ok(self.class(class_hash).await?.as_ref().map(Meter::of))
    }
}

/// Returns this machine's time, in Unix seconds.
fn here() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Names a span of `seconds`, rounded down.
fn span(seconds: u64) -> String {
    match seconds {
        0..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
