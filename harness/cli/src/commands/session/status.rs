//! `session status`: what is left of a session, and what it may do.

use clap::Args;
use starknet_rust::core::types::Felt;

use super::description::Description;
use crate::commands::abis::Abis;
use crate::commands::account;
use crate::commands::answer::{Answer, Printer};
use crate::commands::chain::Chain;
use crate::commands::exit::Failure;
use crate::commands::options::{Globals, NodeOptions, StoreOptions};
use crate::commands::settings::Settings;
use crate::commands::state::State;
use crate::commands::store::Store;
use crate::commands::value::hexadecimal;

/// Show what is left of a session, what it may call and spend, and what a thief of its key could take
///
/// Only the account's events hold what the session may call: if the node does not show them in full, the
/// command calls the list unknown. It needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session status --network devnet")]
pub struct Status {
    /// The session's public key [default: the only one in --sessions]
    #[arg(value_parser = hexadecimal)]
    session_key: Option<Felt>,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    node: NodeOptions,
}

impl Status {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let store = Store::new(&self.store, &self.node.profile);
        let session_key = store.choose(self.session_key, globals, &self.node).await?;
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let described = Description::of(&chain, &contract, session_key).await?;
        let mut abis = Abis::new(&chain);
        let state = State::of(&contract, session_key).await?;
        let said = match state {
            State::Active => "an active session of this account",
            State::Expired => "a session of this account that has expired",
            State::UsedUp => "a session of this account without calls left",
            State::Ended => {
                "a session of this account that has ended: its owner or its own key ended it"
            }
            State::NeverRegistered => {
                "no session: as far as the node's events show, this key was never registered on this account"
            }
            State::Unknown => {
                "no session of this account: the node does not give its events, which would show whether there \
                 was one"
            }
        };
        let answer = described
            .tell(Answer::new(said).felt("account", contract.address()), &mut abis)
            .await
            .data("state", state.name())
            .data("chain_time", described.now)
            .with("key_is_here", store.holds(session_key));
        Printer { json: globals.json }.print(described.warn(answer, &mut abis).await)
    }
}
