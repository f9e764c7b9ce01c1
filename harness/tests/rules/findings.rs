//! Tests that each finding of `findings.md` is closed, unless a rule's own test names it already. Other modules
//! test some of them too: A1-1 and O-4 `hostile`; A2-1, A3-1, A3-2 and A3-3 `session`; O-3 `owner`; O-5
//! `hostile`; O-6 `upgrade`; H-1 and H-10 `caps`. Only `snforge` shows H-3, since a devnet accepts no transaction
//! that commits to pay nothing.

use std::sync::Arc;

use session_client::calldata::of_calls;
use session_client::felt::{selector, short_string};
use session_client::{Allowed, AllowedCall, SessionKey, SessionLimits};
use session_e2e::slots::{self, Record};
use session_e2e::*;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

#[tokio::test]
async fn a1_1_and_o_4_nobody_enters_execute_without_validation() {
    let chain = Chain::start().await;
    let calls = of_calls(&[chain.payment()]);
    let refused = chain.contract.view(selector("__execute__"), calls).await.unwrap_err();
    let error = format!("{:x}", short_string("Account: invalid tx version"));
    assert!(refused.to_string().contains(&error), "{refused}");
}

#[tokio::test]
async fn a1_2_and_a1_5_no_session_signature_is_valid_off_chain() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let hash = Felt::from(99);
    let mut calldata = vec![hash, Felt::from(4)];
    calldata.extend(key.sign(&hash, END).unwrap());
    let answer = chain.contract.view(selector("is_valid_signature"), calldata).await;
    assert_eq!(answer.unwrap(), [Felt::ZERO]);
}

#[tokio::test]
async fn a1_3_and_a1_8_a_session_neither_registers_nor_revokes_another() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let other = chain.register(&limits()).await;
    let contract = &chain.contract;
    for call in [
        contract.add_or_update_session_key(key.public_key(), &limits()),
        contract.add_session(Felt::ONE, &limits()),
        contract.revoke_session(other.public_key()),
        contract.revoke_all_sessions(),
    ] {
        chain.assert_refused_both_ways(&key, vec![call], "Session: call to the account").await;
    }
}

#[tokio::test]
async fn a1_4_the_whitelist_is_enforced_outside_before_the_signature() {
    let chain = Chain::start().await;
    let key = chain.register(&allowing([selector("approve")])).await;
    let mut signed = chain.outside(vec![chain.payment()], &key, END);
    signed.signature[1] = Felt::ONE;
    assert_reverts(chain.relay(&signed).await, "Session: call not allowed");
}

#[test]
fn a1_6_is_valid_signature_is_a_view() {
    let abi: serde_json::Value = serde_json::from_str(&class().class.abi).unwrap();
    let function = abi
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entry| entry["items"].as_array().into_iter().flatten())
        .find(|item| item["name"] == "is_valid_signature")
        .unwrap();
    assert_eq!(function["state_mutability"], "view");
}

#[tokio::test]
async fn a1_7_a_failing_call_reverts_the_batch() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let calls = vec![chain.payment(), call(Felt::ONE, &[]), chain.payment()];
    let sent = send(&chain.session(&key, END), calls.clone()).await;
    assert_reverts(sent, "ENTRYPOINT_NOT_FOUND");
    let sent = chain.relay(&chain.outside(calls, &key, END)).await;
    assert_reverts(sent, "ENTRYPOINT_NOT_FOUND");
    assert_eq!(chain.paid().await, 0);
}

#[tokio::test]
async fn a1_9_a_huge_valid_until_is_refused_without_a_panic() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let end = Felt::from(END);
    for valid_until in [Felt::MAX, Felt::TWO.pow(64_u128), Felt::TWO.pow(64_u128) + end] {
        let signer = key.clone();
        let thief = Forged::new(&chain, move |hash| {
            let mut signature = signer.sign(&hash, END).unwrap();
            signature[3] = valid_until;
            signature
        });
        assert_refused(send(&thief, vec![chain.payment()]).await);
    }
}

#[tokio::test]
async fn a1_10_an_earlier_whitelist_never_matches_again() {
    let chain = Chain::start().await;
    let (transfer, approve) = (selector("transfer"), selector("approve"));
    let error = "Session: call not allowed";
    let key = chain.register(&allowing([transfer, approve])).await;
    let update = |selectors: Vec<Felt>| {
        chain.contract.add_or_update_session_key(key.public_key(), &allowing(selectors))
    };
    chain.as_owner(update(vec![approve])).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;

    chain.as_owner(chain.contract.revoke_session(key.public_key())).await;
    chain.as_owner(update(vec![approve])).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;

    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    chain.as_owner(update(vec![approve])).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;
    assert!(!chain.is_call_allowed(&key, &chain.payment()).await);
    assert!(chain.is_call_allowed(&key, &call(approve, &[])).await);
    let allowed = chain.contract.allowed(key.public_key()).await.unwrap();
    assert_eq!(allowed, Some(Allowed::Selectors(vec![approve])));
}

#[tokio::test]
async fn a2_1_no_session_nests_an_execution() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let nested = Call {
        to: chain.account(),
        selector: selector("__execute__"),
        calldata: of_calls(&[chain.payment()]),
    };
    let calls = vec![nested.clone()];
    chain.assert_refused_both_ways(&key, calls, "Session: call to the account").await;
    let elsewhere = Call { to: chain.relayer.address(), ..nested };
    chain.assert_refused_both_ways(&key, vec![elsewhere], "Session: blocked selector").await;
}

#[tokio::test]
async fn a2_2_a_sessions_signature_binds_fees_and_tip() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let session = chain.session(&key, END);
    let nonce = starknet_rust::accounts::ConnectedAccount::get_nonce(&session).await.unwrap();
    let execution = bounded(session.execute_v3(vec![chain.payment()])).nonce(nonce);
    let prepared = execution.prepared().unwrap();
    let signature = key.sign(&prepared.transaction_hash(false), END).unwrap();

    let thief = Forged::new(&chain, move |_| signature.clone());
    let with = || bounded(thief.execute_v3(vec![chain.payment()])).nonce(nonce);
    for altered in [with().tip(1), with().l2_gas(60_000_001), with().l2_gas_price(1_000_000_001)] {
        let refused = altered.send().await.map_err(session_client::Error::from).unwrap_err();
        assert!(refused.to_string().contains("Got Retdata([0x0])"), "{refused}");
    }
    with().send().await.unwrap();
}

#[tokio::test]
async fn a2_3_a_session_of_one_call_works_exactly_once() {
    let chain = Chain::start().await;
    let one = SessionLimits { max_calls: 1, ..limits() };
    let error = "Session: no calls left";

    let key = chain.register(&one).await;
    assert_succeeds(chain.relay(&chain.outside(vec![chain.payment()], &key, END)).await);
    chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;

    let key = chain.register(&one).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    chain.assert_refused_both_ways(&key, vec![chain.payment()], error).await;
}

#[tokio::test]
async fn a3_1_a3_2_and_a3_3_no_session_takes_the_account_over_or_nests_outside_execution() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for selector in [
        selector("set_public_key"),
        selector("setPublicKey"),
        selector("execute_from_outside_v2"),
        selector("upgrade"),
    ] {
        let call = Call { to: chain.account(), selector, calldata: vec![Felt::ONE] };
        chain.assert_refused_both_ways(&key, vec![call], "Session: call to the account").await;
        let call = Call { to: chain.relayer.address(), selector, calldata: vec![Felt::ONE] };
        chain.assert_refused_both_ways(&key, vec![call], "Session: blocked selector").await;
    }
}

#[tokio::test]
async fn a3_4_snip_163_is_announced() {
    let chain = Chain::start().await;
    let id = id_of(&["add_or_update_session_key", "revoke_session_key", "get_session_data"]);
    assert!(chain.contract.supports_interface(id).await.unwrap());
}

#[tokio::test]
async fn a3_5_valid_until_must_equal_the_stored_one() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    for valid_until in [END - 1, END + 1, 0, u64::MAX] {
        assert_refused(send(&chain.session(&key, valid_until), vec![chain.payment()]).await);
        let signed = chain.outside(vec![chain.payment()], &key, valid_until);
        assert_reverts(chain.relay(&signed).await, "Session: wrong valid_until");
    }
}

#[tokio::test]
async fn o_1_a_plain_transaction_expires_to_the_second() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    chain.set_time(END).await;
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    // `__validate__` still sees the last full hour, so the chain includes the transaction, and
    // `__execute__` refuses it.
    chain.set_time(END + 1).await;
    let late = send(&chain.session(&key, END), vec![chain.payment()]).await;
    assert_reverts(late, "Session: expired");
    assert_eq!(chain.paid().await, 1);
    chain.set_time(END + 3_600).await;
    assert_refused(send(&chain.session(&key, END), vec![chain.payment()]).await);
}

#[tokio::test]
async fn o_2_a_whitelist_of_64_costs_what_one_of_2_does_wherever_the_selector_stands() {
    let chain = Chain::start().await;
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
    let others = |count: u64| (1..count).map(Felt::from);
    let transfer = || [selector("transfer")].into_iter();
    let mut costs = vec![];
    for selectors in [
        transfer().chain(others(2)).collect::<Vec<_>>(),
        transfer().chain(others(64)).collect(),
        others(64).chain(transfer()).collect(),
    ] {
        let key = chain.register(&allowing(selectors)).await;
        let sent = send(&chain.session(&key, END), vec![chain.payment()]).await;
        let outcome = assert_succeeds(sent);
        costs.push((outcome.l2_gas, outcome.l1_data_gas));
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[1], costs[2]);
}

/// The class has OpenZeppelin's interface flags in common with the account, but no `is_valid_signature`.
#[tokio::test]
async fn h_2_a_class_that_merely_shares_the_interface_flags_does_not_replace_the_account() {
    let chain = Chain::start().await;
    let flagged = chain.declare_mock("Flagged").await;
    let before = chain.class_hash().await;
    let upgrade = vec![chain.contract.upgrade(flagged)];
    let refused = send(&chain.owner, upgrade.clone()).await;
    assert_reverts(refused, "Account: class is no account");
    let refused = chain.relay(&chain.outside_as_owner(upgrade)).await;
    assert_reverts(refused, "Account: class is no account");
    assert_eq!(chain.class_hash().await, before);
    assert_succeeds(send(&chain.owner, vec![chain.payment()]).await);
}

#[tokio::test]
async fn h_4_a_key_that_signed_as_a_session_never_signs_as_the_owner() {
    let chain = Chain::start().await;
    let secret = SigningKey::from_random();
    let key = SessionKey::from_private_key(secret.secret_scalar()).unwrap();
    let public_key = key.public_key();
    chain.as_owner(chain.contract.add_session(public_key, &limits())).await;
    chain.as_owner(chain.contract.revoke_session(public_key)).await;
    let handover = handover(&chain, &secret);
    let error = "Account: key was a session";
    assert_reverts(send(&chain.owner, vec![handover.clone()]).await, error);
    assert_reverts(chain.relay(&chain.outside_as_owner(vec![handover])).await, error);

    // Two of the felts of a session's signature would be a valid signature of the owner.
    let mut signed = chain.outside(vec![chain.contract.revoke_all_sessions()], &key, END);
    signed.signature = signed.signature[1..3].to_vec();
    assert_reverts(chain.relay(&signed).await, "SRC9: invalid signature");
}

/// A planted record belongs to one epoch: once that epoch has ended, nothing makes its session live again.
#[tokio::test]
async fn h_5_a_planted_record_does_not_survive_the_end_of_all_sessions() {
    let chain = Chain::start().await;
    let key = Arc::new(SessionKey::generate());
    chain.plant(slots::record_of(key.public_key()), Record::ANY_CALL.pack()).await;
    assert!(chain.is_call_allowed(&key, &chain.payment()).await, "it was planted well");
    chain.as_owner(chain.contract.revoke_all_sessions()).await;
    // Registrations of other keys do not make it live again.
    chain.register(&limits()).await;
    chain.register(&limits()).await;
    chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
}

#[tokio::test]
async fn h_6_milliseconds_in_the_place_of_seconds_are_refused() {
    let chain = Chain::start().await;
    let key = SessionKey::generate().public_key();
    let ending = |valid_until| SessionLimits { valid_until, ..limits() };
    let add = chain.contract.add_session(key, &ending(END * 1_000));
    assert_reverts(send(&chain.owner, vec![add]).await, "Session: end too far");
    chain.as_owner(chain.contract.add_session(key, &ending(LAST_END))).await;
}

/// Two keys are stolen. With one of them the thief ends that session before the owner's batch of
/// revocations.
#[tokio::test]
async fn h_8_a_session_that_ended_itself_does_not_save_another_from_the_owners_batch() {
    let chain = Chain::start().await;
    let first = chain.register(&limits()).await;
    let second = chain.register(&limits()).await;
    let revoke = |key: &SessionKey| chain.contract.revoke_session(key.public_key());
    assert_succeeds(send(&chain.session(&first, END), vec![revoke(&first)]).await);
    assert_succeeds(send(&chain.owner, vec![revoke(&first), revoke(&second)]).await);
    for key in [&first, &second] {
        chain.assert_refused_both_ways(key, vec![chain.payment()], "Session: not found").await;
    }
}

#[tokio::test]
async fn h_9_a_list_of_60_calls_is_registered_and_shown() {
    let chain = Chain::start().await;
    let pay = |to: u64| AllowedCall::new(STRK, selector("transfer")).with_argument(0, to.into());
    let calls: Vec<_> = (1..=60).map(pay).collect();
    let key = chain.register_for(&listed(calls.clone())).await.public_key();
    let allowed = chain.contract.allowed(key).await.unwrap();
    assert_eq!(allowed, Some(Allowed::Calls(calls)));
}
