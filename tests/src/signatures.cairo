//! Which signatures are the owner's and which a session's, and that no other felts are either.

use core::poseidon::poseidon_hash_span;
use snforge_std::{start_cheat_tip_global, start_cheat_transaction_hash_global};
use starknet::{ContractAddress, ResourcesBounds, VALIDATED};
use crate::support::account::{
    END, HASH, calls_used, deploy, key, owner, session, set_bounds, sign, sign_as_session, sign_for,
    validate,
};
use crate::support::boundaries::{ORDER, boundaries};

#[test]
fn owner_and_session_are_told_apart_by_length_alone() {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert_eq!(calls_used(account, session()), 0);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
    assert_eq!(calls_used(account, session()), 1);
    assert_eq!(validate(account, sign(session())), 0);
    assert_eq!(validate(account, sign_for(owner(), HASH, END.into())), 0);
}

#[test]
fn a_signature_of_any_length_but_two_and_four_is_refused_without_a_panic() {
    let account = deploy(10, array![]);
    for whole in array![sign(owner()), sign_as_session()] {
        for len in 0..8_u32 {
            let mut signature: Array<felt252> = array![];
            for i in 0..len {
                signature.append(if i < whole.len() {
                    *whole[i]
                } else {
                    0
                });
            }
            let expected = if len == whole.len() {
                VALIDATED
            } else {
                0
            };
            assert_eq!(validate(account, signature), expected);
        }
    }
    assert_eq!(calls_used(account, session()), 1);
}

/// Returns `signature` with `felt` at the index `place`.
fn altered(signature: Span<felt252>, place: u32, felt: felt252) -> Array<felt252> {
    let mut altered: Array<felt252> = signature.slice(0, place).into();
    altered.append(felt);
    altered.append_span(signature.slice(place + 1, signature.len() - place - 1));
    altered
}

fn assert_no_other_felt_stands_anywhere(account: ContractAddress, signature: Span<felt252>) {
    for felt in boundaries() {
        for place in 0..signature.len() {
            assert_eq!(validate(account, altered(signature, place, felt)), 0);
        }
    }
    assert_eq!(calls_used(account, session()), 0);
    assert_eq!(validate(account, signature.into()), VALIDATED);
}

#[test]
fn felts_at_every_boundary_in_an_owner_signature_are_refused_without_a_panic() {
    let account = deploy(10, array![]);
    assert_no_other_felt_stands_anywhere(account, sign(owner()).span());
    for felt in boundaries() {
        assert_eq!(validate(account, array![felt, felt]), 0);
    }
}

#[test]
fn felts_at_every_boundary_in_a_session_signature_are_refused_without_a_panic() {
    let account = deploy(10, array![]);
    assert_no_other_felt_stands_anywhere(account, sign_as_session().span());
}

/// For each ECDSA signature `(r, s)` another, `(r, -s)`, is valid. That is harmless here, since the
/// account identifies nothing by its signature: each counts as one transaction.
#[test]
fn the_second_s_of_a_signature_is_accepted_and_counts_like_the_first() {
    let account = deploy(2, array![]);
    let mine = sign_as_session().span();
    let second = altered(mine, 2, ORDER - *mine[2]);
    assert_eq!(validate(account, second.clone()), VALIDATED);
    assert_eq!(validate(account, mine.into()), VALIDATED);
    assert_eq!(calls_used(account, session()), 2);
    assert_eq!(validate(account, second), 0);
}

/// Returns the hash of a transaction of version 3 with this tip and these bounds, as the protocol
/// computes it.
fn transaction_hash(tip: u128, bounds: ResourcesBounds) -> felt252 {
    let ResourcesBounds { resource, max_amount, max_price_per_unit } = bounds;
    let two_pow_128 = 0x100000000000000000000000000000000;
    let packed = (resource * 0x10000000000000000 + max_amount.into()) * two_pow_128
        + max_price_per_unit.into();
    let fees = poseidon_hash_span(array![tip.into(), packed].span());
    let none = poseidon_hash_span(array![].span());
    let (sender, chain_id, nonce, calldata) = ('account', 'SN_SEPOLIA', 0, none);
    poseidon_hash_span(
        array!['invoke', 3, sender, fees, none, chain_id, nonce, 0, none, calldata].span(),
    )
}

#[test]
fn a2_2_a_sessions_signature_binds_fees_and_tip() {
    let account = deploy(10, array![]);
    let l2_gas = ResourcesBounds { resource: 'L2_GAS', max_amount: 1_000, max_price_per_unit: 5 };
    let signature = sign_for(session(), transaction_hash(0, l2_gas), END.into());
    let more_gas = ResourcesBounds { max_amount: 1_001, ..l2_gas };
    let dearer_gas = ResourcesBounds { max_price_per_unit: 6, ..l2_gas };
    for (tip, bounds, expected) in array![
        (1, l2_gas, 0), (0, more_gas, 0), (0, dearer_gas, 0), (0, l2_gas, VALIDATED),
    ] {
        start_cheat_tip_global(tip);
        set_bounds(array![bounds]);
        start_cheat_transaction_hash_global(transaction_hash(tip, bounds));
        assert_eq!(validate(account, signature.clone()), expected);
    }
}

#[test]
#[fuzzer(runs: 64)]
fn a_signature_is_good_for_its_own_message_alone(hash: felt252) {
    let account = deploy(10, array![]);
    start_cheat_transaction_hash_global(hash);
    assert_eq!(validate(account, sign(owner())), 0);
    assert_eq!(validate(account, sign_as_session()), 0);
    start_cheat_transaction_hash_global(HASH);
    assert_eq!(validate(account, sign(owner())), VALIDATED);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
#[fuzzer(runs: 64)]
fn no_other_key_signs_for_owner_or_session(secret: u128) {
    let account = deploy(10, array![]);
    let stranger = key(1 + secret.into());
    assert_eq!(validate(account, sign(stranger)), 0);
    assert_eq!(validate(account, sign_for(stranger, HASH, END.into())), 0);
    let forged = altered(sign_for(stranger, HASH, END.into()).span(), 0, session().public_key);
    assert_eq!(validate(account, forged), 0);
}

#[test]
#[fuzzer]
fn no_two_felts_are_the_owners_signature(r: felt252, s: felt252) {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, array![r, s]), 0);
    let mine = sign(owner());
    assert_eq!(validate(account, array![*mine[0], s]), 0);
    assert_eq!(validate(account, array![r, *mine[1]]), 0);
}

#[test]
#[fuzzer]
fn no_four_felts_are_a_sessions_signature(key: felt252, r: felt252, s: felt252, end: felt252) {
    let account = deploy(10, array![]);
    assert_eq!(validate(account, array![key, r, s, end]), 0);
    assert_eq!(validate(account, array![session().public_key, r, s, END.into()]), 0);
    let mine = sign_as_session().span();
    for (place, felt) in array![(0, key), (1, r), (2, s), (3, end)] {
        assert_eq!(validate(account, altered(mine, place, felt)), 0);
    }
    assert_eq!(calls_used(account, session()), 0);
}

#[test]
#[fuzzer]
fn no_felts_of_any_number_are_a_signature(seed: felt252, len: u8) {
    let account = deploy(10, array![]);
    let mut signature = array![];
    for i in 0..(len % 16) {
        signature.append(poseidon_hash_span(array![seed, i.into()].span()));
    }
    assert_eq!(validate(account, signature), 0);
}
