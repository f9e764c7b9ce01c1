//! The transactions that are measured.

use std::sync::Arc;

use anyhow::Result;
use session_client::felt::selector;
use session_client::{Outcome, SessionKey, SpendingLimits};
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;

use super::bench::{Bench, limits, pinned, scoped};
use super::table::{Report, Row, Table};
use crate::chain::send;

pub const SENT: &str = "Transfers, sent plainly";
pub const RELAYED: &str = "Transfers, through a relayer";
/// The contract that is called is the same token, for which there is no policy in this table.
pub const ELSEWHERE: &str = "Calls of a contract without a policy, sent plainly";
pub const NO_POLICY: &str = "a session without policies";
pub const POLICY_ELSEWHERE: &str = "a policy of another token";
pub const MANAGING: &str = "What the owner does to sessions";
pub const OWNER: &str = "the owner";
pub const TO_NOBODY: &str = "the owner, to somebody who held none";
pub const NO_LIST: &str = "a session without a list";
/// A name for each of `LENGTHS`.
pub const LISTS: [&str; 6] = [
    "a list of 2 selectors, its first",
    "a list of 2 selectors, its last",
    "a list of 32 selectors, its first",
    "a list of 32 selectors, its last",
    "a list of 256 selectors, its first",
    "a list of 256 selectors, its last",
];
pub const FIRST_OF_2: &str = LISTS[0];
pub const FIRST_OF_32: &str = LISTS[2];
pub const LAST_OF_32: &str = LISTS[3];
pub const POLICY: &str = "a spending policy";
pub const FEE: &str = "a fee limit";
pub const CALLS: &str = "a list of 2 calls, with a fee limit";
pub const PINNED: &str = "a list of 2 calls with an argument, with a fee limit";
pub const ADD_FIRST_2: &str = "`add_session`, 2 selectors, the account's first";
pub const ADD_0: &str = "`add_session`, 0 selectors";
pub const ADD_2: &str = "`add_session`, 2 selectors";
pub const ADD_32: &str = "`add_session`, 32 selectors";
pub const ADD_PINNED_2: &str = "`add_session_for_calls`, 2 calls with an argument";
pub const ADD_CALLS_2: &str = "`add_session_for_calls`, 2 calls";

/// The length of each list, and whether `transfer` is its first entry or its last.
const LENGTHS: [(u64, bool); 6] =
    [(2, true), (2, false), (32, true), (32, false), (256, true), (256, false)];
/// A fee limit of 1 STRK, in FRI: above what any of these transactions commits to pay.
const FEE_LIMIT: u64 = 1_000_000_000_000_000_000;
const DEPLOYED_KEY: Felt = Felt::ONE;

/// Measures all transactions.
pub async fn measure(bench: &Bench) -> Result<Report> {
    let sessions = sessions(bench).await?;
    let mut report = Report { class_hash: bench.chain.class_hash, tables: vec![] };
    report.tables.push(sent(bench, &sessions).await?);
    report.tables.push(relayed(bench, &sessions).await?);
    report.tables.push(elsewhere(bench).await?);
    report.tables.push(managing(bench).await?); // ends every session
    report.tables.push(deploying(bench).await?);
    Ok(report)
}

type Session = (&'static str, Arc<SessionKey>);

/// Registers a session for each way to limit one. Each has made a transaction before it is measured.
async fn sessions(bench: &Bench) -> Result<Vec<Session>> {
    let contract = &bench.account.contract;
    let mut sessions = vec![(NO_LIST, bench.register(&limits(vec![])).await?.0)];
    for (name, (length, first)) in LISTS.into_iter().zip(LENGTHS) {
        sessions.push((name, bench.register(&limits(list(length, first))).await?.0));
    }

    let policy = bench.register(&limits(vec![])).await?.0;
    bench.as_owner(contract.set_spending_policy(policy.public_key(), bench.token, &most())).await?;
    sessions.push((POLICY, policy));

    let fee = bench.register(&limits(vec![])).await?.0;
    bench.as_owner(contract.set_session_fee_limit(fee.public_key(), FEE_LIMIT)).await?;
    sessions.push((FEE, fee));

    let calls = scoped(bench.token, list(2, false));
    for (name, limits, with_policy) in [
        (CALLS, &calls, false),
        (PINNED, &pinned(&calls), false),
        ("a list of 2 calls, a fee limit and a policy", &calls, true),
    ] {
        let key = bench.key()?;
        let public_key = key.public_key();
        bench.as_owner(contract.set_session_fee_limit(public_key, FEE_LIMIT)).await?;
        bench.as_owner(contract.add_session_for_calls(public_key, limits)).await?;
        if with_policy {
            bench.as_owner(contract.set_spending_policy(public_key, bench.token, &most())).await?;
        }
        sessions.push((name, key));
    }
    for (_, key) in &sessions {
        bench.as_session(key, bench.transfers(1)).await?;
    }
    Ok(sessions)
}

async fn sent(bench: &Bench, sessions: &[Session]) -> Result<Table> {
    let owner = &bench.account.owner;
    let one = send(owner, bench.transfers(1)).await?;
    let four = send(owner, bench.transfers(4)).await?;
    let first = send(owner, bench.first_transfer()).await?;
    let mut rows = vec![Row::new(OWNER, &one).with_four(&four), Row::new(TO_NOBODY, &first)];
    for (name, key) in sessions {
        let one = bench.as_session(key, bench.transfers(1)).await?;
        let four = bench.as_session(key, bench.transfers(4)).await?;
        rows.push(Row::new(*name, &one).with_four(&four));
    }
    Ok(Table { title: SENT, rows })
}

async fn relayed(bench: &Bench, sessions: &[Session]) -> Result<Table> {
    let one = relayed_by_owner(bench, 1).await?;
    let four = relayed_by_owner(bench, 4).await?;
    let mut rows = vec![Row::new(OWNER, &one).with_four(&four)];
    for (name, key) in sessions {
        let one = relayed_by_session(bench, key, 1).await?;
        let four = relayed_by_session(bench, key, 4).await?;
        rows.push(Row::new(*name, &one).with_four(&four));
    }
    Ok(Table { title: RELAYED, rows })
}

async fn relayed_by_owner(bench: &Bench, calls: usize) -> Result<Outcome> {
    let outside = bench.outside(bench.transfers(calls));
    bench.relay(&bench.sign_as_owner(outside)?).await
}

async fn relayed_by_session(bench: &Bench, key: &SessionKey, calls: usize) -> Result<Outcome> {
    let outside = bench.outside(bench.transfers(calls));
    bench.relay(&bench.sign_as_session(key, outside)?).await
}

/// Measures the cost of counting what leaves: the balance of each token with a policy is read before and
/// after each call.
async fn elsewhere(bench: &Bench) -> Result<Table> {
    let mut rows = vec![];
    for (name, policies) in
        [(NO_POLICY, 0), (POLICY_ELSEWHERE, 1), ("policies of 8 other tokens", bench.others.len())]
    {
        let key = bench.register(&limits(vec![])).await?.0;
        for token in &bench.others[..policies] {
            let set = bench.account.contract.set_spending_policy(key.public_key(), *token, &most());
            bench.as_owner(set).await?;
        }
        bench.as_session(&key, bench.transfers(1)).await?;
        let one = bench.as_session(&key, bench.transfers(1)).await?;
        let four = bench.as_session(&key, bench.transfers(4)).await?;
        rows.push(Row::new(name, &one).with_four(&four));
    }
    Ok(Table { title: ELSEWHERE, rows })
}

/// Measures what the owner does to sessions.
async fn managing(bench: &Bench) -> Result<Table> {
    let contract = &bench.account.contract;
    let mut rows = vec![];
    let other = bench.another().await?;
    let add = other.contract.add_session(bench.key()?.public_key(), &limits(list(2, true)));
    rows.push(Row::new(ADD_FIRST_2, &send(&other.owner, vec![add]).await?));
    for (name, length) in
        [(ADD_0, 0), (ADD_2, 2), (ADD_32, 32), ("`add_session`, 256 selectors", 256)]
    {
        rows.push(Row::new(name, &bench.register(&limits(list(length, true))).await?.1));
    }
    let calls = |length| scoped(bench.token, list(length, true));
    for (name, limits) in [
        (ADD_CALLS_2, calls(2)),
        (ADD_PINNED_2, pinned(&calls(2))),
        ("`add_session_for_calls`, 32 calls", calls(32)),
    ] {
        let add = contract.add_session_for_calls(bench.key()?.public_key(), &limits);
        rows.push(Row::new(name, &bench.as_owner(add).await?));
    }
    let (key, _) = bench.register(&limits(vec![])).await?;
    let key = key.public_key();
    for length in [0, 2, 32] {
        let update = contract.add_or_update_session_key(key, &limits(list(length, true)));
        let name = format!("`add_or_update_session_key`, {length} selectors");
        rows.push(Row::new(name, &bench.as_owner(update).await?));
    }
    for (name, call) in [
        ("`set_session_fee_limit`", contract.set_session_fee_limit(key, FEE_LIMIT)),
        ("`remove_session_fee_limit`", contract.remove_session_fee_limit(key)),
        ("`set_spending_policy`", contract.set_spending_policy(key, bench.token, &most())),
        ("`remove_spending_policy`", contract.remove_spending_policy(key, bench.token)),
        ("`revoke_session`", contract.revoke_session(key)),
        ("`revoke_all_sessions`", contract.revoke_all_sessions()),
    ] {
        rows.push(Row::new(name, &bench.as_owner(call).await?));
    }
    Ok(Table { title: MANAGING, rows })
}

async fn deploying(bench: &Bench) -> Result<Table> {
    let key = SigningKey::from_secret_scalar(DEPLOYED_KEY);
    let rows = vec![Row::new("by itself", &bench.chain.deploy_itself(key).await?)];
    Ok(Table { title: "Deployment", rows })
}

/// Returns `length` selectors, of which `transfer` is the first or the last.
fn list(length: u64, first: bool) -> Vec<Felt> {
    let transfer = selector("transfer");
    let others = (2..=length).map(Felt::from);
    match (length, first) {
        (0, _) => vec![],
        (_, true) => [transfer].into_iter().chain(others).collect(),
        (_, false) => others.chain([transfer]).collect(),
    }
}

/// Returns a policy that these transactions do not exhaust.
fn most() -> SpendingLimits {
    SpendingLimits {
        max_per_call: 1_000_u64.into(),
        max_per_window: 1_000_000_u64.into(),
        window_seconds: 86_400,
    }
}
