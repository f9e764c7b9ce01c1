//! The commands of a deployer: declaring, deploying and operating the account on a real network.
//!
//! A command resolves its [`settings`], connects to a [`chain`], asks it what is already so, and has
//! the [`owner`] or a session send what is missing, by way of a [`transaction::Desk`]. What it says
//! is an [`answer`]; how it fails is an [`exit`] code with a sentence.

mod abis;
mod account;
mod acting;
mod allow;
mod answer;
mod ask;
mod caps;
mod chain;
mod class;
mod clock;
mod completions;
mod declare;
mod deploy;
mod deployments;
mod devnet;
mod doctor;
mod ending;
mod environment;
mod exit;
mod hint;
mod intent;
mod journal;
mod kept;
mod keys;
mod options;
mod owner;
mod paths;
mod policy;
mod profile;
mod session;
mod settings;
mod state;
mod store;
mod table;
mod terminal;
mod trace;
mod transaction;
mod units;
mod upgrade;
mod value;
mod verify;
mod wait;

use std::process::ExitCode;

use clap::{CommandFactory, Subcommand};

pub use environment::without_empty;
pub use exit::CODES;
pub use options::Globals;
#[cfg(feature = "devnet")]
pub use paths::path;

/// What a deployer can do.
#[derive(Subcommand, Debug)]
pub enum Command {
    Declare(declare::Declare),
    Deploy(deploy::Deploy),
    #[command(subcommand)]
    Session(session::Session),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Owner(owner::OwnerCommand),
    Upgrade(upgrade::Upgrade),
    Doctor(doctor::Doctor),
    Verify(verify::Verify),
    Wait(wait::Wait),
    Completions(completions::Completions),
}

/// Says that --rpc names no URL.
pub fn no_url(error: &url::ParseError, json: bool) -> ExitCode {
    let what = format!("the node's URL is none: {error}");
    exit::Failure::usage(what, "write it as https://…, after --rpc or in STARKNET_RPC_URL")
        .tell(json, false)
}

impl Command {
    /// Does it; `C` is the whole command line, for completions.
    pub async fn run<C: CommandFactory>(self, globals: &Globals) -> ExitCode {
        let done = match self {
            Self::Declare(declare) => declare.run(globals).await,
            Self::Deploy(deploy) => deploy.run(globals).await,
            Self::Session(session) => session.run(globals).await,
            Self::Policy(policy) => policy.run(globals).await,
            Self::Owner(owner) => owner.run(globals).await,
            Self::Upgrade(upgrade) => upgrade.run(globals).await,
            Self::Doctor(doctor) => doctor.run(globals).await,
            Self::Verify(verify) => verify.run(globals).await,
            Self::Wait(wait) => wait.run(globals).await,
            Self::Completions(completions) => completions.run::<C>(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.tell(globals.json, globals.is_verbose),
        }
    }
}
