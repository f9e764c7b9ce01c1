//! Executes transactions on a copy of the devnet's state, with as much L2 gas as a transaction may have.

#![expect(clippy::result_large_err, reason = "the devnet's error is what is answered: it is large")]

use blockifier::blockifier_versioned_constants::VersionedConstants;
use blockifier::bouncer::BouncerConfig;
use blockifier::context::{BlockContext, ChainInfo, FeeTokenAddresses};
use blockifier::state::cached_state::{CachedState, MutRefState, StateMaps};
use blockifier::state::state_api::StateReader;
use blockifier::transaction::account_transaction::{AccountTransaction, ExecutionFlags};
use blockifier::transaction::errors::TransactionExecutionError;
use blockifier::transaction::objects::TransactionExecutionInfo;
use blockifier::transaction::transactions::ExecutableTransaction;
use starknet_devnet_core::constants::{
    ETH_ERC20_CONTRACT_ADDRESS, STARKNET_VERSION, STRK_ERC20_CONTRACT_ADDRESS, USE_KZG_DA,
};
use starknet_devnet_core::error::{ContractExecutionError, Error};
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_types::contract_address::ContractAddress;
use starknet_devnet_types::rpc::block::{
    BlockId, BlockTag, PreConfirmedBlockHeader, ResourcePrice,
};
use starknet_devnet_types::rpc::transactions::{
    BroadcastedDeclareTransaction, BroadcastedDeployAccountTransaction,
    BroadcastedInvokeTransaction, BroadcastedTransaction,
};
use starknet_devnet_types::starknet_api::block::{
    BlockInfo, GasPrice, GasPriceVector, GasPrices, NonzeroGasPrice,
};
use starknet_devnet_types::starknet_api::executable_transaction;
use starknet_devnet_types::starknet_api::execution_resources::GasAmount;
use starknet_devnet_types::starknet_api::transaction::fields::ValidResourceBounds;
use starknet_devnet_types::starknet_api::transaction::{
    DeclareTransaction, DeployAccountTransaction, InvokeTransaction,
};
use starknet_devnet_types::starknet_api::versioned_constants_logic::VersionedConstantsTrait;
use starknet_rust::core::types::Felt;

/// The copied state on which transactions are executed; the devnet's own state does not change.
pub type State<'a> = CachedState<MutRefState<'a, dyn StateReader + 'a>>;

/// A request to execute transactions.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The transactions, executed in this order on one state.
    pub transactions: &'a [BroadcastedTransaction],
    /// The block whose state they are executed on.
    pub block_id: &'a BlockId,
    /// Whether `__validate__` is executed.
    pub validate: bool,
}

/// The results of a [`Request`].
pub struct Outcome<T> {
    /// The result of each transaction.
    pub each: Vec<T>,
    /// The values that the transactions read from the state.
    pub initial_reads: StateMaps,
}

/// Says whether `transaction` has an L2 gas bound of 0, so that the node chooses the bound.
pub fn is_without_l2_gas(transaction: &BroadcastedTransaction) -> bool {
    let bounds = match transaction {
        BroadcastedTransaction::Invoke(BroadcastedInvokeTransaction::V3(transaction)) => {
            &transaction.common.resource_bounds
        }
        BroadcastedTransaction::Declare(BroadcastedDeclareTransaction::V3(transaction)) => {
            &transaction.common.resource_bounds
        }
        BroadcastedTransaction::DeployAccount(BroadcastedDeployAccountTransaction::V3(
            transaction,
        )) => &transaction.common.resource_bounds,
    };
    is_without(&bounds.into())
}

/// Executes the transactions of `request` without charging fees, and returns what `each` makes of each of
/// them.
///
/// # Errors
/// The devnet's error, for what it refuses or cannot convert.
pub fn execute<T>(
    starknet: &mut Starknet,
    request: &Request<'_>,
    mut each: impl FnMut(
        &mut State<'_>,
        &BlockContext,
        &BroadcastedTransaction,
        Result<TransactionExecutionInfo, TransactionExecutionError>,
    ) -> Result<T, ContractExecutionError>,
) -> Result<Outcome<T>, Error> {
    let context = block_context(starknet)?;
    let executables = executables(starknet, request, &context)?;
    let mut state = CachedState::new(MutRefState::new(state_at(starknet, request.block_id)?));
    let mut outcomes = Vec::new();
    for (index, (transaction, executable)) in
        request.transactions.iter().zip(executables).enumerate()
    {
        let result = executable.execute(&mut state, &context);
        let outcome = each(&mut state, &context, transaction, result).map_err(|error| {
            let (failure_index, execution_error) = (index, error);
            Error::ContractExecutionErrorInSimulation { failure_index, execution_error }
        })?;
        outcomes.push(outcome);
    }
    Ok(Outcome { each: outcomes, initial_reads: state.get_initial_reads()? })
}

/// Returns the transactions with enough L2 gas, but with the hashes that they had when they were sent.
fn executables(
    starknet: &Starknet,
    request: &Request<'_>,
    context: &BlockContext,
) -> Result<Vec<AccountTransaction>, Error> {
    let chain_id = starknet.chain_id().to_felt();
    let pre_confirmed = starknet.config.uses_pre_confirmed_block();
    let most = context.versioned_constants().initial_gas_no_user_l2_bound();
    let executable = |transaction: &BroadcastedTransaction| {
        let mut tx = transaction.to_sn_api_account_transaction(&chain_id)?;
        give_l2_gas(&mut tx, most);
        let execution_flags = ExecutionFlags {
            only_query: true,
            charge_fee: false,
            validate: request.validate,
            strict_nonce_check: transaction.requires_strict_nonce_check(pre_confirmed),
        };
        Ok(AccountTransaction { tx, execution_flags })
    };
    request.transactions.iter().map(executable).collect()
}

/// Sets the L2 gas bound to `most` if it is 0. The transaction's hash is stored separately and does not
/// change.
fn give_l2_gas(transaction: &mut executable_transaction::AccountTransaction, most: GasAmount) {
    use executable_transaction::AccountTransaction::{Declare, DeployAccount, Invoke};
    let bounds = match transaction {
        Invoke(executable_transaction::InvokeTransaction {
            tx: InvokeTransaction::V3(transaction),
            ..
        }) => &mut transaction.resource_bounds,
        Declare(executable_transaction::DeclareTransaction {
            tx: DeclareTransaction::V3(transaction),
            ..
        }) => &mut transaction.resource_bounds,
        DeployAccount(executable_transaction::DeployAccountTransaction {
            tx: DeployAccountTransaction::V3(transaction),
            ..
        }) => &mut transaction.resource_bounds,
        // The devnet accepts no earlier version.
        Invoke(_) | Declare(_) | DeployAccount(_) => return,
    };
    if is_without(bounds)
        && let ValidResourceBounds::AllResources(bounds) = bounds
    {
        bounds.l2_gas.max_amount = most;
    }
}

/// Says whether the bounds give no L2 gas to a transaction whose execution uses L2 gas.
fn is_without(bounds: &ValidResourceBounds) -> bool {
    match bounds {
        ValidResourceBounds::AllResources(bounds) => bounds.l2_gas.max_amount == GasAmount(0),
        ValidResourceBounds::L1Gas(_) => false,
    }
}

/// Returns the state after `block_id`. The embedded devnet keeps only the last block's.
fn state_at<'a>(
    starknet: &'a mut Starknet,
    block_id: &BlockId,
) -> Result<&'a mut dyn StateReader, Error> {
    match block_id {
        BlockId::Tag(BlockTag::PreConfirmed) => Ok(&mut starknet.pre_confirmed_state),
        BlockId::Tag(BlockTag::Latest) => Ok(&mut starknet.latest_state),
        block_id => {
            let asked = starknet.get_block(block_id)?.block_hash();
            if asked != starknet.get_latest_block()?.block_hash() {
                return Err(Error::NoStateAtBlock { block_id: *block_id });
            }
            Ok(&mut starknet.latest_state)
        }
    }
}

/// Returns the block context in which the devnet executes transactions. The devnet's own is not public, but
/// its block in progress has the same values.
///
/// # Errors
/// The devnet's error, if a price is 0 or too large.
pub fn block_context(starknet: &Starknet) -> Result<BlockContext, Error> {
    let block = starknet.get_block(&BlockId::Tag(BlockTag::PreConfirmed))?;
    let PreConfirmedBlockHeader {
        block_number,
        sequencer_address,
        timestamp,
        l1_gas_price,
        l2_gas_price,
        l1_data_gas_price,
        ..
    } = block.into();
    let prices = |price: fn(&ResourcePrice) -> Felt| {
        Ok::<_, Error>(GasPriceVector {
            l1_gas_price: gas_price(price(&l1_gas_price))?,
            l1_data_gas_price: gas_price(price(&l1_data_gas_price))?,
            l2_gas_price: gas_price(price(&l2_gas_price))?,
        })
    };
    let block_info = BlockInfo {
        block_number,
        block_timestamp: timestamp,
        starknet_version: STARKNET_VERSION,
        sequencer_address: sequencer_address.into(),
        gas_prices: GasPrices {
            eth_gas_prices: prices(|price| price.price_in_wei)?,
            strk_gas_prices: prices(|price| price.price_in_fri)?,
        },
        use_kzg_da: USE_KZG_DA,
    };
    let chain_info = ChainInfo {
        chain_id: starknet.chain_id().into(),
        fee_token_addresses: FeeTokenAddresses {
            eth_fee_token_address: ContractAddress::new(ETH_ERC20_CONTRACT_ADDRESS)?.into(),
            strk_fee_token_address: ContractAddress::new(STRK_ERC20_CONTRACT_ADDRESS)?.into(),
        },
        is_l3: false,
    };
    let constants = VersionedConstants::get(&STARKNET_VERSION).map_err(unexpected)?.clone();
    // The limits of a block's content do not matter for single transactions.
    Ok(BlockContext::new(block_info, chain_info, constants, BouncerConfig::max()))
}

fn gas_price(price: Felt) -> Result<NonzeroGasPrice, Error> {
    let price = u128::try_from(price).map_err(unexpected)?;
    NonzeroGasPrice::new(GasPrice(price)).map_err(unexpected)
}

fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::UnexpectedInternalError { msg: error.to_string() }
}
