//! A transaction as the simulated gateway, mempool and sequencer read it.

use blockifier::transaction::account_transaction::{AccountTransaction, ExecutionFlags};
use starknet_devnet_core::error::{DevnetResult, Error};
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_types::rpc::transactions::{
    BroadcastedDeclareTransaction, BroadcastedDeployAccountTransaction,
    BroadcastedInvokeTransaction, BroadcastedTransaction,
};
use starknet_devnet_types::starknet_api::executable_transaction;
use starknet_devnet_types::starknet_api::transaction::fields::{
    AllResourceBounds, ValidResourceBounds,
};
use starknet_devnet_types::starknet_api::transaction::{
    DeclareTransaction, DeployAccountTransaction, InvokeTransaction,
};
use starknet_rust::core::types::Felt;

/// The kind of a transaction, as far as the rules of admission depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It makes calls.
    Invoke,
    /// It declares a class.
    Declare,
    /// It deploys the account that pays for it.
    DeployAccount,
}

/// A transaction that was sent, with the fields that the network reads.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The transaction as it was sent.
    pub transaction: BroadcastedTransaction,
    /// The transaction in blockifier's type.
    pub executable: executable_transaction::AccountTransaction,
    /// The transaction's kind.
    pub kind: Kind,
    /// The transaction's hash.
    pub hash: Felt,
    /// The account that pays for it.
    pub sender: Felt,
    /// The account's nonce that the transaction uses.
    pub nonce: Felt,
    /// The tip, in FRI for each unit of L2 gas.
    pub tip: u64,
    /// The resource bounds.
    pub bounds: AllResourceBounds,
}

impl Offer {
    /// Reads `transaction`, which is for the chain `chain_id`.
    ///
    /// # Errors
    /// The devnet's error, if the class does not compile.
    pub fn read(transaction: BroadcastedTransaction, chain_id: Felt) -> DevnetResult<Self> {
        let executable = transaction.to_sn_api_account_transaction(&chain_id)?;
        let (kind, common) = match &transaction {
            BroadcastedTransaction::Invoke(BroadcastedInvokeTransaction::V3(it)) => {
                (Kind::Invoke, &it.common)
            }
            BroadcastedTransaction::Declare(BroadcastedDeclareTransaction::V3(it)) => {
                (Kind::Declare, &it.common)
            }
            BroadcastedTransaction::DeployAccount(BroadcastedDeployAccountTransaction::V3(it)) => {
                (Kind::DeployAccount, &it.common)
            }
        };
        let bounds = match ValidResourceBounds::from(&common.resource_bounds) {
            ValidResourceBounds::AllResources(bounds) => bounds,
            ValidResourceBounds::L1Gas(l1_gas) => {
                AllResourceBounds { l1_gas, ..AllResourceBounds::default() }
            }
        };
        Ok(Self {
            kind,
            hash: executable.tx_hash().0,
            sender: executable.contract_address().into(),
            nonce: common.nonce,
            tip: common.tip.0,
            bounds,
            executable,
            transaction,
        })
    }

    /// Returns the price bound of L2 gas, in FRI per unit.
    pub const fn l2_price(&self) -> u128 {
        self.bounds.l2_gas.max_price_per_unit.0
    }

    /// Returns the number of felts of calldata; for a deployment, of the constructor's calldata.
    pub fn calldata(&self) -> usize {
        use executable_transaction::AccountTransaction as Executable;
        match &self.executable {
            Executable::Invoke(it) => match &it.tx {
                InvokeTransaction::V3(it) => it.calldata.0.len() + it.proof_facts.0.len(),
                _ => 0,
            },
            Executable::DeployAccount(it) => match &it.tx {
                DeployAccountTransaction::V3(it) => it.constructor_calldata.0.len(),
                _ => 0,
            },
            Executable::Declare(_) => 0,
        }
    }

    /// Returns the hash of the declared class, if it declares one.
    pub fn declared(&self) -> Option<Felt> {
        match &self.executable {
            executable_transaction::AccountTransaction::Declare(it) => Some(match &it.tx {
                DeclareTransaction::V0(it) | DeclareTransaction::V1(it) => it.class_hash.0,
                DeclareTransaction::V2(it) => it.class_hash.0,
                DeclareTransaction::V3(it) => it.class_hash.0,
            }),
            _ => None,
        }
    }

    /// Returns the transaction as the gateway executes it, with `__validate__` if `validate`.
    pub fn checked(&self, validate: bool) -> AccountTransaction {
        let execution_flags = ExecutionFlags {
            only_query: false,
            charge_fee: true,
            validate,
            strict_nonce_check: self.kind != Kind::Invoke,
        };
        AccountTransaction { tx: self.executable.clone(), execution_flags }
    }

    /// Executes the transaction into the block in progress of `starknet`.
    ///
    /// # Errors
    /// The devnet's error, if the transaction is rejected: it pays nothing, and its nonce stays unused.
    pub fn execute(&self, starknet: &mut Starknet) -> Result<(), Error> {
        match self.transaction.clone() {
            BroadcastedTransaction::Invoke(it) => starknet.add_invoke_transaction(it).map(drop),
            BroadcastedTransaction::Declare(it) => starknet.add_declare_transaction(it).map(drop),
            BroadcastedTransaction::DeployAccount(it) => {
                starknet.add_deploy_account_transaction(it).map(drop)
            }
        }
    }
}
