//! Reads all that the account shows of a session into one value.

use serde::{Deserialize, Serialize};
use starknet_rust::core::types::Felt;

use crate::contract::{Allowed, SessionContract, SpendingPolicy};
use crate::error::{Error, Result};
use crate::fri::Fri;

/// How often a session is read again because it changed between two views.
const READINGS: usize = 3;

/// A session of an account, as the account's views and events show it.
///
/// It can be stored as JSON: felts are hexadecimal strings, amounts are decimal strings. Two things cannot
/// be read from the account: how often the key was registered (its generation), and whether a session that
/// has been ended ever existed.
///
/// ```
/// use session_client::State;
///
/// let mut state = State::new(7_u8.into(), 1_800_000_000, 10);
/// state.calls_left = 4;
/// assert_eq!(state.calls_used(), 6);
/// assert!(state.is_active_at(1_800_000_000) && !state.is_active_at(1_800_000_001));
/// assert_eq!(state.grant().map(|grant| grant.valid_until()), Some(1_800_000_000));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// The session's public key.
    pub session_key: Felt,
    /// The session's end in Unix seconds: it is usable up to and including that second.
    pub valid_until: u64,
    /// The number of transactions that the owner granted.
    pub max_calls: u32,
    /// The number of transactions that are left.
    pub calls_left: u32,
    /// The number of entries of the session's list; 0 means that any call is allowed.
    pub allowed_len: u32,
    /// What the session may call; `None` if the node's events do not show the whole list.
    pub allowed: Option<Allowed>,
    /// The most FRI that one plain transaction may commit to pay; `None` if there is no fee limit. With 0
    /// the session has no plain transactions, and works through a relayer only.
    pub fee_limit: Option<Fri>,
    /// The key's spending policies, each with its token's address, in the account's order.
    pub policies: Vec<(Felt, SpendingPolicy)>,
}

impl State {
    /// Returns the state of a session that may make any call, without a fee limit and without spending
    /// policies. Set the fields for any other.
    #[must_use]
    pub const fn new(session_key: Felt, valid_until: u64, max_calls: u32) -> Self {
        Self {
            session_key,
            valid_until,
            max_calls,
            calls_left: max_calls,
            allowed_len: 0,
            allowed: Some(Allowed::AnyCall),
            fee_limit: None,
            policies: Vec::new(),
        }
    }

    /// Returns the number of transactions that the session has made.
    #[must_use]
    pub const fn calls_used(&self) -> u32 {
        self.max_calls.saturating_sub(self.calls_left)
    }

    /// Says whether the session is valid for a transaction that sees the time `now`, in Unix seconds.
    #[must_use]
    pub const fn is_active_at(&self, now: u64) -> bool {
        self.calls_left != 0 && now <= self.valid_until
    }

    /// Returns the spending policy for `token`, if there is one.
    #[must_use]
    pub fn policy(&self, token: Felt) -> Option<&SpendingPolicy> {
        self.policies.iter().find(|(it, _)| *it == token).map(|(_, policy)| policy)
    }
}

impl SessionContract {
    /// Reads the session of `session_key`. Returns `None` if the account has no such session: the key was
    /// never registered, or its session was revoked. A session that has expired or has no calls left is
    /// still returned.
    ///
    /// It calls several views at the pre-confirmed block, and reads all of the account's events if the
    /// session has a list: on a long chain [`state_without_list`](Self::state_without_list) is faster.
    ///
    /// # Errors
    /// [`Error::Refused`] if the account's class has no sessions
    /// ([`Cause::NoFunction`](crate::Cause::NoFunction)) or there is no account at the address,
    /// [`Error::Node`] if the node fails or does not give its events, [`Error::Answer`] if its answers
    /// cannot be a session's.
    pub async fn state(&self, session_key: Felt) -> Result<Option<State>> {
        let Some(mut state) = self.state_without_list(session_key).await? else {
            return Ok(None);
        };
        if state.allowed.is_none() {
            let shown = self.registered(0).await?.remove(&session_key).unwrap_or_default();
            state.allowed = match shown.whole(state.allowed_len) {
                Ok(allowed) => Some(allowed),
                Err(Error::Incomplete { .. }) => None,
                Err(error) => return Err(error),
            };
        }
        Ok(Some(state))
    }

    /// Reads the session of `session_key` from views alone. [`State::allowed`] is then `None` unless any
    /// call is allowed; [`is_call_allowed`](Self::is_call_allowed) tells whether one call is.
    ///
    /// # Errors
    /// As for [`state`](Self::state).
    pub async fn state_without_list(&self, session_key: Felt) -> Result<Option<State>> {
        for _ in 0..READINGS {
            let read = tokio::try_join!(
                self.session_status(session_key),
                self.session_data(session_key),
                self.session_fee_limit(session_key),
                self.spending_policies(session_key),
            );
            let (status, data, fee_limit, policies) = read?;
            if (status.valid_until, status.allowed_len)
                != (data.valid_until, data.allowed_entrypoints_len)
            {
                // The session was registered again or ended between the two views.
                continue;
            }
            // The contract sets the end of a revoked session to 0, which no live session has.
            if status.valid_until == 0 {
                return Ok(None);
            }
            return Ok(Some(State {
                session_key,
                valid_until: status.valid_until,
                max_calls: data.max_calls,
                calls_left: status.remaining_calls,
                allowed_len: status.allowed_len,
                allowed: (status.allowed_len == 0).then_some(Allowed::AnyCall),
                fee_limit,
                policies,
            }));
        }
        Err(Error::Answer("the views of a session contradict each other".to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};
    use starknet_rust::core::types::U256;

    use super::*;
    use crate::felt::selector;
    use crate::limits::AllowedCall;
    use crate::node::Node;
    use crate::refusal::Cause;
    use crate::server::{Asked, Reply, Server};

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let call = AllowedCall::new(Felt::from(7), Felt::from(8));
        let policy = SpendingPolicy {
            max_per_call: U256::from_words(1, 2),
            max_per_window: U256::from_words(u128::MAX, u128::MAX),
            window_seconds: 3_600,
            spent_in_window: 5_u8.into(),
            window_start: 9,
        };
        let lists = [
            None,
            Some(Allowed::AnyCall),
            Some(Allowed::Selectors(vec![Felt::from(8)])),
            Some(Allowed::Calls(vec![call, call.with_argument(3, Felt::from(0xbeef))])),
        ];
        for allowed in lists {
            let state = State {
                allowed_len: allowed.as_ref().map_or(3, |it| it.entries() as u32),
                allowed,
                fee_limit: Some(Fri(u64::MAX.into())),
                policies: vec![(Felt::from(4), policy)],
                ..State::new(Felt::from(0x5e), 1_800_000_000, 9)
            };
            let text = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state, "{text}");
        }
    }

    #[test]
    fn a_state_without_a_list_is_not_taken_for_any_call() {
        let mut state = serde_json::to_value(State::new(Felt::ONE, 9, 9)).unwrap();
        assert_eq!(state["allowed"], "any_call");
        state.as_object_mut().unwrap().remove("allowed");
        assert_eq!(serde_json::from_value::<State>(state).unwrap().allowed, None);
    }

    #[test]
    fn a_session_is_usable_up_to_its_last_second_and_call() {
        let mut state = State::new(Felt::ONE, 9, 2);
        assert!(state.is_active_at(9) && !state.is_active_at(10));
        state.calls_left = 0;
        assert!(!state.is_active_at(9));
        assert_eq!(state.calls_used(), 2);
    }

    /// Reads the state of a session with two listed selectors from a node whose answers `other` can
    /// replace.
    async fn read(
        other: impl Fn(&str, usize) -> Option<Value> + Send + Sync + 'static,
    ) -> (Result<Option<State>>, Server) {
        const VIEWS: [(&str, &[&str]); 4] = [
            ("get_session_status", &["0x1", "0x64", "0x7", "0x2"]),
            ("get_session_data", &["0x64", "0x9", "0x2", "0x2"]),
            // `Some(5)`, as Cairo serializes it.
            ("get_session_fee_limit", &["0x0", "0x5"]),
            ("get_spending_tokens", &["0x0"]),
        ];
        let counts = std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new());
        let server = Server::new(move |asked: &Asked| {
            let asked_of = |name: &str| {
                let hex = format!("{:#x}", selector(name));
                asked.params.to_string().contains(&hex)
            };
            let name = match asked.method.as_str() {
                "starknet_chainId" => return Reply::Result(json!("0x1")),
                "starknet_getEvents" => "events",
                _ => VIEWS.iter().find(|(name, _)| asked_of(name)).unwrap().0,
            };
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            match other(name, *count) {
                Some(answer) if answer.is_object() && answer["code"].is_number() => {
                    Reply::Error(answer)
                }
                Some(answer) => Reply::Result(answer),
                None if name == "events" => Reply::Result(json!({ "events": [] })),
                None => {
                    let view = VIEWS.iter().find(|(view, _)| *view == name).unwrap();
                    Reply::Result(json!(view.1))
                }
            }
        })
        .await;
        let node = Node::connect(server.url.parse().unwrap()).await.unwrap();
        (node.contract(Felt::from(0xacc)).state(Felt::from(0x5e)).await, server)
    }

    #[tokio::test]
    async fn a_list_that_the_events_do_not_show_is_unknown_and_all_else_is_read() {
        let (state, _server) = read(|_, _| None).await;
        let expected = State {
            calls_left: 7,
            allowed_len: 2,
            allowed: None,
            fee_limit: Some(Fri(5)),
            ..State::new(Felt::from(0x5e), 100, 9)
        };
        assert_eq!(state.unwrap(), Some(expected));
    }

    #[tokio::test]
    async fn a_session_that_changes_while_it_is_read_is_read_again() {
        let ended = || json!(["0x0", "0x0", "0x0", "0x0"]);
        let (state, server) =
            read(move |name, nth| (name == "get_session_data" && nth == 1).then(ended)).await;
        assert!(state.unwrap().is_some());
        assert_eq!(server.asked().iter().filter(|it| it.method == "starknet_call").count(), 8);
        // Both views say the same now: the session has ended.
        let of_session = |name: &str| name == "get_session_data" || name == "get_session_status";
        let (state, _server) = read(move |name, _| of_session(name).then(ended)).await;
        assert_eq!(state.unwrap(), None);
    }

    #[tokio::test]
    async fn a_node_whose_views_contradict_each_other_is_not_believed() {
        let ended = || json!(["0x0", "0x0", "0x0", "0x0"]);
        let (state, server) = read(move |name, _| (name == "get_session_data").then(ended)).await;
        assert!(matches!(state, Err(Error::Answer(_))), "{state:?}");
        assert_eq!(server.asked().iter().filter(|it| it.method == "starknet_call").count(), 12);
    }

    #[tokio::test]
    async fn an_account_of_a_class_without_sessions_is_told_from_one_without_this_session() {
        let unknown = || json!({ "code": 21, "message": "Requested entrypoint does not exist" });
        let (state, _server) = read(move |name, _| (name != "events").then(unknown)).await;
        assert!(
            matches!(&state, Err(Error::Refused(it)) if it.cause() == Cause::NoFunction),
            "{state:?}"
        );
    }
}
