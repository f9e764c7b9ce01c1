//! What is claimed of the account, measured and attacked: `gas`, `mutants` and `load`.

mod chain;
mod gas;
mod load;
mod mutants;

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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Gas(options) => gas::run(options).await,
        Command::Mutants(options) => mutants::run(options),
        Command::Load(options) => load::run(options).await,
    }
}
