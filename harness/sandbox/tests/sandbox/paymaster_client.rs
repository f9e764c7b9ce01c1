//! Tests the client's paymaster against the sandbox's.

use session_client::paymaster::{
    AllowedCaller, Claim, Difference, FeeMode, Paymaster, PaymasterError, Reason, Request,
    Settlement, TimeBounds,
};
use session_client::token::{STRK, balance, transfer};
use session_client::{Error, OutsideExecution, Rule, SessionKey, SignedOutsideExecution};
use session_sandbox::{Info, Sandbox, Settings};
use starknet_rust::core::types::Felt;
use starknet_rust::providers::Provider;

use super::client::{Session, node, register};

const TO: Felt = Felt::from_hex_unchecked("0x7e1d");
const MAX_FEE: u128 = 1_000_000_000_000_000_000;

fn paymaster(info: &Info) -> Paymaster {
    Paymaster::new(info.paymaster_url.parse().unwrap()).unwrap()
}

/// A policy that fits the sandbox, which lets anybody submit.
fn request(session: &Session, amount: u128, fee_mode: FeeMode) -> Request {
    let calls = vec![transfer(STRK, TO, amount)];
    Request::new(session.account, calls, fee_mode).caller(AllowedCaller::Anyone)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_s_calls_land_sponsored_and_paid_in_a_token() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let (node, paymaster) = (node(&info).await, paymaster(&info));
    let session = register(&info, &info.accounts[0], 1, 2).await.remove(0);
    let sign = |execution: OutsideExecution| session.sign_execution(execution);

    assert!(paymaster.is_available().await.unwrap());
    let tokens = paymaster.supported_tokens().await.unwrap();
    assert!(tokens.iter().any(|it| it.address == STRK && it.decimals == 18));

    // The transaction is sponsored, so the account pays only for the call.
    let sponsored = request(&session, 7, FeeMode::Sponsored);
    let before = balance(&node, STRK, session.account).await.unwrap();
    let sent = paymaster.send(&sponsored, &node, sign).await.unwrap();
    assert_eq!(balance(&node, STRK, TO).await.unwrap(), 7);
    assert_eq!(balance(&node, STRK, session.account).await.unwrap(), before - 7);
    let receipt = node.get_transaction_receipt(sent.transaction_hash).await.unwrap();
    assert!(receipt.receipt.execution_result().revert_reason().is_none());

    // The user pays in a token, by a transfer that the session signs.
    let token = FeeMode::Token { token: STRK, max_fee: MAX_FEE };
    let paid = request(&session, 5, token);
    let before = balance(&node, STRK, session.account).await.unwrap();
    let quote = paymaster.build(&paid).await.unwrap();
    let checked = quote.check(info.chain_id, node.now().await.unwrap()).unwrap();
    let fee = checked.fee();
    let executable = checked.sign(sign).unwrap();
    let claim = executable.claim().unwrap();
    assert_eq!(claim.settle(&node).await.unwrap(), Settlement::Open);
    paymaster.execute(&executable).await.unwrap();
    assert_eq!(claim.settle(&node).await.unwrap(), Settlement::Made);
    assert!(fee > 0);
    assert_eq!(balance(&node, STRK, session.account).await.unwrap(), before - 5 - fee);
    assert_eq!(balance(&node, STRK, TO).await.unwrap(), 12);
    assert_eq!(session.calls_used().await, 2);

    // The same outside execution is refused, with the error that says that it was executed already.
    let error = paymaster.execute(&executable).await.unwrap_err();
    let PaymasterError::Unconfirmed { claim, .. } = error else { panic!("{error:?}") };
    assert_eq!(claim.settle(&node).await.unwrap(), Settlement::Made);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_the_account_s_rule_and_what_was_signed_can_be_settled() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let (node, paymaster) = (node(&info).await, paymaster(&info));
    let session = register(&info, &info.accounts[0], 1, 1).await.remove(0);
    let now = node.now().await.unwrap();

    // The key was never registered.
    let stranger = SessionKey::generate();
    let by_stranger = |it: OutsideExecution| -> session_client::Result<SignedOutsideExecution> {
        it.sign_as_session(session.account, info.chain_id, &stranger, super::client::END)
    };
    let sponsored = request(&session, 1, FeeMode::Sponsored);
    let error = paymaster.send(&sponsored, &node, by_stranger).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().rule(), Some(Rule::NotFound));
    let PaymasterError::Unconfirmed { claim, .. } = error else { panic!("{error:?}") };
    assert_eq!(claim.settle(&node).await.unwrap(), Settlement::Open);
    let lapsed = Claim::new(claim.account, claim.nonce, 1);
    assert_eq!(lapsed.settle(&node).await.unwrap(), Settlement::Lapsed);

    // The sandbox does not accept this token, and this fee is above the maximum.
    let other = FeeMode::Token { token: Felt::THREE, max_fee: MAX_FEE };
    let error = paymaster.build(&request(&session, 1, other)).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason(), Reason::TokenNotSupported);
    let mean = FeeMode::Token { token: STRK, max_fee: 1 };
    let quote = paymaster.build(&request(&session, 1, mean)).await.unwrap();
    let error = quote.check(info.chain_id, now).unwrap_err();
    assert!(
        matches!(error, PaymasterError::NotWhatWasAsked(Difference::Fee { maximum: 1, .. })),
        "{error}"
    );

    // The sandbox keeps the time bounds that were asked for. But it lets anybody submit, so a client that
    // accepts only one contract as caller refuses its answer.
    let bounds = TimeBounds { execute_after: 5, execute_before: now + 9_999 };
    let timed = sponsored.clone().within(bounds);
    let checked = paymaster.build(&timed).await.unwrap().check(info.chain_id, now).unwrap();
    assert_eq!(checked.outside_execution().unwrap().execute_before, now + 9_999);
    let named = sponsored.caller(AllowedCaller::OneContract);
    let error = paymaster.build(&named).await.unwrap().check(info.chain_id, now).unwrap_err();
    assert!(matches!(error, PaymasterError::NotWhatWasAsked(Difference::Caller { .. })), "{error}");
    assert_eq!(session.calls_used().await, 0);
    sandbox.stop().await;
}

/// An outside execution that cannot succeed must not be signed, since it could be submitted as long as its
/// time window is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_account_would_refuse_is_not_signed_for_a_paymaster() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let session = register(&info, &info.accounts[0], 1, 2).await.remove(0);
    let sender = session.sender();
    let mut wrong = request(&session, 7, FeeMode::Sponsored);
    wrong.calls[0].selector = session_client::felt::selector("approve");
    let refused = sender.send_through(&paymaster(&info), &wrong).await;
    let Err(PaymasterError::Signing(Error::Refused(refusal))) = refused else {
        panic!("it may not approve: {refused:?}")
    };
    assert_eq!(refusal.rule(), Some(Rule::CallNotAllowed));

    let right = request(&session, 7, FeeMode::Sponsored);
    sender.send_through(&paymaster(&info), &right).await.unwrap();
    assert_eq!(session.calls_used().await, 1);

    // Unless it says otherwise, a request accepts only one contract as caller, and the sandbox names none.
    let usual = Request::new(session.account, right.calls, FeeMode::Sponsored);
    let refused = sender.send_through(&paymaster(&info), &usual).await.unwrap_err();
    assert!(refused.to_string().contains("anybody (ANY_CALLER)"), "{refused}");

    // The session ends itself, which the sponsor pays for; and once only.
    let refused = sender.end_through(&paymaster(&info), AllowedCaller::OneContract).await;
    assert!(matches!(refused, Err(PaymasterError::NotWhatWasAsked(_))), "{refused:?}");
    assert!(sender.state().await.unwrap().is_some());
    let ended = sender.end_through(&paymaster(&info), AllowedCaller::Anyone).await.unwrap();
    assert!(ended.is_some());
    assert_eq!(sender.state().await.unwrap(), None);
    let again = sender.end_through(&paymaster(&info), AllowedCaller::Anyone).await.unwrap();
    assert_eq!(again, None);
    sandbox.stop().await;
}
