//! Fixed fee bounds, for transactions that should fail: without an estimate to fail first, what
//! fails them is the account, on chain.

use session_harness::{Error, Outcome, Result, wait};
use starknet_rust_accounts::ConnectedAccount;
use starknet_rust_core::types::{Call, Felt, ResourcePrice};

/// Gas units, far above what any step uses.
const L1_GAS: u64 = 0;
const L2_GAS: u64 = 60_000_000;
const L1_DATA_GAS: u64 = 50_000;

/// Prices may rise while the demo runs.
const PRICE_MARGIN: u128 = 2;

/// What to pay at most for a unit of each gas, in FRI.
pub struct Bounds {
    l1_gas_price: u128,
    l2_gas_price: u128,
    l1_data_gas_price: u128,
}

impl Bounds {
    /// Bounds for a block with these prices.
    pub fn new(
        l1_gas: &ResourcePrice,
        l2_gas: &ResourcePrice,
        l1_data_gas: &ResourcePrice,
    ) -> Result<Self> {
        Ok(Self {
            l1_gas_price: ceiling(l1_gas.price_in_fri)?,
            l2_gas_price: ceiling(l2_gas.price_in_fri)?,
            l1_data_gas_price: ceiling(l1_data_gas.price_in_fri)?,
        })
    }

    /// Sends `calls` without an estimate and waits until they are in a block, reverted or not.
    pub async fn send<A>(&self, account: &A, calls: Vec<Call>) -> Result<Outcome>
    where
        A: ConnectedAccount + Sync,
    {
        self.send_with_tip(account, calls, 0).await
    }

    /// The same, with a tip of `tip` FRI for each unit of L2 gas.
    pub async fn send_with_tip<A>(&self, account: &A, calls: Vec<Call>, tip: u64) -> Result<Outcome>
    where
        A: ConnectedAccount + Sync,
    {
        let execution = account
            .execute_v3(calls)
            .l1_gas(L1_GAS)
            .l1_gas_price(self.l1_gas_price)
            .l2_gas(L2_GAS)
            .l2_gas_price(self.l2_gas_price)
            .l1_data_gas(L1_DATA_GAS)
            .l1_data_gas_price(self.l1_data_gas_price)
            .tip(tip);
        let sent = execution.send().await?;
        wait(account.provider(), sent.transaction_hash).await
    }
}

fn ceiling(price: Felt) -> Result<u128> {
    u128::try_from(price)
        .ok()
        .and_then(|price| price.checked_mul(PRICE_MARGIN))
        .ok_or_else(|| Error::Answer(format!("a gas price of {price} FRI")))
}
