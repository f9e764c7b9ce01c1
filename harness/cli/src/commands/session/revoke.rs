//! `session revoke` and `revoke-all`: the owner ends sessions.

use std::time::Duration;

use clap::Args;
use session_client::SessionContract;
use starknet_rust::core::types::Felt;
use tokio::time::timeout;

use crate::commands::answer::Answer;
use crate::commands::exit::Failure;
use crate::commands::options::{ActOptions, Globals, StoreOptions};
use crate::commands::owner::Owner;
use crate::commands::store::Store;
use crate::commands::transaction::Desk;
use crate::commands::value::hexadecimal;

/// For how long the command looks for what there is to end. It only reports this.
const LOOK: Duration = Duration::from_secs(5);

/// End a session with the owner's key
///
/// Use it on logout, or when you suspect something; an app logs out without the owner's key by `session end`.
/// If somebody else may have the session's key, name a --payer: a thief can use the account's nonces, and so
/// delay the account's own transactions. The command sends the revocation whatever the node shows of the
/// session, because a node may be behind. If the session has ended, the account accepts the revocation, at a
/// fee, and changes nothing. It refuses only a key that was never registered.
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
        let store = Store::new(&self.store, &self.act.node.profile);
        let session_key = store.choose(self.session_key, globals, &self.act.node).await?;
        let ActOptions { node, owner, payer, fee } = self.act;
        let desk = Desk::open(globals, &node, fee).await?.for_ending();
        let owner = Owner::for_ending(&desk, &owner, &payer).await?;
        let contract = owner.account.contract();
        let look = async {
            let data = contract.session_data(session_key).await?;
            Ok(usize::from(data.max_calls != 0))
        };
        let before = before(&desk, look).await;
        let calls = vec![contract.revoke_session(session_key)];
        let sent = owner.end(&desk, "revoke the session", calls).await?;
        let answer = Answer::new(sent.said("revoked"))
            .felt("session_key", session_key)
            .felt("account", contract.address());
        sent.print(desk.printer, owner.told_payer(&sent, tell(answer, before)))
    }
}

/// End every session of the account at once
///
/// The cost does not grow with their number. The command sends it whatever the node shows, because the node
/// may keep no old events, or be behind.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session revoke-all --network devnet")]
pub struct RevokeAll {
    #[command(flatten)]
    act: ActOptions,
}

impl RevokeAll {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let ActOptions { node, owner, payer, fee } = self.act;
        let desk = Desk::open(globals, &node, fee).await?.for_ending();
        let owner = Owner::for_ending(&desk, &owner, &payer).await?;
        let contract = owner.account.contract();
        let before = before(&desk, active(&contract)).await;
        let calls = vec![contract.revoke_all_sessions()];
        let sent = owner.end(&desk, "revoke all sessions", calls).await?;
        let answer = Answer::new(sent.said("all revoked")).felt("account", contract.address());
        sent.print(desk.printer, owner.told_payer(&sent, tell(answer, before)))
    }
}

/// Returns how many sessions that have not ended `look` finds. If it fails or takes long, this warns and
/// returns `None`, since the revocation must not wait for it.
async fn before(desk: &Desk, look: impl Future<Output = Result<usize, Failure>>) -> Option<usize> {
    let why = match timeout(LOOK, look).await {
        Ok(Ok(count)) => return Some(count),
        Ok(Err(failure)) => failure.what().to_owned(),
        Err(_) => format!("no answer in {} s", LOOK.as_secs()),
    };
    desk.printer.warn(format!("the node does not show what there is to end: {why}"));
    None
}

fn tell(answer: Answer, before: Option<usize>) -> Answer {
    let told = match before {
        Some(0) => "the node showed no session".to_owned(),
        Some(1) => "the node showed 1 session that had not ended".to_owned(),
        Some(count) => format!("the node showed {count} sessions that had not ended"),
        None => "not known".to_owned(),
    };
    answer.told("before", told).data("sessions_before", before)
}

/// Counts the account's sessions that have not ended.
async fn active(contract: &SessionContract) -> Result<usize, Failure> {
    let mut active = 0;
    for key in contract.registered(0).await?.into_keys() {
        if contract.session_data(key).await?.max_calls != 0 {
            active += 1;
        }
    }
    Ok(active)
}
