//! Fee caps, with bounds that no balance could pay.

use session_account::session::interface::{
    ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
};
use snforge_std::{
    start_cheat_account_deployment_data_global, start_cheat_caller_address,
    start_cheat_paymaster_data_global, start_cheat_resource_bounds_global, start_cheat_tip_global,
    start_cheat_transaction_version_global,
};
use starknet::{ContractAddress, ResourcesBounds, VALIDATED};
use super::account::{PROTOCOL, QUERY_VERSION, deploy, session, sign_as_session, validate};

const NO_LIMIT: u64 = 0xffffffffffffffff;

fn bounds(resource: felt252, max_amount: u64, max_price_per_unit: u128) -> ResourcesBounds {
    ResourcesBounds { resource, max_amount, max_price_per_unit }
}

fn limited(max_fee: u128) -> ContractAddress {
    let account = deploy(10, array![]);
    start_cheat_caller_address(account, account);
    ISessionFeeLimitDispatcher { contract_address: account }
        .set_session_fee_limit(session().public_key, max_fee);
    start_cheat_caller_address(account, PROTOCOL);
    account
}

#[test]
fn the_largest_bounds_and_tip_are_refused_without_a_panic() {
    let account = limited(0xffffffffffffffff);
    let most = 0xffffffffffffffffffffffffffffffff;
    start_cheat_tip_global(most);
    start_cheat_resource_bounds_global(
        array![
            bounds('L1_GAS', NO_LIMIT, most), bounds('L2_GAS', NO_LIMIT, most),
            bounds('L1_DATA', NO_LIMIT, most),
        ]
            .span(),
    );
    assert_eq!(validate(account, sign_as_session()), 0);
}

#[test]
fn l2_gas_is_found_by_its_name_and_not_its_place() {
    let account = limited(100);
    start_cheat_tip_global(10);
    let (l1, l2) = (bounds('L1_GAS', 50, 1), bounds('L2_GAS', 5, 0));
    for resources in array![array![l1, l2], array![l2, l1]] {
        start_cheat_resource_bounds_global(resources.span());
        assert_eq!(validate(account, sign_as_session()), VALIDATED);
    }
    let l2 = bounds('L2_GAS', 6, 0);
    for resources in array![array![l1, l2], array![l2, l1]] {
        start_cheat_resource_bounds_global(resources.span());
        assert_eq!(validate(account, sign_as_session()), 0);
    }
}

#[test]
fn a_query_version_is_not_limited() {
    let account = limited(0);
    start_cheat_resource_bounds_global(array![bounds('L2_GAS', 1, 1)].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    start_cheat_transaction_version_global(QUERY_VERSION);
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}

#[test]
#[fuzzer]
fn what_is_committed_never_exceeds_the_limit(amount: u64, price: u64, tip: u64, limit: u64) {
    let account = limited(limit.into());
    start_cheat_tip_global(tip.into());
    start_cheat_resource_bounds_global(
        array![bounds('L1_GAS', amount, price.into()), bounds('L2_GAS', amount, price.into())]
            .span(),
    );
    let amount: u256 = amount.into();
    let committed = amount * price.into() * 2 + amount * tip.into();
    let expected = if committed > limit.into() {
        0
    } else {
        VALIDATED
    };
    assert_eq!(validate(account, sign_as_session()), expected);
}

#[test]
fn a_paymaster_or_a_deployment_is_refused() {
    let account = deploy(10, array![]);
    start_cheat_paymaster_data_global(array![1].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    start_cheat_paymaster_data_global(array![].span());
    start_cheat_account_deployment_data_global(array![1].span());
    assert_eq!(validate(account, sign_as_session()), 0);
    start_cheat_account_deployment_data_global(array![].span());
    assert_eq!(validate(account, sign_as_session()), VALIDATED);
}
