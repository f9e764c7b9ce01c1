//! What a token is asked. It is trusted in what it says of itself, and nothing is half-written
//! while it is asked.

use starknet::ContractAddress;
use starknet::syscalls::call_contract_syscall;
use crate::errors::spending as errors;

/// Returns how much of `token` the account holds.
///
/// Requirements:
///
/// - `token` answers `balance_of` with exactly two felts below 2^128, else `Spending: no balance`.
pub fn balance(token: ContractAddress, account: ContractAddress) -> u256 {
    ask(token, selector!("balance_of"), array![account.into()]).expect(errors::NO_BALANCE)
}

/// Returns how much of `token` `spender` may still pull from `account`; `None` if the token does
/// not say.
pub fn allowance(
    token: ContractAddress, account: ContractAddress, spender: felt252,
) -> Option<u256> {
    ask(token, selector!("allowance"), array![account.into(), spender])
}

fn ask(token: ContractAddress, selector: felt252, calldata: Array<felt252>) -> Option<u256> {
    let answer: @Box<[felt252; 2]> = call_contract_syscall(token, selector, calldata.span())
        .ok()?
        .try_into()?;
    let [low, high] = (*answer).unbox();
    Option::Some(u256 { low: low.try_into()?, high: high.try_into()? })
}
