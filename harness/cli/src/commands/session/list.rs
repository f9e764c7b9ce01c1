//! `session list`: the account's sessions.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::{Value, json};
use session_client::{Error, Shown as Found};
use starknet_rust::core::types::Felt;

use super::description::{Description, Registered};
use super::shown::Shown;
use crate::commands::abis::Abis;
use crate::commands::account;
use crate::commands::answer::{Answer, Printer, hex};
use crate::commands::chain::Chain;
use crate::commands::exit::{Failure, Kind};
use crate::commands::options::{Globals, NodeOptions, StoreOptions};
use crate::commands::settings::Settings;
use crate::commands::state::State;
use crate::commands::store::Store;
use crate::commands::table::Table;

/// The index of the column of a session's end.
const ENDS: usize = 1;
/// The index of the column of what a session may call.
const MAY_CALL: usize = 4;
/// How many digits of a long hash are shown at its beginning and at its end. They tell who is paid, so they are
/// too many for somebody to find another address that has the same ones.
const FIRST: usize = 16;
const LAST: usize = 8;

/// List the account's sessions: what each may call and spend, and what a thief of its key could take
///
/// The list has the sessions that the account ever registered, by its events, and those whose keys are in the
/// folder. Only events hold what a session may call: if the node's events do not show a session's whole list,
/// the command calls the list unknown. If the node gives no events at all, it shows the sessions whose keys
/// are in the folder, and fails. It needs no key.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  session-harness session list --network devnet")]
pub struct List {
    /// Show sessions that have ended too
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

        let unanswered = |error| account::unanswered(&contract, error);
        if registered.is_empty() {
            // The account never had a session, or is of a class that has none.
            contract.session_data(Felt::ZERO).await.map_err(unanswered)?;
        }
        let mut keys: BTreeSet<Felt> = registered.keys().copied().collect();
        keys.extend(store.list()?);
        let mut rows: Vec<Value> = Vec::new();
        let mut table =
            Table::new(&["session", "ends", "left", "fee limit", "may call", "may spend", "key"]);
        let mut worst = Vec::new();
        let mut unknown = 0_usize;
        let mut abis = Abis::new(&chain);
        let now = chain.now().await?;
        for key in keys {
            let status = contract.session_status(key).await.map_err(unanswered)?;
            if !status.is_active && !self.all {
                continue;
            }
            let data = contract.session_data(key).await?;
            // The account shows 0 in every field of a session that was ended.
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
            let is_here = store.holds(key);
            let mut cells = described.cells(is_here, &mut abis).await;
            // Events from a later block on do not show whether a key was registered before it.
            let was_registered = match registered.contains_key(&key) {
                true => Some(true),
                false if missing.is_none() && self.from_block == 0 => Some(false),
                false => None,
            };
            let state = State::from(&data, status.is_active, was_registered);
            if described.session.is_none() {
                cells[ENDS] = vec![state.words().to_owned()];
            }
            // Pinned values are cut, since `session status` shows all their digits; keys are not, since other
            // commands need them whole.
            cells[MAY_CALL].iter_mut().for_each(|line| *line = shortened(line));
            table.push(cells);
            if let Some(told) = described.worst(&mut abis).await {
                worst.push(shortened(&format!("{}: {told}", hex(key))));
            }
            let data = described.data(&mut abis).await.into_iter();
            let data =
                data.chain([("state", json!(state.name())), ("key_is_here", json!(is_here))]);
            rows.push(data.map(|(name, value)| (name.to_owned(), value)).collect());
        }
        if unknown != 0 && missing.is_none() {
            printer.warn(
                "the node does not keep all of the account's events: there may be sessions that are \
                 not shown; `is_call_allowed` of the account answers for any call",
            );
        }
        let said = match (table.is_empty(), self.all) {
            (true, true) => "no sessions",
            (true, false) => "no active sessions",
            (false, true) => "sessions",
            (false, false) => "active sessions",
        };
        let mut answer = Answer::new(said).felt("account", contract.address());
        if !table.is_empty() {
            answer = answer.told("sessions", table);
        }
        for told in worst {
            answer = answer.told("if_this_key_is_stolen", told);
        }
        let is_complete = missing.is_none() && unknown == 0 && self.from_block == 0;
        printer.print(answer.data("sessions", rows).data("is_complete", is_complete))?;
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

/// Cuts each hash in `text`: `0x49d36570d4e46f48…b938dc7b`.
fn shortened(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(part.len());
        let (digits, rest) = part.split_at(end);
        let digits = digits.trim_start_matches('0');
        short.push_str("0x");
        match digits.len().checked_sub(LAST).filter(|at| *at > FIRST + 1) {
            Some(at) => short.push_str(&format!("{}…{}", &digits[..FIRST], &digits[at..])),
            None => short.push_str(if digits.is_empty() { "0" } else { digits }),
        }
        short.push_str(rest);
    }
    short
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_cut_short_and_short_ones_stay() {
        let long = hex(Felt::MAX);
        let text =
            format!("a(to@0 = {}), {}, {long}: 0x", hex(Felt::from(0xbeef)), hex(Felt::ZERO));
        assert_eq!(shortened(&text), "a(to@0 = 0xbeef), 0x0, 0x8000000000000110…00000000: 0x0");
        assert_eq!(shortened("5 STRK"), "5 STRK");
    }
}
