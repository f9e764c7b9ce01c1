//! Tests that the paymaster's JSON is the SNIP's, request by request and answer by answer; or that of AVNU's
//! paymaster, if that is chosen.

use reqwest::Client;
use serde_json::{Value, json};
use session_client::felt::selector;
use session_client::paymaster::{FeeMode, Request, TimeBounds};
use session_client::token::{ETH, STRK, balance};
use session_client::{Node, OutsideExecution, deploy, typed_data};
use session_sandbox::{Account, Dialect, Info, Sandbox, Settings};
use starknet_rust::core::types::Felt;
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;

use super::client::{hex, node, register};

const TO: Felt = Felt::from_hex_unchecked("0x7e1d");

/// A paymaster, and the schemas of its requests and answers.
struct Paymaster {
    info: Info,
    node: Node,
    client: Client,
    shapes: Value,
    api_key: Option<&'static str>,
}

impl Paymaster {
    async fn of(info: &Info) -> Self {
        let shapes = serde_json::from_str(include_str!("snip29.json")).unwrap();
        let (info, node) = (info.clone(), node(info).await);
        Self { info, node, client: Client::new(), shapes, api_key: None }
    }

    async fn ask(&self, method: &str, params: &Value) -> Result<Value, Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.client.post(&self.info.paymaster_url).json(&body);
        if let Some(key) = self.api_key {
            request = request.header("x-paymaster-api-key", key);
        }
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Sends a request with named parameters, and checks request and answer against the SNIP's schemas.
    async fn by_the_snip(&self, method: &str, params: Value) -> Result<Value, Value> {
        let (asked, answered) = match method {
            "paymaster_buildTransaction" => ("asked to build", "built"),
            "paymaster_executeTransaction" => ("asked to execute", "executed"),
            _ => ("asked to track", "tracked"),
        };
        self.fits(asked, &params).unwrap();
        let answer = self.ask(method, &params).await;
        match &answer {
            Ok(result) => self.fits(answered, result).unwrap(),
            Err(error) => self.fits("error", error).unwrap(),
        }
        answer
    }

    /// Returns the places at which `value` does not fit the schema `name`.
    fn fits(&self, name: &str, value: &Value) -> Result<(), String> {
        let wrong = || Err(format!("{value} is no {name}"));
        let shape = &self.shapes[name];
        assert!(shape.is_object(), "there is no shape {name}");
        if let Some(choices) = shape["one_of"].as_array() {
            let mut told = choices.iter().map(|it| self.fits(it.as_str().unwrap(), value));
            return if told.any(|it| it.is_ok()) { Ok(()) } else { wrong() };
        }
        if let Some(values) = shape["values"].as_array() {
            return if values.contains(value) { Ok(()) } else { wrong() };
        }
        if let Some(element) = shape["list"].as_str() {
            let Some(elements) = value.as_array() else { return wrong() };
            return elements.iter().try_for_each(|it| self.fits(element, it));
        }
        if let Some(fields) = shape["fields"].as_object() {
            let Some(object) = value.as_object() else { return wrong() };
            let optional = shape["optional"].as_object();
            for (field, shape) in fields {
                let Some(value) = object.get(field) else {
                    return Err(format!("{name} has no {field}: {value}"));
                };
                self.fits(shape.as_str().unwrap(), value)?;
            }
            for (field, value) in object.iter().filter(|(field, _)| !fields.contains_key(*field)) {
                match optional.and_then(|it| it.get(field)) {
                    Some(shape) => self.fits(shape.as_str().unwrap(), value)?,
                    None => return Err(format!("{name} has {field}, which is not the SNIP's")),
                }
            }
            return Ok(());
        }
        let text = value.as_str();
        let hex = |most: usize| {
            text.and_then(|it| it.strip_prefix("0x")).is_some_and(|digits| {
                let is_hex = digits.bytes().all(|it| it.is_ascii_hexdigit());
                is_hex
                    && (digits == "0"
                        || (1..=most).contains(&digits.len()) && !digits.starts_with('0'))
            })
        };
        let fits = match (shape["type"].as_str(), shape["digits"].as_str()) {
            (_, Some("felt")) => hex(63),
            (_, Some("u256")) => hex(64),
            (_, Some("decimal")) => text.is_some_and(|it| {
                it == "0"
                    || !it.is_empty()
                        && !it.starts_with('0')
                        && it.bytes().all(|it| it.is_ascii_digit())
            }),
            (Some("string"), _) => value.is_string(),
            (Some("integer"), _) => value.is_u64(),
            (Some("boolean"), _) => value.is_boolean(),
            _ => true,
        };
        if fits { Ok(()) } else { wrong() }
    }
}

fn transfer(account: Felt, amount: &str) -> Value {
    let calldata = [hex(TO), amount.to_owned(), "0x0".to_owned()];
    let call =
        json!({ "to": hex(STRK), "selector": hex(selector("transfer")), "calldata": calldata });
    json!({ "user_address": hex(account), "calls": [call] })
}

fn parameters(token: Option<Felt>) -> Value {
    match token {
        None => json!({ "version": "0x1", "fee_mode": { "mode": "sponsored" } }),
        Some(token) => json!({
            "version": "0x1",
            "fee_mode": { "mode": "default", "gas_token": hex(token), "tip": { "custom": 5 } },
        }),
    }
}

/// Signs the typed data that was built, after `change` has changed it, with the owner's key.
fn signed(
    info: &Info,
    account: &Account,
    built: &Value,
    change: impl Fn(&mut OutsideExecution),
) -> Value {
    let mut execution = typed_data::message(&built["typed_data"]).unwrap();
    change(&mut execution);
    let key = SigningKey::from_secret_scalar(account.private_key);
    let signature =
        execution.clone().sign_as_owner(account.address, info.chain_id, &key).unwrap().signature;
    json!({
        "user_address": hex(account.address),
        "typed_data": execution.typed_data(info.chain_id),
        "signature": signature.into_iter().map(hex).collect::<Vec<_>>(),
    })
}

/// Returns an account that is not deployed yet, but has some of each token.
async fn unborn(paymaster: &Paymaster, salt: u64) -> (Account, Value) {
    let private_key = Felt::from(0x1234_5678);
    let public_key = SigningKey::from_secret_scalar(private_key).verifying_key().scalar();
    let class_hash = paymaster.info.class_hash;
    let address = deploy::address(class_hash, public_key, salt.into());
    let amount = 1_000_000_000_000_000_000_u64;
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "devnet_mint",
        "params": { "address": address, "amount": amount, "unit": "FRI" },
    });
    paymaster.client.post(&paymaster.info.rpc_url).json(&body).send().await.unwrap();
    let deployment = json!({
        "address": hex(address), "class_hash": hex(class_hash), "salt": hex(salt.into()),
        "calldata": [hex(public_key)], "version": 1,
    });
    (Account { address, public_key, private_key }, deployment)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_answers_are_the_snip_s() {
    let sandbox = Sandbox::open(Settings { accounts: 1, ..Settings::default() }).await.unwrap();
    let info = sandbox.info().clone();
    let paymaster = Paymaster::of(&info).await;
    assert_eq!(paymaster.ask("paymaster_isAvailable", &json!([])).await, Ok(json!(true)));
    let tokens = paymaster.ask("paymaster_getSupportedTokens", &json!([])).await.unwrap();
    paymaster.fits("tokens", &tokens).unwrap();

    an_invocation(&paymaster).await;
    what_is_signed_covers_the_cost(&paymaster).await;
    deployments(&paymaster).await;
    refusals(&paymaster).await;
    sandbox.stop().await;
}

async fn an_invocation(paymaster: &Paymaster) {
    let (info, account) = (&paymaster.info, &paymaster.info.accounts[0]);
    let now = paymaster.node.now().await.unwrap();
    for token in [None, Some(STRK), Some(ETH)] {
        let mut parameters = parameters(token);
        let times = json!({ "execute_after": "1", "execute_before": (now + 900).to_string() });
        parameters["time_bounds"] = times.clone();
        let invoke = json!({ "type": "invoke", "invoke": transfer(account.address, "0x7") });
        let asked = json!({ "transaction": invoke, "parameters": parameters });
        let built = paymaster.by_the_snip("paymaster_buildTransaction", asked).await.unwrap();
        assert_eq!(built["type"], "invoke");
        assert_eq!(built["parameters"], parameters);
        let before = balance(&paymaster.node, STRK, TO).await.unwrap();
        let invoke = signed(info, account, &built, |_| {});
        let transaction = json!({ "type": "invoke", "invoke": invoke });
        let asked = json!({ "transaction": transaction, "parameters": built["parameters"] });
        let executed = paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap();
        assert_eq!(balance(&paymaster.node, STRK, TO).await.unwrap(), before + 7);

        let id = json!({ "tracking_id": executed["tracking_id"] });
        let tracked = paymaster.by_the_snip("paymaster_trackingIdToLatestHash", id).await.unwrap();
        assert_eq!(tracked["transaction_hash"], executed["transaction_hash"]);
        assert_eq!(tracked["status"], "accepted");
    }
    // The parameters may also be given by position.
    let invoke = json!({ "type": "invoke", "invoke": transfer(account.address, "0x7") });
    let built =
        paymaster.ask("paymaster_buildTransaction", &json!([invoke, parameters(None)])).await;
    paymaster.fits("built", &built.unwrap()).unwrap();
}

async fn what_is_signed_covers_the_cost(paymaster: &Paymaster) {
    let (info, account) = (&paymaster.info, &paymaster.info.accounts[0]);
    let invoke = json!({ "type": "invoke", "invoke": transfer(account.address, "0x7") });
    let asked = json!({ "transaction": invoke, "parameters": parameters(Some(STRK)) });
    let built = paymaster.by_the_snip("paymaster_buildTransaction", asked).await.unwrap();
    let before = balance(&paymaster.node, STRK, TO).await.unwrap();
    let pay = |amount: u64| {
        let less =
            |it: &mut OutsideExecution| it.calls.last_mut().unwrap().calldata[1] = amount.into();
        let invoke = signed(info, account, &built, less);
        let transaction = json!({ "type": "invoke", "invoke": invoke });
        json!({ "transaction": transaction, "parameters": built["parameters"] })
    };
    for (amount, code) in [(0, 154), (1_000_000, 154)] {
        let refused = paymaster.by_the_snip("paymaster_executeTransaction", pay(amount)).await;
        assert_eq!(refused.unwrap_err()["code"], code);
    }
    // This transfer pays somebody else.
    let elsewhere = |it: &mut OutsideExecution| it.calls.last_mut().unwrap().calldata[0] = TO;
    let transaction =
        json!({ "type": "invoke", "invoke": signed(info, account, &built, elsewhere) });
    let asked = json!({ "transaction": transaction, "parameters": built["parameters"] });
    let refused = paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap_err();
    assert_eq!(refused["code"], 156);
    assert_eq!(balance(&paymaster.node, STRK, TO).await.unwrap(), before);
}

async fn deployments(paymaster: &Paymaster) {
    let (info, payee) = (&paymaster.info, paymaster.info.relayers[0]);
    // In sponsored mode the account is deployed without calls.
    let (account, deployment) = unborn(paymaster, 1).await;
    let deploy = json!({ "type": "deploy", "deployment": deployment });
    let asked = json!({ "transaction": deploy, "parameters": parameters(None) });
    let built = paymaster.by_the_snip("paymaster_buildTransaction", asked.clone()).await.unwrap();
    assert_eq!((&built["type"], &built["deployment"]), (&json!("deploy"), &deployment));
    paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap();
    assert!(is_there(paymaster, account.address).await);
    let shown = &super::client::state(info).await["transactions"][0];
    assert_eq!(
        (&shown["status"], &shown["account"]),
        (&json!("accepted"), &json!(account.address))
    );

    // In the default mode the user pays for the deployment.
    let (account, deployment) = unborn(paymaster, 2).await;
    let deploy = json!({ "type": "deploy", "deployment": deployment });
    let asked = json!({ "transaction": deploy, "parameters": parameters(Some(STRK)) });
    let unpaid = paymaster.by_the_snip("paymaster_executeTransaction", asked.clone()).await;
    assert_eq!(unpaid.unwrap_err()["code"], 156);
    assert!(!is_there(paymaster, account.address).await);
    let built = paymaster.by_the_snip("paymaster_buildTransaction", asked).await.unwrap();
    assert_eq!(built["type"], "deploy_and_invoke");
    let before = balance(&paymaster.node, STRK, account.address).await.unwrap();
    let invoke = signed(info, &account, &built, |_| {});
    assert_eq!(invoke["typed_data"]["message"]["Calls"][0]["Calldata"][0], hex(payee));
    let transaction =
        json!({ "type": "deploy_and_invoke", "deployment": deployment, "invoke": invoke });
    let asked = json!({ "transaction": transaction, "parameters": built["parameters"] });
    paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap();
    assert!(is_there(paymaster, account.address).await);
    assert!(balance(&paymaster.node, STRK, account.address).await.unwrap() < before);
}

async fn is_there(paymaster: &Paymaster, account: Felt) -> bool {
    paymaster.node.get_class_hash_at(session_client::NEXT_BLOCK, account).await.is_ok()
}

async fn refusals(paymaster: &Paymaster) {
    let (info, account) = (&paymaster.info, &paymaster.info.accounts[0]);
    let now = paymaster.node.now().await.unwrap();
    let (_, deployment) = unborn(paymaster, 3).await;
    let invoke = |user: Felt| json!({ "type": "invoke", "invoke": transfer(user, "0x7") });
    let past = json!({ "execute_after": "1", "execute_before": (now - 1).to_string() });
    let mut late = parameters(None);
    late["time_bounds"] = past;
    let mut elsewhere = deployment.clone();
    elsewhere["address"] = json!("0x1");
    let mut undeclared = deployment.clone();
    undeclared["class_hash"] = json!("0x1");
    let address = deploy::address(Felt::ONE, deployment_key(&deployment), Felt::THREE);
    undeclared["address"] = json!(hex(address));
    let mut rich = invoke(account.address);
    rich["invoke"]["calls"][0]["calldata"][2] = json!("0x1");
    for (code, transaction, parameters) in [
        (150, invoke(Felt::from(0xdead)), parameters(None)),
        (151, invoke(account.address), parameters(Some(TO))),
        (155, json!({ "type": "deploy", "deployment": undeclared }), parameters(None)),
        (156, rich, parameters(None)),
        (157, invoke(account.address), late),
        (158, json!({ "type": "deploy", "deployment": elsewhere }), parameters(None)),
    ] {
        let asked = json!({ "transaction": transaction, "parameters": parameters });
        let refused = paymaster.by_the_snip("paymaster_buildTransaction", asked).await;
        assert_eq!(refused.as_ref().unwrap_err()["code"], code, "{refused:?}");
        if code == 156 {
            let told = &refused.unwrap_err()["data"]["execution_error"];
            assert!(told.as_str().unwrap().starts_with("the calls revert with '"), "{told}");
        }
    }
    // The refusal of a session begins with a sentence, and the trace follows it.
    let session = register(info, account, 1, 1).await.remove(0);
    let asked = json!({ "transaction": invoke(account.address), "parameters": parameters(None) });
    let built = paymaster.by_the_snip("paymaster_buildTransaction", asked).await.unwrap();
    let mut execution = typed_data::message(&built["typed_data"]).unwrap();
    execution.calls[0].selector = selector("approve");
    let wrong = session.key_signs(&execution, info.chain_id);
    let transaction = json!({ "type": "invoke", "invoke": {
        "user_address": hex(account.address),
        "typed_data": execution.typed_data(info.chain_id),
        "signature": wrong,
    } });
    let asked = json!({ "transaction": transaction, "parameters": parameters(None) });
    let refused = paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap_err();
    let told = refused["data"]["execution_error"].as_str().unwrap();
    assert!(told.starts_with("Session: call not allowed: "), "{told}");
    assert!(told.contains("is not on the session's list"), "{told}");

    let stranger = signed(info, account, &built, |it| it.nonce += Felt::ONE);
    let mut transaction = json!({ "type": "invoke", "invoke": stranger });
    transaction["invoke"]["typed_data"] = built["typed_data"].clone();
    let asked = json!({ "transaction": transaction, "parameters": parameters(None) });
    let refused = paymaster.by_the_snip("paymaster_executeTransaction", asked).await.unwrap_err();
    assert_eq!(refused["code"], 153);

    let unknown = json!({ "tracking_id": "0x123" });
    let refused = paymaster.by_the_snip("paymaster_trackingIdToLatestHash", unknown).await;
    assert_eq!(refused.unwrap_err()["code"], 160);
}

fn deployment_key(deployment: &Value) -> Felt {
    deployment["calldata"][0].as_str().unwrap().parse().unwrap()
}

/// The published code of AVNU's paymaster answers so: see the module `dialect`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn avnu_s_paymaster_has_its_forwarder_numbers_and_codes() {
    let settings = Settings { accounts: 1, paymaster: Dialect::Avnu, ..Settings::default() };
    let sandbox = Sandbox::open(settings).await.unwrap();
    let info = sandbox.info().clone();
    let mut paymaster = Paymaster::of(&info).await;
    let account = &info.accounts[0];
    let [forwarder] = info.relayers[..] else { panic!("one contract submits") };
    let invoke = json!({ "type": "invoke", "invoke": transfer(account.address, "0x7") });
    let build = "paymaster_buildTransaction";

    // Times are numbers, and the parameters are one object.
    let now = paymaster.node.now().await.unwrap();
    let mut numbers = parameters(Some(STRK));
    numbers["time_bounds"] = json!({ "execute_after": 1, "execute_before": now + 900 });
    let asked = json!({ "transaction": invoke, "parameters": numbers });
    let built = paymaster.ask(build, &json!([asked])).await.unwrap();
    assert_eq!(built["parameters"], numbers);
    assert_eq!(built["typed_data"]["message"]["Caller"], hex(forwarder));
    let mut texts = numbers.clone();
    texts["time_bounds"]["execute_after"] = json!("1");
    let refused =
        paymaster.ask(build, &json!({ "transaction": invoke, "parameters": texts })).await;
    assert_eq!(refused.unwrap_err()["code"], -32_602);
    let refused = paymaster.ask(build, &json!([invoke, numbers])).await;
    assert_eq!(refused.unwrap_err()["code"], -32_602);
    let mut later = numbers.clone();
    later["time_bounds"] = json!({ "execute_after": now + 600, "execute_before": now + 900 });
    let refused =
        paymaster.ask(build, &json!([{ "transaction": invoke, "parameters": later }])).await;
    assert_eq!(refused.unwrap_err()["code"], 156);
    // The page shows what was not built, if the request has the form that this paymaster reads.
    let state = super::client::state(&info).await;
    let rows = state["transactions"].as_array().unwrap().iter().map(|it| &it["explanation"]);
    let told: Vec<_> = rows.map(|it| it.as_str().unwrap()).collect();
    assert!(told[0].starts_with("invalid time bounds: execute_after"), "{told:?}");
    assert!(told[1].contains("are numbers here") && told.len() == 2, "{told:?}");

    // The user pays what the transaction costs, and gets the rest back.
    let before = balance(&paymaster.node, STRK, account.address).await.unwrap();
    let held = balance(&paymaster.node, STRK, forwarder).await.unwrap();
    let execute = "paymaster_executeTransaction";
    let body = |invoke: Value| {
        let transaction = json!({ "type": "invoke", "invoke": invoke });
        json!({ "transaction": transaction, "parameters": numbers })
    };
    let little = signed(&info, account, &built, |it| {
        it.calls.last_mut().unwrap().calldata[1] = Felt::ONE;
    });
    let refused = paymaster.ask(execute, &body(little)).await.unwrap_err();
    assert_eq!(refused["code"], 156);
    let told = refused["data"]["execution_error"].as_str().unwrap();
    assert!(told.starts_with("max amount of gas token too low. Expected at least 0x"), "{told}");
    // What was not sent does not count, so nobody can use up another's nonce. What was sent is refused for
    // 30 s.
    let forged = signed(&info, account, &built, |it| it.nonce += Felt::ONE);
    let mut forged = body(forged);
    forged["transaction"]["invoke"]["typed_data"] = built["typed_data"].clone();
    let refused = paymaster.ask(execute, &forged).await.unwrap_err();
    assert_eq!(refused["code"], 156);
    let same = body(signed(&info, account, &built, |_| {}));
    let sent = paymaster.ask(execute, &same).await.unwrap();
    assert_eq!(sent["tracking_id"], "0x0");
    let refused = paymaster.ask(execute, &same).await.unwrap_err();
    assert_eq!(refused["code"], 156);
    let told = refused["data"]["execution_error"].as_str().unwrap();
    assert!(told.starts_with("execution error Tx already sent"), "{told}");
    let after = balance(&paymaster.node, STRK, account.address).await.unwrap();
    let suggested = built["fee"]["suggested_max_fee_in_gas_token"].as_str().unwrap();
    let suggested = u128::from_str_radix(suggested.trim_start_matches("0x"), 16).unwrap();
    let cost = before - 7 - after;
    assert!(0 < cost && cost < suggested, "{cost} of {suggested}");
    assert!(balance(&paymaster.node, STRK, forwarder).await.unwrap() < held, "it keeps nothing");

    // A sponsored transaction needs an API key. The answer has no id for tracking.
    let asked = json!({ "transaction": invoke, "parameters": parameters(None) });
    let built = paymaster.ask(build, &asked).await.unwrap();
    let asked = json!({
        "transaction": { "type": "invoke", "invoke": signed(&info, account, &built, |_| {}) },
        "parameters": parameters(None),
    });
    let refused = paymaster.ask(execute, &asked).await.unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["data"]),
        (&json!(163), &json!("x-paymaster-api-key is invalid"))
    );
    paymaster.api_key = Some("any");
    paymaster.ask(execute, &asked).await.unwrap();
    let refused =
        paymaster.ask("paymaster_trackingIdToLatestHash", &json!({ "tracking_id": "0x0" })).await;
    assert_eq!(refused.unwrap_err()["code"], -32_601);

    // The client's own paymaster accepts these answers: it asks for a named caller, and reads times as
    // numbers.
    let session = register(&info, account, 1, 2).await.remove(0);
    let client = session_client::paymaster::Paymaster::new(info.paymaster_url.parse().unwrap());
    let client = client.unwrap().with_api_key("any".to_owned().into()).unwrap();
    let token = FeeMode::Token { token: STRK, max_fee: 1_000_000_000_000_000_000 };
    for fee_mode in [FeeMode::Sponsored, token] {
        let calls = vec![session_client::token::transfer(STRK, TO, 7)];
        let times = TimeBounds { execute_after: 1, execute_before: now + 900 };
        let request = Request::new(account.address, calls, fee_mode).within(times);
        let sent = session.sender().send_through(&client, &request).await.unwrap();
        assert_eq!(sent.tracking_id, None);
    }
    assert_eq!(session.calls_used().await, 2);
    sandbox.stop().await;
}
