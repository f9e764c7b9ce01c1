//! Registers sessions with lists of calls, and names the selectors that no list may hold.

use session_account::session::interface::{
    AllowedCall, ISessionFeeLimitDispatcher, ISessionFeeLimitDispatcherTrait,
    ISessionsDispatcherTrait,
};
use snforge_std::signature::stark_curve::StarkCurveKeyPair;
use starknet::ContractAddress;
use super::account::{
    END, PROTOCOL, act_as, act_as_itself, deploy_without_session, session, sessions,
};

/// Returns the selectors that no session may call on any contract (SNIP-163, part D).
pub fn blocked() -> Array<felt252> {
    array![
        selector!("upgrade"), selector!("add_or_update_session_key"),
        selector!("revoke_session_key"), selector!("__execute__"), selector!("set_public_key"),
        selector!("setPublicKey"), selector!("execute_from_outside_v2"),
        selector!("set_spending_policy"), selector!("remove_spending_policy"),
    ]
}

/// Registers `key` for `calls`, with a fee limit of 1 FRI: under the limit 0, which it would get
/// otherwise, no plain transaction is valid.
pub fn register_for(account: ContractAddress, key: StarkCurveKeyPair, calls: Array<AllowedCall>) {
    act_as_itself(account);
    ISessionFeeLimitDispatcher { contract_address: account }
        .set_session_fee_limit(key.public_key, 1);
    sessions(account).add_session_for_calls(key.public_key, END, 10, calls);
    act_as(account, PROTOCOL);
}

/// Deploys an account whose session may make `calls`.
pub fn deploy_for(calls: Array<AllowedCall>) -> ContractAddress {
    let account = deploy_without_session();
    register_for(account, session(), calls);
    account
}
