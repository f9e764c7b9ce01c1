//! Asks tokens for balances and allowances. A token is trusted in what it answers about itself.
//! Callers must have written all that they will before they ask, or write it all afterwards, since
//! a token can call the account back while it is asked.

use starknet::ContractAddress;
use starknet::syscalls::call_contract_syscall;
use crate::errors::spending as errors;

/// Returns how much of `token` the account holds.
///
/// Requirements:
///
/// - `token` answers `balance_of` with exactly two felts, each below 2^128, else `Spending: no
///   balance`.
pub fn balance(token: ContractAddress, account: ContractAddress) -> u256 {
    ask(token, selector!("balance_of"), array![account.into()]).expect(errors::NO_BALANCE)
}

/// Returns how much of `token` `spender` may still pull from `account`; `None` if the token does
/// not answer with two felts, each below 2^128.
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
