//! Finds the lists of sessions in the account's events; the account's storage cannot enumerate them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{
    AddressFilter, BlockId, Call, EmittedEvent, EventFilter, Felt, StarknetError,
};
use starknet_rust::providers::{Provider, ProviderError};

use super::{SessionContract, SessionStatus};
use crate::error::{Error, Result};
use crate::felt::selector;
use crate::limits::AllowedCall;
use crate::node::NEXT_BLOCK;
use crate::transport::{TransportError, Trouble};

/// How many events one request asks for: every node accepts this many.
const PAGE: u64 = 1_000;
/// How many pages of events are read before the node counts as one whose events have no end.
const MAX_PAGES: usize = 2_000;
/// How often a range is read again because the node does not know the next page.
const MAX_RESTARTS: usize = 5;
/// The HTTP status with which a node says that the range of blocks is too wide.
const TOO_WIDE: u16 = 413;

/// What a session may call, as the events of its registration show it.
///
/// ```
/// use session_client::Allowed;
/// use session_client::felt::selector;
/// use session_client::token::{STRK, transfer};
///
/// let list = Allowed::Selectors(vec![selector("transfer")]);
/// assert!(list.allows(&transfer(STRK, 0x1234.into(), 7)));
/// assert_eq!((list.entries(), Allowed::AnyCall.entries()), (1, 0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Allowed {
    /// Any call, except those that no session may make.
    AnyCall,
    /// Functions by their selectors, on any contract.
    Selectors(Vec<Felt>),
    /// Functions of contracts, with or without a pinned argument.
    Calls(Vec<AllowedCall>),
}

impl Allowed {
    /// Returns the number of entries, as [`SessionStatus::allowed_len`] counts them: 0 means that any call
    /// is allowed.
    #[must_use]
    pub fn entries(&self) -> usize {
        match self {
            Self::AnyCall => 0,
            Self::Selectors(selectors) => selectors.len(),
            Self::Calls(calls) => calls.len(),
        }
    }

    /// Says whether the list allows `call`. It does not check the calls that no session may make: see
    /// [`is_blocked`](crate::is_blocked) and [`is_self_ending`](crate::is_self_ending).
    #[must_use]
    pub fn allows(&self, call: &Call) -> bool {
        match self {
            Self::AnyCall => true,
            Self::Selectors(selectors) => selectors.contains(&call.selector),
            Self::Calls(calls) => calls.iter().any(|it| it.allows(call)),
        }
    }
}

/// The part of a session's list that a node's events show; a node that does not keep all events shows less
/// than the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown(Option<Allowed>);

impl Shown {
    /// Returns the list if it has `allowed_len` entries, which is the number that the account counts. For 0
    /// no event is needed.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if the events show another number of entries.
    pub fn whole(self, allowed_len: u32) -> Result<Allowed> {
        match self.0 {
            _ if allowed_len == 0 => Ok(Allowed::AnyCall),
            Some(allowed) if u32::try_from(allowed.entries()) == Ok(allowed_len) => Ok(allowed),
            other => {
                let shown = other.map_or(0, |it| it.entries());
                Err(Error::Incomplete { shown, of: allowed_len })
            }
        }
    }
}

impl SessionContract {
    /// Finds the list of the session of `session_key` in the account's events, and compares its length with
    /// the number of entries that the account counts. Returns `None` if the account has no such session, or
    /// its class has no sessions.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if the node's events do not show the whole list, since a node may drop the
    /// events of old blocks. [`Error::Node`] if the node does not give its events, and [`Error::Answer`] if
    /// its events have no end.
    pub async fn allowed(&self, session_key: Felt) -> Result<Option<Allowed>> {
        let status = match self.session_status(session_key).await {
            Err(Error::Refused(_)) => return Ok(None),
            status => status?,
        };
        if status == SessionStatus::default() {
            return Ok(None);
        }
        let shown = match status.allowed_len {
            0 => Shown::default(),
            _ => self.registered(0).await?.remove(&session_key).unwrap_or_default(),
        };
        shown.whole(status.allowed_len).map(Some)
    }

    /// Finds every key that the account registered from the block `from_block` on, with the list that the
    /// events show: [`Shown::whole`] tells whether it is the whole list.
    ///
    /// If the node does not know the next page, which happens behind a load balancer, the range of blocks
    /// is read again. A range that is too wide for the node is read in halves.
    ///
    /// # Errors
    /// [`Error::Node`] if the node does not give its events, and [`Error::Answer`] if they have no end.
    pub async fn registered(&self, from_block: u64) -> Result<BTreeMap<Felt, Shown>> {
        let names = SessionEvents::new();
        let mut registered = BTreeMap::new();
        let (mut pages, mut restarts) = (MAX_PAGES, 0);
        // The range at the end of the vector is read next. A range without a last block ends at the
        // pre-confirmed block.
        let mut ranges = vec![(from_block, None)];
        while let Some((first, last)) = ranges.pop() {
            match self.events_in(names.all(), first, last, &mut pages).await {
                Ok(events) => events.iter().for_each(|it| names.follow(it, &mut registered)),
                Err(Pages::Unknown(_)) if restarts < MAX_RESTARTS => {
                    restarts += 1;
                    ranges.push((first, last));
                }
                Err(Pages::TooWide(error)) => {
                    let end = match last {
                        Some(last) => last,
                        None => self.node.block_number().await?,
                    };
                    if end <= first {
                        return Err(error);
                    }
                    let middle = first + (end - first) / 2;
                    ranges.extend([(middle + 1, last), (first, Some(middle))]);
                }
                Err(Pages::Unknown(error) | Pages::Failed(error)) => return Err(error),
            }
        }
        let shown = |(key, allowed)| (key, Shown(allowed));
        Ok(registered.into_iter().map(shown).collect())
    }

    /// Reads the account's events whose first key is in `names`, page by page, and subtracts each page from
    /// `pages`.
    async fn events_in(
        &self,
        names: Vec<Felt>,
        first: u64,
        last: Option<u64>,
        pages: &mut usize,
    ) -> std::result::Result<Vec<EmittedEvent>, Pages> {
        let filter = EventFilter {
            from_block: Some(BlockId::Number(first)),
            to_block: Some(last.map_or(NEXT_BLOCK, BlockId::Number)),
            address: Some(AddressFilter::Single(self.address)),
            keys: Some(vec![names]),
        };
        let (mut events, mut page) = (Vec::new(), None);
        while *pages > 0 {
            *pages -= 1;
            let found = self.node.get_events(filter.clone(), page, PAGE).await?;
            events.extend(found.events);
            page = found.continuation_token;
            if page.is_none() {
                return Ok(events);
            }
        }
        let endless = "the node's list of events has no end".to_owned();
        Err(Pages::Failed(Error::Answer(endless)))
    }
}

/// Why the events of a range were not read.
enum Pages {
    /// The node does not know the next page, which another node may have named.
    Unknown(Error),
    /// The range has more blocks than the node searches at once.
    TooWide(Error),
    /// Anything else.
    Failed(Error),
}

impl From<ProviderError> for Pages {
    fn from(error: ProviderError) -> Self {
        let status = TransportError::of(&error).map(TransportError::trouble);
        match error {
            ProviderError::StarknetError(StarknetError::InvalidContinuationToken) => {
                Self::Unknown(error.into())
            }
            _ if status == Some(&Trouble::Status(TOO_WIDE)) => Self::TooWide(error.into()),
            error => Self::Failed(error.into()),
        }
    }
}

/// The selectors of the events that tell of sessions: an event's first key.
#[derive(Debug)]
pub struct SessionEvents {
    added: Felt,
    selectors_allowed: Felt,
    calls_allowed: Felt,
    revoked: Felt,
    all_revoked: Felt,
}

impl Default for SessionEvents {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionEvents {
    /// Computes the selectors.
    #[must_use]
    pub fn new() -> Self {
        Self {
            added: selector("SessionKeyAdded"),
            selectors_allowed: selector("SessionSelectorsAllowed"),
            calls_allowed: selector("SessionCallsAllowed"),
            revoked: selector("SessionKeyRevoked"),
            all_revoked: selector("AllSessionsRevoked"),
        }
    }

    /// Returns all selectors, for a filter of events.
    pub fn all(&self) -> Vec<Felt> {
        vec![self.added, self.selectors_allowed, self.calls_allowed, self.revoked, self.all_revoked]
    }

    /// Returns the selectors of the events that end sessions.
    #[must_use]
    pub fn endings(&self) -> Vec<Felt> {
        vec![self.revoked, self.all_revoked]
    }

    /// Says whether `event` ends the session of `session_key`.
    #[must_use]
    pub fn ends(&self, event: &EmittedEvent, session_key: Felt) -> bool {
        match event.keys[..] {
            [name, ..] if name == self.all_revoked => true,
            [name, key, ..] => name == self.revoked && key == session_key,
            _ => false,
        }
    }

    /// Says whether `event` is a registration.
    pub fn is_added(&self, event: &EmittedEvent) -> bool {
        event.keys.first() == Some(&self.added)
    }

    /// Says whether `event` shows entries of a list.
    pub fn is_part(&self, event: &EmittedEvent) -> bool {
        event
            .keys
            .first()
            .is_some_and(|it| *it == self.selectors_allowed || *it == self.calls_allowed)
    }

    /// Updates `registered` with `event`. An event that cannot be decoded, such as one of a former class of
    /// the account, makes the session's list unknown (`None`).
    pub fn follow(&self, event: &EmittedEvent, registered: &mut BTreeMap<Felt, Option<Allowed>>) {
        let Some(name) = event.keys.first() else { return };
        if *name == self.all_revoked {
            registered.values_mut().for_each(|allowed| *allowed = None);
        }
        let Some(session_key) = event.keys.get(1) else { return };
        if *name == self.added {
            registered.insert(*session_key, Some(Allowed::AnyCall));
        } else if *name == self.revoked {
            registered.insert(*session_key, None);
        } else if *name == self.selectors_allowed {
            let allowed = registered.entry(*session_key).or_default();
            match (allowed.as_mut(), entries(event)) {
                (Some(Allowed::Selectors(selectors)), Some(part)) => selectors.extend(part),
                (_, part) => *allowed = part.map(Allowed::Selectors),
            }
        } else if *name == self.calls_allowed {
            let allowed = registered.entry(*session_key).or_default();
            match (allowed.as_mut(), entries(event)) {
                (Some(Allowed::Calls(calls)), Some(part)) => calls.extend(part),
                (_, part) => *allowed = part.map(Allowed::Calls),
            }
        }
    }
}

/// Returns the entries that `event` shows. Its first felt is the place of the first of them in the list.
fn entries<'a, T: Decode<'a>>(event: &'a EmittedEvent) -> Option<Vec<T>> {
    let mut felts = event.data.iter().skip(1);
    let length = usize::try_from(u64::try_from(*felts.next()?).ok()?).ok()?;
    // `Vec::decode` would reserve memory for as many entries as whoever emitted the event claims.
    if length > event.data.len() {
        return None;
    }
    (0..length).map(|_| T::decode_iter(&mut felts).ok()).collect()
}
