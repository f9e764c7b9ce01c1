//! Tests of the life of a session: started, read, renewed, ended.

use session_client::felt::selector;
use session_client::{
    Allowed, AllowedCall, Error, Fri, Grant, Relayer, Rule, Session, SessionKey, SpendingLimits,
    token,
};
use session_e2e::*;

const FEE_LIMIT: Fri = Fri(1_000_000_000_000_000_000);

fn grant() -> Grant {
    Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))])
        .until(END)
        .max_calls(5)
        .fee_limit(FEE_LIMIT)
        .spend(STRK, SpendingLimits::per_day(5_u8.into(), 20_u8.into()))
}

#[tokio::test]
async fn a_registration_sets_the_fee_limit_and_the_caps_with_it() {
    let chain = Chain::start().await;
    let session = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    let state = session.state().await.unwrap().unwrap();
    assert_eq!((state.valid_until, state.max_calls, state.calls_left), (END, 5, 5));
    assert_eq!(state.fee_limit, Some(FEE_LIMIT));
    assert!(matches!(&state.allowed, Some(Allowed::Calls(calls)) if calls.len() == 1));
    assert_eq!(state.policy(STRK).unwrap().max_per_window, 20_u8.into());
    assert_eq!(state.grant().unwrap(), grant());
}

#[tokio::test]
async fn a_session_is_found_by_its_key() {
    let chain = Chain::start().await;
    let key = std::sync::Arc::new(SessionKey::generate());
    let find = || Session::find(chain.node.clone(), chain.account(), key.clone());
    let Err(Error::Refused(refusal)) = find().await else { panic!("there is none") };
    assert_eq!(refusal.rule(), Some(Rule::NotFound));
    chain.owner.register(key.clone(), &grant()).await.unwrap();
    assert_eq!(find().await.unwrap().valid_until(), END);
}

#[tokio::test]
async fn an_owner_starts_a_session_and_its_first_calls_in_one_transaction() {
    let chain = Chain::start().await;
    let first = [chain.payment()];
    let session = chain.owner.start(SessionKey::generate(), &grant(), first).await.unwrap();
    assert_eq!(chain.paid().await, 1);
    let state = session.state().await.unwrap().unwrap();
    assert_eq!((state.calls_left, state.policy(STRK).unwrap().spent_in_window), (4, 1_u8.into()));
}

#[tokio::test]
async fn a_relayer_starts_a_session_and_its_first_calls_in_one_transaction() {
    let chain = Chain::start().await;
    let relayer = Relayer::new(chain.relayer.clone());
    let before = chain.balance(chain.account()).await;
    let first = [chain.payment()];
    let started =
        chain.owner.start_through(&relayer, SessionKey::generate(), &grant(), first).await;
    let session = started.unwrap();
    assert_eq!(chain.paid().await, 1);
    assert_eq!(chain.balance(chain.account()).await, before - 1, "the account pays no fee");
    assert_eq!(session.state().await.unwrap().unwrap().calls_left, 4);
}

#[tokio::test]
async fn a_start_whose_first_calls_are_not_granted_starts_nothing() {
    let chain = Chain::start().await;
    let key = SessionKey::generate();
    let public_key = key.public_key();
    let too_much = [token::transfer(STRK, NO_POINT, 6)];
    let Err(Error::Refused(refusal)) = chain.owner.start(key, &grant(), too_much).await else {
        panic!("it spends more than a call may")
    };
    assert_eq!(refusal.rule(), Some(Rule::SpendingOverCallMaximum));
    assert!(refusal.is_foretold());
    assert_eq!(chain.contract.state(public_key).await.unwrap(), None);
}

#[tokio::test]
async fn a_renewal_registers_the_new_key_and_ends_the_old_one_at_once() {
    let chain = Chain::start().await;
    let old = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    old.send([chain.payment()]).await.unwrap();
    let again = old.state().await.unwrap().unwrap().grant().unwrap().until(END + HOUR);
    let approve = async |calls| chain.owner.send(calls).await;
    let new = old.renew(SessionKey::generate(), &again, approve).await.unwrap();
    assert_eq!(old.state().await.unwrap(), None);
    new.send([chain.payment()]).await.unwrap();
    assert_eq!(chain.paid().await, 2);
    assert_eq!(
        (new.valid_until(), new.state().await.unwrap().unwrap().calls_left),
        (END + HOUR, 4)
    );
}

#[tokio::test]
async fn a_renewal_that_the_owner_does_not_approve_leaves_the_old_session() {
    let chain = Chain::start().await;
    let old = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    let decline = async |_| Err(Error::Signing("the user said no".to_owned()));
    let declined = old.renew(SessionKey::generate(), &grant(), decline).await;
    assert!(matches!(declined, Err(Error::Signing(_))), "{declined:?}");
    old.send([chain.payment()]).await.unwrap();
}

#[tokio::test]
async fn a_session_ends_itself_and_once_is_enough() {
    let chain = Chain::start().await;
    let session = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    assert!(session.end().await.unwrap().is_some());
    assert_eq!(session.state().await.unwrap(), None);
    assert!(session.end().await.unwrap().is_none(), "it has ended already");
}

#[tokio::test]
async fn a_session_without_fees_is_ended_by_what_it_signs_for_a_relayer() {
    let chain = Chain::start().await;
    let without_fees = Grant::for_calls([AllowedCall::new(STRK, selector("transfer"))]);
    let without_fees = without_fees.until(END).max_calls(5);
    let session = chain.owner.register(SessionKey::generate(), &without_fees).await.unwrap();
    let Err(Error::Refused(refusal)) = session.end().await else { panic!("it may pay no fees") };
    assert_eq!(refusal.rule(), Some(Rule::OverFeeLimit));
    let end = session.end_outside(None).await.unwrap();
    Relayer::new(chain.relayer.clone()).submit(&[end]).await.unwrap();
    assert_eq!(session.state().await.unwrap(), None);
}

#[tokio::test]
async fn a_session_that_can_do_nothing_any_more_needs_no_end() {
    let chain = Chain::start().await;
    let one_call = grant().max_calls(1);
    let used = chain.owner.register(SessionKey::generate(), &one_call).await.unwrap();
    used.send([chain.payment()]).await.unwrap();
    assert!(used.end().await.unwrap().is_none(), "it has used up its calls");
    let past = chain.owner.register(SessionKey::generate(), &grant()).await.unwrap();
    chain.set_time(END + HOUR).await;
    assert!(past.end().await.unwrap().is_none(), "its last second has passed");
}
