//! Estimates and simulates transactions whose bounds are all 0, as the nodes of networks do.
//!
//! Clients ask for an estimate with bounds of 0, which are part of the hash that the account checks. A node
//! of a network executes such a transaction with that hash, and lets it use as much L2 gas as a transaction
//! may have. The devnet 0.10.1 lets it use none: a class that is measured in Sierra gas, as networks
//! measure every class of Sierra 1.7 or later, runs out of gas in `__validate__`. A proxy cannot repair
//! that, since it cannot sign. This module can be removed when the devnet gives such transactions gas
//! itself.
//!
//! All other answers, and the texts of all errors, are the devnet's.

use blockifier::context::BlockContext;
use blockifier::fee::fee_utils::get_fee_by_gas_vector;
use blockifier::transaction::errors::TransactionExecutionError;
use blockifier::transaction::objects::{RevertError, TransactionExecutionInfo};
use starknet_devnet_core::error::{ContractExecutionError, Error};
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_server::api::error::{ApiError, StrictRpcResult};
use starknet_devnet_server::api::models::{
    EstimateFeeInput, SimulateTransactionsInput, StarknetResponse,
};
use starknet_devnet_types::rpc::estimate_message_fee::FeeEstimateWrapper;
use starknet_devnet_types::rpc::transactions::{
    BroadcastedTransaction, SimulatedTransaction, SimulatedTransactionsWithInitialReads,
    SimulationFlag,
};
use starknet_devnet_types::starknet_api::block::FeeType;
use starknet_devnet_types::starknet_api::transaction::fields::Tip;
use starknet_rust::core::types::{Felt, PriceUnit};

use super::trace;
use crate::execution::{Request, execute, is_without_l2_gas};

/// Says whether the estimate is one that the devnet cannot make itself.
pub fn is_needed(input: &EstimateFeeInput) -> bool {
    input.request.iter().any(is_without_l2_gas)
}

/// Says whether the simulation is one that the devnet cannot make itself. A simulation that charges a fee
/// and has no bounds is left to the devnet, which refuses it.
pub fn is_needed_to_simulate(input: &SimulateTransactionsInput) -> bool {
    input.simulation_flags.contains(&SimulationFlag::SkipFeeCharge)
        && input.transactions.iter().any(is_without_l2_gas)
}

/// Answers `starknet_estimateFee`.
pub fn fees(starknet: &mut Starknet, input: &EstimateFeeInput) -> StrictRpcResult {
    let EstimateFeeInput { request, simulation_flags, block_id } = input;
    let validate = !simulation_flags.contains(&SimulationFlag::SkipValidate);
    let request = Request { transactions: request, block_id, validate };
    let estimates = execute(starknet, &request, |_, context, transaction, result| {
        succeeded(result).map(|info| estimate(context, transaction, &info))
    })
    .map_err(answered)?;
    Ok(StarknetResponse::EstimateFee(estimates.each).into())
}

/// Answers `starknet_simulateTransactions`.
pub fn simulations(starknet: &mut Starknet, input: &SimulateTransactionsInput) -> StrictRpcResult {
    let SimulateTransactionsInput { block_id, transactions, simulation_flags } = input;
    let validate = !simulation_flags.contains(&SimulationFlag::SkipValidate);
    let request = Request { transactions, block_id, validate };
    let simulations = execute(starknet, &request, |state, context, transaction, result| {
        let info = result.map_err(ContractExecutionError::from)?;
        let transaction_trace = trace::of(state, context, transaction, &info)
            .map_err(|error| ContractExecutionError::from(error.to_string()))?;
        let fee_estimation = estimate(context, transaction, &info);
        Ok(SimulatedTransaction { transaction_trace, fee_estimation })
    })
    .map_err(answered)?;

    if simulation_flags.contains(&SimulationFlag::ReturnInitialReads) {
        let simulated = SimulatedTransactionsWithInitialReads {
            simulated_transactions: simulations.each,
            initial_reads: simulations.initial_reads.into(),
        };
        return Ok(StarknetResponse::SimulateTransactionsInitialReads(simulated).into());
    }
    Ok(StarknetResponse::SimulateTransactions(simulations.each).into())
}

/// Returns what a transaction used if it succeeded; only such a transaction has an estimate.
fn succeeded(
    result: Result<TransactionExecutionInfo, TransactionExecutionError>,
) -> Result<TransactionExecutionInfo, ContractExecutionError> {
    let refused = |error: Error| match error {
        Error::ContractExecutionError(error) => error,
        error => ContractExecutionError::from(error.to_string()),
    };
    let mut info = result.map_err(|error| refused(error.into()))?;
    match info.revert_error.take() {
        None => Ok(info),
        Some(RevertError::Execution(stack)) => Err(stack.into()),
        Some(RevertError::PostExecution(error)) => Err(refused(error.into())),
    }
}

/// Returns the fee, without a tip, for what the transaction used.
fn estimate(
    context: &BlockContext,
    transaction: &BroadcastedTransaction,
    info: &TransactionExecutionInfo,
) -> FeeEstimateWrapper {
    let block = context.block_info();
    let gas = info.receipt.resources.to_gas_vector(
        context.versioned_constants(),
        block.use_kzg_da,
        &transaction.gas_vector_computation_mode(),
    );
    // The fee of every transaction of version 3 is paid in STRK.
    let fee = get_fee_by_gas_vector(block, gas, &FeeType::Strk, Tip(0));
    let prices = &block.gas_prices.strk_gas_prices;
    FeeEstimateWrapper {
        l1_gas_consumed: Felt::from(gas.l1_gas),
        l1_gas_price: Felt::from(prices.l1_gas_price.get()),
        l1_data_gas_consumed: Felt::from(gas.l1_data_gas),
        l1_data_gas_price: Felt::from(prices.l1_data_gas_price.get()),
        l2_gas_consumed: Felt::from(gas.l2_gas),
        l2_gas_price: Felt::from(prices.l2_gas_price.get()),
        overall_fee: Felt::from(fee.0),
        unit: PriceUnit::Fri,
    }
}

/// Converts `error` into the error that the devnet's endpoints answer.
fn answered(error: Error) -> ApiError {
    match error {
        Error::ContractNotFound => ApiError::ContractNotFound,
        Error::NoBlock => ApiError::BlockNotFound,
        error @ Error::NoStateAtBlock { .. } => ApiError::NoStateAtBlock { msg: error.to_string() },
        Error::ContractExecutionErrorInSimulation { failure_index, execution_error } => {
            ApiError::TransactionExecutionError { failure_index, execution_error }
        }
        error => ApiError::ContractError(ContractExecutionError::from(error.to_string())),
    }
}
