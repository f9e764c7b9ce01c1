//! `session create`: a new session key, in a keystore of its own.

use clap::Args;

use crate::commands::answer::{Answer, Outcome, Printer};
use crate::commands::exit::Failure;
use crate::commands::options::{Globals, ProfileOptions, SessionPasswordOptions, StoreOptions};
use crate::commands::store::Store;

/// Make a session key and store it, encrypted
///
/// The command sends nothing. Make a fresh key for every session.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session create")]
pub struct Create {
    /// Print the private key too. Whoever sees it, in a terminal's history or a log, can do everything that
    /// the session may do
    #[arg(long)]
    print_private_key: bool,

    #[command(flatten)]
    profile: ProfileOptions,
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    password: SessionPasswordOptions,
}

impl Create {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (key, path) = Store::new(&self.store, &self.profile).create(&self.password)?;
        let mut answer = Answer::new("created")
            .was(Outcome::Done)
            .felt("session_key", key.public_key())
            .with("keystore", path.display().to_string());
        if self.print_private_key {
            answer = answer.with("private_key", key.reveal().as_str());
        }
        Printer { json: globals.json }.print(answer)
    }
}
