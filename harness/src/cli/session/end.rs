use clap::Args;
use starknet_rust_core::types::Felt;

use super::actor::Actor;
use crate::cli::account;
use crate::cli::answer::Answer;
use crate::cli::exit::Failure;
use crate::cli::options::{Globals, SessionActOptions};
use crate::cli::store::Store;
use crate::cli::transaction::Desk;
use crate::cli::value::hexadecimal;

/// End a session with its own key
///
/// A logout without the owner's key: whatever its list, a session may revoke itself, with that call
/// alone, and uses up one of its calls by it. The account pays, within the session's fee limit; under
/// the limit 0 it works through a relayer only, which --payer names. A relayer can drop what it is
/// given: `session status` shows whether the session has ended, and `session revoke` is the owner's
/// way. A session that has expired or has no calls left cannot end itself, and need not. Does nothing
/// if it has ended. The key's file stays.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session end --network devnet")]
pub struct End {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    #[command(flatten)]
    act: SessionActOptions,
}

impl End {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let SessionActOptions { store, password, node, payer, fee } = self.act;
        let store = Store::new(&store);
        let session_key = store.choose(self.session_key)?;
        let desk = Desk::open(globals, &node, fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let answer = |said: String| {
            Answer::new(said).felt("session_key", session_key).felt("account", contract.address())
        };

        let data = contract.session_data(session_key).await?;
        let inert = if data.max_calls == 0 {
            Some("already ended, or never registered: nothing was sent")
        } else if desk.chain.now().await? > data.valid_until {
            Some("already expired, so that it can do nothing more: nothing was sent")
        } else if data.calls_used >= data.max_calls {
            Some("already without calls, so that it can do nothing more: nothing was sent")
        } else {
            None
        };
        if let Some(said) = inert {
            return desk.printer.print(answer(said.to_owned()));
        }

        let actor = Actor {
            desk: &desk,
            contract: &contract,
            store: &store,
            session_key,
            valid_until: data.valid_until,
            without_fees: "name a --payer that submits its end, or have the owner `session revoke` it",
        };
        let calls = vec![contract.revoke_session(session_key)];
        let sent = actor.act("end the session", calls, &password, &payer).await?;
        sent.print(desk.printer, answer(sent.said("ended")))
    }
}
