//! Tests of the owner's key: construction, signatures, and the handover of the account.

use serde::Deserialize;
use session_client::felt::{selector, short_string};
use session_client::{Owner, deploy};
use session_e2e::*;
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

#[derive(Deserialize)]
struct OwnerChange {
    account: Felt,
    current_public_key: Felt,
    new_private_key: Felt,
    new_public_key: Felt,
    message: Vec<String>,
    message_hash: Felt,
    r: Felt,
    s: Felt,
}

#[test]
fn the_acceptance_message_is_that_of_an_independent_client() {
    let vector: OwnerChange = vectors::load("owner_change");
    assert_eq!(vector.message[0], "StarkNet Message");
    assert_eq!(vector.message[1], "accept_ownership");
    let hash = acceptance_hash(vector.account, vector.current_public_key);
    assert_eq!(hash, vector.message_hash);
    let key = SigningKey::from_secret_scalar(vector.new_private_key);
    assert_eq!(key.verifying_key().scalar(), vector.new_public_key);
    let signature = key.sign(&hash).unwrap();
    assert_eq!((signature.r, signature.s), (vector.r, vector.s));
}

#[tokio::test]
async fn the_constructor_refuses_what_is_no_public_key() {
    let chain = Chain::start().await;
    let class_hash = chain.class_hash().await;
    for key in [Felt::ZERO, NO_POINT] {
        let error = deploy::deploy(&chain.relayer, class_hash, key, Felt::ONE).await.unwrap_err();
        let expected = format!("{:#x}", short_string("Account: invalid public key"));
        let error = error.to_string();
        assert!(error.contains("invalid public key") || error.contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn the_owner_transacts_whatever_the_batch() {
    let chain = Chain::start().await;
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
    assert_succeeds(send(&chain.owner, vec![chain.payment(); 50]).await);
    assert_succeeds(send(&chain.owner, vec![]).await);
    assert_eq!(chain.paid().await, 51);
}

#[tokio::test]
async fn another_keys_signature_is_not_the_owners() {
    let chain = Chain::start().await;
    let key = SigningKey::from_random();
    let thief = Owner::new(chain.node.clone(), chain.account(), key);
    assert_refused(send(&thief, vec![chain.payment()]).await);
}

#[tokio::test]
async fn is_valid_signature_knows_the_owners_signatures_alone() {
    let chain = Chain::start().await;
    let hash = Felt::from(12_345);
    let signature = chain.owner_key.sign(&hash).unwrap();
    let (r, s) = (signature.r, signature.s);
    let ask = |hash: Felt, signature: Vec<Felt>| {
        let mut calldata = vec![hash, signature.len().into()];
        calldata.extend(signature);
        chain.contract.view(selector("is_valid_signature"), calldata)
    };
    assert_eq!(ask(hash, vec![r, s]).await.unwrap(), [short_string("VALID")]);
    for (hash, signature) in [
        (hash + Felt::ONE, vec![r, s]),
        (hash, vec![s, r]),
        (hash, vec![]),
        (hash, vec![r]),
        (hash, vec![r, s, Felt::ZERO]),
        (hash, vec![Felt::ZERO, Felt::ZERO]),
        (hash, vec![Felt::MAX, Felt::MAX]),
    ] {
        assert_eq!(ask(hash, signature).await.unwrap(), [Felt::ZERO]);
    }
}

#[tokio::test]
async fn a_new_owner_takes_over_and_the_old_one_is_out() {
    let chain = Chain::start().await;
    let new_key = SigningKey::from_random();
    let outcome = chain.as_owner(handover(&chain, &new_key)).await;
    let (old, new) = (chain.owner_key.verifying_key().scalar(), new_key.verifying_key().scalar());
    let events = chain.events(&outcome).await;
    assert!(events.contains(&(vec![selector("OwnerRemoved"), old], vec![])), "{events:?}");
    assert!(events.contains(&(vec![selector("OwnerAdded"), new], vec![])), "{events:?}");
    assert_eq!(chain.contract.public_key().await.unwrap(), new);

    assert_refused(send(&chain.owner, vec![chain.payment()]).await);
    let owner = Owner::new(chain.node.clone(), chain.account(), new_key);
    assert_succeeds(send(&owner, vec![chain.payment()]).await);
}

#[tokio::test]
async fn a_new_owner_must_have_signed_and_be_a_key() {
    let chain = Chain::start().await;
    let new_key = SigningKey::from_random();
    let new = new_key.verifying_key().scalar();
    let hash = acceptance_hash(chain.account(), chain.owner_key.verifying_key().scalar());
    let by_owner = chain.owner_key.sign(&hash).unwrap();
    let right = new_key.sign(&hash).unwrap();
    for (key, signature, error) in [
        (new, vec![], "Account: invalid signature"),
        (new, vec![by_owner.r, by_owner.s], "Account: invalid signature"),
        (new, vec![right.r, right.s, Felt::ZERO], "Account: invalid signature"),
        (new, vec![new, right.r, right.s, END.into()], "Account: invalid signature"),
        (Felt::ZERO, vec![right.r, right.s], "Account: invalid public key"),
        (NO_POINT, vec![right.r, right.s], "Account: invalid public key"),
    ] {
        let call = set_public_key(&chain, key, &signature);
        assert_reverts(send(&chain.owner, vec![call]).await, error);
    }
    let call = handover(&chain, &new_key);
    assert_reverts(send(&chain.stranger, vec![call]).await, "Account: unauthorized");
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
}

/// A signature that the key made as a session's could be reused as the owner's.
#[tokio::test]
async fn a_key_that_was_ever_a_sessions_never_owns() {
    let chain = Chain::start().await;
    let key = SigningKey::from_random();
    let public_key = key.verifying_key().scalar();
    let error = "Account: key was a session";
    // A key with only a fee limit or a policy was never registered.
    chain.as_owner(chain.contract.set_session_fee_limit(public_key, 7)).await;
    let other = SigningKey::from_random();
    chain.as_owner(chain.contract.set_session_fee_limit(other.verifying_key().scalar(), 7)).await;

    for call in [
        chain.contract.add_session(public_key, &limits()),
        chain.contract.revoke_session(public_key),
        chain.contract.add_or_update_session_key(public_key, &limits()),
        chain.contract.revoke_all_sessions(),
    ] {
        chain.as_owner(call).await;
        assert_reverts(send(&chain.owner, vec![handover(&chain, &key)]).await, error);
    }
    chain.set_time(END + 1).await;
    assert_reverts(send(&chain.owner, vec![handover(&chain, &key)]).await, error);
    assert_succeeds(send(&chain.owner, vec![handover(&chain, &other)]).await);
}

/// O-3.
#[tokio::test]
async fn a_new_owner_ends_every_session() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let pending = chain.outside(vec![chain.payment()], &key, END);
    chain.as_owner(handover(&chain, &SigningKey::from_random())).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
    assert_reverts(chain.relay(&pending).await, "Session: not found");
}

#[tokio::test]
async fn the_owner_deploys_the_account_and_a_stranger_does_not() {
    use starknet_rust::accounts::AccountFactory;

    let chain = Chain::start().await;
    let (key, salt) = (SigningKey::from_random(), Felt::from(7));
    let owner = key.verifying_key().scalar();
    let signed = |key: SigningKey| {
        move |hash| {
            let signature = key.sign(&hash).unwrap();
            vec![signature.r, signature.s]
        }
    };
    let session = signed(key.clone());
    let forgeries: [ForgedDeployment; 3] = [
        ForgedDeployment::new(&chain, owner, signed(SigningKey::from_random())).await,
        ForgedDeployment::new(&chain, owner, |_| vec![]).await,
        // The owner's own signature, in the form of a session's.
        ForgedDeployment::new(&chain, owner, move |hash| {
            let signature = session(hash);
            vec![owner, signature[0], signature[1], END.into()]
        })
        .await,
    ];
    for forgery in forgeries {
        let estimate = forgery.deploy_v3(salt).estimate_fee().await;
        let error = format!("{:?}", estimate.unwrap_err());
        assert!(error.contains("Got Retdata([0x0])"), "{error}");
    }
    let own = ForgedDeployment::new(&chain, owner, signed(key)).await;
    own.deploy_v3(salt).estimate_fee().await.unwrap();
}

#[tokio::test]
async fn the_owner_declares_and_a_stranger_does_not() {
    use starknet_rust::accounts::Account;

    let chain = Chain::start().await;
    let (class, compiled_class_hash) = undeclared_class();
    let key = chain.owner_key.clone();
    let owner = Forged::new(&chain, move |hash| {
        let signature = key.sign(&hash).unwrap();
        vec![signature.r, signature.s]
    });
    owner.declare_v3(class.clone(), compiled_class_hash).estimate_fee().await.unwrap();

    let stranger = Forged::new(&chain, |_| vec![Felt::ONE, Felt::ONE]);
    let estimate = stranger.declare_v3(class, compiled_class_hash).estimate_fee().await;
    let error = format!("{:?}", estimate.unwrap_err());
    assert!(error.contains("Got Retdata([0x0])"), "{error}");
}
