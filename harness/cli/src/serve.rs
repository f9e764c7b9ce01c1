//! The command `serve`: runs a sandbox for SDK teams until Ctrl-C.

mod info_file;

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use session_devnet::faults::Faults;
use session_devnet::network;
use session_sandbox::{DEFAULT_PORT, Dialect, Info, Sandbox, Settings};
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::path;
use info_file::InfoFile;

/// The flags of `serve`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness serve
  session-harness serve --accounts 5 --seed 1 --port 8080 --info /tmp/sandbox.json
  session-harness serve --realistic --faults 429=0.05,lost-answer=0.02")]
pub struct Serve {
    /// How many session accounts to deploy and fund
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    accounts: u8,

    /// The number from which the accounts' keys are made and the faults are chosen: the same seed gives the
    /// same
    #[arg(long, default_value_t = 0)]
    seed: u32,

    /// The port to listen on; 0 for any free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,

    /// The address of this machine to listen at instead of the loopback interface, such as 0.0.0.0 for phones
    /// and containers. Whoever reaches this address may use the sandbox
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,

    /// Which JSON the paymaster uses: SNIP-29's own, or that of AVNU's paymaster
    #[arg(long, value_enum, default_value_t = Paymaster::Snip29)]
    paymaster: Paymaster,

    /// The Unix time at which the chain's clock starts, in seconds, instead of now
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<u64>,

    /// Put a gateway, a mempool and blocks in front of the chain that behave like a real network's: see
    /// docs/network.md
    #[arg(long)]
    realistic: bool,

    /// How long a block of the realistic network takes
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = block_time, requires = "realistic")]
    block_time: Duration,

    /// The error codes with which the realistic network's gateway refuses transactions
    #[arg(long, value_enum, default_value_t = Codes::Gateway, requires = "realistic")]
    codes: Codes,

    /// Which faults happen between the realistic network and its clients, and how often: `some`, or a list
    /// such as `429=0.1,lost-answer=0.05,dropped=0.2`
    #[arg(long, value_name = "LIST", default_value = "", requires = "realistic")]
    faults: Faults,

    /// The file to which the sandbox writes what a client needs. The file is removed at the end. Only a file
    /// that a sandbox wrote is overwritten
    #[arg(long, value_name = "FILE", default_value = "sandbox.json", value_parser = path())]
    info: PathBuf,
}

/// Which JSON the paymaster uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Paymaster {
    /// SNIP-29's own
    Snip29,
    /// AVNU's: its forwarder is the caller, times are numbers, the error codes are AVNU's, and a sponsored
    /// transaction needs an API key
    Avnu,
}

impl Serve {
    /// Serves until Ctrl-C, or SIGTERM.
    pub async fn run(self, json: bool) -> anyhow::Result<()> {
        let network = self.network();
        let Self { accounts, seed, port, host, paymaster, time, info, .. } = self;
        let file = InfoFile::reserve(info)?;
        let paymaster = match paymaster {
            Paymaster::Snip29 => Dialect::Snip29,
            Paymaster::Avnu => Dialect::Avnu,
        };
        let settings =
            Settings { accounts, seed, host, port, paymaster, start_time: time, network };
        let sandbox = Sandbox::open(settings).await?;

        if let Some(host) = host.filter(|it| !it.is_loopback()) {
            eprintln!(
                "warning: the sandbox listens at {host}: whoever reaches this machine there may use it, and \
                 its keys are no secrets. Other machines connect to this one's own address, port {}",
                port_of(sandbox.info())
            );
        }
        let text = serde_json::to_string_pretty(sandbox.info())?;
        let file = file.write(&text)?;
        let shown =
            if json { writeln!(io::stdout(), "{text}") } else { show(sandbox.info(), file.path()) };
        // An error of the output is ignored, since a client that reads the file does not need it.
        let _ = shown;

        stopped().await.context("cannot wait for Ctrl-C")?;
        sandbox.stop().await;
        file.remove()
    }
}

impl Serve {
    /// Returns the network to put in front of the chain, if `--realistic` asks for it.
    fn network(&self) -> Option<(network::Settings, Faults)> {
        let Self { seed, realistic, block_time, codes, faults, .. } = self;
        let codes = match codes {
            Codes::Gateway => network::Codes::Gateway,
            Codes::Devnet => network::Codes::Devnet,
        };
        let settings = network::Settings::default()
            .with_blocks_of(*block_time)
            .with_seed((*seed).into())
            .with_codes(codes);
        realistic.then(|| (settings, faults.clone()))
    }
}

/// The error codes in which the gateway refuses.
#[derive(ValueEnum, Debug, Clone, Copy)]
enum Codes {
    /// As on a network: 52, 55 and 63 for nearly everything, in changed texts
    Gateway,
    /// As on a devnet: also 28, 51 and 54, in unchanged texts
    Devnet,
}

/// Reads the duration of a block. It is at least 60 ms, so that a devnet can make the block in time.
fn block_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}: write `3s`"))?;
    let bounds = Duration::from_millis(60)..=Duration::from_secs(600);
    if bounds.contains(&time) { Ok(time) } else { Err("a block takes 60 ms to 10 min".to_owned()) }
}

/// Reads the time at which the clock starts. No session can end at 2^40 or later, so that no session could be
/// registered on such a chain.
fn seconds(text: &str) -> Result<u64, String> {
    let time = text.parse::<u64>().map_err(|error| error.to_string())?;
    if time < 1 << 40 {
        Ok(time)
    } else {
        Err("the time is in Unix seconds, and below 2^40: is this in milliseconds?".to_owned())
    }
}

fn port_of(info: &Info) -> &str {
    info.page_url.trim_end_matches('/').rsplit(':').next().unwrap_or_default()
}

/// Waits for Ctrl-C, or for SIGTERM, which `kill` and containers send.
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
    writeln!(out, "All of this is in {}. Ctrl-C stops.", file.display())?;
    out.flush()
}
