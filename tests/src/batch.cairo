//! Batches: what they return, in which order their calls are made, and that all calls are made or
//! none.

use snforge_std::start_cheat_signature_global;
use starknet::ContractAddress;
use starknet::account::Call;
use starknet::syscalls::call_contract_syscall;
use crate::support::account::{
    PROTOCOL, act_as, calls_used, deploy, owner, session, sign, sign_as_session,
};
use crate::support::mocks::journal::{IJournalDispatcher, IJournalDispatcherTrait};
use crate::support::mocks::token::{ITokenDispatcher, ITokenDispatcherTrait};
use crate::support::outside::{
    Execution, PAYEE, assert_reverts, deploy_mock, relay_as_owner, relay_as_session,
    transact_as_owner, transact_as_session,
};
use crate::support::payments::{paid, pay, payment};

fn echo(to: ContractAddress, values: Array<felt252>) -> Call {
    let mut calldata = array![];
    values.serialize(ref calldata);
    Call { to, selector: selector!("echo"), calldata: calldata.span() }
}

/// Has the owner and the session make `calls`, each by a plain transaction and through a relayer.
fn all_ways(account: ContractAddress, calls: Span<Call>) -> Array<Execution> {
    array![
        transact_as_owner(account, calls).expect('refused in validation'),
        transact_as_session(account, calls).expect('refused in validation'),
        relay_as_owner(account, calls).map(|_results| ()),
        relay_as_session(account, calls).map(|_results| ()),
    ]
}

#[test]
fn an_outside_execution_returns_what_each_call_returned_in_order() {
    let account = deploy(10, array![]);
    let (echoing, token) = (deploy_mock("Echo"), deploy_mock("FreeToken"));
    let calls = array![
        echo(echoing, array![7, 8]), echo(echoing, array![]), payment(token),
        echo(echoing, array![9]),
    ];
    let expected = array![
        array![2, 7, 8].span(), array![0].span(), array![1].span(), array![1, 9].span(),
    ];
    assert_eq!(relay_as_owner(account, calls.span()), Ok(expected.clone()));
    assert_eq!(relay_as_session(account, calls.span()), Ok(expected));
}

/// The test reads the felts that `__execute__` returns for no call, one call and two, signed by the
/// owner and by a session.
#[test]
fn a_plain_transaction_returns_nothing() {
    let account = deploy(10, array![]);
    let echoing = deploy_mock("Echo");
    for calls in array![
        array![], array![echo(echoing, array![7, 8])],
        array![echo(echoing, array![7]), echo(echoing, array![8])],
    ] {
        let mut calldata = array![];
        calls.serialize(ref calldata);
        for signature in array![sign(owner()), sign_as_session()] {
            start_cheat_signature_global(signature.span());
            act_as(account, PROTOCOL);
            let returned = call_contract_syscall(
                account, selector!("__execute__"), calldata.span(),
            );
            assert_eq!(returned, Ok(array![].span()));
        }
    }
}

#[test]
fn a_batch_is_made_in_its_order_by_whoever_and_whichever_way() {
    let account = deploy(10, array![]);
    let journal = deploy_mock("Journal");
    let write = |
        entry,
    | Call { to: journal, selector: selector!("write"), calldata: array![entry].span() };
    let mut expected = array![];
    for batch in array![array![3], array![1, 2], array![5, 4, 6]] {
        let mut calls = array![];
        for entry in batch.span() {
            calls.append(write(*entry));
        }
        for outcome in all_ways(account, calls.span()) {
            outcome.unwrap();
            expected.append_span(batch.span());
        }
    }
    assert_eq!(IJournalDispatcher { contract_address: journal }.entries(), expected);
}

#[test]
fn each_call_sees_what_those_before_it_did() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let balance = Call {
        to: token, selector: selector!("balance_of"), calldata: array![PAYEE.into()].span(),
    };
    let calls = array![balance, pay(token, 1), balance, pay(token, 2), balance].span();
    let results = relay_as_session(account, calls).unwrap();
    assert_eq!(
        (*results[0], *results[2], *results[4]), ([0, 0].span(), [1, 0].span(), [3, 0].span()),
    );
}

#[test]
fn a1_7_a_failing_call_reverts_the_batch() {
    let account = deploy(10, array![]);
    let (echoing, token) = (deploy_mock("Echo"), deploy_mock("FreeToken"));
    let none = array![].span();
    for (failing, error) in array![
        (Call { to: echoing, selector: selector!("fail"), calldata: none }, 'Echo: failed'),
        (Call { to: echoing, selector: 1, calldata: none }, 'ENTRYPOINT_NOT_FOUND'),
    ] {
        for calls in array![
            array![payment(token), failing, payment(token)], array![failing, payment(token)],
            array![payment(token), failing],
        ] {
            for outcome in all_ways(account, calls.span()) {
                assert_reverts(outcome, error);
            }
        }
    }
    assert_eq!(paid(token), 0);
    for outcome in all_ways(account, array![payment(token), payment(token)].span()) {
        outcome.unwrap();
    }
    assert_eq!(paid(token), 8);
}

#[test]
fn a_batch_of_fifty_is_one_transaction() {
    let account = deploy(10, array![]);
    let token = deploy_mock("FreeToken");
    let mut calls = array![];
    for _ in 0..50_u8 {
        calls.append(payment(token));
    }
    for outcome in all_ways(account, calls.span()) {
        outcome.unwrap();
    }
    assert_eq!((paid(token), calls_used(account, session())), (200, 2));
    assert_eq!(ITokenDispatcher { contract_address: token }.balance_of(account), 0);
}

#[test]
fn the_owners_batch_may_be_empty() {
    let account = deploy(10, array![]);
    let none = array![].span();
    transact_as_owner(account, none).unwrap().unwrap();
    assert_eq!(relay_as_owner(account, none).unwrap(), array![]);
    assert!(transact_as_session(account, none).is_none());
    assert_reverts(relay_as_session(account, none), 'Session: empty batch');
}
