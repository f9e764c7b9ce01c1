//! Explains in an answer what was refused: the transaction, or the request.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::{Map, Value};
use starknet_rust::core::types::StarknetError;
use starknet_rust::providers::jsonrpc::JsonRpcError;

use super::super::accounts;
use super::super::diagnosis::{self, Diagnosis, Kind, Signed};
use super::super::history::Step;
use super::super::services::Services;
use super::transaction::{Invoke, Place, Transactions};
use session_client::{Cause, Refusal};

/// The codes with which JSON-RPC itself refuses a request. No transaction is refused with them.
const JSON_RPC: RangeInclusive<i64> = -32_768..=-32_000;

/// The code of the devnet's errors for which the specification has none. Only the message says what happened, for
/// example that `__validate__` returned 0.
const UNKNOWN: i64 = -1;

/// Explains `error` in itself: by the refusal of one of `transactions`, or by the `hint` about the request.
/// Returns the transaction that was refused, as its row shows it. If the error is about the request, there is none.
pub async fn explain<'a>(
    services: &Services,
    transactions: Option<&'a Transactions>,
    hint: Option<String>,
    error: &mut Value,
) -> Option<(Cow<'a, Invoke>, Diagnosis)> {
    let said = JsonRpcError::deserialize(&*error).ok()?;
    let refused = transactions.and_then(|it| {
        let index = error["data"]["transaction_index"].as_u64();
        let index = index.and_then(|index| usize::try_from(index).ok());
        index.map_or_else(|| it.only(), |index| it.at(index))
    });
    if let (Some(place), Some(refusal)) = (refused, refusal_of(&said)) {
        let invoke = place.invoke.blamed(refusal.cause());
        let told = explained(services, place.of(&invoke), &refusal).await;
        teach(error, &told.text());
        return Some((invoke, told));
    }
    if let Some(hint) = hint {
        teach(error, &hint);
    }
    // The network refuses a transaction for other reasons too, for example because its gateway is closed.
    let is_sent = transactions.is_some_and(|it| it.step == Step::Send);
    let place = refused.filter(|_| is_sent && !JSON_RPC.contains(&said.code))?;
    let text = said.data.as_ref().and_then(Value::as_str).unwrap_or(&said.message);
    let told = Diagnosis::unexplained(&Refusal::read(text), place.invoke.signed().1);
    Some((Cow::Borrowed(place.invoke), told))
}

/// Returns the refusal that `error` reports, if it is one that can be explained.
fn refusal_of(error: &JsonRpcError) -> Option<Refusal> {
    let error = match error.code {
        UNKNOWN => StarknetError::UnexpectedError(error.message.clone()),
        _ => StarknetError::try_from(error).ok()?,
    };
    let refusal = Refusal::of(&error)?;
    // A validation that fails for an unknown reason says nothing about the calls.
    let is_of_calls = !matches!(error, StarknetError::ValidationFailure(_));
    (is_of_calls || refusal.cause() != Cause::Other).then_some(refusal)
}

/// Explains `refusal`, and says which of several transactions was refused.
pub async fn explained(services: &Services, place: Place<'_>, refusal: &Refusal) -> Diagnosis {
    let (node, invoke) = (&services.node, place.invoke);
    let (account, signature, calls) = invoke.signed();
    let (kind, hashes) = match &invoke.outside {
        Some(signed) => (
            Kind::Outside,
            diagnosis::of_outside_execution(&signed.outside_execution, account, services.chain_id),
        ),
        None => {
            let account_on = |chain| accounts::unsigned(node, account, chain);
            let hashes =
                diagnosis::of_transaction(&invoke.transaction, account_on, services.chain_id);
            (Kind::Plain, hashes)
        }
    };
    let session_keys = services.sessions.keys_of(account, signature).await;
    let (max_fee, differences) = (invoke.max_fee(), Vec::new());
    let names = &services.names;
    let signed = Signed {
        kind,
        account,
        calls,
        signature,
        max_fee,
        hashes,
        differences,
        session_keys,
        names,
    };
    let mut told = diagnosis::explain(node, refusal, &signed).await;
    // A row shows the first lines.
    told.lines.splice(1..1, place.told());
    told
}

/// Puts `told` where clients show it, before the node's own message.
fn teach(error: &mut Value, told: &str) {
    match error.get_mut("data") {
        Some(Value::Object(data)) => {
            let mut taught = Map::new();
            taught.insert("explanation".to_owned(), told.into());
            taught.append(data);
            *data = taught;
        }
        Some(Value::String(data)) => *data = format!("{told}\n\n{data}"),
        _ => error["data"] = told.into(),
    }
}
