//! Has a relayer submit what accounts signed and pay for it, and reports the result.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use starknet_rust::accounts::Account;
use starknet_rust::core::types::{Call, Felt};

use super::accounts;
use super::clock::Clock;
use super::diagnosis::{self, Diagnosis, Kind, Signed};
use super::history::{ClientRequest, Fate, Happened, History, Payer, Step, Via};
use super::names::Names;
use super::relayers::{Busy, Relayers, Submitted};
use super::sessions::Sessions;
use super::{typed_data, words};
use session_client::Error;
use session_client::Node;
use session_client::Outcome;
use session_client::OutsideExecution;
use session_client::Rule;
use session_client::token::transfer;

/// For how many seconds typed data can be submitted that was prepared, unless its client says otherwise.
pub const LIFETIME: u64 = 3_600;
/// How many prepared messages are remembered, and how many felts of calldata each may have. They are
/// remembered so that what a client sends back can be compared with them.
const PREPARED: usize = 512;
const CALLDATA: usize = 1_024;
/// Says where a call comes from that the user did not ask for.
const APPENDED: &str = "the last call pays the paymaster, which appended it for the default mode: the session's list must \
                        hold it too, or the fee mode be sponsored";

/// A request of a client to submit something.
#[derive(Debug)]
pub struct Submission<'a> {
    /// The service through which it came.
    pub via: Via,
    /// The account that signed.
    pub account: Felt,
    /// The outside execution that the account signed.
    pub execution: OutsideExecution,
    /// The account's signature.
    pub signature: Vec<Felt>,
    /// The typed data that the client sends, if it sends any.
    pub typed_data: Option<&'a Value>,
    /// Calls that the relayer makes before it, in the same transaction.
    pub before: Vec<Call>,
    /// The client's request, which the page shows.
    pub request: ClientRequest,
    /// What the user pays, by the last of the calls; `None` if the transaction is sponsored.
    pub payment: Option<Payment>,
}

/// A user's payment to the relayer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    /// The token in which the user pays.
    pub token: Felt,
    /// The amount in the token's smallest unit, which is worth the same number of FRI.
    pub amount: u128,
    /// The account that gets the cost of the transaction; the relayer then gives the rest back to the user.
    pub treasury: Option<Felt>,
}

impl Payment {
    /// Returns the calls that the relayer makes with the payment, once the transaction costs `cost`.
    fn settle(self, account: Felt, cost: u128) -> Vec<Call> {
        let Self { token, amount, treasury } = self;
        let Some(treasury) = treasury else { return Vec::new() };
        let rest = amount.saturating_sub(cost);
        vec![transfer(token, treasury, cost), transfer(token, account, rest)]
    }
}

/// The reasons for which nothing was executed.
#[derive(Debug)]
pub enum Unsponsored {
    /// The account or a call refused. There is a hash if the transaction is in a block all the same.
    Refused(Diagnosis, Option<Felt>),
    /// The user pays less than the transaction costs, and nothing was sent. Both amounts are in the token's
    /// smallest unit.
    TooLittle {
        /// What the transaction costs.
        cost: u128,
        /// What the user pays.
        amount: u128,
    },
    /// Too many requests are running, and nothing was sent.
    Busy(Busy),
    /// The node failed.
    Node(String),
}

/// The relayers, and the history of what they submitted.
#[derive(Debug)]
pub struct Sponsor {
    names: Names,
    node: Node,
    chain_id: Felt,
    clock: Clock,
    relayers: Relayers,
    sessions: Sessions,
    history: History,
    prepared: Mutex<VecDeque<(Felt, OutsideExecution)>>,
}

impl Sponsor {
    /// Makes a sponsor that submits through `relayers`.
    pub fn new(
        node: Node,
        chain_id: Felt,
        clock: Clock,
        relayers: Relayers,
        sessions: Sessions,
        names: Names,
    ) -> Self {
        let (history, prepared) = (History::new(node.clone(), names.clone()), Mutex::default());
        Self { names, node, chain_id, clock, relayers, sessions, history, prepared }
    }

    /// Returns the history of the last transactions.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Returns the relayers.
    pub const fn relayers(&self) -> &Relayers {
        &self.relayers
    }

    /// Returns the typed data of `execution`, for `account` to sign.
    pub fn prepare(&self, account: Felt, execution: &OutsideExecution) -> Value {
        let felts = execution.calls.iter().map(|call| call.calldata.len() + 2).sum::<usize>();
        if felts <= CALLDATA {
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            if prepared.len() == PREPARED {
                prepared.pop_front();
            }
            prepared.push_back((account, execution.clone()));
        }
        execution.typed_data(self.chain_id)
    }

    /// Submits `submission`, once, and waits until it is in a block.
    pub async fn submit(&self, submission: Submission<'_>) -> Result<Outcome, Unsponsored> {
        let Submission { via, account, execution, signature, typed_data, before, payment, request } =
            submission;
        let signed_data = Some(execution.typed_data(self.chain_id));
        let record = async |relayer: Felt, fate: Fate| {
            let payer = match payment {
                Some(it) => Payer::Token { paid: words::amount(it.token, it.amount), relayer },
                None => Payer::Other { address: relayer },
            };
            let happened = Happened {
                via,
                step: Step::Send,
                account,
                signature: &signature,
                calls: &execution.calls,
                payer: Some(payer),
                fate,
                typed_data: signed_data.clone(),
                request: request.clone(),
            };
            self.history.record(happened).await;
        };
        let signed = execution.clone().with_signature(account, signature.clone());
        let mut calls: Vec<_> = before.into_iter().chain([signed.call()]).collect();

        self.clock.tick().await;
        // Calls that cannot be simulated are refused below, where the reasons are explained.
        if let Some(payment) = payment
            && let Some(cost) = self.cost(&calls).await
        {
            let amount = payment.amount;
            if cost > amount {
                return Err(Unsponsored::TooLittle { cost, amount });
            }
            calls.extend(payment.settle(account, cost));
        }
        let Submitted { relayer, outcome } =
            self.relayers.submit(calls).await.map_err(Unsponsored::Busy)?;
        let (refusal, transaction_hash) = match outcome {
            Ok(Outcome { reverted: Some(refusal), transaction_hash, .. }) => {
                (refusal, Some(transaction_hash))
            }
            Ok(outcome) => {
                record(relayer, Fate::accepted(&outcome)).await;
                return Ok(outcome);
            }
            Err(Error::Refused(refusal)) => (refusal, None),
            Err(error) => return Err(Unsponsored::Node(error.to_string())),
        };
        let signed = Signed {
            kind: Kind::Outside,
            account,
            calls: &execution.calls,
            signature: &signature,
            max_fee: None,
            hashes: diagnosis::of_outside_execution(&execution, account, self.chain_id),
            differences: self.differences(account, &execution, typed_data),
            session_keys: self.sessions.keys_of(account, &signature).await,
            names: &self.names,
        };
        let mut refusal = diagnosis::explain(&self.node, &refusal, &signed).await;
        if payment.is_some() && refusal.rule == Some(Rule::CallNotAllowed) {
            // A row shows the first two lines after the sentence.
            refusal.lines.insert(refusal.lines.len().min(2), APPENDED.to_owned());
        }
        let fate = Fate::refused(&refusal, transaction_hash);
        record(relayer, fate).await;
        Err(Unsponsored::Refused(refusal, transaction_hash))
    }

    /// Returns what it costs the first relayer to make `calls`, in FRI. Returns `None` if it cannot make
    /// them.
    async fn cost(&self, calls: &[Call]) -> Option<u128> {
        let relayer = self.relayers.addresses().first()?;
        let relayer = accounts::unsigned(&self.node, *relayer, self.chain_id);
        let simulated =
            relayer.execute_v3(calls.to_vec()).tip(0).simulate(true, true).await.ok()?;
        let is_made = diagnosis::revert_reason(&simulated).is_none();
        is_made.then_some(simulated.fee_estimation.overall_fee)
    }

    /// Returns the differences of `typed_data` from what was prepared, or, if nothing was, from what the
    /// account hashes.
    fn differences(
        &self,
        account: Felt,
        execution: &OutsideExecution,
        typed_data: Option<&Value>,
    ) -> Vec<String> {
        let Some(typed_data) = typed_data else { return Vec::new() };
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |it: &&(Felt, OutsideExecution)| it.0 == account && it.1.nonce == execution.nonce;
        let expected = prepared.iter().rev().find(same).map_or(execution, |(_, prepared)| prepared);
        typed_data::differences(&expected.typed_data(self.chain_id), typed_data)
    }
}
