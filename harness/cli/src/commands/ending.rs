//! Counts the sessions that end when the account as a whole changes, and asks whether that is meant.

use session_client::network::Network;
use session_client::{Error, SessionContract};

use super::ask;
use super::exit::Failure;
use super::transaction::Desk;

/// The number of sessions that end; `None` if the node does not give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending(pub Option<usize>);

impl Ending {
    /// Counts the active sessions of the account.
    pub async fn of(contract: &SessionContract) -> Self {
        let Ok(registered) = contract.registered(0).await else { return Self(None) };
        let mut count = 0;
        for key in registered.into_keys() {
            match contract.session_status(key).await {
                Ok(status) => count += usize::from(status.is_active),
                // This session was registered when the account had another class, and has no views now.
                Err(Error::Refused(_)) => {}
                Err(_) => return Self(None),
            }
        }
        Self(Some(count))
    }

    /// Shows the network, `what` is about to happen and how many sessions end, and asks whether to go on. On
    /// a devnet it asks only if a session ends.
    pub fn agree(self, desk: &Desk, what: &str) -> Result<(), Failure> {
        let sessions = match self.0 {
            Some(0) => "no session ends".to_owned(),
            Some(1) => "1 session ends".to_owned(),
            Some(count) => format!("{count} sessions end"),
            None => "every session ends, and the node does not tell how many there are".to_owned(),
        };
        let network = &desk.chain.network;
        let what = format!("on {network}, {what}: {sessions}");
        desk.printer.note(&what);
        let is_harmless = *network == Network::Devnet && self.0 == Some(0);
        if desk.fee.dry_run || desk.fee.yes || is_harmless {
            return Ok(());
        }
        ask::confirm(&format!("{what}. Go on?"))
    }
}
