//! The command `serve`: a sandbox for SDK teams, until Ctrl-C.

use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::Value;
use session_devnet::faults::Faults;
use session_devnet::network;
use session_sandbox::{Info, Sandbox, Settings};
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::files;

/// How to serve.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness serve --accounts 5 --seed 1 --port 5060 --info sandbox.json
  session-harness serve --realistic --faults 429=0.05,lost-answer=0.02")]
pub struct Serve {
    /// Session accounts to deploy and fund
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    accounts: u8,

    /// What the accounts' keys are made from: the same seed, the same accounts
    #[arg(long, default_value_t = 0)]
    seed: u32,

    /// The port on the loopback interface; 0 for any free one
    #[arg(long, default_value_t = 5060)]
    port: u16,

    /// Where the chain's clock starts, in Unix seconds, instead of now
    #[arg(long, value_name = "SECONDS")]
    time: Option<u64>,

    /// Put a network before the chain that behaves like a real one: docs/network.md
    #[arg(long)]
    realistic: bool,

    /// How long a block of the realistic network takes
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = block_time, requires = "realistic")]
    block_time: Duration,

    /// What goes wrong between the realistic network and its clients, and how often:
    /// `some`, or a list as `429=0.1,lost-answer=0.05,dropped=0.2`
    #[arg(long, value_name = "LIST", default_value = "", requires = "realistic")]
    faults: Faults,

    /// Write what a client needs to this file; it is removed at the end
    #[arg(long, value_name = "FILE", default_value = "sandbox.json")]
    info: PathBuf,
}

impl Serve {
    /// Serves until Ctrl-C, or SIGTERM.
    pub async fn run(self, json: bool) -> anyhow::Result<()> {
        let Self { accounts, seed, port, time, info: file, .. } = &self;
        let (file, network) = (file.clone(), self.network());
        clear(&file)?;
        let settings =
            Settings { accounts: *accounts, seed: *seed, port: *port, start_time: *time, network };
        let sandbox = Sandbox::open(settings).await?;

        let text = serde_json::to_string_pretty(sandbox.info())?;
        files::replace(&file, text.as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let shown =
            if json { writeln!(io::stdout(), "{text}") } else { show(sandbox.info(), &file) };
        // Who reads the file does not need the output.
        let _ = shown;

        stopped().await.context("cannot wait for Ctrl-C")?;
        sandbox.stop().await;
        remove(&file)
    }
}

impl Serve {
    /// Returns the network to put before the chain, if there is to be one.
    fn network(&self) -> Option<(network::Settings, Faults)> {
        let Self { seed, realistic, block_time, faults, .. } = self;
        let settings = network::Settings::default()
            .with_blocks_of(*block_time)
            .with_seed((*seed).into())
            .dropping(faults.dropped)
            .closing(faults.closed);
        realistic.then(|| (settings, faults.clone()))
    }
}

/// Reads how long a block takes: at least 60 ms, so that a devnet can make it in time.
fn block_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}: write `3s`"))?;
    let bounds = Duration::from_millis(60)..=Duration::from_secs(600);
    if bounds.contains(&time) { Ok(time) } else { Err("a block takes 60 ms to 10 min".to_owned()) }
}

/// Removes what a sandbox that was killed left behind, so that nobody who waits for the file finds it.
fn clear(file: &Path) -> anyhow::Result<()> {
    let left = fs::read(file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let page = left.as_ref().and_then(|left| left["page_url"].as_str()).unwrap_or_default();
    let address = page.trim_start_matches("http://").trim_end_matches('/').parse::<SocketAddr>();
    let serves = address.is_ok_and(|it| it.ip().is_loopback() && TcpStream::connect(it).is_ok());
    ensure!(
        !serves,
        "{} is of a sandbox that still serves {page}: stop it, or choose another --info and --port",
        file.display()
    );
    remove(file)
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Waits for Ctrl-C, or for what `kill` and containers send.
async fn stopped() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = ctrl_c() => done,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    ctrl_c().await
}

fn show(info: &Info, file: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Page       {}", info.page_url)?;
    writeln!(out, "JSON-RPC   {}", info.rpc_url)?;
    writeln!(out, "WebSocket  {}", info.ws_url)?;
    writeln!(out, "Paymaster  {}", info.paymaster_url)?;
    writeln!(out, "Chipi      {}", info.chipi_url)?;
    writeln!(out, "Chain id   {:#x}", info.chain_id)?;
    writeln!(out, "Class      {:#x}", info.class_hash)?;
    writeln!(out, "    meter  {}", info.meter)?;
    for account in &info.accounts {
        writeln!(out, "Account    {:#x}", account.address)?;
        writeln!(out, "    key    {:#x}  (for this sandbox alone)", account.private_key)?;
    }
    writeln!(out, "All of it is in {}. Ctrl-C stops.", file.display())?;
    out.flush()
}
