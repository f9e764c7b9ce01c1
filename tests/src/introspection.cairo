//! SNIP-5: which interfaces the account supports, and that it has the entry points that clients
//! call.

use core::num::traits::Zero;
use session_account::introspection::interface::{ISRC5Dispatcher, ISRC5DispatcherTrait};
use session_account::session::interface::{ISESSIONS_ID, ISESSION_FEE_LIMIT_ID};
use session_account::spending::interface::ISESSION_SPENDING_TOKENS_ID;
use starknet::ContractAddress;
use starknet::syscalls::call_contract_syscall;
use crate::support::account::{PROTOCOL, STRANGER, act_as, deploy_without_session};
use crate::support::vectors::{felt, interface_ids, selectors};

fn supports(account: ContractAddress, id: felt252) -> bool {
    ISRC5Dispatcher { contract_address: account }.supports_interface(id)
}

#[test]
fn every_interface_is_announced() {
    let account = deploy_without_session();
    let ids = interface_ids();
    for caller in array![STRANGER, PROTOCOL] {
        act_as(account, caller);
        for id in array![
            felt(@ids.src5), felt(@ids.src6), felt(@ids.src9_v2),
            felt(@ids.snip163_session_key_manager), felt(@ids.spending_policy_by_the_same_rule),
            ISESSION_SPENDING_TOKENS_ID, ISESSIONS_ID, ISESSION_FEE_LIMIT_ID,
        ] {
            assert!(supports(account, id), "{id}");
        }
    }
}

/// The id of an interface is the XOR of the selectors of its functions.
#[test]
fn a3_4_snip_163_is_announced() {
    let account = deploy_without_session();
    let id = xor(
        array![
            selector!("add_or_update_session_key"), selector!("revoke_session_key"),
            selector!("get_session_data"),
        ],
    );
    assert_eq!(id, felt(@interface_ids().snip163_session_key_manager));
    assert!(supports(account, id));
    let spending = xor(
        array![
            selector!("set_spending_policy"), selector!("get_spending_policy"),
            selector!("remove_spending_policy"),
        ],
    );
    assert_eq!(spending, felt(@interface_ids().spending_policy_by_the_same_rule));
    assert!(supports(account, spending));
}

/// The ids of this project's own interfaces are XORs of selectors too.
#[test]
fn the_projects_own_interfaces_are_announced() {
    let account = deploy_without_session();
    let sessions = xor(
        array![
            selector!("add_session"), selector!("add_session_for_calls"),
            selector!("revoke_session"), selector!("revoke_all_sessions"),
            selector!("get_session_status"), selector!("is_call_allowed"),
        ],
    );
    let fee_limits = xor(
        array![
            selector!("set_session_fee_limit"), selector!("remove_session_fee_limit"),
            selector!("get_session_fee_limit"),
        ],
    );
    let spending_tokens = selector!("get_spending_tokens");
    assert_eq!((sessions, fee_limits), (ISESSIONS_ID, ISESSION_FEE_LIMIT_ID));
    assert_eq!(spending_tokens, ISESSION_SPENDING_TOKENS_ID);
    for id in array![sessions, fee_limits, spending_tokens] {
        assert!(supports(account, id));
    }
}

fn xor(selectors: Array<felt252>) -> felt252 {
    let mut id: u256 = Zero::zero();
    for selector in selectors {
        id = id ^ selector.into();
    }
    id.try_into().unwrap()
}

#[test]
fn an_interface_that_it_has_not_is_not_announced() {
    let account = deploy_without_session();
    for id in array![0, 1, -1, 0xffffffff, 0x01ffc9a7] {
        assert!(!supports(account, id), "{id}");
    }
}

#[test]
#[fuzzer(runs: 64)]
fn no_other_interface_is_announced(id: felt252) {
    assert!(!supports(deploy_without_session(), id));
}

#[test]
fn every_entry_point_of_the_protocol_is_there_under_its_selector() {
    let account = deploy_without_session();
    let own = array![
        selector!("__execute__"), selector!("__validate__"), selector!("__validate_declare__"),
        selector!("__validate_deploy__"), selector!("add_or_update_session_key"),
        selector!("add_session"), selector!("execute_from_outside_v2"), selector!("get_public_key"),
        selector!("get_session_data"), selector!("get_session_status"),
        selector!("get_spending_policy"), selector!("is_valid_outside_execution_nonce"),
        selector!("is_valid_signature"), selector!("remove_spending_policy"),
        selector!("revoke_session"), selector!("revoke_session_key"), selector!("set_public_key"),
        selector!("set_spending_policy"), selector!("supports_interface"), selector!("upgrade"),
    ];
    let others = array![
        selector!("approve"), selector!("increase_allowance"), selector!("increaseAllowance"),
        selector!("setPublicKey"), selector!("transfer"),
    ];
    for selector in selectors() {
        let expected = contains(own.span(), selector);
        assert!(expected || contains(others.span(), selector), "{selector}");
        assert_eq!(has_entry_point(account, selector), expected);
    }
    assert_eq!(selectors().len(), own.len() + others.len());
}

fn contains(mut felts: Span<felt252>, felt: felt252) -> bool {
    for other in felts {
        if *other == felt {
            return true;
        }
    }
    false
}

/// Says whether the account has the entry point `selector`. Calls it without arguments.
fn has_entry_point(account: ContractAddress, selector: felt252) -> bool {
    match call_contract_syscall(account, selector, array![].span()) {
        Result::Ok(_) => true,
        Result::Err(data) => *data[0] != 'ENTRYPOINT_NOT_FOUND',
    }
}
