//! What the account demands of the transaction that it runs in.

use core::num::traits::Zero;
use starknet::{ContractAddress, ExecutionInfo, TxInfo};
use crate::errors;

const VERSION: felt252 = 3;
/// Version 3 as fee estimation and simulation mark it; never included in a block.
const QUERY_VERSION: felt252 = 0x100000000000000000000000000000003;

/// Where the call comes from: read from the chain once, at an entry point.
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
    assert(
        (version - VERSION) * (version - QUERY_VERSION) == 0, errors::account::INVALID_TX_VERSION,
    );
}

/// Panics with `Account: unauthorized` unless the account itself is calling. Only its owner can
/// bring that about: a session's calls never target the account. Returns where the call comes from.
pub fn assert_self() -> ExecutionInfo {
    let info = starknet::get_execution_info().unbox();
    assert(info.caller_address == info.contract_address, errors::account::UNAUTHORIZED);
    info
}

/// Whether nobody but the account pays for the transaction or is deployed by it.
pub fn is_plain(tx_info: @TxInfo) -> bool {
    let length: felt252 = (*tx_info.paymaster_data).len().into()
        + (*tx_info.account_deployment_data).len().into();
    length == 0
}

/// Whether the transaction can be included in a block: fee estimation and simulation cannot.
pub fn is_included(tx_info: @TxInfo) -> bool {
    *tx_info.version == VERSION
}

/// The most that the transaction commits to pay, in FRI: the sum over its resources of amount times
/// price, and tip times L2 gas. A felt holds it with room to spare: amounts have 64 bits, prices
/// and tip 128.
pub fn max_fee(tx_info: @TxInfo) -> felt252 {
    let mut resources = *tx_info.resource_bounds;
    let tip = (*tx_info.tip).into();
    let mut fee = 0;
    loop {
        match resources.pop_front() {
            Option::Some(bounds) => {
                let price: felt252 = (*bounds.max_price_per_unit).into();
                let price = if *bounds.resource == 'L2_GAS' {
                    price + tip
                } else {
                    price
                };
                fee += (*bounds.max_amount).into() * price;
            },
            Option::None => { break fee; },
        }
    }
}
