//! Makes payments in the mock token, and reads what arrived.

use starknet::ContractAddress;
use starknet::account::Call;
use super::mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use super::outside::PAYEE;

/// Returns a transfer of one unit of `token` to the payee.
pub fn payment(token: ContractAddress) -> Call {
    pay(token, 1)
}

pub fn pay(token: ContractAddress, amount: u256) -> Call {
    spend(token, selector!("transfer"), amount)
}

/// Returns a call of `selector` to `token`, with the calldata of a transfer to the payee.
pub fn spend(token: ContractAddress, selector: felt252, amount: u256) -> Call {
    let calldata = array![PAYEE.into(), amount.low.into(), amount.high.into()];
    Call { to: token, selector, calldata: calldata.span() }
}

/// Returns how much of `token` the payee has received.
pub fn paid(token: ContractAddress) -> u256 {
    ITokenDispatcher { contract_address: token }.balance_of(PAYEE)
}
