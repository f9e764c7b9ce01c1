//! Tests that a session can end itself, by a batch of exactly this one call.

use session_client::Fri;
use session_client::felt::selector;
use session_client::{AllowedCall, SessionLimits};
use session_e2e::mocks::{free, silence};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};

#[tokio::test]
async fn a_session_ends_itself_whatever_its_list() {
    let chain = Chain::start().await;
    let transfers = [AllowedCall::new(STRK, selector("transfer"))];
    for key in [
        chain.register(&limits()).await,
        chain.register(&allowing([selector("transfer")])).await,
        chain.register_for(&listed(transfers)).await,
    ] {
        let outcome =
            assert_succeeds(send(&chain.session(&key, END), vec![chain.ending(&key)]).await);
        let revoked = (vec![selector("SessionKeyRevoked"), key.public_key()], vec![]);
        assert_eq!(chain.events(&outcome).await, [revoked]);
        chain.assert_over(&key).await;
        chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
        // The session has ended, so it cannot end itself again.
        chain.assert_refused_both_ways(&key, vec![chain.ending(&key)], "Session: not found").await;
    }
    let key = chain.register_for(&listed(transfers)).await;
    assert_succeeds(chain.relay(&chain.outside(vec![chain.ending(&key)], &key, END)).await);
    chain.assert_over(&key).await;
}

#[tokio::test]
async fn all_other_rules_hold_for_the_ending() {
    let chain = Chain::start().await;
    let key = chain.register(&SessionLimits { max_calls: 1, ..limits() }).await;
    let ending = || vec![chain.ending(&key)];
    // Rule 1.
    assert_refused(send(&chain.session(&key, END + 1), ending()).await);
    let signed = chain.outside(ending(), &key, END + 1);
    assert_reverts(chain.relay(&signed).await, "Session: wrong valid_until");
    // Rule 6.
    let other = chain.register(&limits()).await;
    let thief = Forged::new(&chain, {
        let (key, other) = (key.clone(), other.clone());
        move |hash| {
            let signature = other.sign(&hash, END).unwrap();
            vec![key.public_key(), signature[1], signature[2], END.into()]
        }
    });
    assert_refused(send(&thief, ending()).await);
    let mut signed = chain.outside(ending(), &key, END);
    signed.signature[2] += Felt::ONE;
    assert_reverts(chain.relay(&signed).await, "Session: invalid signature");

    // Rule 2: a session without calls left, and one that has expired, cannot end themselves.
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    chain.assert_refused_both_ways(&key, ending(), "Session: no calls left").await;
    chain.set_time(END + 3_600).await;
    chain.assert_refused_both_ways(&other, vec![chain.ending(&other)], "Session: expired").await;
}

/// A transaction by which a session ends itself uses up a call, and reverts if the session expired within
/// the hour, as any other.
#[tokio::test]
async fn the_ending_uses_a_call_and_expires_to_the_second() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.set_time(END + 1).await;
    let late = send(&chain.session(&key, END), vec![chain.ending(&key)]).await;
    assert_reverts(late, "Session: expired");
    assert_eq!(chain.calls_used(&key).await, 1);
}

#[tokio::test]
async fn under_a_limit_of_zero_the_ending_goes_through_a_relayer_who_can_add_nothing() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), 0)).await;
    assert_refused(send(&chain.session(&key, END), vec![chain.ending(&key)]).await);

    let calls = vec![chain.ending(&key), chain.payment()];
    assert_reverts(chain.relay(&chain.outside(calls, &key, END)).await, SELF_CALL);
    let mut signed = chain.outside(vec![chain.ending(&key)], &key, END);
    signed.outside_execution.calls.push(chain.payment());
    assert_reverts(chain.relay(&signed).await, SELF_CALL);
    signed.outside_execution.calls.pop();
    assert_succeeds(chain.relay(&signed).await);
    chain.assert_over(&key).await;
}

#[tokio::test]
async fn any_other_call_to_the_account_is_refused_as_before() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let other = chain.register(&limits()).await;
    let ending = chain.ending(&key);
    let with = |calldata: Vec<Felt>| vec![Call { calldata, ..ending.clone() }];
    let named = |name| vec![Call { selector: selector(name), ..ending.clone() }];
    let own = key.public_key();
    for calls in [
        vec![ending.clone(), ending.clone()],
        vec![ending.clone(), chain.payment()],
        vec![chain.payment(), ending.clone()],
        vec![chain.ending(&other)],
        with(vec![]),
        with(vec![Felt::ZERO]),
        with(vec![own, own]),
        with(vec![own, Felt::ZERO]),
        named("revoke_session_key"),
        named("revoke_all_sessions"),
        named("remove_session_fee_limit"),
        named("get_session_data"),
    ] {
        chain.assert_refused_both_ways(&key, calls, SELF_CALL).await;
    }
    // The same call of another contract is a call of that contract.
    let elsewhere = vec![Call { to: STRK, ..ending.clone() }];
    assert_reverts(send(&chain.session(&key, END), elsewhere).await, "ENTRYPOINT_NOT_FOUND");
    assert_eq!((chain.calls_used(&key).await, chain.calls_used(&other).await), (1, 0));
}

/// The owner's revocation and the session's own have the same effect.
#[tokio::test]
async fn an_ended_key_keeps_its_fee_limit_and_is_never_fresh_again() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), u64::MAX)).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.ending(&key)]).await);
    let limit = chain.contract.session_fee_limit(key.public_key()).await.unwrap();
    assert_eq!(limit, Some(Fri(u64::MAX.into())));
    let add = chain.contract.add_session(key.public_key(), &limits());
    assert_reverts(send(&chain.owner, vec![add]).await, "Session: key already used");
}

/// P-24: ending oneself checks no policy and calls no token. A batch under the policy of a token that
/// panics could make no other call.
#[tokio::test]
async fn no_policy_stands_in_the_way_of_the_ending() {
    let chain = Chain::start().await;
    let liar = chain.deploy_liar().await;
    let (plain, outside) = (chain.register(&limits()).await, chain.register(&limits()).await);
    for key in [&plain, &outside] {
        chain.cap(key, STRK, &maxima(1, 1)).await;
        chain.cap(key, liar, &maxima(1, 1)).await;
        let set =
            chain.contract.set_spending_policy(key.public_key(), chain.account(), &maxima(1, 1));
        assert_reverts(send(&chain.owner, vec![set]).await, NO_BALANCE);
    }
    chain.as_stranger(silence(liar, "balance_of")).await;
    for key in [&plain, &outside] {
        chain.assert_reverts_both_ways(key, vec![free()], NO_BALANCE).await;
    }
    assert_succeeds(send(&chain.session(&plain, END), vec![chain.ending(&plain)]).await);
    let ending = chain.outside(vec![chain.ending(&outside)], &outside, END);
    assert_succeeds(chain.relay(&ending).await);
    for key in [&plain, &outside] {
        chain.assert_over(key).await;
    }
}
