//! O-6: an account moves between OpenZeppelin's class and the one under test with its owner, its
//! spent nonces and its interfaces, and without its sessions.

use openzeppelin_interfaces::accounts::ISRC6_ID;
use openzeppelin_interfaces::src9::ISRC9_V2_ID;
use session_account::session::interface::{
    ISESSION_KEY_MANAGER_ID, ISessionsDispatcher, ISessionsDispatcherTrait, ISessionsSafeDispatcher,
    ISessionsSafeDispatcherTrait,
};
use session_account::spending::interface::ISESSION_SPENDING_POLICY_ID;
use snforge_std::{CheatSpan, ContractClassTrait, cheat_caller_address, get_class_hash};
use starknet::{ClassHash, ContractAddress, VALIDATED};
use crate::support::account::{
    END, HASH, class, deploy, owner, session, sign, sign_as_session, transfer,
};
use crate::support::openzeppelin::{
    ANY_CALLER, Outcome, STRANGER, ask, ask_as_protocol, both, error, openzeppelins, outside,
    sign_outside, submit, submit_signed,
};

fn ours() -> ClassHash {
    class().class_hash
}

/// Deploys OpenZeppelin's account, with the cheats for time and transaction that `both` sets.
fn deploy_openzeppelins() -> ContractAddress {
    *both()[1]
}

fn upgrade(account: ContractAddress, class_hash: ClassHash) {
    ask(account, account, selector!("upgrade"), @class_hash).unwrap();
    assert_eq!(get_class_hash(account), class_hash);
}

fn spend(account: ContractAddress, nonce: felt252) -> Outcome {
    submit(account, STRANGER, outside(ANY_CALLER, nonce, array![].span()))
}

fn validate(account: ContractAddress, signature: Array<felt252>) -> Outcome {
    ask_as_protocol(account, signature, selector!("__validate__"), @transfer())
}

fn supports(account: ContractAddress, interface_id: felt252) -> bool {
    let answer = ask(account, STRANGER, selector!("supports_interface"), @interface_id).unwrap();
    *answer[0] == 1
}

fn add_session(account: ContractAddress) {
    cheat_caller_address(account, account, CheatSpan::TargetCalls(1));
    ISessionsDispatcher { contract_address: account }
        .add_session(session().public_key, END, 10, array![]);
}

#[test]
fn o_6_openzeppelins_account_moves_here_and_back() {
    let valid = Ok(array![VALIDATED].span());
    let ours = ours();
    let account = deploy_openzeppelins();
    spend(account, 'there').unwrap();

    upgrade(account, ours);
    assert_eq!(error(spend(account, 'there')), 'SRC9: duplicated nonce');
    assert_eq!(@validate(account, sign(owner())), @valid);
    spend(account, 'here').unwrap();
    add_session(account);
    assert_eq!(@validate(account, sign_as_session()), @valid);

    upgrade(account, openzeppelins().class_hash);
    for nonce in array!['there', 'here'] {
        assert_eq!(error(spend(account, nonce)), 'SRC9: duplicated nonce');
    }
    spend(account, 'there again').unwrap();
    assert_eq!(@validate(account, sign(owner())), @valid);
    assert_eq!(error(validate(account, sign_as_session())), 'Account: invalid signature');

    upgrade(account, ours);
    assert_eq!(error(spend(account, 'there again')), 'SRC9: duplicated nonce');
    assert_eq!(validate(account, sign(owner())), valid);
}

#[test]
fn o_6_an_outside_execution_signed_there_works_here_once() {
    let account = deploy_openzeppelins();
    let execution = outside(ANY_CALLER, 1, array![].span());
    let signature = sign_outside(owner(), account, execution);
    upgrade(account, ours());
    submit_signed(account, STRANGER, execution, signature.clone()).unwrap();
    let again = submit_signed(account, STRANGER, execution, signature);
    assert_eq!(error(again), 'SRC9: duplicated nonce');
}

#[test]
fn o_6_what_is_announced_follows_the_class_and_the_constructor() {
    let account = deploy_openzeppelins();
    upgrade(account, ours());
    for id in array![ISRC6_ID, ISRC9_V2_ID, ISESSION_KEY_MANAGER_ID, ISESSION_SPENDING_POLICY_ID] {
        assert!(supports(account, id));
    }
    let account = deploy(1, array![]);
    upgrade(account, openzeppelins().class_hash);
    for id in array![ISRC6_ID, ISRC9_V2_ID] {
        assert!(supports(account, id));
    }
    assert!(!supports(account, ISESSION_KEY_MANAGER_ID));
}

#[test]
#[feature("safe_dispatcher")]
fn sessions_do_not_outlast_a_stay_at_another_class_and_their_keys_stay_used() {
    let account = deploy(10, array![]);
    let ours = get_class_hash(account);
    assert_eq!(validate(account, sign_as_session()), Ok(array![VALIDATED].span()));
    upgrade(account, openzeppelins().class_hash);
    upgrade(account, ours);
    assert_eq!(validate(account, sign_as_session()), Ok(array![0].span()));
    cheat_caller_address(account, account, CheatSpan::TargetCalls(1));
    let again = ISessionsSafeDispatcher { contract_address: account }
        .add_session(session().public_key, END, 10, array![]);
    assert_eq!(*again.unwrap_err()[0], 'Session: key already used');
}

#[test]
fn an_owner_that_was_changed_there_is_the_owner_here() {
    // Under OpenZeppelin's class, a session's signature is not valid.
    let (account, _) = openzeppelins().deploy(@array![session().public_key]).unwrap();
    upgrade(account, ours());
    let key = ask(account, STRANGER, selector!("get_public_key"), @());
    assert_eq!(key, Ok(array![session().public_key].span()));
    let selector = selector!("is_valid_signature");
    let valid = ask(account, STRANGER, selector, @(HASH, sign(session())));
    assert_eq!(valid, Ok(array![VALIDATED].span()));
}
