use clap::Args;
use session_client::SessionContract;
use starknet_rust::core::types::Felt;

use crate::commands::account;
use crate::commands::answer::Answer;
use crate::commands::exit::Failure;
use crate::commands::options::{ActOptions, Globals, StoreOptions};
use crate::commands::owner::Owner;
use crate::commands::store::Store;
use crate::commands::transaction::Desk;
use crate::commands::value::hexadecimal;

/// End a session with the owner's key
///
/// On logout, or when something smells; an app logs out without the owner's key by `session end`. If
/// the session's key may be in other hands, name a --payer: a thief can use up the account's nonces
/// and so delay the account's own transactions. Sends nothing if the session has ended, or never was;
/// if it ends meanwhile, the account takes the transaction and writes nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session revoke --network devnet")]
pub struct Revoke {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    act: ActOptions,
}

impl Revoke {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let session_key = Store::new(&self.store).choose(self.session_key)?;
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let answer = |said: String| {
            Answer::new(said).felt("session_key", session_key).felt("account", contract.address())
        };

        if contract.session_data(session_key).await?.max_calls == 0 {
            let said = "already ended, or never registered: nothing was sent".to_owned();
            return desk.printer.print(answer(said));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.revoke_session(session_key)];
        let sent = owner.send(&desk, "revoke the session", calls).await?;
        sent.print(desk.printer, answer(sent.said("revoked")))
    }
}

/// End every session of the account at once
///
/// At a cost that does not grow with their number. Does nothing if there is none.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session revoke-all --network devnet")]
pub struct RevokeAll {
    /// Send it even if the account's events tell of no session
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    act: ActOptions,
}

impl RevokeAll {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let desk = Desk::open(globals, &self.act.node, self.act.fee).await?;
        let contract = account::open(&desk.settings, &desk.chain).await?;
        let answer = |said: String| Answer::new(said).felt("account", contract.address());

        if !self.force && active(&contract).await?.is_empty() {
            let said = "no session to revoke: nothing was sent".to_owned();
            return desk.printer.print(answer(said));
        }
        let owner = Owner::open(&desk, &self.act.owner, Some(&self.act.payer)).await?;
        let calls = vec![contract.revoke_all_sessions()];
        let sent = owner.send(&desk, "revoke all sessions", calls).await?;
        sent.print(desk.printer, answer(sent.said("all revoked")))
    }
}

/// Returns the account's sessions that have not ended.
async fn active(contract: &SessionContract) -> Result<Vec<Felt>, Failure> {
    let mut active = Vec::new();
    for key in contract.registered(0).await?.into_keys() {
        if contract.session_data(key).await?.max_calls != 0 {
            active.push(key);
        }
    }
    Ok(active)
}
