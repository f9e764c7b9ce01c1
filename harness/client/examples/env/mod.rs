//! The accounts and keys of the examples, from environment variables, as a devnet provides them.
//!
//! On a real network, read keys from a keystore ([`session_client::keystore`]), never from the environment.

use session_client::starknet::core::types::Felt;
use session_client::starknet::signers::SigningKey;
use session_client::{Node, Owner};

pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Connects to the node at `STARKNET_RPC_URL`.
pub async fn node() -> Result<Node> {
    Ok(Node::connect(variable("STARKNET_RPC_URL")?.parse()?).await?)
}

/// Returns the owner of the session account `ACCOUNT`, with its key `OWNER_KEY`.
#[allow(dead_code, reason = "each example is a crate of its own")]
pub fn owner(node: &Node) -> Result<Owner> {
    account(node, "ACCOUNT", "OWNER_KEY")
}

/// Returns the relayer with the account `RELAYER`, with its key `RELAYER_KEY`.
#[allow(dead_code, reason = "each example is a crate of its own")]
pub fn relayer(node: &Node) -> Result<session_client::Relayer> {
    account(node, "RELAYER", "RELAYER_KEY").map(session_client::Relayer::new)
}

fn account(node: &Node, address: &str, key: &str) -> Result<Owner> {
    let felt = |name: &str| -> Result<Felt> {
        Ok(session_client::felt::parse(&variable(name)?).ok_or(format!("{name} is no felt"))?)
    };
    let key = SigningKey::from_secret_scalar(felt(key)?);
    Ok(Owner::new(node.clone(), felt(address)?, key))
}

fn variable(name: &str) -> Result<String> {
    Ok(std::env::var(name).map_err(|_| format!("the variable {name} is not set"))?)
}
