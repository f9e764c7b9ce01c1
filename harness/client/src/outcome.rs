//! The outcome of a transaction.

use starknet_rust::core::types::{
    ExecutionResult, Felt, StarknetError, TransactionFinalityStatus, TransactionReceipt,
    TransactionReceiptWithBlockInfo,
};
use starknet_rust::providers::{Provider, ProviderError};

use crate::error::{Error, Result};
use crate::fri::Fri;
use crate::refusal::Refusal;
use crate::status::Finality;

/// The outcome of a transaction that was executed.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// if let Some(outcome) = session_client::Outcome::find(node.provider(), 7_u8.into()).await? {
///     println!("block {}, fee {}, {:?}", outcome.block_number, outcome.fee, outcome.reverted);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The transaction's hash.
    pub transaction_hash: Felt,
    /// The finality of its block.
    pub finality: Finality,
    /// The number of the block that contains it.
    pub block_number: u64,
    /// The L2 gas used, in units.
    pub l2_gas: u64,
    /// The L1 data gas used, in units.
    pub l1_data_gas: u64,
    /// The fee that was paid.
    pub fee: Fri,
    /// Why the transaction reverted; `None` if it succeeded. A reverted transaction pays its fee too.
    pub reverted: Option<Refusal>,
}

impl Outcome {
    fn read(found: &TransactionReceiptWithBlockInfo) -> Result<Self> {
        let receipt = &found.receipt;
        let (fee, resources, finality) = match receipt {
            TransactionReceipt::Invoke(it) => {
                (&it.actual_fee, &it.execution_resources, it.finality_status)
            }
            TransactionReceipt::L1Handler(it) => {
                (&it.actual_fee, &it.execution_resources, it.finality_status)
            }
            TransactionReceipt::Declare(it) => {
                (&it.actual_fee, &it.execution_resources, it.finality_status)
            }
            TransactionReceipt::Deploy(it) => {
                (&it.actual_fee, &it.execution_resources, it.finality_status)
            }
            TransactionReceipt::DeployAccount(it) => {
                (&it.actual_fee, &it.execution_resources, it.finality_status)
            }
        };
        let fee = u128::try_from(fee.amount)
            .map_err(|_| Error::Answer("a fee of 2^128 FRI or more".to_owned()))?;
        Ok(Self {
            transaction_hash: *receipt.transaction_hash(),
            finality: match finality {
                TransactionFinalityStatus::PreConfirmed => Finality::PreConfirmed,
                TransactionFinalityStatus::AcceptedOnL2 => Finality::AcceptedOnL2,
                TransactionFinalityStatus::AcceptedOnL1 => Finality::AcceptedOnL1,
            },
            block_number: found.block.block_number(),
            l2_gas: resources.l2_gas,
            l1_data_gas: resources.l1_data_gas,
            fee: Fri(fee),
            reverted: match receipt.execution_result() {
                ExecutionResult::Succeeded => None,
                ExecutionResult::Reverted { reason } => Some(Refusal::read(reason.as_str())),
            },
        })
    }

    /// Reads the outcome of the transaction `hash` from its receipt; `None` if the node has no receipt.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails, [`Error::Answer`] if the receipt is
    /// another transaction's.
    pub async fn find<P: Provider + Sync>(provider: &P, hash: Felt) -> Result<Option<Self>> {
        match provider.get_transaction_receipt(hash).await {
            Ok(found) if *found.receipt.transaction_hash() != hash => {
                Err(Error::Answer("the receipt is another transaction's".to_owned()))
            }
            Ok(found) => Self::read(&found).map(Some),
            Err(ProviderError::StarknetError(StarknetError::TransactionHashNotFound)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the outcome of a transaction that succeeded, and an error for one that reverted.
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
