//! Fixed fee bounds: nothing is estimated, so what fails fails on chain.

use session_client::{Error, Outcome, Result, Wait};
use starknet_rust::accounts::{Account, ConnectedAccount, DeclarationV3, ExecutionV3};
use starknet_rust::core::types::{Call, Felt, PreConfirmedBlockWithTxHashes};

/// How many times a transaction's L2 gas a declaration may use: it pays for every felt of its class.
const DECLARATION: u64 = 40;
/// How many times its price now a unit of gas may cost later, where others move the prices.
const MARGIN: u128 = 2;

/// What a transaction may use and pay at most. It uses no L1 gas and is estimated by nobody, so a
/// transaction that fails does so on chain, and one that works takes one execution in place of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Units of L2 gas.
    pub l2_gas: u64,
    /// Units of L1 data gas.
    pub l1_data_gas: u64,
    /// FRI for a unit of L1 gas.
    pub l1_gas_price: u128,
    /// FRI for a unit of L2 gas.
    pub l2_gas_price: u128,
    /// FRI for a unit of L1 data gas.
    pub l1_data_gas_price: u128,
    /// FRI for the sequencer, for a unit of L2 gas.
    pub tip: u64,
}

impl Bounds {
    /// What an embedded devnet charges for a unit of each gas, and far more units than one call uses.
    pub const EMBEDDED: Self = Self {
        l2_gas: 60_000_000,
        l1_data_gas: 50_000,
        l1_gas_price: 1_000_000_000,
        l2_gas_price: 1_000_000_000,
        l1_data_gas_price: 1_000_000_000,
        tip: 0,
    };

    /// Makes bounds for what runs in `block` or soon after it: of twice its prices.
    ///
    /// # Errors
    /// [`Error::Answer`] if a price is no number of FRI.
    pub fn after(block: &PreConfirmedBlockWithTxHashes) -> Result<Self> {
        Ok(Self {
            l1_gas_price: ceiling(block.l1_gas_price.price_in_fri)?,
            l2_gas_price: ceiling(block.l2_gas_price.price_in_fri)?,
            l1_data_gas_price: ceiling(block.l1_data_gas_price.price_in_fri)?,
            ..Self::EMBEDDED
        })
    }

    /// Gives these bounds to `execution`.
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

    /// Gives `declaration` the same prices, and as much L2 gas as any class takes.
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

    /// Has `account` make `calls` within these bounds, and waits until they are in a block, reverted or
    /// not.
    ///
    /// # Errors
    /// [`Error::Refused`] if it is not taken, and as for [`Wait::until`]. A revert is an outcome.
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
        .ok_or_else(|| Error::Answer(format!("a gas price of {price} FRI")))
}
