//! Tests of outside executions (SNIP-9, version 2).

use std::collections::HashSet;

use session_client::felt::selector;
use session_client::{Caller, OutsideExecution, SessionContract};
use session_e2e::*;
use starknet_rust::accounts::{Account, ConnectedAccount};
use starknet_rust::core::types::{
    Call, ExecuteInvocation, Felt, InvokeTransactionTrace, TransactionTrace,
};
use starknet_rust::providers::Provider;

#[tokio::test]
async fn the_owner_has_full_power_in_an_outside_execution_self_calls_included() {
    let chain = Chain::start().await;
    let key = std::sync::Arc::new(session_client::SessionKey::generate());
    let add = chain.contract.add_session(key.public_key(), &limits());
    let signed = chain.outside_as_owner(vec![add, chain.payment()]);
    assert_succeeds(chain.relay(&signed).await);
    assert_eq!(chain.paid().await, 1);
    chain.assert_allowed_both_ways(&key, vec![chain.payment()]).await;
}

/// The accounts of the vectors do not exist, so the devnet puts a session account at each of their
/// addresses. For vectors that are valid at the chain's time, the signature is accepted and the calls fail,
/// since their targets do not exist.
#[tokio::test]
async fn the_account_accepts_the_bytes_of_an_independent_client() {
    let chain = Chain::start().await;
    let vectors: vectors::OutsideExecutions = vectors::load("outside_execution");
    let mut placed = HashSet::new();
    let mut accepted = 0;
    for case in &vectors.cases {
        let window = case.execute_after..case.execute_before;
        if case.chain_id != chain.chain_id || !window.contains(&Felt::from(START)) {
            continue;
        }
        if placed.insert(case.account) {
            chain.place(case.account).await;
        }
        let contract = SessionContract::new(case.account, chain.node.clone());
        let add = contract.add_or_update_session_key(vectors.session_public_key, &limits());
        let outside = OutsideExecution::new(vec![add], END * 2);
        let add = outside.sign_as_owner(case.account, chain.chain_id, &chain.owner_key);
        assert_succeeds(chain.relay(&add.unwrap()).await);

        let signature = vec![vectors.session_public_key, case.r, case.s, END.into()];
        let outside = OutsideExecution { caller: Caller::Any, ..case.outside_execution() };
        let mut signed = outside.with_signature(case.account, signature);
        assert_reverts(chain.relay(&signed).await, "is not deployed");
        signed.signature[2] += Felt::ONE;
        assert_reverts(chain.relay(&signed).await, "Session: invalid signature");
        accepted += 1;
    }
    assert_eq!(accepted, 4);
}

#[tokio::test]
async fn a_nonce_is_spent_once() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let signed = chain.outside(vec![chain.payment()], &key, END);
    let nonce = signed.outside_execution.nonce;
    assert!(chain.contract.is_valid_outside_execution_nonce(nonce).await.unwrap());
    assert_succeeds(chain.relay(&signed).await);
    assert!(!chain.contract.is_valid_outside_execution_nonce(nonce).await.unwrap());
    assert_reverts(chain.relay(&signed).await, "SRC9: duplicated nonce");

    let reuse = OutsideExecution { nonce, ..OutsideExecution::new(vec![chain.payment()], END * 2) };
    let reuse = reuse.sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key).unwrap();
    assert_reverts(chain.relay(&reuse).await, "SRC9: duplicated nonce");
    assert_eq!(chain.paid().await, 1);
}

#[tokio::test]
async fn a_nonce_may_be_any_felt() {
    let chain = Chain::start().await;
    for nonce in [Felt::ZERO, Felt::ONE, Felt::MAX] {
        let outside = OutsideExecution::new(vec![chain.payment()], END * 2);
        let outside = OutsideExecution { nonce, ..outside };
        let signed = outside.sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key);
        assert_succeeds(chain.relay(&signed.unwrap()).await);
    }
}

/// The calls themselves ask the account whether their nonce is unspent.
#[tokio::test]
async fn the_nonce_is_spent_before_anything_is_called() {
    let chain = Chain::start().await;
    let outside = OutsideExecution::new(vec![], END * 2);
    let asks = Call {
        to: chain.account(),
        selector: selector("is_valid_outside_execution_nonce"),
        calldata: vec![outside.nonce],
    };
    let outside = OutsideExecution { calls: vec![asks.clone()], ..outside };
    let signed = outside.sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key).unwrap();
    assert_eq!(chain.returned(asks.clone()).await, [Felt::ONE]);
    // The results of one call: one felt, which is 0.
    let results = chain.returned(signed.call()).await;
    assert_eq!(results, [Felt::ONE, Felt::ONE, Felt::ZERO]);
}

/// SNIP-6 requires this since March 2025.
#[tokio::test]
async fn an_execution_returns_nothing_and_an_outside_execution_what_each_call_did() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let balance =
        Call { to: STRK, selector: selector("balance_of"), calldata: vec![chain.account()] };
    let calls = || vec![chain.payment(), balance.clone()];
    for sent in [
        send(&chain.owner, calls()).await,
        send(&chain.session(&key, END), vec![chain.payment()]).await,
        send(&chain.session(&key, END), calls()).await,
    ] {
        let hash = assert_succeeds(sent).transaction_hash;
        let trace = chain.node.trace_transaction(hash).await.unwrap();
        let TransactionTrace::Invoke(InvokeTransactionTrace {
            execute_invocation: ExecuteInvocation::Success(invocation),
            ..
        }) = trace
        else {
            panic!("no invocation that succeeded: {trace:?}");
        };
        assert_eq!(invocation.result, []);
    }
    for signed in [chain.outside_as_owner(calls()), chain.outside(calls(), &key, END)] {
        let [head @ .., _, _] = &chain.returned(signed.call()).await[..] else {
            panic!("a balance is two felts");
        };
        assert_eq!(head, [Felt::TWO, Felt::ONE, Felt::ONE, Felt::TWO]);
    }
}

#[tokio::test]
async fn a_nonce_spent_by_a_batch_is_spent_for_its_rest() {
    let chain = Chain::start().await;
    let inner = chain.outside_as_owner(vec![chain.payment()]);
    let sent = send(&chain.relayer, vec![inner.call(), inner.call()]).await;
    assert_reverts(sent, "SRC9: duplicated nonce");
    assert_eq!(chain.paid().await, 0);
}

#[tokio::test]
async fn both_time_bounds_are_excluded() {
    let chain = Chain::start().await;
    let (after, before) = (START + 1_000, START + 2_000);
    for (time, error) in [
        (after, Some("SRC9: now <= execute_after")),
        (after + 1, None),
        (before - 1, None),
        (before, Some("SRC9: now >= execute_before")),
    ] {
        let outside = OutsideExecution {
            execute_after: after,
            ..OutsideExecution::new(vec![chain.payment()], before)
        };
        let signed = outside.sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key);
        chain.set_time(time).await;
        let sent = chain.relay(&signed.unwrap()).await;
        match error {
            Some(error) => assert_reverts(sent, error),
            None => drop(assert_succeeds(sent)),
        }
    }
}

#[tokio::test]
async fn a_named_caller_is_the_only_one_and_zero_means_anyone() {
    let chain = Chain::start().await;
    let sign = |caller| {
        let outside = OutsideExecution::new(vec![chain.payment()], END * 2).only_by(caller);
        outside.sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key).unwrap()
    };
    let named = sign(chain.relayer.address());
    let by_another = send(&chain.stranger, vec![named.call()]).await;
    assert_reverts(by_another, "SRC9: invalid caller");
    assert_succeeds(chain.relay(&named).await);
    assert_succeeds(send(&chain.stranger, vec![sign(Felt::ZERO).call()]).await);
}

#[tokio::test]
async fn a_signature_binds_chain_account_and_every_field() {
    let chain = Chain::start().await;
    let outside = OutsideExecution::new(vec![chain.payment()], END * 2);
    let sign = |account, chain_id| {
        outside.clone().sign_as_owner(account, chain_id, &chain.owner_key).unwrap()
    };
    let right = sign(chain.account(), chain.chain_id);
    let mut wrong = vec![
        sign(chain.account(), chain.chain_id + Felt::ONE),
        sign(chain.account() + Felt::ONE, chain.chain_id),
    ];
    for signed in &mut wrong {
        signed.account = chain.account();
    }
    let changes: [fn(&mut OutsideExecution); 6] = [
        |it| it.caller = Caller::Only(Felt::ZERO),
        |it| it.nonce += Felt::ONE,
        |it| it.execute_after += 1,
        |it| it.execute_before += 1,
        |it| it.calls[0].to += Felt::ONE,
        |it| it.calls.clear(),
    ];
    for change in changes {
        let mut signed = right.clone();
        change(&mut signed.outside_execution);
        wrong.push(signed);
    }
    for signed in wrong {
        assert_reverts(chain.relay(&signed).await, "SRC9: invalid signature");
    }
    assert_succeeds(chain.relay(&right).await);
}

#[tokio::test]
async fn a_signature_of_another_length_is_refused() {
    let chain = Chain::start().await;
    let right = chain.outside_as_owner(vec![chain.payment()]);
    for len in [0, 1, 3, 5, 6] {
        let mut signed = right.clone();
        signed.signature.resize(len, Felt::ONE);
        assert_reverts(chain.relay(&signed).await, "SRC9: invalid signature");
    }
}

#[tokio::test]
async fn one_failing_call_reverts_the_batch() {
    let chain = Chain::start().await;
    let failing = Call { selector: Felt::ONE, ..chain.payment() };
    let signed = chain.outside_as_owner(vec![chain.payment(), failing, chain.payment()]);
    assert_reverts(chain.relay(&signed).await, "ENTRYPOINT_NOT_FOUND");
    assert_eq!(chain.paid().await, 0);
}

#[tokio::test]
async fn a_session_expires_to_the_second() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let (in_time, late) = (
        chain.outside(vec![chain.payment()], &key, END),
        chain.outside(vec![chain.payment()], &key, END),
    );
    chain.set_time(END).await;
    assert_succeeds(chain.relay(&in_time).await);
    chain.set_time(END + 1).await;
    assert_reverts(chain.relay(&late).await, "Session: expired");
}

/// The owner signs the transaction that carries the session's outside execution; the session's rules still
/// apply to it.
#[tokio::test]
async fn who_signed_is_read_from_the_signature_at_hand() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let self_call = chain.outside(vec![chain.contract.revoke_all_sessions()], &key, END);
    let sent = send(&chain.owner, vec![self_call.call()]).await;
    assert_reverts(sent, "Session: call to the account");
    let payment = chain.outside(vec![chain.payment()], &key, END);
    assert_succeeds(send(&chain.owner, vec![payment.call()]).await);
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (1, 1));
}

#[tokio::test]
async fn the_second_s_of_a_signature_spends_the_same_nonce() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let signed = chain.outside(vec![chain.payment()], &key, END);
    let mut twin = signed.clone();
    twin.signature[2] = ORDER - twin.signature[2];
    assert_succeeds(chain.relay(&twin).await);
    assert_reverts(chain.relay(&signed).await, "SRC9: duplicated nonce");
    assert_eq!((chain.paid().await, chain.calls_used(&key).await), (1, 1));
}

#[tokio::test]
async fn the_owner_revokes_whatever_happens_to_the_accounts_nonce() {
    let chain = Chain::start().await;
    let key = chain.register(&limits()).await;
    let revoke = chain.contract.revoke_session(key.public_key());
    let nonce = chain.owner.get_nonce().await.unwrap();
    let outside = OutsideExecution::new(vec![revoke.clone()], END * 2);
    let outside = outside
        .only_by(chain.relayer.address())
        .sign_as_owner(chain.account(), chain.chain_id, &chain.owner_key)
        .unwrap();
    // The thief's transaction comes first and uses the nonce of the owner's plain revocation.
    assert_succeeds(send(&chain.session(&key, END), vec![chain.payment()]).await);
    let plain = bounded(chain.owner.execute_v3(vec![revoke])).nonce(nonce);
    assert!(plain.send().await.is_err());
    assert_succeeds(chain.relay(&outside).await);
    chain.assert_refused_both_ways(&key, vec![chain.payment()], "Session: not found").await;
}
