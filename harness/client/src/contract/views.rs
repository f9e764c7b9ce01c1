//! Reads the account's views.

use serde::{Deserialize, Serialize};
use starknet_rust::core::codec::Decode;
use starknet_rust::core::types::{Call, Felt, FunctionCall, U256};
use starknet_rust::providers::Provider;

use super::SessionContract;
use crate::decimal;
use crate::error::{Error, Result};
use crate::felt::selector;
use crate::fri::Fri;
use crate::limits::{MOST_TOKENS, SpendingLimits};
use crate::node::NEXT_BLOCK;

/// A session as SNIP-163's `get_session_data` shows it. All fields are 0 when there is no session.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// let data = node.contract(account).session_data(7_u8.into()).await?;
/// println!("{} of {} calls used", data.calls_used, data.max_calls);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Decode, Serialize, Deserialize)]
#[starknet(core = "starknet_rust::core")]
pub struct SessionData {
    /// The session's end in Unix seconds: it is usable up to and including that second.
    pub valid_until: u64,
    /// The number of transactions that the owner granted.
    pub max_calls: u32,
    /// The number of transactions that the session has made.
    pub calls_used: u32,
    /// The number of entries of the session's list; 0 means that any call is allowed.
    pub allowed_entrypoints_len: u32,
}

/// What is left of a session. All fields are 0 when there is no session.
///
/// ```no_run
/// # async fn example(node: session_client::Node, account: session_client::starknet::core::types::Felt)
/// #     -> session_client::Result<()> {
/// let status = node.contract(account).session_status(7_u8.into()).await?;
/// println!("{} calls left until {}", status.remaining_calls, status.valid_until);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Decode, Serialize, Deserialize)]
#[starknet(core = "starknet_rust::core")]
pub struct SessionStatus {
    /// Whether the session is valid at the block's time and has calls left.
    pub is_active: bool,
    /// The session's end in Unix seconds: it is usable up to and including that second.
    pub valid_until: u64,
    /// The number of transactions that are left.
    pub remaining_calls: u32,
    /// The number of entries of the session's list; 0 means that any call is allowed.
    /// [`SessionContract::allowed`] finds the entries.
    pub allowed_len: u32,
}

/// A spending policy, and what was spent under it. All fields are 0 when there is no policy.
///
/// ```
/// use session_client::SpendingLimits;
///
/// let policy = SpendingLimits::per_day(5_u8.into(), 20_u8.into()).unspent();
/// assert!(policy.is_set());
/// assert_eq!((policy.spent_at(1_800_000_000), policy.window_end_at(1_800_000_000)), (0_u8.into(), None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Decode, Serialize, Deserialize)]
#[starknet(core = "starknet_rust::core")]
pub struct SpendingPolicy {
    /// The most that one call may transfer or approve, in the token's smallest unit.
    #[serde(with = "decimal")]
    pub max_per_call: U256,
    /// The most that may leave the account in one window, in the token's smallest unit.
    #[serde(with = "decimal")]
    pub max_per_window: U256,
    /// The length of a window, in seconds; 0 when there is no policy.
    pub window_seconds: u64,
    /// What left the account in the window that began at `window_start`. The window may have ended since:
    /// [`spent_at`](Self::spent_at) takes that into account.
    #[serde(with = "decimal")]
    pub spent_in_window: U256,
    /// The time of the first spend of that window, in Unix seconds; 0 before any spend.
    pub window_start: u64,
}

impl SpendingPolicy {
    /// Returns the limits that the owner set.
    #[must_use]
    pub const fn limits(&self) -> SpendingLimits {
        let Self { max_per_call, max_per_window, window_seconds, .. } = *self;
        SpendingLimits { max_per_call, max_per_window, window_seconds }
    }

    /// Says whether there is a policy.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.window_seconds != 0
    }

    /// Returns the end of the window that is open at `now`, both in Unix seconds; `None` if no window is
    /// open, so that the next spend begins one.
    #[must_use]
    pub const fn window_end_at(&self, now: u64) -> Option<u64> {
        let end = self.window_start.saturating_add(self.window_seconds);
        if self.window_start != 0 && now < end { Some(end) } else { None }
    }

    /// Returns what left the account in the window that is open at `now` (Unix seconds); 0 if no window is
    /// open.
    #[must_use]
    pub fn spent_at(&self, now: u64) -> U256 {
        self.window_end_at(now).map_or_else(|| U256::from(0_u8), |_| self.spent_in_window)
    }
}

impl SpendingLimits {
    /// Returns a spending policy with these limits, under which nothing was spent yet.
    #[must_use]
    pub fn unspent(&self) -> SpendingPolicy {
        let Self { max_per_call, max_per_window, window_seconds } = *self;
        let spent_in_window = U256::from(0_u8);
        SpendingPolicy {
            max_per_call,
            max_per_window,
            window_seconds,
            spent_in_window,
            window_start: 0,
        }
    }
}

impl SessionContract {
    /// Returns the session of `session_key`; all fields are 0 when there is none.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails, [`Error::Refused`] if the account's class has no sessions.
    pub async fn session_data(&self, session_key: Felt) -> Result<SessionData> {
        let felts = self.view(selector("get_session_data"), vec![session_key]).await?;
        SessionData::decode(&felts).map_err(unreadable)
    }

    /// Returns what is left of the session of `session_key`.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn session_status(&self, session_key: Felt) -> Result<SessionStatus> {
        let felts = self.view(selector("get_session_status"), vec![session_key]).await?;
        SessionStatus::decode(&felts).map_err(unreadable)
    }

    /// Says whether the session of `session_key` may make `call` as the only one of a batch, by its list,
    /// the blocked selectors and the ban on calls to the account. Says `false` if there is no session. It
    /// does not check the session's end, its calls left, fees or spending policies.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn is_call_allowed(&self, session_key: Felt, call: &Call) -> Result<bool> {
        let mut calldata = vec![session_key, call.to, call.selector, call.calldata.len().into()];
        calldata.extend(&call.calldata);
        bool::decode(&self.view(selector("is_call_allowed"), calldata).await?).map_err(unreadable)
    }

    /// Returns the session's fee limit: the most FRI that one plain transaction may commit to pay; `None`
    /// if there is no limit.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn session_fee_limit(&self, session_key: Felt) -> Result<Option<Fri>> {
        let felts = self.view(selector("get_session_fee_limit"), vec![session_key]).await?;
        Ok(Option::<u128>::decode(&felts).map_err(unreadable)?.map(Fri))
    }

    /// Returns the spending policy of `session_key` for `token`, with what was spent under it.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn spending_policy(&self, session_key: Felt, token: Felt) -> Result<SpendingPolicy> {
        let felts = self.view(selector("get_spending_policy"), vec![session_key, token]).await?;
        SpendingPolicy::decode(&felts).map_err(unreadable)
    }

    /// Returns the tokens for which `session_key` has spending policies, at most [`MOST_TOKENS`].
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn spending_tokens(&self, session_key: Felt) -> Result<Vec<Felt>> {
        let felts = self.view(selector("get_spending_tokens"), vec![session_key]).await?;
        // `Vec::decode` would reserve memory for as many felts as the node claims.
        match felts.split_first() {
            Some((count, tokens))
                if *count == tokens.len().into() && tokens.len() <= MOST_TOKENS =>
            {
                Ok(tokens.to_vec())
            }
            _ => {
                let told = format!(
                    "the tokens of a key's policies are not a list of at most {MOST_TOKENS}"
                );
                Err(Error::Answer(told))
            }
        }
    }

    /// Returns all spending policies of `session_key`, each with its token.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn spending_policies(
        &self,
        session_key: Felt,
    ) -> Result<Vec<(Felt, SpendingPolicy)>> {
        let mut policies = Vec::new();
        for token in self.spending_tokens(session_key).await? {
            policies.push((token, self.spending_policy(session_key, token).await?));
        }
        Ok(policies)
    }

    /// Returns the owner's public key.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn public_key(&self) -> Result<Felt> {
        let felts = self.view(selector("get_public_key"), vec![]).await?;
        Felt::decode(&felts).map_err(unreadable)
    }

    /// Returns the felt in the storage variable `Account_public_key`, in which OpenZeppelin's account and
    /// this one keep the owner's public key; 0 if it is empty. When the account is upgraded to another
    /// class, that class takes this felt for its owner, whatever today's class answers.
    /// # Errors
    /// [`Error::Node`] if the node fails, and [`Error::Refused`] if there is no such contract.
    pub async fn stored_public_key(&self) -> Result<Felt> {
        let slot = selector("Account_public_key");
        Ok(self.node.get_storage_at(self.address, slot, NEXT_BLOCK, None).await?.value())
    }

    /// Says whether the nonce of an outside execution is unspent (SNIP-9).
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn is_valid_outside_execution_nonce(&self, nonce: Felt) -> Result<bool> {
        let selector = selector("is_valid_outside_execution_nonce");
        bool::decode(&self.view(selector, vec![nonce]).await?).map_err(unreadable)
    }

    /// Says whether the account supports the interface `id` (SNIP-5).
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn supports_interface(&self, id: Felt) -> Result<bool> {
        let felts = self.view(selector("supports_interface"), vec![id]).await?;
        bool::decode(&felts).map_err(unreadable)
    }

    /// Calls a view of the account, without a transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] with the contract's error if it panics, [`Error::Node`] if the node fails.
    pub async fn view(&self, entry_point_selector: Felt, calldata: Vec<Felt>) -> Result<Vec<Felt>> {
        let call = FunctionCall { contract_address: self.address, entry_point_selector, calldata };
        Ok(self.node.call(call, NEXT_BLOCK).await?)
    }
}

fn unreadable(error: starknet_rust::core::codec::Error) -> Error {
    Error::Answer(error.to_string())
}
