//! What paymasters answer, as far as it is not to be signed.

use serde_json::Value;
use starknet_rust::core::types::{Felt, U256};

use super::error::PaymasterError;
use crate::json::{felt, u64, u128};

/// The most digits of half a `u256`, in hexadecimal.
const HALF: usize = 32;

/// A token that a paymaster takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// The token's address.
    pub address: Felt,
    /// How many decimals the token has.
    pub decimals: u8,
    /// What one whole token costs, in FRI.
    pub price_in_strk: U256,
}

/// What a paymaster expects a transaction to cost. For information: what is paid is the transfer that is
/// signed, [`Checked::fee`](super::Checked::fee).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fees {
    /// What one whole token costs, in FRI.
    pub gas_token_price_in_strk: u128,
    /// In FRI.
    pub estimated_fee_in_strk: u128,
    /// In the token's smallest unit.
    pub estimated_fee_in_gas_token: u128,
    /// In FRI.
    pub suggested_max_fee_in_strk: u128,
    /// In the token's smallest unit.
    pub suggested_max_fee_in_gas_token: u128,
}

/// A transaction that a paymaster says it sent. Its hash may change until it is in a block, if the
/// paymaster raises the fee; the signed nonce does not ([`Claim::settle`](super::Claim::settle)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submitted {
    /// The hash of the paymaster's transaction. The account's own nonce does not move.
    pub transaction_hash: Felt,
    /// What to ask the paymaster by for the latest hash; `None` from those that do not track.
    pub tracking_id: Option<Felt>,
}

/// What a paymaster says of what it tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tracked {
    /// The hash of the latest transaction.
    pub transaction_hash: Felt,
    /// What became of it.
    pub status: TrackedStatus,
}

/// What became of a tracked transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackedStatus {
    /// It is not in a block yet.
    Active,
    /// It is in a block.
    Accepted,
    /// The paymaster gave it up.
    Dropped,
}

impl Token {
    pub(super) fn list(answer: &Value) -> Result<Vec<Self>, PaymasterError> {
        let unreadable = PaymasterError::Answer("its list of tokens is none");
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
        // AVNU's paymaster says 0 whatever it is.
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
            _ => return Err(PaymasterError::Answer("its status is active, accepted nor dropped")),
        };
        Ok(Self { transaction_hash: hash(value)?, status })
    }
}

fn hash(value: &Value) -> Result<Felt, PaymasterError> {
    felt(&value["transaction_hash"]).ok_or(PaymasterError::Answer("it has no transaction's hash"))
}
