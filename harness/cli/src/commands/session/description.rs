//! Describes a session for answers.

use serde_json::{Value, json};
use session_client::Fri;
use session_client::SessionContract;
use starknet_rust::core::types::Felt;

use super::shown::Shown;
use super::theft::Limits;
use crate::commands::abis::Abis;
use crate::commands::account;
use crate::commands::answer::{Answer, hex};
use crate::commands::caps::{self, Cap};
use crate::commands::chain::Chain;
use crate::commands::clock::when;
use crate::commands::exit::Failure;

/// The field for what a thief of the key can take; the sentence for people begins with these words.
const IF_STOLEN: &str = "if_this_key_is_stolen";

/// What the account has for a session key at one time.
pub struct Description {
    pub session_key: Felt,
    /// The chain's time of reading, in Unix seconds.
    pub now: u64,
    /// The session; `None` if the key has none, or it was ended.
    pub session: Option<Registered>,
    /// The policies of the key. A key may have them without a session.
    pub caps: Vec<Cap>,
    /// The key's fee limit, in FRI. A key may have it without a session too.
    pub fee_limit: Option<Fri>,
}

/// A session that was registered, and not ended by its owner or itself.
pub struct Registered {
    /// Whether the session has neither expired nor used up its calls.
    pub is_active: bool,
    /// Its last second, in Unix seconds.
    pub valid_until: u64,
    pub max_calls: u32,
    pub calls_left: u32,
    pub allowed_len: u32,
    pub list: Shown,
}

impl Description {
    /// Reads everything about the session of `session_key`.
    pub async fn of(
        chain: &Chain,
        contract: &SessionContract,
        session_key: Felt,
    ) -> Result<Self, Failure> {
        let data = contract.session_data(session_key).await;
        let data = data.map_err(|error| account::unanswered(contract, error))?;
        let session = if data.max_calls == 0 {
            None
        } else {
            let status = contract.session_status(session_key).await?;
            Some(Registered {
                is_active: status.is_active,
                valid_until: data.valid_until,
                max_calls: data.max_calls,
                calls_left: status.remaining_calls,
                allowed_len: status.allowed_len,
                list: Shown::find(contract, session_key).await,
            })
        };
        Self::with(chain, contract, session_key, session, chain.now().await?).await
    }

    /// Reads, at `now`, the policies and the fee limit of a key whose `session` is known.
    pub async fn with(
        chain: &Chain,
        contract: &SessionContract,
        session_key: Felt,
        session: Option<Registered>,
        now: u64,
    ) -> Result<Self, Failure> {
        let fee_limit = contract.session_fee_limit(session_key).await?;
        let caps = Cap::all(chain, contract, session_key).await?;
        Ok(Self { session_key, now, session, caps, fee_limit })
    }

    /// Adds the description to `answer`, without what a thief could take.
    pub async fn tell(&self, answer: Answer, abis: &mut Abis<'_>) -> Answer {
        let Self { session, caps, fee_limit, now, .. } = self;
        let mut answer = answer.felt("session_key", self.session_key);
        if let Some(session) = session {
            answer = answer
                .told("ends", when(session.valid_until, *now))
                .told("calls_left", session.left())
                .told("may_call", session.list.words(abis).await)
                .told("may_spend", caps::in_words(caps, *now));
        } else if !caps.is_empty() {
            // They hold from the first call on, should the key be registered.
            answer = answer.told("policies", caps::in_words(caps, *now));
        }
        // Without a session, having no limit means nothing.
        if session.is_some() || fee_limit.is_some() {
            answer = answer.told("fee_limit", fee(*fee_limit));
        }
        answer.with_all(self.data(abis).await)
    }

    /// Returns the whole description for scripts.
    pub async fn data(&self, abis: &mut Abis<'_>) -> Vec<(&'static str, Value)> {
        let Self { session, fee_limit, caps, now, .. } = self;
        let mut data = vec![
            ("session_key", json!(hex(self.session_key))),
            ("exists", json!(session.is_some())),
            ("is_active", json!(session.as_ref().is_some_and(|it| it.is_active))),
            ("fee_limit", fri(*fee_limit)),
            ("policies", caps::rows(caps, *now)),
        ];
        // A session that was ended has no end, calls or list any more.
        if let Some(session) = session {
            data.extend([
                ("valid_until", json!(session.valid_until)),
                ("remaining_calls", json!(session.calls_left)),
                ("max_calls", json!(session.max_calls)),
                ("allowed_len", json!(session.allowed_len)),
                ("allows", json!(session.list.kind())),
                ("allowed_calls", session.list.rows(abis).await),
            ]);
        }
        data
    }

    /// Returns the session as one row of a table.
    pub async fn cells(&self, is_here: bool, abis: &mut Abis<'_>) -> [Vec<String>; 7] {
        let key = if is_here { "here" } else { "elsewhere" };
        let (ends, left, may_call) = match &self.session {
            Some(session) => (
                when(session.valid_until, self.now),
                session.left(),
                session.list.words(abis).await,
            ),
            None => ("ended".to_owned(), "0".to_owned(), Vec::new()),
        };
        let may_spend = match &self.session {
            Some(_) => caps::in_words(&self.caps, self.now),
            None => Vec::new(),
        };
        [
            vec![hex(self.session_key)],
            vec![ends],
            vec![left],
            // Without a session, having no limit means nothing.
            if self.session.is_none() && self.fee_limit.is_none() {
                Vec::new()
            } else {
                vec![fee(self.fee_limit)]
            },
            may_call,
            may_spend,
            vec![key.to_owned()],
        ]
    }

    /// Adds to `answer`, as its last line, what a thief of the key could take.
    pub async fn warn(&self, answer: Answer, abis: &mut Abis<'_>) -> Answer {
        match self.worst(abis).await {
            Some(worst) => answer.told(IF_STOLEN, worst),
            None => answer,
        }
    }

    /// Describes what a thief of the key could take; `None` if the session is not active.
    pub async fn worst(&self, abis: &mut Abis<'_>) -> Option<String> {
        let session = self.session.as_ref().filter(|it| it.is_active)?;
        let limits = Limits {
            list: &session.list,
            caps: &self.caps,
            fee_limit: self.fee_limit,
            calls: session.calls_left,
            valid_until: session.valid_until,
        };
        Some(limits.worst(abis, self.now).await)
    }
}

impl Registered {
    /// Describes how many calls are left.
    pub fn left(&self) -> String {
        format!("{} of {}", self.calls_left, self.max_calls)
    }
}

/// Describes a fee limit.
pub fn fee(limit: Option<Fri>) -> String {
    match limit {
        Some(Fri(0)) => "0 STRK: through relayers only".to_owned(),
        Some(limit) => format!("{limit} a transaction"),
        None => "no limit".to_owned(),
    }
}

/// Adds a fee limit: in words for people; for scripts in FRI, or null if there is none.
pub fn tell_fee(answer: Answer, name: &'static str, limit: Option<Fri>) -> Answer {
    answer.told(name, fee(limit)).data(name, fri(limit))
}

fn fri(limit: Option<Fri>) -> Value {
    json!(limit.map(|limit| limit.0.to_string()))
}
