//! Remembers what became of transactions.

use std::sync::Arc;

use serde_json::Value;
use starknet_rust::core::types::Felt;

use super::super::history::{Fate, Happened, Payer, Step, Via};
use super::super::services::Services;
use super::explanation::explained;
use super::transaction::{Invoke, Place, Transactions};
use session_client::json::felt;
use session_client::{Finality, Refusal};

/// Remembers what became of `transactions`, which the devnet took with this `result`. An estimate or a simulation
/// that succeeds is not remembered.
pub async fn follow(services: &Arc<Services>, transactions: Transactions, result: &Value) {
    if transactions.step != Step::Send {
        let reverted = first_reverted(result);
        let reverted = reverted.and_then(|(index, why)| Some((transactions.at(index)?, why)));
        let Some((place, why)) = reverted else { return };
        let refusal = explained(services, place, &Refusal::read(why)).await;
        let fate = Fate::refused(&refusal, None);
        return remember(services, &transactions, place.invoke, fate).await;
    }
    let Some(hash) = felt(&result["transaction_hash"]) else { return };
    let at_once = services.clock.is_at_once();
    let services = services.clone();
    let included = async move {
        let Some(place) = transactions.only() else { return };
        if let Some(fate) = included(&services, place, hash).await {
            remember(&services, &transactions, place.invoke, fate).await;
        }
    };
    if at_once {
        included.await;
    } else {
        // A network answers before the transaction is in a block, so its result is remembered later.
        tokio::spawn(included);
    }
}

/// Returns the first of the simulated transactions that reverts, by its index, and the reason. Its simulation
/// succeeds all the same, and tells the reason in the trace.
fn first_reverted(result: &Value) -> Option<(usize, &str)> {
    // With the initial reads, the simulated transactions are a part of the result.
    let simulated = result.get("simulated_transactions").unwrap_or(result).as_array()?;
    simulated.iter().enumerate().find_map(|(index, it)| {
        let trace = &it["transaction_trace"]["execute_invocation"];
        Some((index, trace["revert_reason"].as_str()?))
    })
}

/// Remembers that `invoke`, one of `transactions`, met this `fate`.
pub async fn remember(
    services: &Services,
    transactions: &Transactions,
    invoke: &Invoke,
    fate: Fate,
) {
    let step = transactions.step;
    let (account, signature, calls) = invoke.signed();
    let payer = (step == Step::Send).then_some(match invoke.outside {
        Some(_) => Payer::Other { address: invoke.sender },
        None => Payer::Account,
    });
    let outside = invoke.outside.as_ref();
    let typed_data = outside.map(|it| it.outside_execution.typed_data(services.chain_id));
    let (via, request) = (Via::Rpc, transactions.request.clone());
    let happened =
        Happened { via, step, account, signature, calls, payer, fate, typed_data, request };
    services.sponsor.history().record(happened).await;
}

/// Waits for the result of a transaction that the chain accepted.
async fn included(services: &Services, place: Place<'_>, hash: Felt) -> Option<Fate> {
    let outcome = services.node.wait(hash, Finality::AcceptedOnL2).await.ok()?;
    let Some(reverted) = &outcome.reverted else {
        return Some(Fate::accepted(&outcome));
    };
    let refusal = explained(services, place, reverted).await;
    Some(Fate::refused(&refusal, Some(hash)))
}
