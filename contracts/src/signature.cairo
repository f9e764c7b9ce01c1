//! Signatures of the owner (2 elements) and of a session (4 elements). The length alone tells them
//! apart, and both are ECDSA signatures on the Stark curve.

use core::ec::EcPointTrait;
use core::ecdsa::check_ecdsa_signature;

/// SNIP-163's session signature: `[session_key, r, s, valid_until]`.
#[derive(Copy, Drop)]
pub struct SessionSignature {
    pub session_key: felt252,
    pub r: felt252,
    pub s: felt252,
    /// The session's end, as the client states it. It is no part of the hash that is signed, so the
    /// account requires that it equals the stored end. It is a felt, since a client may send any
    /// felt.
    pub valid_until: felt252,
}

/// Reads `signature` as a session's. Returns `None` unless it has 4 elements, and never panics.
pub fn session_signature(signature: Span<felt252>) -> Option<SessionSignature> {
    let elements: @Box<[felt252; 4]> = signature.try_into()?;
    let [session_key, r, s, valid_until] = (*elements).unbox();
    Option::Some(SessionSignature { session_key, r, s, valid_until })
}

/// Reads `signature` as an owner's, `(r, s)`. Returns `None` unless it has 2 elements, and never
/// panics.
pub fn owner_signature(signature: Span<felt252>) -> Option<(felt252, felt252)> {
    let elements: @Box<[felt252; 2]> = signature.try_into()?;
    let [r, s] = (*elements).unbox();
    Option::Some((r, s))
}

/// Says whether `(r, s)` is an ECDSA signature of `hash` by `public_key` on the Stark curve. It
/// never panics.
pub fn is_signed(hash: felt252, public_key: felt252, r: felt252, s: felt252) -> bool {
    check_ecdsa_signature(hash, public_key, r, s)
}

/// Says whether signatures can be verified by `public_key`: it is not 0 and is the x coordinate of
/// a point on the Stark curve.
pub fn is_public_key(public_key: felt252) -> bool {
    public_key != 0 && EcPointTrait::new_nz_from_x(public_key).is_some()
}
