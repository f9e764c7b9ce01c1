//! Calls that tests of several subjects make.

use session_client::felt::selector;
use session_client::token;
use starknet_rust::core::types::{Call, Felt};

use crate::chain::Chain;

/// The recipient of payments, an address that nobody has.
const RECIPIENT: Felt = Felt::from_hex_unchecked("0xbeef");

/// Makes a call of `name` on `to`.
pub fn ask(to: Felt, name: &str, calldata: impl Into<Vec<Felt>>) -> Call {
    Call { to, selector: selector(name), calldata: calldata.into() }
}

/// Makes a call of `selector` on STRK with any calldata.
pub fn call(selector: Felt, calldata: &[u64]) -> Call {
    let calldata = calldata.iter().copied().map(Felt::from).collect();
    Call { to: token::STRK, selector, calldata }
}

impl Chain {
    /// Makes the call that transfers 1 FRI to an address that nobody has.
    pub fn payment(&self) -> Call {
        token::transfer(token::STRK, RECIPIENT, 1)
    }

    /// Returns how much of such payments arrived, in FRI.
    pub async fn paid(&self) -> u128 {
        self.balance(RECIPIENT).await
    }
}
