//! The three kinds of transactions that an account sends, as one.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use starknet_rust::accounts::{
    AccountDeploymentV3, AccountFactory, ConnectedAccount, DeclarationV3, ExecutionV3,
};
use starknet_rust::core::types::{
    BroadcastedDeclareTransaction, BroadcastedDeployAccountTransaction,
    BroadcastedInvokeTransaction, BroadcastedInvokeTransactionV3, FeeEstimate, Felt,
};
use starknet_rust::providers::{Provider, ProviderError};

use crate::error::{Error, Result};
use crate::fee::Bounds;

/// A transaction that can be estimated and signed: an invoke, a declaration or the deployment of an
/// account by itself, of starknet-rust's.
///
/// The trait is sealed: these three are all that there are.
#[async_trait]
pub trait Transaction: sealed::Sealed + Sized + Send + Sync {
    /// Makes it its account's transaction number `nonce`, with `tip` FRI for each unit of L2 gas.
    #[must_use]
    fn numbered(self, nonce: Felt, tip: u64) -> Self;

    /// Asks the node what it will cost: signed, with validation counted, since a session's validation
    /// is dear.
    ///
    /// # Errors
    /// [`Error::Refused`] if the account or a call refuses, [`Error::Unreachable`] or [`Error::Node`]
    /// if the node fails.
    async fn estimate(&self) -> Result<FeeEstimate>;

    /// Signs it with `bounds`, and returns its hash, computed here, and what is sent.
    ///
    /// # Errors
    /// [`Error::Signing`] if it cannot be signed.
    async fn signed(self, bounds: Bounds) -> Result<(Felt, Broadcast)>;
}

mod sealed {
    pub trait Sealed {}
}

/// A signed transaction as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Broadcast {
    /// Calls.
    Invoke(BroadcastedInvokeTransactionV3),
    /// A class. It is not kept: it is some megabytes, and comes again from where it came.
    #[serde(skip)]
    Declare(Box<BroadcastedDeclareTransaction>),
    /// An account that deploys itself.
    #[serde(skip)]
    DeployAccount(BroadcastedDeployAccountTransaction),
}

impl Broadcast {
    /// Sends it, the same bytes however often.
    pub(crate) async fn send<P: Provider + Sync>(
        &self,
        provider: &P,
    ) -> std::result::Result<(), ProviderError> {
        match self.clone() {
            Self::Invoke(broadcasted_invoke_txn_v3) => {
                let proof = None;
                let sent = BroadcastedInvokeTransaction { broadcasted_invoke_txn_v3, proof };
                provider.add_invoke_transaction(sent).await.map(drop)
            }
            Self::Declare(sent) => provider.add_declare_transaction(*sent).await.map(drop),
            Self::DeployAccount(sent) => {
                provider.add_deploy_account_transaction(sent).await.map(drop)
            }
        }
    }
}

/// The three kinds have the same methods, and no trait of starknet-rust's.
macro_rules! transaction {
    ($kind:ident of $account:ident: $request:ident, $kept:ident: $keep:expr) => {
        impl<A: $account + Sync> sealed::Sealed for $kind<'_, A> {}

        #[async_trait]
        impl<A: $account + Sync> Transaction for $kind<'_, A> {
            fn numbered(self, nonce: Felt, tip: u64) -> Self {
                self.nonce(nonce).tip(tip)
            }

            async fn estimate(&self) -> Result<FeeEstimate> {
                Ok(self.estimate_fee().await?)
            }

            async fn signed(self, bounds: Bounds) -> Result<(Felt, Broadcast)> {
                let prepared = self
                    .l1_gas(bounds.l1_gas)
                    .l1_gas_price(bounds.l1_gas_price)
                    .l2_gas(bounds.l2_gas)
                    .l2_gas_price(bounds.l2_gas_price)
                    .l1_data_gas(bounds.l1_data_gas)
                    .l1_data_gas_price(bounds.l1_data_gas_price)
                    .prepared()
                    .map_err(|error| Error::Signing(error.to_string()))?;
                let request = prepared
                    .$request(false, false)
                    .await
                    .map_err(|error| Error::Signing(error.to_string()))?;
                let keep: fn($kept) -> Broadcast = $keep;
                Ok((prepared.transaction_hash(false), keep(request)))
            }
        }
    };
}

transaction!(ExecutionV3 of ConnectedAccount: get_invoke_request,
    BroadcastedInvokeTransaction: |it| Broadcast::Invoke(it.broadcasted_invoke_txn_v3));
transaction!(DeclarationV3 of ConnectedAccount: get_declare_request,
    BroadcastedDeclareTransaction: |it| Broadcast::Declare(Box::new(it)));
transaction!(AccountDeploymentV3 of AccountFactory: get_deploy_request,
    BroadcastedDeployAccountTransaction: Broadcast::DeployAccount);
