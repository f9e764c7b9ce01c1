//! Declares the account's class and deploys accounts.

use starknet_rust::accounts::{
    Account, AccountDeploymentV3, AccountFactory, OpenZeppelinAccountFactory,
};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};
use starknet_rust::signers::SigningKey;

use crate::class::Artifact;
use crate::error::Result;
use crate::fee::Terms;
use crate::felt::selector;
use crate::node::{NEXT_BLOCK, Node, Rpc};
use crate::outcome::Outcome;
use crate::owner::{Owner, OwnerSigner};
use crate::status::Finality;

/// The address of OpenZeppelin's Universal Deployer Contract (UDC), the same on every network.
pub const UDC: Felt =
    Felt::from_hex_unchecked("0x02ceed65a4bd731034c01113685c831b01c15d7d432f71afb1cf1634b53a2125");

/// Declares `artifact`, which `payer` pays for, and waits until the declaration is in a block.
///
/// # Errors
/// [`crate::Error::Refused`] if the class is declared already, or `payer` cannot pay.
pub async fn declare(payer: &Owner, artifact: &Artifact) -> Result<Outcome> {
    let make = || payer.declare_v3(artifact.class.clone(), artifact.compiled_class_hash);
    let sent = payer.node().submit(payer.address(), make, &Terms::default()).await?;
    sent.wait(Finality::AcceptedOnL2).await
}

/// Deploys an account of `class_hash`, owned by `public_key`, through the Universal Deployer Contract;
/// `deployer` pays. Returns the account's address, which equals [`address`], and the outcome.
///
/// # Errors
/// [`crate::Error::Refused`] if the account is deployed already, or the class is not declared.
pub async fn deploy(
    deployer: &Owner,
    class_hash: Felt,
    public_key: Felt,
    salt: Felt,
) -> Result<(Felt, Outcome)> {
    let call = deployment(class_hash, public_key, salt);
    let outcome = deployer.send([call]).await?;
    Ok((address(class_hash, public_key, salt), outcome))
}

/// Returns the call of the Universal Deployer Contract that deploys an account of `class_hash`, owned by
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

/// Computes the address of an account of `class_hash`, owned by `public_key`. It depends on nothing else
/// but `salt`, and not on the deployer.
#[must_use]
pub fn address(class_hash: Felt, public_key: Felt, salt: Felt) -> Felt {
    get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &[public_key])
}

/// A counterfactual account: it deploys itself, and pays for that from a balance that it received before.
pub struct Counterfactual {
    node: Node,
    factory: OpenZeppelinAccountFactory<OwnerSigner, Rpc>,
    salt: Felt,
}

impl Counterfactual {
    /// Describes the account of `class_hash` that `owner` will own.
    pub async fn new(node: &Node, class_hash: Felt, owner: SigningKey, salt: Felt) -> Self {
        // The class's constructor takes only the public key, as OpenZeppelin's does, so its factory fits.
        let provider = node.provider().clone();
        let Ok(mut factory) =
            OpenZeppelinAccountFactory::new(class_hash, node.chain_id(), owner.into(), provider)
                .await;
        factory.set_block_id(NEXT_BLOCK);
        Self { node: node.clone(), factory, salt }
    }

    /// Returns the account's future address, which must receive STRK first.
    pub fn address(&self) -> Felt {
        self.factory.deploy_v3(self.salt).address()
    }

    /// Returns the transaction that deploys the account.
    pub fn transaction(
        &self,
    ) -> AccountDeploymentV3<'_, OpenZeppelinAccountFactory<OwnerSigner, Rpc>> {
        self.factory.deploy_v3(self.salt)
    }

    /// Deploys the account and waits until the deployment is in a block.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] if the account is deployed already or the class is not declared, and
    /// [`crate::Error::CannotPay`] if its balance is too low.
    pub async fn deploy(&self) -> Result<Outcome> {
        let sent =
            self.node.submit(self.address(), || self.transaction(), &Terms::default()).await?;
        sent.wait(Finality::AcceptedOnL2).await
    }
}
