//! The Stark curve's private keys.

use starknet_rust::core::types::Felt;

/// The order of the Stark curve, which is above every private key.
const ORDER: Felt =
    Felt::from_hex_unchecked("0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f");

/// Says whether `scalar` is above 0 and below the curve's order.
pub fn is_private_key(scalar: Felt) -> bool {
    scalar != Felt::ZERO && scalar < ORDER
}
