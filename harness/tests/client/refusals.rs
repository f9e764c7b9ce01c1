//! Tests that the client does not send what would be refused and names the rule, and that what it sends
//! keeps the session's limits.

use session_client::felt::selector;
use session_client::{AllowedCall, Error, Fri, Grant, Rule, Session, SessionKey, Terms, token};
use session_e2e::*;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::providers::Provider;

async fn refused(session: &Session, calls: impl Into<Vec<Call>> + Send) -> Option<Rule> {
    let nonce = session.node().nonce_of(session.contract().address()).await.unwrap();
    let Err(Error::Refused(refusal)) = session.send(calls).await else { panic!("it is allowed") };
    assert!(refusal.is_foretold(), "{refusal}");
    assert_eq!(session.node().nonce_of(session.contract().address()).await.unwrap(), nonce);
    refusal.rule()
}

fn grant() -> Grant {
    Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(END)
        .max_calls(1)
        .fee_limit(Fri(1_000_000_000_000_000_000))
}

#[tokio::test]
async fn what_the_account_would_refuse_is_not_sent_and_names_the_rule() {
    let chain = Chain::start().await;
    let session = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    let approve = Call { selector: selector("approve"), ..chain.payment() };
    assert_eq!(refused(&session, [approve]).await, Some(Rule::CallNotAllowed));
    assert_eq!(refused(&session, []).await, Some(Rule::NoCalls));
    let own = Call { to: chain.account(), ..chain.payment() };
    assert_eq!(refused(&session, [own]).await, Some(Rule::SelfCall));

    session.send([chain.payment()]).await.unwrap();
    assert_eq!(refused(&session, [chain.payment()]).await, Some(Rule::Exhausted));
    // `__validate__` sees the last full hour, at which the session had not ended.
    chain.set_time(END + 1).await;
    assert_eq!(refused(&session, [chain.payment()]).await, Some(Rule::Exhausted));
    chain.set_time(END + HOUR).await;
    assert_eq!(refused(&session, [chain.payment()]).await, Some(Rule::Expired));
    chain.owner.revoke(session.public_key()).await.unwrap();
    assert_eq!(refused(&session, [chain.payment()]).await, Some(Rule::NotFound));
}

/// `__validate__` sees the last full hour, so the chain would accept the transaction, revert it, and charge
/// its fee.
#[tokio::test]
async fn a_session_that_ended_within_the_hour_pays_for_no_revert() {
    let chain = Chain::start().await;
    let grant = grant().until(START + 60);
    let session = chain.owner.register(SessionKey::generate(), &grant).await.unwrap();
    chain.set_time(START + 61).await;
    assert_eq!(refused(&session, [chain.payment()]).await, Some(Rule::Expired));
}

#[tokio::test]
async fn a_session_s_bounds_fit_under_its_fee_limit() {
    let chain = Chain::start().await;
    let session =
        chain.owner.register(SessionKey::generate(), &grant().max_calls(2)).await.unwrap();
    let draft = |terms: Terms| {
        let (node, account, session) = (&chain.node, chain.account(), &session);
        async move {
            use starknet_rust::accounts::Account;
            let transaction = session.execute_v3(vec![token::transfer(STRK, Felt::ONE, 1)]);
            node.draft(account, transaction, &terms).await.map(|it| *it.quote())
        }
    };
    let quote = draft(Terms::default()).await.unwrap();
    let tight = Fri(quote.estimate.0 + quote.estimate.0 / 10);
    assert!(quote.most > tight, "there is a margin to narrow");
    chain.owner.set_fee_limit(session.public_key(), tight).await.unwrap();
    let outcome = session.send([chain.payment()]).await.unwrap();
    assert!(outcome.fee <= tight);

    let under = Fri(quote.estimate.0 / 2);
    let refused = draft(Terms::up_to(under)).await;
    assert!(
        matches!(refused, Err(Error::OverLimit { limit, .. }) if limit == under),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_account_that_cannot_pay_is_told_what_it_has_and_needs() {
    let chain = Chain::start().await;
    let session = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    // The relayer pays the fee, so that exactly the amount in `away` leaves.
    let all = chain.balance(chain.account()).await;
    let away = chain.outside_as_owner(vec![token::transfer(STRK, NO_POINT, all - 1_000)]);
    assert_succeeds(chain.relay(&away).await);
    let sent = session.send([chain.payment()]).await;
    let Err(Error::CannotPay { account, has, needs }) = sent else {
        panic!("it is poor: {sent:?}")
    };
    assert_eq!((account, has), (chain.account(), Fri(1_000)));
    assert!(has < needs);
}

#[tokio::test]
async fn a_tip_is_paid_only_if_asked_for() {
    let chain = Chain::start().await;
    let session =
        chain.owner.register(SessionKey::generate(), &grant().max_calls(2)).await.unwrap();
    let tip_of = async |session: &Session| {
        let outcome = session.send([chain.payment()]).await.unwrap();
        let sent =
            chain.node.get_transaction_by_hash(outcome.transaction_hash, None).await.unwrap();
        serde_json::to_value(sent).unwrap()["tip"].clone()
    };
    assert_eq!(tip_of(&session).await, "0x0");
    let generous = session.clone().on_terms(Terms::default().with_tip(session_client::Tip::Of(7)));
    assert_eq!(tip_of(&generous).await, "0x7");
}
