//! Watches a session for changes.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, stream};
use starknet_rust::core::types::{AddressFilter, BlockId, EventFilter, Felt};
use starknet_rust::providers::Provider;
use tokio::time::sleep;

use super::Session;
use crate::contract::SessionEvents;
use crate::error::Result;
use crate::node::NEXT_BLOCK;
use crate::state::State;

/// How many events one request asks for.
const PAGE: u64 = 100;
/// How many pages of events are searched for the transaction that ended a session; a node may return pages
/// without end.
const MAX_PAGES: usize = 100;

/// How often a session is read, and when it counts as about to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watching {
    /// The pause between two reads of the session; by default 5 s.
    pub interval: Duration,
    /// How long before its end a session counts as about to end; by default 10 minutes.
    pub before_end: Duration,
    /// The number of calls left at which a session counts as about to run out; by default 3.
    pub last_calls: u32,
}

impl Watching {
    /// Sets the pause between two reads of the session.
    #[must_use]
    pub const fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Sets how long before its end a session counts as about to end.
    #[must_use]
    pub const fn with_before_end(self, before_end: Duration) -> Self {
        Self { before_end, ..self }
    }

    /// Sets the number of calls left at which a session counts as about to run out.
    #[must_use]
    pub const fn with_last_calls(self, last_calls: u32) -> Self {
        Self { last_calls, ..self }
    }
}

impl Default for Watching {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            before_end: Duration::from_secs(600),
            last_calls: 3,
        }
    }
}

/// A change of a session.
///
/// ```
/// use session_client::Change;
///
/// assert!(Change::AboutToEnd { seconds_left: 60 }.asks_for_renewal());
/// assert!(Change::Expired.is_end());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The session was used.
    Used {
        /// Transactions left.
        calls_left: u32,
    },
    /// The session ends soon: it is time to [renew](Session::renew) it.
    AboutToEnd {
        /// The time until its end, in seconds.
        seconds_left: u64,
    },
    /// The session has few calls left: it is time to [renew](Session::renew) it.
    AboutToRunOut {
        /// Transactions left.
        calls_left: u32,
    },
    /// The owner changed the session's fee limit or spending policies; [`Session::state`] reads them.
    Limited,
    /// The session's last second has passed. No change follows.
    Expired,
    /// The session has no calls left. No change follows.
    RanOut,
    /// The session was revoked, by the owner or with its own key. No change follows.
    Revoked {
        /// The transaction that ended it, if the node's events show it.
        transaction: Option<Felt>,
    },
}

impl Change {
    /// Says whether the session has ended with this change.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Expired | Self::RanOut | Self::Revoked { .. })
    }

    /// Says whether the session should be [renewed](Session::renew) now.
    #[must_use]
    pub const fn asks_for_renewal(self) -> bool {
        matches!(self, Self::AboutToEnd { .. } | Self::AboutToRunOut { .. })
    }
}

impl Session {
    /// Returns a stream of the session's changes, each of them once. The stream ends when the session has
    /// ended.
    ///
    /// The account's views show what changed. The node's events are read only for the transaction that
    /// revoked the session, so a node without events is enough. If a read fails, the stream yields the
    /// error and continues. Times are those of the chain's blocks.
    ///
    /// ```no_run
    /// # async fn example(session: session_client::Session) {
    /// use futures_util::{StreamExt, pin_mut};
    /// use session_client::Watching;
    ///
    /// let changes = session.watch(Watching::default());
    /// pin_mut!(changes);
    /// while let Some(change) = changes.next().await {
    ///     println!("{change:?}");
    /// }
    /// # }
    /// ```
    pub fn watch(&self, watching: Watching) -> impl Stream<Item = Result<Change>> + Send + use<> {
        let watch = Watch {
            session: self.clone(),
            watching,
            seen: None,
            first_block: None,
            newest: 0,
            changes: VecDeque::new(),
            has_ended: false,
        };
        stream::unfold(watch, |mut watch| async move {
            watch.next().await.map(|change| (change, watch))
        })
    }
}

/// The state of a stream of changes.
struct Watch {
    session: Session,
    watching: Watching,
    /// The result of the last read; `None` before the first.
    seen: Option<Seen>,
    /// The first block whose events may show the session's end.
    first_block: Option<u64>,
    /// The time of the newest block that was seen, in Unix seconds.
    newest: u64,
    changes: VecDeque<Change>,
    has_ended: bool,
}

/// The result of one read.
struct Seen {
    state: State,
    is_about_to_end: bool,
    is_about_to_run_out: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Result<Change>> {
        loop {
            if let Some(change) = self.changes.pop_front() {
                self.has_ended = change.is_end();
                return Some(Ok(change));
            }
            if self.has_ended {
                return None;
            }
            if self.seen.is_some() {
                sleep(self.watching.interval).await;
            }
            if let Err(error) = self.look().await {
                // After an error the stream pauses too, so that a caller who polls at once does not
                // flood the node.
                sleep(self.watching.interval).await;
                return Some(Err(error));
            }
        }
    }

    /// Reads the session once, and queues the changes since the last read.
    async fn look(&mut self) -> Result<()> {
        let node = self.session.node();
        if self.first_block.is_none() {
            self.first_block = Some(node.block_number().await?);
        }
        let contract = self.session.contract();
        let now = node.now().await?;
        // A node that is behind the one that answered last time shows an older state, and no change.
        if now < self.newest {
            return Ok(());
        }
        self.newest = now;
        let state = contract.state_without_list(self.session.public_key()).await?;
        match state.filter(|it| it.valid_until == self.session.valid_until()) {
            Some(state) => self.compare(state, now),
            None => {
                let transaction = self.ending().await;
                self.changes.push_back(Change::Revoked { transaction });
            }
        }
        Ok(())
    }

    fn compare(&mut self, state: State, now: u64) {
        let seconds_left = state.valid_until.saturating_sub(now);
        let calls_left = state.calls_left;
        let is_about_to_end = seconds_left <= self.watching.before_end.as_secs();
        let is_about_to_run_out = calls_left <= self.watching.last_calls;
        let seen = self.seen.as_ref();
        let changed = |is: bool, was: fn(&Seen) -> bool| is && !seen.is_some_and(was);

        if seen.is_some_and(|it| it.state.calls_left != calls_left) {
            self.changes.push_back(Change::Used { calls_left });
        }
        if seen.is_some_and(|it| is_limited_anew(&it.state, &state)) {
            self.changes.push_back(Change::Limited);
        }
        if now > state.valid_until {
            self.changes.push_back(Change::Expired);
        } else if calls_left == 0 {
            self.changes.push_back(Change::RanOut);
        } else {
            if changed(is_about_to_end, |it| it.is_about_to_end) {
                self.changes.push_back(Change::AboutToEnd { seconds_left });
            }
            if changed(is_about_to_run_out, |it| it.is_about_to_run_out) {
                self.changes.push_back(Change::AboutToRunOut { calls_left });
            }
        }
        self.seen = Some(Seen { state, is_about_to_end, is_about_to_run_out });
    }

    /// Finds the transaction of the last event that ended the session; `None` if the node does not show it.
    async fn ending(&self) -> Option<Felt> {
        let names = SessionEvents::new();
        let key = self.session.public_key();
        let filter = EventFilter {
            from_block: self.first_block.map(BlockId::Number),
            to_block: Some(NEXT_BLOCK),
            address: Some(AddressFilter::Single(self.session.contract().address())),
            keys: Some(vec![names.endings()]),
        };
        let mut page = None;
        let mut found = None;
        for _ in 0..MAX_PAGES {
            let events = self.session.node().get_events(filter.clone(), page, PAGE).await.ok()?;
            for event in &events.events {
                if names.ends(event, key) {
                    found = Some(event.transaction_hash);
                }
            }
            page = events.continuation_token;
            if page.is_none() || found.is_some() {
                break;
            }
        }
        found
    }
}

/// Says whether the owner changed the session's fee limit or spending policies.
fn is_limited_anew(before: &State, after: &State) -> bool {
    let limits = |state: &State| -> Vec<_> {
        let of = |(token, policy): &(Felt, crate::contract::SpendingPolicy)| {
            (*token, policy.max_per_call, policy.max_per_window, policy.window_seconds)
        };
        state.policies.iter().map(of).collect()
    };
    before.fee_limit != after.fee_limit || limits(before) != limits(after)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::{StreamExt, pin_mut};
    use serde_json::json;

    use super::*;
    use crate::felt::selector;
    use crate::key::SessionKey;
    use crate::node::Node;
    use crate::server::{Asked, Reply, Server};

    /// Makes a session and a node. `at` gives, for the read with this number (counted from 1), the
    /// block's time and the session's calls left; `None` if the session is gone.
    async fn seen(
        at: impl Fn(usize) -> (u64, Option<u32>) + Send + Sync + 'static,
    ) -> (Session, Server) {
        let looks = AtomicUsize::new(0);
        let server = Server::new(move |asked: &Asked| {
            let is_of =
                |name: &str| asked.params.to_string().contains(&format!("{:#x}", selector(name)));
            let calls_left = at(looks.load(Ordering::SeqCst)).1;
            Reply::Result(match (asked.method.as_str(), calls_left) {
                ("starknet_chainId", _) => json!("0x1"),
                ("starknet_blockNumber", _) => json!(7),
                ("starknet_getBlockWithTxHashes", _) => json!({
                    "block_number": 8, "sequencer_address": "0x1",
                    "timestamp": at(looks.fetch_add(1, Ordering::SeqCst) + 1).0,
                    "l1_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l2_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l1_data_gas_price": { "price_in_fri": "0x1", "price_in_wei": "0x1" },
                    "l1_da_mode": "BLOB", "starknet_version": "0.14.3", "transactions": [],
                }),
                ("starknet_getEvents", _) => json!({ "events": [], "continuation_token": "more" }),
                // `None`, as Cairo serializes it.
                _ if is_of("get_session_fee_limit") => json!(["0x1"]),
                _ if is_of("get_spending_tokens") => json!(["0x0"]),
                (_, Some(left)) if is_of("get_session_status") => {
                    json!(["0x1", "0xffff", format!("{left:#x}"), "0x0"])
                }
                (_, Some(_)) => json!(["0xffff", "0x9", "0x0", "0x0"]),
                (_, None) => json!(["0x0", "0x0", "0x0", "0x0"]),
            })
        })
        .await;
        let node = Node::connect(server.url.parse().unwrap()).await.unwrap();
        (Session::new(node, Felt::from(0xacc), SessionKey::generate(), 0xffff), server)
    }

    fn watching() -> Watching {
        Watching { interval: Duration::from_millis(1), ..Watching::default() }
    }

    #[tokio::test]
    async fn a_node_whose_events_have_no_end_does_not_hide_the_end_of_a_session() {
        let (session, server) = seen(|_| (9, None)).await;
        let changes = session.watch(watching());
        pin_mut!(changes);
        let ended = changes.next().await.unwrap().unwrap();
        assert_eq!(ended, Change::Revoked { transaction: None });
        assert!(changes.next().await.is_none());
        assert_eq!(server.count("starknet_getEvents"), MAX_PAGES);
    }

    /// Network scenario 23.
    #[tokio::test]
    async fn a_node_that_is_behind_the_one_before_does_not_end_a_session() {
        let (session, _server) = seen(|look| match look {
            0 | 1 => (9, Some(9)),
            2 => (5, None),
            _ => (10, Some(8)),
        })
        .await;
        let changes = session.watch(watching());
        pin_mut!(changes);
        let used = changes.next().await.unwrap().unwrap();
        assert_eq!(used, Change::Used { calls_left: 8 });
    }
}
