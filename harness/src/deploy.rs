//! Declaring the account's class and deploying accounts.

use starknet_rust_accounts::{AccountFactory, ConnectedAccount, OpenZeppelinAccountFactory};
use starknet_rust_contract::{ContractFactory, UdcSelector};
use starknet_rust_core::types::Felt;
use starknet_rust_providers::Provider;
use starknet_rust_signers::SigningKey;

use crate::artifact::Artifact;
use crate::error::Result;
use crate::outcome::{Outcome, wait};
use crate::owner::OwnerSigner;

/// Declares `artifact` and waits until it is in a block.
///
/// # Errors
/// [`crate::Error::Refused`] if it is declared already, or the account cannot pay.
pub async fn declare<A: ConnectedAccount + Sync>(
    account: &A,
    artifact: &Artifact,
) -> Result<Outcome> {
    let declaration = account.declare_v3(artifact.class.clone(), artifact.compiled_class_hash);
    let sent = declaration.send().await?;
    wait(account.provider(), sent.transaction_hash).await?.succeeded()
}

/// Deploys an account of `class_hash`, owned by `public_key`, through the Universal Deployer
/// Contract; `deployer` pays. Returns its address, which depends on the class, the key and `salt`
/// alone.
///
/// # Errors
/// [`crate::Error::Refused`] if it is deployed already, or the class is not declared.
pub async fn deploy<A: ConnectedAccount + Sync>(
    deployer: &A,
    class_hash: Felt,
    public_key: Felt,
    salt: Felt,
) -> Result<(Felt, Outcome)> {
    let factory = ContractFactory::new_with_udc(class_hash, deployer, UdcSelector::New);
    let deployment = factory.deploy_v3(vec![public_key], salt, false);
    let address = deployment.deployed_address();
    let sent = deployment.send().await?;
    let outcome = wait(deployer.provider(), sent.transaction_hash).await?.succeeded()?;
    Ok((address, outcome))
}

/// An account that is yet to deploy itself, and pays for it from its own balance.
pub struct Counterfactual<P> {
    factory: OpenZeppelinAccountFactory<OwnerSigner, P>,
    salt: Felt,
}

impl<P: Provider + Sync + Send> Counterfactual<P> {
    /// An account of `class_hash` owned by `owner`, on the chain `chain_id`.
    pub async fn new(
        provider: P,
        chain_id: Felt,
        class_hash: Felt,
        owner: SigningKey,
        salt: Felt,
    ) -> Self {
        // The class's constructor takes the public key alone, as OpenZeppelin's does.
        let Ok(factory) =
            OpenZeppelinAccountFactory::new(class_hash, chain_id, owner.into(), provider).await;
        Self { factory, salt }
    }

    /// Where the account will be: fund it there first.
    pub fn address(&self) -> Felt {
        self.factory.deploy_v3(self.salt).address()
    }

    /// Deploys it and waits until it is in a block.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] if it is deployed already, the class is not declared, or the
    /// address is not funded.
    pub async fn deploy(&self) -> Result<Outcome> {
        let sent = self.factory.deploy_v3(self.salt).send().await?;
        wait(self.factory.provider(), sent.transaction_hash).await?.succeeded()
    }
}
