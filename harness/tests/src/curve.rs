//! The limits of the Stark curve.

use starknet_rust::core::types::Felt;

/// The order of the Stark curve, which is above every private key and both halves of every signature.
pub const ORDER: Felt =
    Felt::from_hex_unchecked("0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f");

/// An x coordinate that no point of the Stark curve has.
pub const NO_POINT: Felt = Felt::from_hex_unchecked("0x5");
