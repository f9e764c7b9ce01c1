//! Tests of fee limits: the most that one plain transaction of a session may commit to pay.

use session_client::felt::selector;
use session_client::{AllowedCall, Finality, Fri, SessionKey};
use session_e2e::*;
use starknet_rust::accounts::{Account, ExecutionV3};
use starknet_rust::core::types::Felt;

/// What [`bounded`] commits to pay, in FRI: 60,000,000 L2 gas and 50,000 L1 data gas, without a tip.
const COMMITMENT: u64 = (60_000_000 + 50_000) * 1_000_000_000;

async fn try_with(
    chain: &Chain,
    key: &std::sync::Arc<SessionKey>,
    change: impl for<'a> FnOnce(Execution<'a>) -> Execution<'a>,
) -> Sent {
    let session = chain.session(key, END);
    let execution = change(bounded(session.execute_v3(vec![chain.payment()])));
    let sent = execution.send().await?;
    chain.node.wait(sent.transaction_hash, Finality::AcceptedOnL2).await
}

type Execution<'a> = ExecutionV3<'a, session_client::Session>;

#[tokio::test]
async fn a_transaction_may_commit_to_the_limit_and_to_no_fri_more() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let set = |limit| chain.contract.set_session_fee_limit(key.public_key(), limit);
    chain.as_owner(set(COMMITMENT - 1)).await;
    assert_refused(try_with(&chain, &key, |it| it).await);
    chain.as_owner(set(COMMITMENT)).await;
    assert_succeeds(try_with(&chain, &key, |it| it).await);
}

#[tokio::test]
async fn every_resource_and_the_tip_count() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), COMMITMENT)).await;
    assert_refused(try_with(&chain, &key, |it| it.l1_gas(1).l1_gas_price(1_000_000_000)).await);
    assert_refused(try_with(&chain, &key, |it| it.l2_gas(60_000_001)).await);
    assert_refused(try_with(&chain, &key, |it| it.l2_gas_price(1_000_000_001)).await);
    assert_refused(try_with(&chain, &key, |it| it.l1_data_gas(50_001)).await);
    assert_refused(try_with(&chain, &key, |it| it.l1_data_gas_price(1_000_000_001)).await);
    assert_refused(try_with(&chain, &key, |it| it.tip(1)).await);

    // The limit leaves room for a tip of 1 for each unit of L2 gas, and not for 2.
    let limit = COMMITMENT + 60_000_000;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), limit)).await;
    assert_refused(try_with(&chain, &key, |it| it.tip(2)).await);
    assert_succeeds(try_with(&chain, &key, |it| it.tip(1)).await);
}

#[tokio::test]
async fn a_limit_of_zero_leaves_the_relayer_alone() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), 0)).await;
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_succeeds(chain.relay(&chain.outside(vec![chain.payment()], &key, END)).await);
}

#[tokio::test]
async fn a_limit_is_not_applied_to_what_can_never_be_included() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), 0)).await;
    let session = chain.session(&key, END);
    let execution = session.execute_v3(vec![chain.payment()]);
    assert!(execution.estimate_fee().await.unwrap().l2_gas_consumed > 0);
    let execution = bounded(session.execute_v3(vec![chain.payment()]));
    execution.simulate(false, true).await.unwrap();
}

#[tokio::test]
async fn a_limit_belongs_to_the_key_and_outlasts_its_sessions() {
    let chain = Chain::start().await;
    let key = std::sync::Arc::new(SessionKey::generate());
    let public_key = key.public_key();
    let limit = || chain.contract.session_fee_limit(public_key);
    assert_eq!(limit().await.unwrap(), None);
    chain.as_owner(chain.contract.set_session_fee_limit(public_key, 7)).await;
    assert_eq!(limit().await.unwrap(), Some(Fri(7)), "before the session");
    for call in [
        chain.contract.add_session(public_key, &limits()),
        chain.contract.add_or_update_session_key(public_key, &limits()),
        chain.contract.revoke_session(public_key),
        chain.contract.add_or_update_session_key(public_key, &limits()),
        chain.contract.revoke_all_sessions(),
        chain.contract.add_or_update_session_key(public_key, &limits()),
    ] {
        chain.as_owner(call).await;
        assert_eq!(limit().await.unwrap(), Some(Fri(7)));
    }
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
    chain.as_owner(chain.contract.remove_session_fee_limit(public_key)).await;
    assert_eq!(limit().await.unwrap(), None);
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
}

#[tokio::test]
async fn a_scoped_session_pays_nothing_until_the_owner_says_otherwise() {
    let chain = Chain::start().await;
    let list = listed([AllowedCall::new(STRK, selector("transfer"))]);
    let key = std::sync::Arc::new(SessionKey::generate());
    chain.as_owner(chain.contract.add_session_for_calls(key.public_key(), &list)).await;
    let limit = |key| chain.contract.session_fee_limit(key);
    assert_eq!(limit(key.public_key()).await.unwrap(), Some(Fri(0)));
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
    assert_succeeds(chain.relay(&chain.outside(vec![chain.payment()], &key, END)).await);
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), COMMITMENT)).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);

    let early = SessionKey::generate().public_key();
    chain.as_owner(chain.contract.set_session_fee_limit(early, 5)).await;
    chain.as_owner(chain.contract.add_session_for_calls(early, &list)).await;
    assert_eq!(limit(early).await.unwrap(), Some(Fri(5)), "set before, kept");

    for key in [SessionKey::generate().public_key(), SessionKey::generate().public_key()] {
        chain.as_owner(chain.contract.add_or_update_session_key(key, &limits())).await;
        assert_eq!(limit(key).await.unwrap(), None, "SNIP-163's clients expect none");
    }
}

#[tokio::test]
async fn a_fee_limit_is_the_accounts_to_set_and_has_its_range() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let set = chain.contract.set_session_fee_limit(key, 1);
    let remove = chain.contract.remove_session_fee_limit(key);
    for call in [set.clone(), remove.clone()] {
        assert_reverts(send(&chain.stranger, vec![call]).await, "Account: unauthorized");
    }
    assert_succeeds(send(&chain.owner, vec![remove]).await);
    let mut too_large = set;
    too_large.calldata[1] = Felt::TWO.pow(64_u128);
    let refused = send(&chain.owner, vec![too_large]).await;
    assert_reverts(refused, "Session: fee limit too large");
    chain.as_owner(chain.contract.set_session_fee_limit(key, u64::MAX)).await;
    let limit = chain.contract.session_fee_limit(key).await.unwrap();
    assert_eq!(limit, Some(Fri(u64::MAX.into())));
}

#[tokio::test]
async fn fee_limits_emit_events_with_the_key() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let outcome = chain.as_owner(chain.contract.set_session_fee_limit(key, 9)).await;
    let set = (vec![selector("SessionFeeLimitSet"), key], vec![Felt::from(9)]);
    assert_eq!(chain.events(&outcome).await, [set]);
    let outcome = chain.as_owner(chain.contract.remove_session_fee_limit(key)).await;
    let removed = (vec![selector("SessionFeeLimitRemoved"), key], vec![]);
    assert_eq!(chain.events(&outcome).await, [removed]);

    let transfer = AllowedCall::new(STRK, selector("transfer"));
    let list = listed([transfer]);
    let outcome = chain.as_owner(chain.contract.add_session_for_calls(key, &list)).await;
    let set = (vec![selector("SessionFeeLimitSet"), key], vec![Felt::ZERO]);
    let granted = vec![Felt::from(END), Felt::from(10)];
    let added = (vec![selector("SessionKeyAdded"), key], granted);
    let listed = vec![Felt::ZERO, Felt::ONE, STRK, selector("transfer"), Felt::ONE];
    let shown = (vec![selector("SessionCallsAllowed"), key], listed);
    assert_eq!(chain.events(&outcome).await, [set, added, shown]);
}

/// `__validate__` still sees the last full hour, so the transaction is included and reverts; the fee limit
/// bounds its fee.
#[tokio::test]
async fn a_late_transaction_reverts_and_is_charged_within_the_limit() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.as_owner(chain.contract.set_session_fee_limit(key.public_key(), COMMITMENT)).await;
    let before = chain.balance(chain.account()).await;
    chain.set_time(END + 1).await;
    assert_reverts(try_with(&chain, &key, |it| it).await, "Session: expired");
    let charged = before - chain.balance(chain.account()).await;
    assert!(0 < charged && charged <= u128::from(COMMITMENT), "{charged}");
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (0, 1));
}
