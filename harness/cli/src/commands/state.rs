//! Tells what has become of a session key: whether it has a session, had one, or never had one.

use session_client::{SessionContract, SessionData};
use starknet_rust::core::types::Felt;

use super::exit::Failure;

/// What has become of a session key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has a session that can be used.
    Active,
    /// The last second of its session has passed.
    Expired,
    /// Its session has no call left.
    UsedUp,
    /// It had a session, which its owner or its own key ended before its time.
    Ended,
    /// The node's events show no registration of it.
    NeverRegistered,
    /// It has no session, and the node does not show whether it had one.
    Unknown,
}

impl State {
    /// Asks the account, and its events about a key without a session.
    pub async fn of(contract: &SessionContract, session_key: Felt) -> Result<Self, Failure> {
        let data = contract.session_data(session_key).await?;
        if data.max_calls != 0 {
            let status = contract.session_status(session_key).await?;
            return Ok(Self::from(&data, status.is_active, None));
        }
        let registered = contract.registered(0).await;
        let was_registered = registered.ok().map(|it| it.contains_key(&session_key));
        Ok(Self::from(&data, false, was_registered))
    }

    /// Returns the state of a key for which the account shows `data`. `was_registered` is what the node's
    /// events show; `None` if it does not give them.
    pub const fn from(data: &SessionData, is_active: bool, was_registered: Option<bool>) -> Self {
        // The account shows 0 in every field of a session that was ended.
        match (data.max_calls, was_registered) {
            (0, Some(true)) => Self::Ended,
            (0, Some(false)) => Self::NeverRegistered,
            (0, None) => Self::Unknown,
            _ if is_active => Self::Active,
            _ if data.calls_used >= data.max_calls => Self::UsedUp,
            _ => Self::Expired,
        }
    }

    /// Returns the state for scripts; `None` if it is not known.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Active => Some("active"),
            Self::Expired => Some("expired"),
            Self::UsedUp => Some("used_up"),
            Self::Ended => Some("ended"),
            Self::NeverRegistered => Some("never_registered"),
            Self::Unknown => None,
        }
    }

    /// Returns the state as the end of a sentence that begins with the key.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::UsedUp => "without calls left",
            Self::Ended => "ended or revoked",
            Self::NeverRegistered => "never registered",
            Self::Unknown => "without a session",
        }
    }
}
