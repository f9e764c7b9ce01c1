//! Tests of sessions that may only call listed functions of listed contracts.

use session_client::felt::selector;
use session_client::{AllowedCall, ScopedLimits, SessionData, SessionKey, SessionLimits};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};

#[tokio::test]
async fn a_scoped_session_calls_what_is_listed_where_it_is_listed_and_nothing_else() {
    let chain = Chain::start().await;
    let approval = AllowedCall::new(ETH, selector("approve"));
    let key = chain.register_for(&listed([transfer_of(STRK), approval])).await;
    let approve = Call { to: ETH, selector: selector("approve"), ..chain.payment() };
    chain.assert_allowed_both_ways(&key, vec![chain.payment(), approve.clone()]).await;

    for wrong in [
        Call { to: ETH, ..chain.payment() },
        Call { to: STRK, ..approve },
        Call { selector: selector("transfer_from"), ..chain.payment() },
        Call { selector: Felt::ZERO, ..chain.payment() },
        Call { to: Felt::ZERO, ..chain.payment() },
        Call { to: selector("transfer"), selector: STRK, ..chain.payment() },
    ] {
        chain.assert_refused_both_ways(&key, vec![wrong.clone()], NOT_LISTED).await;
        chain.assert_refused_both_ways(&key, vec![chain.payment(), wrong], NOT_LISTED).await;
    }
    assert_eq!(chain.calls_used(&key).await, 2, "what is refused is not counted");
}

#[tokio::test]
async fn one_sessions_scope_is_not_anothers() {
    let chain = Chain::start().await;
    let strk = chain.register_for(&listed([transfer_of(STRK)])).await;
    let eth = chain.register_for(&listed([transfer_of(ETH)])).await;
    chain.assert_allowed_both_ways(&strk, vec![chain.payment()]).await;
    chain.assert_refused_both_ways(&eth, vec![chain.payment()], NOT_LISTED).await;
}

#[tokio::test]
async fn a_scope_is_counted_by_its_entries() {
    let chain = Chain::start().await;
    let one = |to: u64| transfer_of(STRK).with_argument(0, to.into());
    let calls = [one(1), one(2), transfer_of(ETH)];
    let key = chain.register_for(&listed(calls)).await.public_key();
    let data = chain.contract.session_data(key).await.unwrap();
    let expected =
        SessionData { valid_until: END, max_calls: 10, calls_used: 0, allowed_entrypoints_len: 3 };
    assert_eq!(data, expected);
    assert_eq!(chain.contract.session_status(key).await.unwrap().allowed_len, 3);
}

#[tokio::test]
async fn scoping_refuses_each_bad_list_with_its_own_error() {
    let chain = Chain::start().await;
    let fresh = SessionKey::generate().public_key();
    let used = chain.register(&limits()).await.public_key();
    let (good, zero) = (transfer_of(STRK), Felt::ZERO);
    let mut refusals = vec![
        (fresh, vec![], "Session: no allowed calls"),
        (fresh, vec![good, transfer_of(zero)], "Session: zero target"),
        (fresh, vec![good, transfer_of(chain.account())], "Session: call to the account"),
        (fresh, vec![good, AllowedCall { selector: zero, ..good }], "Session: zero selector"),
        (fresh, vec![good, transfer_of(ETH), good], "Session: duplicate call"),
        (used, vec![good], "Session: key already used"),
    ];
    for selector in BLOCKED.map(selector) {
        let blocked = AllowedCall { selector, ..good };
        refusals.push((fresh, vec![good, blocked], "Session: blocked selector"));
        let blocked = blocked.with_argument(0, Felt::ONE);
        refusals.push((fresh, vec![blocked], "Session: blocked selector"));
    }
    for (key, allowed, error) in refusals {
        let add = chain.contract.add_session_for_calls(key, &listed(allowed));
        assert_reverts(send(&chain.owner, vec![add]).await, error);
    }
    let late = ScopedLimits { valid_until: START, ..listed([good]) };
    let add = chain.contract.add_session_for_calls(fresh, &late);
    assert_reverts(send(&chain.owner, vec![add]).await, "Session: end not in the future");
    let add = chain.contract.add_session_for_calls(fresh, &listed([good]));
    assert_reverts(send(&chain.stranger, vec![add]).await, "Account: unauthorized");
}

/// A thief may end the session with its key. A client that does not know lists of calls and then updates
/// the key must not give it more than the list allowed.
#[tokio::test]
async fn a_scope_is_never_widened_by_an_update_living_or_not() {
    let chain = Chain::start().await;
    let revoked = chain.register_for(&listed([transfer_of(ETH)])).await;
    let ended = chain.register_for(&listed([transfer_of(ETH)])).await;
    let expired = chain.register_for(&listed([transfer_of(ETH)])).await;
    let assert_kept = async |key: &SessionKey| {
        for allowed_entrypoints in [vec![], vec![selector("transfer")]] {
            let late = SessionLimits { valid_until: END * 2, max_calls: 10, allowed_entrypoints };
            let update = chain.contract.add_or_update_session_key(key.public_key(), &late);
            let refused = send(&chain.owner, vec![update]).await;
            assert_reverts(refused, "Session: scoped, use a new key");
        }
    };
    assert_kept(&revoked).await;
    chain.as_owner(chain.contract.revoke_session(revoked.public_key())).await;
    assert_kept(&revoked).await;
    assert_succeeds(send(&chain.session(&ended, END), vec![chain.ending(&ended)]).await);
    assert_kept(&ended).await;
    chain.set_time(END + 1).await;
    assert_kept(&expired).await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    assert_kept(&expired).await;
}

#[tokio::test]
async fn a_list_on_any_contract_may_be_replaced_living_or_not() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("approve")])).await;
    let update = || chain.contract.add_or_update_session_key(key.public_key(), &limits());
    chain.as_owner(update()).await;
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    chain.as_owner(update()).await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    chain.as_owner(update()).await;
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

#[tokio::test]
async fn a_scopes_lookup_costs_what_a_plain_whitelists_does() {
    let chain = Chain::start().await;
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
    let plain = chain.register(&allowing([selector("transfer")])).await;
    let fees = chain.contract.set_session_fee_limit(plain.public_key(), u64::MAX);
    chain.as_owner(fees).await;
    let calls = chain.register_for(&listed([transfer_of(STRK)])).await;
    let mut costs = vec![];
    for key in [plain, calls] {
        let sent = send(&chain.session(&key, END), vec![chain.payment()]).await;
        costs.push(assert_succeeds(sent).l2_gas);
    }
    // The two kinds of list differ by one comparison.
    assert!(costs[0].abs_diff(costs[1]) < 1_000, "{costs:?}");
}
