use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::{Value, json};
use session_client::{Error, Shown as Found};
use starknet_rust::core::types::Felt;

use super::description::{Description, Registered};
use super::shown::Shown;
use crate::commands::abis::Abis;
use crate::commands::account;
use crate::commands::answer::{Answer, Printer};
use crate::commands::chain::Chain;
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{Globals, NodeOptions, StoreOptions};
use crate::commands::settings::Settings;
use crate::commands::store::Store;

/// List the account's sessions: what each may call and spend, and what a thief of its key could take
///
/// Those that the account ever registered, as its events tell, and those whose keys are here. What a
/// session may call stands in events alone: a list that the node's events do not show in full is
/// called unknown, and if the node gives no events at all, the sessions whose keys are here are shown
/// and the command fails. Needs no key.
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
        let store = Store::new(&self.store, &self.node.profile);
        let settings = Settings::resolve(globals, &self.node)?;
        let chain = Chain::connect(&settings).await?;
        let contract = account::open(&settings, &chain).await?;
        let printer = Printer { json: globals.json };
        let (registered, missing) = match contract.registered(self.from_block).await {
            Ok(registered) => (registered, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };

        let mut keys: BTreeSet<Felt> = registered.keys().copied().collect();
        keys.extend(store.list()?);
        let mut rows: Vec<Value> = Vec::new();
        let mut unknown = 0_usize;
        let mut abis = Abis::new(&chain);
        let now = chain.now().await?;
        for key in keys {
            let status = contract.session_status(key).await?;
            if !status.is_active && !self.all {
                continue;
            }
            let data = contract.session_data(key).await?;
            // Of a session that was ended all is zero.
            let session = (data.max_calls != 0).then(|| Registered {
                is_active: status.is_active,
                valid_until: status.valid_until,
                max_calls: data.max_calls,
                calls_left: status.remaining_calls,
                allowed_len: status.allowed_len,
                list: shown_of(&registered, missing.as_ref(), key, status.allowed_len),
            });
            unknown += usize::from(
                session.as_ref().is_some_and(|it| matches!(it.list, Shown::Unknown(_))),
            );
            let described = Description::with(&chain, &contract, key, session, now).await?;
            let mut row = described.row(&mut abis).await;
            row.insert("key_is_here".to_owned(), json!(store.holds(key)));
            rows.push(Value::Object(row));
        }
        if unknown != 0 && missing.is_none() {
            printer.warn(
                "the node does not keep all of the account's events: there may be sessions that are \
                 not shown; `is_call_allowed` of the account answers for any call",
            );
        }
        let said = if self.all { "sessions" } else { "active sessions" };
        printer.print(
            Answer::new(said)
                .felt("account", contract.address())
                .with("sessions", rows)
                .with("is_complete", missing.is_none() && unknown == 0 && self.from_block == 0),
        )?;
        match missing {
            None => Ok(()),
            Some(why) => Err(Failure::new(
                Kind::Network,
                format!(
                    "the node does not give the account's events ({why}): only the sessions whose \
                     keys are here are shown"
                ),
            )
            .remedy("give --from-block, or another node")),
        }
    }
}

/// Returns what is known of the list of `key`.
fn shown_of(
    registered: &BTreeMap<Felt, Found>,
    missing: Option<&Error>,
    key: Felt,
    allowed_len: u32,
) -> Shown {
    match missing {
        Some(error) if allowed_len != 0 => Shown::unknown(error),
        _ => match registered.get(&key).cloned().unwrap_or_default().whole(allowed_len) {
            Ok(allowed) => Shown::Whole(allowed),
            Err(error) => Shown::unknown(&error),
        },
    }
}
