//! The Starknet networks that have a name.

use std::fmt;
use std::str::FromStr;

use starknet_rust::core::chain_id::{MAINNET, SEPOLIA};
use starknet_rust::core::types::Felt;
use starknet_rust::core::utils::parse_cairo_short_string;

/// A Starknet network.
///
/// ```
/// use session_client::network::Network;
///
/// assert!("mainnet".parse::<Network>()?.is_dear());
/// assert!("mainet".parse::<Network>().is_err());
/// # Ok::<(), session_client::network::UnknownNetwork>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// Starknet's main network, whose tokens have real value.
    Mainnet,
    /// The public test network.
    Sepolia,
    /// A private network for tests; its chain id may be any but mainnet's.
    Devnet,
    /// Any other network, named by its chain id.
    Other(Felt),
}

impl Network {
    /// Returns the network with the chain id `chain_id`. It is never [`Devnet`](Self::Devnet), which has no
    /// chain id of its own.
    #[must_use]
    pub fn of(chain_id: Felt) -> Self {
        if chain_id == MAINNET {
            Self::Mainnet
        } else if chain_id == SEPOLIA {
            Self::Sepolia
        } else {
            Self::Other(chain_id)
        }
    }

    /// Says whether a node with the chain id `chain_id` can belong to this network.
    #[must_use]
    pub fn admits(&self, chain_id: Felt) -> bool {
        match self {
            Self::Devnet => chain_id != MAINNET,
            named => *named == Self::of(chain_id),
        }
    }

    /// Says whether a transaction there may cost real money.
    #[must_use]
    pub const fn is_dear(&self) -> bool {
        !matches!(self, Self::Sepolia | Self::Devnet)
    }
}

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, UnknownNetwork> {
        match name {
            "mainnet" => Ok(Self::Mainnet),
            "sepolia" => Ok(Self::Sepolia),
            "devnet" => Ok(Self::Devnet),
            _ => Err(UnknownNetwork),
        }
    }
}

/// The error for a name that no network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the networks with a name are mainnet, sepolia and devnet: name another by its node's URL")]
pub struct UnknownNetwork;

/// Shows the network's name. It consists of letters, digits, `-` and `_` alone, whatever chain id a node
/// claims, so that it is safe in a file's name.
impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mainnet => formatter.write_str("mainnet"),
            Self::Sepolia => formatter.write_str("sepolia"),
            Self::Devnet => formatter.write_str("devnet"),
            Self::Other(chain_id) => formatter.write_str(&chain_name(*chain_id)),
        }
    }
}

/// Returns the chain id as text if it consists of letters, digits, `-` and `_`; otherwise as hexadecimal.
#[must_use]
pub fn chain_name(chain_id: Felt) -> String {
    parse_cairo_short_string(&chain_id)
        .ok()
        .filter(|name| !name.is_empty() && name.bytes().all(is_harmless))
        .unwrap_or_else(|| format!("{chain_id:#x}"))
}

const fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::felt::short_string;

    #[test]
    fn a_chain_id_that_a_node_made_up_cannot_name_another_file() {
        for hostile in ["../../etc/passwd", "a/b", ".", "\u{1b}[2J", " "] {
            let name = Network::Other(short_string(hostile)).to_string();
            assert!(name.starts_with("0x") && name.bytes().all(is_harmless), "{name}");
        }
        assert_eq!(Network::Other(short_string("KATANA")).to_string(), "KATANA");
    }

    #[test]
    fn a_network_admits_its_own_chain_id_alone() {
        assert!(Network::Mainnet.admits(MAINNET) && Network::Sepolia.admits(SEPOLIA));
        assert!(!Network::Mainnet.admits(SEPOLIA) && !Network::Sepolia.admits(MAINNET));
        assert!(Network::Devnet.admits(SEPOLIA) && Network::Devnet.admits(short_string("MINE")));
        assert!(!Network::Devnet.admits(MAINNET));
    }
}
