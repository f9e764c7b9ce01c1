//! The connection to a node, and the questions that a transaction needs answered before it is sent.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use starknet_rust::core::types::{
    BlockId, BlockTag, Felt, MaybePreConfirmedBlockWithTxHashes, StarknetError,
};
use starknet_rust::providers::jsonrpc::JsonRpcClient;
use starknet_rust::providers::{Provider, ProviderError};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::error::Result;
use crate::journal::{InMemory, Journal};
use crate::outbox::Outbox;
use crate::outcome::Outcome;
use crate::status::{Finality, Status};
use crate::transport::{Patience, Transport, authority};
use crate::wait::{Progress, Wait};

/// The block on which the next transaction is executed: it contains the committed and the pre-confirmed
/// transactions.
pub const NEXT_BLOCK: BlockId = BlockId::Tag(BlockTag::PreConfirmed);

/// The pause before a node that is behind is asked again.
const MOMENT: Duration = Duration::from_secs(1);

/// starknet-rust's JSON-RPC client, in the form in which a [`Node`] and its accounts share it.
pub type Rpc = Arc<JsonRpcClient<Transport>>;

/// A connection to a node of a Starknet network, and the network's chain id. Cloning it is cheap.
///
/// It is one of starknet-rust's providers by [`Deref`]. Requests that only read are retried for some
/// seconds when the node does not answer or limits its rate. A request that writes is sent once, and the
/// transaction's hash is known before: see [`Submission`](crate::Submission).
///
/// ```no_run
/// # async fn example() -> session_client::Result<()> {
/// use session_client::Node;
///
/// let node = Node::connect("https://rpc.example/v0_10".parse().expect("a URL")).await?;
/// println!("the next transaction sees {} s", node.now().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Node {
    rpc: Rpc,
    transport: Transport,
    chain_id: Felt,
    shared: Arc<Shared>,
}

/// What all clones of a node share.
struct Shared {
    journal: Arc<dyn Journal>,
    /// The next nonce of each account that sends from this process, and the lock that orders its senders.
    outboxes: Mutex<HashMap<Felt, Arc<Outbox>>>,
    /// The number of the newest block in which a transaction was seen.
    newest: AtomicU64,
}

impl Node {
    /// Connects to the node at `url` and asks it for its chain id.
    ///
    /// # Errors
    /// [`Error::Unreachable`](crate::Error::Unreachable) if it does not answer.
    pub async fn connect(url: Url) -> Result<Self> {
        Self::connect_with(url, Patience::default()).await
    }

    /// Connects to the node at `url`, with the time limits and retries of `patience`.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_with(url: Url, patience: Patience) -> Result<Self> {
        Self::connect_by(Transport::new(url, patience)?).await
    }

    /// Connects through `transport`.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_by(transport: Transport) -> Result<Self> {
        let rpc = Arc::new(JsonRpcClient::new(transport.clone()));
        let chain_id = rpc.chain_id().await?;
        Ok(Self {
            rpc,
            transport,
            chain_id,
            shared: Arc::new(Shared::new(Arc::new(InMemory::new()))),
        })
    }

    /// Writes each transaction into `journal` before it is sent. Clones that were made before keep their
    /// own journal and nonces, so call this before the node is cloned or used.
    #[must_use]
    pub fn with_journal(self, journal: impl Journal + 'static) -> Self {
        Self { shared: Arc::new(Shared::new(Arc::new(journal))), ..self }
    }

    /// Returns starknet-rust's client, to build accounts of other kinds on it.
    #[must_use]
    pub const fn provider(&self) -> &Rpc {
        &self.rpc
    }

    /// Returns the chain id of the node's network.
    #[must_use]
    pub const fn chain_id(&self) -> Felt {
        self.chain_id
    }

    /// Returns the HTTP connection to the node.
    #[must_use]
    pub const fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Returns the journal, into which transactions are written before they are sent.
    #[must_use]
    pub fn journal(&self) -> &dyn Journal {
        &*self.shared.journal
    }

    /// Returns the earliest time that the next transaction can see, in Unix seconds: the timestamp of the
    /// pre-confirmed block. A session's end is compared with this time.
    ///
    /// # Errors
    /// As for [`class_of`](Self::class_of).
    pub async fn now(&self) -> Result<u64> {
        Ok(match self.rpc.get_block_with_tx_hashes(NEXT_BLOCK).await? {
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(block) => block.timestamp,
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block.timestamp,
        })
    }

    /// Returns the class hash of the contract at `address`; `None` if there is no contract.
    ///
    /// # Errors
    /// [`Error::Unreachable`](crate::Error::Unreachable) or [`Error::Node`](crate::Error::Node) if the
    /// node fails.
    pub async fn class_of(&self, address: Felt) -> Result<Option<Felt>> {
        match self.rpc.get_class_hash_at(NEXT_BLOCK, address).await {
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => Ok(None),
            class_hash => Ok(Some(class_hash?)),
        }
    }

    /// Returns the nonce of the account's next transaction, as far as the node knows; 0 for an account that
    /// has not deployed itself yet, or whose deployment is in no block yet.
    ///
    /// # Errors
    /// As for [`class_of`](Self::class_of).
    pub async fn nonce_of(&self, address: Felt) -> Result<Felt> {
        self.nonce_at(NEXT_BLOCK, address).await
    }

    /// Returns the nonce of the account's next transaction in the state of `block`; 0 if there is no
    /// account.
    pub(crate) async fn nonce_at(&self, block: BlockId, address: Felt) -> Result<Felt> {
        match self.rpc.get_nonce(block, address).await {
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => Ok(Felt::ZERO),
            nonce => Ok(nonce?),
        }
    }

    /// Returns the median of the tips in the last block, in FRI for each unit of L2 gas. Somebody who fills
    /// blocks can raise it: use [`Tip::MedianUpTo`](crate::Tip::MedianUpTo) to set a maximum.
    ///
    /// # Errors
    /// As for [`class_of`](Self::class_of).
    pub async fn median_tip(&self) -> Result<u64> {
        let latest = BlockId::Tag(BlockTag::Latest);
        Ok(self.rpc.get_block_with_txs(latest, None).await?.median_tip())
    }

    /// Says what the node knows of the transaction `hash`.
    ///
    /// # Errors
    /// As for [`class_of`](Self::class_of).
    pub async fn status_of(&self, hash: Felt) -> Result<Status> {
        Status::ask(&self.rpc, hash).await
    }

    /// Waits until the transaction `hash` is as final as `finality` says, for at most [five
    /// minutes](crate::Wait::default). Returns its outcome even if it reverted: [`Outcome::succeeded`]
    /// turns a reverted transaction into an error.
    ///
    /// # Errors
    /// [`Error::Pending`](crate::Error::Pending) with the transaction's last known status if the time is
    /// over, and [`Error::Uncertain`](crate::Error::Uncertain) if the node failed until then.
    pub async fn wait(&self, hash: Felt, finality: Finality) -> Result<Outcome> {
        self.wait_with(hash, Wait { finality, ..Wait::default() }, |_| {}).await
    }

    /// Waits for the transaction `hash` as `wait` says, and calls `progress` after each look.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    pub async fn wait_with(
        &self,
        hash: Felt,
        wait: Wait,
        progress: impl FnMut(&Progress) + Send,
    ) -> Result<Outcome> {
        let outcome = wait.until(&self.rpc, hash, progress).await?;
        // A transaction that is in a block needs no journal entry any more: nobody will send it again.
        if outcome.finality >= Finality::AcceptedOnL2 {
            self.saw(&outcome);
            // The transaction was paid even if the journal fails here, so this is no error of the
            // transaction. The account's next draft settles the entry again, and returns the journal's
            // error then.
            if let Ok(Some(submission)) = self.submission(hash) {
                let _ = submission.settle();
            }
        }
        Ok(outcome)
    }

    /// Remembers the block of `outcome`.
    pub(crate) fn saw(&self, outcome: &Outcome) {
        self.shared.newest.fetch_max(outcome.block_number, Ordering::Relaxed);
    }

    /// Says whether the node is behind a block in which this client saw a transaction. Behind a load
    /// balancer, each request may reach another node, and a node that is behind does not show everything
    /// that exists.
    ///
    /// # Errors
    /// As for [`class_of`](Self::class_of).
    pub async fn is_behind(&self) -> Result<bool> {
        Ok(self.rpc.block_number().await? < self.shared.newest.load(Ordering::Relaxed))
    }

    /// Says whether the caller should ask the node again, because the node is behind; pauses for a second
    /// if so. Says `false` once [`Patience::catching_up`] has passed since `start`.
    pub(crate) async fn may_catch_up(&self, start: Instant) -> bool {
        let is_behind = start.elapsed() < self.transport.patience().catching_up
            && self.is_behind().await.unwrap_or(false);
        if is_behind {
            sleep(MOMENT).await;
        }
        is_behind
    }

    /// Returns the outbox of the account at `address`. All senders of this process share it, so that no
    /// nonce is used twice.
    pub(crate) fn outbox(&self, address: Felt) -> Arc<Outbox> {
        let mut outboxes = self.shared.outboxes.lock().unwrap_or_else(PoisonError::into_inner);
        outboxes.entry(address).or_default().clone()
    }
}

impl Deref for Node {
    type Target = JsonRpcClient<Transport>;

    fn deref(&self) -> &Self::Target {
        &self.rpc
    }
}

/// Shows the host alone, since the rest of a node's URL may contain a provider's API key.
impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Node({})", authority(self.transport.url()))
    }
}

impl Shared {
    fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, outboxes: Mutex::default(), newest: AtomicU64::new(0) }
    }
}
