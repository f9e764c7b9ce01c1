//! Decides which transactions a gateway admits: by the rules of Starknet 0.14.3 on the last block's state,
//! and in the sequencer's order, except that a declaration's class is compiled before its bounds are
//! checked. The numbers beside the checks are those of the rows in `docs/network.md`.

use std::time::Duration;

use blockifier::blockifier::stateful_validator::{StatefulValidator, StatefulValidatorError};
use blockifier::context::BlockContext;
use blockifier::state::cached_state::{CachedState, MutRefState};
use blockifier::state::errors::StateError;
use blockifier::state::state_api::StateReader;
use blockifier::transaction::errors::{
    TransactionExecutionError, TransactionFeeError, TransactionPreValidationError,
};
use blockifier::transaction::transactions::ExecutableTransaction;
use starknet_devnet_core::error::Error;
use starknet_devnet_core::starknet::Starknet;
use starknet_devnet_types::rpc::block::BlockHeader;
use starknet_devnet_types::rpc::transactions::{
    BroadcastedDeclareTransaction, BroadcastedDeployAccountTransaction,
    BroadcastedInvokeTransaction, BroadcastedTransaction,
};
use starknet_devnet_types::starknet_api::contract_class::compiled_class_hash::{
    HashVersion, HashableCompiledClass,
};
use starknet_devnet_types::starknet_api::core::ContractAddress;
use starknet_devnet_types::starknet_api::data_availability::DataAvailabilityMode;
use starknet_devnet_types::starknet_api::executable_transaction::AccountTransaction as Executable;
use starknet_devnet_types::starknet_api::transaction::fields::{Fee, Tip, ValidResourceBounds};
use starknet_rust::core::types::Felt;

use super::offer::{Kind, Offer};
use super::pool::Pool;
use super::refusal::Refusal;
use crate::execution::block_context;

/// The lowest price bound of L2 gas that the gateway admits, in FRI per unit.
pub const LOWEST_L2_PRICE: u128 = 8_000_000_000;
/// The highest L2 gas bound of a transaction, in units.
const MOST_L2_GAS: u64 = 1_210_000_000;
/// The most felts of calldata, and of a signature.
const LONGEST_CALLDATA: usize = 5_000;
const LONGEST_SIGNATURE: usize = 4_000;
/// By how much the nonce of an invoke transaction may exceed the account's nonce.
const NONCES_AHEAD: u64 = 200;

/// Checks `transaction`, and returns it in the form that the mempool takes. `now` is the network's time.
///
/// # Errors
/// [`Refusal`] if the gateway does not admit it.
pub fn admit(
    starknet: &mut Starknet,
    pool: &Pool,
    now: Duration,
    transaction: BroadcastedTransaction,
) -> Result<Offer, Refusal> {
    look(&transaction)?;
    let chain_id = starknet.chain_id().to_felt();
    // 14. The class of a declaration is compiled while it is read.
    let offer = Offer::read(transaction, chain_id).map_err(uncompiled)?;
    bounds(&offer)?;
    length(&offer)?;
    class(starknet, &offer)?;
    price(starknet, &offer)?;
    nonce(starknet, &offer)?;
    // Checks 17 to 19.
    pool.check(&offer, now).map_err(|refusal| Refusal::of_pool(refusal, &offer))?;
    validation(starknet, pool, &offer)?;
    Ok(offer)
}

/// Checks 3, 5, 8 and 9, which need neither a state nor a compiled class.
fn look(transaction: &BroadcastedTransaction) -> Result<(), Refusal> {
    let (common, deployment_data) = match transaction {
        BroadcastedTransaction::Invoke(BroadcastedInvokeTransaction::V3(it)) => {
            (&it.common, it.account_deployment_data.len())
        }
        BroadcastedTransaction::Declare(BroadcastedDeclareTransaction::V3(it)) => {
            (&it.common, it.account_deployment_data.len())
        }
        BroadcastedTransaction::DeployAccount(BroadcastedDeployAccountTransaction::V3(it)) => {
            (&it.common, 0)
        }
    };
    if common.is_only_query() {
        let version = common.version;
        let text = format!("Transaction version {version:#x} is not supported.");
        return Err(Refusal::Version(text));
    }
    for (length, field) in [
        (deployment_data, "account_deployment_data"),
        (common.paymaster_data.len(), "paymaster_data"),
    ] {
        if length > 0 {
            return Err(Refusal::Other(format!("The field {field} should be empty.")));
        }
    }
    let length = common.signature.len();
    if length > LONGEST_SIGNATURE {
        return Err(Refusal::Other(format!(
            "Signature length exceeded maximum: length {length} (allowed length: \
             {LONGEST_SIGNATURE})."
        )));
    }
    for (mode, field) in
        [(common.nonce_data_availability_mode, "nonce"), (common.fee_data_availability_mode, "fee")]
    {
        if mode != DataAvailabilityMode::L1 {
            return Err(Refusal::Other(format!("Invalid {field} data availability mode.")));
        }
    }
    Ok(())
}

/// Checks 6 and 7: the bounds, which need no state.
fn bounds(offer: &Offer) -> Result<(), Refusal> {
    if ValidResourceBounds::AllResources(offer.bounds).max_possible_fee(Tip(offer.tip)) == Fee(0)
        || offer.l2_price() < LOWEST_L2_PRICE
    {
        return Err(Refusal::MaxFee);
    }
    let amount = offer.bounds.l2_gas.max_amount.0;
    if offer.kind != Kind::Declare && amount > MOST_L2_GAS {
        return Err(Refusal::Other(format!(
            "Max gas amount is too high: {amount}, maximum allowed gas amount: {MOST_L2_GAS}."
        )));
    }
    Ok(())
}

/// Check 8: the length of the calldata.
fn length(offer: &Offer) -> Result<(), Refusal> {
    let length = offer.calldata();
    if length <= LONGEST_CALLDATA {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "Calldata length exceeded maximum: length {length} (allowed length: {LONGEST_CALLDATA})."
    )))
}

/// Checks 11 and 14: the size of the class, and its compiled class hash.
fn class(starknet: &Starknet, offer: &Offer) -> Result<(), Refusal> {
    let Executable::Declare(declaration) = &offer.executable else { return Ok(()) };
    let most = &starknet.config.class_size_config;
    if declaration.class_info.sierra_program_length() as u64 > most.maximum_sierra_length {
        return Err(Refusal::ClassTooLarge);
    }
    let computed = declaration.casm_contract_class().hash(&HashVersion::V2).0;
    let given = match &offer.transaction {
        BroadcastedTransaction::Declare(BroadcastedDeclareTransaction::V3(it)) => {
            it.compiled_class_hash
        }
        _ => computed,
    };
    if computed == given { Ok(()) } else { Err(Refusal::CompiledHash) }
}

/// Check 15: the price bound of L2 gas, compared with the last block's price.
fn price(starknet: &Starknet, offer: &Offer) -> Result<(), Refusal> {
    let block = starknet.get_latest_block().map_err(internal)?;
    let asked = BlockHeader::from(&block).l2_gas_price.price_in_fri;
    let bound = offer.l2_price();
    if Felt::from(bound) >= asked {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "Transaction L2 gas price {bound} is below the required threshold {asked}."
    )))
}

/// Check 16: the nonce, compared with the account's nonce in the last block.
fn nonce(starknet: &Starknet, offer: &Offer) -> Result<(), Refusal> {
    let committed = committed_nonce(starknet, offer.sender)?;
    let nonce = offer.nonce;
    let refused = |text: String| Err(Refusal::Nonce(format!("Invalid transaction nonce. {text}")));
    match offer.kind {
        Kind::Declare if nonce != committed => {
            refused(format!("Expected: nonce = {committed}, got: {nonce}."))
        }
        Kind::DeployAccount if committed != Felt::ZERO || nonce != Felt::ZERO => {
            Err(Refusal::Nonce(format!(
                "Invalid deploy account transaction. Account is already deployed \
                 (nonce={committed})."
            )))
        }
        Kind::Invoke if nonce < committed || nonce > committed + Felt::from(NONCES_AHEAD) => {
            let most = committed + Felt::from(NONCES_AHEAD);
            refused(format!("Expected: {committed} <= nonce <= {most}, got: {nonce}."))
        }
        _ => Ok(()),
    }
}

/// Returns the nonce of the account's next transaction after the last block.
fn committed_nonce(starknet: &Starknet, account: Felt) -> Result<Felt, Refusal> {
    let address = ContractAddress::try_from(account).map_err(internal)?;
    Ok(starknet.latest_state.get_nonce_at(address).map_err(internal)?.0)
}

/// Check 20: blockifier executes the transaction on the last block's state, as if in the next block. Of an
/// invoke transaction only `__validate__` is executed; declarations and deployments are executed
/// completely.
fn validation(starknet: &mut Starknet, pool: &Pool, offer: &Offer) -> Result<(), Refusal> {
    let context = block_context(starknet).map_err(internal)?;
    // The `__validate__` of an account that is not deployed yet cannot be called, so its first transaction
    // is admitted without it.
    let is_first = offer.nonce == Felt::ONE
        && committed_nonce(starknet, offer.sender)? == Felt::ZERO
        && pool.deploys(offer.sender);
    let reader: &mut dyn StateReader = &mut starknet.latest_state;
    let state = CachedState::new(MutRefState::new(reader));
    match offer.kind {
        Kind::Invoke => {
            let mut validator = StatefulValidator::create(state, context);
            validator.perform_validations(offer.checked(!is_first)).map_err(invalid)
        }
        Kind::Declare | Kind::DeployAccount => executed(offer, state, &context),
    }
}

fn executed(
    offer: &Offer,
    mut state: CachedState<MutRefState<'_, dyn StateReader + '_>>,
    context: &BlockContext,
) -> Result<(), Refusal> {
    let info = offer.checked(true).execute(&mut state, context).map_err(unexecuted)?;
    match info.revert_error {
        None => Ok(()),
        Some(error) => Err(Refusal::Validation(error.to_string())),
    }
}

fn invalid(error: StatefulValidatorError) -> Refusal {
    match error {
        StatefulValidatorError::TransactionExecutionError(error) => unexecuted(error),
        StatefulValidatorError::TransactionPreValidationError(error) => unprepared(error),
        StatefulValidatorError::StateError(error) => unread(&error),
        error => Refusal::Validation(error.to_string()),
    }
}

fn unexecuted(error: TransactionExecutionError) -> Refusal {
    match error {
        TransactionExecutionError::DeclareTransactionError { .. } => {
            Refusal::DeclaredClass(error.to_string())
        }
        TransactionExecutionError::TransactionPreValidationError(error) => unprepared(*error),
        TransactionExecutionError::TransactionFeeError(error) => unpaid(&error),
        TransactionExecutionError::StateError(error) => unread(&error),
        error => {
            let text = error.to_string();
            // blockifier has no error type for the deployment of an undeclared class; only the trace's text
            // says so.
            if text.contains("is not declared") {
                return Refusal::UndeclaredClass(text);
            }
            Refusal::Validation(text)
        }
    }
}

fn unprepared(error: TransactionPreValidationError) -> Refusal {
    match error {
        TransactionPreValidationError::InvalidNonce { .. } => Refusal::Nonce(error.to_string()),
        TransactionPreValidationError::TransactionFeeError(error) => unpaid(&error),
        error => Refusal::Validation(error.to_string()),
    }
}

fn unpaid(error: &TransactionFeeError) -> Refusal {
    let text = error.to_string();
    match error {
        TransactionFeeError::ResourcesBoundsExceedBalance { .. }
        | TransactionFeeError::GasBoundsExceedBalance { .. }
        | TransactionFeeError::MaxFeeExceedsBalance { .. } => Refusal::Balance(text),
        _ => Refusal::Validation(text),
    }
}

fn unread(error: &StateError) -> Refusal {
    match error {
        StateError::UndeclaredClassHash(_) => Refusal::UndeclaredClass(error.to_string()),
        error => Refusal::Validation(error.to_string()),
    }
}

fn uncompiled(error: Error) -> Refusal {
    match error {
        Error::CompiledClassHashMismatch => Refusal::CompiledHash,
        Error::ContractClassSizeIsTooLarge => Refusal::ClassTooLarge,
        error => Refusal::Compilation(error.to_string()),
    }
}

fn internal(_: impl std::fmt::Display) -> Refusal {
    // 22. The gateway does not say what went wrong inside it.
    Refusal::Other("Internal error".to_owned())
}
