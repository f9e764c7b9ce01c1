//! A chain of its own for each test, with an account on it, its owner, a relayer and a stranger.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use serde_json::{Value, json};
use session_harness::deploy::UDC;
use session_harness::devnet::{Devnet, Embedded, Settings};
use session_harness::name::selector;
pub use session_harness::token::{ETH, STRK};
use session_harness::{
    AllowedCall, Error, Outcome, OutsideExecution, OwnerAccount, ScopedLimits, SessionAccount,
    SessionContract, SessionKey, SessionLimits, SignedOutsideExecution, artifact, deploy,
    owner_account, token, wait,
};
use starknet_rust_accounts::{Account, ConnectedAccount, ExecutionV3};
use starknet_rust_core::types::{
    BlockId, BlockTag, Call, Felt, FlattenedSierraClass, FunctionCall, MaybePreConfirmedStateUpdate,
};
use starknet_rust_core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;

pub type Node = Arc<JsonRpcClient<HttpTransport>>;
pub type Sent = Result<Outcome, Error>;

/// Every chain starts here, 25 minutes past a full hour.
pub const START: u64 = 1_800_000_000 + 1_500;
/// When sessions end unless a test says otherwise: 6 hours later.
pub const END: u64 = START + 6 * 3_600;

const ACCOUNT_BALANCE: u64 = 10_000_000_000_000_000_000;
pub const L2_GAS: u64 = 60_000_000;
pub const L1_DATA_GAS: u64 = 50_000;
pub const GAS_PRICE: u128 = 1_000_000_000;

pub struct Chain {
    embedded: Embedded,
    pub devnet: Devnet,
    pub node: Node,
    pub chain_id: Felt,
    pub owner_key: SigningKey,
    pub owner: OwnerAccount<Node>,
    pub contract: SessionContract<Node>,
    /// Pays for outside executions; has no other power.
    pub relayer: OwnerAccount<Node>,
    pub stranger: OwnerAccount<Node>,
}

impl Chain {
    pub async fn start() -> Self {
        let settings = Settings { start_time: Some(START), ..Settings::default() };
        let embedded = Embedded::start(settings).await.expect("the devnet starts");
        let devnet = Devnet::new(embedded.url().clone());
        let node = Arc::new(JsonRpcClient::new(HttpTransport::new(embedded.url().clone())));
        let chain_id = node.chain_id().await.expect("a chain id");
        let mut funded: Vec<_> = devnet
            .predeployed_accounts()
            .await
            .expect("accounts")
            .into_iter()
            .map(|it| {
                let key = SigningKey::from_secret_scalar(it.private_key);
                owner_account(node.clone(), it.address, chain_id, key)
            })
            .collect();
        let (stranger, relayer) = (funded.pop().expect("two"), funded.pop().expect("two"));

        let artifact = class();
        bounded_declaration(&relayer, &artifact).await;

        let owner_key = SigningKey::from_secret_scalar(Felt::from(0x0123_4567_89ab_u64));
        let public_key = owner_key.verifying_key().scalar();
        let (address, _) = deploy::deploy(&relayer, artifact.class_hash, public_key, Felt::ZERO)
            .await
            .expect("deployed");
        devnet.mint(address, ACCOUNT_BALANCE).await.expect("funded");
        devnet.set_time(START).await.expect("the time is set");

        let owner = owner_account(node.clone(), address, chain_id, owner_key.clone());
        let contract = SessionContract::new(address, node.clone());
        Self { embedded, devnet, node, chain_id, owner_key, owner, contract, relayer, stranger }
    }

    /// Declares `artifact`.
    pub async fn declare(&self, artifact: &artifact::Artifact) {
        bounded_declaration(&self.relayer, artifact).await;
    }

    /// Declares the class `name` of `mocks/` and deploys it, as often as the caller asks.
    pub async fn deploy_mocks<const N: usize>(&self, name: &str) -> [Felt; N] {
        let class_hash = declare_mock(self, name).await;
        let salts: [Felt; N] = std::array::from_fn(Felt::from);
        let calls = salts
            .map(|salt| ask(UDC, "deployContract", [class_hash, salt, Felt::ZERO, Felt::ZERO]));
        assert_succeeds(send(&self.relayer, calls.to_vec()).await);
        salts.map(|salt| get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &[]))
    }

    pub async fn deploy_mock(&self, name: &str) -> Felt {
        let [mock] = self.deploy_mocks(name).await;
        mock
    }

    pub const fn account(&self) -> Felt {
        self.contract.address()
    }

    /// The account as the session of `key` sees it.
    pub fn session(&self, key: &Arc<SessionKey>, valid_until: u64) -> SessionAccount<Node> {
        let (node, account) = (self.node.clone(), self.account());
        SessionAccount::new(node, account, self.chain_id, key.clone(), valid_until)
    }

    /// Registers a fresh key with `limits`.
    pub async fn register(&self, limits: &SessionLimits) -> Arc<SessionKey> {
        let key = Arc::new(SessionKey::generate());
        self.as_owner(self.contract.add_session(key.public_key(), limits)).await;
        key
    }

    /// Registers a fresh key for listed calls alone, which may pay its fees.
    pub async fn register_for(&self, limits: &ScopedLimits) -> Arc<SessionKey> {
        let key = Arc::new(SessionKey::generate());
        let fees = self.contract.set_session_fee_limit(key.public_key(), u64::MAX);
        let add = self.contract.add_session_for_calls(key.public_key(), limits);
        assert_succeeds(send(&self.owner, vec![fees, add]).await);
        key
    }

    /// Has the owner make `call`, which must succeed.
    pub async fn as_owner(&self, call: Call) -> Outcome {
        send(&self.owner, vec![call]).await.and_then(Outcome::succeeded).expect("the owner may")
    }

    /// Signs `calls` for anyone to submit, as the session of `key`.
    pub fn outside(
        &self,
        calls: Vec<Call>,
        key: &SessionKey,
        valid_until: u64,
    ) -> SignedOutsideExecution {
        self.sign(OutsideExecution::new(calls, END * 2), key, valid_until)
    }

    pub fn sign(
        &self,
        outside: OutsideExecution,
        key: &SessionKey,
        valid_until: u64,
    ) -> SignedOutsideExecution {
        outside
            .sign_as_session(self.account(), self.chain_id, key, valid_until)
            .expect("it can be signed")
    }

    pub fn outside_as_owner(&self, calls: Vec<Call>) -> SignedOutsideExecution {
        OutsideExecution::new(calls, END * 2)
            .sign_as_owner(self.account(), self.chain_id, &self.owner_key)
            .expect("it can be signed")
    }

    /// Has the relayer submit `signed`.
    pub async fn relay(&self, signed: &SignedOutsideExecution) -> Sent {
        send(&self.relayer, vec![signed.call()]).await
    }

    /// What `call` would return to nobody in particular.
    pub async fn returned(&self, call: Call) -> Vec<Felt> {
        let Call { to, selector, calldata } = call;
        let request =
            FunctionCall { contract_address: to, entry_point_selector: selector, calldata };
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.call(request, block).await.expect("the call succeeds")
    }

    pub async fn set_time(&self, time: u64) {
        self.devnet.set_time(time).await.expect("the time is set");
    }

    pub async fn calls_used(&self, key: &SessionKey) -> u32 {
        self.contract.session_data(key.public_key()).await.expect("a view").calls_used
    }

    pub async fn balance(&self, of: Felt) -> u128 {
        token::balance(&self.node, token::STRK, of).await.expect("a balance")
    }

    /// A transfer of 1 FRI to an address that nobody has.
    pub fn payment(&self) -> Call {
        token::transfer(token::STRK, RECIPIENT, 1)
    }

    pub async fn paid(&self) -> u128 {
        self.balance(RECIPIENT).await
    }

    /// Writes `value` into the account's storage, as another class could have.
    pub async fn plant(&self, key: Felt, value: Felt) {
        let entry = json!({ "key": key, "value": value });
        let diff = json!({ "address": self.account(), "storage_entries": [entry] });
        self.apply(json!({ "storage_diffs": [diff] })).await;
    }

    /// Puts a session account at `address`, owned as this one is.
    pub async fn place(&self, address: Felt) -> SessionContract<Node> {
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

    async fn apply(&self, state_diff: Value) {
        let params = json!({ "state_diff": state_diff });
        let body = json!({
            "jsonrpc": "2.0", "id": 0, "method": "devnet_applyStateDiff", "params": params,
        });
        let client = reqwest::Client::new();
        let answer = client.post(self.embedded.url().clone()).json(&body).send().await;
        let answer: Value = answer.expect("an answer").json().await.expect("JSON");
        assert!(answer.get("error").is_none(), "{answer}");
    }

    /// What stands in the account's storage.
    pub async fn stored(&self, key: Felt) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        let found = self.node.get_storage_at(self.account(), key, block, None).await;
        found.expect("a felt").value()
    }

    pub async fn is_call_allowed(&self, key: &SessionKey, call: &Call) -> bool {
        self.contract.is_call_allowed(key.public_key(), call).await.expect("a view")
    }

    /// Both ways a session can ask for `calls`: refused by `__validate__`, and by
    /// `execute_from_outside_v2` with `error`.
    pub async fn assert_refused_both_ways(
        &self,
        key: &Arc<SessionKey>,
        calls: Vec<Call>,
        error: &str,
    ) {
        assert_refused(send(&self.session(key, END), calls.clone()).await);
        assert_reverts(self.relay(&self.outside(calls, key, END)).await, error);
    }

    /// Both ways a session can make `calls`.
    pub async fn assert_allowed_both_ways(&self, key: &Arc<SessionKey>, calls: Vec<Call>) {
        assert_succeeds(send(&self.session(key, END), calls.clone()).await);
        assert_succeeds(self.relay(&self.outside(calls, key, END)).await);
    }

    /// The keys of each event that the account emitted in `outcome`, then its data.
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

    /// The account's slots that the last transaction changed.
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

    pub async fn class_hash(&self) -> Felt {
        let block = BlockId::Tag(BlockTag::PreConfirmed);
        self.node.get_class_hash_at(block, self.account()).await.expect("a class hash")
    }
}

/// A call of `name` on `to`.
pub fn ask(to: Felt, name: &str, calldata: impl Into<Vec<Felt>>) -> Call {
    Call { to, selector: selector(name), calldata: calldata.into() }
}

/// A call of `selector` on STRK, whatever its calldata.
pub fn call(selector: Felt, calldata: &[u64]) -> Call {
    let calldata = calldata.iter().copied().map(Felt::from).collect();
    Call { to: token::STRK, selector, calldata }
}

const RECIPIENT: Felt = Felt::from_hex_unchecked("0xbeef");

/// Sends `calls` with generous fixed bounds: nothing is estimated, so what fails fails on chain.
pub async fn send<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    let sent = bounded(account.execute_v3(calls)).send().await?;
    wait(account.provider(), sent.transaction_hash).await
}

/// Sends `calls` that may take as much gas as the chain allows.
pub async fn send_large<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    let execution = bounded(account.execute_v3(calls)).l2_gas(1_000_000_000).l1_data_gas(1_000_000);
    let sent = execution.send().await?;
    wait(account.provider(), sent.transaction_hash).await
}

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

async fn bounded_declaration(
    account: &OwnerAccount<Node>,
    artifact: &artifact::Artifact,
) -> Outcome {
    let declaration = account
        .declare_v3(artifact.class.clone(), artifact.compiled_class_hash)
        .l1_gas(0)
        .l1_gas_price(GAS_PRICE)
        .l2_gas(40 * L2_GAS)
        .l2_gas_price(GAS_PRICE)
        .l1_data_gas(L1_DATA_GAS)
        .l1_data_gas_price(GAS_PRICE)
        .tip(0);
    let sent = declaration.send().await.expect("the class is declared");
    let sent = wait(account.provider(), sent.transaction_hash).await;
    sent.and_then(Outcome::succeeded).expect("declared")
}

/// The class to test: the committed one, or that in the folder `SESSION_ACCOUNT_ARTIFACTS`.
pub fn class() -> artifact::Artifact {
    match env::var_os("SESSION_ACCOUNT_ARTIFACTS") {
        Some(folder) => {
            let read = |kind| {
                let path = Path::new(&folder).join(format!("SessionAccount.{kind}.json"));
                fs::read_to_string(path).expect("a class")
            };
            artifact::read(&read("contract_class"), &read("compiled_contract_class"))
        }
        None => artifact::session_account(),
    }
    .expect("the artifact")
    .for_devnet()
}

/// Declares a class of `mocks/`, and returns its hash.
pub async fn declare_mock(chain: &Chain, name: &str) -> Felt {
    let read = |file: String| {
        let path = format!("{}/../mocks/artifacts/{file}", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(path).expect("it is built")
    };
    let hashes: HashMap<String, artifact::Hashes> =
        serde_json::from_str(&read("hashes.json".into())).expect("it is built");
    let class = read(format!("{name}.contract_class.json"));
    let artifact = artifact::with_hashes(&class, hashes[name]).expect("it is built");
    chain.declare(&artifact.for_devnet()).await;
    artifact.class_hash
}

/// A class that nobody has declared: the account's, with another ABI text.
pub fn undeclared_class() -> (Arc<FlattenedSierraClass>, Felt) {
    let artifact = class();
    let class = FlattenedSierraClass { abi: "[]".to_owned(), ..(*artifact.class).clone() };
    (Arc::new(class), artifact.compiled_class_hash)
}

/// Limits for 10 transactions until [`END`], with `calls`.
pub fn scoped(calls: impl IntoIterator<Item = AllowedCall>) -> ScopedLimits {
    let allowed_calls = calls.into_iter().collect();
    ScopedLimits { valid_until: END, max_calls: 10, allowed_calls }
}

/// Limits for 10 transactions until [`END`], with any selector.
pub fn limits() -> SessionLimits {
    SessionLimits { valid_until: END, max_calls: 10, allowed_entrypoints: vec![] }
}

pub fn allowing(selectors: impl IntoIterator<Item = Felt>) -> SessionLimits {
    SessionLimits { allowed_entrypoints: selectors.into_iter().collect(), ..limits() }
}

/// The transaction is in a block and did what it said.
#[track_caller]
pub fn assert_succeeds(sent: Sent) -> Outcome {
    sent.and_then(Outcome::succeeded).expect("it succeeds")
}

/// `__validate__` returned 0: the transaction is in no block, and nothing panicked.
#[track_caller]
pub fn assert_refused(sent: Sent) {
    match sent {
        Err(Error::Refused(refusal)) => assert!(
            refusal.said().contains("should return `VALID`. Got Retdata([0x0])"),
            "refused, but otherwise: {refusal}"
        ),
        other => panic!("expected __validate__ to return 0, got {other:?}"),
    }
}

/// The transaction is in a block, reverted with `error`.
#[track_caller]
pub fn assert_reverts(sent: Sent, error: &str) {
    match sent {
        Ok(Outcome { reverted: Some(refusal), .. }) => {
            assert!(refusal.said().contains(error), "reverted, but not with {error}: {refusal}");
        }
        other => panic!("expected a revert with {error}, got {other:?}"),
    }
}
