//! Differences to OpenZeppelin's account that are meant: one test for each, with the reason.
//! Everything else is in `comparison`.

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

/// A felt that is not the x coordinate of a point on the Stark curve.
const NO_POINT: felt252 = 5;
const NO_CALLS: felt252 = 0;

/// Deploys the account under test and OpenZeppelin's, and returns them in this order.
fn pair() -> (ContractAddress, ContractAddress) {
    let accounts = both();
    (*accounts[0], *accounts[1])
}

fn valid() -> Span<felt252> {
    array![VALIDATED].span()
}

/// SNIP-6 requires the answer 0, and no transaction that a stranger sends may make validation
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

/// Validation counts a session's transaction, so that only the protocol may call it.
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

/// Has a stranger call `selector` of `account` with `calldata`.
fn raw(
    account: ContractAddress, selector: felt252, calldata: Span<felt252>,
) -> crate::support::openzeppelin::Outcome {
    snforge_std::cheat_caller_address(account, STRANGER, snforge_std::CheatSpan::TargetCalls(1));
    starknet::syscalls::call_contract_syscall(account, selector, calldata)
}

/// Transactions of versions 1 and 2 have no resource bounds for a fee limit to read, and what later
/// versions have is not known yet.
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

/// OpenZeppelin's account has no sessions.
#[test]
fn a_session_transacts() {
    let (ours, theirs) = pair();
    let selector = selector!("__validate__");
    let calls = array![payment(erc20(ours))];
    assert_eq!(ask_as_protocol(ours, sign_as_session(), selector, @calls), Ok(valid()));
    let panic = ask_as_protocol(theirs, sign_as_session(), selector, @calls);
    assert_eq!(error(panic), 'Account: invalid signature');
}

/// OpenZeppelin's account does not have SNIP-163's interface.
#[test]
fn snip_163_is_announced() {
    let (ours, theirs) = pair();
    let selector = selector!("supports_interface");
    let yes = ask(ours, STRANGER, selector, @ISESSION_KEY_MANAGER_ID);
    assert_eq!(yes, Ok(array![1].span()));
    let no = ask(theirs, STRANGER, selector, @ISESSION_KEY_MANAGER_ID);
    assert_eq!(no, Ok(array![0].span()));
}

/// Chipi's clients name the caller 0 if anyone may submit.
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

/// With an owner's key by which no signature can be valid, the account would be lost.
#[test]
fn the_constructor_refuses_what_is_no_public_key() {
    for key in array![0, NO_POINT] {
        let error = class().deploy(@array![key]).expect_err('deployed');
        assert_eq!(*error[0], 'Account: invalid public key');
        openzeppelins().deploy(@array![key]).unwrap();
    }
}

/// Both accounts refuse such a key. OpenZeppelin's reports an invalid signature, ours an invalid
/// key.
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

/// An account that is upgraded to a class that is no account's is lost. The class here has no
/// `supports_interface`.
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

/// H-2: OpenZeppelin's tokens keep their interface flags in the same storage as its accounts. In an
/// account's storage they find the flag of SNIP-6, and say that they support it.
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
    // OpenZeppelin's account asks nothing: it becomes a token that says it supports SNIP-6, and it
    // is lost.
    let token = *declare("ERC721Upgradeable").unwrap().contract_class().class_hash;
    ask(theirs, theirs, selector, @token).unwrap();
    let answer = ask(theirs, STRANGER, selector!("supports_interface"), @ISRC6_ID);
    assert_eq!(answer, Ok(array![1].span()));
    let lost = ask(theirs, STRANGER, selector!("is_valid_signature"), @(HASH, sign(owner())));
    assert_eq!(error(lost), 'ENTRYPOINT_NOT_FOUND');
}

/// OpenZeppelin's account with an Ethereum key has its owner in another slot, which is empty here.
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

/// An upgrade ends the sessions, and emits that event before its own.
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

/// Cairo no longer uses names in camel case, and SNIP-6 has none. A `setPublicKey` would also be a
/// second way to change the owner, which would have to end the sessions too.
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
