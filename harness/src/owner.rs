use std::fmt;

use async_trait::async_trait;
use starknet_rust_accounts::{ExecutionEncoding, SingleOwnerAccount};
use starknet_rust_core::crypto::Signature;
use starknet_rust_core::types::Felt;
use starknet_rust_providers::Provider;
use starknet_rust_signers::local_wallet::SignError;
use starknet_rust_signers::{
    Infallible, LocalWallet, Signer, SignerInteractivityContext, SigningKey, VerifyingKey,
};

/// An account as its owner sees it.
pub type OwnerAccount<P> = SingleOwnerAccount<P, OwnerSigner>;

/// Signs with the owner's key, which shows in no `Debug` output: a [`LocalWallet`] would print it.
#[derive(Clone)]
pub struct OwnerSigner(LocalWallet);

impl From<SigningKey> for OwnerSigner {
    fn from(key: SigningKey) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for OwnerSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnerSigner")
    }
}

#[async_trait]
impl Signer for OwnerSigner {
    type GetPublicKeyError = Infallible;
    type SignError = SignError;

    async fn get_public_key(&self) -> Result<VerifyingKey, Infallible> {
        self.0.get_public_key().await
    }

    async fn sign_hash(&self, hash: &Felt) -> Result<Signature, SignError> {
        self.0.sign_hash(hash).await
    }

    fn is_interactive(&self, context: SignerInteractivityContext<'_>) -> bool {
        self.0.is_interactive(context)
    }
}

/// The account at `address`, on the chain `chain_id`, with its owner's `key`.
pub fn owner_account<P: Provider + Sync + Send>(
    provider: P,
    address: Felt,
    chain_id: Felt,
    key: SigningKey,
) -> OwnerAccount<P> {
    SingleOwnerAccount::new(provider, key.into(), address, chain_id, ExecutionEncoding::New)
}
