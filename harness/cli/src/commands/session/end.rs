//! `session end`: a session ends itself, with its own key.

use std::time::Duration;

use clap::Args;
use session_client::{SessionContract, SessionData};
use starknet_rust::core::types::Felt;
use tokio::time::sleep;

use super::actor::{Actor, Deed};
use crate::commands::answer::{Answer, Outcome};
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{Globals, SessionActOptions};
use crate::commands::transaction::Desk;
use crate::commands::value::hexadecimal;

/// How often to look for a session that the node does not show.
const LOOKS: usize = 3;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// End a session with its own key
///
/// This is a logout without the owner's key: whatever its list, a session may revoke itself, by a batch of
/// that one call. It uses one of the session's calls. The account pays, within the session's fee limit; with
/// the limit 0 only a relayer can send it, which --payer names. A relayer may drop the message: `session
/// status` shows whether the session has ended, and the owner can run `session revoke`. A session that has
/// expired or has no calls left cannot end itself, and can do no harm. The command does nothing if the
/// session has ended. It does not delete the key's file.
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
        let mut actor = Actor::open(globals, self.session_key, self.act).await?;
        actor.desk = actor.desk.for_ending();
        let Actor { desk, contract, session_key, .. } = &actor;
        let session_key = *session_key;
        let answer = |said: String| {
            Answer::new(said).felt("session_key", session_key).felt("account", contract.address())
        };

        let calls = vec![contract.revoke_session(session_key)];
        if let Some(sent) = actor.resume(&calls, true).await? {
            let answer = actor.told_payer(&sent, answer(sent.said("ended")));
            return sent.print(desk.printer, answer);
        }
        let mut data = newest(desk, contract, session_key).await?;
        if data.max_calls == 0 {
            // An ending that is not yet in a block does not count.
            desk.in_block(contract.address(), "get_session_data", &[session_key]).await?;
            data = newest(desk, contract, session_key).await?;
        }
        // Newer blocks cannot change either of these.
        let inert = if data.max_calls == 0 {
            Some(("ended", "already ended: nothing was sent"))
        } else if desk.chain.now().await? > data.valid_until {
            Some(("expired", "already expired, so that it can do nothing more: nothing was sent"))
        } else if data.calls_used >= data.max_calls {
            Some((
                "used_up",
                "already without calls, so that it can do nothing more: nothing was sent",
            ))
        } else {
            None
        };
        if let Some((state, said)) = inert {
            let answer = answer(said.to_owned()).was(Outcome::Unchanged);
            return desk.printer.print(answer.data("state", state));
        }

        let without_fees =
            "name a --payer that submits its end, or have the owner `session revoke` it";
        let words = "end the session";
        let deed = Deed { words, calls, without_fees, is_ending: true, is_beside: false };
        let sent = actor.act(deed, data.valid_until).await?;
        sent.print(desk.printer, actor.told_payer(&sent, answer(sent.said("ended"))))
    }
}

/// Reads the session, whose end the signature needs and only the account knows. The answer that there is no
/// session is believed only after several looks, since each may reach another node, and only if the node is
/// not behind and its events show that there was one.
async fn newest(
    desk: &Desk,
    contract: &SessionContract,
    session_key: Felt,
) -> Result<SessionData, Failure> {
    let mut data = contract.session_data(session_key).await?;
    for _ in 1..LOOKS {
        if data.max_calls != 0 {
            return Ok(data);
        }
        sleep(PAUSE).await;
        data = contract.session_data(session_key).await?;
    }
    if data.max_calls != 0 {
        return Ok(data);
    }
    let why = match (desk.chain.behind().await?, contract.registered(0).await) {
        (Some(behind), _) => format!("is {behind}"),
        (None, Ok(registered)) if registered.contains_key(&session_key) => return Ok(data),
        (None, Ok(_)) => "shows no registration of it either, so that it may be behind".to_owned(),
        (None, Err(error)) => format!("does not show its events: {error}"),
    };
    let what = format!("the node shows no such session, and {why}: nothing was sent");
    let remedy = "if the key was never registered, there is nothing to end; else ask another node, or have \
                  the owner `session revoke` it";
    Err(Failure::new(Kind::Network, what).remedy(remedy))
}
