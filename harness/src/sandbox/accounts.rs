//! What is on the chain when the sandbox opens: session accounts with funds, and relayers.

use std::sync::Arc;

use starknet_rust_accounts::Account as _;
use starknet_rust_core::types::{BlockId, BlockTag, Call, Felt};
use starknet_rust_core::utils::starknet_keccak;
use starknet_rust_providers::jsonrpc::HttpTransport;
use starknet_rust_providers::{JsonRpcClient, Provider};
use starknet_rust_signers::SigningKey;

use super::info::Account;
use super::relayers::Node;
use crate::artifact::{self, Meter};
use crate::deploy;
use crate::devnet::{Devnet, Embedded, PredeployedAccount};
use crate::error::{Error, Result};
use crate::outcome::send;
use crate::owner::{OwnerAccount, owner_account};
use crate::token::{STRK, transfer};

/// 100 STRK, in FRI.
const BALANCE: u128 = 100_000_000_000_000_000_000;
/// How many accounts one transaction deploys and funds.
const AT_ONCE: usize = 10;

/// A chain that is ready for clients.
#[derive(Debug)]
pub struct Stage {
    /// Its node.
    pub node: Node,
    /// Its chain id.
    pub chain_id: Felt,
    /// The session account's class.
    pub class_hash: Felt,
    /// How the chain meters it.
    pub meter: Meter,
    /// Session accounts, deployed and funded.
    pub accounts: Vec<Account>,
    /// An account of another class, for clients that submit and pay themselves.
    pub submitter: PredeployedAccount,
    /// Those that pay.
    pub relayers: Vec<OwnerAccount<Node>>,
}

impl Stage {
    /// Declares the class, and deploys and funds `count` accounts with keys made from `seed`.
    pub async fn set(embedded: &Embedded, count: u8, seed: u32) -> Result<Self> {
        let node = Arc::new(JsonRpcClient::new(HttpTransport::new(embedded.url().clone())));
        let chain_id = node.chain_id().await?;
        let mut predeployed = Devnet::new(embedded.url().clone()).predeployed_accounts().await?;
        let submitter =
            predeployed.pop().ok_or_else(|| Error::Devnet("it has no accounts".to_owned()))?;
        let account = |it: PredeployedAccount| {
            let key = SigningKey::from_secret_scalar(it.private_key);
            owner_account(node.clone(), it.address, chain_id, key)
        };
        let payer = account(submitter.clone());
        let relayers = predeployed.into_iter().map(account).collect();

        let artifact = artifact::session_account()?;
        let (_, meter) = deploy::declare_on_devnet(&payer, &artifact).await?;
        let accounts: Vec<_> =
            (0..count).map(|index| session_account(artifact.class_hash, seed, index)).collect();
        for accounts in accounts.chunks(AT_ONCE) {
            let calls = accounts.iter().flat_map(|it| births(it, artifact.class_hash)).collect();
            send(payer.execute_v3(calls), &payer).await?;
        }
        let class_hash = artifact.class_hash;
        Ok(Self { node, chain_id, class_hash, meter, accounts, submitter, relayers })
    }
}

/// The same for the same seed, on whatever machine.
fn session_account(class_hash: Felt, seed: u32, index: u8) -> Account {
    // 250 bits, so below the curve's order; known to whoever reads this, as devnet keys are.
    let private_key = starknet_keccak(format!("session-account sandbox {seed} {index}").as_bytes());
    let public_key = SigningKey::from_secret_scalar(private_key).verifying_key().scalar();
    let address = deploy::address(class_hash, public_key, Felt::ZERO);
    Account { address, public_key, private_key }
}

fn births(account: &Account, class_hash: Felt) -> [Call; 2] {
    [
        deploy::deployment(class_hash, account.public_key, Felt::ZERO),
        transfer(STRK, account.address, BALANCE),
    ]
}

/// The account at `address` with a key that is not its own: for what needs no signature of it.
pub fn unsigned(node: Node, address: Felt, chain_id: Felt) -> OwnerAccount<Node> {
    let mut account =
        owner_account(node, address, chain_id, SigningKey::from_secret_scalar(Felt::ONE));
    account.set_block_id(BlockId::Tag(BlockTag::PreConfirmed));
    account
}
