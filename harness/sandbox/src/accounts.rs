//! Makes the accounts that are on the chain when the sandbox opens: session accounts with funds, and
//! relayers.

use starknet_rust::accounts::{Account as _, ExecutionEncoding, SingleOwnerAccount};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::starknet_keccak;
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;

use super::info::Account;
use session_client::class::{self, Meter};
use session_client::deploy;
use session_client::token::{ETH, STRK, transfer};
use session_client::{NEXT_BLOCK, Node, Owner, OwnerSigner, Result, Rpc};
use session_devnet::Stage;

/// The balance of each account in each token, 100 of them, and the balance of each relayer in STRK, 10,000.
/// Both are in the smallest unit.
const BALANCE: u128 = 100_000_000_000_000_000_000;
const FUNDS: u128 = 100 * BALANCE;
/// How many relayers there are, so that one slow submission does not delay the others.
const RELAYERS: u8 = 4;
/// The tokens by name. The paymaster accepts each, and each account has some of it.
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
    /// The relayers: accounts of the class of the devnet's own accounts, deployed and funded.
    pub relayers: Vec<Owner>,
}

impl Population {
    /// Declares the class on `stage`, whose payer then deploys and funds `count` accounts and the relayers.
    /// `seed` gives their keys.
    pub async fn settle(stage: &Stage, count: u8, seed: u32) -> Result<Self> {
        let artifact = class::session_account()?;
        let (_, meter) = stage.declare(&artifact).await?;
        let class_hash = artifact.class_hash;
        let (node, payer) = (stage.node(), stage.payer());
        let plain_class = node.get_class_hash_at(NEXT_BLOCK, payer.address()).await?;
        let made = |class_hash, name: &str, count: u8| -> Vec<_> {
            (0..count).map(|index| account(class_hash, &format!("{name}{seed} {index}"))).collect()
        };
        let accounts = made(class_hash, "", count);
        let relayers = made(plain_class, "relayer ", RELAYERS);
        // This pays in every token that the paymaster accepts.
        let gifts = TOKENS.map(|(_, token)| (token, BALANCE));
        let births: Vec<_> = relayers
            .iter()
            .map(|it| birth(plain_class, it, &[(STRK, FUNDS)]))
            .chain(accounts.iter().map(|it| birth(class_hash, it, &gifts)))
            .collect();
        for births in births.chunks(AT_ONCE) {
            payer.send(births.concat()).await?;
        }
        let relayers = relayers.iter().map(|it| {
            let key = SigningKey::from_secret_scalar(it.private_key);
            Owner::new(node.clone(), it.address, key)
        });
        Ok(Self { class_hash, meter, accounts, relayers: relayers.collect() })
    }
}

/// Makes an account of `class_hash`. The same `name` gives the same account on every machine.
fn account(class_hash: Felt, name: &str) -> Account {
    // The key has 250 bits, so it is below the curve's order. Everybody can compute it, as with a devnet's
    // keys.
    let private_key = starknet_keccak(format!("session-account sandbox {name}").as_bytes());
    let public_key = SigningKey::from_secret_scalar(private_key).verifying_key().scalar();
    let address = deploy::address(class_hash, public_key, Felt::ZERO);
    Account { address, public_key, private_key }
}

/// Returns the calls that deploy `account`, of the class `class_hash`, and send it `gifts`, which are amounts
/// of tokens.
fn birth(class_hash: Felt, account: &Account, gifts: &[(Felt, u128)]) -> Vec<Call> {
    let deployment = deploy::deployment(class_hash, account.public_key, Felt::ZERO);
    let gifts = gifts.iter().map(|(token, amount)| transfer(*token, account.address, *amount));
    std::iter::once(deployment).chain(gifts).collect()
}

/// An account of starknet-rust that computes hashes and simulates, for any chain; it has a wrong key.
pub type Unsigned = SingleOwnerAccount<Rpc, OwnerSigner>;

/// Returns the account at `address` with a key that is not its own, for work that needs no signature.
pub fn unsigned(node: &Node, address: Felt, chain_id: Felt) -> Unsigned {
    let signer = OwnerSigner::from(SigningKey::from_secret_scalar(Felt::ONE));
    let (provider, encoding) = (node.provider().clone(), ExecutionEncoding::New);
    let mut account = SingleOwnerAccount::new(provider, signer, address, chain_id, encoding);
    account.set_block_id(NEXT_BLOCK);
    account
}
