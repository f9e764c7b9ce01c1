//! Payments of a token, for tests that look at what moved.

use starknet::ContractAddress;
use starknet::account::Call;
use super::mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use super::outside::PAYEE;

/// One unit of `token` to the payee.
pub fn payment(token: ContractAddress) -> Call {
    pay(token, 1)
}

pub fn pay(token: ContractAddress, amount: u256) -> Call {
    spend(token, selector!("transfer"), amount)
}

/// `selector` of `token`, with the calldata that a transfer to the payee has.
pub fn spend(token: ContractAddress, selector: felt252, amount: u256) -> Call {
    let calldata = array![PAYEE.into(), amount.low.into(), amount.high.into()];
    Call { to: token, selector, calldata: calldata.span() }
}

/// What the payee has got.
pub fn paid(token: ContractAddress) -> u256 {
    ITokenDispatcher { contract_address: token }.balance_of(PAYEE)
}
