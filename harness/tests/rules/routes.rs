//! Contracts of `mocks/`, the routes by which tokens leave the account and come to it.

use std::sync::Arc;

use session_harness::name::selector;
use session_harness::{SessionKey, SessionLimits, token};
use starknet_rust_core::types::{Call, Felt, U256};

use crate::chain::*;
use crate::forged::encode_calls;
use crate::spending::maxima;

/// What the account holds of a token at first.
pub const HELD: u128 = 1_000;
/// Whoever gets what should not have left.
pub const THIEF: Felt = Felt::from_hex_unchecked("0x7e1f");

/// A token of which a key may spend 100 in an hour, 50 in a call, and another of which it may spend
/// all. The account holds [`HELD`] of each.
pub struct Capped {
    pub chain: Chain,
    pub token: Felt,
    pub other: Felt,
    pub key: Arc<SessionKey>,
}

impl Capped {
    pub async fn start() -> Self {
        let chain = Chain::start().await;
        let [token, other] = chain.deploy_tokens().await;
        let key = chain.register(&SessionLimits { max_calls: 100, ..limits() }).await;
        chain.cap(&key, token, &maxima(50, 100)).await;
        Self { chain, token, other, key }
    }

    /// The same, and a bridge that may burn the tokens.
    pub async fn start_with_bridge() -> (Self, Felt) {
        let it = Self::start().await;
        let bridge = it.chain.deploy_mock("Bridge").await;
        let permit = [it.token, it.other].map(|token| ask(token, "permit_burner", [bridge]));
        assert_succeeds(send(&it.chain.stranger, permit.to_vec()).await);
        (it, bridge)
    }
}

/// Who submits what a session signs.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    Plain,
    Outside,
}

pub const BOTH_PATHS: [Path; 2] = [Path::Plain, Path::Outside];

impl Chain {
    /// Deploys tokens, of each of which the account holds [`HELD`].
    pub async fn deploy_tokens<const N: usize>(&self) -> [Felt; N] {
        let tokens = self.deploy_mocks("Token").await;
        let mint = tokens.map(|token| mint(token, self.account(), HELD));
        assert_succeeds(send(&self.stranger, mint.to_vec()).await);
        tokens
    }

    /// Has somebody who has nothing to do with the account make `call`, which must succeed.
    pub async fn as_stranger(&self, call: Call) {
        assert_succeeds(send(&self.stranger, vec![call]).await);
    }

    /// Says what the account holds of `token`.
    pub async fn held(&self, token: Felt) -> u128 {
        token::balance(&self.node, token, self.account()).await.unwrap()
    }

    /// Says what `key` spent of `token` in the window that was last begun.
    pub async fn spent_of(&self, key: &SessionKey, token: Felt) -> U256 {
        let policy = self.contract.spending_policy(key.public_key(), token).await;
        policy.unwrap().spent_in_window
    }

    /// Makes `calls` as the session of `key`.
    pub async fn send_by(&self, path: Path, key: &Arc<SessionKey>, calls: Vec<Call>) -> Sent {
        match path {
            Path::Plain => send(&self.session(key, END), calls).await,
            Path::Outside => self.relay(&self.outside(calls, key, END)).await,
        }
    }

    /// Both ways a session can make `calls`, and each time `amount` of `token` is counted.
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

pub fn mint(token: Felt, recipient: Felt, amount: u128) -> Call {
    ask(token, "mint", [recipient, amount.into(), Felt::ZERO])
}

pub fn transfer(token: Felt, amount: u128) -> Call {
    token::transfer(token, THIEF, amount)
}

pub fn approve(token: Felt, spender: Felt, amount: u128) -> Call {
    ask(token, "approve", [spender, amount.into(), Felt::ZERO])
}

/// Burns what the caller holds.
pub fn withdraw(bridge: Felt, token: Felt, amount: u128) -> Call {
    ask(bridge, "initiate_token_withdraw", [token, THIEF, amount.into(), Felt::ZERO])
}

/// Uses an allowance of `sender`.
pub fn pull(router: Felt, token: Felt, sender: Felt, amount: u128) -> Call {
    ask(router, "pull", [token, sender, amount.into(), Felt::ZERO])
}

pub fn swap(exchange: Felt, sold: Felt, amount: u128, bought: Felt) -> Call {
    ask(exchange, "swap", [sold, amount.into(), Felt::ZERO, bought])
}

pub fn deposit(vault: Felt, token: Felt, amount: u128) -> Call {
    ask(vault, "deposit", [token, amount.into(), Felt::ZERO])
}

pub fn redeem(vault: Felt, token: Felt, amount: u128, receiver: Felt) -> Call {
    ask(vault, "redeem", [token, amount.into(), Felt::ZERO, receiver])
}

pub fn pay_out(payout: Felt, token: Felt, recipient: Felt, amount: u128) -> Call {
    ask(payout, "pay", [token, recipient, amount.into(), Felt::ZERO])
}

/// Has the contract `caller` make `calls`, all of them within one call.
pub fn make(caller: Felt, calls: &[Call]) -> Call {
    ask(caller, "make", encode_calls(calls))
}

/// Has `liar` answer `felts` to calls of `name`.
pub fn tell(liar: Felt, name: &str, felts: &[Felt]) -> Call {
    let head = [selector(name), felts.len().into()];
    ask(liar, "answer", [&head, felts].concat())
}

/// Has `liar` panic when `name` is called.
pub fn silence(liar: Felt, name: &str) -> Call {
    ask(liar, "fall_silent", [selector(name)])
}

/// Has `liar` make `calls` when it is next asked for a balance.
pub fn arm(liar: Felt, calls: &[Call]) -> Call {
    ask(liar, "arm", encode_calls(calls))
}

/// A call of a contract without a policy, which moves nothing.
pub fn free() -> Call {
    token::transfer(ETH, THIEF, 0)
}
