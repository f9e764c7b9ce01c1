use clap::Args;
use starknet_rust::core::types::Felt;

use super::actor::Actor;
use crate::commands::answer::Answer;
use crate::commands::exit::Failure;
use crate::commands::options::{Globals, SessionActOptions};
use crate::commands::value::hexadecimal;

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
        let actor = Actor::open(globals, self.session_key, self.act).await?;
        let Actor { desk, contract, session_key, .. } = &actor;
        let session_key = *session_key;
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

        let calls = vec![contract.revoke_session(session_key)];
        let without_fees =
            "name a --payer that submits its end, or have the owner `session revoke` it";
        let sent = actor.act("end the session", calls, data.valid_until, without_fees).await?;
        sent.print(desk.printer, answer(sent.said("ended")))
    }
}
