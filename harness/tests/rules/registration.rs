//! Tests of registering, updating and ending sessions, and of what anybody can read of them.

use session_client::felt::selector;
use session_client::{
    AllowedCall, ScopedLimits, SessionData, SessionKey, SessionLimits, SessionStatus,
};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};

#[tokio::test]
async fn a_registered_session_shows_what_was_granted() {
    let chain = Chain::start().await;
    let selectors = vec![selector("transfer"), selector("approve"), Felt::ONE];
    let key = chain.register(&allowing(selectors)).await;

    let data = chain.contract.session_data(key.public_key()).await.unwrap();
    let expected =
        SessionData { valid_until: END, max_calls: 10, calls_used: 0, allowed_entrypoints_len: 3 };
    assert_eq!(data, expected);
    let status = chain.contract.session_status(key.public_key()).await.unwrap();
    let expected =
        SessionStatus { is_active: true, valid_until: END, remaining_calls: 10, allowed_len: 3 };
    assert_eq!(status, expected);
}

#[tokio::test]
async fn the_largest_limits_are_kept_whole() {
    let chain = Chain::start().await;
    let selectors: Vec<_> = (1..=40_u64).map(Felt::from).collect();
    let limits = SessionLimits {
        valid_until: LAST_END,
        max_calls: u32::MAX,
        allowed_entrypoints: selectors,
    };
    let key = chain.register(&limits).await;
    let status = chain.contract.session_status(key.public_key()).await.unwrap();
    let expected = SessionStatus {
        is_active: true,
        valid_until: LAST_END,
        remaining_calls: u32::MAX,
        allowed_len: 40,
    };
    assert_eq!(status, expected);
    let sent = send(&chain.session(&key, LAST_END), vec![call(Felt::from(40), &[])]).await;
    assert_reverts(sent, "ENTRYPOINT_NOT_FOUND");
    assert_eq!(chain.calls_used(&key).await, 1);
}

#[tokio::test]
async fn an_unknown_key_shows_all_zero() {
    let chain = Chain::start().await;
    assert_eq!(chain.contract.session_data(Felt::ONE).await.unwrap(), SessionData::default());
    assert_eq!(chain.contract.session_status(Felt::ONE).await.unwrap(), SessionStatus::default());
}

#[tokio::test]
async fn registering_refuses_each_limit_out_of_range_with_its_own_error() {
    let chain = Chain::start().await;
    chain.set_time(START + 100).await;
    let fresh = SessionKey::generate().public_key();
    let owner = chain.owner_key.verifying_key().scalar();
    let transfer = selector("transfer");
    let with = |change: fn(&mut SessionLimits)| {
        let mut limits = limits();
        change(&mut limits);
        limits
    };
    let mut refusals = vec![
        (Felt::ZERO, limits(), "Session: zero key"),
        (NO_POINT, limits(), "Session: invalid key"),
        (Felt::from(9), limits(), "Session: invalid key"),
        (owner, limits(), "Session: key is the owner"),
        (fresh, with(|it| it.valid_until = 0), "Session: end not in the future"),
        (fresh, with(|it| it.valid_until = START + 99), "Session: end not in the future"),
        (fresh, with(|it| it.valid_until = LAST_END + 1), "Session: end too far"),
        (fresh, with(|it| it.valid_until = u64::MAX), "Session: end too far"),
        (fresh, with(|it| it.max_calls = 0), "Session: zero max_calls"),
        (fresh, allowing([transfer, Felt::ZERO]), "Session: zero selector"),
        (fresh, allowing([transfer, Felt::ONE, transfer]), "Session: duplicate selector"),
        (fresh, allowing([Felt::ONE, Felt::ONE]), "Session: duplicate selector"),
    ];
    for blocked in BLOCKED.map(selector) {
        refusals.push((fresh, allowing([transfer, blocked]), "Session: blocked selector"));
    }
    for (key, limits, error) in refusals {
        for call in [
            chain.contract.add_session(key, &limits),
            chain.contract.add_or_update_session_key(key, &limits),
        ] {
            assert_reverts(send(&chain.owner, vec![call]).await, error);
        }
    }
    let data = chain.contract.session_data(fresh).await.unwrap();
    assert_eq!(data, SessionData::default(), "a refused registration leaves nothing");
}

#[tokio::test]
async fn the_last_end_is_one_second_before_2_to_the_40() {
    let chain = Chain::start().await;
    let list = |valid_until| ScopedLimits {
        valid_until,
        ..listed([AllowedCall::new(STRK, selector("transfer"))])
    };
    let fresh = || SessionKey::generate().public_key();
    for end in [LAST_END + 1, LAST_END + 2, 1 << 41, END * 1_000, u64::MAX] {
        let limits = SessionLimits { valid_until: end, ..limits() };
        for call in [
            chain.contract.add_session(fresh(), &limits),
            chain.contract.add_or_update_session_key(fresh(), &limits),
            chain.contract.add_session_for_calls(fresh(), &list(end)),
        ] {
            assert_reverts(send(&chain.owner, vec![call]).await, "Session: end too far");
        }
    }
    let key = fresh();
    chain.as_owner(chain.contract.add_session_for_calls(key, &list(LAST_END))).await;
    let data = chain.contract.session_data(key).await.unwrap();
    assert_eq!(data.valid_until, LAST_END);
}

#[tokio::test]
async fn an_end_of_now_is_refused_and_one_second_later_is_not() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let ending = |valid_until| SessionLimits { valid_until, ..limits() };
    chain.set_time(START + 1_000).await;
    let add = chain.contract.add_session(key, &ending(START + 1_000));
    assert_reverts(send(&chain.owner, vec![add]).await, "Session: end not in the future");
    chain.set_time(START + 2_000).await;
    let add = chain.contract.add_session(key, &ending(START + 2_001));
    assert_succeeds(send(&chain.owner, vec![add]).await);
}

#[tokio::test]
async fn calldata_that_is_no_u64_or_u32_registers_nothing() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let wide = Felt::from(u64::MAX) + Felt::ONE;
    for calldata in [
        vec![key, wide, Felt::ONE, Felt::ZERO],
        vec![key, END.into(), Felt::from(u64::from(u32::MAX) + 1), Felt::ZERO],
        vec![key, END.into(), Felt::ONE, Felt::TWO, Felt::ONE],
        vec![key, END.into(), Felt::ONE],
    ] {
        let add = Call { to: chain.account(), selector: selector("add_session"), calldata };
        assert_reverts(send(&chain.owner, vec![add]).await, "Failed to deserialize param");
    }
}

#[tokio::test]
async fn add_session_refuses_a_key_that_was_ever_registered() {
    let chain = Chain::start().await;
    let error = "Session: key already used";
    let key = chain.register(&limits()).await.public_key();
    let add = chain.contract.add_session(key, &limits());
    assert_reverts(send(&chain.owner, vec![add.clone()]).await, error);

    chain.as_owner(chain.contract.revoke_session(key)).await;
    assert_reverts(send(&chain.owner, vec![add]).await, error);

    let key = chain.register(&limits()).await.public_key();
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    let add = chain.contract.add_session(key, &limits());
    assert_reverts(send(&chain.owner, vec![add]).await, error);

    let key = SessionKey::generate().public_key();
    chain.as_owner(chain.contract.add_or_update_session_key(key, &limits())).await;
    let add = chain.contract.add_session(key, &limits());
    assert_reverts(send(&chain.owner, vec![add]).await, error);
}

#[tokio::test]
async fn an_update_replaces_the_session_whole_and_counts_from_zero() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer")])).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_eq!(chain.calls_used(&key).await, 1);

    let later = SessionLimits { valid_until: END + 5, max_calls: 3, allowed_entrypoints: vec![] };
    chain.as_owner(chain.contract.add_or_update_session_key(key.public_key(), &later)).await;
    let data = chain.contract.session_data(key.public_key()).await.unwrap();
    let expected = SessionData {
        valid_until: END + 5,
        max_calls: 3,
        calls_used: 0,
        allowed_entrypoints_len: 0,
    };
    assert_eq!(data, expected);
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_succeeds(send(&chain.session(&key, END + 5), vec![chain.payment()]).await);
}

#[tokio::test]
async fn a_revoked_session_is_over_by_either_name() {
    let chain = Chain::start().await;
    for selector in [selector("revoke_session"), selector("revoke_session_key")] {
        let key = chain.register(&limits()).await;
        let calldata = vec![key.public_key()];
        let revoke = Call { to: chain.account(), selector, calldata };
        chain.as_owner(revoke.clone()).await;
        let data = chain.contract.session_data(key.public_key()).await.unwrap();
        assert_eq!(data, SessionData::default());
        chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
    }
}

#[tokio::test]
async fn revoking_what_was_once_registered_succeeds_and_changes_nothing_once_it_has_ended() {
    let chain = Chain::start().await;
    let revoked = chain.register(&limits()).await.public_key();
    chain.as_owner(chain.contract.revoke_session(revoked)).await;
    let ended = chain.register(&limits()).await.public_key();
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    for key in [revoked, ended] {
        let record = chain.stored(slots::record_of(key)).await;
        for name in ["revoke_session", "revoke_session_key"] {
            let revoke = chain.contract.revoke_session(key);
            let again = Call { selector: selector(name), ..revoke };
            let outcome = chain.as_owner(again).await;
            assert_eq!(chain.events(&outcome).await, []);
            assert_eq!(chain.written().await, []);
            assert_eq!(chain.stored(slots::record_of(key)).await, record);
        }
    }

    // A key with only a fee limit was never registered.
    let limited = SessionKey::generate().public_key();
    chain.as_owner(chain.contract.set_session_fee_limit(limited, 7)).await;
    for key in [Felt::ZERO, Felt::ONE, SessionKey::generate().public_key(), limited] {
        let revoke = chain.contract.revoke_session(key);
        assert_reverts(send(&chain.owner, vec![revoke]).await, "Session: not found");
    }
}

#[tokio::test]
async fn an_expired_session_can_be_revoked() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await.public_key();
    chain.set_time(END + 1).await;
    let outcome = chain.as_owner(chain.contract.revoke_session(key)).await;
    let revoked = (vec![selector("SessionKeyRevoked"), key], vec![]);
    assert_eq!(chain.events(&outcome).await, [revoked]);
    assert_eq!(chain.contract.session_data(key).await.unwrap(), SessionData::default());
}

#[tokio::test]
async fn revoking_all_ends_every_session_at_once_and_new_ones_can_follow() {
    let chain = Chain::start().await;
    let keys = [chain.register(&limits()).await, chain.register(&limits()).await];
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    for key in &keys {
        let status = chain.contract.session_status(key.public_key()).await.unwrap();
        assert_eq!(status, SessionStatus::default());
        chain.assert_refused_both_ways(key, vec![chain.payment()], "Session: not found").await;
    }
    let key = chain.register(&limits()).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

#[tokio::test]
async fn revoking_all_costs_the_same_for_one_session_and_for_eight() {
    let chain = Chain::start().await;
    chain.register(&limits()).await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    chain.register(&limits()).await;
    let one = chain.as_owner(chain.contract.revoke_all_sessions()).await;
    for _ in 0..8 {
        chain.register(&limits()).await;
    }
    let eight = chain.as_owner(chain.contract.revoke_all_sessions()).await;
    assert_eq!((one.l2_gas, one.l1_data_gas), (eight.l2_gas, eight.l1_data_gas));
}

#[tokio::test]
async fn only_the_account_itself_may_manage_sessions() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await.public_key();
    let fresh = SessionKey::generate().public_key();
    let contract = &chain.contract;
    for call in [
        contract.add_session(fresh, &limits()),
        contract.add_or_update_session_key(key, &limits()),
        contract.revoke_session(key),
        Call { selector: selector("revoke_session_key"), ..contract.revoke_session(key) },
        contract.revoke_all_sessions(),
    ] {
        assert_reverts(send(&chain.stranger, vec![call]).await, "Account: unauthorized");
    }
}

#[tokio::test]
async fn sessions_emit_the_events_of_snip_163() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let granted = vec![Felt::from(END), Felt::from(10)];
    let added = (vec![selector("SessionKeyAdded"), key], granted);
    let outcome = chain.as_owner(chain.contract.add_session(key, &limits())).await;
    assert_eq!(chain.events(&outcome).await, std::slice::from_ref(&added));
    let update = chain.contract.add_or_update_session_key(key, &limits());
    assert_eq!(chain.events(&chain.as_owner(update).await).await, [added]);
    let outcome = chain.as_owner(chain.contract.revoke_session(key)).await;
    let revoked = (vec![selector("SessionKeyRevoked"), key], vec![]);
    assert_eq!(chain.events(&outcome).await, [revoked]);
    let outcome = chain.as_owner(chain.contract.revoke_all_sessions()).await;
    let all = (vec![selector("AllSessionsRevoked")], vec![]);
    assert_eq!(chain.events(&outcome).await, [all]);
}

#[tokio::test]
async fn an_inactive_session_still_shows_its_limits() {
    let chain = Chain::start().await;
    let key = chain.register(&SessionLimits { max_calls: 1, ..limits() }).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    let status = chain.contract.session_status(key.public_key()).await.unwrap();
    assert_eq!((status.is_active, status.valid_until, status.remaining_calls), (false, END, 0));

    let key = chain.register(&limits()).await;
    for (time, is_active) in [(END, true), (END + 1, false)] {
        chain.set_time(time).await;
        let status = chain.contract.session_status(key.public_key()).await.unwrap();
        assert_eq!((status.is_active, status.remaining_calls), (is_active, 10), "at {time}");
    }
}

/// This is why each session should have a fresh key.
#[tokio::test]
async fn a_key_that_is_registered_again_revives_what_nobody_submitted() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let signed = chain.outside(vec![chain.payment()], &key, END);
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    assert_reverts(chain.relay(&signed).await, "Session: not found");
    let again = chain.contract.add_or_update_session_key(key.public_key(), &limits());
    chain.as_owner(again).await;
    assert_succeeds(chain.relay(&signed).await);
}

#[tokio::test]
async fn a_registration_touches_the_keys_record_and_its_lists_cells_alone() {
    let chain = Chain::start().await;
    let (transfer, approve) = (selector("transfer"), selector("approve"));
    let record_and = |key, cells: Vec<Felt>| {
        let mut slots = [vec![slots::record_of(key)], cells].concat();
        slots.sort();
        slots
    };
    let written = async || {
        let mut written = chain.written().await;
        written.sort();
        written
    };
    let key = chain.register(&limits()).await.public_key();
    assert_eq!(written().await, record_and(key, vec![]));

    let key = chain.register(&allowing([transfer, approve])).await.public_key();
    let any = |selector| AllowedCall::new(Felt::ZERO, selector);
    let cells = slots::List::of(key, 1).cells(&[any(transfer), any(approve)]);
    assert_eq!(cells.len(), 2);
    assert_eq!(written().await, record_and(key, cells));

    // The pinned call counts as one entry, and each of its values as one.
    let pay = |to| AllowedCall::new(STRK, transfer).with_argument(0, to);
    let calls = [pay(Felt::ONE), AllowedCall::new(ETH, approve), pay(Felt::TWO)];
    let key = chain.register_for(&listed(calls)).await.public_key();
    let cells = slots::List::of(key, 1).cells(&calls);
    assert_eq!(cells.len(), 4);
    assert_eq!(written().await, record_and(key, cells));
}
