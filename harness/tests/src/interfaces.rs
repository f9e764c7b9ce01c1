//! Computes the ids of interfaces (SNIP-5).

use session_client::felt::selector;
use starknet_rust::core::types::Felt;

/// Returns the XOR of the selectors of `functions`.
pub fn id_of(functions: &[&str]) -> Felt {
    let xor = |left: [u8; 32], name: &&str| {
        let right = selector(name).to_bytes_be();
        std::array::from_fn(|place| left[place] ^ right[place])
    };
    Felt::from_bytes_be(&functions.iter().fold([0; 32], xor))
}
