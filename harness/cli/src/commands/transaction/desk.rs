//! What all transactions of a command share: the chain, the settings, and the flags for fees.

use std::time::Duration;

use session_client::{Node, Quote};
use starknet_rust::core::types::Felt;

use crate::commands::answer::Printer;
use crate::commands::ask;
use crate::commands::chain::Chain;
use crate::commands::exit::Failure;
use crate::commands::journal::Lenient;
use crate::commands::kept::Other;
use crate::commands::options::{FeeOptions, Globals, NodeOptions};
use crate::commands::settings::Settings;

/// The chain, the settings and the journal for the transactions of one command.
pub struct Desk {
    pub settings: Settings,
    pub chain: Chain,
    pub printer: Printer,
    pub fee: FeeOptions,
}

impl Desk {
    /// Connects to a node of the right network.
    pub async fn open(
        globals: &Globals,
        node: &NodeOptions,
        fee: FeeOptions,
    ) -> Result<Self, Failure> {
        let settings = Settings::resolve(globals, node)?;
        let printer = Printer { json: globals.json };
        let chain = Chain::connect(&settings).await?;
        Ok(Self { settings, chain, printer, fee })
    }

    /// Makes the journal skip entries that it cannot read, for commands that end sessions.
    pub fn for_ending(mut self) -> Self {
        let journal = self.lenient();
        self.chain.node = self.chain.node.with_journal(journal);
        self
    }

    /// Returns the node for what is sent with the account's first unused nonce, whatever is open in the
    /// journal.
    pub fn ahead(&self) -> Node {
        self.chain.node.clone().with_journal(self.lenient().ahead())
    }

    /// Returns what is kept of a transaction that left the journal: the others that had its nonce.
    pub fn others(&self, hash: Felt) -> Vec<Other> {
        self.settings.journal(&self.chain.network).others(hash)
    }

    fn lenient(&self) -> Lenient {
        Lenient::in_folder(self.settings.journal_folder(&self.chain.network), self.printer)
    }

    /// Waits until the last block has what the account answers for `view`: see [`Chain::agrees`].
    pub async fn in_block(&self, account: Felt, view: &str, of: &[Felt]) -> Result<(), Failure> {
        self.chain.agrees(account, view, of, Duration::from_secs(self.settings.wait.timeout)).await
    }

    /// Asks whether the fee may be spent, on networks where that costs money.
    pub fn agree(&self, quote: &Quote) -> Result<(), Failure> {
        let network = &self.chain.network;
        if network.is_dear() && !self.fee.yes {
            ask::confirm(&format!("Spend up to {} on {network}?", quote.most))?;
        }
        Ok(())
    }

    /// Reports what is about to be done and what it costs, and warns if prices may rise above the limit.
    pub fn tell_of(&self, deed: &str, quote: &Quote) {
        self.printer.note(format!("{deed}, on {}: {}", self.chain.name(), told(quote)));
        if quote.is_tight() {
            let room = quote.room;
            self.printer.warn(format!(
                "the limit leaves {room} % above the estimate: if prices rise by more, the transaction \
                 waits, and is dropped after some minutes"
            ));
        }
    }
}

/// Describes what a transaction will cost.
pub fn told(quote: &Quote) -> String {
    format!("estimated at {}, at most {}", quote.estimate, quote.most)
}
