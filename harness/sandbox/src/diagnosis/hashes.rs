//! The hash that the account computes, and the hashes that clients are known to sign instead.

use starknet_rust::accounts::{Account, ExecutionV3};
use starknet_rust::core::crypto::{Signature, ecdsa_verify};
use starknet_rust::core::types::{Call, Felt};

use session_client::felt::{selector, short_string};
use session_client::{Caller, OutsideExecution};

/// A hash, and the message that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The hash.
    pub hash: Felt,
    /// The message that the hash belongs to, and what to do about it.
    pub what: String,
}

impl Candidate {
    fn new(hash: Felt, what: impl Into<String>) -> Self {
        Self { hash, what: what.into() }
    }

    /// Says whether `r` and `s` are a signature of this hash by `public_key`.
    pub fn fits(&self, public_key: Felt, r: Felt, s: Felt) -> bool {
        ecdsa_verify(&public_key, &self.hash, &Signature { r, s }).unwrap_or(false)
    }
}

/// Computes the hashes of an outside execution. The account's own comes first.
pub fn of_outside_execution(
    execution: &OutsideExecution,
    account: Felt,
    chain_id: Felt,
) -> Vec<Candidate> {
    let own = execution.message_hash(account, chain_id);
    let mut found = vec![Candidate::new(own, "the one that the account computes")];
    for chain in [chain_id, short_string("SN_MAIN"), short_string("SN_SEPOLIA")] {
        for time in ["u128", "felt", "timestamp", "u64"] {
            let hash = execution.message_hash_as(type_hash(time), account, chain);
            if found.iter().all(|it| it.hash != hash) {
                found.push(Candidate::new(hash, wrong_types(time, chain, chain_id)));
            }
        }
    }
    for (caller, what) in [(Caller::Any, "'ANY_CALLER'"), (Caller::Only(Felt::ZERO), "0")] {
        let other = OutsideExecution { caller, ..execution.clone() };
        let hash = other.message_hash(account, chain_id);
        if found.iter().all(|it| it.hash != hash) {
            found.push(Candidate::new(hash, format!("Caller was {what} when it was signed")));
        }
    }
    found
}

fn wrong_types(time: &str, chain: Felt, chain_id: Felt) -> String {
    let mut wrong = Vec::new();
    if chain != chain_id {
        wrong.push(format!("the chain id in it is {chain:#x}, this chain's is {chain_id:#x}"));
    }
    if time != "u128" {
        wrong.push(format!(
            "its types say that Execute After and Execute Before are {time}: they must be u128"
        ));
    }
    wrong.join("; ")
}

/// Computes the type hash as the account's `message.cairo` does, with `time` as the type of the time fields.
fn type_hash(time: &str) -> Felt {
    selector(&format!(
        "\"OutsideExecution\"(\"Caller\":\"ContractAddress\",\"Nonce\":\"felt\",\"Execute \
         After\":\"{time}\",\"Execute Before\":\"{time}\",\"Calls\":\"Call*\")\"Call\"(\"To\":\
         \"ContractAddress\",\"Selector\":\"selector\",\"Calldata\":\"felt*\")"
    ))
}

/// The fields of a plain transaction that its hash covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Its calls.
    pub calls: Vec<Call>,
    /// Its nonce.
    pub nonce: Felt,
    /// Its tip.
    pub tip: u64,
    /// Amount and price of L1 gas, L2 gas and L1 data gas.
    pub bounds: [(u64, u128); 3],
}

impl Transaction {
    /// Returns the most that the transaction commits the account to pay, in FRI, with the tip. It always fits
    /// a felt.
    pub fn max_fee(&self) -> Felt {
        let [l1, l2, data] = self.bounds.map(|(amount, price)| (amount, Felt::from(price)));
        let l2 = (l2.0, l2.1 + Felt::from(self.tip));
        [l1, l2, data].into_iter().map(|(amount, price)| Felt::from(amount) * price).sum()
    }
}

/// Computes the hashes of a plain transaction. The account's own comes first. `account` may have any key.
pub fn of_transaction<A: Account>(
    transaction: &Transaction,
    account_on: impl Fn(Felt) -> A,
    chain_id: Felt,
) -> Vec<Candidate> {
    let hash = |chain, query_only| {
        let account = account_on(chain);
        hash_of(transaction, &account, query_only)
    };
    let mut found = Vec::new();
    let mut add =
        |hash: Option<Felt>, what: &str| found.extend(hash.map(|it| Candidate::new(it, what)));
    add(hash(chain_id, false), "the one that the account computes");
    add(hash(chain_id, true), "that of a query: the version must be 3, without the query bit");
    for chain in [short_string("SN_MAIN"), short_string("SN_SEPOLIA")] {
        if chain != chain_id {
            let what = format!("that of chain id {chain:#x}: this chain's is {chain_id:#x}");
            add(hash(chain, false), &what);
        }
    }
    let earlier = Transaction { nonce: transaction.nonce - Felt::ONE, ..transaction.clone() };
    add(hash_of(&earlier, &account_on(chain_id), false), "that of the nonce before");
    found
}

fn hash_of<A: Account>(transaction: &Transaction, account: &A, query_only: bool) -> Option<Felt> {
    let [l1, l2, data] = transaction.bounds;
    let prepared = ExecutionV3::new(transaction.calls.clone(), account)
        .nonce(transaction.nonce)
        .tip(transaction.tip)
        .l1_gas(l1.0)
        .l1_gas_price(l1.1)
        .l2_gas(l2.0)
        .l2_gas_price(l2.1)
        .l1_data_gas(data.0)
        .l1_data_gas_price(data.1)
        .prepared()
        .ok()?;
    Some(prepared.transaction_hash(query_only))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use starknet_rust::signers::SigningKey;

    use super::*;

    fn execution() -> OutsideExecution {
        OutsideExecution {
            caller: Caller::Any,
            nonce: Felt::from(7),
            execute_after: 1,
            execute_before: 2_000_000_000,
            calls: Vec::new(),
        }
    }

    #[test]
    fn the_account_s_own_hash_comes_first() {
        let chain = short_string("SN_SEPOLIA");
        let found = of_outside_execution(&execution(), Felt::ONE, chain);
        assert_eq!(found[0].hash, execution().message_hash(Felt::ONE, chain));
    }

    #[test]
    fn a_tip_is_paid_for_each_unit_of_l2_gas() {
        let bounds = [(1, 10), (2, 100), (3, 1_000)];
        let transaction = Transaction { tip: 7, bounds, ..Transaction::default() };
        assert_eq!(transaction.max_fee(), Felt::from(10 + 2 * 107 + 3_000));
        let most = (u64::MAX, u128::MAX);
        let transaction =
            Transaction { tip: u64::MAX, bounds: [most; 3], ..Transaction::default() };
        assert!(transaction.max_fee() > Felt::from(u128::MAX));
    }

    #[test]
    fn time_fields_of_another_type_are_named() {
        let (key, chain) =
            (SigningKey::from_secret_scalar(Felt::from(99)), short_string("SN_SEPOLIA"));
        let wrong =
            execution().message_hash_as(type_hash("felt"), Felt::ONE, short_string("SN_MAIN"));
        let signature = key.sign(&wrong).unwrap();
        let found = of_outside_execution(&execution(), Felt::ONE, chain);
        let public_key = key.verifying_key().scalar();
        let fit = found.iter().find(|it| it.fits(public_key, signature.r, signature.s)).unwrap();
        assert_eq!(fit.hash, wrong);
        assert!(fit.what.contains("are felt: they must be u128"), "{}", fit.what);
        assert!(fit.what.contains("chain id"), "{}", fit.what);
    }
}
