//! Tests that nothing is signed if a paymaster changes anything.

use super::*;
use crate::typed_data::TypedDataError;

/// Returns the difference for which `answer`, as the answer to `request`, is refused.
async fn refused(request: &Request, answer: Value) -> Difference {
    let (server, paymaster) = answering(answer).await;
    let never = |_| unreachable!("it must not be signed");
    let error = send(&paymaster, request, never).await.unwrap_err();
    assert_eq!(server.count(EXECUTE), 0);
    match error {
        PaymasterError::NotWhatWasAsked(difference) => difference,
        error => panic!("{error:?}"),
    }
}

async fn changed(request: Request, change: impl FnOnce(&mut OutsideExecution)) -> Difference {
    let mut execution = honest(&request);
    change(&mut execution);
    refused(&request, built(&execution.typed_data(SEPOLIA))).await
}

async fn rewritten(change: impl FnOnce(&mut Value)) -> Difference {
    let mut typed_data = honest(&sponsored()).typed_data(SEPOLIA);
    change(&mut typed_data);
    refused(&sponsored(), built(&typed_data)).await
}

#[tokio::test]
async fn a_call_that_is_changed_swapped_left_out_or_added_is_not_signed() {
    let call = |index| Difference::Call { index };
    assert_eq!(changed(sponsored(), |it| it.calls[1].calldata[0] = Felt::THREE).await, call(1));
    assert_eq!(changed(sponsored(), |it| it.calls[0].to = ETH).await, call(0));
    assert_eq!(
        changed(sponsored(), |it| it.calls[0].selector = selector("approve")).await,
        call(0)
    );
    assert_eq!(changed(sponsored(), |it| it.calls[1].calldata.push(Felt::ZERO)).await, call(1));
    assert_eq!(changed(sponsored(), |it| it.calls.swap(0, 1)).await, call(0));
    let first = transfer(STRK, FORWARDER, 1);
    assert_eq!(changed(sponsored(), |it| it.calls.insert(0, first)).await, call(0));
    let missing = Difference::CallMissing { index: 1 };
    assert_eq!(changed(sponsored(), |it| it.calls.truncate(1)).await, missing);
    let added = changed(sponsored(), |it| it.calls.push(transfer(ETH, FORWARDER, 1))).await;
    assert_eq!(added, Difference::CallsAdded { added: 1 });
}

#[tokio::test]
async fn a_fee_is_one_transfer_of_the_asked_token_within_the_maximum() {
    let fee = |low: Felt, high: Felt| Difference::Fee {
        maximum: MAX_FEE,
        found: FeeAmount { low, high },
    };
    let above = Felt::from(MAX_FEE + 1);
    assert_eq!(changed(paid(), |it| it.calls[2].calldata[1] = above).await, fee(above, Felt::ZERO));
    let high = changed(paid(), |it| it.calls[2].calldata[2] = Felt::ONE).await;
    assert_eq!(high, fee(Felt::from(FEE), Felt::ONE));
    let huge = Felt::MAX;
    assert_eq!(changed(paid(), |it| it.calls[2].calldata[1] = huge).await, fee(huge, Felt::ZERO));
    assert_eq!(
        changed(paid(), |it| it.calls[2].to = STRK).await,
        Difference::FeeToken { asked: ETH, found: STRK }
    );
    let added = |added| Difference::CallsAdded { added };
    let second = transfer(ETH, FORWARDER, 1);
    assert_eq!(changed(paid(), |it| it.calls.push(second)).await, added(2));
    assert_eq!(changed(paid(), |it| it.calls[2].selector = selector("approve")).await, added(1));
    assert_eq!(changed(paid(), |it| it.calls[2].calldata.push(Felt::ZERO)).await, added(1));
    assert_eq!(changed(paid(), |it| it.calls[2].calldata.truncate(2)).await, added(1));
    // A transfer before the requested calls is no fee either.
    assert_eq!(changed(paid(), |it| it.calls.rotate_right(1)).await, Difference::Call { index: 0 });
}

#[tokio::test]
async fn a_caller_that_was_not_agreed_to_is_not_signed_for() {
    let caller = |found: Caller| Difference::Caller { found: found.into() };
    let (any, zero) = (Caller::Any, Caller::Only(Felt::ZERO));
    assert_eq!(changed(sponsored(), |it| it.caller = any).await, caller(any));
    assert_eq!(changed(sponsored(), |it| it.caller = zero).await, caller(zero));
    let anyone = Request { caller: AllowedCaller::Anyone, ..sponsored() };
    assert_eq!(changed(anyone, |it| it.caller = zero).await, caller(zero));

    let pinned = AllowedCaller::Forwarder(FORWARDER);
    let other = Caller::Only(Felt::from(0xbad));
    let sponsored = Request { caller: pinned, ..sponsored() };
    assert_eq!(changed(sponsored.clone(), |it| it.caller = other).await, caller(other));
    assert_eq!(changed(sponsored, |it| it.caller = any).await, caller(any));
    let paid = Request { caller: pinned, ..paid() };
    assert_eq!(
        changed(paid, |it| it.calls[2].calldata[0] = Felt::from(0xbad)).await,
        Difference::FeeRecipient { asked: FORWARDER, found: Felt::from(0xbad) }
    );
}

#[tokio::test]
async fn times_that_were_not_asked_for_are_not_signed() {
    let is_of_times = |found: Difference| {
        assert!(matches!(found, Difference::Times { .. }), "{found}");
    };
    is_of_times(changed(sponsored(), |it| it.execute_after = NOW + 1).await);
    is_of_times(changed(sponsored(), |it| it.execute_before = NOW).await);
    is_of_times(changed(sponsored(), |it| it.execute_before = NOW + 2 * 3_600).await);
    is_of_times(changed(sponsored(), |it| it.execute_before = u64::MAX).await);
    let bounds = TimeBounds { execute_after: 1, execute_before: NOW + 60 };
    let asked = Request { time_bounds: Some(bounds), ..sponsored() };
    is_of_times(changed(asked.clone(), |it| it.execute_before = NOW + 61).await);
    is_of_times(changed(asked, |it| (it.execute_after, it.execute_before) = (0, NOW + 60)).await);
}

#[tokio::test]
async fn another_chain_version_or_hash_is_not_signed() {
    let mainnet = Felt::from_hex_unchecked("0x534e5f4d41494e");
    let on_mainnet = built(&honest(&sponsored()).typed_data(mainnet));
    assert_eq!(
        refused(&sponsored(), on_mainnet).await,
        Difference::Chain { asked: SEPOLIA, found: mainnet }
    );
    let version_1 = json!({
        "types": {}, "primaryType": "OutsideExecution",
        "domain": { "name": "Account.execute_from_outside", "version": "1", "chainId": "SN_SEPOLIA" },
        "message": {
            "caller": "0xf0a", "nonce": "0x1", "execute_after": "0x1", "execute_before": "0x2",
            "calls_len": "0x0", "calls": [],
        },
    });
    assert_eq!(
        refused(&sponsored(), built(&version_1)).await,
        Difference::TypedData(TypedDataError::Version1)
    );
    for difference in [
        rewritten(|it| it["domain"]["version"] = json!("1")).await,
        rewritten(|it| it["domain"]["revision"] = json!("0")).await,
        rewritten(|it| it["primaryType"] = json!("Call")).await,
        rewritten(|it| it["types"]["Call"][2]["type"] = json!("felt")).await,
        rewritten(|it| it["types"]["OutsideExecution"][4]["type"] = json!("felt*")).await,
        rewritten(|it| it["types"]["felt"] = json!([{ "name": "x", "type": "felt" }])).await,
        rewritten(|it| it["message"]["Nonce"] = json!(null)).await,
        rewritten(|it| *it = json!(null)).await,
    ] {
        assert!(matches!(difference, Difference::TypedData(_)), "{difference}");
    }
}

#[tokio::test]
async fn another_kind_of_transaction_is_not_signed() {
    let typed_data = honest(&sponsored()).typed_data(SEPOLIA);
    for kind in ["deploy", "deploy_and_invoke", "invoke_and_apply_action", ""] {
        let mut answer = built(&typed_data);
        answer["type"] = json!(kind);
        assert_eq!(refused(&sponsored(), answer).await, Difference::Kind, "{kind}");
    }
    // A paymaster may add nothing to a sponsored deployment.
    let deployment = Deployment { class_hash: Felt::ONE, salt: Felt::ONE, calldata: vec![] };
    let account = deployment.address();
    let deploy = Request { account, calls: vec![], deployment: Some(deployment), ..sponsored() };
    let mut answer = built(&typed_data);
    answer["type"] = json!("deploy_and_invoke");
    assert_eq!(refused(&deploy, answer).await, Difference::Kind);
}
