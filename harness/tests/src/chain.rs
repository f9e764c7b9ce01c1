//! A devnet for each test, with a session account, its owner, a relayer and a stranger.

use serde_json::{Value, json};
pub use session_client::Node;
use session_client::class::Artifact;
use session_client::felt::selector;
use session_client::{Outcome, Owner, SessionContract, deploy, token};
use session_devnet::faults::Fault;
use session_devnet::{Devnet, Network, Settings, Stage, network};
use starknet_rust::core::types::{
    BlockId, BlockTag, Call, Felt, FunctionCall, MaybePreConfirmedStateUpdate,
};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use url::Url;

use crate::classes::class;

/// The time at which every chain starts, 25 minutes after a full hour.
pub const START: u64 = 1_800_000_000 + 1_500;
/// The end of sessions unless a test says otherwise: 6 hours after the start.
pub const END: u64 = START + 6 * 3_600;

/// The account's balance at first: 10 STRK, in FRI.
const ACCOUNT_BALANCE: u64 = 10_000_000_000_000_000_000;

/// A devnet with a session account on it. Dropping it stops the devnet.
pub struct Chain {
    stage: Stage,
    /// The client of the methods that only devnets have.
    pub devnet: Devnet,
    /// The connection to the devnet.
    pub node: Node,
    /// The chain id, which signatures cover.
    pub chain_id: Felt,
    /// The key of the account's owner.
    pub owner_key: SigningKey,
    /// The owner, for sending transactions of the account.
    pub owner: Owner,
    /// The contract, for the account's calls and views.
    pub contract: SessionContract,
    /// The account that submits and pays for outside executions; it has no power over the session account.
    pub relayer: Owner,
    /// An account of OpenZeppelin's that has no relation to the session account.
    pub stranger: Owner,
}

impl Chain {
    /// Starts a devnet, declares the class under test, and deploys and funds an account of it.
    pub async fn start() -> Self {
        let settings = Settings { start_time: Some(START), ..Settings::default() };
        let stage = Stage::start(settings).await.expect("the devnet starts");
        let (devnet, node) = (stage.devnet().clone(), stage.node().clone());
        let chain_id = stage.chain_id();
        let [relayer, stranger] = stage.accounts() else { panic!("two accounts") };
        let (relayer, stranger) = (relayer.clone(), stranger.clone());
        let artifact = class();
        stage.declare(&artifact).await.expect("declared");

        let owner_key = SigningKey::from_secret_scalar(Felt::from(0x0123_4567_89ab_u64));
        let public_key = owner_key.verifying_key().scalar();
        let (address, _) = deploy::deploy(&relayer, artifact.class_hash, public_key, Felt::ZERO)
            .await
            .expect("deployed");
        devnet.mint(address, ACCOUNT_BALANCE).await.expect("funded");
        devnet.set_time(START).await.expect("the time is set");

        let owner = Owner::new(node.clone(), address, owner_key.clone());
        let contract = SessionContract::new(address, node.clone());
        Self { stage, devnet, node, chain_id, owner_key, owner, contract, relayer, stranger }
    }

    /// Starts a simulated network on the chain, which cannot be stopped: see `docs/network.md`.
    pub async fn become_network(&mut self, settings: network::Settings) -> Network {
        self.stage.become_network(settings).await.expect("it becomes a network")
    }

    /// Returns a node of the chain on whose connection the faults occur that `decide` chooses.
    pub async fn behind(
        &self,
        decide: impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> (Url, session_devnet::faults::Proxy) {
        self.stage.behind(decide).await.expect("it is served")
    }

    /// Returns the URL of the devnet's JSON-RPC.
    pub const fn url(&self) -> &Url {
        self.stage.url()
    }

    /// Returns the private key of the relayer's account, for clients in other processes.
    pub fn relayer_key(&self) -> Felt {
        self.stage.predeployed()[0].private_key
    }

    /// Declares the class of `artifact`.
    pub async fn declare(&self, artifact: &Artifact) {
        self.stage.declare(artifact).await.expect("declared");
    }

    /// Returns the account's address.
    pub const fn account(&self) -> Felt {
        self.contract.address()
    }

    /// Returns what `call` would return, without a transaction.
    pub async fn returned(&self, call: Call) -> Vec<Felt> {
        let Call { to, selector, calldata } = call;
        let request =
            FunctionCall { contract_address: to, entry_point_selector: selector, calldata };
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.call(request, block).await.expect("the call succeeds")
    }

    /// Sets the time of the next transaction, in Unix seconds.
    pub async fn set_time(&self, time: u64) {
        self.devnet.set_time(time).await.expect("the time is set");
    }

    /// Returns the STRK balance of `of`, in FRI.
    pub async fn balance(&self, of: Felt) -> u128 {
        token::balance(&self.node, token::STRK, of).await.expect("a balance")
    }

    /// Writes `value` into the account's storage, as another class could have done.
    pub async fn plant(&self, key: Felt, value: Felt) {
        let entry = json!({ "key": key, "value": value });
        let diff = json!({ "address": self.account(), "storage_entries": [entry] });
        self.apply(json!({ "storage_diffs": [diff] })).await;
    }

    /// Puts a session account with the same owner at `address`.
    pub async fn place(&self, address: Felt) -> SessionContract {
        let key = selector("Account_public_key");
        let value = self.owner_key.verifying_key().scalar();
        let entry = json!({ "key": key, "value": value });
        self.apply(json!({
            "deployed_contracts": [{ "address": address, "class_hash": self.class_hash().await }],
            "storage_diffs": [{ "address": address, "storage_entries": [entry] }],
        }))
        .await;
        SessionContract::new(address, self.node.clone())
    }

    /// Changes the chain's state in a way that no transaction could.
    async fn apply(&self, state_diff: Value) {
        self.devnet.apply_state_diff(&state_diff).await.expect("the state changes");
    }

    /// Reads the account's storage at `key`.
    pub async fn stored(&self, key: Felt) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        let found = self.node.get_storage_at(self.account(), key, block, None).await;
        found.expect("a felt").value()
    }

    /// Returns the keys and the data of each event that the account emitted in `outcome`.
    pub async fn events(&self, outcome: &Outcome) -> Vec<(Vec<Felt>, Vec<Felt>)> {
        let receipt = self.node.get_transaction_receipt(outcome.transaction_hash).await;
        let receipt = receipt.expect("a receipt").receipt;
        receipt
            .events()
            .iter()
            .filter(|event| event.from_address == self.account())
            .map(|event| (event.keys.clone(), event.data.clone()))
            .collect()
    }

    /// Returns the account's storage keys that the last transaction changed.
    pub async fn written(&self) -> Vec<Felt> {
        let block = BlockId::Tag(BlockTag::Latest);
        let update = self.node.get_state_update(block).await.expect("a state update");
        let MaybePreConfirmedStateUpdate::Update(update) = update else {
            panic!("the last block is no block yet");
        };
        let diffs = update.state_diff.storage_diffs.into_iter();
        diffs
            .filter(|diff| diff.address == self.account())
            .flat_map(|diff| diff.storage_entries)
            .map(|entry| entry.key)
            .collect()
    }

    /// Returns the account's class hash.
    pub async fn class_hash(&self) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.get_class_hash_at(block, self.account()).await.expect("a class hash")
    }
}
