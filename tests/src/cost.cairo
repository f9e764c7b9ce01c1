//! What a validation costs, in steps of the Cairo VM.

use session_account::account::interface::{ISRC6Dispatcher, ISRC6DispatcherTrait};
use session_account::session::interface::{AllowedCall, ISessionsDispatcherTrait};
use snforge_std::start_cheat_signature_global;
use snforge_std::testing::get_current_vm_step;
use starknet::{ContractAddress, VALIDATED};
use super::account::{
    END, PROTOCOL, act_as, act_as_itself, deploy, deploy_without_session, session, sessions,
    sign_as_session, transfer,
};

/// Of a transfer by a session for `selectors`.
pub fn steps_of_validation(selectors: Array<felt252>) -> u32 {
    measure(deploy(10, selectors))
}

/// Of a transfer by a session for `calls`.
pub fn steps_of_scoped_validation(calls: Array<AllowedCall>) -> u32 {
    let account = deploy_without_session();
    act_as_itself(account);
    sessions(account).add_session_for_calls(session().public_key, END, 10, calls);
    act_as(account, PROTOCOL);
    measure(account)
}

fn measure(account: ContractAddress) -> u32 {
    start_cheat_signature_global(sign_as_session().span());
    let calls = transfer();
    let account = ISRC6Dispatcher { contract_address: account };
    let before = get_current_vm_step();
    let answer = account.__validate__(calls);
    let steps = get_current_vm_step() - before;
    assert_eq!(answer, VALIDATED);
    steps
}
