//! What the account demands of the transaction that it runs in.

use core::num::traits::Zero;
use starknet::{ContractAddress, ExecutionInfo, ResourcesBounds, TxInfo};
use crate::errors;

const VERSION: felt252 = 3;
/// Version 3 as fee estimation and simulation mark it; never included in a block.
const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// Returns where the call comes from. An entry point asks the chain once.
pub fn execution_info() -> (ExecutionInfo, TxInfo) {
    let info = starknet::get_execution_info().unbox();
    (info, info.tx_info.unbox())
}

/// Panics unless the protocol itself is calling, in a transaction that it has validated or will.
///
/// A caller of 0 alone does not show it: the `meta_tx_v0` syscall lets any contract enter
/// `__execute__` with caller 0, but then with version 0.
///
/// Requirements:
///
/// - `caller` is 0, else `Account: invalid caller`.
/// - `version` is 3 or its query form, else `Account: invalid tx version`.
pub fn assert_protocol(caller: ContractAddress, version: felt252) {
    assert(caller.is_zero(), errors::account::INVALID_CALLER);
    // A product and not two comparisons: saves every transaction 220 gas.
    assert(
        (version - VERSION) * (version - QUERY_VERSION) == 0, errors::account::INVALID_TX_VERSION,
    );
}

/// Panics with `Account: unauthorized` unless the account itself is calling. Its owner can bring
/// that about; a session cannot, but for the one call by which it ends itself (see
/// `rules::is_self_ending`). Returns where the call comes from.
pub fn assert_self() -> ExecutionInfo {
    let info = starknet::get_execution_info().unbox();
    assert(info.caller_address == info.contract_address, errors::account::UNAUTHORIZED);
    info
}

/// Says whether the transaction has neither paymaster data nor account-deployment data. A sum and
/// not two comparisons: saves 200 gas.
pub fn is_plain(tx_info: @TxInfo) -> bool {
    let length: felt252 = (*tx_info.paymaster_data).len().into()
        + (*tx_info.account_deployment_data).len().into();
    length == 0
}

/// Says whether the transaction can be included in a block: fee estimation and simulation cannot.
pub fn is_included(tx_info: @TxInfo) -> bool {
    *tx_info.version == VERSION
}

/// Returns the most that the transaction commits to pay, in FRI: the sum over its resources of
/// amount times price, and tip times L2 gas. A felt holds it with room to spare: amounts have 64
/// bits, prices and tip 128. Returns `None` if it has not the three resources of the protocol,
/// which every transaction of version 3 has. Without a loop, which saves 5,000 gas.
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
