//! Names as felts.

use starknet_rust::core::types::Felt;
use starknet_rust::core::utils::starknet_keccak;

/// The selector of an entry point or an event: `sn_keccak` of its name.
#[must_use]
pub fn selector(name: &str) -> Felt {
    starknet_keccak(name.as_bytes())
}

/// `text` as a Cairo short string: up to 31 ASCII characters, the first one highest.
#[must_use]
pub fn short_string(text: &'static str) -> Felt {
    Felt::from_bytes_be_slice(text.as_bytes())
}
