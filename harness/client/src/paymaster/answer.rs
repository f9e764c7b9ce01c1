//! Reads the answers of paymasters, except the part that is to be signed.

use serde_json::Value;
use starknet_rust::core::types::{Felt, U256};

use super::error::PaymasterError;
use crate::json::{felt, u64, u128};

/// The most hexadecimal digits of half a `u256`.
const HALF: usize = 32;

/// A token in which a paymaster accepts its fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// The token's address.
    pub address: Felt,
    /// How many decimals the token has.
    pub decimals: u8,
    /// The price of one whole token, in FRI.
    pub price_in_strk: U256,
}

/// The paymaster's estimate of the fee. It is only information: what the account pays is the signed
/// transfer, [`Checked::fee`](super::Checked::fee).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fees {
    /// The price of one whole token, in FRI.
    pub gas_token_price_in_strk: u128,
    /// The estimated fee, in FRI.
    pub estimated_fee_in_strk: u128,
    /// The estimated fee, in the token's smallest unit.
    pub estimated_fee_in_gas_token: u128,
    /// The suggested maximum fee, in FRI.
    pub suggested_max_fee_in_strk: u128,
    /// The suggested maximum fee, in the token's smallest unit.
    pub suggested_max_fee_in_gas_token: u128,
}

/// A transaction that a paymaster says it has sent. If the paymaster raises the fee, the hash changes until
/// the transaction is in a block; the signed nonce does not change
/// ([`Claim::settle`](super::Claim::settle)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submitted {
    /// The hash of the paymaster's transaction. It does not use the account's own nonce.
    pub transaction_hash: Felt,
    /// The id with which the paymaster returns the latest hash; `None` if the paymaster does not track
    /// transactions.
    pub tracking_id: Option<Felt>,
}

/// A paymaster's answer about a tracked transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tracked {
    /// The hash of the paymaster's latest transaction.
    pub transaction_hash: Felt,
    /// The status of that transaction.
    pub status: TrackedStatus,
}

/// The status of a tracked transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackedStatus {
    /// The transaction is not in a block yet.
    Active,
    /// The transaction is in a block.
    Accepted,
    /// The paymaster has given the transaction up.
    Dropped,
}

impl Token {
    pub(super) fn list(answer: &Value) -> Result<Vec<Self>, PaymasterError> {
        let unreadable = PaymasterError::Answer("its list of tokens cannot be read");
        let tokens: Option<Vec<_>> =
            answer.as_array().and_then(|it| it.iter().map(Self::read).collect());
        tokens.ok_or(unreadable)
    }

    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            address: felt(&value["token_address"])?,
            decimals: u64(&value["decimals"])?.try_into().ok()?,
            price_in_strk: u256(value["price_in_strk"].as_str()?)?,
        })
    }
}

fn u256(text: &str) -> Option<U256> {
    let digits = text.strip_prefix("0x")?;
    let is_hex = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_hex || digits.len() > 2 * HALF {
        return None;
    }
    let (high, low) = digits.split_at(digits.len().saturating_sub(HALF));
    let half = |digits: &str| match digits {
        "" => Some(0),
        digits => u128::from_str_radix(digits, 16).ok(),
    };
    Some(U256::from_words(half(low)?, half(high)?))
}

impl Fees {
    pub(super) fn read(value: &Value) -> Result<Self, PaymasterError> {
        let part = |name: &str| {
            u128(&value[name]).ok_or(PaymasterError::Answer("its fee is missing or out of range"))
        };
        Ok(Self {
            gas_token_price_in_strk: part("gas_token_price_in_strk")?,
            estimated_fee_in_strk: part("estimated_fee_in_strk")?,
            estimated_fee_in_gas_token: part("estimated_fee_in_gas_token")?,
            suggested_max_fee_in_strk: part("suggested_max_fee_in_strk")?,
            suggested_max_fee_in_gas_token: part("suggested_max_fee_in_gas_token")?,
        })
    }
}

impl Submitted {
    pub(super) fn read(value: &Value) -> Result<Self, PaymasterError> {
        let transaction_hash = hash(value)?;
        // AVNU's paymaster always answers 0, so 0 is no id.
        let tracking_id = felt(&value["tracking_id"]).filter(|it| *it != Felt::ZERO);
        Ok(Self { transaction_hash, tracking_id })
    }
}

impl Tracked {
    pub(super) fn read(value: &Value) -> Result<Self, PaymasterError> {
        let status = match value["status"].as_str() {
            Some("active") => TrackedStatus::Active,
            Some("accepted") => TrackedStatus::Accepted,
            Some("dropped") => TrackedStatus::Dropped,
            _ => {
                return Err(PaymasterError::Answer(
                    "its status is neither active nor accepted nor dropped",
                ));
            }
        };
        Ok(Self { transaction_hash: hash(value)?, status })
    }
}

fn hash(value: &Value) -> Result<Felt, PaymasterError> {
    felt(&value["transaction_hash"]).ok_or(PaymasterError::Answer("it has no transaction's hash"))
}
