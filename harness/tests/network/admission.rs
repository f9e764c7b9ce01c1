//! Tests of transactions that a gateway refuses though their estimate succeeded.

use session_client::class::Artifact;
use session_client::deploy::{self, address};
use session_client::{Cause, Error, Finality, Fri, Owner, Session, SessionKey, Terms, token};
use session_devnet::faults::Fault;
use session_e2e::{END, STRK, undeclared_class};
use starknet_rust::accounts::{Account, ConnectedAccount};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

use crate::bed::{BLOCK, Bed, STEP, grant, payment};

#[tokio::test(flavor = "multi_thread")]
async fn scenario_2_a_session_that_is_only_pre_confirmed_pays_as_soon_as_the_gateway_sees_it() {
    let (bed, _) = Bed::with_session().await;
    let (owner, key) = (bed.owner(), std::sync::Arc::new(SessionKey::generate()));
    let calls = owner.registration(key.public_key(), &grant()).await.unwrap();
    let registration = owner.submit(calls).await.unwrap();
    bed.network.pass(STEP * 2).await;
    registration.wait(Finality::PreConfirmed).await.unwrap();
    let session = Session::new(bed.node.clone(), owner.address(), key, END);

    // The estimate succeeds, but the gateway does not know the session yet.
    let execution = session.execute_v3(payment(5).to_vec());
    let draft = bed.node.draft(session.address(), execution, &Terms::default()).await.unwrap();
    let refused = draft.sign().await.unwrap().submit().await.unwrap_err();
    assert_eq!(refused.cause(), Some(Cause::NotValid), "{refused}");

    let outcome = bed.passing(session.send(payment(5))).await.unwrap();
    assert_eq!(outcome.finality, Finality::AcceptedOnL2);
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}

/// A declaration needs the account's nonce in a block and waits 20 s of the network's time. It is declared
/// once though its answer is lost, and its class is deployed as soon as the gateway knows it.
#[tokio::test(flavor = "multi_thread")]
async fn scenarios_3_to_5_a_class_is_declared_once_and_deployed_as_soon_as_the_gateway_knows_it() {
    let (bed, _) = Bed::with_session().await;
    let (class, compiled_class_hash) = undeclared_class();
    let class_hash = class.class_hash();
    let artifact = Artifact { class, class_hash, compiled_class_hash };
    let payer = {
        let (account, key) = (bed.chain.relayer.address(), bed.chain.relayer_key());
        Owner::new(bed.node.clone(), account, SigningKey::from_secret_scalar(key))
    };
    let before = payer.get_nonce().await.unwrap();
    // Scenario 4: the account's last transaction is in no block.
    let _ = payer.submit(payment(5)).await.unwrap();
    bed.network.pass(STEP * 2).await;
    // Scenario 5: the answer is lost, and the same bytes are then refused with 52.
    bed.next("starknet_addDeclareTransaction", Fault::LostAnswer);
    bed.passing(async {
        deploy::declare(&payer, &artifact).await.unwrap();
        // Scenario 3: the deployment is sent once the declaration is in a block.
        let key = SigningKey::from_secret_scalar(Felt::from(9)).verifying_key().scalar();
        let (at, _) = deploy::deploy(&payer, class_hash, key, Felt::ZERO).await.unwrap();
        assert_eq!(at, address(class_hash, key, Felt::ZERO));
    })
    .await;
    let after = payer.get_nonce().await.unwrap();
    assert_eq!(after, before + Felt::THREE, "one payment, one declaration, one deployment");
    assert!(bed.all_went_wrong());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_15_a_price_that_rises_after_the_estimate_is_met_by_another_at_the_same_nonce() {
    let (bed, session) = Bed::with_session().await;
    let before = session.get_nonce().await.unwrap();
    let mut quotes = Vec::new();
    let network = bed.network.clone();
    let raise = || {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                network.set_l2_price(30_000_000_000).await;
                network.pass(BLOCK).await;
            });
        });
    };
    let make = || session.execute_v3(payment(5).to_vec());
    let agree = |quote: &session_client::Quote| {
        if quotes.is_empty() {
            raise();
        }
        quotes.push(quote.bounds.l2_gas_price);
        Ok::<_, Error>(())
    };
    let terms = Terms::default();
    let sent = bed.node.submit_with(session.address(), make, &terms, agree, |_| Ok(())).await;
    let submission = bed.passing(async move { sent.unwrap() }).await;
    assert_eq!(submission.entry().nonce, before);
    bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert!(quotes.len() == 2 && quotes[0] < 30_000_000_000 && quotes[1] >= 30_000_000_000);
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_17_and_20_every_price_is_bound_and_gas_and_price_have_headroom() {
    let (bed, session) = Bed::with_session().await;
    let execution = || session.execute_v3(payment(5).to_vec());
    let estimate = execution().estimate_fee().await.unwrap();
    let terms = Terms::default();
    let draft = bed.node.draft(session.address(), execution(), &terms).await.unwrap();
    let bounds = draft.quote().bounds;
    for price in [bounds.l1_gas_price, bounds.l1_data_gas_price, bounds.l2_gas_price] {
        assert!(price > 0, "a price of 0 is refused");
    }
    assert!(bounds.l2_gas_price >= estimate.l2_gas_price * 3 / 2);
    assert!(bounds.l2_gas >= estimate.l2_gas_consumed * 6 / 5);
    let submission = draft.sign().await.unwrap().submit().await.unwrap();
    bed.passing(submission.wait(Finality::AcceptedOnL2)).await.unwrap();
    assert_eq!(bed.paid().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_18_who_cannot_pay_is_told_what_the_account_has_and_needs_and_nothing_is_sent() {
    let (bed, _) = Bed::with_session().await;
    let owner = bed.owner();
    let has = token::balance(&bed.node, STRK, owner.address()).await.unwrap();
    // What is left is less than a transaction may cost, and more than one does cost.
    let left = 50_000_000_000_000_000;
    let away = token::transfer(STRK, Felt::THREE, has - left);
    bed.passing(owner.send([away])).await.unwrap();
    let refused = owner.send(payment(1)).await.unwrap_err();
    let Error::CannotPay { account, has, needs } = refused else { panic!("{refused}") };
    assert_eq!(account, owner.address());
    assert!(has < needs && has < Fri(left), "{has} of {needs}");
    assert!(bed.node.unsettled(account).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_26_a_gateway_that_is_closed_is_asked_again_and_paid_through_once() {
    let (bed, session) = Bed::with_session().await;
    bed.network.close_gateway(BLOCK * 20).await;
    let outcome = bed.passing(session.send(payment(5))).await.unwrap();
    assert_eq!(outcome.reverted, None);
    assert_eq!((bed.paid().await, bed.used(&session).await), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_28_a_wrong_signature_is_one_refusal_in_the_words_of_estimate_and_gateway() {
    let (bed, session) = Bed::with_session().await;
    let stranger = SigningKey::from_secret_scalar(Felt::from(5));
    let thief = Owner::new(bed.node.clone(), session.address(), stranger);
    let estimated = thief.send(payment(5)).await.unwrap_err();
    assert_eq!(estimated.cause(), Some(Cause::NotValid), "{estimated}");

    // The gateway refuses a transaction of the session, which the owner ends after it was signed.
    let execution = session.execute_v3(payment(5).to_vec());
    let draft = bed.node.draft(session.address(), execution, &Terms::default()).await.unwrap();
    let signed = draft.sign().await.unwrap();
    let end = [session.contract().revoke_session(session.public_key())];
    let end = bed.owner().sign_outside(end, None).await.unwrap();
    // A relayer submits it, so that the account's nonce does not change.
    bed.passing(bed.chain.relayer.send([end.call()])).await.unwrap();
    let refused = signed.submit().await.unwrap_err();
    assert_eq!(refused.cause(), Some(Cause::NotValid), "{refused}");
    assert_eq!(bed.paid().await, 0);
}
