//! Where the account under test answers otherwise than OpenZeppelin's on purpose: one test for each
//! difference, with the reason. Everything else is in `comparison`.

use openzeppelin_interfaces::accounts::ISRC6_ID;
use openzeppelin_interfaces::src9::OutsideExecution;
use session_account::session::interface::ISESSION_KEY_MANAGER_ID;
use snforge_std::{
    ContractClassTrait, DeclareResultTrait, EventSpyTrait, declare, get_class_hash, spy_events,
    start_cheat_transaction_version_global,
};
use starknet::{ClassHash, ContractAddress, VALIDATED};
use crate::support::account::{
    HASH, PROTOCOL, QUERY_VERSION, class, owner, session, sign, sign_as_session,
};
use crate::support::openzeppelin::{
    ANY_CALLER, STRANGER, ask, ask_as_protocol, both, erc20, error, openzeppelins, outside, payment,
    submit,
};

/// The x of no point on the Stark curve.
const NO_POINT: felt252 = 5;
const NO_CALLS: felt252 = 0;

/// Ours, then OpenZeppelin's.
fn pair() -> (ContractAddress, ContractAddress) {
    let accounts = both();
    (*accounts[0], *accounts[1])
}

fn valid() -> Span<felt252> {
    array![VALIDATED].span()
}

/// SNIP-6 asks for 0, and nothing that a stranger puts into a transaction may make validation
/// panic.
#[test]
fn an_invalid_signature_is_answered_with_0_and_not_a_panic() {
    let (ours, theirs) = pair();
    for selector in array![selector!("__validate__"), selector!("__validate_declare__")] {
        for signature in array![array![], array![1, 2], sign(session())] {
            let answer = ask_as_protocol(ours, signature.clone(), selector, @NO_CALLS);
            assert_eq!(answer, Ok(array![0].span()));
            let panic = ask_as_protocol(theirs, signature, selector, @NO_CALLS);
            assert_eq!(error(panic), 'Account: invalid signature');
        }
    }
}

/// Validation counts a session's use: nobody else may bring that about.
#[test]
fn validation_is_the_protocols_alone() {
    let (ours, theirs) = pair();
    let owners = sign(owner());
    snforge_std::start_cheat_signature_global(owners.span());
    for (selector, arguments) in array![
        (selector!("__validate__"), array![0]), (selector!("__validate_declare__"), array![0]),
        (selector!("__validate_deploy__"), array![0, 0, 0]),
    ] {
        let refused = raw(ours, selector, arguments.span());
        assert_eq!(error(refused), 'Account: invalid caller');
        assert_eq!(raw(theirs, selector, arguments.span()), Ok(valid()));
    }
}

/// What `account` answers to a stranger's `calldata`.
fn raw(
    account: ContractAddress, selector: felt252, calldata: Span<felt252>,
) -> crate::support::openzeppelin::Outcome {
    snforge_std::cheat_caller_address(account, STRANGER, snforge_std::CheatSpan::TargetCalls(1));
    starknet::syscalls::call_contract_syscall(account, selector, calldata)
}

/// Versions 1 and 2 sign no resource bounds of the kind that a fee limit reads, and those after 3
/// are not known yet.
#[test]
fn version_3_is_the_only_one() {
    let (ours, theirs) = pair();
    let selector = selector!("__execute__");
    for version in array![1, 2, 4, QUERY_VERSION - 1, QUERY_VERSION + 1] {
        start_cheat_transaction_version_global(version);
        let refused = ask_as_protocol(ours, sign(owner()), selector, @NO_CALLS);
        assert_eq!(error(refused), 'Account: invalid tx version');
        ask_as_protocol(theirs, sign(owner()), selector, @NO_CALLS).unwrap();
    }
}

/// What the project is for.
#[test]
fn a_session_transacts() {
    let (ours, theirs) = pair();
    let selector = selector!("__validate__");
    let calls = array![payment(erc20(ours))];
    assert_eq!(ask_as_protocol(ours, sign_as_session(), selector, @calls), Ok(valid()));
    let panic = ask_as_protocol(theirs, sign_as_session(), selector, @calls);
    assert_eq!(error(panic), 'Account: invalid signature');
}

/// SNIP-163's ids come with its sessions.
#[test]
fn snip_163_is_announced() {
    let (ours, theirs) = pair();
    let selector = selector!("supports_interface");
    let yes = ask(ours, STRANGER, selector, @ISESSION_KEY_MANAGER_ID);
    assert_eq!(yes, Ok(array![1].span()));
    let no = ask(theirs, STRANGER, selector, @ISESSION_KEY_MANAGER_ID);
    assert_eq!(no, Ok(array![0].span()));
}

/// Chipi's clients name caller 0 for anyone.
#[test]
fn caller_0_means_anyone() {
    let (ours, theirs) = pair();
    let execution = OutsideExecution {
        caller: 0.try_into().unwrap(), ..outside(ANY_CALLER, 1, array![].span()),
    };
    let refused = submit(theirs, STRANGER, execution);
    assert_eq!(error(refused), 'SRC9: invalid caller');
    submit(ours, STRANGER, execution).unwrap();
    submit(theirs, PROTOCOL, execution).unwrap();
}

/// A key that can sign nothing locks the account up.
#[test]
fn the_constructor_refuses_what_is_no_public_key() {
    for key in array![0, NO_POINT] {
        let error = class().deploy(@array![key]).expect_err('deployed');
        assert_eq!(*error[0], 'Account: invalid public key');
        openzeppelins().deploy(@array![key]).unwrap();
    }
}

/// Both refuse; ours says why.
#[test]
fn a_new_owner_that_is_no_public_key_has_an_error_of_its_own() {
    let (ours, theirs) = pair();
    let selector = selector!("set_public_key");
    for key in array![0, NO_POINT] {
        let refused = ask(ours, ours, selector, @(key, array![1, 2]));
        assert_eq!(error(refused), 'Account: invalid public key');
        let refused = ask(theirs, theirs, selector, @(key, array![1, 2]));
        assert_eq!(error(refused), 'Account: invalid signature');
    }
}

/// A class that is no account has no way back. This one does not know `supports_interface`.
#[test]
fn an_upgrade_asks_whether_the_class_is_an_account() {
    let (ours, theirs) = pair();
    let selector = selector!("upgrade");
    let token = *declare("ERC20Upgradeable").unwrap().contract_class().class_hash;
    let refused = ask(ours, ours, selector, @token);
    assert_eq!(error(refused), 'Account: class is no account');
    assert_ne!(get_class_hash(ours), token);
    ask(theirs, theirs, selector, @token).unwrap();
    assert_eq!(get_class_hash(theirs), token);
}

/// H-2: tokens of OpenZeppelin's that keep their interfaces where its accounts do take those that
/// the account flagged for their own, SNIP-6 among them.
#[test]
fn h_2_a_class_that_shares_the_interfaces_in_storage_is_no_account() {
    let (ours, theirs) = pair();
    let selector = selector!("upgrade");
    for name in array!["ERC721Upgradeable", "ERC1155Upgradeable"] {
        let token = *declare(name).unwrap().contract_class().class_hash;
        let refused = ask(ours, ours, selector, @token);
        assert_eq!(error(refused), 'Account: class is no account');
        assert_ne!(get_class_hash(ours), token);
    }
    // Where nothing is asked, it says that it is an account, and the account is lost.
    let token = *declare("ERC721Upgradeable").unwrap().contract_class().class_hash;
    ask(theirs, theirs, selector, @token).unwrap();
    let answer = ask(theirs, STRANGER, selector!("supports_interface"), @ISRC6_ID);
    assert_eq!(answer, Ok(array![1].span()));
    let lost = ask(theirs, STRANGER, selector!("is_valid_signature"), @(HASH, sign(owner())));
    assert_eq!(error(lost), 'ENTRYPOINT_NOT_FOUND');
}

/// OpenZeppelin's account for Ethereum's keys keeps its owner elsewhere, where there is none.
#[test]
fn an_account_whose_owner_lies_elsewhere_is_refused() {
    let (ours, theirs) = pair();
    let selector = selector!("upgrade");
    let class_hash = *declare("EthAccountUpgradeable").unwrap().contract_class().class_hash;
    let refused = ask(ours, ours, selector, @class_hash);
    assert_eq!(error(refused), 'Account: class is no account');
    assert_ne!(get_class_hash(ours), class_hash);
    ask(theirs, theirs, selector, @class_hash).unwrap();
    let lost = ask(theirs, STRANGER, selector!("is_valid_signature"), @(HASH, sign(owner())));
    assert!(lost.is_err());
}

/// Sessions were the former class's: they end, and that is announced before the upgrade.
#[test]
fn an_upgrade_ends_the_sessions() {
    let (ours, theirs) = pair();
    let class_hash: ClassHash = openzeppelins().class_hash;
    let mut spy = spy_events();
    ask(ours, ours, selector!("upgrade"), @class_hash).unwrap();
    ask(theirs, theirs, selector!("upgrade"), @class_hash).unwrap();
    let events = spy.get_events().events;
    assert_eq!(events.len(), 3);
    let (_, ended) = events[0];
    assert_eq!(*ended.keys[0], selector!("AllSessionsRevoked"));
    for (at, account) in array![(1, ours), (2, theirs)] {
        let (from, event) = events[at];
        assert_eq!(*from, account);
        assert_eq!(*event.keys[0], selector!("Upgraded"));
        assert_eq!(event.data, @array![class_hash.into()]);
    }
}

/// Names of a convention that Cairo has left: SNIP-6 has none of them, and `setPublicKey` would be
/// a second way around the end of sessions.
#[test]
fn camel_case_is_not_spoken() {
    let (ours, theirs) = pair();
    let selector = selector!("isValidSignature");
    let unknown = ask(ours, STRANGER, selector, @(HASH, sign(owner())));
    assert_eq!(error(unknown), 'ENTRYPOINT_NOT_FOUND');
    assert_eq!(ask(theirs, STRANGER, selector, @(HASH, sign(owner()))), Ok(valid()));
    for selector in array![selector!("getPublicKey"), selector!("setPublicKey")] {
        let unknown = ask(ours, ours, selector, @(0, array![1, 2]));
        assert_eq!(error(unknown), 'ENTRYPOINT_NOT_FOUND');
    }
}
