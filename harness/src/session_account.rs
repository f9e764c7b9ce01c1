use std::sync::Arc;

use async_trait::async_trait;
use starknet_rust_accounts::{
    Account, ConnectedAccount, ExecutionEncoder, RawDeclarationV3, RawExecutionV3,
};
use starknet_rust_core::types::{BlockId, BlockTag, Call, Felt};
use starknet_rust_providers::Provider;
use starknet_rust_signers::SignerInteractivityContext;

use crate::calldata;
use crate::error::{Error, Result};
use crate::key::SessionKey;

/// An account as its session key sees it: one of starknet-rust's accounts, so `execute_v3` works as
/// usual, within the session's limits.
///
/// Fees are estimated with a real signature and validation counted: an estimate that skips it is
/// too low for a session, and the transaction then reverts for lack of gas.
#[derive(Debug, Clone)]
pub struct SessionAccount<P> {
    provider: P,
    address: Felt,
    chain_id: Felt,
    key: Arc<SessionKey>,
    valid_until: u64,
}

impl<P> SessionAccount<P> {
    /// The account at `address`, on the chain `chain_id`, for the session of `key`. `valid_until`,
    /// in Unix seconds, must be the registered one.
    pub const fn new(
        provider: P,
        address: Felt,
        chain_id: Felt,
        key: Arc<SessionKey>,
        valid_until: u64,
    ) -> Self {
        Self { provider, address, chain_id, key, valid_until }
    }
}

#[async_trait]
impl<P: Provider + Sync + Send> Account for SessionAccount<P> {
    type SignError = Error;

    fn address(&self) -> Felt {
        self.address
    }

    fn chain_id(&self) -> Felt {
        self.chain_id
    }

    async fn sign_execution_v3(
        &self,
        execution: &RawExecutionV3,
        query_only: bool,
    ) -> Result<Vec<Felt>> {
        let hash = execution.transaction_hash(self.chain_id, self.address, query_only, self);
        self.key.sign(&hash, self.valid_until)
    }

    /// A session declares nothing: always an error.
    async fn sign_declaration_v3(&self, _: &RawDeclarationV3, _: bool) -> Result<Vec<Felt>> {
        Err(Error::Signing("a session key cannot declare classes: use the owner's key".to_owned()))
    }

    fn is_signer_interactive(&self, _: SignerInteractivityContext<'_>) -> bool {
        false
    }
}

impl<P> ExecutionEncoder for SessionAccount<P> {
    fn encode_calls(&self, calls: &[Call]) -> Vec<Felt> {
        calldata::of_calls(calls)
    }
}

impl<P: Provider + Sync + Send> ConnectedAccount for SessionAccount<P> {
    type Provider = P;

    fn provider(&self) -> &P {
        &self.provider
    }

    fn block_id(&self) -> BlockId {
        BlockId::Tag(BlockTag::PreConfirmed)
    }
}
