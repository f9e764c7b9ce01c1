//! The two kinds of signature, told apart by length alone, and the key that checks both.

use core::ec::EcPointTrait;
use core::ecdsa::check_ecdsa_signature;

/// SNIP-163's session signature: `[session_key, r, s, valid_until]`.
#[derive(Copy, Drop)]
pub struct SessionSignature {
    pub session_key: felt252,
    pub r: felt252,
    pub s: felt252,
    /// Bound to the stored value, not signed; still a felt, since anything may stand here.
    pub valid_until: felt252,
}

#[derive(Copy, Drop)]
pub enum Signature {
    /// `[r, s]`
    Owner: (felt252, felt252),
    Session: SessionSignature,
    /// Any other length: valid for nothing.
    Unknown,
}

/// Reads the kind of `signature` from its length. Never panics.
#[inline(always)]
pub fn parse(mut signature: Span<felt252>) -> Signature {
    let length = signature.len();
    if length == 4 {
        if let Option::Some(elements) = signature.multi_pop_front::<4>() {
            let [session_key, r, s, valid_until] = (*elements).unbox();
            return Signature::Session(SessionSignature { session_key, r, s, valid_until });
        }
    } else if length == 2 {
        if let Option::Some(elements) = signature.multi_pop_front::<2>() {
            let [r, s] = (*elements).unbox();
            return Signature::Owner((r, s));
        }
    }
    Signature::Unknown
}

/// Whether `(r, s)` is an ECDSA signature of `hash` by `public_key` on the Stark curve. Never
/// panics.
pub fn is_signed(hash: felt252, public_key: felt252, r: felt252, s: felt252) -> bool {
    check_ecdsa_signature(hash, public_key, r, s)
}

/// Whether `public_key` can check signatures: not 0, and the x of a point on the Stark curve.
pub fn is_public_key(public_key: felt252) -> bool {
    public_key != 0 && EcPointTrait::new_nz_from_x(public_key).is_some()
}
