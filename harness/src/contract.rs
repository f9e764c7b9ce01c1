use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{BlockId, BlockTag, Call, Felt, FunctionCall};
use starknet_rust::macros::selector;
use starknet_rust::providers::Provider;

use crate::{Error, Result, SessionLimits};

/// A session as SNIP-163 shows it. All zero when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Decode)]
#[starknet(core = "starknet_rust::core")]
pub struct SessionData {
    /// Unix time in seconds; usable up to and including that second.
    pub valid_until: u64,
    /// Transactions granted.
    pub max_calls: u32,
    /// Transactions made.
    pub calls_used: u32,
    /// How many selectors are whitelisted; 0 means any.
    pub allowed_entrypoints_len: u32,
}

/// A session as its user wants to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Decode)]
#[starknet(core = "starknet_rust::core")]
pub struct SessionStatus {
    /// Whether the session could sign a transaction now.
    pub is_active: bool,
    /// Unix time in seconds; usable up to and including that second.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// Selectors that may be called; none means any.
    pub allowed_entrypoints: Vec<Felt>,
}

/// The account contract's sessions: its calls, for the owner to send, and its views.
///
/// The calls work the same in a plain transaction of the owner's and in an outside execution that
/// the owner signs.
#[derive(Debug, Clone)]
pub struct SessionContract<P> {
    address: Felt,
    provider: P,
}

impl<P> SessionContract<P> {
    /// The account at `address`.
    pub const fn new(address: Felt, provider: P) -> Self {
        Self { address, provider }
    }

    /// The account's address.
    pub const fn address(&self) -> Felt {
        self.address
    }

    /// Registers a fresh key. Reverts for a key that was ever registered, and for limits out of
    /// their ranges.
    pub fn add_session(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        self.call(selector!("add_session"), [session_key].into_iter().chain(limits.calldata()))
    }

    /// Registers a key, or replaces its session whole and counts from 0 again. Prefer
    /// [`add_session`](Self::add_session) with a fresh key.
    pub fn add_or_update_session_key(&self, session_key: Felt, limits: &SessionLimits) -> Call {
        let selector = selector!("add_or_update_session_key");
        self.call(selector, [session_key].into_iter().chain(limits.calldata()))
    }

    /// Ends one session. Reverts if there is none.
    pub fn revoke_session(&self, session_key: Felt) -> Call {
        self.call(selector!("revoke_session"), [session_key])
    }

    /// Ends every session, at a cost that does not grow with their number.
    pub fn revoke_all_sessions(&self) -> Call {
        self.call(selector!("revoke_all_sessions"), [])
    }

    /// Moves the account to another class and ends every session.
    pub fn upgrade(&self, class_hash: Felt) -> Call {
        self.call(selector!("upgrade"), [class_hash])
    }

    fn call(&self, selector: Felt, calldata: impl IntoIterator<Item = Felt>) -> Call {
        Call { to: self.address, selector, calldata: calldata.into_iter().collect() }
    }
}

impl<P: Provider + Sync> SessionContract<P> {
    /// The session of `session_key`, all zero when there is none.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails, [`Error::Refused`] if this account has no sessions.
    pub async fn session_data(&self, session_key: Felt) -> Result<SessionData> {
        let felts = self.view(selector!("get_session_data"), vec![session_key]).await?;
        SessionData::decode(&felts).map_err(unreadable)
    }

    /// What is left of the session of `session_key`.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn session_status(&self, session_key: Felt) -> Result<SessionStatus> {
        let felts = self.view(selector!("get_session_status"), vec![session_key]).await?;
        SessionStatus::decode(&felts).map_err(unreadable)
    }

    /// The owner's public key.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn public_key(&self) -> Result<Felt> {
        let felts = self.view(selector!("get_public_key"), vec![]).await?;
        Felt::decode(&felts).map_err(unreadable)
    }

    /// Whether an outside execution's nonce is still unspent.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn is_valid_outside_execution_nonce(&self, nonce: Felt) -> Result<bool> {
        let selector = selector!("is_valid_outside_execution_nonce");
        bool::decode(&self.view(selector, vec![nonce]).await?).map_err(unreadable)
    }

    /// Whether the account says that it supports the interface `id` (SNIP-5).
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn supports_interface(&self, id: Felt) -> Result<bool> {
        let felts = self.view(selector!("supports_interface"), vec![id]).await?;
        bool::decode(&felts).map_err(unreadable)
    }

    /// Calls a function of the account without a transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] with the contract's error if it panics, [`Error::Node`] if the node fails.
    pub async fn view(&self, entry_point_selector: Felt, calldata: Vec<Felt>) -> Result<Vec<Felt>> {
        let call = FunctionCall { contract_address: self.address, entry_point_selector, calldata };
        Ok(self.provider.call(call, BlockId::Tag(BlockTag::PreConfirmed)).await?)
    }
}

fn unreadable(error: starknet_rust::core::codec::Error) -> Error {
    Error::Answer(error.to_string())
}
