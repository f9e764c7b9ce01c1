use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};
use session_harness::name::selector;
use session_harness::{Error, SessionContract};
use starknet_rust_core::types::{AddressFilter, BlockId, EventFilter, Felt};
use starknet_rust_providers::Provider;

use crate::cli::account;
use crate::cli::answer::{Answer, Printer, hex};
use crate::cli::chain::{Chain, NEXT_BLOCK, Node};
use crate::cli::exit::{Failure, Kind};
use crate::cli::options::{Globals, NodeOptions, StoreOptions};
use crate::cli::settings::Settings;
use crate::cli::store::Store;

const PAGE: u64 = 500;
/// A node that never comes to an end is not believed.
const MAX_PAGES: usize = 2_000;

/// List the account's sessions
///
/// Those that the account ever registered, as its events tell, and those whose keys are here.
/// Needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session list --network devnet")]
pub struct List {
    /// Show those that have ended too
    #[arg(long)]
    all: bool,

    /// Read events from this block on: public nodes can be slow to read them all
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    from_block: u64,

    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    node: NodeOptions,
}

impl List {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let store = Store::new(&self.store);
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let mut keys = registered(&chain, contract.address(), self.from_block).await?;
        keys.extend(store.list()?);
        let mut rows: Vec<Value> = Vec::new();
        for key in keys {
            let status = contract.session_status(key).await?;
            if status.is_active || self.all {
                rows.push(json!({
                    "session_key": hex(key),
                    "is_active": status.is_active,
                    "valid_until": status.valid_until,
                    "remaining_calls": status.remaining_calls,
                    "key_is_here": store.holds(key),
                }));
            }
        }
        let said = if self.all { "sessions" } else { "active sessions" };
        Printer { json: globals.json }
            .print(Answer::new(said).felt("account", contract.address()).with("sessions", rows))
    }
}

/// The account's sessions that have not ended.
pub async fn active(chain: &Chain, contract: &SessionContract<Node>) -> Result<Vec<Felt>, Failure> {
    let mut active = Vec::new();
    for key in registered(chain, contract.address(), 0).await? {
        if contract.session_data(key).await?.max_calls != 0 {
            active.push(key);
        }
    }
    Ok(active)
}

/// Every key that `account` says it registered.
async fn registered(
    chain: &Chain,
    account: Felt,
    from_block: u64,
) -> Result<BTreeSet<Felt>, Failure> {
    let filter = EventFilter {
        from_block: Some(BlockId::Number(from_block)),
        to_block: Some(NEXT_BLOCK),
        address: Some(AddressFilter::Single(account)),
        keys: Some(vec![vec![selector("SessionKeyAdded")]]),
    };
    let mut keys = BTreeSet::new();
    let mut token = None;
    for _ in 0..MAX_PAGES {
        let page = chain.node.get_events(filter.clone(), token, PAGE).await.map_err(Error::from)?;
        keys.extend(page.events.iter().filter_map(|event| event.keys.get(1)));
        token = page.continuation_token;
        if token.is_none() {
            return Ok(keys);
        }
    }
    Err(Failure::new(Kind::Network, "the node's list of events has no end")
        .remedy("give --from-block, or another node"))
}
