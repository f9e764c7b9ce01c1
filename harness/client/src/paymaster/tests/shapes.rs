//! Tests that the client reads and writes the SNIP's JSON and AVNU's.

use starknet_rust::core::types::{TypedData, U256};

use super::*;

/// The SNIP's form: times and amounts as text, and a tracking id.
#[tokio::test]
async fn the_snip_s_shapes_are_spoken() {
    let typed_data = honest(&sponsored()).typed_data(SEPOLIA);
    let (server, paymaster) = serving(move |asked| match asked.method.as_str() {
        "paymaster_isAvailable" => Reply::Result(json!(true)),
        "paymaster_getSupportedTokens" => Reply::Result(json!([
            { "token_address": "0x1", "decimals": 6, "price_in_strk": format!("0x1{}", "0".repeat(40)) },
        ])),
        BUILD => Reply::Result(built(&typed_data)),
        EXECUTE => Reply::Result(json!({ "tracking_id": "0x7", "transaction_hash": "0xabc" })),
        "paymaster_trackingIdToLatestHash" => {
            Reply::Result(json!({ "transaction_hash": "0xabd", "status": "accepted" }))
        }
        _ => Reply::Error(json!({ "code": -32601, "message": "Method not found" })),
    })
    .await;
    assert!(paymaster.is_available().await.unwrap());
    let tokens = paymaster.supported_tokens().await.unwrap();
    assert_eq!((tokens[0].address, tokens[0].decimals), (Felt::ONE, 6));
    assert_eq!(tokens[0].price_in_strk, U256::from_words(0, 1 << 32));

    let request = Request { tip: Some(Tip::Custom(5)), ..sponsored() };
    let sent = send(&paymaster, &request, sign).await.unwrap();
    let seven = Felt::from(7);
    assert_eq!((sent.transaction_hash, sent.tracking_id), (Felt::from(0xabc), Some(seven)));
    let tracked = paymaster.tracked(seven).await.unwrap();
    assert_eq!(tracked.transaction_hash, Felt::from(0xabd));
    assert_eq!(tracked.status, TrackedStatus::Accepted);

    let asked = server.asked();
    let build = &asked.iter().find(|it| it.method == BUILD).unwrap().params;
    assert_eq!(
        build["transaction"],
        json!({
            "type": "invoke",
            "invoke": {
                "user_address": "0xacc",
                "calls": [
                    {
                        "to": format!("{STRK:#x}"),
                        "selector": format!("{:#x}", selector("transfer")),
                        "calldata": ["0x2", "0x7", "0x0"],
                    },
                    {
                        "to": "0x3",
                        "selector": format!("{:#x}", selector("claim")),
                        "calldata": ["0x1", "0x2"],
                    },
                ],
            },
        })
    );
    assert_eq!(
        build["parameters"],
        json!({ "version": "0x1", "fee_mode": { "mode": "sponsored", "tip": { "custom": 5 } } })
    );
    let execute = &asked.iter().find(|it| it.method == EXECUTE).unwrap().params;
    assert_eq!(execute["parameters"], build["parameters"]);
    assert_eq!(execute["transaction"]["type"], "invoke");
    assert_eq!(execute["transaction"]["invoke"]["signature"].as_array().unwrap().len(), 4);
}

/// AVNU's form: typed data as starknet-rust writes it, numbers, a tracking id of 0, an API key in a header.
#[tokio::test]
async fn avnu_s_shapes_are_spoken() {
    let library: TypedData = serde_json::from_value(honest(&paid()).typed_data(SEPOLIA)).unwrap();
    let answer = built(&serde_json::to_value(library).unwrap());
    assert_eq!(answer["typed_data"]["domain"]["chainId"], "SN_SEPOLIA");
    let (server, paymaster) = answering(answer.clone()).await;
    let quote = paymaster.build(&paid()).await.unwrap();
    assert_eq!(quote.fees().suggested_max_fee_in_gas_token, FEE);
    let checked = quote.check(SEPOLIA, NOW).unwrap();
    assert_eq!(checked.fee(), FEE);
    assert_eq!(checked.outside_execution().unwrap().caller, Caller::Only(FORWARDER));
    let sent = paymaster.execute(&checked.sign(sign).unwrap()).await.unwrap();
    assert_eq!((sent.transaction_hash, sent.tracking_id), (Felt::from(0xabc), None));

    let asked = server.asked();
    for it in &asked {
        let header = format!("x-paymaster-api-key: {}", API_KEY.to_ascii_lowercase());
        assert!(it.head.contains(&header), "{}", it.head);
    }
    assert_eq!(
        asked[0].params["parameters"]["fee_mode"],
        json!({ "mode": "default", "gas_token": format!("{ETH:#x}") })
    );
    // The paymaster receives its typed data as it wrote it.
    assert_eq!(asked[1].params["transaction"]["invoke"]["typed_data"], answer["typed_data"]);
}

/// A paymaster may read times as numbers only, as AVNU's does, or as text only, as the SNIP requires.
#[tokio::test]
async fn times_are_written_as_the_paymaster_takes_them() {
    let bounds = TimeBounds { execute_after: NOW - 1, execute_before: NOW + 60 };
    let request = Request { time_bounds: Some(bounds), ..sponsored() };
    for is_snip in [false, true] {
        let execution = OutsideExecution {
            execute_after: bounds.execute_after,
            execute_before: bounds.execute_before,
            ..honest(&request)
        };
        let answer = built(&execution.typed_data(SEPOLIA));
        let (server, paymaster) = serving(move |asked| {
            let times = &asked.params["parameters"]["time_bounds"]["execute_before"];
            match asked.method.as_str() {
                _ if times.is_string() != is_snip => {
                    Reply::Error(json!({ "code": -32602, "message": "Invalid params" }))
                }
                BUILD => Reply::Result(answer.clone()),
                _ => Reply::Result(submitted()),
            }
        })
        .await;
        send(&paymaster, &request, sign).await.unwrap();
        assert_eq!(server.count(BUILD), if is_snip { 2 } else { 1 });
        assert_eq!(server.count(EXECUTE), 1);
    }
}

#[tokio::test]
async fn an_account_is_deployed_with_its_first_calls_or_alone() {
    let deployment = Deployment {
        class_hash: Felt::from(0xc1a),
        salt: Felt::from(5),
        calldata: vec![Felt::from(0x9b)],
    };
    let account = deployment.address();
    let sign = |execution: OutsideExecution| {
        execution.sign_as_session(account, SEPOLIA, &SessionKey::generate(), NOW)
    };
    let request = Request { account, deployment: Some(deployment), ..sponsored() };

    // A deployment with calls.
    let mut answer = built(&honest(&request).typed_data(SEPOLIA));
    answer["type"] = json!("deploy_and_invoke");
    let (server, paymaster) = answering(answer).await;
    send(&paymaster, &request, sign).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].params["transaction"]["type"], "deploy_and_invoke");
    assert_eq!(asked[1].params["transaction"]["deployment"]["version"], 1);
    assert_eq!(
        asked[1].params["transaction"]["deployment"],
        asked[0].params["transaction"]["deployment"]
    );

    // A sponsored deployment without calls: nobody signs.
    let alone = Request { calls: vec![], ..request.clone() };
    let (server, paymaster) = answering(json!({ "type": "deploy", "fee": fee() })).await;
    let never = |_| unreachable!("there is nothing to sign");
    send(&paymaster, &alone, never).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].params["transaction"]["type"], "deploy");
    assert_eq!(asked[1].params["transaction"], asked[0].params["transaction"]);

    // A deployment without calls whose fee is paid in a token: the account signs the transfer.
    let paid = Request { fee_mode: paid().fee_mode, ..alone };
    let mut answer = built(&honest(&paid).typed_data(SEPOLIA));
    answer["type"] = json!("deploy_and_invoke");
    let (server, paymaster) = answering(answer).await;
    send(&paymaster, &paid, sign).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].params["transaction"]["type"], "deploy");
    assert_eq!(asked[1].params["transaction"]["type"], "deploy_and_invoke");
}

#[tokio::test]
async fn a_request_that_cannot_be_meant_is_not_sent() {
    let (server, paymaster) = answering(built(&honest(&sponsored()).typed_data(SEPOLIA))).await;
    let bounds = TimeBounds { execute_after: NOW, execute_before: NOW };
    let deployment = Deployment { class_hash: Felt::ONE, salt: Felt::ONE, calldata: vec![] };
    for request in [
        Request { calls: vec![], ..sponsored() },
        Request { time_bounds: Some(bounds), ..sponsored() },
        Request { deployment: Some(deployment), ..sponsored() },
    ] {
        let error = paymaster.build(&request).await.unwrap_err();
        assert!(matches!(error, PaymasterError::Request(_)), "{error}");
    }
    assert!(server.asked().is_empty());
}
