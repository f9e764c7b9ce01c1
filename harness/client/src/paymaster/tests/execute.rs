//! Tests the errors of each step, and what they say.

use std::time::Duration;

use super::*;
use crate::rule::Rule;

async fn error_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> PaymasterError {
    let (_server, paymaster) = serving(move |_| reply()).await;
    let error = paymaster.build(&sponsored()).await.unwrap_err();
    is_discreet(&error);
    error
}

fn is_discreet(error: &PaymasterError) {
    for told in [format!("{error}"), format!("{error:?}")] {
        for secret in [API_KEY, "secret-path", "127.0.0.1"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

fn http(status: &str, head: &str, body: &str) -> Reply {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{head}content-length: {length}");
    Reply::Raw(format!("{head}\r\n\r\n{body}"))
}

#[tokio::test]
async fn each_error_of_the_snip_has_a_meaning_of_its_own() {
    for (code, reason) in [
        (150, Reason::InvalidAddress),
        (151, Reason::TokenNotSupported),
        (153, Reason::InvalidSignature),
        (154, Reason::MaxAmountTooLow),
        (155, Reason::ClassNotSupported),
        (156, Reason::Execution),
        (157, Reason::InvalidTimeBounds),
        (158, Reason::InvalidDeployment),
        (159, Reason::InvalidClassHash),
        (160, Reason::InvalidId),
        (163, Reason::Unknown),
        (-32601, Reason::NoMethod),
        (-32602, Reason::InvalidParams),
        (42, Reason::Other),
    ] {
        let error = json!({ "code": code, "message": "An error occurred (NAME)" });
        let error = error_of(move || Reply::Error(error.clone())).await;
        let refusal = error.refusal().unwrap();
        assert_eq!((refusal.code(), refusal.reason()), (code, reason));
    }
}

#[tokio::test]
async fn a_refusal_of_the_account_s_is_told_by_its_rule() {
    let nested = json!({
        "contract_address": "0x1", "class_hash": "0x2", "selector": "0x3",
        "error": "('Session: expired')",
    });
    for data in [json!({ "execution_error": nested }), json!("reverted: ('Session: expired')")] {
        let error = json!({ "code": 156, "message": "An error occurred", "data": data });
        let error = error_of(move || Reply::Error(error.clone())).await;
        assert_eq!(error.refusal().unwrap().rule(), Some(Rule::Expired));
    }
    // AVNU's paymaster uses code 156 where the SNIP has 154.
    let error = json!({
        "code": 156, "message": "An error occurred",
        "data": { "execution_error": "max amount of gas token too low. Expected at least 0x7" },
    });
    let error = error_of(move || Reply::Error(error.clone())).await;
    assert_eq!(error.refusal().unwrap().reason(), Reason::MaxAmountTooLow);
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_as_what_it_is() {
    let error = error_of(|| http("502 Bad Gateway", "", "<html>")).await;
    assert!(matches!(error, PaymasterError::Status(502)), "{error}");
    let error = error_of(|| http("200 OK", "", "<html>")).await;
    assert!(matches!(error, PaymasterError::Answer(_)), "{error}");
    let other = r#"{ "jsonrpc": "2.0", "id": 9, "result": {} }"#;
    let error = error_of(|| http("200 OK", "", other)).await;
    assert!(matches!(error, PaymasterError::Answer(_)), "{error}");
    let error = error_of(|| Reply::Result(json!({ "type": "invoke" }))).await;
    assert!(matches!(error, PaymasterError::Answer(_)), "{error}");
    let refusal = r#"{ "jsonrpc": "2.0", "id": 1, "error": { "code": 163, "message": "no" } }"#;
    let error = error_of(|| http("400 Bad Request", "", refusal)).await;
    assert_eq!(error.refusal().unwrap().reason(), Reason::Unknown);
    let error = error_of(|| Reply::HangUp).await;
    assert!(matches!(error, PaymasterError::Transport(_)), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let long = " ".repeat(5 * 1_024 * 1_024);
    let error = error_of(move || http("200 OK", "", &long)).await;
    assert!(matches!(error, PaymasterError::Answer("it is longer than 4 MiB")), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let (elsewhere, _) = serving(|_| Reply::Result(json!(true))).await;
    let location = format!("location: {}\r\n", elsewhere.url);
    for status in ["302 Found", "307 Temporary Redirect"] {
        let location = location.clone();
        let error = error_of(move || http(status, &location, "")).await;
        assert!(matches!(error, PaymasterError::Status(302 | 307)), "{error}");
    }
    assert!(elsewhere.asked().is_empty());
}

/// The paymaster even repeats the key in its error.
#[tokio::test]
async fn neither_the_url_nor_the_key_is_in_errors_or_debug() {
    let message = format!("x-paymaster-api-key {API_KEY} is invalid\u{1b}[2J");
    let error = json!({ "code": 163, "message": message, "data": API_KEY });
    let error = error_of(move || Reply::Error(error.clone())).await;
    let told = error.to_string();
    assert!(told.contains("is invalid") && !told.contains('\u{1b}'), "{told}");

    let (server, paymaster) = serving(|_| Reply::HangUp).await;
    assert_eq!(format!("{paymaster:?}"), "Paymaster { .. }");
    let nobody = "http://127.0.0.1:1/secret-path".parse().unwrap();
    let nobody = Paymaster::new(nobody).unwrap().with_api_key(API_KEY.to_owned().into()).unwrap();
    is_discreet(&nobody.is_available().await.unwrap_err());
    drop(server);
    let error = paymaster.with_api_key("a\nb".to_owned().into()).unwrap_err();
    assert!(matches!(error, PaymasterError::ApiKey));
}

/// After a lost answer and after a refusal alike, only the nonce tells what happened.
#[tokio::test]
async fn what_has_left_is_sent_once_and_to_be_settled() {
    let execution = honest(&sponsored());
    let typed_data = execution.typed_data(SEPOLIA);
    let failures: [fn() -> Reply; 4] = [
        || Reply::HangUp,
        || http("504 Gateway Timeout", "", ""),
        || Reply::Error(json!({ "code": 156, "message": "Tx already sent" })),
        || Reply::Result(json!({})),
    ];
    for failure in failures {
        let answer = built(&typed_data);
        let (server, paymaster) = serving(move |asked| match asked.method.as_str() {
            BUILD => Reply::Result(answer.clone()),
            _ => failure(),
        })
        .await;
        let error = send(&paymaster, &sponsored(), sign).await.unwrap_err();
        is_discreet(&error);
        let PaymasterError::Unconfirmed { claim, .. } = error else { panic!("{error:?}") };
        let OutsideExecution { nonce, execute_before, .. } = execution;
        assert_eq!(claim, Claim { account: ACCOUNT, nonce, execute_before });
        assert_eq!((server.count(BUILD), server.count(EXECUTE)), (1, 1));
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_something_to_settle() {
    let answer = built(&honest(&sponsored()).typed_data(SEPOLIA));
    let (_server, paymaster) = serving(move |asked| match asked.method.as_str() {
        BUILD => Reply::Result(answer.clone()),
        // The answer has a head and no body.
        _ => Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_owned()),
    })
    .await;
    let quote = paymaster.build(&sponsored()).await.unwrap();
    let executable = quote.check(SEPOLIA, NOW).unwrap().sign(sign).unwrap();
    let hasty = paymaster.with_timeout(Duration::from_millis(100));
    let error = hasty.execute(&executable).await.unwrap_err();
    assert!(matches!(error, PaymasterError::Unconfirmed { .. }), "{error}");
}

#[tokio::test]
async fn what_never_left_needs_no_settling() {
    let answer = built(&honest(&sponsored()).typed_data(SEPOLIA));
    let (_server, paymaster) = answering(answer).await;
    let quote = paymaster.build(&sponsored()).await.unwrap();
    let executable = quote.check(SEPOLIA, NOW).unwrap().sign(sign).unwrap();
    let nobody = Paymaster::new("http://127.0.0.1:1".parse().unwrap()).unwrap();
    let error = nobody.execute(&executable).await.unwrap_err();
    assert!(matches!(error, PaymasterError::Transport(_)), "{error}");
}

#[tokio::test]
async fn a_signer_that_signs_something_else_is_found_out() {
    let answer = built(&honest(&sponsored()).typed_data(SEPOLIA));
    let (server, paymaster) = answering(answer).await;
    let otherwise: [fn(OutsideExecution) -> crate::Result<SignedOutsideExecution>; 2] = [
        |it| it.sign_as_session(Felt::ONE, SEPOLIA, &SessionKey::generate(), NOW),
        |mut it| {
            it.nonce += Felt::ONE;
            sign(it)
        },
    ];
    for otherwise in otherwise {
        let error = send(&paymaster, &sponsored(), otherwise).await.unwrap_err();
        assert!(matches!(error, PaymasterError::SignedAnother), "{error}");
    }
    let failing = |_| Err(crate::Error::PrivateKey);
    let error = send(&paymaster, &sponsored(), failing).await.unwrap_err();
    assert!(matches!(error, PaymasterError::Signing(crate::Error::PrivateKey)), "{error}");
    assert_eq!(server.count(EXECUTE), 0);
}
