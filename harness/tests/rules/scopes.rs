//! Call scopes: sessions that may call listed selectors on listed contracts alone.

use session_harness::name::selector;
use session_harness::{AllowedCall, ScopedLimits, SessionData, SessionKey};
use starknet_rust_core::types::{Call, Felt};

use crate::chain::*;
use crate::registration::BLOCKED;

const NOT_LISTED: &str = "Session: call not allowed";

fn transfer_of(to: Felt) -> AllowedCall {
    AllowedCall { to, selector: selector("transfer") }
}

fn scoped(allowed_calls: Vec<AllowedCall>) -> ScopedLimits {
    ScopedLimits { valid_until: END, max_calls: 10, allowed_calls }
}

#[tokio::test]
async fn a_scoped_session_calls_what_is_listed_where_it_is_listed_and_nothing_else() {
    let chain = Chain::start().await;
    let approval = AllowedCall { to: ETH, selector: selector("approve") };
    let key = chain.register_for(&scoped(vec![transfer_of(STRK), approval])).await;
    let approve = Call { to: ETH, selector: selector("approve"), ..chain.payment() };
    chain.assert_allowed_both_ways(&key, vec![chain.payment(), approve.clone()]).await;

    for wrong in [
        Call { to: ETH, ..chain.payment() },
        Call { to: STRK, ..approve },
        Call { selector: selector("transfer_from"), ..chain.payment() },
        Call { selector: Felt::ZERO, ..chain.payment() },
        Call { to: Felt::ZERO, ..chain.payment() },
    ] {
        chain.assert_refused_both_ways(&key, vec![chain.payment(), wrong], NOT_LISTED).await;
    }
}

#[tokio::test]
async fn one_sessions_scope_is_not_anothers() {
    let chain = Chain::start().await;
    let strk = chain.register_for(&scoped(vec![transfer_of(STRK)])).await;
    let eth = chain.register_for(&scoped(vec![transfer_of(ETH)])).await;
    chain.assert_allowed_both_ways(&strk, vec![chain.payment()]).await;
    chain.assert_refused_both_ways(&eth, vec![chain.payment()], NOT_LISTED).await;
}

#[tokio::test]
async fn a_scope_is_listed_and_counted_as_pairs() {
    let chain = Chain::start().await;
    let calls = vec![transfer_of(STRK), transfer_of(ETH), transfer_of(Felt::ONE)];
    let key = chain.register_for(&scoped(calls.clone())).await.public_key();
    assert_eq!(chain.contract.session_allowed_calls(key).await.unwrap(), calls);
    let data = chain.contract.session_data(key).await.unwrap();
    let expected =
        SessionData { valid_until: END, max_calls: 10, calls_used: 0, allowed_entrypoints_len: 3 };
    assert_eq!(data, expected);
    let status = chain.contract.session_status(key).await.unwrap();
    assert_eq!(status.allowed_entrypoints, [selector("transfer"); 3]);

    chain.as_owner(chain.contract.revoke_session(key)).await;
    assert_eq!(chain.contract.session_allowed_calls(key).await.unwrap(), []);
}

#[tokio::test]
async fn a_plain_whitelist_is_listed_as_calls_to_any_contract() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("transfer"), Felt::ONE])).await.public_key();
    let any = |selector| AllowedCall { to: Felt::ZERO, selector };
    let expected = [any(selector("transfer")), any(Felt::ONE)];
    assert_eq!(chain.contract.session_allowed_calls(key).await.unwrap(), expected);
    let key = chain.register(&limits()).await.public_key();
    assert_eq!(chain.contract.session_allowed_calls(key).await.unwrap(), []);
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
        (fresh, vec![good, transfer_of(ETH), good], "Session: duplicate selector"),
        (used, vec![good], "Session: key already used"),
    ];
    for selector in BLOCKED.map(selector) {
        let blocked = AllowedCall { selector, ..good };
        refusals.push((fresh, vec![good, blocked], "Session: blocked selector"));
    }
    for (key, allowed, error) in refusals {
        let add = chain.contract.add_session_for_calls(key, &scoped(allowed));
        assert_reverts(send(&chain.owner, vec![add]).await, error);
    }
    let late = ScopedLimits { valid_until: START, ..scoped(vec![good]) };
    let add = chain.contract.add_session_for_calls(fresh, &late);
    assert_reverts(send(&chain.owner, vec![add]).await, "Session: end not in the future");
    let add = chain.contract.add_session_for_calls(fresh, &scoped(vec![good]));
    assert_reverts(send(&chain.stranger, vec![add]).await, "Account: unauthorized");
}

#[tokio::test]
async fn a_live_scope_is_never_widened_by_an_update() {
    let chain = Chain::start().await;
    let key = chain.register_for(&scoped(vec![transfer_of(ETH)])).await;
    let update = || chain.contract.add_or_update_session_key(key.public_key(), &limits());
    for time in [START, END + 1] {
        chain.set_time(time).await;
        let late = session_harness::SessionLimits { valid_until: END * 2, ..limits() };
        let update = chain.contract.add_or_update_session_key(key.public_key(), &late);
        let refused = send(&chain.owner, vec![update]).await;
        assert_reverts(refused, "Session: scoped, revoke first");
    }
    chain.set_time(END + 10).await;
    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    assert_reverts(send(&chain.owner, vec![update()]).await, "Session: end not in the future");
    let later = session_harness::SessionLimits { valid_until: END * 2, ..limits() };
    let update = chain.contract.add_or_update_session_key(key.public_key(), &later);
    assert_succeeds(send(&chain.owner, vec![update]).await);
}

#[tokio::test]
async fn a_scope_that_ended_with_all_sessions_is_replaced_by_an_update() {
    let chain = Chain::start().await;
    let key = chain.register_for(&scoped(vec![transfer_of(ETH)])).await;
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    chain.as_owner(chain.contract.add_or_update_session_key(key.public_key(), &limits())).await;
    assert_eq!(chain.contract.session_data(key.public_key()).await.unwrap().max_calls, 10);
    assert_eq!(chain.contract.session_allowed_calls(key.public_key()).await.unwrap(), []);
}

#[tokio::test]
async fn a_scopes_lookup_costs_what_a_plain_whitelists_does() {
    let chain = Chain::start().await;
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
    let plain = chain.register(&allowing([selector("transfer")])).await;
    let scoped = chain.register_for(&scoped(vec![transfer_of(STRK)])).await;
    let mut costs = vec![];
    for key in [plain, scoped] {
        let signed = chain.outside(vec![chain.payment()], &key, END);
        costs.push(assert_succeeds(chain.relay(&signed).await).l2_gas);
    }
    assert_eq!(costs[0], costs[1]);
}
