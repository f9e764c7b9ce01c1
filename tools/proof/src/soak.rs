//! Sends payments of several accounts, sessions and processes through the simulated network, while faults
//! occur and processes are killed. At the end each payment must have been made once or not at all, and the
//! process that made it must know which.

mod ledger;
mod plan;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fastrand::Rng;
use session_client::felt::selector;
use session_client::token::{STRK, balance};
use session_client::{AllowedCall, Fri, Grant, SessionContract, SessionKey, class};
use session_devnet::faults::Faults;
use session_devnet::network::{Pace, Settings};
use starknet_rust::core::types::{BlockId, BlockTag, Felt};
use starknet_rust::providers::Provider;
use starknet_rust::signers::SigningKey;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::chain::{Chain, END};
use ledger::{End, Known, Ledger};
use plan::{Intent, Payer, Plan};

/// The shortest life of a process, and how much longer it may live, until it is killed.
const SHORTEST_LIFE: Duration = Duration::from_secs(6);
const LONGER: Duration = Duration::from_secs(14);
/// The longest time without a payment that ends, after which the soak fails.
const STANDSTILL: Duration = Duration::from_secs(240);
/// How long the network continues at the end, in its own time.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// The funds of each account for fees and payments, in FRI: 10,000 STRK.
const FUNDS: u128 = 10_000_000_000_000_000_000_000;
/// The fee limit of the sessions, in FRI: 10 STRK.
const FEE_LIMIT: Fri = Fri(10_000_000_000_000_000_000);

#[derive(Args)]
pub struct Options {
    /// Payments in all
    #[arg(long, default_value_t = 10_000)]
    transactions: u32,

    /// Accounts that pay, each by sessions of its own
    #[arg(long, default_value_t = 4)]
    accounts: u32,

    /// Sessions of each account
    #[arg(long, default_value_t = 4)]
    sessions: u32,

    /// Processes, of which each uses every account and session
    #[arg(long, default_value_t = 3)]
    processes: u32,

    /// The seed of the faults, the dropped blocks, the prices and the kills
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// What goes wrong, and how often: see docs/network.md
    #[arg(long, default_value = "some")]
    faults: Faults,

    /// The network's speed: this many times real time. A block takes 3 s of the network's time
    #[arg(long, default_value_t = 3.0)]
    speed: f64,

    /// Kill no process
    #[arg(long)]
    no_kills: bool,
}

/// The arguments of a process of the soak.
#[derive(Args)]
pub struct WorkerOptions {
    /// The file with the plan
    plan: PathBuf,
}

pub async fn work(options: WorkerOptions) -> Result<()> {
    worker::run(&options.plan).await
}

pub async fn run(options: Options) -> Result<()> {
    let start = Instant::now();
    let folder = tempfile::tempdir()?;
    let mut chain = Chain::start(&class::session_account()?).await?;
    let payers = payers(&chain, &options).await?;
    let settings = Settings::default()
        .at_pace(Pace::Times(options.speed))
        .with_seed(options.seed)
        .dropping(options.faults.dropped)
        .closing(options.faults.closed);
    let network = chain.stage.become_network(settings).await?;
    let before = nonces(&chain, &payers).await?;
    let (node, proxy) = chain.stage.behind(options.faults.decide(options.seed)).await?;
    let plans = plans(&options, &payers, &node, folder.path())?;
    println!(
        "{} payments of {} accounts with {} sessions each, by {} processes; seed {}, {:.0} s to set up",
        options.transactions,
        options.accounts,
        options.sessions,
        options.processes,
        options.seed,
        start.elapsed().as_secs_f64(),
    );

    let start = Instant::now();
    let kills = carry_out(&plans, &options).await?;
    let time = start.elapsed();
    // A transaction that still waited somewhere would be included now.
    network.pass(AFTERWARDS).await;
    let found = verdict(&chain, &plans, &payers, &before).await?;

    let mut faults: Vec<_> = proxy.counts().into_iter().collect();
    faults.sort_by_key(|(fault, _)| format!("{fault:?}"));
    let wrong: u64 = faults.iter().map(|(_, count)| count).sum();
    for (fault, count) in faults {
        println!("{count:>8}  {fault:?}");
    }
    println!(
        "{} paid once, {} reverted and paid nothing, {} signed more than once; {wrong} faults, {kills} \
         kills; {:.0} s, {:.1} payments a second",
        found.paid,
        found.reverted,
        found.signed_again,
        time.as_secs_f64(),
        f64::from(options.transactions) / time.as_secs_f64(),
    );
    Ok(())
}

/// Deploys the accounts, gives them funds, and registers their sessions.
async fn payers(chain: &Chain, options: &Options) -> Result<Vec<Payer>> {
    let mut payers = Vec::new();
    for _ in 0..options.accounts.max(1) {
        let (owned, _) = chain.deploy(SigningKey::from_random()).await?;
        let account = owned.contract.address();
        let funds = session_client::token::transfer(STRK, account, FUNDS);
        crate::chain::send(chain.stage.payer(), vec![funds]).await?;
        for _ in 0..options.sessions.max(1) {
            let key = SessionKey::generate();
            let private_key = Felt::from_hex(&key.reveal())?;
            let transfers = AllowedCall::new(STRK, selector("transfer"));
            let grant = Grant::for_calls([transfers])
                .until(END)
                .max_calls(options.transactions * 2)
                .fee_limit(FEE_LIMIT);
            owned.owner.register(key, &grant).await?;
            payers.push(Payer { account, private_key, valid_until: END });
        }
    }
    Ok(payers)
}

/// Writes one plan for each process. Returns the plans with their paths.
fn plans(
    options: &Options,
    payers: &[Payer],
    node: &url::Url,
    folder: &Path,
) -> Result<Vec<(PathBuf, Plan)>> {
    let processes = options.processes.max(1);
    (0..processes)
        .map(|process| {
            let its = (0..options.transactions).filter(|id| id % processes == process);
            // The next process begins with the next session, so that every process uses every account.
            let intents =
                its.map(|id| Intent { id, session: id as usize % payers.len() }).collect();
            let plan = Plan {
                node: node.clone(),
                journal: folder.join("journal"),
                ledger: folder.join(format!("ledger-{process}")),
                at_once: payers.len(),
                payers: payers.to_vec(),
                intents,
            };
            let path = folder.join(format!("plan-{process}.json"));
            fs::write(&path, serde_json::to_vec(&plan)?)?;
            Ok((path, plan))
        })
        .collect()
}

/// Runs the processes until all are done. Now and then it kills one of them and starts it again. Returns
/// how many were killed.
async fn carry_out(plans: &[(PathBuf, Plan)], options: &Options) -> Result<u32> {
    let mut rng = Rng::with_seed(options.seed);
    let mut processes: Vec<Option<Child>> = Vec::new();
    for (path, _) in plans {
        processes.push(Some(begin(path)?));
    }
    // The first kill comes early, so that even a short run has one.
    let (mut kills, mut next_kill) = (0, Instant::now() + SHORTEST_LIFE / 2);
    let (mut ended, mut moved) = (0, Instant::now());
    while processes.iter().any(Option::is_some) {
        sleep(Duration::from_millis(200)).await;
        for process in &mut processes {
            let Some(child) = process else { continue };
            if let Some(status) = child.try_wait()? {
                ensure!(status.success(), "a process failed: {status}");
                *process = None;
            }
        }
        let now = ends(plans)?;
        if now > ended {
            (ended, moved) = (now, Instant::now());
        }
        if moved.elapsed() > STANDSTILL {
            for process in processes.iter_mut().flatten() {
                process.kill().await?;
            }
            bail!("{ended} of {} payments ended, and then none", options.transactions);
        }
        if options.no_kills || Instant::now() < next_kill {
            continue;
        }
        next_kill = Instant::now() + life(&mut rng);
        let victim = rng.usize(0..processes.len());
        if let Some(child) = &mut processes[victim] {
            child.kill().await?;
            kills += 1;
            processes[victim] = Some(begin(&plans[victim].0)?);
        }
    }
    Ok(kills)
}

fn begin(plan: &Path) -> Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg("soak-worker").arg(plan).stdin(Stdio::null()).kill_on_drop(true);
    command.spawn().context("a process does not start")
}

fn life(rng: &mut Rng) -> Duration {
    SHORTEST_LIFE + LONGER.mul_f64(rng.f64())
}

fn ends(plans: &[(PathBuf, Plan)]) -> Result<usize> {
    let mut ends = 0;
    for (_, plan) in plans {
        ends += Ledger::read(&plan.ledger)?.values().filter(|it| !it.ends.is_empty()).count();
    }
    Ok(ends)
}

/// What the chain shows at the end.
#[derive(Default)]
struct Found {
    paid: u32,
    reverted: u32,
    signed_again: u32,
}

/// Compares what each process wrote with what the chain has: the balance of each payment's recipient, and
/// the calls that each session has left.
async fn verdict(
    chain: &Chain,
    plans: &[(PathBuf, Plan)],
    payers: &[Payer],
    before: &BTreeMap<Felt, Felt>,
) -> Result<Found> {
    let node = chain.stage.node();
    let mut found = Found::default();
    let mut used: BTreeMap<usize, u32> = BTreeMap::new();
    let mut reverted = BTreeSet::new();
    let mut landed: BTreeMap<Felt, u32> = BTreeMap::new();
    for (_, plan) in plans {
        let ledger = Ledger::read(&plan.ledger)?;
        for intent in &plan.intents {
            let known = ledger.get(&intent.id).cloned().unwrap_or_default();
            let Known { hashes, ends } = known;
            let holds = balance(node, STRK, intent.recipient()).await?;
            *landed.entry(payers[intent.session].account).or_default() += 1;
            match ends[..] {
                [End::Paid] => {
                    ensure!(
                        holds == intent.amount(),
                        "payment {} of {} is said to be made, and its recipient holds {holds}",
                        intent.id,
                        intent.amount()
                    );
                    found.paid += 1;
                    *used.entry(intent.session).or_default() += 1;
                }
                [End::Reverted] => {
                    ensure!(holds == 0, "payment {} reverted, and was made", intent.id);
                    reverted.insert(intent.session);
                    found.reverted += 1;
                }
                [] => bail!("nobody knows how payment {} ended", intent.id),
                _ => bail!("payment {} ended {} times", intent.id, ends.len()),
            }
            found.signed_again += u32::from(hashes.len() > 1);
        }
    }
    for (index, payer) in payers.iter().enumerate() {
        let key = SessionKey::from_private_key(payer.private_key)?.public_key();
        let state = SessionContract::new(payer.account, node.clone()).state(key).await?;
        let state = state.with_context(|| format!("session {index} is gone"))?;
        let used = used.get(&index).copied().unwrap_or_default();
        let left = state.max_calls - used;
        ensure!(
            state.calls_left == left || reverted.contains(&index),
            "session {index} has {} calls left, and {left} by its payments",
            state.calls_left
        );
    }
    // Each transaction uses one nonce, so the nonces show whether there was a transaction that nobody
    // knows.
    for (account, after) in nonces(chain, payers).await? {
        let used = after - before.get(&account).copied().unwrap_or_default();
        let known = landed.get(&account).copied().unwrap_or_default();
        ensure!(
            used == known.into(),
            "{account:#x} made {used} transactions, of which {known} are known"
        );
    }
    Ok(found)
}

/// Returns the nonce of each account after the last block.
async fn nonces(chain: &Chain, payers: &[Payer]) -> Result<BTreeMap<Felt, Felt>> {
    let mut nonces = BTreeMap::new();
    for Payer { account, .. } in payers {
        let latest = BlockId::Tag(BlockTag::Latest);
        nonces.insert(*account, chain.stage.node().get_nonce(latest, *account).await?);
    }
    Ok(nonces)
}
