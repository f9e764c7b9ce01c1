//! Sets spending policies, and reads what was spent.

use std::sync::Arc;

use session_client::token::STRK;
use session_client::{SessionKey, SessionLimits, SpendingLimits, SpendingPolicy};
use starknet_rust::core::types::{Call, Felt, U256};

use crate::calls::ask;
use crate::chain::Chain;
use crate::grants::limits;
use crate::paths::BOTH_PATHS;
use crate::sending::send;
use crate::verdicts::assert_succeeds;

/// The window of [`maxima`], in seconds.
pub const HOUR: u64 = 3_600;

/// Makes the limits of a policy with windows of an hour.
pub fn maxima(per_call: u128, per_window: u128) -> SpendingLimits {
    SpendingLimits {
        max_per_call: per_call.into(),
        max_per_window: per_window.into(),
        window_seconds: HOUR,
    }
}

/// A chain with a session key, a token of which the key may spend 100 in an hour and 50 in a call, and
/// another token without a policy. The account holds [`HELD`](crate::mocks::HELD) of each.
pub struct Capped {
    /// The chain.
    pub chain: Chain,
    /// The token with a policy.
    pub token: Felt,
    /// The token without a policy.
    pub other: Felt,
    /// The session key, which may make any call.
    pub key: Arc<SessionKey>,
}

impl Capped {
    /// Starts a chain with both tokens on it.
    pub async fn start() -> Self {
        let chain = Chain::start().await;
        let [token, other] = chain.deploy_tokens().await;
        let key = chain.register(&SessionLimits { max_calls: 100, ..limits() }).await;
        chain.cap(&key, token, &maxima(50, 100)).await;
        Self { chain, token, other, key }
    }

    /// Starts the same, with a bridge that may burn the tokens.
    pub async fn start_with_bridge() -> (Self, Felt) {
        let it = Self::start().await;
        let bridge = it.chain.deploy_mock("Bridge").await;
        let permit = [it.token, it.other].map(|token| ask(token, "permit_burner", [bridge]));
        assert_succeeds(send(&it.chain.stranger, permit.to_vec()).await);
        (it, bridge)
    }
}

impl Chain {
    /// Registers a fresh key for any call, with a spending policy for STRK.
    pub async fn limited(&self, maxima: &SpendingLimits) -> Arc<SessionKey> {
        let key = self.register(&limits()).await;
        self.cap(&key, STRK, maxima).await;
        key
    }

    /// Sets a spending policy of `key` for `token`.
    pub async fn cap(&self, key: &SessionKey, token: Felt, maxima: &SpendingLimits) {
        self.as_owner(self.contract.set_spending_policy(key.public_key(), token, maxima)).await;
    }

    /// Reads the policy of `key` for STRK.
    pub async fn policy(&self, key: &SessionKey) -> SpendingPolicy {
        self.contract.spending_policy(key.public_key(), STRK).await.unwrap()
    }

    /// Returns what `key` spent of STRK in its last window.
    pub async fn spent(&self, key: &SessionKey) -> U256 {
        self.policy(key).await.spent_in_window
    }

    /// Returns what `key` spent of `token` in its last window.
    pub async fn spent_of(&self, key: &SessionKey, token: Felt) -> U256 {
        let policy = self.contract.spending_policy(key.public_key(), token).await;
        policy.unwrap().spent_in_window
    }

    /// Returns the tokens for which `key` has policies.
    pub async fn tokens(&self, key: &SessionKey) -> Vec<Felt> {
        self.contract.spending_tokens(key.public_key()).await.unwrap()
    }

    /// Asserts that a session can make `calls` both ways, and that each way counts `amount` of `token`.
    pub async fn assert_counted_both_ways(
        &self,
        key: &Arc<SessionKey>,
        calls: Vec<Call>,
        token: Felt,
        amount: u128,
    ) {
        let mut spent = self.spent_of(key, token).await;
        for path in BOTH_PATHS {
            assert_succeeds(self.send_by(path, key, calls.clone()).await);
            spent += amount.into();
            assert_eq!(self.spent_of(key, token).await, spent, "{path:?}");
        }
    }
}
