//! Felts at the boundaries of the types that the account uses: below, on and above each.

/// The order of the Stark curve.
pub const ORDER: felt252 = 0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f;

pub fn boundaries() -> Array<felt252> {
    let mut felts = array![0, -1, ORDER - 1, ORDER, ORDER + 1];
    for power in array![
        1, 0x10000, 0x80000000, 0x100000000, 0x8000000000000000, 0x10000000000000000,
        0x80000000000000000000000000000000, 0x100000000000000000000000000000000,
        0x400000000000000000000000000000000000000000000000000000000000000,
        0x800000000000000000000000000000000000000000000000000000000000000,
    ] {
        felts.append_span(array![power - 1, power, power + 1].span());
    }
    felts
}
