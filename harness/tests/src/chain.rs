//! A chain of its own for each test, with an account on it, its owner, a relayer and a stranger.

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

/// Every chain starts here, 25 minutes past a full hour.
pub const START: u64 = 1_800_000_000 + 1_500;
/// When sessions end unless a test says otherwise: 6 hours later.
pub const END: u64 = START + 6 * 3_600;

/// What the account has at first: 10 STRK, in FRI.
const ACCOUNT_BALANCE: u64 = 10_000_000_000_000_000_000;

/// A devnet of its own with a session account on it. Dropping it stops the devnet.
pub struct Chain {
    stage: Stage,
    /// What only a devnet can do.
    pub devnet: Devnet,
    /// What the chain is asked with.
    pub node: Node,
    /// What signatures bind to.
    pub chain_id: Felt,
    /// The key of the account's owner.
    pub owner_key: SigningKey,
    /// The account as its owner sees it.
    pub owner: Owner,
    /// The account's calls and views.
    pub contract: SessionContract,
    /// Pays for outside executions; has no other power.
    pub relayer: Owner,
    /// An account of OpenZeppelin's that has nothing to do with this one.
    pub stranger: Owner,
}

impl Chain {
    /// Starts a chain, on which the class to test is declared and an account of it deployed and funded.
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

    /// Puts a network before the chain, for good: see `docs/network.md`.
    pub async fn become_network(&mut self, settings: network::Settings) -> Network {
        self.stage.become_network(settings).await.expect("it becomes a network")
    }

    /// Returns a node of the chain's between which and a client goes wrong what `decide` says.
    pub async fn behind(
        &self,
        decide: impl Fn(&str, &Value) -> Option<Fault> + Send + Sync + 'static,
    ) -> (Url, session_devnet::faults::Proxy) {
        self.stage.behind(decide).await.expect("it is served")
    }

    /// Returns where the devnet serves its JSON-RPC.
    pub const fn url(&self) -> &Url {
        self.stage.url()
    }

    /// Returns the key of the relayer's account, for a client that signs elsewhere.
    pub fn relayer_key(&self) -> Felt {
        self.stage.predeployed()[0].private_key
    }

    /// Declares the class of `artifact`.
    pub async fn declare(&self, artifact: &Artifact) {
        self.stage.declare(artifact).await.expect("declared");
    }

    /// Says where the account is.
    pub const fn account(&self) -> Felt {
        self.contract.address()
    }

    /// Asks what `call` would return to nobody in particular.
    pub async fn returned(&self, call: Call) -> Vec<Felt> {
        let Call { to, selector, calldata } = call;
        let request =
            FunctionCall { contract_address: to, entry_point_selector: selector, calldata };
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.call(request, block).await.expect("the call succeeds")
    }

    /// Has the next transaction run at exactly `time`, in Unix seconds.
    pub async fn set_time(&self, time: u64) {
        self.devnet.set_time(time).await.expect("the time is set");
    }

    /// Says what `of` holds of STRK, in FRI.
    pub async fn balance(&self, of: Felt) -> u128 {
        token::balance(&self.node, token::STRK, of).await.expect("a balance")
    }

    /// Writes `value` into the account's storage, as another class could have.
    pub async fn plant(&self, key: Felt, value: Felt) {
        let entry = json!({ "key": key, "value": value });
        let diff = json!({ "address": self.account(), "storage_entries": [entry] });
        self.apply(json!({ "storage_diffs": [diff] })).await;
    }

    /// Puts a session account at `address`, owned as this one is.
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

    /// Changes the state as no transaction could.
    async fn apply(&self, state_diff: Value) {
        self.devnet.apply_state_diff(&state_diff).await.expect("the state changes");
    }

    /// Reads what stands in the account's storage.
    pub async fn stored(&self, key: Felt) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        let found = self.node.get_storage_at(self.account(), key, block, None).await;
        found.expect("a felt").value()
    }

    /// Reads the keys of each event that the account emitted in `outcome`, then its data.
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

    /// Lists the account's slots that the last transaction changed.
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

    /// Says which class the account has.
    pub async fn class_hash(&self) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.get_class_hash_at(block, self.account()).await.expect("a class hash")
    }
}
