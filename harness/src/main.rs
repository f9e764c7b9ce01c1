//! The demo of the session account, on the command line.

mod demo;

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use url::Url;

use demo::{Host, Report};

/// Shows a session key's whole life on a devnet, one line a step.
///
/// Declares the session account, deploys it, registers sessions, uses them, tries to break each of
/// their limits, revokes them, and upgrades. Every line says what was tried, what came back, the L2
/// gas used and the transaction's hash. The exit code is 0 only if every step did what it should.
///
/// Logs go to stderr: errors alone, unless RUST_LOG says otherwise.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Cli {
    /// Use the devnet that serves JSON-RPC there, instead of an embedded one
    ///
    /// Its clock is moved ahead by some hours, and its first account pays.
    #[arg(long, value_name = "URL", env = "STARKNET_RPC_URL", hide_env_values = true)]
    rpc: Option<Url>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    match run(cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every step did what it should.
async fn run(Cli { rpc, json }: Cli) -> anyhow::Result<bool> {
    let host = Host::choose(rpc)?;
    let mut report = if json { Report::json() } else { Report::lines() };
    demo::run(host, &mut report).await;
    report.finish().context("cannot write the report")
}

fn log_to_stderr() {
    let filter = env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::ERROR)))
        .with(lines)
        .init();
}
