//! What became of something signed, whatever a paymaster says.

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

/// What a signed outside execution is known by on chain: keep it, in a journal at best, from before it is
/// handed to a paymaster until it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The account that signed.
    pub account: Felt,
    /// The outside execution's nonce.
    pub nonce: Felt,
    /// Unix time in seconds at which it lapses.
    pub execute_before: u64,
}

/// What became of a signed outside execution, as of the node's last block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// It was made: its nonce is spent. Events of the account in the blocks since tell in which
    /// transaction. They also tell two outside executions apart for which a paymaster chose one nonce, if
    /// both are signed before either is made.
    Made,
    /// It was not made, and may still be: ask again. Signing the same intent anew could make it twice.
    Open,
    /// It was not made, and can no longer be: build anew if it is still wanted.
    Lapsed,
}

impl Claim {
    /// Says whether its nonce is spent already, as far as the next transaction will see. Ask before
    /// anything is signed that a paymaster built: with a nonce that was spent long ago it can never be
    /// made, and would look as if it had been.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails.
    pub async fn is_spent(&self, node: &Node) -> Result<bool> {
        let contract = node.contract(self.account);
        match contract.is_valid_outside_execution_nonce(self.nonce).await {
            // An account that is not deployed has spent nothing.
            Err(Error::Refused(refusal)) if refusal.cause() == Cause::NoContract => Ok(false),
            is_unspent => Ok(!is_unspent?),
        }
    }

    /// Asks the node's last block what became of it. Time and nonce are that one block's, so that
    /// [`Settlement::Lapsed`] is final unless the block is undone.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::Node`] if the node fails, or does not know its own last block
    /// when asked for the nonce; [`Error::Answer`] if it answers something else.
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
            // An account that is not deployed has spent nothing.
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
