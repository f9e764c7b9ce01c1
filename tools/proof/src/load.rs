//! Measures how many session transactions in a second a devnet executes, and what memory that takes.
//!
//! Several accounts work at the same time. The sessions of an account take turns, since its transactions
//! share its nonce. [`work`] is the work of one account, [`process`] reads the memory and time of this
//! process.

mod process;
mod work;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use session_client::class::{self, Meter};
use tokio::task::JoinSet;
use url::Url;

use crate::chain::Chain;
use work::{Spent, Worker};

#[derive(Args)]
pub struct Options {
    /// How transactions reach the account
    #[arg(long, value_enum, default_value_t = Route::Plain)]
    route: Route,

    /// Accounts that work at the same time
    #[arg(long, default_value_t = 1)]
    accounts: u32,

    /// Sessions of each account, which take turns
    #[arg(long, default_value_t = 1)]
    sessions: u32,

    /// Transactions in all
    #[arg(long, default_value_t = 500)]
    transactions: u32,

    /// Use the devnet that serves JSON-RPC there, instead of an embedded one
    #[arg(long, value_name = "URL")]
    rpc: Option<Url>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Route {
    /// Sent by the account, which pays
    Plain,
    /// Signed for outside execution, and submitted by a relayer of each account's own
    Relayed,
}

pub async fn run(options: Options) -> Result<()> {
    let artifact = class::session_account()?;
    let chain = match options.rpc {
        Some(url) => Chain::at(url, &artifact).await?,
        None => Chain::start(&artifact).await?,
    };
    if chain.meter == Meter::CairoSteps {
        println!(
            "This chain knew the class as one of an older Sierra, and meters it in Cairo steps: \
             networks, which meter it in Sierra gas, charge otherwise."
        );
    }
    let mut workers = vec![];
    for _ in 0..options.accounts.max(1) {
        let relayed = options.route == Route::Relayed;
        workers.push(Worker::new(&chain, options.sessions.max(1), relayed).await?);
    }

    let each = options.transactions.div_ceil(options.accounts.max(1)).div_ceil(QUARTERS);
    println!("{HEADINGS}\n{:>76.1}", process::resident()?);
    for _ in 0..QUARTERS {
        let (start, before) = (Instant::now(), process::processor()?);
        let mut running = JoinSet::new();
        for mut worker in workers.drain(..) {
            running.spawn(async move {
                let spent = worker.work(each).await;
                (worker, spent)
            });
        }
        let mut total = Spent::default();
        while let Some(done) = running.join_next().await {
            let (worker, spent) = done.context("a worker panicked")?;
            total += spent?;
            workers.push(worker);
        }
        print(&total, start.elapsed(), process::processor()? - before)?;
    }
    Ok(())
}

/// The number of lines that are printed, so that growing memory is visible from one to the next.
const QUARTERS: u32 = 4;
/// The columns. CPU is the processor's time and the next four are real time, all in milliseconds for each
/// transaction.
const HEADINGS: &str =
    "transactions  a second      CPU     sign    nonce     send  receipt     RSS MiB";

fn print(spent: &Spent, elapsed: Duration, processor: Duration) -> Result<()> {
    let count = f64::from(spent.transactions);
    let each = |time: Duration| time.as_secs_f64() * 1_000.0 / count;
    println!(
        "{:>12} {:>9.1} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>11.1}",
        spent.transactions,
        count / elapsed.as_secs_f64(),
        each(processor),
        each(spent.sign),
        each(spent.nonce),
        each(spent.send),
        each(spent.receipt),
        process::resident()?,
    );
    Ok(())
}
