//! A simulated network on the embedded devnet's chain, with a gateway, a mempool and a sequencer.
//! `docs/network.md` says what it simulates and what it leaves out.

#![expect(clippy::result_large_err, reason = "the devnet's error is what is answered: it is large")]

mod gateway;
mod offer;
mod pool;
mod prices;
mod refusal;
mod sequencer;
mod settings;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_server::api::models::{
    BroadcastedDeclareTransactionEnumWrapper, BroadcastedDeployAccountTransactionEnumWrapper,
    BroadcastedInvokeTransactionEnumWrapper, DevnetSpecRequest, JsonRpcRequest,
    StarknetSpecRequest,
};
use starknet_devnet_server::rpc_core::response::ResponseResult;
use starknet_devnet_types::rpc::block::{BlockId, BlockTag};
use starknet_devnet_types::rpc::transactions::BroadcastedTransaction;
use starknet_rust::core::types::Felt;

pub use gateway::LOWEST_L2_PRICE;
pub use pool::PoolStatus;
pub use refusal::{Codes, cleaned};
pub use settings::{Pace, Settings};

use crate::StartError;
use refusal::{Refusal, error};
use sequencer::{Admitted, Sequencer};

/// A node of the simulated network. It answers the requests that concern the network itself, and leaves all
/// others to the devnet.
///
/// Its methods receive the devnet's chain, whose lock the caller holds.
#[derive(Clone)]
pub struct NetworkNode {
    sequencer: Arc<Mutex<Sequencer>>,
}

impl NetworkNode {
    /// Takes over the chain. Until then the devnet makes a block of each transaction.
    ///
    /// # Errors
    /// [`StartError`] if the chain has no block.
    pub fn begin(starknet: &mut Starknet, settings: Settings) -> Result<Self, StartError> {
        let sequencer = Sequencer::begin(starknet, settings)
            .map_err(|error| StartError::Start(error.to_string()))?;
        Ok(Self { sequencer: Arc::new(Mutex::new(sequencer)) })
    }

    /// Locks and returns the sequencer.
    pub fn sequencer(&self) -> MutexGuard<'_, Sequencer> {
        // A panic elsewhere cannot leave the sequencer half changed: each of its methods completes what it
        // begins.
        self.sequencer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers `request`, or returns it so that the devnet answers it.
    pub fn answer(
        &self,
        starknet: &mut Starknet,
        request: JsonRpcRequest,
    ) -> ControlFlow<ResponseResult, JsonRpcRequest> {
        let request = match request {
            JsonRpcRequest::StarknetSpecRequest(request) => request,
            JsonRpcRequest::DevnetSpecRequest(ref only_here) => {
                if !is_read(only_here) {
                    self.sequencer().keep();
                }
                return ControlFlow::Continue(request);
            }
            JsonRpcRequest::StarknetSpecExtRequest(_) => return ControlFlow::Continue(request),
        };
        let transaction = match request {
            StarknetSpecRequest::AddInvokeTransaction(input) => {
                let BroadcastedInvokeTransactionEnumWrapper::Invoke(it) = input.invoke_transaction;
                BroadcastedTransaction::Invoke(it)
            }
            StarknetSpecRequest::AddDeclareTransaction(input) => {
                let BroadcastedDeclareTransactionEnumWrapper::Declare(it) =
                    input.declare_transaction;
                BroadcastedTransaction::Declare(it)
            }
            StarknetSpecRequest::AddDeployAccountTransaction(input) => {
                let BroadcastedDeployAccountTransactionEnumWrapper::DeployAccount(it) =
                    input.deploy_account_transaction;
                BroadcastedTransaction::DeployAccount(it)
            }
            StarknetSpecRequest::TransactionStatusByHash(ref input) => {
                let status = self.sequencer().status(input.transaction_hash);
                return match status {
                    Some(PoolStatus::Received) => {
                        ControlFlow::Break(success(json!({ "finality_status": "RECEIVED" })))
                    }
                    Some(PoolStatus::Candidate) => {
                        ControlFlow::Break(success(json!({ "finality_status": "CANDIDATE" })))
                    }
                    Some(PoolStatus::PreConfirmed) | None => {
                        ControlFlow::Continue(JsonRpcRequest::StarknetSpecRequest(request))
                    }
                };
            }
            StarknetSpecRequest::ContractNonce(ref input)
                if is_not_told(starknet, &input.block_id, input.contract_address.into()) =>
            {
                return ControlFlow::Break(ResponseResult::Error(error(20, None)));
            }
            request => return ControlFlow::Continue(JsonRpcRequest::StarknetSpecRequest(request)),
        };
        ControlFlow::Break(self.admit(starknet, transaction))
    }

    fn admit(
        &self,
        starknet: &mut Starknet,
        transaction: BroadcastedTransaction,
    ) -> ResponseResult {
        let mut sequencer = self.sequencer();
        let deploys = matches!(transaction, BroadcastedTransaction::DeployAccount(_));
        match sequencer.admit(starknet, transaction) {
            Ok(Admitted { hash, declared, account }) => {
                let mut answer = json!({ "transaction_hash": hash });
                if let Some(class_hash) = declared {
                    answer["class_hash"] = json!(class_hash);
                }
                if deploys {
                    answer["contract_address"] = json!(account);
                }
                success(answer)
            }
            Err(refusal) => ResponseResult::Error(refusal.answered(sequencer.settings().codes)),
        }
    }

    /// Refuses a transaction of another version than 3, before the devnet refuses it as unreadable.
    pub fn refuse_version(&self, method: &str, params: &Value) -> Option<ResponseResult> {
        let transaction = match method {
            "starknet_addInvokeTransaction" => &params["invoke_transaction"],
            "starknet_addDeclareTransaction" => &params["declare_transaction"],
            "starknet_addDeployAccountTransaction" => &params["deploy_account_transaction"],
            _ => return None,
        };
        let transaction = if transaction.is_null() { &params[0] } else { transaction };
        let version = transaction["version"].as_str()?;
        let is_third = Felt::from_hex(version).is_ok_and(|it| it == Felt::THREE);
        let refusal = Refusal::Version(format!("Transaction version {version} is not supported."));
        let codes = self.sequencer().settings().codes;
        (!is_third).then(|| ResponseResult::Error(refusal.answered(codes)))
    }

    /// Advances the network's time by one step, and returns the length of a step.
    pub fn tick(&self, starknet: &mut Starknet) -> Duration {
        let mut sequencer = self.sequencer();
        if let Err(error) = sequencer.tick(starknet) {
            tracing::error!(%error, "the network made no block");
        }
        sequencer.step()
    }
}

/// Says whether nodes do not know the nonce of the contract at `address` in the block in progress. As in
/// Pathfinder, that is so if another contract deploys it in that block.
fn is_not_told(starknet: &mut Starknet, block: &BlockId, address: Felt) -> bool {
    let BlockId::Tag(BlockTag::PreConfirmed) = block else { return false };
    let Ok(address) = starknet_devnet_types::contract_address::ContractAddress::new(address) else {
        return false;
    };
    let is_old = starknet.get_class_hash_at(&BlockId::Tag(BlockTag::Latest), address).is_ok();
    let nonce = starknet.contract_nonce_at_block(block, address);
    !is_old && nonce.is_ok_and(|nonce| nonce == Felt::ZERO)
}

/// Says whether a request that only devnets know changes nothing.
const fn is_read(request: &DevnetSpecRequest) -> bool {
    matches!(
        request,
        DevnetSpecRequest::PredeployedAccounts(_)
            | DevnetSpecRequest::AccountBalance(_)
            | DevnetSpecRequest::DevnetConfig
            | DevnetSpecRequest::DevnetStatus
    )
}

fn success(answer: Value) -> ResponseResult {
    ResponseResult::Success(answer)
}
