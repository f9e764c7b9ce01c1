//! What anybody can read of the account.

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

/// A session as SNIP-163 shows it. All zero when there is none.
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
    /// Unix time in seconds; usable up to and including that second.
    pub valid_until: u64,
    /// Transactions granted.
    pub max_calls: u32,
    /// Transactions made.
    pub calls_used: u32,
    /// How many entries the list has; 0 means any call.
    pub allowed_entrypoints_len: u32,
}

/// A session as its user wants to see it.
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
    /// Whether the session could sign a transaction now.
    pub is_active: bool,
    /// Unix time in seconds; usable up to and including that second.
    pub valid_until: u64,
    /// Transactions left.
    pub remaining_calls: u32,
    /// How many entries the list has; 0 means any call. [`SessionContract::allowed`] finds them.
    pub allowed_len: u32,
}

/// A spending policy and what was spent under it. All zero when there is none.
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
    /// The most that one call may name, in the token's smallest unit.
    #[serde(with = "decimal")]
    pub max_per_call: U256,
    /// The most that may leave the account in one window.
    #[serde(with = "decimal")]
    pub max_per_window: U256,
    /// How long a window lasts, in seconds; 0 when there is no policy.
    pub window_seconds: u64,
    /// What left in the current window; stale once it has ended. [`spent_at`](Self::spent_at) is not.
    #[serde(with = "decimal")]
    pub spent_in_window: U256,
    /// Unix time in seconds of the first spend of the current window; 0 before any.
    pub window_start: u64,
}

impl SpendingPolicy {
    /// Returns what the owner set, without what was spent.
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

    /// Returns the Unix time at which the window that is open at `now` ends; `None` if none is open, so
    /// that the next spend begins one.
    #[must_use]
    pub const fn window_end_at(&self, now: u64) -> Option<u64> {
        let end = self.window_start.saturating_add(self.window_seconds);
        if self.window_start != 0 && now < end { Some(end) } else { None }
    }

    /// Returns what left in the window that is open at `now`; 0 if none is open.
    #[must_use]
    pub fn spent_at(&self, now: u64) -> U256 {
        self.window_end_at(now).map_or_else(|| U256::from(0_u8), |_| self.spent_in_window)
    }
}

impl SpendingLimits {
    /// Returns the policy with these limits under which nothing was spent yet.
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
    /// Returns the session of `session_key`, all zero when there is none.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails, [`Error::Refused`] if this account has no sessions.
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

    /// Says whether a batch of exactly `call` passes what the session of `session_key` may call: its
    /// list, the blocked functions and the account itself. `false` if there is no session. Its end, the
    /// calls left, fees and spending policies are not asked.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn is_call_allowed(&self, session_key: Felt, call: &Call) -> Result<bool> {
        let mut calldata = vec![session_key, call.to, call.selector, call.calldata.len().into()];
        calldata.extend(&call.calldata);
        bool::decode(&self.view(selector("is_call_allowed"), calldata).await?).map_err(unreadable)
    }

    /// Returns the most that one plain transaction of `session_key` may commit to pay, if limited.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn session_fee_limit(&self, session_key: Felt) -> Result<Option<Fri>> {
        let felts = self.view(selector("get_session_fee_limit"), vec![session_key]).await?;
        Ok(Option::<u128>::decode(&felts).map_err(unreadable)?.map(Fri))
    }

    /// Returns what may leave of `token` in the batches of `session_key`, and what has.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn spending_policy(&self, session_key: Felt, token: Felt) -> Result<SpendingPolicy> {
        let felts = self.view(selector("get_spending_policy"), vec![session_key, token]).await?;
        SpendingPolicy::decode(&felts).map_err(unreadable)
    }

    /// Returns the tokens that `session_key` has policies for, at most [`MOST_TOKENS`].
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn spending_tokens(&self, session_key: Felt) -> Result<Vec<Felt>> {
        let felts = self.view(selector("get_spending_tokens"), vec![session_key]).await?;
        // Not by `Vec`, which makes room for as many as a node says that there are.
        match felts.split_first() {
            Some((count, tokens))
                if *count == tokens.len().into() && tokens.len() <= MOST_TOKENS =>
            {
                Ok(tokens.to_vec())
            }
            _ => {
                let told =
                    format!("the list of a key's tokens is none, or longer than {MOST_TOKENS}");
                Err(Error::Answer(told))
            }
        }
    }

    /// Returns all policies of `session_key`, each with its token.
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

    /// Returns the felt that the account's storage has under the name that OpenZeppelin's account, and
    /// this one, keep the owner's public key under: 0 if nothing stands there. What a class that the
    /// account moves to will take for its owner is this, whatever the class of today answers.
    ///
    /// # Errors
    /// [`Error::Node`] if the node fails, and [`Error::Refused`] if there is no such contract.
    pub async fn stored_public_key(&self) -> Result<Felt> {
        let slot = selector("Account_public_key");
        Ok(self.node.get_storage_at(self.address, slot, NEXT_BLOCK, None).await?.value())
    }

    /// Asks whether an outside execution's nonce is still unspent.
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn is_valid_outside_execution_nonce(&self, nonce: Felt) -> Result<bool> {
        let selector = selector("is_valid_outside_execution_nonce");
        bool::decode(&self.view(selector, vec![nonce]).await?).map_err(unreadable)
    }

    /// Asks whether the account says that it supports the interface `id` (SNIP-5).
    ///
    /// # Errors
    /// As for [`session_data`](Self::session_data).
    pub async fn supports_interface(&self, id: Felt) -> Result<bool> {
        let felts = self.view(selector("supports_interface"), vec![id]).await?;
        bool::decode(&felts).map_err(unreadable)
    }

    /// Calls a function of the account without a transaction.
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
