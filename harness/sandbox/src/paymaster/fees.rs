//! Computes what the user must pay, and in which token.

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::super::accounts::TOKENS;
use super::failure::{self, Failure};
use session_client::felt::selector;
use session_client::token::transfer;

/// STRK and ETH both have 18 decimals, and the devnet's gas costs the same number of WEI as of FRI.
const DECIMALS: u32 = 18;
const PRICE_IN_STRK: u128 = 10_u128.pow(DECIMALS);
/// The suggested fee, in percent of the estimate.
const MARGIN: u128 = 150;

/// Returns the tokens that the paymaster accepts, with the price of one in FRI.
pub fn tokens() -> Value {
    let token = |(_, address): &(&str, Felt)| {
        json!({
            "token_address": format!("{address:#x}"),
            "decimals": DECIMALS,
            "price_in_strk": format!("{PRICE_IN_STRK:#x}"),
        })
    };
    json!(TOKENS.iter().map(token).collect::<Vec<_>>())
}

/// An estimate of a transaction's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    /// The estimate in FRI. In every accepted token it is the same number of smallest units.
    pub estimate: u128,
}

impl Fee {
    /// Returns the most that the user is asked to pay.
    pub const fn suggested(self) -> u128 {
        self.estimate.saturating_mul(MARGIN) / 100
    }

    /// Writes the fee in SNIP-29's form.
    pub fn json(self) -> Value {
        let (estimate, suggested) =
            (format!("{:#x}", self.estimate), format!("{:#x}", self.suggested()));
        json!({
            "gas_token_price_in_strk": format!("{PRICE_IN_STRK:#x}"),
            "estimated_fee_in_strk": estimate,
            "estimated_fee_in_gas_token": estimate,
            "suggested_max_fee_in_strk": suggested,
            "suggested_max_fee_in_gas_token": suggested,
        })
    }
}

/// Refuses a token that the paymaster does not accept.
pub fn check_token(token: Felt) -> Result<(), Failure> {
    if TOKENS.iter().any(|(_, it)| *it == token) {
        return Ok(());
    }
    Err(failure::token(format!("{token:#x} is not taken: see paymaster_getSupportedTokens")))
}

/// Returns the call that pays `fee` to `payee`.
pub fn payment(token: Felt, payee: Felt, fee: Fee) -> Call {
    transfer(token, payee, fee.suggested())
}

/// Returns how much the last of `calls` pays to `payee`, in the smallest unit of `token`.
pub fn paid(calls: &[Call], token: Felt, payee: Felt) -> Result<u128, Failure> {
    check_token(token)?;
    let paid = calls.last().and_then(|it| match it.calldata.as_slice() {
        [to, amount, high] if (it.to, it.selector) == (token, selector("transfer")) => {
            (*to == payee && *high == Felt::ZERO).then_some(*amount)
        }
        _ => None,
    });
    paid.and_then(|amount| amount.try_into().ok()).ok_or_else(|| {
        failure::execution(format!(
            "invalid typed data: the last call must be the transfer of the gas token to {payee:#x} that \
             paymaster_buildTransaction appended"
        ))
    })
}
