//! Plain transactions as clients send them.

use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};

use super::super::diagnosis::Transaction;
use session_client::SignedOutsideExecution;
use session_client::calldata;
use session_client::felt::selector;
use session_client::json::{felt, felts};

/// An invoke transaction in a request.
#[derive(Debug)]
pub struct Invoke {
    /// Who sends it.
    pub sender: Felt,
    /// The sender's signature.
    pub signature: Vec<Felt>,
    /// What its hash is made of.
    pub transaction: Transaction,
    /// Whether it can be included in a block: what only estimates and simulates may say of itself
    /// that it cannot.
    pub is_included: bool,
    /// What another account signed, if that is all that the sender submits.
    pub outside: Option<SignedOutsideExecution>,
}

impl Invoke {
    /// Reads the transaction of a request that sends, estimates or simulates exactly one. Nothing if
    /// it is no such request: the devnet says what is wrong.
    pub fn read(method: &str, params: &Value) -> Option<Self> {
        let (name, listed) = match method {
            "starknet_addInvokeTransaction" => ("invoke_transaction", false),
            "starknet_estimateFee" => ("request", true),
            "starknet_simulateTransactions" => ("transactions", true),
            _ => return None,
        };
        let index = usize::from(name == "transactions");
        let given = params.get(name).or_else(|| params.get(index))?;
        let given = match (listed, given.as_array().map(Vec::as_slice)) {
            (true, Some([one])) => one,
            (false, None) => given,
            _ => return None,
        };
        let (calls, rest) = calldata::calls_of(&felts(&given["calldata"])?)
            .map(|(calls, rest)| (calls, rest.len()))?;
        if rest != 0 {
            return None;
        }
        let bounds = |name: &str| {
            let bound = &given["resource_bounds"][name];
            let amount = felt(&bound["max_amount"])?.try_into().ok()?;
            Some((amount, felt(&bound["max_price_per_unit"])?.try_into().ok()?))
        };
        let outside = match calls.as_slice() {
            [call] if call.selector == selector("execute_from_outside_v2") => {
                SignedOutsideExecution::from_calldata(call.to, &call.calldata)
            }
            _ => None,
        };
        let bounds = [bounds("l1_gas")?, bounds("l2_gas")?, bounds("l1_data_gas")?];
        let transaction = Transaction {
            calls,
            nonce: felt(&given["nonce"])?,
            tip: felt(&given["tip"])?.try_into().ok()?,
            bounds,
        };
        Some(Self {
            sender: felt(&given["sender_address"])?,
            signature: felts(&given["signature"])?,
            transaction,
            is_included: felt(&given["version"]) == Some(Felt::THREE),
            outside,
        })
    }

    /// Returns the most that it commits its sender to pay, in FRI; `None` if it never pays, or if the
    /// account whose rules matter is not the one that does.
    pub fn max_fee(&self) -> Option<Felt> {
        let pays = self.is_included && self.outside.is_none();
        pays.then(|| self.transaction.max_fee())
    }

    /// Returns the account whose rules matter, its signature and its calls.
    pub fn signed(&self) -> (Felt, &[Felt], &[Call]) {
        match &self.outside {
            Some(it) => (it.account, &it.signature, &it.outside_execution.calls),
            None => (self.sender, &self.signature, &self.transaction.calls),
        }
    }
}
