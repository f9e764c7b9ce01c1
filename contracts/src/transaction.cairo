//! Checks of the transaction in which the account runs.

use core::num::traits::Zero;
use starknet::{ContractAddress, ExecutionInfo, ResourcesBounds, TxInfo};
use crate::errors;

const VERSION: felt252 = 3;
/// Version 3 with the query bit, which marks fee estimation and simulation. A transaction of this
/// version is never included in a block.
const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// Returns the execution info and its transaction info, by one syscall for both.
pub fn execution_info() -> (ExecutionInfo, TxInfo) {
    let info = starknet::get_execution_info().unbox();
    (info, info.tx_info.unbox())
}

/// Panics unless the protocol itself calls, in a transaction that it validates.
///
/// Comparing the caller with 0 is not enough: the `meta_tx_v0` syscall lets any contract enter
/// `__execute__` with caller 0. The version is then 0.
///
/// Requirements:
///
/// - `caller` is 0, else `Account: invalid caller`.
/// - `version` is 3 or its query form, else `Account: invalid tx version`.
pub fn assert_protocol(caller: ContractAddress, version: felt252) {
    assert(caller.is_zero(), errors::account::INVALID_CALLER);
    // The product is 0 if one of its factors is. Two comparisons would cost every transaction 220
    // gas more.
    assert(
        (version - VERSION) * (version - QUERY_VERSION) == 0, errors::account::INVALID_TX_VERSION,
    );
}

/// Panics with `Account: unauthorized` unless the account calls itself. Only what the owner signed
/// does so, and the one call by which a session ends itself (see `rules::is_self_ending`). Returns
/// the execution info, so that callers need not ask for it again.
pub fn assert_self() -> ExecutionInfo {
    let info = starknet::get_execution_info().unbox();
    assert(info.caller_address == info.contract_address, errors::account::UNAUTHORIZED);
    info
}

/// Says whether the transaction has neither paymaster data nor account-deployment data. Adding the
/// two lengths instead of comparing each saves 200 gas.
pub fn is_plain(tx_info: @TxInfo) -> bool {
    let length: felt252 = (*tx_info.paymaster_data).len().into()
        + (*tx_info.account_deployment_data).len().into();
    length == 0
}

/// Says whether the transaction can be included in a block. One of fee estimation or simulation
/// cannot.
pub fn is_included(tx_info: @TxInfo) -> bool {
    *tx_info.version == VERSION
}

/// Returns the most that the transaction commits to pay, in FRI: the maximum amount of each
/// resource times its maximum price, with the tip added to the price of L2 gas. The sum does not
/// overflow a felt, since amounts have 64 bits, and prices and the tip 128.
///
/// Returns `None` unless there are exactly three resources, as the protocol has them in every
/// transaction of version 3. Taking the three apart without a loop saves 5,000 gas.
pub fn max_fee(tx_info: @TxInfo) -> Option<felt252> {
    let bounds: @Box<[ResourcesBounds; 3]> = (*tx_info.resource_bounds).try_into()?;
    let [first, second, third] = (*bounds).unbox();
    let tip = (*tx_info.tip).into();
    Option::Some(max_cost(first, tip) + max_cost(second, tip) + max_cost(third, tip))
}

fn max_cost(bounds: ResourcesBounds, tip: felt252) -> felt252 {
    let price: felt252 = bounds.max_price_per_unit.into();
    let price = if bounds.resource == 'L2_GAS' { // F-3
        price + tip
    } else {
        price
    };
    bounds.max_amount.into() * price
}
