//! The token that is transferred where gas is measured: `mocks/src/token.cairo`, measured in Sierra gas.
//!
//! The devnet's own STRK is not used: the devnet measures it in Cairo steps, which no network does, and
//! rounds up to 40,000 gas.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use session_client::class::{self, Artifact, Hashes, Meter};
use session_client::deploy::UDC;
use session_client::felt::selector;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};

use crate::chain::{Chain, send};

const CLASS: &str = include_str!("../../../../mocks/artifacts/Token.contract_class.json");
const HASHES: &str = include_str!("../../../../mocks/artifacts/hashes.json");

#[derive(Deserialize)]
struct Mocks {
    #[serde(rename = "Token")]
    token: Hashes,
}

/// Declares the token's class, unless the devnet knows it, deploys the token with `salt`, and returns its
/// address.
pub async fn deploy(chain: &Chain, salt: u64) -> Result<Felt> {
    let artifact = artifact()?;
    let (_, meter) = chain.stage.declare(&artifact).await?;
    ensure!(meter == Meter::SierraGas, "the chain meters the token in steps");
    let (class_hash, salt) = (artifact.class_hash, Felt::from(salt));
    let (unique, arguments) = (Felt::ZERO, Felt::ZERO);
    let calldata = vec![class_hash, salt, unique, arguments];
    let deployment = Call { to: UDC, selector: selector("deployContract"), calldata };
    send(chain.stage.payer(), vec![deployment]).await?;
    Ok(get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &[]))
}

/// Returns the call of `token` that mints `amount` for `recipient`.
pub fn mint(token: Felt, recipient: Felt, amount: u64) -> Call {
    let calldata = vec![recipient, amount.into(), Felt::ZERO];
    Call { to: token, selector: selector("mint"), calldata }
}

fn artifact() -> Result<Artifact> {
    let Mocks { token } = serde_json::from_str(HASHES).context("mocks/artifacts/hashes.json")?;
    Ok(class::with_hashes(CLASS, token)?)
}
