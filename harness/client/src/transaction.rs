//! One trait for the three kinds of transactions that an account sends.

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

/// A transaction of starknet-rust that can be estimated and signed: an invoke transaction, a declaration,
/// or an account's own deployment.
///
/// The trait is sealed: only these three kinds implement it.
#[async_trait]
pub trait Transaction: sealed::Sealed + Sized + Send + Sync {
    /// Sets the transaction's nonce and its tip, in FRI for each unit of L2 gas.
    #[must_use]
    fn numbered(self, nonce: Felt, tip: u64) -> Self;

    /// Asks the node for a fee estimate. The transaction is signed and its validation is included, since a
    /// session's validation is expensive. If a contract, a function or a class is missing, the node may be
    /// behind, and is asked twice more within 300 ms unless [`Patience`](crate::Patience) forbids retries.
    ///
    /// # Errors
    /// [`Error::Refused`] if the account or a call refuses, [`Error::Unreachable`] or [`Error::Node`]
    /// if the node fails.
    async fn estimate(&self) -> Result<FeeEstimate>;

    /// Signs the transaction with `bounds`. Returns its hash, which is computed here, and the signed
    /// transaction.
    ///
    /// # Errors
    /// [`Error::Signing`] if it cannot be signed.
    async fn signed(self, bounds: Bounds) -> Result<(Felt, Broadcast)>;
}

mod sealed {
    pub trait Sealed {}
}

/// A signed transaction, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Broadcast {
    /// An invoke transaction.
    Invoke(BroadcastedInvokeTransactionV3),
    /// A declaration. The journal does not keep it: a class has some megabytes, and can be read again from
    /// its file.
    #[serde(skip)]
    Declare(Box<BroadcastedDeclareTransaction>),
    /// An account's own deployment. The journal does not keep it.
    #[serde(skip)]
    DeployAccount(BroadcastedDeployAccountTransaction),
}

impl Broadcast {
    /// Sends the transaction: the same bytes each time.
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

/// Implements [`Transaction`] for a kind of transaction. The three kinds of starknet-rust have the same
/// methods, but no common trait.
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
