//! Reads the plain transactions that clients send.

use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};

use super::super::diagnosis::Transaction;
use super::super::history::Step;
use session_client::SignedOutsideExecution;
use session_client::calldata;
use session_client::felt::selector;
use session_client::json::{felt, felts};

/// An invoke transaction in a request.
#[derive(Debug)]
pub struct Invoke {
    /// What the request asks to be done with it.
    pub step: Step,
    /// The account that sends it.
    pub sender: Felt,
    /// The sender's signature.
    pub signature: Vec<Felt>,
    /// The fields that its hash covers.
    pub transaction: Transaction,
    /// Whether the transaction can be included in a block. One that is only estimated or simulated may be a
    /// query, which cannot.
    pub is_included: bool,
    /// The outside execution that another account signed, if the transaction submits that and does nothing
    /// else.
    pub outside: Option<SignedOutsideExecution>,
}

impl Invoke {
    /// Reads the transaction of a request that sends, estimates or simulates exactly one. Returns `None` for
    /// every other request; if it is wrong, the devnet says so.
    pub fn read(method: &str, params: &Value) -> Option<Self> {
        let (step, name, index) = match method {
            "starknet_addInvokeTransaction" => (Step::Send, "invoke_transaction", 0),
            "starknet_estimateFee" => (Step::Estimate, "request", 0),
            "starknet_simulateTransactions" => (Step::Simulate, "transactions", 1),
            _ => return None,
        };
        let given = params.get(name).or_else(|| params.get(index))?;
        let given = match (step, given.as_array().map(Vec::as_slice)) {
            (Step::Send, None) => given,
            (Step::Estimate | Step::Simulate, Some([one])) => one,
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
            step,
            sender: felt(&given["sender_address"])?,
            signature: felts(&given["signature"])?,
            transaction,
            is_included: felt(&given["version"]) == Some(Felt::THREE),
            outside,
        })
    }

    /// Returns the most that the transaction commits its sender to pay, in FRI. Returns `None` if it never
    /// pays, or if it submits an outside execution of another account.
    pub fn max_fee(&self) -> Option<Felt> {
        let pays = self.is_included && self.outside.is_none();
        pays.then(|| self.transaction.max_fee())
    }

    /// Returns the account whose rules decide, with its signature and its calls: the signer of an outside
    /// execution if there is one, else the sender.
    pub fn signed(&self) -> (Felt, &[Felt], &[Call]) {
        match &self.outside {
            Some(it) => (it.account, &it.signature, &it.outside_execution.calls),
            None => (self.sender, &self.signature, &self.transaction.calls),
        }
    }
}
