//! Builds traces of simulated transactions from the devnet's own types, as the devnet does.

use std::collections::BTreeMap;

use blockifier::context::BlockContext;
use blockifier::execution::call_info::CallInfo;
use blockifier::state::state_api::StateReader;
use blockifier::transaction::objects::TransactionExecutionInfo;
use starknet_devnet_core::error::Error;
use starknet_devnet_types::rpc::state::{
    ClassHashPair, ContractNonce, DeployedContract, ReplacedClasses, StorageDiff, StorageEntry,
    ThinStateDiff,
};
use starknet_devnet_types::rpc::transaction_receipt::ExecutionResources;
use starknet_devnet_types::rpc::transactions::{
    BroadcastedTransaction, DeclareTransactionTrace, DeployAccountTransactionTrace,
    ExecutionInvocation, FunctionInvocation, InvokeTransactionTrace, Reversion, TransactionTrace,
};

use crate::execution::State;

/// Returns the trace of `transaction`, whose execution returned `info` and changed `state`.
///
/// # Errors
/// The devnet's error, if it cannot convert the trace.
pub fn of(
    state: &mut State<'_>,
    context: &BlockContext,
    transaction: &BroadcastedTransaction,
    info: &TransactionExecutionInfo,
) -> Result<TransactionTrace, Error> {
    let state_diff = Some(difference(state)?);
    let mut invocation = |call: &Option<CallInfo>| {
        let written = call.as_ref().map(|call| {
            let mode = transaction.gas_vector_computation_mode();
            let constants = context.versioned_constants();
            FunctionInvocation::try_from_call_info(call, state, constants, &mode)
        });
        written.transpose()
    };
    let validate_invocation = invocation(&info.validate_call_info)?;
    let executed = invocation(&info.execute_call_info)?;
    let fee_transfer_invocation = invocation(&info.fee_transfer_call_info)?;
    let execution_resources = ExecutionResources::from(info);
    Ok(match transaction {
        BroadcastedTransaction::Invoke(_) => TransactionTrace::Invoke(InvokeTransactionTrace {
            validate_invocation,
            execute_invocation: execution(executed, info)?,
            fee_transfer_invocation,
            state_diff,
            execution_resources,
        }),
        BroadcastedTransaction::Declare(_) => TransactionTrace::Declare(DeclareTransactionTrace {
            validate_invocation,
            fee_transfer_invocation,
            state_diff,
            execution_resources,
        }),
        BroadcastedTransaction::DeployAccount(_) => {
            TransactionTrace::DeployAccount(DeployAccountTransactionTrace {
                validate_invocation,
                constructor_invocation: executed,
                fee_transfer_invocation,
                state_diff,
                execution_resources,
            })
        }
    })
}

/// Returns the trace of `__execute__`, or why it was reverted.
fn execution(
    executed: Option<FunctionInvocation>,
    info: &TransactionExecutionInfo,
) -> Result<ExecutionInvocation, Error> {
    let failed = info.execute_call_info.as_ref().is_some_and(|call| call.execution.failed);
    match (executed, &info.revert_error) {
        (Some(executed), _) if !failed => Ok(ExecutionInvocation::Succeeded(executed)),
        (None, None) => Err(Error::UnexpectedInternalError {
            msg: "Simulation contains neither call_info nor revert_error".into(),
        }),
        (_, reason) => {
            let revert_reason = reason.as_ref().map(ToString::to_string).unwrap_or_default();
            Ok(ExecutionInvocation::Reverted(Reversion { revert_reason }))
        }
    }
}

/// Returns the state changes of all transactions up to the last executed one.
fn difference(state: &mut State<'_>) -> Result<ThinStateDiff, Error> {
    let changes = state.to_state_diff()?.state_maps;
    let mut difference = ThinStateDiff::default();
    for (address, class_hash) in changes.class_hashes {
        let (contract_address, class_hash) = (address.into(), class_hash.0);
        if state.state.get_class_hash_at(address)?.0 == starknet_rust::core::types::Felt::ZERO {
            let deployed = DeployedContract { address: contract_address, class_hash };
            difference.deployed_contracts.push(deployed);
        } else {
            let replaced = ReplacedClasses { contract_address, class_hash };
            difference.replaced_classes.push(replaced);
        }
    }
    for (class_hash, compiled_class_hash) in changes.compiled_class_hashes {
        let (class_hash, compiled_class_hash) = (class_hash.0, compiled_class_hash.0);
        difference.declared_classes.push(ClassHashPair { class_hash, compiled_class_hash });
    }
    for (address, nonce) in changes.nonces {
        let (contract_address, nonce) = (address.into(), nonce.0);
        difference.nonces.push(ContractNonce { contract_address, nonce });
    }
    let mut storage = BTreeMap::<_, Vec<_>>::new();
    for ((address, key), value) in changes.storage {
        storage.entry(address).or_default().push(StorageEntry { key: key.0.into(), value });
    }
    for (address, storage_entries) in storage {
        difference.storage_diffs.push(StorageDiff { address: address.into(), storage_entries });
    }
    Ok(difference)
}
