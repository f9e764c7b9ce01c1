//! Outside executions (SNIP-9): calls that the account signs, and somebody else submits and pays for.

use serde::{Deserialize, Serialize};
use starknet_rust::core::crypto::HashFunction;
use starknet_rust::core::types::typed_data::{Domain, Revision};
use starknet_rust::core::types::{Call, Felt};
use starknet_rust::signers::SigningKey;

use crate::calldata;
use crate::error::{Error, Result};
use crate::felt::{selector, short_string};
use crate::key::SessionKey;

/// The domain's name in the typed data of every version of SNIP-9.
pub(crate) const DOMAIN: &str = "Account.execute_from_outside";

/// How long an outside execution can be submitted by default, in seconds.
pub const WINDOW: u64 = 3_600;

/// The length of a random nonce in bytes: every number of 31 bytes is below the field's prime.
const NONCE_BYTES: usize = 31;

/// The type hashes, as in the contract's `message.cairo`.
const OUTSIDE_EXECUTION_TYPE_HASH: Felt =
    Felt::from_hex_unchecked("0x312b56c05a7965066ddbda31c016d8d05afc305071c0ca3cdc2192c3c2f1f0f");
const CALL_TYPE_HASH: Felt =
    Felt::from_hex_unchecked("0x3635c7f2a7ba93844c0d064e18e487f35ab90f7c39d00f186a781fc3f0c2ca9");

/// Who may submit an outside execution.
///
/// ```
/// use session_client::Caller;
/// use session_client::felt::short_string;
///
/// assert_eq!(Caller::from(short_string("ANY_CALLER")), Caller::Any);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Caller {
    /// Anyone (`'ANY_CALLER'`).
    Any,
    /// Only this contract: a relayer's account or a forwarder. Address 0 means anyone, as SNIP-163 defines.
    Only(Felt),
}

impl From<Caller> for Felt {
    fn from(caller: Caller) -> Self {
        match caller {
            Caller::Any => short_string("ANY_CALLER"),
            Caller::Only(address) => address,
        }
    }
}

impl From<Felt> for Caller {
    fn from(felt: Felt) -> Self {
        if felt == Self::Any.into() { Self::Any } else { Self::Only(felt) }
    }
}

/// Calls that the account signs and somebody else submits (SNIP-9, version 2).
///
/// ```
/// use session_client::starknet::core::types::Felt;
/// use session_client::{OutsideExecution, SessionKey, token};
///
/// let (account, chain_id) = (Felt::from(0xacc), session_client::felt::short_string("SN_SEPOLIA"));
/// let payment = token::transfer(token::STRK, Felt::from(0xbeef), 7);
/// let execution = OutsideExecution::new(vec![payment], 1_800_000_000).only_by(Felt::from(0x4e1));
/// let key = SessionKey::generate();
/// let signed = execution.sign_as_session(account, chain_id, &key, 1_800_003_600)?;
/// // The relayer receives this JSON and submits `signed.call()`.
/// let json = serde_json::to_string(&signed)?;
/// assert_eq!(serde_json::from_str::<session_client::SignedOutsideExecution>(&json)?, signed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideExecution {
    /// Who may submit it.
    pub caller: Caller,
    /// Any felt that the account has not spent as such a nonce.
    pub nonce: Felt,
    /// The Unix time in seconds after which it can be submitted; that second is excluded.
    pub execute_after: u64,
    /// The Unix time in seconds before which it can be submitted; that second is excluded.
    pub execute_before: u64,
    /// The calls, made in this order, all or none.
    pub calls: Vec<Call>,
}

impl OutsideExecution {
    /// Builds an outside execution of `calls` that anyone can submit before `execute_before` (Unix
    /// seconds), with a random nonce.
    #[must_use]
    pub fn new(calls: Vec<Call>, execute_before: u64) -> Self {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        Self {
            caller: Caller::Any,
            nonce: Felt::from_bytes_be_slice(&nonce),
            execute_after: 0,
            execute_before,
            calls,
        }
    }

    /// Allows only the contract `caller` to submit it.
    #[must_use]
    pub const fn only_by(mut self, caller: Felt) -> Self {
        self.caller = Caller::Only(caller);
        self
    }

    /// Computes the SNIP-12 (revision 1) hash that is signed, for `account` on the chain `chain_id`.
    ///
    /// It is computed here because starknet-rust's typed data takes a selector only by its name: it would
    /// hash a hexadecimal selector as if it were a name.
    #[must_use]
    pub fn message_hash(&self, account: Felt, chain_id: Felt) -> Felt {
        self.message_hash_as(OUTSIDE_EXECUTION_TYPE_HASH, account, chain_id)
    }

    /// Computes the hash with another type hash, for a client that signs other types.
    #[must_use]
    pub fn message_hash_as(&self, type_hash: Felt, account: Felt, chain_id: Felt) -> Felt {
        let domain = Domain {
            name: short_string(DOMAIN),
            version: Felt::TWO,
            chain_id,
            revision: Revision::V1,
        };
        hash_many(&[
            short_string("StarkNet Message"),
            domain.encoded_hash(),
            account,
            self.struct_hash(type_hash),
        ])
    }

    fn struct_hash(&self, type_hash: Felt) -> Felt {
        let calls: Vec<_> = self.calls.iter().map(call_hash).collect();
        hash_many(&[
            type_hash,
            self.caller.into(),
            self.nonce,
            self.execute_after.into(),
            self.execute_before.into(),
            hash_many(&calls),
        ])
    }

    /// Signs it with the owner's key, which may do everything.
    ///
    /// # Errors
    /// [`Error::Signing`] if the hash is 2^251 or more: choose another nonce.
    pub fn sign_as_owner(
        self,
        account: Felt,
        chain_id: Felt,
        key: &SigningKey,
    ) -> Result<SignedOutsideExecution> {
        let hash = self.message_hash(account, chain_id);
        let signature = key.sign(&hash).map_err(|error| Error::Signing(error.to_string()))?;
        Ok(self.with_signature(account, vec![signature.r, signature.s]))
    }

    /// Signs it with a session key, whose limits apply. `valid_until`, in Unix seconds, must be the
    /// session's registered end.
    ///
    /// # Errors
    /// [`Error::Signing`] if the hash is 2^251 or more: choose another nonce.
    pub fn sign_as_session(
        self,
        account: Felt,
        chain_id: Felt,
        key: &SessionKey,
        valid_until: u64,
    ) -> Result<SignedOutsideExecution> {
        let hash = self.message_hash(account, chain_id);
        let signature = key.sign(&hash, valid_until)?;
        Ok(self.with_signature(account, signature))
    }

    /// Adds a signature that was made elsewhere.
    #[must_use]
    pub const fn with_signature(
        self,
        account: Felt,
        signature: Vec<Felt>,
    ) -> SignedOutsideExecution {
        SignedOutsideExecution { account, outside_execution: self, signature }
    }
}

fn hash_many(felts: &[Felt]) -> Felt {
    HashFunction::poseidon().hash_many(felts)
}

fn call_hash(call: &Call) -> Felt {
    hash_many(&[CALL_TYPE_HASH, call.to, call.selector, hash_many(&call.calldata)])
}

/// An outside execution with its signature, ready to be submitted.
///
/// ```
/// use session_client::{OutsideExecution, SignedOutsideExecution};
///
/// // The signature was made elsewhere, by a wallet.
/// let signed = OutsideExecution::new(vec![], 1_800_000_000).with_signature(7_u8.into(), vec![]);
/// let call = signed.call();
/// assert_eq!(SignedOutsideExecution::from_calldata(call.to, &call.calldata), Some(signed));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOutsideExecution {
    /// The account that signed.
    pub account: Felt,
    /// The signed outside execution.
    pub outside_execution: OutsideExecution,
    /// The signature: `[r, s]` of the owner, or `[session_key, r, s, valid_until]` of a session.
    pub signature: Vec<Felt>,
}

impl SignedOutsideExecution {
    /// Reads it from the calldata of `execute_from_outside_v2`; `None` if the calldata is not of this form.
    #[must_use]
    pub fn from_calldata(account: Felt, calldata: &[Felt]) -> Option<Self> {
        let (&[caller, nonce, after, before], rest) = calldata.split_first_chunk()?;
        let (calls, rest) = calldata::calls_of(rest)?;
        let (signature, rest) = calldata::span_of(rest)?;
        let outside_execution = OutsideExecution {
            caller: caller.into(),
            nonce,
            execute_after: after.try_into().ok()?,
            execute_before: before.try_into().ok()?,
            calls,
        };
        let signature = signature.to_vec();
        rest.is_empty().then_some(Self { account, outside_execution, signature })
    }

    /// Returns the call of `execute_from_outside_v2` that submits it.
    #[must_use]
    pub fn call(&self) -> Call {
        let OutsideExecution { caller, nonce, execute_after, execute_before, calls } =
            &self.outside_execution;
        let mut felts =
            vec![(*caller).into(), *nonce, (*execute_after).into(), (*execute_before).into()];
        felts.extend(calldata::of_calls(calls));
        felts.push(self.signature.len().into());
        felts.extend_from_slice(&self.signature);
        let selector = selector("execute_from_outside_v2");
        Call { to: self.account, selector, calldata: felts }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::token::{STRK, transfer};

    #[test]
    fn what_was_signed_travels_as_json() {
        for caller in [Caller::Any, Caller::Only(Felt::TWO)] {
            let execution =
                OutsideExecution::new(vec![transfer(STRK, Felt::ONE, 7)], 1_900_000_000);
            let execution = OutsideExecution { caller, ..execution };
            let signed = execution.with_signature(Felt::THREE, vec![Felt::ONE, Felt::TWO]);
            let json = serde_json::to_string(&signed).unwrap();
            assert_eq!(serde_json::from_str::<SignedOutsideExecution>(&json).unwrap(), signed);
            let call = signed.call();
            assert_eq!(
                SignedOutsideExecution::from_calldata(call.to, &call.calldata),
                Some(signed)
            );
        }
    }
}
