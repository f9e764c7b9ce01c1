//! The Stark curve's borders.

use starknet_rust::core::types::Felt;

/// Of the Stark curve: private keys and both halves of a signature are below it.
pub const ORDER: Felt =
    Felt::from_hex_unchecked("0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f");

/// No point of the Stark curve has this x.
pub const NO_POINT: Felt = Felt::from_hex_unchecked("0x5");
