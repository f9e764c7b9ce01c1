//! A session as answers show it.

use serde_json::{Map, Value, json};
use session_client::Fri;
use session_client::SessionContract;
use starknet_rust::core::types::Felt;

use super::shown::Shown;
use super::theft::Limits;
use crate::commands::abis::Abis;
use crate::commands::answer::{Answer, hex};
use crate::commands::caps::{self, Cap};
use crate::commands::chain::Chain;
use crate::commands::clock::when;
use crate::commands::exit::Failure;

/// What a worst case is called: a sentence begins with it.
pub const IF_STOLEN: &str = "if_this_key_is_stolen";

/// What there is of a session key, on the account at a time.
pub struct Description {
    pub session_key: Felt,
    /// By the chain's clock, in Unix seconds.
    pub now: u64,
    /// The session; `None` if there is none, or it was ended.
    pub session: Option<Registered>,
    /// The policies of the key, which there may be without a session.
    pub caps: Vec<Cap>,
    /// The key's fee limit, in FRI, which there may be without a session too.
    pub fee_limit: Option<Fri>,
}

/// A session that was registered, and not ended by its owner or itself.
pub struct Registered {
    /// Neither expired nor without calls.
    pub is_active: bool,
    /// Its last second, in Unix seconds.
    pub valid_until: u64,
    pub max_calls: u32,
    pub calls_left: u32,
    pub allowed_len: u32,
    pub list: Shown,
}

impl Description {
    /// Reads all that there is of the session of `session_key`.
    pub async fn of(
        chain: &Chain,
        contract: &SessionContract,
        session_key: Felt,
    ) -> Result<Self, Failure> {
        let data = contract.session_data(session_key).await?;
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

    /// Reads at `now` what a key has with or without its `session`, which is known.
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

    /// Adds the description to `answer`, but for the worst case.
    pub async fn tell(&self, answer: Answer, abis: &mut Abis<'_>) -> Answer {
        let Self { session, fee_limit, caps, now, .. } = self;
        let mut answer =
            answer.felt("session_key", self.session_key).with("exists", session.is_some());
        if let Some(session) = session {
            answer = answer
                .with("is_active", session.is_active)
                .told("ends", when(session.valid_until, *now))
                .data("valid_until", session.valid_until)
                .with("remaining_calls", session.calls_left)
                .with("max_calls", session.max_calls)
                .with("allowed_len", session.allowed_len)
                .with("allowed_calls", session.list.rows(abis).await);
        }
        tell_fee(answer, "fee_limit", *fee_limit).with("policies", caps::rows(caps, *now))
    }

    /// Returns the session as one row of a list.
    pub async fn row(&self, abis: &mut Abis<'_>) -> Map<String, Value> {
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("session_key", json!(hex(self.session_key)));
        put("is_active", json!(self.session.as_ref().is_some_and(|it| it.is_active)));
        // Nothing is left to tell of a session that was ended.
        if let Some(session) = &self.session {
            put("ends", json!(when(session.valid_until, self.now)));
            put("valid_until", json!(session.valid_until));
            put("remaining_calls", json!(session.calls_left));
            put("may_call", session.list.words(abis).await);
            put("fee_limit", json!(self.fee_limit.map(|limit| limit.0.to_string())));
            put("may_spend", caps::in_words(&self.caps));
            put(IF_STOLEN, json!(self.worst(abis).await));
        }
        row
    }

    /// Ends `answer` with what a thief of the key could do.
    pub async fn warn(&self, answer: Answer, abis: &mut Abis<'_>) -> Answer {
        answer.with(IF_STOLEN, self.worst(abis).await)
    }

    /// Tells what a thief of the key could do; `None` if the session is not active.
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

/// Says a fee limit in words.
pub fn fee(limit: Option<Fri>) -> String {
    match limit {
        Some(Fri(0)) => "0 STRK: through relayers only".to_owned(),
        Some(limit) => limit.to_string(),
        None => "none".to_owned(),
    }
}

/// Adds a fee limit: in words for people; for scripts in FRI, or nothing if there is none.
pub fn tell_fee(answer: Answer, name: &'static str, limit: Option<Fri>) -> Answer {
    answer.told(name, fee(limit)).data(name, limit.map(|limit| limit.0.to_string()))
}
