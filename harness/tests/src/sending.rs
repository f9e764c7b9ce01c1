//! What is sent to a chain: with fixed bounds, so that nothing is estimated.

use session_client::{Error, Outcome};
use session_devnet::Bounds;
use starknet_rust::accounts::{Account, ConnectedAccount, ExecutionV3};
use starknet_rust::core::types::Call;

/// What became of a transaction: an error if it is in no block.
pub type Sent = Result<Outcome, Error>;

/// What a transaction may use of L2 gas.
pub const L2_GAS: u64 = Bounds::EMBEDDED.l2_gas;
/// What a transaction may use of L1 data gas.
pub const L1_DATA_GAS: u64 = Bounds::EMBEDDED.l1_data_gas;
/// What a unit of either may cost, in FRI.
pub const GAS_PRICE: u128 = Bounds::EMBEDDED.l2_gas_price;

/// What takes as much gas as the chain allows.
const LARGE: Bounds = Bounds { l2_gas: 1_000_000_000, l1_data_gas: 1_000_000, ..Bounds::EMBEDDED };

/// Sends `calls` with generous fixed bounds: nothing is estimated, so what fails fails on chain.
pub async fn send<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    Bounds::EMBEDDED.send(account, calls).await
}

/// Sends `calls` that may take as much gas as the chain allows.
pub async fn send_large<A: ConnectedAccount + Sync>(account: &A, calls: Vec<Call>) -> Sent {
    LARGE.send(account, calls).await
}

/// Gives `execution` generous fixed bounds and no tip, so that nothing is estimated.
pub fn bounded<A: Account>(execution: ExecutionV3<'_, A>) -> ExecutionV3<'_, A> {
    Bounds::EMBEDDED.execution(execution)
}
