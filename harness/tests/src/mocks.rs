//! Calls of the contracts of `mocks/`, by which tokens leave the account and come to it.

use session_client::calldata::of_calls;
use session_client::deploy::UDC;
use session_client::felt::selector;
use session_client::token::{self, ETH};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::core::utils::{UdcUniqueness, get_udc_deployed_address};

use crate::calls::ask;
use crate::chain::Chain;
use crate::classes::mock;
use crate::sending::send;
use crate::verdicts::assert_succeeds;

/// The account's balance of each token at first.
pub const HELD: u128 = 1_000;
/// The recipient of what should not have left the account.
pub const THIEF: Felt = Felt::from_hex_unchecked("0x7e1f");

/// Mints tokens for `recipient`.
pub fn mint(token: Felt, recipient: Felt, amount: u128) -> Call {
    ask(token, "mint", [recipient, amount.into(), Felt::ZERO])
}

/// Transfers tokens to the [`THIEF`].
pub fn transfer(token: Felt, amount: u128) -> Call {
    token::transfer(token, THIEF, amount)
}

/// Allows `spender` to pull tokens.
pub fn approve(token: Felt, spender: Felt, amount: u128) -> Call {
    ask(token, "approve", [spender, amount.into(), Felt::ZERO])
}

/// Burns tokens of the caller.
pub fn withdraw(bridge: Felt, token: Felt, amount: u128) -> Call {
    ask(bridge, "initiate_token_withdraw", [token, THIEF, amount.into(), Felt::ZERO])
}

/// Pulls tokens by an allowance of `sender`.
pub fn pull(router: Felt, token: Felt, sender: Felt, amount: u128) -> Call {
    ask(router, "pull", [token, sender, amount.into(), Felt::ZERO])
}

/// Sells `amount` of one token for the same amount of `bought`.
pub fn swap(exchange: Felt, sold: Felt, amount: u128, bought: Felt) -> Call {
    ask(exchange, "swap", [sold, amount.into(), Felt::ZERO, bought])
}

/// Deposits tokens in the vault, which pulls them by an allowance.
pub fn deposit(vault: Felt, token: Felt, amount: u128) -> Call {
    ask(vault, "deposit", [token, amount.into(), Felt::ZERO])
}

/// Redeems tokens from the vault, which pays them to `receiver`.
pub fn redeem(vault: Felt, token: Felt, amount: u128, receiver: Felt) -> Call {
    ask(vault, "redeem", [token, amount.into(), Felt::ZERO, receiver])
}

/// Lets the contract `payout` pay, which anybody can cause.
pub fn pay_out(payout: Felt, token: Felt, recipient: Felt, amount: u128) -> Call {
    ask(payout, "pay", [token, recipient, amount.into(), Felt::ZERO])
}

/// Lets the contract `caller` make `calls`, all within one call.
pub fn make(caller: Felt, calls: &[Call]) -> Call {
    ask(caller, "make", of_calls(calls))
}

/// Sets the answer of `liar` to calls of `name`.
pub fn tell(liar: Felt, name: &str, felts: &[Felt]) -> Call {
    let head = [selector(name), felts.len().into()];
    ask(liar, "answer", [&head, felts].concat())
}

/// Makes `liar` panic when `name` is called.
pub fn silence(liar: Felt, name: &str) -> Call {
    ask(liar, "fall_silent", [selector(name)])
}

/// Makes `liar` make `calls` when its `balance_of` is called next.
pub fn arm(liar: Felt, calls: &[Call]) -> Call {
    ask(liar, "arm", of_calls(calls))
}

/// Calls a token without a policy, and moves nothing.
pub fn free() -> Call {
    token::transfer(ETH, THIEF, 0)
}

/// Serializes an amount as Cairo does: low half, high half.
pub fn u256(amount: u128) -> [Felt; 2] {
    [amount.into(), Felt::ZERO]
}

impl Chain {
    /// Declares the class `name` of `mocks/`, and returns its hash.
    pub async fn declare_mock(&self, name: &str) -> Felt {
        let artifact = mock(name);
        self.declare(&artifact).await;
        artifact.class_hash
    }

    /// Declares the class `name` of `mocks/` and deploys it `N` times.
    pub async fn deploy_mocks<const N: usize>(&self, name: &str) -> [Felt; N] {
        let class_hash = self.declare_mock(name).await;
        let salts: [Felt; N] = std::array::from_fn(Felt::from);
        let calls = salts
            .map(|salt| ask(UDC, "deployContract", [class_hash, salt, Felt::ZERO, Felt::ZERO]));
        assert_succeeds(send(&self.relayer, calls.to_vec()).await);
        salts.map(|salt| get_udc_deployed_address(salt, class_hash, &UdcUniqueness::NotUnique, &[]))
    }

    /// Declares the class `name` of `mocks/` and deploys it once.
    pub async fn deploy_mock(&self, name: &str) -> Felt {
        let [mock] = self.deploy_mocks(name).await;
        mock
    }

    /// Deploys `N` tokens; the account holds [`HELD`] of each.
    pub async fn deploy_tokens<const N: usize>(&self) -> [Felt; N] {
        let tokens = self.deploy_mocks("Token").await;
        let mint = tokens.map(|token| mint(token, self.account(), HELD));
        assert_succeeds(send(&self.stranger, mint.to_vec()).await);
        tokens
    }

    /// Deploys a token that says that the account holds [`HELD`] of it and has approved nothing.
    pub async fn deploy_liar(&self) -> Felt {
        let liar = self.deploy_mock("Liar").await;
        let truths = [tell(liar, "balance_of", &u256(HELD)), tell(liar, "allowance", &u256(0))];
        assert_succeeds(send(&self.stranger, truths.to_vec()).await);
        liar
    }

    /// Returns the account's balance of `token`.
    pub async fn held(&self, token: Felt) -> u128 {
        token::balance(&self.node, token, self.account()).await.unwrap()
    }
}
