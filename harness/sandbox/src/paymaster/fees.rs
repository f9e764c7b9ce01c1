//! What the user is asked to pay, in which token.

use serde_json::{Value, json};
use starknet_rust::core::types::{Call, Felt};

use super::failure::{self, Failure};
use session_client::felt::selector;
use session_client::token::{ETH, STRK, transfer};

/// Both have 18 decimals, and the devnet's gas costs the same number of WEI as of FRI.
const TOKENS: [Felt; 2] = [STRK, ETH];
const DECIMALS: u32 = 18;
const PRICE_IN_STRK: u128 = 10_u128.pow(DECIMALS);
/// What is suggested above the estimate, in percent of it.
const MARGIN: u128 = 150;

/// Returns the tokens taken, with the price of one in FRI.
pub fn tokens() -> Value {
    let token = |address: &Felt| {
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
    /// In FRI, and as much in any token's smallest unit.
    pub estimate: u128,
}

impl Fee {
    /// Returns what a user is asked to pay at most.
    pub const fn suggested(self) -> u128 {
        self.estimate.saturating_mul(MARGIN) / 100
    }

    /// Writes it as SNIP-29 has it.
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

/// Refuses a token that is not taken.
pub fn check_token(token: Felt) -> Result<(), Failure> {
    if TOKENS.contains(&token) {
        return Ok(());
    }
    Err(failure::token(format!("{token:#x} is not taken: see paymaster_getSupportedTokens")))
}

/// Returns the call that pays `fee` to `payee`.
pub fn payment(token: Felt, payee: Felt, fee: Fee) -> Call {
    transfer(token, payee, fee.suggested())
}

/// Refuses `calls` that do not end by paying `payee` something in `token`.
pub fn check_payment(calls: &[Call], token: Felt, payee: Felt) -> Result<(), Failure> {
    check_token(token)?;
    let pays = calls.last().is_some_and(|it| {
        it.to == token
            && it.selector == selector("transfer")
            && it.calldata.first() == Some(&payee)
            && it.calldata.get(1).is_some_and(|amount| *amount != Felt::ZERO)
    });
    if pays {
        return Ok(());
    }
    Err(failure::amount(format!(
        "the last call must be the transfer of the gas token to {payee:#x} that \
         paymaster_buildTransaction appended"
    )))
}
