//! The paymaster's methods.

use std::time::Instant;

use serde_json::{Value, json};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{
    BlockId, BlockTag, Call, Felt, FunctionCall, SimulatedTransaction, StarknetError,
};
use starknet_rust::providers::{Provider, ProviderError};

use super::super::accounts;
use super::super::diagnosis::{self, Diagnosis};
use super::super::dialect::Dialect;
use super::super::history::{ClientRequest, Fate, Happened, Payer, Step, Via};
use super::super::names::Names;
use super::super::relayers::Submitted;
use super::super::services::Services;
use super::super::sponsor::{LIFETIME, Payment, Submission, Unsponsored};
use super::deployment::Deployment;
use super::failure::{self, Failure};
use super::fees::{self, Fee};
use super::request::{Asked, Executable, Parameters, asker, calls, user};
use session_client::felt::selector;
use session_client::json::{felt, hex};
use session_client::{Caller, Error, NEXT_BLOCK, Outcome, OutsideExecution, Refusal};

/// The L2 gas that a relayer adds, for its own validation and for the outside execution around the calls.
const RELAYED_GAS: u128 = 2_000_000;
/// The fee in FRI of calls that cannot be simulated, since their account is not deployed yet.
const UNTRIED_FEE: u128 = 10_000_000_000_000_000;

/// Says whether the chain answers.
pub async fn is_available(services: &Services) -> bool {
    services.node.block_number().await.is_ok()
}

/// Why nothing was built.
struct Unbuilt {
    failure: Failure,
    /// What the page shows of it; nothing if the node failed.
    fate: Option<Box<Fate>>,
}

impl From<Failure> for Unbuilt {
    fn from(failure: Failure) -> Self {
        let told = failure::reason(&failure).map(str::to_owned);
        Self { failure, fate: told.map(Fate::turned_down).map(Box::new) }
    }
}

/// Builds the typed data to sign, and says what the transaction will cost. The page shows what is refused here.
pub async fn build(services: &Services, request: &Value) -> Result<Value, Failure> {
    let Unbuilt { failure, fate } = match built(services, request).await {
        Ok(answer) => return Ok(answer),
        Err(unbuilt) => unbuilt,
    };
    if let Some(fate) = fate
        && let Some((account, calls)) = asker(services.dialect, request)
    {
        let request = ClientRequest::of_rpc("paymaster", "paymaster_buildTransaction", request);
        let happened = Happened::unsigned(Via::Paymaster, account, &calls, *fate, request);
        services.sponsor.history().record(happened).await;
    }
    Err(failure)
}

async fn built(services: &Services, request: &Value) -> Result<Value, Unbuilt> {
    let dialect = services.dialect;
    let Asked { deployment, invoke, parameters } = Asked::read(dialect, request)?;
    if let Some(deployment) = &deployment {
        check_deployment(services, deployment).await?;
    }
    // An account that is deployed and pays for it does so by a call, as with AVNU's paymaster.
    let (user, mut calls) = match (invoke, &deployment, parameters.gas_token) {
        (Some(invoke), deployment, _) => {
            let user = user(invoke)?;
            if deployment.as_ref().is_some_and(|it| it.address != user) {
                let told = "invoke.user_address is not the address that is deployed";
                return Err(failure::address(told).into());
            }
            (user, calls(invoke)?)
        }
        (None, Some(deployment), Some(_)) => (deployment.address, Vec::new()),
        (None, Some(deployment), None) => {
            return Ok(json!({
                "type": "deploy",
                "deployment": deployment.json(),
                "parameters": parameters.json(dialect),
                "fee": Fee { estimate: UNTRIED_FEE }.json(),
            }));
        }
        (None, None, _) => {
            return Err(failure::params("there is nothing to call or to deploy").into());
        }
    };
    let fee = match deployment {
        Some(_) => Fee { estimate: UNTRIED_FEE },
        None => fee_of(services, user, &calls).await?,
    };
    if let Some(token) = parameters.gas_token {
        fees::check_token(token)?;
        calls.push(fees::payment(token, services.payee(), fee));
    }
    let mut answer = json!({ "type": "invoke" });
    if let Some(deployment) = &deployment {
        answer["type"] = json!("deploy_and_invoke");
        answer["deployment"] = deployment.json();
    }
    let execution = executable(services, calls, &parameters).await?;
    answer["typed_data"] = services.sponsor.prepare(user, &execution);
    answer["parameters"] = parameters.json(dialect);
    answer["fee"] = fee.json();
    Ok(answer)
}

/// Returns the outside execution to sign: `calls`, within the time bounds that were asked for.
async fn executable(
    services: &Services,
    calls: Vec<Call>,
    parameters: &Parameters,
) -> Result<OutsideExecution, Failure> {
    services.clock.tick().await;
    let now = services.node.now().await.map_err(node_failed)?;
    let (after, before) = parameters.time_bounds.unwrap_or((1, now + LIFETIME));
    if before <= now {
        return Err(failure::time(format!(
            "invalid time bounds: execute_before {before} is past, the chain's time is {now}"
        )));
    }
    let must_hold_now = services.dialect == Dialect::Avnu;
    if must_hold_now && after >= now {
        return Err(failure::time(format!(
            "invalid time bounds: execute_after {after} is to come, the chain's time is {now}"
        )));
    }
    let caller = match services.dialect {
        Dialect::Snip29 => Caller::Any,
        Dialect::Avnu => Caller::Only(services.payee()),
    };
    let execution = OutsideExecution::new(calls, before);
    Ok(OutsideExecution { caller, execute_after: after, ..execution })
}

/// Refuses to deploy an account whose class is not declared, or at an address that has one already.
async fn check_deployment(services: &Services, deployment: &Deployment) -> Result<(), Failure> {
    let class_hash = deployment.class_hash;
    if services.node.get_class(NEXT_BLOCK, class_hash).await.is_err() {
        return Err(failure::class(format!(
            "the class {class_hash:#x} is not declared here: the session account's is {:#x}",
            services.info.class_hash
        )));
    }
    if services.node.get_class_hash_at(NEXT_BLOCK, deployment.address).await.is_ok() {
        let told = "the account is deployed already: build a transaction of type invoke";
        return Err(failure::deployment(told));
    }
    Ok(())
}

/// Submits what a user signed. `api_key` is the header `x-paymaster-api-key`, which AVNU's paymaster requires
/// for sponsored transactions.
pub async fn execute(
    services: &Services,
    request: &Value,
    api_key: Option<&str>,
) -> Result<Value, Failure> {
    let Asked { deployment, invoke, parameters } = Asked::read(services.dialect, request)?;
    let signed = invoke.map(|it| Executable::read(it, &services.names)).transpose()?;
    let is_avnu = services.dialect == Dialect::Avnu;
    let sponsored = parameters.gas_token.is_none();
    if is_avnu && sponsored && api_key.is_none_or(str::is_empty) {
        return Err(failure::unknown("x-paymaster-api-key is invalid"));
    }
    if is_avnu
        && let Some(Executable { account, execution, .. }) = &signed
        && !services.recent.is_new(*account, execution.nonce, Instant::now())
    {
        return Err(failure::execution(
            "execution error Tx already sent: this account and nonce were sent within the last 30 s, whatever became \
             of them. Build it again, and sign what comes back",
        ));
    }
    if let Some(deployment) = &deployment {
        check_deployment(services, deployment).await?;
    }
    let before = deployment.iter().map(Deployment::call).collect();
    let request = ClientRequest::of_rpc("paymaster", "paymaster_executeTransaction", request);
    let outcome = match signed {
        Some(Executable { account, execution, typed_data, signature }) => {
            let payment = match parameters.gas_token {
                Some(token) => Some(Payment {
                    token,
                    amount: fees::paid(&execution.calls, token, services.payee())?,
                    treasury: is_avnu.then_some(services.treasury),
                }),
                None => None,
            };
            let (via, typed_data) = (Via::Paymaster, Some(typed_data));
            let nonce = execution.nonce;
            let submission = Submission {
                via,
                account,
                execution,
                signature,
                typed_data,
                before,
                payment,
                request,
            };
            let outcome = services.sponsor.submit(submission).await;
            if is_avnu && is_sent(&outcome) {
                services.recent.remember(account, nonce, Instant::now());
            }
            outcome.map_err(refused)?
        }
        None if !sponsored => {
            return Err(failure::execution(
                "a deployment is paid in the default mode: build it, sign the typed data of the \
                 deploy_and_invoke that comes back, and execute that",
            ));
        }
        None => {
            let address = deployment.as_ref().map(|it| it.address).unwrap_or_default();
            deploy(services, address, before, request).await?
        }
    };
    let hash = hex(outcome.transaction_hash);
    let tracking_id = match services.dialect {
        Dialect::Snip29 => hash.clone(),
        Dialect::Avnu => json!("0x0"),
    };
    Ok(json!({ "tracking_id": tracking_id, "transaction_hash": hash }))
}

/// Returns the state of a transaction that was submitted. An id is the transaction's hash, since nothing is
/// sent twice.
pub async fn track(services: &Services, params: &Value) -> Result<Value, Failure> {
    let id = params.get("tracking_id").or_else(|| params.get(0));
    let id = id.ok_or_else(|| failure::params("tracking_id must be given"))?;
    let hash = felt(id).ok_or_else(|| failure::id("a tracking_id is a felt"))?;
    match services.node.get_transaction_receipt(hash).await {
        Ok(receipt) => {
            let status = if receipt.block.is_block() { "accepted" } else { "active" };
            Ok(json!({ "transaction_hash": hex(hash), "status": status }))
        }
        Err(ProviderError::StarknetError(StarknetError::TransactionHashNotFound)) => {
            Err(failure::id(format!("nothing was submitted under {hash:#x}")))
        }
        Err(error) => Err(failure::unknown(error.to_string())),
    }
}

/// Has a relayer deploy the account at `address` by `calls`. This needs no signature of the user.
async fn deploy(
    services: &Services,
    address: Felt,
    calls: Vec<Call>,
    request: ClientRequest,
) -> Result<Outcome, Failure> {
    let submitted = services.sponsor.relayers().submit(calls.clone()).await;
    let Submitted { relayer, outcome } = submitted.map_err(|it| refused(Unsponsored::Busy(it)))?;
    let outcome =
        outcome.and_then(Outcome::succeeded).map_err(|it| undeployed(it, &calls, &services.names));
    let fate = match &outcome {
        Ok(outcome) => Fate::accepted(outcome),
        Err(Unsponsored::Refused(refusal, hash)) => Fate::refused(refusal, *hash),
        Err(_) => return outcome.map_err(refused),
    };
    let happened = Happened {
        via: Via::Paymaster,
        step: Step::Send,
        account: address,
        signature: &[],
        calls: &calls,
        payer: Some(Payer::Other { address: relayer }),
        fate,
        typed_data: None,
        request,
    };
    services.sponsor.history().record(happened).await;
    outcome.map_err(refused)
}

/// Says why `calls`, which deploy an account, failed with `error`. If they reverted, they are in a block, and
/// their hash is kept.
fn undeployed(error: Error, calls: &[Call], names: &Names) -> Unsponsored {
    let (refusal, hash) = match error {
        Error::Reverted { hash, refusal } => (refusal, Some(hash)),
        Error::Refused(refusal) => (refusal, None),
        error => return Unsponsored::Node(error.to_string()),
    };
    Unsponsored::Refused(Diagnosis::of_calls(&refusal, calls, names), hash)
}

/// Returns what the calls would cost if the user's account made them itself, plus what a relayer adds.
/// Nothing is signed yet, so validation is skipped. Calls that would revert are refused.
async fn fee_of(services: &Services, user: Felt, calls: &[Call]) -> Result<Fee, Unbuilt> {
    let block = BlockId::Tag(BlockTag::PreConfirmed);
    let class = services.node.get_class_hash_at(block, user).await;
    let class = class.map_err(|_| {
        failure::address(format!(
            "no account is deployed at {user:#x}: deploy it by a transaction of type deploy_and_invoke"
        ))
    })?;
    if class != services.info.class_hash && !has_outside_executions(services, user).await {
        let told = format!(
            "the account {user:#x} is of the class {class:#x}, which has no outside executions (SNIP-9)"
        );
        return Err(failure::class(told).into());
    }
    let account = accounts::unsigned(&services.node, user, services.chain_id);
    let simulation = account.execute_v3(calls.to_vec()).tip(0).simulate(true, true).await;
    let simulated = simulation
        .map_err(|error| would_revert(&Error::from(error).to_string(), calls, &services.names))?;
    if let Some(reason) = diagnosis::revert_reason(&simulated) {
        return Err(would_revert(reason, calls, &services.names));
    }
    let SimulatedTransaction { fee_estimation, .. } = simulated;
    let relayed = RELAYED_GAS.saturating_mul(fee_estimation.l2_gas_price);
    Ok(Fee { estimate: fee_estimation.overall_fee.saturating_add(relayed) })
}

fn would_revert(said: &str, calls: &[Call], names: &Names) -> Unbuilt {
    let refusal = Refusal::read(said);
    let told = Diagnosis::of_calls(&refusal, calls, names);
    let failure = failure::execution(format!("{}\n{}", told.text(), refusal.said()));
    Unbuilt { failure, fate: Some(Box::new(Fate::refused(&told, None))) }
}

/// Says whether the account at `user` has outside executions (SNIP-9).
async fn has_outside_executions(services: &Services, user: Felt) -> bool {
    let call = FunctionCall {
        contract_address: user,
        entry_point_selector: selector("is_valid_outside_execution_nonce"),
        calldata: vec![Felt::ONE],
    };
    services.node.call(call, NEXT_BLOCK).await.is_ok()
}

/// Says whether a transaction was sent, or may have been, since the node failed.
const fn is_sent(outcome: &Result<Outcome, Unsponsored>) -> bool {
    match outcome {
        Ok(_) | Err(Unsponsored::Refused(_, Some(_)) | Unsponsored::Node(_)) => true,
        Err(
            Unsponsored::Refused(_, None) | Unsponsored::TooLittle { .. } | Unsponsored::Busy(_),
        ) => false,
    }
}

fn refused(failure: Unsponsored) -> Failure {
    match failure {
        Unsponsored::Refused(refusal, hash) => {
            let mut text = refusal.whole();
            if let Some(hash) = hash {
                text.push_str(&format!("\nthe transaction reverted: {hash:#x}"));
            }
            if let Some(rule) = refusal.rule {
                // The text is the chain's, so that a client recognises the rule.
                text.push_str(&format!("\n('{}')", rule.error()));
            }
            match refusal.rule {
                Some(rule) if rule.is_of_a_signature() => failure::signature(text),
                _ => failure::execution(text),
            }
        }
        Unsponsored::TooLittle { cost, amount } => failure::amount(cost, amount),
        Unsponsored::Busy(busy) => failure::unknown(busy.to_string()),
        Unsponsored::Node(reason) => failure::unknown(reason),
    }
}

fn node_failed(error: Error) -> Failure {
    failure::unknown(error.to_string())
}

#[cfg(test)]
mod tests {
    use session_client::deploy::deployment;

    use super::*;

    #[test]
    fn a_deployment_that_reverts_keeps_its_hash() {
        let names = Names::default();
        let calls = [deployment(Felt::ONE, Felt::TWO, Felt::THREE)];
        let refusal = || Refusal::read("contract already deployed at address 0x7");
        let hash = Felt::from(0xabc);
        let failed = undeployed(Error::Reverted { hash, refusal: refusal() }, &calls, &names);
        let Unsponsored::Refused(told, Some(kept)) = &failed else { panic!("{failed:?}") };
        let sentence = "the calls revert: deploy an account of class 0x1";
        assert_eq!((told.text().as_str(), told.trace.as_str()), (sentence, refusal().said()));
        assert_eq!(*kept, hash, "the page shows it");
        let answer = refused(failed).data.unwrap_or_default().to_string();
        assert!(answer.contains("the transaction reverted: 0xabc"), "{answer}");
        let failed = undeployed(Error::Refused(refusal()), &calls, &names);
        assert!(matches!(failed, Unsponsored::Refused(_, None)), "{failed:?}");
    }
}
