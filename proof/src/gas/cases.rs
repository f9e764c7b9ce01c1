//! The transactions that are measured.

use std::sync::Arc;

use anyhow::Result;
use session_harness::deploy::Counterfactual;
use session_harness::name::selector;
use session_harness::{SessionKey, SpendingLimits, token};
use starknet_rust_core::types::Felt;
use starknet_rust_signers::SigningKey;

use super::bench::{Bench, limits, scoped};
use super::table::{Gas, Report, Row, Table};
use crate::chain::{Owned, send};

pub const SENT: &str = "Transfers, sent plainly";
pub const RELAYED: &str = "Transfers, through a relayer";
pub const OPENZEPPELIN: &str = "OpenZeppelin's account, its owner";
pub const OWNER: &str = "the owner";
pub const NO_WHITELIST: &str = "a session without a whitelist";
/// A name for each of `LISTS`.
pub const WHITELISTS: [&str; 6] = [
    "a whitelist of 2, its first",
    "a whitelist of 2, its last",
    "a whitelist of 32, its first",
    "a whitelist of 32, its last",
    "a whitelist of 256, its first",
    "a whitelist of 256, its last",
];

/// How long a whitelist is, and whether `transfer` stands first in it, or last.
const LISTS: [(u64, bool); 6] =
    [(2, true), (2, false), (32, true), (32, false), (256, true), (256, false)];
/// 1 STRK, in FRI: above what any transaction here commits to pay.
const FEE_LIMIT: u64 = 1_000_000_000_000_000_000;
const UNFUNDED_SALT: Felt = Felt::ONE;
const MINTED: u64 = 10_000_000_000_000_000_000;

/// Measures all of them.
pub async fn measure(bench: &Bench) -> Result<Report> {
    let plain = sessions(bench).await?;
    let mut report = Report { class_hash: bench.chain.class_hash, tables: vec![], parts: vec![] };
    report.tables.push(sent(bench, &plain).await?);
    report.tables.push(relayed(bench, &plain).await?);
    let mut part = async |name, outcome| {
        report.parts.push(bench.parts(name, &outcome?).await?);
        anyhow::Ok(())
    };
    let other = &bench.chain.openzeppelin.owner;
    part(OPENZEPPELIN, send(other, bench.transfers(1)).await).await?;
    part(OWNER, send(&bench.account.owner, bench.transfers(1)).await).await?;
    for (name, key) in plain.iter().filter(|(name, _)| PARTS.contains(name)) {
        part(name, bench.as_session(key, bench.transfers(1)).await).await?;
    }

    report.tables.push(managing(bench).await?); // ends every session
    report.tables.push(deploying(bench).await?);
    Ok(report)
}

type Session = (&'static str, Arc<SessionKey>);

const POLICY: &str = "a spending policy";
const FEE: &str = "a fee limit";
const SCOPED: &str = "a list of 2 calls, with a fee limit";
const ALL: &str = "a list of 2 calls, a fee limit and a policy";
const PARTS: [&str; 5] = [NO_WHITELIST, WHITELISTS[5], FEE, POLICY, ALL];

/// A session for each way to limit one. Each has been used before it is measured.
async fn sessions(bench: &Bench) -> Result<Vec<Session>> {
    let contract = &bench.account.contract;
    let mut sessions = vec![(NO_WHITELIST, bench.register(&limits(vec![])).await?.0)];
    for (name, (length, first)) in WHITELISTS.into_iter().zip(LISTS) {
        sessions.push((name, bench.register(&limits(list(length, first))).await?.0));
    }

    let policy = bench.register(&limits(vec![])).await?.0;
    bench.as_owner(contract.set_spending_policy(policy.public_key(), token::STRK, &most())).await?;
    sessions.push((POLICY, policy));

    let fee = bench.register(&limits(vec![])).await?.0;
    bench.as_owner(contract.set_session_fee_limit(fee.public_key(), FEE_LIMIT)).await?;
    sessions.push((FEE, fee));

    for (name, with_policy) in [(SCOPED, false), (ALL, true)] {
        let key = bench.key()?;
        let public_key = key.public_key();
        bench.as_owner(contract.set_session_fee_limit(public_key, FEE_LIMIT)).await?;
        bench.as_owner(contract.add_session_for_calls(public_key, &scoped(list(2, false)))).await?;
        if with_policy {
            bench.as_owner(contract.set_spending_policy(public_key, token::STRK, &most())).await?;
        }
        sessions.push((name, key));
    }
    for (_, key) in &sessions {
        bench.as_session(key, bench.transfers(1)).await?;
    }
    Ok(sessions)
}

async fn sent(bench: &Bench, sessions: &[Session]) -> Result<Table> {
    let mut rows = vec![];
    for (name, account) in [(OPENZEPPELIN, &bench.chain.openzeppelin), (OWNER, &bench.account)] {
        let one = send(&account.owner, bench.transfers(1)).await?;
        let four = send(&account.owner, bench.transfers(4)).await?;
        rows.push(Row { name: name.to_owned(), one: (&one).into(), four: Some((&four).into()) });
    }
    for (name, key) in sessions {
        let one = bench.as_session(key, bench.transfers(1)).await?;
        let four = bench.as_session(key, bench.transfers(4)).await?;
        rows.push(Row { name: (*name).to_owned(), one: (&one).into(), four: Some((&four).into()) });
    }
    Ok(Table { title: SENT, rows })
}

async fn relayed(bench: &Bench, sessions: &[Session]) -> Result<Table> {
    let mut rows = vec![];
    for (name, account) in [(OPENZEPPELIN, &bench.chain.openzeppelin), (OWNER, &bench.account)] {
        rows.push(Row {
            name: name.to_owned(),
            one: relayed_by_owner(bench, account, 1).await?,
            four: Some(relayed_by_owner(bench, account, 4).await?),
        });
    }
    for (name, key) in sessions {
        rows.push(Row {
            name: (*name).to_owned(),
            one: relayed_by_session(bench, key, 1).await?,
            four: Some(relayed_by_session(bench, key, 4).await?),
        });
    }
    Ok(Table { title: RELAYED, rows })
}

async fn relayed_by_owner(bench: &Bench, account: &Owned, calls: usize) -> Result<Gas> {
    let outside = bench.outside(bench.transfers(calls));
    let signed = bench.sign_as_owner(account, outside)?;
    Ok(Gas::from(&bench.relay(&signed).await?))
}

async fn relayed_by_session(bench: &Bench, key: &SessionKey, calls: usize) -> Result<Gas> {
    let outside = bench.outside(bench.transfers(calls));
    let signed = bench.sign_as_session(key, outside)?;
    Ok(Gas::from(&bench.relay(&signed).await?))
}

/// What the owner does to sessions. `add_session_for_calls` writes two slots an entry.
async fn managing(bench: &Bench) -> Result<Table> {
    let contract = &bench.account.contract;
    let mut rows = vec![];
    let mut row = |name: String, one| rows.push(Row { name, one, four: None });
    for length in [0, 2, 32, 256] {
        let (_, gas) = bench.register(&limits(list(length, true))).await?;
        row(format!("`add_session`, a whitelist of {length}"), gas);
    }
    for length in [2, 32] {
        let key = bench.key()?.public_key();
        let add = contract.add_session_for_calls(key, &scoped(list(length, true)));
        row(format!("`add_session_for_calls`, {length} calls"), bench.as_owner(add).await?);
    }
    let (key, _) = bench.register(&limits(vec![])).await?;
    let key = key.public_key();
    for length in [0, 2, 32] {
        let update = contract.add_or_update_session_key(key, &limits(list(length, true)));
        let gas = bench.as_owner(update).await?;
        row(format!("`add_or_update_session_key`, a whitelist of {length}"), gas);
    }
    for (name, call) in [
        ("`set_session_fee_limit`", contract.set_session_fee_limit(key, FEE_LIMIT)),
        ("`remove_session_fee_limit`", contract.remove_session_fee_limit(key)),
        ("`set_spending_policy`", contract.set_spending_policy(key, token::STRK, &most())),
        ("`remove_spending_policy`", contract.remove_spending_policy(key, token::STRK)),
        ("`revoke_session`", contract.revoke_session(key)),
        ("`revoke_all_sessions`", contract.revoke_all_sessions()),
    ] {
        row(name.to_owned(), bench.as_owner(call).await?);
    }
    Ok(Table { title: "What the owner does to sessions", rows })
}

async fn deploying(bench: &Bench) -> Result<Table> {
    let chain = &bench.chain;
    let key = SigningKey::from_secret_scalar(UNFUNDED_SALT);
    let node = chain.node.clone();
    let account =
        Counterfactual::new(node, chain.chain_id, chain.class_hash, key, UNFUNDED_SALT).await;
    chain.devnet.mint(account.address(), MINTED).await?;
    let itself = Gas::from(&account.deploy().await?);
    let row = |name: &str, one| Row { name: name.to_owned(), one, four: None };
    let rows = vec![row("through the UDC", bench.deployment), row("by itself", itself)];
    Ok(Table { title: "Deployment", rows })
}

/// `length` selectors, among which `transfer` stands first, or last.
fn list(length: u64, first: bool) -> Vec<Felt> {
    let transfer = selector("transfer");
    let others = (2..=length).map(Felt::from);
    match (length, first) {
        (0, _) => vec![],
        (_, true) => [transfer].into_iter().chain(others).collect(),
        (_, false) => others.chain([transfer]).collect(),
    }
}

/// A policy that nothing here exhausts.
fn most() -> SpendingLimits {
    SpendingLimits {
        max_per_call: 1_000_u64.into(),
        max_per_window: 1_000_000_u64.into(),
        window_seconds: 86_400,
    }
}
