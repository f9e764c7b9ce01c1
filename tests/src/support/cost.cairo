//! Measures what a validation costs, in the gas that the chain counts for its Sierra code.

use core::testing::get_available_gas;
use session_account::account::interface::{ISRC6Dispatcher, ISRC6DispatcherTrait};
use snforge_std::start_cheat_signature_global;
use starknet::{ContractAddress, VALIDATED};
use super::account::{PROTOCOL, act_as, sign_as_session, transfer};

/// Returns the gas of validating a transfer by the session of `account`.
pub fn gas_of_validation(account: ContractAddress) -> u128 {
    act_as(account, PROTOCOL);
    start_cheat_signature_global(sign_as_session().span());
    let calls = transfer();
    let account = ISRC6Dispatcher { contract_address: account };
    let before = get_available_gas();
    let answer = account.__validate__(calls);
    let gas = before - get_available_gas();
    assert_eq!(answer, VALIDATED);
    gas
}
