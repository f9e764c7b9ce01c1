//! The sessions on the chain, found by the events that registered them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use starknet_rust_core::types::{BlockId, EventFilter, Felt};
use starknet_rust_providers::Provider;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::timeout;

use super::names;
use super::relayers::Node;
use crate::contract::SessionContract;
use crate::error::Result;
use crate::name::selector;

/// How many sessions are kept, and how many events are asked for at once.
const SESSIONS: usize = 50;
const EVENTS: u64 = 500;
/// How long an answer is good for.
const FRESH: Duration = Duration::from_millis(500);
/// How long a reading is waited for.
const SOON: Duration = Duration::from_secs(1);

/// A session and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The account.
    pub account: Felt,
    /// The session's public key.
    pub session_key: Felt,
    /// Whether it could sign now.
    pub is_active: bool,
    /// Unix time in seconds.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// Functions that it may call, by name where known; none means any.
    pub allowed: Vec<String>,
}

/// The last sessions that were registered.
#[derive(Debug, Clone)]
pub struct Sessions {
    node: Node,
    events: Arc<Mutex<Events>>,
    latest: watch::Sender<Vec<Session>>,
}

#[derive(Debug, Default)]
struct Events {
    next_block: u64,
    keys: VecDeque<(Felt, Felt)>,
    read: Option<Instant>,
}

impl Sessions {
    /// Of every account on the chain of `node`.
    pub fn new(node: Node) -> Self {
        Self { node, events: Arc::default(), latest: watch::Sender::default() }
    }

    /// The last ones, latest first. However busy the chain is, the answer comes soon: then it is
    /// that of before.
    pub async fn latest(&self) -> Vec<Session> {
        // One reading at a time: whoever comes meanwhile gets the last one.
        if let Ok(events) = self.events.clone().try_lock_owned()
            && events.read.is_none_or(|at| at.elapsed() > FRESH)
        {
            let sessions = self.clone();
            let reading = tokio::spawn(async move { sessions.read(events).await });
            let _ = timeout(SOON, reading).await;
        }
        self.latest.borrow().clone()
    }

    async fn read(&self, mut events: OwnedMutexGuard<Events>) {
        if let Err(error) = self.read_events(&mut events).await {
            tracing::warn!(%error, "the sessions cannot be read");
        }
        let mut sessions = Vec::new();
        for &(account, session_key) in events.keys.iter().rev() {
            // Whoever emits the event is a stranger: what is no session account is left out.
            if let Ok(session) = self.read_session(account, session_key).await {
                sessions.push(session);
            }
        }
        self.latest.send_replace(sessions);
        events.read = Some(Instant::now());
    }

    async fn read_events(&self, seen: &mut Events) -> Result<()> {
        let last = self.node.block_number().await?;
        if seen.next_block > last {
            return Ok(());
        }
        let filter = EventFilter {
            from_block: Some(BlockId::Number(seen.next_block)),
            to_block: Some(BlockId::Number(last)),
            address: None,
            keys: Some(vec![vec![selector("SessionKeyAdded")]]),
        };
        let mut token = None;
        loop {
            let page = self.node.get_events(filter.clone(), token, EVENTS).await?;
            for event in page.events {
                let Some(&session_key) = event.keys.get(1) else { continue };
                let key = (event.from_address, session_key);
                seen.keys.retain(|it| *it != key);
                seen.keys.push_back(key);
                if seen.keys.len() > SESSIONS {
                    seen.keys.pop_front();
                }
            }
            token = page.continuation_token;
            if token.is_none() {
                break;
            }
        }
        seen.next_block = last + 1;
        Ok(())
    }

    async fn read_session(&self, account: Felt, session_key: Felt) -> Result<Session> {
        let contract = SessionContract::new(account, self.node.clone());
        let status = contract.session_status(session_key).await?;
        Ok(Session {
            account,
            session_key,
            is_active: status.is_active,
            valid_until: status.valid_until,
            remaining_calls: status.remaining_calls,
            allowed: status.allowed_entrypoints.into_iter().map(names::of).collect(),
        })
    }
}
