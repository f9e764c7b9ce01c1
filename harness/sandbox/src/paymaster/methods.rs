//! The paymaster's methods.

use serde_json::{Value, json};
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{BlockId, BlockTag, Call, Felt, SimulatedTransaction};
use starknet_rust::providers::Provider;

use super::super::history::Via;
use super::super::services::Services;
use super::super::sponsor::{Submission, Unsponsored};
use super::super::{accounts, typed_data};
use super::deployment::Deployment;
use super::failure::{self, Failure};
use super::fees::{self, Fee};
use super::request::{Parameters, calls, params, parts, user};
use session_client::json::felts;
use session_client::{Outcome, OutsideExecution};

/// How long a built transaction can be submitted unless its client says otherwise, in seconds.
const LIFETIME: u64 = 3_600;
/// L2 gas that a relayer adds: its own validation, and the outside execution around the calls.
const RELAYED_GAS: u128 = 2_000_000;
/// FRI for what cannot be tried before it is deployed.
const UNTRIED_FEE: u128 = 10_000_000_000_000_000;

/// Says whether the chain answers.
pub async fn is_available(services: &Services) -> bool {
    services.node.block_number().await.is_ok()
}

/// Builds the typed data to sign, and says what it will cost.
pub async fn build(services: &Services, request: &Value) -> Result<Value, Failure> {
    let (transaction, parameters) = params(request)?;
    let Parameters { gas_token, time_bounds } = Parameters::read(parameters)?;
    let (deployment, invoke) = parts(transaction)?;
    let mut answer = json!({
        "type": transaction["type"],
        "parameters": parameters,
        "fee": Fee { estimate: UNTRIED_FEE }.json(),
    });
    if deployment.is_some() {
        answer["deployment"] = transaction["deployment"].clone();
    }
    if let Some(invoke) = invoke {
        let (user, mut calls) = (user(invoke)?, calls(invoke)?);
        let fee = match deployment {
            Some(_) => Fee { estimate: UNTRIED_FEE },
            None => fee_of(services, user, &calls).await?,
        };
        if let Some(token) = gas_token {
            fees::check_token(token)?;
            calls.push(fees::payment(token, payee(services), fee));
        }
        services.clock.tick().await;
        let now = services.node.now().await.map_err(node_failed)?;
        let (after, before) = time_bounds.unwrap_or((0, now + LIFETIME));
        if before <= now {
            return Err(failure::time(format!(
                "execute_before is past: the chain's time is {now}"
            )));
        }
        let execution =
            OutsideExecution { execute_after: after, ..OutsideExecution::new(calls, before) };
        answer["typed_data"] = services.sponsor.prepare(user, &execution);
        answer["fee"] = fee.json();
    }
    Ok(answer)
}

/// Submits what was signed.
pub async fn execute(services: &Services, request: &Value) -> Result<Value, Failure> {
    let (transaction, parameters) = params(request)?;
    let Parameters { gas_token, .. } = Parameters::read(parameters)?;
    let (deployment, invoke) = parts(transaction)?;
    let before = deployment.iter().map(Deployment::call).collect();
    let outcome = match invoke {
        Some(invoke) => {
            let account = user(invoke)?;
            let typed_data = &invoke["typed_data"];
            let execution = typed_data::read(typed_data)
                .map_err(|error| failure::params(format!("invoke.typed_data: {error}")))?;
            let signature = felts(&invoke["signature"])
                .ok_or_else(|| failure::params("invoke.signature must be a list of felts"))?;
            if let Some(token) = gas_token {
                fees::check_payment(&execution.calls, token, payee(services))?;
            }
            let (via, typed_data) = (Via::Paymaster, Some(typed_data));
            let submission = Submission { via, account, execution, signature, typed_data, before };
            services.sponsor.submit(submission).await.map_err(refused)?
        }
        None => deploy(services, before).await?,
    };
    let hash = format!("{:#x}", outcome.transaction_hash);
    Ok(json!({ "tracking_id": hash, "transaction_hash": hash }))
}

async fn deploy(services: &Services, calls: Vec<Call>) -> Result<Outcome, Failure> {
    use super::super::relayers::Failure as Unsent;
    let outcome =
        services.sponsor.relayers().submit(calls).await.map_err(|failure| match failure {
            Unsent::Busy => refused(Unsponsored::Busy),
            Unsent::Chain(error) => failure::execution(error.to_string()),
        })?;
    outcome.succeeded().map_err(|error| failure::execution(error.to_string()))
}

/// Returns what the calls cost the user's account if it made them itself, and what a relayer adds. Skips
/// validation, as nothing is signed yet: refuses calls that would revert.
async fn fee_of(services: &Services, user: Felt, calls: &[Call]) -> Result<Fee, Failure> {
    let block = BlockId::Tag(BlockTag::PreConfirmed);
    if services.node.get_class_hash_at(block, user).await.is_err() {
        return Err(failure::address(format!("no account is deployed at {user:#x}")));
    }
    let account = accounts::unsigned(&services.node, user, services.chain_id);
    let simulation = account.execute_v3(calls.to_vec()).tip(0).simulate(true, true).await;
    let SimulatedTransaction { fee_estimation, transaction_trace } = simulation
        .map_err(|error| failure::execution(session_client::Error::from(error).to_string()))?;
    if let Some(reason) = revert_reason(&transaction_trace) {
        return Err(failure::execution(reason));
    }
    let relayed = RELAYED_GAS.saturating_mul(fee_estimation.l2_gas_price);
    Ok(Fee { estimate: fee_estimation.overall_fee.saturating_add(relayed) })
}

fn revert_reason(trace: &starknet_rust::core::types::TransactionTrace) -> Option<String> {
    use starknet_rust::core::types::{ExecuteInvocation, TransactionTrace};
    match trace {
        TransactionTrace::Invoke(trace) => match &trace.execute_invocation {
            ExecuteInvocation::Reverted(reverted) => Some(reverted.revert_reason.clone()),
            ExecuteInvocation::Success(_) => None,
        },
        _ => None,
    }
}

fn payee(services: &Services) -> Felt {
    services.sponsor.relayers().addresses().first().copied().unwrap_or_default()
}

fn refused(failure: Unsponsored) -> Failure {
    match failure {
        Unsponsored::Refused(refusal, hash) => {
            let mut text = refusal.text();
            if let Some(rule) = refusal.rule {
                // As the chain says it, so that a client recognises the rule.
                text = format!("('{}')\n{text}", rule.error());
            }
            if let Some(hash) = hash {
                text.push_str(&format!("\nthe transaction reverted: {hash:#x}"));
            }
            match refusal.rule {
                Some(rule) if rule.is_of_a_signature() => failure::signature(text),
                _ => failure::execution(text),
            }
        }
        Unsponsored::Busy => {
            failure::unknown("every relayer's queue is full: nothing was sent, try again")
        }
        Unsponsored::Node(reason) => failure::unknown(reason),
    }
}

fn node_failed(error: session_client::Error) -> Failure {
    failure::unknown(error.to_string())
}
