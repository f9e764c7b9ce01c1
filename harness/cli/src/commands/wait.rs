//! `wait`: looks again for a transaction that was sent.

use clap::Args;
use session_client::Status;
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
/// Needs no key. One that was sent from here, and that the node does not know any more, is sent again: the
/// same bytes pay once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness wait --network devnet \"$TRANSACTION\"")]
pub struct Wait {
    /// The transaction's hash
    #[arg(value_parser = hexadecimal)]
    transaction: Felt,

    /// Do not wait for it: the account's next transaction may take its place. It is refused if the node
    /// knows the transaction
    #[arg(long)]
    give_up: bool,

    #[command(flatten)]
    node: NodeOptions,
}

impl Wait {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let printer = Printer { json: globals.json };
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let ours = chain.node.submission(self.transaction)?;
        if self.give_up {
            let Some(submission) = ours else {
                return Err(Failure::usage(
                    format!("{:#066x} is not open: nothing is to be given up", self.transaction),
                    "see what is open in the folder `journal` of --deployments",
                ));
            };
            submission.give_up().await?;
            let answer = Answer::new("given up: the account's next transaction may take its place");
            return printer.print(answer.felt("transaction", self.transaction));
        }
        if let Some(submission) = &ours
            && submission.is_kept()
            && submission.status().await? == Status::Unknown
        {
            submission.resend().await?;
            printer.note(format!("sent again, the same bytes: {:#066x}", self.transaction));
        }
        let outcome =
            progress::wait_for(&chain.node, self.transaction, settings.wait, printer).await?;
        let sent = Sent::Included(outcome.succeeded()?);
        sent.print(printer, Answer::new("included, and it succeeded"))
    }
}
