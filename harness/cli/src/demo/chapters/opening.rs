//! Opens the devnet, declares the class, and deploys two accounts of it.

use std::sync::Arc;

use session_client::class;
use session_client::deploy::{self, Counterfactual};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

use super::deeds::{see, short};
use crate::demo::host::Host;
use crate::demo::report::{Report, Told};
use crate::demo::stage::Scene;
use crate::demo::verdict::{Mismatch, Reply, Verdict};
use crate::demo::wallet::Wallet;

pub const TITLE: &str = "The stage";

/// One salt serves all accounts, since no two of them have the same owner.
const SALT: Felt = Felt::ZERO;

/// The accounts that the other chapters use.
pub struct Cast {
    pub stage: Arc<Scene>,
    /// The session account's class.
    pub class_hash: Felt,
    /// Deployed through the Universal Deployer Contract.
    pub deployed: Wallet,
    /// The account that deployed itself.
    pub self_deployed: Wallet,
}

pub async fn tell(host: Host, report: &mut Report) -> Told<Cast> {
    let stage = report.step(host.deed(), open(host)).await?;
    let class_hash = report.step("declare the session account", declare(&stage)).await?;
    let deployed = report
        .step("deploy one through the Universal Deployer", deploy(&stage, class_hash))
        .await?;
    let self_deployed = report
        .step("fund another's address, have it deploy itself", deploy_itself(&stage, class_hash))
        .await?;
    Ok(Cast { stage, class_hash, deployed, self_deployed })
}

async fn open(host: Host) -> Verdict<Arc<Scene>> {
    let stage = Scene::open(host).await?;
    Ok(Reply::new(stage.name()).with(Arc::new(stage)))
}

/// Declares the class. A devnet on which the demo ran before knows it already.
async fn declare(stage: &Scene) -> Verdict<Felt> {
    let artifact = class::session_account()?;
    let class_hash = artifact.class_hash;
    let class = short(class_hash);
    Ok(match stage.stage().declare(&artifact).await? {
        (None, meter) => {
            Reply::new(format!("class {class} is declared already, metered in {meter}"))
        }
        (Some(outcome), meter) => {
            Reply::new(format!("class {class}, metered in {meter}")).by(&outcome)
        }
    }
    .with(class_hash))
}

/// Deploys an account of `class_hash` with an owner of its own, and funds it.
pub async fn deploy(stage: &Arc<Scene>, class_hash: Felt) -> Verdict<Wallet> {
    let owner = SigningKey::from_random();
    let public_key = owner.verifying_key().scalar();
    let (address, outcome) = deploy::deploy(stage.payer(), class_hash, public_key, SALT).await?;
    stage.fund(address).await?;

    let wallet = Wallet::new(stage.clone(), address, owner);
    Ok(Reply::new(place(&wallet, class_hash).await?).by(&outcome).with(wallet))
}

async fn deploy_itself(stage: &Arc<Scene>, class_hash: Felt) -> Verdict<Wallet> {
    let owner = SigningKey::from_random();
    let node = stage.node().clone();
    let account = Counterfactual::new(&node, class_hash, owner.clone(), SALT).await;
    stage.fund(account.address()).await?;
    let outcome = account.deploy().await?;

    let wallet = Wallet::new(stage.clone(), account.address(), owner);
    Ok(Reply::new(place(&wallet, class_hash).await?).by(&outcome).with(wallet))
}

async fn place(wallet: &Wallet, class_hash: Felt) -> Result<String, Mismatch> {
    let seen = see(wallet, class_hash).await?;
    Ok(format!("class {} at {}", short(seen.class_hash), short(wallet.contract().address())))
}
