//! `wait`: looks again for a transaction that was sent.

use clap::Args;
use starknet_rust::core::types::Felt;

use super::answer::{Answer, Printer};
use super::chain::Chain;
use super::exit::Failure;
use super::options::{Globals, NodeOptions};
use super::progress;
use super::settings::Settings;
use super::transaction::Sent;
use super::value::hexadecimal;

/// Wait for a transaction that was sent before
///
/// Needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness wait --network devnet \"$TRANSACTION\"")]
pub struct Wait {
    /// The transaction's hash
    #[arg(value_parser = hexadecimal)]
    transaction: Felt,

    #[command(flatten)]
    node: NodeOptions,
}

impl Wait {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let printer = Printer { json: globals.json };
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let outcome =
            progress::wait_for(&chain.node, self.transaction, settings.wait, printer).await?;
        let sent = Sent::Included(outcome.succeeded()?);
        sent.print(printer, Answer::new("included, and it succeeded"))
    }
}
