use std::time::Duration;

use starknet_rust_accounts::{ConnectedAccount, ExecutionV3};
use starknet_rust_core::types::{ExecutionResult, Felt, StarknetError, TransactionReceipt};
use starknet_rust_providers::{Provider, ProviderError};

use crate::error::{Error, Result};
use crate::refusal::Refusal;

/// How often, and how many times, a node is asked for a receipt: about two minutes.
const POLL: Duration = Duration::from_millis(500);
const POLLS: u32 = 240;

/// What became of a transaction that is in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The transaction's hash.
    pub transaction_hash: Felt,
    /// L2 gas used.
    pub l2_gas: u64,
    /// L1 data gas used.
    pub l1_data_gas: u64,
    /// The fee paid, in FRI.
    pub fee: Felt,
    /// Why it reverted, if it did. A reverted transaction pays its fee all the same.
    pub reverted: Option<Refusal>,
}

impl Outcome {
    fn new(receipt: &TransactionReceipt) -> Self {
        let (fee, resources) = match receipt {
            TransactionReceipt::Invoke(it) => (&it.actual_fee, &it.execution_resources),
            TransactionReceipt::L1Handler(it) => (&it.actual_fee, &it.execution_resources),
            TransactionReceipt::Declare(it) => (&it.actual_fee, &it.execution_resources),
            TransactionReceipt::Deploy(it) => (&it.actual_fee, &it.execution_resources),
            TransactionReceipt::DeployAccount(it) => (&it.actual_fee, &it.execution_resources),
        };
        Self {
            transaction_hash: *receipt.transaction_hash(),
            l2_gas: resources.l2_gas,
            l1_data_gas: resources.l1_data_gas,
            fee: fee.amount,
            reverted: match receipt.execution_result() {
                ExecutionResult::Succeeded => None,
                ExecutionResult::Reverted { reason } => Some(Refusal::read(reason.as_str())),
            },
        }
    }

    /// Makes a reverted transaction an error.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the chain's reason.
    pub fn succeeded(self) -> Result<Self> {
        match self.reverted {
            Some(refusal) => Err(Error::Reverted { hash: self.transaction_hash, refusal }),
            None => Ok(self),
        }
    }
}

/// Sends `execution` and waits until it is in a block. Estimates its fee first, validation counted,
/// unless its bounds are set.
///
/// # Errors
/// [`Error::Refused`] if the account or a call refuses, [`Error::Reverted`] if it reverts in the
/// block, [`Error::Pending`] if it is in no block after two minutes, [`Error::Node`] if the node
/// fails.
pub async fn send<A>(execution: ExecutionV3<'_, A>, account: &A) -> Result<Outcome>
where
    A: ConnectedAccount + Sync,
{
    let sent = execution.send().await?;
    wait(account.provider(), sent.transaction_hash).await?.succeeded()
}

/// Waits until the transaction `hash` is in a block.
///
/// # Errors
/// [`Error::Pending`] if it is in none after two minutes, [`Error::Node`] if the node fails.
pub async fn wait<P: Provider + Sync>(provider: &P, hash: Felt) -> Result<Outcome> {
    for _ in 0..POLLS {
        if let Some(outcome) = look(provider, hash).await? {
            return Ok(outcome);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Error::Pending(hash))
}

/// What became of the transaction `hash`, if it is in a block.
///
/// # Errors
/// [`Error::Node`] if the node fails, [`Error::Answer`] if it tells of another transaction.
pub async fn look<P: Provider + Sync>(provider: &P, hash: Felt) -> Result<Option<Outcome>> {
    match provider.get_transaction_receipt(hash).await {
        Ok(found) if *found.receipt.transaction_hash() != hash => {
            Err(Error::Answer("the receipt is another transaction's".to_owned()))
        }
        Ok(found) => Ok(Some(Outcome::new(&found.receipt))),
        Err(ProviderError::StarknetError(StarknetError::TransactionHashNotFound)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
