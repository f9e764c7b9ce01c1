//! For what the owner does, the account under test answers exactly what OpenZeppelin's account
//! answers. `differences` holds the exceptions.

use core::hash::HashStateTrait;
use core::poseidon::PoseidonTrait;
use openzeppelin_account::extensions::src9::OutsideExecution;
use openzeppelin_interfaces::accounts::{IPublicKeyDispatcher, IPublicKeyDispatcherTrait};
use openzeppelin_interfaces::erc20::{IERC20Dispatcher, IERC20DispatcherTrait};
use snforge_std::signature::stark_curve::{
    StarkCurveKeyPair, StarkCurveKeyPairImpl, StarkCurveSignerImpl,
};
use snforge_std::{start_cheat_block_timestamp_global, start_cheat_transaction_version_global};
use starknet::account::Call;
use starknet::{ContractAddress, VALIDATED};
use crate::support::account::{HASH, NOW, owner, session, sign, sign_as_session};
use crate::support::openzeppelin::{
    ANY_CALLER, Outcome, PAYEE, RELAYER, STRANGER, agreed, ask, ask_as_protocol, both, erc20, error,
    openzeppelins, outside, payment, sign_outside, submit, submit_signed,
};

/// Has `caller` call both accounts. Panics if their answers differ.
fn ask_both<T, +Serde<T>, +Drop<T>>(
    accounts: Span<ContractAddress>, caller: ContractAddress, selector: felt252, arguments: @T,
) -> Outcome {
    let mut outcomes = array![];
    for account in accounts {
        outcomes.append(ask(*account, caller, selector, arguments));
    }
    agreed(outcomes)
}

/// Has the protocol call both accounts in a transaction that the owner signed. Panics if their
/// answers differ.
fn ask_both_as_protocol<T, +Serde<T>, +Drop<T>>(
    accounts: Span<ContractAddress>, selector: felt252, arguments: @T,
) -> Outcome {
    let mut outcomes = array![];
    for account in accounts {
        outcomes.append(ask_as_protocol(*account, sign(owner()), selector, arguments));
    }
    agreed(outcomes)
}

/// Has `caller` submit `execution`, signed by the owner, to both accounts. Panics if their answers
/// differ.
fn submit_to_both(
    accounts: Span<ContractAddress>, caller: ContractAddress, execution: OutsideExecution,
) -> Outcome {
    let mut outcomes = array![];
    for account in accounts {
        outcomes.append(submit(*account, caller, execution));
    }
    agreed(outcomes)
}

/// Returns a transfer of more than the account has.
fn overdraft(token: ContractAddress) -> Call {
    let calldata = array![PAYEE.into(), 1_000, 0].span();
    Call { to: token, selector: selector!("transfer"), calldata }
}

fn heir() -> StarkCurveKeyPair {
    StarkCurveKeyPairImpl::from_secret_key('heir')
}

#[test]
fn off_chain_signatures_are_valid_alike() {
    let accounts = both();
    let selector = selector!("is_valid_signature");
    let right = sign(owner());
    let (r, s) = (*right[0], *right[1]);
    let valid = ask_both(accounts, STRANGER, selector, @(HASH, right));
    assert_eq!(valid, Ok(array![VALIDATED].span()));
    for signature in array![
        array![], array![r], array![s, r], array![r, s + 1], array![0, 0], array![r, s, 0],
        array![r, s, r, s], array![r, s, 0, 0, 0], sign(session()), sign_as_session(),
    ] {
        let invalid = ask_both(accounts, STRANGER, selector, @(HASH, signature));
        assert_eq!(invalid, Ok(array![0].span()));
    }
    let other_hash = ask_both(accounts, STRANGER, selector, @(HASH + 1, array![r, s]));
    assert_eq!(other_hash, Ok(array![0].span()));
}

#[test]
#[fuzzer]
fn no_felts_are_a_signature_for_one_of_them(hash: felt252, r: felt252, s: felt252) {
    let selector = selector!("is_valid_signature");
    let outcome = ask_both(both(), STRANGER, selector, @(hash, array![r, s]));
    assert_eq!(outcome, Ok(array![0].span()));
}

#[test]
#[fuzzer]
fn the_owner_signs_any_hash_for_both(hash: u128) {
    let (r, s) = owner().sign(hash.into()).unwrap();
    let selector = selector!("is_valid_signature");
    let outcome = ask_both(both(), STRANGER, selector, @(hash, array![r, s]));
    assert_eq!(outcome, Ok(array![VALIDATED].span()));
}

#[test]
fn the_owner_signs_every_kind_of_transaction_for_both() {
    let accounts = both();
    let valid = Ok(array![VALIDATED].span());
    let invoke = ask_both_as_protocol(accounts, selector!("__validate__"), @array![payment(PAYEE)]);
    assert_eq!(@invoke, @valid);
    let declare = ask_both_as_protocol(accounts, selector!("__validate_declare__"), @'class');
    assert_eq!(@declare, @valid);
    let deploy = ask_both_as_protocol(
        accounts, selector!("__validate_deploy__"), @('class', 'salt', owner().public_key),
    );
    assert_eq!(deploy, valid);
}

#[test]
fn a_plain_transaction_pays_alike() {
    for account in both() {
        let token = erc20(*account);
        let calls = array![payment(token), payment(token)];
        ask_as_protocol(*account, sign(owner()), selector!("__execute__"), @calls).unwrap();
        let erc20 = IERC20Dispatcher { contract_address: token };
        assert_eq!((erc20.balance_of(PAYEE), erc20.balance_of(*account)), (20, 80));
    }
}

/// SNIP-6 specifies since March 2025 that `__execute__` returns nothing.
#[test]
fn a_plain_transaction_returns_nothing_alike() {
    for account in both() {
        for calls in array![array![], array![payment(erc20(*account))]] {
            let outcome = ask_as_protocol(
                *account, sign(owner()), selector!("__execute__"), @calls,
            );
            assert_eq!(outcome, Ok(array![].span()));
        }
    }
}

#[test]
fn a_plain_transaction_fails_alike_and_whole() {
    let mut outcomes = array![];
    for account in both() {
        let token = erc20(*account);
        let calls = array![payment(token), overdraft(token)];
        let outcome = ask_as_protocol(*account, sign(owner()), selector!("__execute__"), @calls);
        outcomes.append(outcome);
        let erc20 = IERC20Dispatcher { contract_address: token };
        assert_eq!(erc20.balance_of(*account), 100);
    }
    assert_eq!(error(agreed(outcomes)), 'ERC20: insufficient balance');
}

#[test]
fn nobody_but_the_protocol_executes() {
    let accounts = both();
    let selector = selector!("__execute__");
    for caller in array![STRANGER, *accounts[0], *accounts[1]] {
        let outcome = ask_both(accounts, caller, selector, @array![payment(PAYEE)]);
        assert_eq!(error(outcome), 'Account: invalid caller');
    }
    start_cheat_transaction_version_global(0);
    let outcome = ask_both_as_protocol(accounts, selector, @array![payment(PAYEE)]);
    assert_eq!(error(outcome), 'Account: invalid tx version');
}

#[test]
fn an_outside_execution_is_for_whom_it_names() {
    let accounts = both();
    let calls = array![].span();
    for (nonce, named, caller) in array![
        (1, ANY_CALLER, STRANGER), (2, ANY_CALLER, RELAYER), (3, RELAYER, RELAYER),
    ] {
        submit_to_both(accounts, caller, outside(named, nonce, calls)).unwrap();
    }
    for named in array![RELAYER, 'any_caller'.try_into().unwrap(), 1.try_into().unwrap()] {
        let outcome = submit_to_both(accounts, STRANGER, outside(named, 4, calls));
        assert_eq!(error(outcome), 'SRC9: invalid caller');
    }
}

#[test]
fn an_outside_execution_lives_between_its_bounds_alike() {
    let accounts = both();
    let execution = outside(ANY_CALLER, 1, array![].span());
    start_cheat_block_timestamp_global(NOW - 1);
    let early = submit_to_both(accounts, STRANGER, execution);
    assert_eq!(error(early), 'SRC9: now <= execute_after');
    start_cheat_block_timestamp_global(NOW + 1);
    let late = submit_to_both(accounts, STRANGER, execution);
    assert_eq!(error(late), 'SRC9: now >= execute_before');
    start_cheat_block_timestamp_global(NOW);
    submit_to_both(accounts, STRANGER, execution).unwrap();
}

#[test]
fn an_outside_executions_nonce_is_spent_alike() {
    let accounts = both();
    let unspent = selector!("is_valid_outside_execution_nonce");
    let execution = outside(ANY_CALLER, 'nonce', array![].span());
    let before = ask_both(accounts, STRANGER, unspent, @'nonce');
    assert_eq!(before, Ok(array![1].span()));
    submit_to_both(accounts, STRANGER, execution).unwrap();
    let after = ask_both(accounts, STRANGER, unspent, @'nonce');
    assert_eq!(after, Ok(array![0].span()));
    let again = submit_to_both(accounts, STRANGER, execution);
    assert_eq!(error(again), 'SRC9: duplicated nonce');
}

#[test]
fn an_outside_executions_signature_is_refused_alike() {
    let execution = outside(ANY_CALLER, 1, array![payment(PAYEE)].span());
    let other = OutsideExecution { nonce: 2, ..execution };
    let mut outcomes = array![];
    for account in both() {
        let account = *account;
        let right = sign_outside(owner(), account, execution);
        let (r, s) = (*right[0], *right[1]);
        for signature in array![
            array![], array![r], array![s, r], array![r, s, 0], array![r, s, 0, 0, 0],
            sign_outside(session(), account, execution), sign_outside(owner(), account, other),
            sign_outside(owner(), STRANGER, execution),
        ] {
            outcomes.append(submit_signed(account, STRANGER, execution, signature));
        }
    }
    assert_eq!(outcomes.len(), 16);
    for outcome in outcomes {
        assert_eq!(error(outcome), 'SRC9: invalid signature');
    }
}

#[test]
fn an_outside_execution_returns_what_its_calls_return() {
    let mut outcomes = array![];
    for account in both() {
        let token = erc20(*account);
        let decimals = Call {
            to: token, selector: selector!("decimals"), calldata: array![].span(),
        };
        let calls = array![payment(token), decimals].span();
        outcomes.append(submit(*account, STRANGER, outside(ANY_CALLER, 1, calls)));
    }
    assert_eq!(agreed(outcomes), Ok(array![2, 1, 1, 1, 18].span()));
}

#[test]
fn an_outside_execution_that_fails_leaves_its_nonce() {
    let accounts = both();
    let mut outcomes = array![];
    for account in accounts {
        let calls = array![overdraft(erc20(*account))].span();
        outcomes.append(submit(*account, STRANGER, outside(ANY_CALLER, 'nonce', calls)));
    }
    assert_eq!(error(agreed(outcomes)), 'ERC20: insufficient balance');
    let unspent = ask_both(
        accounts, STRANGER, selector!("is_valid_outside_execution_nonce"), @'nonce',
    );
    assert_eq!(unspent, Ok(array![1].span()));
}

/// Returns the signature by which `key` accepts `account` from its owner.
fn acceptance(key: StarkCurveKeyPair, account: ContractAddress) -> Array<felt252> {
    let hash = PoseidonTrait::new()
        .update('StarkNet Message')
        .update('accept_ownership')
        .update(account.into())
        .update(owner().public_key)
        .finalize();
    let (r, s) = key.sign(hash).unwrap();
    array![r, s]
}

#[test]
fn a_new_owner_takes_over_alike() {
    let accounts = both();
    let selector = selector!("set_public_key");
    let key = heir().public_key;
    for account in accounts {
        let account = *account;
        let accepted = acceptance(heir(), account);
        let by_stranger = ask(account, STRANGER, selector, @(key, accepted.clone()));
        assert_eq!(error(by_stranger), 'Account: unauthorized');
        for refused in array![
            array![], array![*accepted[0]], array![*accepted[1], *accepted[0]],
            acceptance(owner(), account), acceptance(heir(), STRANGER),
        ] {
            let outcome = ask(account, account, selector, @(key, refused));
            assert_eq!(error(outcome), 'Account: invalid signature');
        }
        let dispatcher = IPublicKeyDispatcher { contract_address: account };
        assert_eq!(dispatcher.get_public_key(), owner().public_key);
        let outcome = ask(account, account, selector, @(key, accepted));
        assert_eq!(outcome, Ok(array![].span()));
        assert_eq!(dispatcher.get_public_key(), key);
    }
    let selector = selector!("is_valid_signature");
    let new = ask_both(accounts, STRANGER, selector, @(HASH, sign(heir())));
    assert_eq!(new, Ok(array![VALIDATED].span()));
    let old = ask_both(accounts, STRANGER, selector, @(HASH, sign(owner())));
    assert_eq!(old, Ok(array![0].span()));
}

#[test]
fn nobody_but_the_account_upgrades() {
    let accounts = both();
    let class_hash = openzeppelins().class_hash;
    for caller in array![STRANGER, 0.try_into().unwrap()] {
        let outcome = ask_both(accounts, caller, selector!("upgrade"), @class_hash);
        assert_eq!(error(outcome), 'Account: unauthorized');
    }
}

#[test]
fn the_standard_interfaces_are_supported_alike() {
    let accounts = both();
    let selector = selector!("supports_interface");
    for id in array![
        openzeppelin_interfaces::introspection::ISRC5_ID,
        openzeppelin_interfaces::accounts::ISRC6_ID, openzeppelin_interfaces::src9::ISRC9_V2_ID,
    ] {
        assert_eq!(ask_both(accounts, STRANGER, selector, @id), Ok(array![1].span()));
    }
    for id in array![0, 1, 0x01ffc9a7, 0xffffffff, -1] {
        assert_eq!(ask_both(accounts, STRANGER, selector, @id), Ok(array![0].span()));
    }
}
