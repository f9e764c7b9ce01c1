//! Reads the plain transactions that clients send.

use std::borrow::Cow;

use serde_json::Value;
use starknet_rust::core::types::{Call, Felt};

use super::super::diagnosis::Transaction;
use super::super::history::{ClientRequest, Step};
use session_client::calldata;
use session_client::felt::selector;
use session_client::json::{felt, felts};
use session_client::{Cause, Rule, SignedOutsideExecution};

/// The transactions of a request that sends, estimates or simulates some.
#[derive(Debug)]
pub struct Transactions {
    /// What the request asks to be done with them.
    pub step: Step,
    /// The request.
    pub request: ClientRequest,
    /// The invoke transactions, each at its place; `None` stands for one of another type, or a wrong one.
    invokes: Vec<Option<Invoke>>,
}

impl Transactions {
    /// Reads the transactions of a request. Returns `None` for every other request. If one is wrong, the devnet
    /// says so.
    pub fn read(method: &str, params: &Value) -> Option<Self> {
        let (step, name, index) = match method {
            "starknet_addInvokeTransaction" => (Step::Send, "invoke_transaction", 0),
            "starknet_estimateFee" => (Step::Estimate, "request", 0),
            "starknet_simulateTransactions" => (Step::Simulate, "transactions", 1),
            _ => return None,
        };
        let given = params.get(name).or_else(|| params.get(index))?;
        let invokes = match (step, given) {
            (Step::Send, given) => vec![Invoke::read(given)],
            (_, Value::Array(given)) => given.iter().map(Invoke::read).collect(),
            _ => return None,
        };
        let request = ClientRequest::of_rpc("rpc", method, params);
        Some(Self { step, request, invokes })
    }

    /// Returns the invoke transaction at `index`, which counts from 0.
    pub fn at(&self, index: usize) -> Option<Place<'_>> {
        let invoke = self.invokes.get(index)?.as_ref()?;
        Some(Place { invoke, index, count: self.invokes.len() })
    }

    /// Returns the one transaction of the request; `None` if there are several.
    pub fn only(&self) -> Option<Place<'_>> {
        self.at(0).filter(|it| it.count == 1)
    }
}

/// An invoke transaction, and its place among the transactions of the request.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The transaction.
    pub invoke: &'a Invoke,
    index: usize,
    count: usize,
}

impl Place<'_> {
    /// Returns this place with another form of its transaction.
    pub const fn of<'a>(&self, invoke: &'a Invoke) -> Place<'a> {
        Place { invoke, index: self.index, count: self.count }
    }

    /// Returns a line that says which of several transactions this is; `None` if it is the only one.
    pub fn told(&self) -> Option<String> {
        let Self { index, count, .. } = self;
        let before = match index {
            0 => "",
            _ => "; the explanation goes by the chain's state before the first of them",
        };
        (*count > 1).then(|| format!("this is transaction {} of {count}{before}", index + 1))
    }
}

/// An invoke transaction in a request.
#[derive(Debug, Clone)]
pub struct Invoke {
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
    /// Reads a transaction. Returns `None` if it is of another type, or wrong.
    fn read(given: &Value) -> Option<Self> {
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

    /// Returns the most that the transaction commits its sender to pay, in FRI. Returns `None` if it never
    /// pays, or if it submits an outside execution of another account.
    pub fn max_fee(&self) -> Option<Felt> {
        let pays = self.is_included && self.outside.is_none();
        pays.then(|| self.transaction.max_fee())
    }

    /// Returns the transaction that a refusal of this `cause` is about. Outside executions are not validated, so
    /// what was refused before the calls is the sender's own transaction.
    pub fn blamed(&self, cause: Cause) -> Cow<'_, Self> {
        let Some(outside) = &self.outside else { return Cow::Borrowed(self) };
        // A new owner's proof that is wrong is refused with the error of a wrong signature too.
        let changes_owner = |call: &Call| {
            ["set_public_key", "setPublicKey"].iter().any(|it| call.selector == selector(it))
        };
        let is_senders = match cause {
            Cause::NotValid | Cause::Nonce | Cause::Balance | Cause::Bounds => true,
            Cause::Rule(Rule::AccountInvalidSignature) => {
                !outside.outside_execution.calls.iter().any(changes_owner)
            }
            _ => false,
        };
        if is_senders {
            Cow::Owned(Self { outside: None, ..self.clone() })
        } else {
            Cow::Borrowed(self)
        }
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
