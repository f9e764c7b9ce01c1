use starknet_rust_accounts::{ExecutionEncoding, SingleOwnerAccount};
use starknet_rust_core::types::Felt;
use starknet_rust_providers::Provider;
use starknet_rust_signers::{LocalWallet, SigningKey};

/// An account as its owner sees it.
pub type OwnerAccount<P> = SingleOwnerAccount<P, LocalWallet>;

/// The account at `address`, on the chain `chain_id`, with its owner's `key`.
pub fn owner_account<P: Provider + Sync + Send>(
    provider: P,
    address: Felt,
    chain_id: Felt,
    key: SigningKey,
) -> OwnerAccount<P> {
    SingleOwnerAccount::new(
        provider,
        LocalWallet::from_signing_key(key),
        address,
        chain_id,
        ExecutionEncoding::New,
    )
}
