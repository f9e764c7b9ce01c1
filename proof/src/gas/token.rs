//! The token that is transferred where gas is measured: `mocks/src/token.cairo`, metered in Sierra gas.
//!
//! The devnet's own STRK is metered in steps, which no network does, and rounded up to 40,000 gas.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use session_harness::artifact::{self, Artifact, Hashes, Meter};
use session_harness::deploy::{self, UDC};
use session_harness::name::selector;
use starknet_rust_core::types::{Call, Felt};
use starknet_rust_core::utils::{UdcUniqueness, get_udc_deployed_address};

use crate::chain::{Chain, send};

const CLASS: &str = include_str!("../../../mocks/artifacts/Token.contract_class.json");
const HASHES: &str = include_str!("../../../mocks/artifacts/hashes.json");
const SALT: Felt = Felt::ZERO;

#[derive(Deserialize)]
struct Mocks {
    #[serde(rename = "Token")]
    token: Hashes,
}

/// Declares and deploys the token, and returns its address.
pub async fn deploy(chain: &Chain) -> Result<Felt> {
    let artifact = artifact()?;
    let (_, meter) = deploy::declare_on_devnet(&chain.payer, &artifact).await?;
    ensure!(meter == Meter::SierraGas, "the chain meters the token in steps");
    let (class_hash, unique, arguments) = (artifact.class_hash, Felt::ZERO, Felt::ZERO);
    let calldata = vec![class_hash, SALT, unique, arguments];
    let deployment = Call { to: UDC, selector: selector("deployContract"), calldata };
    send(&chain.payer, vec![deployment]).await?;
    Ok(get_udc_deployed_address(SALT, class_hash, &UdcUniqueness::NotUnique, &[]))
}

/// Returns the call of `token` that makes `amount` new ones for `recipient`.
pub fn mint(token: Felt, recipient: Felt, amount: u64) -> Call {
    let calldata = vec![recipient, amount.into(), Felt::ZERO];
    Call { to: token, selector: selector("mint"), calldata }
}

fn artifact() -> Result<Artifact> {
    let Mocks { token } = serde_json::from_str(HASHES).context("mocks/artifacts/hashes.json")?;
    Ok(artifact::with_hashes(CLASS, token)?)
}
