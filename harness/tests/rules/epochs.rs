//! Tests of epochs and generations: how sessions end together, and why no registration can use the storage
//! of another one.

use std::sync::Arc;

use session_client::felt::selector;
use session_client::{AllowedCall, SessionKey, SessionLimits};
use session_e2e::slots::{self, List, Record};
use session_e2e::*;
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

const NOT_FOUND: &str = "Session: not found";
const LAST_GENERATION: u32 = (1 << 24) - 1;
const EPOCHS: u64 = 1 << 32;

#[tokio::test]
async fn generations_are_counted_from_1_and_end_before_2_to_the_24() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    assert_eq!(chain.record(&key).await.generation, 1);
    let update = || chain.contract.add_or_update_session_key(key.public_key(), &limits());
    chain.as_owner(update()).await;
    assert_eq!(chain.record(&key).await.generation, 2);
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    chain.as_owner(update()).await;
    let record = chain.record(&key).await;
    assert_eq!(record.generation, 3);

    chain.plant_record(&key, Record { generation: LAST_GENERATION - 1, ..record }).await;
    chain.as_owner(update()).await;
    assert_eq!(chain.record(&key).await.generation, LAST_GENERATION);
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    let refused = send(&chain.owner, vec![update()]).await;
    assert_reverts(refused, "Session: too many registrations");
    // The earlier session is unchanged, and can be ended.
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    let refused = send(&chain.owner, vec![update()]).await;
    assert_reverts(refused, "Session: too many registrations");
}

#[tokio::test]
async fn a_session_lives_by_its_generation_its_end_and_its_epoch() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let living = Record::ANY_CALL;
    chain.plant_record(&key, living).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
    for dead in [
        Record { generation: 0, ..living },
        Record { valid_until: 0, ..living },
        Record { epoch: 1, ..living },
        Record { epoch: u32::MAX, ..living },
        // The records above are read by subtraction. These have another generation or a fee limit, and are
        // unpacked.
        Record { epoch: 1, generation: 2, ..living },
        Record { epoch: 1, fee_limit: 1 << 64, ..living },
        Record { generation: 0, fee_limit: 1 << 64, ..living },
        Record { valid_until: 0, fee_limit: 1 << 64, ..living },
    ] {
        chain.plant_record(&key, dead).await;
        let data = chain.contract.session_data(key.public_key()).await.unwrap();
        assert_eq!(data, Default::default(), "{dead:?}");
        let status = chain.contract.session_status(key.public_key()).await.unwrap();
        assert_eq!(status, Default::default(), "{dead:?}");
        assert!(!chain.is_call_allowed(&key, &chain.payment()).await);
        let mut signed = chain.outside(vec![chain.payment()], &key, dead.valid_until);
        assert_reverts(chain.relay(&signed).await, NOT_FOUND);
        signed = chain.outside(vec![chain.ending(&key)], &key, dead.valid_until);
        assert_reverts(chain.relay(&signed).await, NOT_FOUND);
        let session = chain.session(&key, dead.valid_until);
        assert_refused(send(&session, vec![chain.payment()]).await);
    }
    // A record with generation 0 was never registered: its key can be registered, and not revoked.
    chain.plant_record(&key, Record { generation: 0, ..living }).await;
    let revoke = chain.contract.revoke_session(key.public_key());
    assert_reverts(send(&chain.owner, vec![revoke]).await, NOT_FOUND);
    chain.as_owner(chain.contract.add_session(key.public_key(), &limits())).await;
    assert_eq!(chain.record(&key).await.generation, 1);
}

/// A session can live and yet have expired or have no calls left.
#[tokio::test]
async fn a_session_is_active_if_it_lives_has_not_expired_and_has_a_call_left() {
    let chain = Chain::start().await;
    let one = || SessionLimits { max_calls: 1, ..limits() };
    let (spent, other) = (chain.register(&one()).await, chain.register(&one()).await);
    assert_succeeds(send(&chain.session(&spent, END), vec![chain.payment()]).await);
    let status = async |key: &SessionKey| {
        let status = chain.contract.session_status(key.public_key()).await.unwrap();
        (status.is_active, status.valid_until, status.remaining_calls, status.allowed_len)
    };
    assert_eq!(status(&spent).await, (false, END, 0, 0));
    for (time, is_active) in [(END, true), (END + 1, false)] {
        chain.set_time(time).await;
        assert_eq!(status(&other).await, (is_active, END, 1, 0), "at {time}");
    }
    chain.as_owner(chain.contract.revoke_session(other.public_key())).await;
    assert_eq!(status(&other).await, (false, 0, 0, 0));
}

#[tokio::test]
async fn ending_all_adds_one_to_the_epoch_whoever_ends_them() {
    let chain = Chain::start().await;
    let epoch = async || chain.stored(slots::epoch()).await;
    let first = chain.register(&limits()).await;
    assert_eq!(epoch().await, Felt::ZERO);
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    assert_eq!((epoch().await, chain.written().await), (Felt::ONE, vec![slots::epoch()]));
    chain.assert_refused_both_ways(&first, vec![chain.payment()], NOT_FOUND).await;
    let key = chain.register(&limits()).await;
    assert_eq!(chain.record(&key).await.epoch, 1);
    chain.as_owner(chain.contract.upgrade(chain.class_hash().await)).await;
    assert_eq!(epoch().await, Felt::TWO);
    chain.as_owner(handover(&chain, &SigningKey::from_random())).await;
    assert_eq!(epoch().await, Felt::THREE);
    chain.assert_refused_both_ways(&key, vec![chain.payment()], NOT_FOUND).await;
}

/// An epoch of 2^32 equals no record's epoch, even though the field of a record would hold its lowest 32
/// bits.
#[tokio::test]
async fn where_the_epoch_is_2_to_the_32_nothing_lives_and_nothing_is_registered_but_all_can_end() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    let fresh = || SessionKey::generate().public_key();
    let felts = [EPOCHS, EPOCHS + 7, u64::MAX].map(Felt::from);
    for epoch in [&felts[..], &[Felt::TWO.pow(128_u128), -Felt::TWO]].concat() {
        chain.plant(slots::epoch(), epoch).await;
        for low in [0, 7, u32::MAX] {
            chain.plant_record(&key, Record { epoch: low, ..Record::ANY_CALL }).await;
            assert!(!chain.is_call_allowed(&key, &chain.payment()).await);
        }
        // An epoch of 2^32 + 7 must not be read as the epoch 7 with one more generation.
        for generation in [1, 2] {
            chain.plant_record(&key, Record { epoch: 7, generation, ..Record::ANY_CALL }).await;
            chain.assert_refused_both_ways(&key, vec![chain.payment()], NOT_FOUND).await;
        }
        for add in [
            chain.contract.add_session(fresh(), &limits()),
            chain.contract.add_or_update_session_key(key.public_key(), &limits()),
            chain.contract.add_session_for_calls(fresh(), &listed([transfer_of(STRK)])),
        ] {
            assert_reverts(send(&chain.owner, vec![add]).await, "Session: too many epochs");
        }
        chain.as_owner(chain.contract.revoke_all_sessions()).await;
        assert_eq!(chain.stored(slots::epoch()).await, epoch + Felt::ONE);
        chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
        chain.as_owner(chain.contract.upgrade(chain.class_hash().await)).await;
    }
    // The last epoch works as any other one.
    chain.plant(slots::epoch(), Felt::from(EPOCHS - 1)).await;
    let last = chain.register(&limits()).await;
    chain.assert_allowed_both_ways(&last, vec![chain.payment()]).await;
    chain.as_owner(handover(&chain, &SigningKey::from_random())).await;
    chain.assert_refused_both_ways(&last, vec![chain.payment()], NOT_FOUND).await;
}

#[tokio::test]
async fn whatever_another_class_left_in_the_epoch_sessions_can_be_ended() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for epoch in [Felt::MAX, Felt::TWO.pow(250_u128), Felt::from(u32::MAX), Felt::TWO] {
        chain.plant(slots::epoch(), epoch).await;
        chain.as_owner(chain.contract.revoke_all_sessions()).await;
        // The epoch is a felt: adding 1 to the largest felt gives 0.
        assert_eq!(chain.stored(slots::epoch()).await, epoch + Felt::ONE);
        if epoch != Felt::MAX {
            chain.assert_refused_both_ways(&key, vec![chain.payment()], NOT_FOUND).await;
        }
    }
    // The epoch is set back to the session's own, which no ending of all sessions can do: the session lives
    // again.
    chain.plant(slots::epoch(), Felt::ZERO).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

#[tokio::test]
async fn revoking_keeps_what_is_the_keys_own_and_a_fee_limit_touches_nothing_else() {
    let chain = Chain::start().await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    let transfer = transfer_of(STRK);
    let key = chain.register_for(&listed([transfer, transfer_of(ETH)])).await;
    let whole = Record {
        valid_until: END,
        generation: 1,
        max_calls: 10,
        left: 10,
        epoch: 1,
        entries: 2,
        kind: 2,
        fee_limit: u128::from(u64::MAX) + 1,
    };
    assert_eq!(chain.record(&key).await, whole);
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    let used = Record { left: 9, ..whole };
    assert_eq!(chain.record(&key).await, used);
    for limit in [0, 1, u64::MAX] {
        chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), limit)).await;
        let fee_limit = u128::from(limit) + 1;
        assert_eq!(chain.record(&key).await, Record { fee_limit, ..used });
    }
    chain.as_owner(chain.contract.remove_session_fee_limit(key.public_key())).await;
    assert_eq!(chain.record(&key).await, Record { fee_limit: 0, ..used });

    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), 5)).await;
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    let ended = Record { valid_until: 0, max_calls: 0, left: 0, entries: 0, fee_limit: 6, ..whole };
    assert_eq!(chain.record(&key).await, ended);

    // The kinds of the other lists, and a fee limit that an update keeps.
    let any = chain.register(&limits()).await;
    assert_eq!((chain.record(&any).await.kind, chain.record(&any).await.entries), (0, 0));
    let selectors = chain.register(&allowing([selector("transfer")])).await;
    chain.as_owner(chain.contract.set_session_fee_limit(selectors.public_key(), 5)).await;
    let record = chain.record(&selectors).await;
    assert_eq!((record.kind, record.entries, record.fee_limit), (1, 1, 6));
    let update = chain.contract.add_or_update_session_key(selectors.public_key(), &limits());
    chain.as_owner(update).await;
    let renewed = Record { generation: 2, entries: 0, kind: 0, ..record };
    assert_eq!(chain.record(&selectors).await, renewed);
}

/// Entries of another registration, of another generation or key, or with contract and function exchanged,
/// are not found.
#[tokio::test]
async fn no_entry_meets_another_registrations_cell() {
    let chain = Chain::start().await;
    let (transfer, approve) = (selector("transfer"), selector("approve"));
    let key = chain.register(&allowing([transfer, approve])).await;
    let first = List::of(key.public_key(), 1);
    assert_eq!(chain.stored(first.call(Felt::ZERO, transfer)).await, Felt::ONE);
    let update = chain.contract.add_or_update_session_key(key.public_key(), &allowing([approve]));
    chain.as_owner(update).await;
    // The first registration's slot is unchanged, but it is never read again.
    assert_eq!(chain.stored(first.call(Felt::ZERO, transfer)).await, Felt::ONE);
    let second = List::of(key.public_key(), 2);
    assert_eq!(chain.stored(second.call(Felt::ZERO, transfer)).await, Felt::ZERO);
    chain.assert_refused_both_ways(&key, vec![chain.payment()], NOT_LISTED).await;

    let other = chain.register_for(&listed([transfer_of(ETH)])).await;
    chain.assert_refused_both_ways(&other, vec![chain.payment()], NOT_LISTED).await;
    let changed = AllowedCall::new(transfer, STRK);
    let other = chain.register_for(&listed([changed])).await;
    chain.assert_refused_both_ways(&other, vec![chain.payment()], NOT_LISTED).await;
    // A slot of a list of selectors means nothing in a list of calls.
    let other = chain.register_for(&listed([AllowedCall::new(ETH, approve)])).await;
    let cell = List::of(other.public_key(), 1).call(Felt::ZERO, transfer);
    chain.plant(cell, Felt::ONE).await;
    chain.assert_refused_both_ways(&other, vec![chain.payment()], NOT_LISTED).await;
}

/// The slot of a pinned value belongs to one function of one contract in one list.
#[tokio::test]
async fn no_argument_meets_another_entrys_cell() {
    let chain = Chain::start().await;
    let merchant = chain.payment().calldata[0];
    let other = AllowedCall::new(STRK, selector("approve"));
    let key = chain
        .register_for(&listed([
            transfer_of(STRK).with_argument(0, Felt::ONE),
            transfer_of(ETH).with_argument(0, merchant),
            other.with_argument(0, merchant),
        ]))
        .await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], NOT_LISTED).await;
    let again = chain.register_for(&listed([transfer_of(STRK).with_argument(0, Felt::TWO)])).await;
    chain.assert_refused_both_ways(&again, vec![chain.payment()], NOT_LISTED).await;
    let cell = List::of(again.public_key(), 1).value(STRK, selector("transfer"), merchant);
    chain.plant(cell, Felt::ONE).await;
    chain.assert_allowed_both_ways(&again, vec![chain.payment()]).await;
}
