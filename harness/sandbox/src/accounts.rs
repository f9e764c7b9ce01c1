//! What is on the chain when the sandbox opens: session accounts with funds.

use starknet_rust::accounts::{ExecutionEncoding, SingleOwnerAccount};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::starknet_keccak;
use starknet_rust::signers::SigningKey;

use super::info::Account;
use session_client::class::{self, Meter};
use session_client::deploy;
use session_client::token::{ETH, STRK, transfer};
use session_client::{NEXT_BLOCK, Node, Owner, OwnerSigner, Result, Rpc};
use session_devnet::Stage;

/// What each account has of each token: 100 of them, in the smallest unit.
const BALANCE: u128 = 100_000_000_000_000_000_000;
/// The tokens, by name: the paymaster takes each, and each account has some.
pub const TOKENS: [(&str, Felt); 2] = [("ETH", ETH), ("STRK", STRK)];
/// How many accounts one transaction deploys and funds.
const AT_ONCE: usize = 10;

/// The session account's class on a chain, and accounts of it.
#[derive(Debug)]
pub struct Population {
    /// The session account's class.
    pub class_hash: Felt,
    /// How the chain meters it.
    pub meter: Meter,
    /// Session accounts, deployed and funded.
    pub accounts: Vec<Account>,
}

impl Population {
    /// Declares the class on `stage`, and has `payer` deploy and fund `count` accounts with keys made
    /// from `seed`.
    pub async fn settle(stage: &Stage, payer: &Owner, count: u8, seed: u32) -> Result<Self> {
        let artifact = class::session_account()?;
        let (_, meter) = stage.declare(&artifact).await?;
        let class_hash = artifact.class_hash;
        let accounts: Vec<_> =
            (0..count).map(|index| session_account(class_hash, seed, index)).collect();
        for accounts in accounts.chunks(AT_ONCE) {
            let calls = accounts.iter().flat_map(|it| births(it, class_hash)).collect::<Vec<_>>();
            payer.send(calls).await?;
        }
        Ok(Self { class_hash, meter, accounts })
    }
}

/// Makes an account: the same for the same seed, on whatever machine.
fn session_account(class_hash: Felt, seed: u32, index: u8) -> Account {
    // 250 bits, so below the curve's order; known to whoever reads this, as devnet keys are.
    let private_key = starknet_keccak(format!("session-account sandbox {seed} {index}").as_bytes());
    let public_key = SigningKey::from_secret_scalar(private_key).verifying_key().scalar();
    let address = deploy::address(class_hash, public_key, Felt::ZERO);
    Account { address, public_key, private_key }
}

/// Returns the calls that deploy `account`, and give it of every token that the paymaster takes.
fn births(account: &Account, class_hash: Felt) -> impl Iterator<Item = Call> {
    let deployment = deploy::deployment(class_hash, account.public_key, Felt::ZERO);
    let address = account.address;
    let gifts = TOKENS.map(|(_, token)| transfer(token, address, BALANCE));
    std::iter::once(deployment).chain(gifts)
}

/// An account of starknet-rust's that computes hashes, on whatever chain.
pub type Unsigned = SingleOwnerAccount<Rpc, OwnerSigner>;

/// Returns the account at `address` with a key that is not its own: for what needs no signature of it.
pub fn unsigned(node: &Node, address: Felt, chain_id: Felt) -> Unsigned {
    let signer = OwnerSigner::from(SigningKey::from_secret_scalar(Felt::ONE));
    let (provider, encoding) = (node.provider().clone(), ExecutionEncoding::New);
    let mut account = SingleOwnerAccount::new(provider, signer, address, chain_id, encoding);
    account.set_block_id(NEXT_BLOCK);
    account
}
