//! The command line: the demo of the session account, and the commands for deployers.

mod commands;
mod demo;
mod files;
#[cfg(feature = "devnet")]
mod serve;

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use clap::parser::ValueSource;
#[cfg(feature = "devnet")]
use clap::{ArgMatches, error::ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use url::Url;

use commands::{CODES, Globals};
use demo::{Host, Report};

/// Session keys on Starknet: a demo, and commands that deploy and use the account on a real network.
///
/// Without a command, the demo runs. Logs go to stderr; only errors are logged, unless RUST_LOG says
/// otherwise.
#[derive(Parser)]
#[command(version, after_help = CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// URL of the node's JSON-RPC
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "STARKNET_RPC_URL",
        hide_env_values = true
    )]
    rpc: Option<String>,

    /// Print JSON: one object, or in the demo one object per line
    #[arg(long, global = true)]
    json: bool,

    /// Tell all that a node says of what it refuses, and not its last cause alone
    #[arg(long, global = true)]
    verbose: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show a session key's whole life on a devnet, one line per step
    ///
    /// Declares the session account, deploys it, registers sessions, uses them, tries to break each
    /// of their limits, revokes them, and upgrades. Every line says what was tried, what came back,
    /// the L2 gas used and the transaction's hash. The exit code is 0 only if every step had the
    /// expected result.
    ///
    /// With --rpc the demo uses a devnet that runs already, moves its clock ahead by some hours, and
    /// pays from its first account. Without --rpc it starts an embedded devnet, whatever
    /// STARKNET_RPC_URL says.
    #[command(verbatim_doc_comment)]
    Demo,

    /// Serve a chain, accounts and a paymaster for trying an SDK's sessions, until Ctrl-C
    ///
    /// One port of the loopback interface serves Starknet's JSON-RPC and WebSocket, a SNIP-29 paymaster,
    /// Chipi's endpoints for sessions, and a page that shows what happened.
    #[cfg(feature = "devnet")]
    Serve(serve::Serve),

    #[command(flatten)]
    Deployer(Box<commands::Command>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let matches = commands::without_empty(Cli::command()).get_matches();
    let is_rpc_typed = matches.value_source("rpc") == Some(ValueSource::CommandLine);
    let Cli { command, rpc, json, verbose } =
        Cli::from_arg_matches(&matches).unwrap_or_else(|it| it.exit());
    #[cfg(feature = "devnet")]
    refuse_a_node_to_serve(&matches);
    log_to_stderr();
    // The demo moves the node's clock and spends, so it never uses a node that only the environment names.
    let is_demo = matches!(command, None | Some(Command::Demo));
    let rpc = rpc.filter(|_| is_rpc_typed || !is_demo);
    // Clap does not parse the URL, because its error would quote it, and the URL may hold a provider's key.
    let rpc = match rpc.map(|url| Url::parse(&url)).transpose() {
        Ok(rpc) => rpc,
        Err(error) => return commands::no_url(&error, json),
    };
    match command.unwrap_or(Command::Demo) {
        #[cfg(feature = "devnet")]
        Command::Serve(serve) => match serve.run(json).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
        Command::Demo => match demo(rpc, json).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
        Command::Deployer(command) => {
            command.run::<Cli>(&Globals { rpc, json, is_verbose: verbose }).await
        }
    }
}

/// Ends the process if `serve` is given a node by `--rpc`, since it starts a chain of its own. A node that
/// only the environment names is meant for other commands and for Chipi's SDKs, so `serve` ignores it.
#[cfg(feature = "devnet")]
fn refuse_a_node_to_serve(matches: &ArgMatches) {
    let Some(("serve", serve)) = matches.subcommand() else { return };
    if serve.value_source("rpc") == Some(ValueSource::CommandLine) {
        let told = "serve starts a chain of its own and takes no --rpc: leave it out. The demo takes --rpc, \
                    for a devnet that runs elsewhere";
        Cli::command().error(ErrorKind::ArgumentConflict, told).exit();
    }
}

/// Runs the demo. Returns whether every step had the expected result.
async fn demo(rpc: Option<Url>, json: bool) -> anyhow::Result<bool> {
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
