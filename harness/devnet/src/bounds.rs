//! Fixed fee bounds. No fee is estimated, so a transaction that fails does so on chain.

use session_client::{Error, Outcome, Result, Wait};
use starknet_rust::accounts::{Account, ConnectedAccount, DeclarationV3, ExecutionV3};
use starknet_rust::core::types::{Call, Felt, PreConfirmedBlockWithTxHashes};

/// The factor by which a declaration's L2 gas bound exceeds a transaction's: a declaration pays for every
/// felt of its class.
const DECLARATION: u64 = 40;
/// The factor by which a gas price may rise until the transaction is executed.
const MARGIN: u128 = 2;

/// The fee bounds of a transaction, which uses no L1 gas. Since no fee is estimated, a transaction that
/// fails does so on chain, and one that succeeds is executed once instead of twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most L2 gas, in units.
    pub l2_gas: u64,
    /// The most L1 data gas, in units.
    pub l1_data_gas: u64,
    /// The most FRI for a unit of L1 gas.
    pub l1_gas_price: u128,
    /// The most FRI for a unit of L2 gas.
    pub l2_gas_price: u128,
    /// The most FRI for a unit of L1 data gas.
    pub l1_data_gas_price: u128,
    /// The tip, in FRI for each unit of L2 gas.
    pub tip: u64,
}

impl Bounds {
    /// Bounds at an embedded devnet's prices, for far more gas than a call uses.
    pub const EMBEDDED: Self = Self {
        l2_gas: 60_000_000,
        l1_data_gas: 50_000,
        l1_gas_price: 1_000_000_000,
        l2_gas_price: 1_000_000_000,
        l1_data_gas_price: 1_000_000_000,
        tip: 0,
    };

    /// Builds bounds at twice the prices of `block`, for transactions in it or soon after it.
    ///
    /// # Errors
    /// [`Error::Answer`] if a price does not fit 128 bits.
    pub fn after(block: &PreConfirmedBlockWithTxHashes) -> Result<Self> {
        Ok(Self {
            l1_gas_price: ceiling(block.l1_gas_price.price_in_fri)?,
            l2_gas_price: ceiling(block.l2_gas_price.price_in_fri)?,
            l1_data_gas_price: ceiling(block.l1_data_gas_price.price_in_fri)?,
            ..Self::EMBEDDED
        })
    }

    /// Sets these bounds for `execution`.
    pub fn execution<'a, A: Account>(&self, execution: ExecutionV3<'a, A>) -> ExecutionV3<'a, A> {
        execution
            .l1_gas(0)
            .l1_gas_price(self.l1_gas_price)
            .l2_gas(self.l2_gas)
            .l2_gas_price(self.l2_gas_price)
            .l1_data_gas(self.l1_data_gas)
            .l1_data_gas_price(self.l1_data_gas_price)
            .tip(self.tip)
    }

    /// Sets these prices for `declaration`, with enough L2 gas for any class.
    pub fn declaration<'a, A: Account>(
        &self,
        declaration: DeclarationV3<'a, A>,
    ) -> DeclarationV3<'a, A> {
        declaration
            .l1_gas(0)
            .l1_gas_price(self.l1_gas_price)
            .l2_gas(self.l2_gas.saturating_mul(DECLARATION))
            .l2_gas_price(self.l2_gas_price)
            .l1_data_gas(self.l1_data_gas)
            .l1_data_gas_price(self.l1_data_gas_price)
            .tip(self.tip)
    }

    /// Sends a transaction of `account` that makes `calls` with these bounds, and waits until it is in a
    /// block. A reverted transaction is returned as an outcome.
    ///
    /// # Errors
    /// [`Error::Refused`] if the transaction is refused, and as for [`Wait::until`].
    pub async fn send<A>(&self, account: &A, calls: Vec<Call>) -> Result<Outcome>
    where
        A: ConnectedAccount + Sync,
    {
        let sent = self.execution(account.execute_v3(calls)).send().await?;
        Wait::default().until(account.provider(), sent.transaction_hash, |_| {}).await
    }
}

fn ceiling(price: Felt) -> Result<u128> {
    u128::try_from(price)
        .ok()
        .and_then(|price| price.checked_mul(MARGIN))
        .ok_or_else(|| Error::Answer(format!("a gas price of {price} FRI, which is too large")))
}
