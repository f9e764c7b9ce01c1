//! Finds out on chain what became of a signed outside execution, whatever a paymaster says.

use serde::{Deserialize, Serialize};
use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{
    BlockId, BlockTag, Felt, FunctionCall, MaybePreConfirmedBlockWithTxHashes, StarknetError,
};
use starknet_rust::providers::{Provider, ProviderError};

use crate::error::{Error, Result};
use crate::felt::selector;
use crate::node::Node;
use crate::refusal::Cause;

/// What identifies a signed outside execution on chain. Store it, best in a database, before the outside
/// execution is given to a paymaster, until it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claim {
    /// The account that signed.
    pub account: Felt,
    /// The outside execution's nonce.
    pub nonce: Felt,
    /// The Unix time in seconds from which it can no longer be submitted.
    pub execute_before: u64,
}

/// What became of a signed outside execution, as of the node's last block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// It was executed: its nonce is spent. The account's events in the blocks since then show in which
    /// transaction. They also distinguish two outside executions for which a paymaster chose the same
    /// nonce, if both were signed before either was executed.
    Made,
    /// It was not executed, and still can be: ask again later. If you signed the same payment anew, it
    /// could be made twice.
    Open,
    /// It was not executed, and can no longer be: build a new one if it is still wanted.
    Lapsed,
}

impl Claim {
    /// Names the outside execution with `nonce` that `account` signed, and that can no longer be submitted
    /// from `execute_before` on, in Unix seconds.
    #[must_use]
    pub const fn new(account: Felt, nonce: Felt, execute_before: u64) -> Self {
        Self { account, nonce, execute_before }
    }

    /// Says whether its nonce is already spent in the pre-confirmed block. Ask this before you sign what a
    /// paymaster built: with a nonce that was spent before, it could never be executed, and
    /// [`settle`](Self::settle) would say that it was.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn is_spent(&self, node: &Node) -> Result<bool> {
        let contract = node.contract(self.account);
        match contract.is_valid_outside_execution_nonce(self.nonce).await {
            // An account that is not deployed has spent no nonce.
            Err(Error::Refused(refusal)) if refusal.cause() == Cause::NoContract => Ok(false),
            is_unspent => Ok(!is_unspent?),
        }
    }

    /// Asks the node what became of it. Time and nonce are those of the last block, so
    /// [`Settlement::Lapsed`] is final unless that block is dropped.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails, or does not find its own last block
    /// again when asked for the nonce; [`Error::Answer`] if its answer cannot be read.
    pub async fn settle(&self, node: &Node) -> Result<Settlement> {
        let latest = BlockId::Tag(BlockTag::Latest);
        let block = match node.get_block_with_tx_hashes(latest).await? {
            MaybePreConfirmedBlockWithTxHashes::Block(block) => block,
            MaybePreConfirmedBlockWithTxHashes::PreConfirmedBlock(_) => {
                return Err(Error::Answer("the last block has no hash".to_owned()));
            }
        };
        let call = FunctionCall {
            contract_address: self.account,
            entry_point_selector: selector("is_valid_outside_execution_nonce"),
            calldata: vec![self.nonce],
        };
        let is_unspent = match node.call(call, BlockId::Hash(block.block_hash)).await {
            Ok(felts) => bool::decode(&felts).map_err(|it| Error::Answer(it.to_string()))?,
            // An account that is not deployed has spent no nonce.
            Err(ProviderError::StarknetError(StarknetError::ContractNotFound)) => true,
            Err(error) => return Err(error.into()),
        };
        Ok(match is_unspent {
            false => Settlement::Made,
            true if block.timestamp < self.execute_before => Settlement::Open,
            true => Settlement::Lapsed,
        })
    }
}
