//! Declaring the account's class and deploying accounts.

use starknet_rust_accounts::{
    AccountDeploymentV3, AccountFactory, ConnectedAccount, OpenZeppelinAccountFactory,
};
use starknet_rust_core::types::{BlockId, BlockTag, Call, Felt, StarknetError};
use starknet_rust_core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust_providers::{Provider, ProviderError};
use starknet_rust_signers::SigningKey;

use crate::artifact::{Artifact, Meter};
use crate::error::Result;
use crate::name::selector;
use crate::outcome::{Outcome, send, wait};
use crate::owner::OwnerSigner;

/// The Universal Deployer Contract of OpenZeppelin's Cairo 1 code: the same address on every network.
pub const UDC: Felt =
    Felt::from_hex_unchecked("0x02ceed65a4bd731034c01113685c831b01c15d7d432f71afb1cf1634b53a2125");

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

/// Declares `artifact` on the devnet of `account`, in the form that is metered as networks do, unless
/// the devnet knows its class. Returns what the declaration came to, if there was one, and how the
/// devnet meters the class: it keeps the version of Sierra that it was first declared with.
///
/// # Errors
/// As for [`declare`], and [`crate::Error::Node`] if the node fails.
pub async fn declare_on_devnet<A: ConnectedAccount + Sync>(
    account: &A,
    artifact: &Artifact,
) -> Result<(Option<Outcome>, Meter)> {
    let node = account.provider();
    let class = || node.get_class(BlockId::Tag(BlockTag::PreConfirmed), artifact.class_hash);
    match class().await {
        Err(ProviderError::StarknetError(StarknetError::ClassHashNotFound)) => {
            let outcome = declare(account, &artifact.for_devnet()).await?;
            Ok((Some(outcome), Meter::of(&class().await?)))
        }
        known => Ok((None, Meter::of(&known?))),
    }
}

/// Deploys an account of `class_hash`, owned by `public_key`, through the Universal Deployer
/// Contract; `deployer` pays. Returns its address, as [`address`] tells it.
///
/// # Errors
/// [`crate::Error::Refused`] if it is deployed already, or the class is not declared.
pub async fn deploy<A: ConnectedAccount + Sync>(
    deployer: &A,
    class_hash: Felt,
    public_key: Felt,
    salt: Felt,
) -> Result<(Felt, Outcome)> {
    let call = deployment(class_hash, public_key, salt);
    let outcome = send(deployer.execute_v3(vec![call]), deployer).await?;
    Ok((address(class_hash, public_key, salt), outcome))
}

/// The call of the Universal Deployer Contract that deploys an account of `class_hash`, owned by
/// `public_key`.
#[must_use]
pub fn deployment(class_hash: Felt, public_key: Felt, salt: Felt) -> Call {
    let is_unique = Felt::ZERO;
    Call {
        to: UDC,
        selector: selector("deployContract"),
        calldata: vec![class_hash, salt, is_unique, Felt::ONE, public_key],
    }
}

/// Where an account of `class_hash`, owned by `public_key`, is deployed, whoever does it: the
/// address depends on nothing else but `salt`.
#[must_use]
pub fn address(class_hash: Felt, public_key: Felt, salt: Felt) -> Felt {
    get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &[public_key])
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
        let Ok(mut factory) =
            OpenZeppelinAccountFactory::new(class_hash, chain_id, owner.into(), provider).await;
        factory.set_block_id(BlockId::Tag(BlockTag::PreConfirmed));
        Self { factory, salt }
    }

    /// Where the account will be: fund it there first.
    pub fn address(&self) -> Felt {
        self.factory.deploy_v3(self.salt).address()
    }

    /// The transaction that deploys it.
    pub fn transaction(
        &self,
    ) -> AccountDeploymentV3<'_, OpenZeppelinAccountFactory<OwnerSigner, P>> {
        self.factory.deploy_v3(self.salt)
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
