//! Proves what is claimed of the account: `gas` and `load` measure, `mutants` and `soak` attack, and
//! `record` writes down the long runs.

mod chain;
mod gas;
mod load;
mod mutants;
mod page;
mod programs;
mod record;
mod soak;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure what transactions cost, and write it into docs/gas.md
    Gas(gas::Options),
    /// Take each defence out of the contract, and see which test notices
    Mutants(mutants::Options),
    /// Measure transactions a second, and memory
    Load(load::Options),
    /// Pay through a network where things go wrong, and count what arrived
    Soak(soak::Options),
    /// Make the long runs, and write what they showed into docs/record.json and docs/audit.md
    Record(record::Options),
    /// Run one process of the soak; `soak` starts it
    #[command(hide = true)]
    SoakWorker(soak::WorkerOptions),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Gas(options) => gas::run(options).await,
        Command::Mutants(options) => mutants::run(options),
        Command::Load(options) => load::run(options).await,
        Command::Soak(options) => soak::run(options).await,
        Command::Record(options) => record::run(options),
        Command::SoakWorker(options) => soak::work(options).await,
    }
}
