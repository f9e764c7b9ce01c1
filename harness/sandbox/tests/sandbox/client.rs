//! A client of the sandbox: it has an account, the account's owner and a session, and posts their requests.

use std::sync::Arc;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use session_client::felt::{selector, short_string};
use session_client::token::{STRK, transfer};
use session_client::{
    self as client, AllowedCall, Node, OutsideExecution, Owner, Result, ScopedLimits,
    SessionContract, SessionKey, SessionLimits, SignedOutsideExecution,
};
use session_devnet::Bounds;
use session_sandbox::{Account, Info};
use starknet_rust::accounts::Account as _;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

/// An end that is far in the future, whenever the tests run.
pub const END: u64 = 4_000_000_000;

/// A session of one of the sandbox's accounts.
#[derive(Clone)]
pub struct Session {
    pub account: Felt,
    pub key: Arc<SessionKey>,
    pub contract: SessionContract,
}

pub async fn node(info: &Info) -> Node {
    Node::connect(info.rpc_url.parse().unwrap()).await.unwrap()
}

/// Registers `count` sessions of `account`, each for `max_calls` transfers.
pub async fn register(
    info: &Info,
    account: &Account,
    count: usize,
    max_calls: u32,
) -> Vec<Session> {
    let node = node(info).await;
    let sessions: Vec<_> = (0..count).map(|_| Session::new(&node, account)).collect();
    let limits = SessionLimits {
        valid_until: END,
        max_calls,
        allowed_entrypoints: vec![selector("transfer")],
    };
    let calls = sessions.iter().map(|it| it.contract.add_session(it.key.public_key(), &limits));
    order(info, account, calls.collect()).await;
    sessions
}

/// Registers a session of `account` for `max_calls` transactions of `allowed_calls`, with the fee limit
/// `max_fee`.
pub async fn register_for_calls(
    info: &Info,
    account: &Account,
    allowed_calls: Vec<AllowedCall>,
    max_calls: u32,
    max_fee: u64,
) -> Session {
    let session = Session::new(&node(info).await, account);
    let limits = ScopedLimits { valid_until: END, max_calls, allowed_calls };
    let key = session.key.public_key();
    let calls = vec![
        session.contract.set_session_fee_limit(key, max_fee),
        session.contract.add_session_for_calls(key, &limits),
    ];
    order(info, account, calls).await;
    session
}

/// Has the owner of `account` send `calls`.
pub async fn order(info: &Info, account: &Account, calls: Vec<Call>) {
    let key = SigningKey::from_secret_scalar(account.private_key);
    Owner::new(node(info).await, account.address, key).send(calls).await.unwrap();
}

/// Returns what the sandbox shows of its sessions and transactions.
pub async fn state(info: &Info) -> Value {
    let state = reqwest::get(format!("{}state.json", info.page_url)).await.unwrap();
    state.json().await.unwrap()
}

impl Session {
    fn new(node: &Node, account: &Account) -> Self {
        let contract = node.contract(account.address);
        let key = Arc::new(SessionKey::generate());
        Self { account: account.address, key, contract }
    }

    /// Returns `calls` as an outside execution, signed so that anyone may submit it.
    pub fn sign(&self, calls: Vec<Call>) -> SignedOutsideExecution {
        self.sign_execution(OutsideExecution::new(calls, END)).unwrap()
    }

    /// Returns `execution`, signed.
    pub fn sign_execution(&self, execution: OutsideExecution) -> Result<SignedOutsideExecution> {
        self.sender().sign(execution)
    }

    /// Returns the signature of the session's key over `execution`, without a look at what the session may do.
    pub fn key_signs(&self, execution: &OutsideExecution, chain_id: Felt) -> Vec<String> {
        let signed = execution.clone().sign_as_session(self.account, chain_id, &self.key, END);
        hexes(&signed.unwrap().signature)
    }

    /// Returns the session in the form in which an app works with it.
    pub fn sender(&self) -> client::Session {
        client::Session::new(self.contract.node().clone(), self.account, self.key.clone(), END)
    }

    /// Makes a transfer of 1 FRI.
    pub fn payment(&self, recipient: Felt) -> SignedOutsideExecution {
        self.sign(vec![transfer(STRK, recipient, 1)])
    }

    /// Sends `calls` as a plain transaction with the account's nonce `nonce`.
    pub async fn plain(&self, calls: Vec<Call>, nonce: Felt) -> Value {
        let account = self.sender();
        let execution = Bounds::EMBEDDED.execution(account.execute_v3(calls));
        let prepared = execution.nonce(nonce).prepared().unwrap();
        let transaction = prepared.get_invoke_request(false, false).await.unwrap();
        json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "starknet_addInvokeTransaction",
            "params": { "invoke_transaction": transaction },
        })
    }

    /// Returns how many transactions the session made.
    pub async fn calls_used(&self) -> u32 {
        self.contract.session_data(self.key.public_key()).await.unwrap().calls_used
    }
}

/// Makes the body of `POST …/execute-sponsored-raw`.
pub fn raw_body(signed: &SignedOutsideExecution) -> Value {
    json!({
        "accountAddress": hex(signed.account),
        "calldata": hexes(&signed.call().calldata),
        "signerKind": "STARK",
    })
}

/// Makes the parameters of `paymaster_executeTransaction`.
pub fn paymaster_body(signed: &SignedOutsideExecution, chain_id: Felt) -> Value {
    let OutsideExecution { caller, nonce, execute_after, execute_before, calls } =
        &signed.outside_execution;
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let calls: Vec<_> = calls
        .iter()
        .map(|it| json!({ "To": hex(it.to), "Selector": hex(it.selector), "Calldata": hexes(&it.calldata) }))
        .collect();
    let domain = ["name", "version", "chainId", "revision"].map(|it| field(it, "shortstring"));
    let typed_data = json!({
        "types": {
            "StarknetDomain": domain,
            "OutsideExecution": [
                field("Caller", "ContractAddress"), field("Nonce", "felt"), field("Execute After", "u128"),
                field("Execute Before", "u128"), field("Calls", "Call*"),
            ],
            "Call": [field("To", "ContractAddress"), field("Selector", "selector"), field("Calldata", "felt*")],
        },
        "primaryType": "OutsideExecution",
        "domain": {
            "name": hex(short_string("Account.execute_from_outside")),
            "version": "2",
            "chainId": hex(chain_id),
            "revision": "1",
        },
        "message": {
            "Caller": hex((*caller).into()),
            "Nonce": hex(*nonce),
            "Execute After": execute_after,
            "Execute Before": execute_before,
            "Calls": calls,
        },
    });
    let invoke = json!({
        "user_address": hex(signed.account),
        "typed_data": typed_data,
        "signature": hexes(&signed.signature),
    });
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "paymaster_executeTransaction",
        "params": {
            "transaction": { "type": "invoke", "invoke": invoke },
            "parameters": { "version": "0x1", "fee_mode": { "mode": "sponsored" } },
        },
    })
}

/// The path to which raw outside executions are posted.
pub fn raw_url(info: &Info) -> String {
    format!("{}/v1/transactions/execute-sponsored-raw", info.chipi_url)
}

pub async fn post(client: &reqwest::Client, url: &str, body: &Value) -> (StatusCode, Value) {
    answer(client.post(url).json(body).send().await.unwrap()).await
}

pub async fn answer(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}

pub fn hex(felt: Felt) -> String {
    format!("{felt:#x}")
}

fn hexes(felts: &[Felt]) -> Vec<String> {
    felts.iter().copied().map(hex).collect()
}
