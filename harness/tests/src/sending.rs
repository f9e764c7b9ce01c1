//! Sends transactions with fixed fee bounds, without an estimate.

use session_client::{Error, Outcome};
use session_devnet::Bounds;
use starknet_rust::accounts::{Account, ConnectedAccount, ExecutionV3};
use starknet_rust::core::types::Call;

/// The result of a transaction: an error if it is in no block.
pub type Sent = Result<Outcome, Error>;

/// The L2 gas bound of a transaction, in units.
pub const L2_GAS: u64 = Bounds::EMBEDDED.l2_gas;
/// The L1 data gas bound of a transaction, in units.
pub const L1_DATA_GAS: u64 = Bounds::EMBEDDED.l1_data_gas;
/// The price bound of a unit of gas, in FRI.
pub const GAS_PRICE: u128 = Bounds::EMBEDDED.l2_gas_price;

/// The bounds of a transaction that may use as much gas as the chain allows.
const LARGE: Bounds = Bounds { l2_gas: 1_000_000_000, l1_data_gas: 1_000_000, ..Bounds::EMBEDDED };

/// Sends `calls` with high fixed bounds. Nothing is estimated, so a transaction that fails does so on
/// chain.
pub async fn send<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    Bounds::EMBEDDED.send(account, calls).await
}

/// Sends `calls` with as much gas as the chain allows.
pub async fn send_large<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    LARGE.send(account, calls).await
}

/// Sets high fixed bounds and no tip, so that nothing is estimated.
pub fn bounded<A: Account>(execution: ExecutionV3<'_, A>) -> ExecutionV3<'_, A> {
    Bounds::EMBEDDED.execution(execution)
}
