//! Calls of ERC-20 tokens.

use starknet_rust::core::types::{Call, Felt, FunctionCall};
use starknet_rust::providers::Provider;

use crate::error::{Error, Result};
use crate::felt::selector;
use crate::node::{NEXT_BLOCK, Node};

/// The address of STRK, the same on every Starknet network.
pub const STRK: Felt =
    Felt::from_hex_unchecked("0x04718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d");

/// The address of ETH, the same on every Starknet network.
pub const ETH: Felt =
    Felt::from_hex_unchecked("0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7");

/// Returns the call that sends `amount` of `token`, in its smallest unit, to `recipient`.
#[must_use]
pub fn transfer(token: Felt, recipient: Felt, amount: u128) -> Call {
    Call {
        to: token,
        selector: selector("transfer"),
        calldata: vec![recipient, amount.into(), Felt::ZERO],
    }
}

/// Returns the balance of `account` in `token`, in its smallest unit.
///
/// # Errors
/// [`Error::Answer`] if the balance is 2^128 or more, [`Error::Node`] if the node fails.
pub async fn balance(node: &Node, token: Felt, account: Felt) -> Result<u128> {
    let call = FunctionCall {
        contract_address: token,
        entry_point_selector: selector("balance_of"),
        calldata: vec![account],
    };
    let felts = node.call(call, NEXT_BLOCK).await?;
    match felts[..] {
        [low, high] if high == Felt::ZERO => {
            low.try_into().map_err(|_| Error::Answer("a balance of 2^128 or more".to_owned()))
        }
        _ => Err(Error::Answer("a balance that is 2^128 or more, or not two felts".to_owned())),
    }
}
